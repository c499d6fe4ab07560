//! The storage clock: the only judge of leases, and of what is due.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Where a store takes the time from. Milliseconds are the finest it tells apart.
#[derive(Debug, Clone, Default)]
pub enum StorageClock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is moved: for tests.
    Manual(ManualClock),
    /// A clock of the embedding program.
    Program(Arc<dyn TimeSource>),
}

/// A clock that a program brings. What it says is taken for the time, but never back; waits are measured by the machine.
pub trait TimeSource: Send + Sync + Debug + 'static {
    /// Now; `None` if it cannot tell, and the latest it told stands.
    fn now(&self) -> Option<Timestamp>;
}

/// A clock that a test moves.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock standing at this time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves it back, as a machine's clock may be set. The time a store goes by stands still until it is reached again.
    pub fn step_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_sub(millis, Ordering::SeqCst);
    }
}

/// A clock that never runs backwards: a step of the machine's clock must not revive a lease or hide a due job. After one,
/// time goes on at its usual pace from where it was.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    source: StorageClock,
    start: Instant,
    /// Nanoseconds since 1970 at `start`, by the furthest that was ever seen. It only grows.
    offset: AtomicI64,
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new(StorageClock::default())
    }
}

impl SteadyClock {
    pub(crate) fn new(source: StorageClock) -> Self {
        Self { source, start: crate::clock::monotonic(), offset: AtomicI64::new(i64::MIN) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let (elapsed, offset) = match &self.source {
            StorageClock::System => {
                let elapsed = self.elapsed();
                (elapsed, nanos(crate::clock::now()).saturating_sub(elapsed))
            }
            StorageClock::Manual(clock) => (0, clock.0.load(Ordering::SeqCst).saturating_mul(MILLISECOND)),
            StorageClock::Program(clock) => (0, clock.now().map_or(i64::MIN, nanos)),
        };
        let offset = self.offset.fetch_max(offset, Ordering::SeqCst).max(offset);
        let millis = offset.saturating_add(elapsed).div_euclid(MILLISECOND);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// Others who share the store have come as far as this.
    pub(crate) fn catch_up(&self, seen: Timestamp) {
        let elapsed = match self.source {
            StorageClock::System => self.elapsed(),
            StorageClock::Manual(_) | StorageClock::Program(_) => 0,
        };
        self.offset.fetch_max(nanos(seen).saturating_sub(elapsed), Ordering::SeqCst);
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }
}

const MILLISECOND: i64 = 1_000_000;

fn nanos(time: Timestamp) -> i64 {
    let nanos = time.as_nanosecond().clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(nanos).unwrap_or_default()
}

/// The end of a lease granted or extended now.
pub(crate) fn lease_end(now: Timestamp, ttl: Duration) -> Timestamp {
    let millis = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(now.as_millisecond().saturating_add(millis)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const START: Timestamp = Timestamp::constant(1_780_000_000, 0);

    #[test]
    fn a_step_back_does_not_take_time_back() {
        let clock = ManualClock::at(START);
        let steady = SteadyClock::new(StorageClock::Manual(clock.clone()));
        assert_eq!(steady.now(), START);
        clock.step_back(Duration::from_secs(3600));
        assert_eq!(steady.now(), START);
        clock.advance(Duration::from_secs(3601));
        assert_eq!(steady.now(), START + Duration::from_secs(1));
    }

    #[test]
    fn who_is_behind_others_catches_up_and_goes_on_from_there() {
        let steady = SteadyClock::default();
        let ahead = steady.now() + Duration::from_secs(3600);
        steady.catch_up(ahead);
        let first = steady.now();
        assert!(first >= ahead);
        while steady.now() == first {
            std::hint::spin_loop();
        }
        steady.catch_up(START);
        assert!(steady.now() > first);
    }

    #[derive(Debug)]
    struct Told(Mutex<Vec<Option<i64>>>);

    impl TimeSource for Told {
        fn now(&self) -> Option<Timestamp> {
            self.0.lock().unwrap().remove(0).and_then(|millis| Timestamp::from_millisecond(millis).ok())
        }
    }

    #[test]
    fn a_clock_that_goes_back_or_cannot_tell_changes_nothing() {
        let told = Told(Mutex::new(vec![Some(5_000), Some(4_000), None, Some(6_000)]));
        let clock = SteadyClock::new(StorageClock::Program(Arc::new(told)));
        let seen: Vec<i64> = (0..4).map(|_| clock.now().as_millisecond()).collect();
        assert_eq!(seen, [5_000, 5_000, 5_000, 6_000]);
    }
}

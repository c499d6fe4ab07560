//! The storage clock: the only judge of leases, and of what is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Where a store takes the time from. Milliseconds are the finest it tells apart.
#[derive(Debug, Clone, Default)]
pub enum StorageClock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is moved: for tests.
    Manual(ManualClock),
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
}

/// A clock that never runs backwards: a step of the machine's clock must not revive a lease or hide a due job.
#[derive(Debug, Default)]
pub(crate) struct SteadyClock {
    source: StorageClock,
    latest: AtomicI64,
}

impl SteadyClock {
    pub(crate) fn new(source: StorageClock) -> Self {
        Self { source, latest: AtomicI64::new(i64::MIN) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let millis = match &self.source {
            StorageClock::System => crate::clock::now().as_millisecond(),
            StorageClock::Manual(clock) => clock.0.load(Ordering::SeqCst),
        };
        let latest = self.latest.fetch_max(millis, Ordering::SeqCst).max(millis);
        Timestamp::from_millisecond(latest).unwrap_or(Timestamp::MAX)
    }
}

/// The end of a lease granted or extended now.
pub(crate) fn lease_end(now: Timestamp, ttl: Duration) -> Timestamp {
    let millis = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(now.as_millisecond().saturating_add(millis)).unwrap_or(Timestamp::MAX)
}

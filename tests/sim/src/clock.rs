//! The time of the simulated world: real, scaled, or moved by hand.
//!
//! Power-on tests, session time-outs, lock-outs, jobs and restarts run on this clock, so that a test
//! can step over thirty minutes at once. Network delays (latency, slow bodies) stay in real time,
//! because the client under test lives in real time too.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// A shared clock; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    wall: SystemTime,
    scale: f64,
    manual: Option<watch::Sender<Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

impl Clock {
    /// Runs with the machine's time.
    #[must_use]
    pub fn real() -> Self {
        Self::scaled(1.0)
    }

    /// Runs `scale` times as fast as the machine's time; a scale that is not positive counts as one.
    #[must_use]
    pub fn scaled(scale: f64) -> Self {
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        Self(Arc::new(Inner { start: Instant::now(), wall: SystemTime::now(), scale, manual: None }))
    }

    /// Stands still until [`Clock::advance`] moves it.
    #[must_use]
    pub fn manual() -> Self {
        let (tx, _) = watch::channel(Duration::ZERO);
        Self(Arc::new(Inner { start: Instant::now(), wall: SystemTime::now(), scale: 1.0, manual: Some(tx) }))
    }

    /// Moves a manual clock; does nothing to a running one.
    pub fn advance(&self, by: Duration) {
        if let Some(tx) = &self.0.manual {
            tx.send_modify(|now| *now += by);
        }
    }

    /// Time since the fleet's world began.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0.manual {
            Some(tx) => *tx.borrow(),
            None => self.0.start.elapsed().mul_f64(self.0.scale),
        }
    }

    /// Returns once the clock shows `at`.
    pub async fn sleep_until(&self, at: Duration) {
        if let Some(tx) = &self.0.manual {
            let mut rx = tx.subscribe();
            // The sender lives in `self`, so the wait can only end by the clock reaching `at`.
            let _ = rx.wait_for(|now| *now >= at).await;
        } else {
            let left = at.saturating_sub(self.now());
            tokio::time::sleep(left.div_f64(self.0.scale)).await;
        }
    }

    /// A moment of this clock as Redfish writes it: `2026-01-31T09:00:00-06:00`.
    #[must_use]
    pub fn stamp(&self, at: Duration) -> String {
        format!("{}-06:00", self.dell_stamp(at))
    }

    /// The same without an offset, as Dell's job queue writes it.
    #[must_use]
    pub fn dell_stamp(&self, at: Duration) -> String {
        let since = self.0.wall.duration_since(UNIX_EPOCH).unwrap_or_default() + at;
        civil(since.as_secs().saturating_sub(6 * 3600))
    }
}

impl Clock {
    /// The moment that a text with an offset names: the inverse of [`Clock::stamp`]. One that is past is now.
    pub(crate) fn moment(&self, text: &str) -> Option<Duration> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let offset = match text.get(19..)? {
            "Z" | "" => 0,
            offset => {
                let away = i64::try_from(number(20..22)? * 3600 + number(23..25)? * 60).ok()?;
                if offset.starts_with('-') { -away } else { away }
            }
        };
        let (shifted, of_year) = (year - u64::from(month <= 2), (month + 9) % 12);
        let days =
            shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (of_year * 153 + 2) / 5 + day;
        let seconds = (days - 719_469) * 86_400 + hour * 3600 + minute * 60 + second;
        let since = Duration::from_secs(seconds.checked_add_signed(-offset)?);
        Some(since.saturating_sub(self.0.wall.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

/// Seconds since 1970 as `YYYY-MM-DDThh:mm:ss`, by the proleptic Gregorian calendar.
fn civil(secs: u64) -> String {
    let (days, rest) = (secs / 86_400, secs % 86_400);
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calendar_knows_leap_days() {
        assert_eq!(civil(0), "1970-01-01T00:00:00");
        assert_eq!(civil(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(civil(1_767_225_599), "2025-12-31T23:59:59");
    }

    #[test]
    fn a_stamp_names_its_moment() {
        let clock = Clock::manual();
        for seconds in [3600, 86_400 * 400] {
            let at = Duration::from_secs(seconds);
            let moment = clock.moment(&clock.stamp(at)).unwrap();
            assert!(at.abs_diff(moment) <= Duration::from_secs(1), "{at:?} {moment:?}");
        }
        assert_eq!(clock.moment("soon"), None);
    }

    #[test]
    fn manual_clock_moves_only_when_told() {
        let clock = Clock::manual();
        assert_eq!(clock.now(), Duration::ZERO);
        clock.advance(Duration::from_secs(1800));
        assert_eq!(clock.now(), Duration::from_secs(1800));
    }
}

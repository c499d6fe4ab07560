//! Self-fencing: whoever cannot prove any more that he holds a job or a lock sends nothing that changes a server.
//!
//! The store alone decides who holds a lease. This side cannot ask it before every request, and an answer would be old
//! when it comes; so it counts for itself: from the moment at which the last beat that was answered had been *sent*, a
//! margin less than the store grants. By then it has stopped, and whoever gets the job next meets no late command.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::activity::Leave;
use crate::clock::Uptime;
use crate::engine::cancel::{StopReason, StopSwitch};
use crate::error::{Error, ErrorKind, Result};

/// What is kept between our end of a lease and the store's: a request that is on its way, clocks that differ in pace.
const MARGIN: Duration = Duration::from_secs(5);

/// Short leases keep this part of theirs, one in so many.
const SHARE: u32 = 4;

/// The right of an attempt, or of a call that holds locks, to change servers. It ends with its time, with its attempt, or
/// as soon as the lease is known to be lost, and does not come back.
pub(crate) struct Fence {
    uptime: Arc<dyn Uptime>,
    ttl: Duration,
    /// In microseconds of uptime.
    until: AtomicU64,
    ended: AtomicBool,
    lost: AtomicBool,
    switch: StopSwitch,
}

impl Fence {
    /// A right that was granted by a request sent at this uptime.
    pub(crate) fn new(uptime: Arc<dyn Uptime>, sent: Duration, ttl: Duration, switch: StopSwitch) -> Self {
        let fence = Self {
            uptime,
            ttl,
            until: AtomicU64::default(),
            ended: AtomicBool::default(),
            lost: AtomicBool::default(),
            switch,
        };
        fence.extend(sent);
        fence
    }

    /// The store confirmed it, in answer to a request sent at this uptime.
    pub(crate) fn extend(&self, sent: Duration) {
        let until = sent + self.ttl - MARGIN.min(self.ttl / SHARE);
        self.until.fetch_max(u64::try_from(until.as_micros()).unwrap_or(u64::MAX), Ordering::AcqRel);
    }

    /// The attempt is over, or the locks are given back: whatever still has a client may only look.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// The lease is known to be lost: the attempt is told to stop.
    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.switch.stop(StopReason::LeaseLost);
    }

    /// Whether its time has run out by our own count.
    pub(crate) fn is_over(&self) -> bool {
        self.uptime.uptime().as_micros() >= u128::from(self.until.load(Ordering::Acquire))
    }
}

impl Leave for Fence {
    fn check(&self) -> Result<()> {
        let lost = |message: &str, hint: &str| Err(Error::new(ErrorKind::LeaseLost, message).hint(hint));
        if self.lost.load(Ordering::Acquire) || self.switch.reason() == Some(StopReason::LeaseLost) {
            return lost("the lease is lost", "another attempt may be at work");
        }
        if self.ended.load(Ordering::Acquire) {
            return lost("the attempt is over", "its clients may look, but change nothing any more");
        }
        if self.is_over() {
            self.lose();
            return lost(
                "the lease could not be renewed in time",
                "see why the store did not answer; another attempt goes on",
            );
        }
        Ok(())
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_over, ended) = (self.is_over(), self.ended.load(Ordering::Acquire));
        f.debug_struct("Fence").field("is_over", &is_over).field("ended", &ended).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Hand(Mutex<Duration>);

    impl Hand {
        fn set(&self, seconds: f64) {
            *self.0.lock().expect("no panic") = Duration::from_secs_f64(seconds);
        }
    }

    impl Uptime for Hand {
        fn uptime(&self) -> Duration {
            *self.0.lock().expect("no panic")
        }
    }

    fn fence(ttl: u64) -> (Arc<Hand>, Fence, StopSwitch) {
        let (hand, switch) = (Arc::new(Hand::default()), StopSwitch::new());
        hand.set(100.0);
        let (sent, ttl) = (hand.uptime(), Duration::from_secs(ttl));
        (hand.clone(), Fence::new(hand, sent, ttl, switch.clone()), switch)
    }

    #[test]
    fn stands_for_its_time_less_a_margin_counted_from_the_sending() {
        let (hand, fence, switch) = fence(20);
        hand.set(114.9);
        assert!(fence.check().is_ok());
        fence.extend(Duration::from_secs(102));
        hand.set(116.9);
        assert!(fence.check().is_ok());
        hand.set(117.0);
        assert_eq!(fence.check().map_err(|error| error.kind()), Err(ErrorKind::LeaseLost));
        assert_eq!(switch.reason(), Some(StopReason::LeaseLost), "the attempt is told");
    }

    #[test]
    fn a_short_lease_keeps_a_quarter() {
        let (hand, fence, _) = fence(2);
        hand.set(101.49);
        assert!(fence.check().is_ok());
        hand.set(101.5);
        assert!(fence.check().is_err());
    }

    #[test]
    fn once_over_it_does_not_come_back_and_an_older_answer_shortens_nothing() {
        let (hand, fence, _) = fence(20);
        fence.extend(Duration::from_secs(90));
        hand.set(114.0);
        assert!(fence.check().is_ok());
        hand.set(120.0);
        assert!(fence.check().is_err());
        fence.extend(Duration::from_secs(119));
        assert!(fence.check().is_err());
    }

    #[test]
    fn ends_with_its_attempt() {
        let (_, fence, switch) = fence(20);
        fence.end();
        assert_eq!(fence.check().map_err(|error| error.kind()), Err(ErrorKind::LeaseLost));
        assert_eq!(switch.reason(), None);
    }
}

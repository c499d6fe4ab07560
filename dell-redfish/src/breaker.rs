//! Stops sending to an iDRAC that cannot be reached, for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Instant;

/// When the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it.
    pub threshold: u32,
    /// Time until one request may try again.
    pub cool_down: Duration,
}

impl Default for BreakerPolicy {
    /// Five failures, 30 s.
    fn default() -> Self {
        Self { threshold: 5, cool_down: Duration::from_secs(30) }
    }
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One request is out to see whether it works again.
    Probing,
}

/// Counts failures to reach or to log in, and nothing else: an iDRAC that answers 404 or 500 is there.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<State>,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Asks to send. `Err` says how long the breaker stays open.
    pub(crate) fn admit(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Ok(Pass { breaker: self, probe: false, done: false }),
            State::Open { until } if now >= until => {
                *state = State::Probing;
                Ok(Pass { breaker: self, probe: true, done: false })
            }
            State::Open { until } => Err(until - now),
            State::Probing => Err(self.policy.cool_down),
        }
    }

    /// Whether it would refuse a request now.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        match *self.lock() {
            State::Closed { .. } => false,
            State::Open { until } => now < until,
            State::Probing => true,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One admitted request. Dropped without a verdict (the caller gave up), it counts as nothing.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    done: bool,
}

impl Pass<'_> {
    /// The iDRAC answered.
    pub(crate) fn reached(mut self) {
        self.done = true;
        *self.breaker.lock() = State::Closed { failures: 0 };
    }

    /// It could not be reached, or refused the login.
    pub(crate) fn failed(mut self, now: Instant) {
        self.done = true;
        let policy = self.breaker.policy;
        let mut state = self.breaker.lock();
        *state = match *state {
            State::Closed { failures } if failures + 1 < policy.threshold => {
                State::Closed { failures: failures + 1 }
            }
            State::Open { until } => State::Open { until },
            State::Closed { .. } | State::Probing => State::Open { until: now + policy.cool_down },
        };
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe && !self.done {
            // The probe was abandoned: the next request may probe at once.
            let mut state = self.breaker.lock();
            if matches!(*state, State::Probing) {
                *state = State::Closed { failures: self.breaker.policy.threshold.saturating_sub(1) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn opens_probes_once_and_closes() {
        let breaker = Breaker::new(BreakerPolicy { threshold: 2, cool_down: Duration::from_secs(30) });
        let now = Instant::now();
        breaker.admit(now).unwrap().failed(now);
        breaker.admit(now).unwrap().reached();
        breaker.admit(now).unwrap().failed(now);
        breaker.admit(now).unwrap().failed(now);
        assert_eq!(breaker.admit(now).unwrap_err(), Duration::from_secs(30));

        let later = now + Duration::from_secs(30);
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_err(), "one probe at a time");
        drop(probe);
        let probe = breaker.admit(later).unwrap();
        probe.failed(later);
        assert!(breaker.admit(later).is_err());
        breaker.admit(later + Duration::from_secs(31)).unwrap().reached();
        assert!(breaker.admit(later).is_ok());
    }
}

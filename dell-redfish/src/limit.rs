//! How many requests one iDRAC is sent at a time, and how close together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::{Clock, Instant};

/// Requests at a time that no client may exceed: an iDRAC's web server falls over long before it gets faster.
pub const MAX_CONCURRENCY: usize = 4;

/// A gate for the requests of one client. Waiting is fair; a dropped waiter leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Limiter {
    slots: Semaphore,
    gap: Duration,
    next: Mutex<Option<Instant>>,
    clock: Arc<dyn Clock>,
}

impl Limiter {
    pub(crate) fn new(concurrency: usize, gap: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { slots: Semaphore::new(concurrency), gap, next: Mutex::new(None), clock }
    }

    /// Waits for a free slot, then for its turn.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so `None` does not happen; the caller maps it to an error anyway.
        let permit = self.slots.acquire().await.ok()?;
        let pause = self.turn();
        if !pause.is_zero() {
            self.clock.sleep(pause).await;
        }
        Some(permit)
    }

    /// Lets one request at a time through from now on; says whether it did not before.
    pub(crate) fn narrow(&self) -> bool {
        // Slots that are in use are taken back when they come free: until then a few still run side by side.
        self.slots.forget_permits(self.slots.available_permits().saturating_sub(1)) > 0
    }

    /// Takes the next free moment and says how long it is until then.
    fn turn(&self) -> Duration {
        if self.gap.is_zero() {
            return Duration::ZERO;
        }
        let now = self.clock.now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = next.map_or(now, |next| next.max(now));
        *next = Some(mine + self.gap);
        mine - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[tokio::test(start_paused = true)]
    async fn keeps_the_gap_and_gives_slots_back() {
        let limiter = Limiter::new(1, Duration::from_secs(2), Arc::new(SystemClock));
        let start = Instant::now();
        for _ in 0..3 {
            drop(limiter.enter().await);
        }
        assert_eq!(start.elapsed(), Duration::from_secs(4));
        let held = limiter.enter().await;
        let waiting = limiter.enter();
        assert!(crate::clock::within(Duration::from_secs(60), waiting).await.is_none());
        drop(held);
        assert!(limiter.enter().await.is_some());
    }
}

//! The one file of this crate that tells the time.
//!
//! Monotonic time is tokio's, so a paused runtime owns it in tests; wall time is behind a trait.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

pub use tokio::time::Instant;

/// Wall and monotonic time, and waiting.
#[async_trait::async_trait]
pub trait Clock: Send + Sync + Debug {
    /// Monotonic now.
    fn now(&self) -> Instant;
    /// Wall-clock now.
    fn wall(&self) -> SystemTime;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait::async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Runs a future, but not longer than `limit`; `None` when the time is up, and the future is dropped.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

//! How long an iDRAC is waited for that has shown itself to be slow.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::limit::Limiter;

/// An old iDRAC takes 10 to 60 s for some replies; more than this helps nobody.
const MOST: u32 = 4;

/// A factor on the time for one attempt: one until a reply was too late, then twice, at most four times. A slow iDRAC is also
/// sent one request at a time from then on, for it is usually slow because it is busy.
#[derive(Debug)]
pub(crate) struct Patience(AtomicU32);

impl Default for Patience {
    fn default() -> Self {
        Self(AtomicU32::new(1))
    }
}

impl Patience {
    pub(crate) fn stretch(&self, time: Duration) -> Duration {
        time * self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn grow(&self, limiter: &Limiter) {
        // Several requests may be late at once: each doubles only what was doubled before it was sent, at most to the end.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some((now * 2).min(MOST)));
        limiter.narrow();
    }
}

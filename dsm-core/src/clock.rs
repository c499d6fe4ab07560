//! The one file of this crate that tells the time.

use jiff::Timestamp;
use tokio::time::Instant;

/// Wall time: what rows and lines for people carry.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Monotonic time: what waits and durations are measured by. A paused runtime owns it in tests.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Monotonic time that no runtime owns: what the storage clock goes by between two looks at the wall.
pub(crate) fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

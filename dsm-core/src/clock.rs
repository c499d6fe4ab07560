//! The one file of this crate that tells the time.

use std::fmt::Debug;
use std::time::Duration;

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

/// What this side counts a lease by: time that never goes back, and does not stand still while the machine sleeps.
pub trait Uptime: Send + Sync + Debug {
    /// Time since some fixed moment.
    fn uptime(&self) -> Duration;
}

/// The machine's: `CLOCK_BOOTTIME` on Linux, which goes on while the machine is suspended.
///
/// Elsewhere the further of monotonic and wall time: a wall clock that is put forward costs an attempt, one that is put
/// back costs nothing, and sleep is not overlooked.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemUptime;

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Uptime for SystemUptime {
    fn uptime(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
        Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanos)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Uptime for SystemUptime {
    fn uptime(&self) -> Duration {
        use std::sync::{Mutex, OnceLock, PoisonError};
        use std::time::{Instant, SystemTime};

        static START: OnceLock<(Instant, SystemTime)> = OnceLock::new();
        static FURTHEST: Mutex<Duration> = Mutex::new(Duration::ZERO);
        let (instant, wall) = START.get_or_init(|| (Instant::now(), SystemTime::now()));
        let mut furthest = FURTHEST.lock().unwrap_or_else(PoisonError::into_inner);
        *furthest = (*furthest).max(instant.elapsed()).max(wall.elapsed().unwrap_or_default());
        *furthest
    }
}

/// Monotonic time that no runtime owns: what the storage clock goes by between two looks at the wall.
pub(crate) fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

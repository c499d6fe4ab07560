//! What the suites share: an engine over a simulated fleet, an inventory held against ground truth, a search for
//! secrets, a server of PostgreSQL, a fake PostgREST over it, and the captured tree. The suites themselves are in `tests/`.

pub mod away;
pub use idrac_suite::capture;
pub mod change;
pub mod faulty;
pub mod inventory;
pub mod logs;
pub mod needles;
#[cfg(all(unix, feature = "postgres"))]
pub mod old_executor;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgrest;
pub mod proxy;
#[cfg(all(unix, feature = "postgres"))]
pub mod rest;
pub mod stand;
pub mod ward;

/// What a helper fails with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

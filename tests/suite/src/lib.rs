//! What the suites share: an engine over a simulated fleet, an inventory held against ground truth, a search for
//! secrets, a server of PostgreSQL, and the captured tree. The suites themselves are in `tests/`.

pub use idrac_suite::capture;
pub mod inventory;
pub mod logs;
pub mod needles;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
pub mod stand;

/// What a helper fails with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

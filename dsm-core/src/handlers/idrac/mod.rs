//! Jobs that talk to iDRACs.

mod discovery_scan;
pub(crate) mod input;
pub(crate) mod port;
mod power_action;
pub(crate) mod rows;
pub(crate) mod walk;

pub use discovery_scan::DiscoveryScan;
pub use power_action::PowerAction;

//! Jobs that talk to iDRACs.

mod discovery_scan;
pub(crate) mod rows;

pub use discovery_scan::DiscoveryScan;

//! Jobs that talk to iDRACs.

mod bios;
mod discovery_scan;
mod event_logs;
mod health_check;
pub(crate) mod input;
pub(crate) mod port;
mod power_action;
pub(crate) mod rows;
mod scope;
mod summary;
pub(crate) mod walk;

pub use bios::{BiosConfigRead, BiosConfigWrite};
pub use discovery_scan::DiscoveryScan;
pub use event_logs::FetchEventLogs;
pub use health_check::HealthCheck;
pub use power_action::PowerAction;

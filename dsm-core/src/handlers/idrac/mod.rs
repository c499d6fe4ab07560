//! Jobs that talk to iDRACs.

mod bios;
mod boot_configuration;
mod console_launch;
mod discovery_scan;
mod event_logs;
mod firmware;
mod health_check;
pub(crate) mod input;
mod overriding;
pub(crate) mod port;
mod power_action;
mod queue;
pub(crate) mod rows;
mod scope;
mod scp;
mod summary;
mod test_credentials;
mod virtual_media;
pub(crate) mod walk;

pub use bios::{BiosConfigRead, BiosConfigWrite};
pub use boot_configuration::BootConfiguration;
pub use console_launch::ConsoleLaunch;
pub use discovery_scan::DiscoveryScan;
pub use event_logs::FetchEventLogs;
pub use firmware::{FirmwareUpdate, FullServerUpdate, Maintenance};
pub use health_check::HealthCheck;
pub use power_action::PowerAction;
pub use scp::{ScpExport, ScpImport};
pub use test_credentials::TestCredentials;
pub use virtual_media::{VirtualMediaMount, VirtualMediaUnmount};

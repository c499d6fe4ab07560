//! Jobs that talk to iDRACs.

mod boot_configuration;
// mod console_launch;
mod discovery_scan;
pub(crate) mod input;
pub(crate) mod port;
mod power_action;
pub(crate) mod rows;
mod test_credentials;
mod virtual_media;
pub(crate) mod walk;

pub use boot_configuration::BootConfiguration;
// pub use console_launch::ConsoleLaunch;
pub use discovery_scan::DiscoveryScan;
pub use power_action::PowerAction;
pub use test_credentials::TestCredentials;
pub use virtual_media::{VirtualMediaMount, VirtualMediaUnmount};

//! Packages: to the iDRAC, and into the devices.

mod apply_time;
mod image_uri;
mod package;
mod simple_update;

pub use apply_time::{MaintenanceWindow, UpdateApplyTime};
pub use image_uri::ImageUri;
pub use package::{DeletePackage, PushPackage, UploadPackage};
pub use simple_update::{SimpleUpdate, StartUpdate};

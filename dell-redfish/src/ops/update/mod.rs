//! Packages: to the iDRAC, and into the devices.

mod image_uri;
mod package;
mod simple_update;

pub use image_uri::ImageUri;
pub use package::{DeletePackage, PushPackage, UploadPackage};
pub use simple_update::{SimpleUpdate, StartUpdate};

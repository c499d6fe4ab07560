//! Packages on a disk as bodies of requests: read while they are sent, in constant memory.

mod file;
mod multipart;

pub use file::{OnUpload, PackageFile, UploadProgress};
pub(crate) use multipart::Multipart;

//! A set of packages that belong together.

use serde::Serialize;

use super::{SystemId, Text};

/// `SoftwareBundle`: a named set of packages for some models and an operating system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bundle {
    /// `bundleID`.
    pub bundle_id: Option<Text>,
    /// `releaseID`.
    pub release_id: Option<Text>,
    /// `bundleType`, e.g. `BTW64` for Windows.
    pub bundle_type: Option<Text>,
    /// `vendorVersion`.
    pub version: Option<Text>,
    /// Display name.
    pub name: Option<Text>,
    /// The models it is for.
    pub systems: std::sync::Arc<[SystemId]>,
    /// `Contents/Package/@path`: file names, as the packages' paths end.
    pub packages: Vec<Text>,
}

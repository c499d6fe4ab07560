//! One update package.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Dependency, Device, PackageHash, SystemId, Text};

/// `SoftwareComponent`: one Dell update package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// `packageID`.
    pub package_id: Option<Text>,
    /// `releaseID`.
    pub release_id: Option<Text>,
    /// `path` below the base location, with slashes.
    pub path: Text,
    /// `size` of the file in bytes.
    pub size: Option<u64>,
    /// `dateTime`.
    pub date_time: Option<Text>,
    /// `releaseDate`, in English words.
    pub release_date: Option<Text>,
    /// `vendorVersion`: what the device reports once it is installed.
    pub version: Text,
    /// `dellVersion`, e.g. `A00`.
    pub dell_version: Option<Text>,
    /// `packageType`.
    pub package_type: PackageType,
    /// `rebootRequired`.
    pub reboot_required: Option<bool>,
    /// Display name.
    pub name: Option<Text>,
    /// `ComponentType/@value`: `BIOS`, `FRMW`, `DRVR`, `APAC`.
    pub component_type: Option<Text>,
    /// `Category/@value`.
    pub category: Option<Text>,
    /// How urgent Dell finds it.
    pub criticality: Option<Criticality>,
    /// What it fits.
    pub devices: Arc<[Device]>,
    /// The models it is for, in order.
    pub systems: Arc<[SystemId]>,
    /// The hashes of the file, the strongest first.
    pub hashes: Vec<PackageHash>,
    /// What must be there first.
    pub dependencies: Vec<Dependency>,
    /// `ImportantInfo/@URL`.
    pub info_url: Option<Text>,
}

impl Package {
    /// File name: the end of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether an iDRAC takes it: a Windows package that is no driver.
    #[must_use]
    pub fn is_for_idrac(&self) -> bool {
        matches!(self.package_type, PackageType::Windows32 | PackageType::Windows64)
            && self.component_type.as_deref() != Some("DRVR")
    }

    /// Whether it is meant for this model.
    #[must_use]
    pub fn is_for(&self, system: SystemId) -> bool {
        self.systems.binary_search(&system).is_ok()
    }

    /// What a plan says of it.
    #[must_use]
    pub fn summary(&self) -> PackageSummary {
        PackageSummary {
            path: self.path.clone(),
            release_id: self.release_id.clone(),
            name: self.name.clone(),
            version: self.version.clone(),
            dell_version: self.dell_version.clone(),
            size: self.size,
            date_time: self.date_time.clone(),
            criticality: self.criticality,
            hashes: self.hashes.clone(),
            dependencies: self.dependencies.clone(),
            info_url: self.info_url.clone(),
        }
    }
}

/// A package as a plan names it: without the long lists of what it fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PackageSummary {
    /// See [`Package::path`].
    pub path: Text,
    /// See [`Package::release_id`].
    pub release_id: Option<Text>,
    /// See [`Package::name`].
    pub name: Option<Text>,
    /// See [`Package::version`].
    pub version: Text,
    /// See [`Package::dell_version`].
    pub dell_version: Option<Text>,
    /// See [`Package::size`].
    pub size: Option<u64>,
    /// See [`Package::date_time`].
    pub date_time: Option<Text>,
    /// See [`Package::criticality`].
    pub criticality: Option<Criticality>,
    /// See [`Package::hashes`].
    pub hashes: Vec<PackageHash>,
    /// See [`Package::dependencies`].
    pub dependencies: Vec<Dependency>,
    /// See [`Package::info_url`].
    pub info_url: Option<Text>,
}

/// `packageType`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PackageType {
    /// `LWXP`: Windows, 32 bits; what an iDRAC takes.
    Windows32,
    /// `LW64`: Windows, 64 bits; what an iDRAC takes.
    Windows64,
    /// `LLXP`: Linux.
    Linux,
    /// Another one.
    Other(Text),
    /// Not said.
    #[default]
    Unknown,
}

impl PackageType {
    /// From a catalogue's word.
    #[must_use]
    pub fn from_word(word: Text) -> Self {
        match &*word {
            "LWXP" => Self::Windows32,
            "LW64" => Self::Windows64,
            "LLXP" => Self::Linux,
            "" => Self::Unknown,
            _ => Self::Other(word),
        }
    }

    /// The catalogue's word; empty where it is not said.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Windows32 => "LWXP",
            Self::Windows64 => "LW64",
            Self::Linux => "LLXP",
            Self::Other(word) => word,
            Self::Unknown => "",
        }
    }
}

impl Serialize for PackageType {
    /// As the catalogue writes it.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How urgent Dell finds an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// 3.
    Optional,
    /// 1.
    Recommended,
    /// 2.
    Urgent,
}

impl Criticality {
    /// From `value` and the English display text; the text wins where they disagree.
    ///
    /// The one place where a text decides: the numbers have been mistaken for their opposites before.
    #[must_use]
    pub fn read(value: Option<&str>, display: &str) -> Option<Self> {
        let display = display.trim_start().to_ascii_lowercase();
        let by_text =
            [("recommended", Self::Recommended), ("urgent", Self::Urgent), ("optional", Self::Optional)];
        by_text.into_iter().find(|(word, _)| display.starts_with(word)).map(|(_, found)| found).or(
            match value?.trim() {
                "1" => Some(Self::Recommended),
                "2" => Some(Self::Urgent),
                "3" => Some(Self::Optional),
                _ => None,
            },
        )
    }
}

/// Whether installing something restarts the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reboot {
    /// The host runs on. The iDRAC may restart.
    NotNeeded,
    /// Neither the catalogue nor the device says.
    Unknown,
    /// The host must restart.
    Needed,
}

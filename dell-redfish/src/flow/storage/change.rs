//! What can be changed of a controller.

use std::fmt;

use crate::ops::{NewVolume, RaidAction, RaidType};

/// One change. Volumes are named by FQDD or by the operator's name, drives by FQDD.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what their names say")]
pub enum Change {
    /// Makes a volume.
    CreateVolume(NewVolume),
    /// Deletes one, and all that is on it.
    DeleteVolume { volume: String },
    /// Overwrites the beginning of one, or all of it.
    InitializeVolume { volume: String, slow: bool },
    /// Checks its redundancy.
    CheckVolume { volume: String },
    /// Makes one larger: by these drives, or to this size.
    ExpandVolume { volume: String, drives: Vec<String>, capacity_bytes: Option<u64> },
    /// Changes its RAID level, onto more drives where it needs them.
    MigrateVolume { volume: String, raid_type: RaidType, drives: Vec<String> },
    /// Encrypts one with the controller's key, for good.
    SecureVolume { volume: String },
    /// Makes a drive a hot spare: of these volumes, or of all where none is named.
    AssignSpare { drive: String, volumes: Vec<String> },
    /// Takes a hot spare back.
    UnassignSpare { drive: String },
    /// Gives drives to the controller.
    ConvertToRaid { drives: Vec<String> },
    /// Takes drives from the controller.
    ConvertToNonRaid { drives: Vec<String> },
    /// Makes what is on a drive unreadable.
    EraseDrive { drive: String },
    /// Deletes all volumes and hot spares.
    ResetConfig,
    /// Drops the configuration that drives brought along.
    ClearForeign,
    /// Takes it over.
    ImportForeign,
    /// Any other action of Dell's service: keys, blinking, patrol read, renaming.
    Dell(RaidAction),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateVolume(volume) => {
                let name = volume.name.as_deref().unwrap_or("without a name");
                write!(f, "make a {} volume {name} on {}", volume.raid_type, volume.drives.join(", "))
            }
            Self::DeleteVolume { volume } => write!(f, "delete volume {volume}"),
            Self::InitializeVolume { volume, slow: true } => write!(f, "overwrite volume {volume}"),
            Self::InitializeVolume { volume, slow: false } => {
                write!(f, "overwrite the beginning of volume {volume}")
            }
            Self::CheckVolume { volume } => write!(f, "check volume {volume}"),
            Self::ExpandVolume { volume, .. } => write!(f, "expand volume {volume}"),
            Self::MigrateVolume { volume, raid_type, .. } => {
                write!(f, "migrate volume {volume} to {raid_type}")
            }
            Self::SecureVolume { volume } => write!(f, "encrypt volume {volume} for good"),
            Self::AssignSpare { drive, volumes } if volumes.is_empty() => {
                write!(f, "make {drive} a global hot spare")
            }
            Self::AssignSpare { drive, volumes } => {
                write!(f, "make {drive} a hot spare of {}", volumes.join(", "))
            }
            Self::UnassignSpare { drive } => write!(f, "take hot spare {drive} back"),
            Self::ConvertToRaid { drives } => write!(f, "give {} to the controller", drives.join(", ")),
            Self::ConvertToNonRaid { drives } => write!(f, "take {} from the controller", drives.join(", ")),
            Self::EraseDrive { drive } => write!(f, "erase drive {drive}"),
            Self::ResetConfig => f.write_str("delete all volumes and hot spares"),
            Self::ClearForeign => f.write_str("drop the foreign configuration"),
            Self::ImportForeign => f.write_str("import the foreign configuration"),
            Self::Dell(action) => f.write_str(action.names().first().copied().unwrap_or_default()),
        }
    }
}

//! RAID levels.

use std::fmt;

use serde::{Deserialize, Serialize};

/// DMTF `Volume.RAIDType`, as far as PERC controllers know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "they are their names")]
pub enum RaidType {
    Raid0,
    Raid1,
    Raid5,
    Raid6,
    Raid10,
    Raid50,
    Raid60,
}

impl RaidType {
    /// As DMTF spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raid0 => "RAID0",
            Self::Raid1 => "RAID1",
            Self::Raid5 => "RAID5",
            Self::Raid6 => "RAID6",
            Self::Raid10 => "RAID10",
            Self::Raid50 => "RAID50",
            Self::Raid60 => "RAID60",
        }
    }

    /// Fewest drives it can lie on.
    #[must_use]
    pub const fn least_drives(self) -> usize {
        match self {
            Self::Raid0 => 1,
            Self::Raid1 => 2,
            Self::Raid5 => 3,
            Self::Raid6 | Self::Raid10 => 4,
            Self::Raid50 => 6,
            Self::Raid60 => 8,
        }
    }

    /// The word of older schemas (`VolumeType`), where there is one.
    #[must_use]
    pub const fn volume_type(self) -> Option<&'static str> {
        match self {
            Self::Raid0 => Some("NonRedundant"),
            Self::Raid1 => Some("Mirrored"),
            Self::Raid5 => Some("StripedWithParity"),
            Self::Raid10 => Some("SpannedMirrors"),
            Self::Raid50 => Some("SpannedStripesWithParity"),
            Self::Raid6 | Self::Raid60 => None,
        }
    }
}

impl fmt::Display for RaidType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! In which order components are updated.

use serde::Serialize;

use super::InstalledFirmware;

/// The place of a component in the order of updates; stages are in that order.
///
/// The iDRAC comes first, because it installs the others; then what it works with; the BIOS before what depends on it;
/// drives last. A CPLD is never mixed with others (RED149).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The iDRAC.
    Idrac,
    /// Lifecycle Controller, diagnostics, driver pack, collectors: what lives on the iDRAC's own storage.
    LifecycleController,
    /// BIOS.
    Bios,
    /// CPLD.
    Cpld,
    /// Storage controllers.
    Storage,
    /// Network, Fibre Channel and InfiniBand cards.
    Network,
    /// Power supplies.
    PowerSupply,
    /// Backplanes and enclosures.
    Backplane,
    /// Drives.
    Drive,
    /// What none of these is: TPM, GPU, and what has no name of a device.
    Other,
}

/// How the names of Dell's devices begin; the first that fits counts.
const BY_NAME: &[(&str, Stage)] = &[
    ("iDRAC.", Stage::Idrac),
    ("USC.", Stage::LifecycleController),
    ("LC.", Stage::LifecycleController),
    ("DriverPack.", Stage::LifecycleController),
    ("Diagnostics.", Stage::LifecycleController),
    ("OSCollector.", Stage::LifecycleController),
    ("ServiceModule.", Stage::LifecycleController),
    ("BIOS.", Stage::Bios),
    ("CPLD.", Stage::Cpld),
    ("RAID.Backplane.", Stage::Backplane),
    ("Backplane.", Stage::Backplane),
    ("Enclosure.", Stage::Backplane),
    ("RAID.", Stage::Storage),
    ("NonRAID.", Stage::Storage),
    ("AHCI.", Stage::Storage),
    ("NIC.", Stage::Network),
    ("FC.", Stage::Network),
    ("InfiniBand.", Stage::Network),
    ("PSU.", Stage::PowerSupply),
    ("PCIeSSD.", Stage::Drive),
    ("Disk.", Stage::Drive),
];

impl Stage {
    /// Where an item belongs, by the name of its device, or by its type where it has none.
    #[must_use]
    pub fn of(item: &InstalledFirmware) -> Self {
        let fqdd = item.fqdd.as_deref().unwrap_or_default();
        let by_name = BY_NAME.iter().find(|(start, _)| fqdd.starts_with(start)).map(|(_, stage)| *stage);
        by_name.unwrap_or(match item.component_type.as_deref() {
            Some("BIOS") => Self::Bios,
            _ => Self::Other,
        })
    }

    /// Whether its updates must have ended before others begin.
    #[must_use]
    pub fn is_alone(self) -> bool {
        matches!(self, Self::Idrac | Self::Cpld)
    }

    /// Whether installing it restarts the host, as far as the kind of device tells.
    #[must_use]
    pub fn reboot(self) -> super::Reboot {
        match self {
            Self::Idrac | Self::LifecycleController => super::Reboot::NotNeeded,
            Self::Bios | Self::Cpld => super::Reboot::Needed,
            _ => super::Reboot::Unknown,
        }
    }
}

//! The firmware inventory, what is installed kept apart from what is only kept.

use crate::catalog::{Catalog, CatalogDiff, InstalledFirmware, SystemId};
use crate::endpoint;
use crate::error::Result;
use crate::flow::members;
use crate::model::{FirmwareState, Resource, SoftwareInventory};
use crate::operation::Redfish;

/// All entries of the firmware inventory.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct FirmwareInventory {
    /// The entries as the iDRAC gave them.
    pub entries: Vec<Resource<SoftwareInventory>>,
    /// In the devices.
    pub installed: Vec<InstalledFirmware>,
    /// Copies of what is in the devices, kept on the iDRAC.
    pub current: Vec<InstalledFirmware>,
    /// Kept for a rollback.
    pub previous: Vec<InstalledFirmware>,
    /// Kept for installation.
    pub available: Vec<InstalledFirmware>,
}

impl FirmwareInventory {
    /// Sorts entries.
    #[must_use]
    pub fn of(entries: Vec<Resource<SoftwareInventory>>) -> Self {
        let mut inventory = Self::default();
        for entry in &entries {
            let item = InstalledFirmware::from(&**entry);
            let list = match item.state {
                Some(FirmwareState::Installed) | None => &mut inventory.installed,
                Some(FirmwareState::Current) => &mut inventory.current,
                Some(FirmwareState::Previous) => &mut inventory.previous,
                Some(FirmwareState::Available) => &mut inventory.available,
            };
            list.push(item);
        }
        Self { entries, ..inventory }
    }

    /// Compares it with a catalogue.
    #[must_use]
    pub fn diff(&self, catalog: &Catalog, system: SystemId) -> CatalogDiff {
        catalog.diff(system, self.entries.iter().map(|entry| &**entry))
    }
}

/// Reads the firmware inventory: one request where the iDRAC expands collections, else one more for each entry.
///
/// # Errors
/// Whatever reading it meets; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
pub async fn list_firmware(redfish: &dyn Redfish) -> Result<FirmwareInventory> {
    let entries = members::list(redfish, endpoint::FIRMWARE_INVENTORY).await?;
    Ok(FirmwareInventory::of(entries))
}

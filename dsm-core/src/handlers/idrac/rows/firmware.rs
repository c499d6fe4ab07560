//! Rows of `server_firmware_inventory`.

use dell_redfish::flow::inventory::Inventory;
use dell_redfish::model::{FirmwareState, Resource, SoftwareInventory};

use super::filled;
use crate::store::FirmwareRow;

pub(super) fn rows(inventory: &Inventory) -> Vec<FirmwareRow> {
    of_entries(&inventory.firmware)
}

/// Rows of a firmware inventory that was read by itself.
pub(crate) fn of_entries(entries: &[Resource<SoftwareInventory>]) -> Vec<FirmwareRow> {
    entries
        .iter()
        .filter_map(|entry| {
            let dell = entry.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.inventory.as_ref());
            Some(FirmwareRow {
                component_id: filled(entry.id.as_ref())?,
                component_name: filled(entry.name.as_ref()),
                component_type: dell.and_then(|dell| filled(dell.component_type.as_ref())),
                version: filled(entry.version.as_ref())?,
                updateable: entry.updateable,
                status: entry.state().map(|state| word(state).to_owned()),
                device_id: entry.fqdd().map(str::to_owned),
                component_category: entry.fqdd().and_then(category).map(str::to_owned),
            })
        })
        .collect()
}

const fn word(state: FirmwareState) -> &'static str {
    match state {
        // Dell writes the running image under either word.
        FirmwareState::Installed | FirmwareState::Current => "Installed",
        FirmwareState::Previous => "Previous",
        FirmwareState::Available => "Available",
    }
}

/// What kind of device an FQDD names, in the words of the existing front end.
fn category(fqdd: &str) -> Option<&'static str> {
    Some(match fqdd.split('.').next()? {
        "BIOS" => "BIOS",
        "iDRAC" | "IDRAC" => "iDRAC",
        "CPLD" => "CPLD",
        "RAID" | "AHCI" | "NonRAID" | "BOSS" => "RAID",
        "NIC" | "FC" | "InfiniBand" => "NIC",
        "Enclosure" => "Backplane",
        "Disk" | "PCIeSSD" => "Drive",
        "PSU" => "PSU",
        "Video" => "GPU",
        _ => return None,
    })
}

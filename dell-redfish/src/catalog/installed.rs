//! An entry of a server's firmware inventory, as the catalogue needs it.

use serde::Serialize;

use super::{ComponentId, PciId};
use crate::model::{FirmwareState, SoftwareInventory};

/// One firmware on a server: in a device, or kept on the iDRAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstalledFirmware {
    /// `Id` of the entry.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// The device, where the id names one.
    pub fqdd: Option<String>,
    /// Version, as the iDRAC writes it.
    pub version: String,
    /// What it stands for, where the id says.
    #[serde(skip)]
    pub state: Option<FirmwareState>,
    /// Dell's component id.
    pub component: Option<ComponentId>,
    /// PCI ids, for cards.
    pub pci: Option<PciId>,
    /// `BIOS`, `FRMW`, `APAC`, …
    pub component_type: Option<String>,
    /// Whether the iDRAC updates it.
    pub updateable: Option<bool>,
    /// Whether it can be updated while the host runs.
    pub sideband: Option<bool>,
}

impl From<&SoftwareInventory> for InstalledFirmware {
    fn from(entry: &SoftwareInventory) -> Self {
        let dell = entry.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.inventory.as_ref());
        let text = |field: Option<&String>| field.map(String::as_str).unwrap_or_default().to_owned();
        let pci = dell.and_then(|dell| {
            let [vendor, device, sub_vendor, sub_device] =
                [&dell.vendor_id, &dell.device_id, &dell.sub_vendor_id, &dell.sub_device_id]
                    .map(|field| field.as_deref().unwrap_or_default());
            PciId::parse(vendor, device, sub_vendor, sub_device)
        });
        // iDRAC7/8 have no Dell part; the component id is the SoftwareId there.
        let component = dell
            .and_then(|dell| dell.component_id.as_deref())
            .and_then(ComponentId::parse)
            .or_else(|| entry.software_id.as_deref().and_then(ComponentId::parse));
        Self {
            id: text(entry.id.as_ref()),
            name: entry.name.clone(),
            fqdd: entry.fqdd().map(str::to_owned),
            version: text(entry.version.as_ref()),
            state: entry.state(),
            component,
            pci,
            component_type: dell.and_then(|dell| dell.component_type.clone()),
            updateable: entry.updateable,
            sideband: dell.and_then(|dell| dell.sideband_update_capable),
        }
    }
}

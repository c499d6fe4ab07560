//! Dell's own views: what `Oem/Dell` says of a server beside DMTF's resources.
//!
//! A view is listed where the server, the iDRAC or the chassis links to its collection, and found by that link alone. Where
//! there is none it stands inside the DMTF resource that it is a view of, typed the same: `drive.oem.dell.physical_disk` is a
//! [`DellPhysicalDisk`]. One view by its own path is a
//! [`GetResource`](crate::ops::GetResource).
//!
//! | view | iDRAC7/8 | iDRAC9 to 5.x | iDRAC9 6.x, 7.x | iDRAC10 |
//! | --- | --- | --- | --- | --- |
//! | slots, sensors, health by subsystem, video, chassis | – | listed | listed | where linked |
//! | switch connections | – | listed | listed | listed, at another place |
//! | licensable parts, licences, SD card, USB, Quick Sync | – | where linked | listed | where linked |
//! | processors, memory, controllers, drives, volumes, functions, power supplies, firmware | inside | inside, listed where linked | inside | inside |
//! | field-replaceable units | – | in `Assembly` | in `Assembly` | in `Assembly` |
//!
//! 7.10 is captured. The names of the links are those of Dell's schema `DellOemLinks` 1.3; what the other columns say is
//! synthetic in the simulator.

use serde_json::Value;

use super::members::list_embedded;
use crate::capability::{find, missing};
use crate::endpoint;
use crate::error::Result;
use crate::model::{
    DellAssembly, DellChassis, DellController, DellEnclosure, DellFc, DellGpuSensor, DellIdracCard,
    DellLicensableDevice, DellLicense, DellMemory, DellNic, DellNicCapabilities, DellNicPortMetrics,
    DellNumericSensor, DellOpaqueManagementData, DellPcieFunction, DellPcieSsd, DellPcieSsdBackPlane,
    DellPhysicalDisk, DellPowerSupply, DellPowerSupplyView, DellPresenceAndStatusSensor, DellProcessor,
    DellPsNumericSensor, DellRollupStatus, DellSensor, DellSlot, DellSoftwareInventory, DellSwitchConnection,
    DellSystem, DellSystemQuickSync, DellUsbDevice, DellVFlash, DellVideo, DellVideoNetwork, DellVolume,
    Resource, Schema,
};
use crate::operation::Redfish;

/// A view that some firmware lists by itself.
pub trait DellView: Schema {
    /// Which one.
    const KIND: DellViewKind;
}

/// Writes the kinds once: name, type, whose links name the collection, and how.
macro_rules! views {
    ($($(#[$doc:meta])* $kind:ident: $type:ident, $home:ident, $link:literal;)*) => {
        /// The views there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum DellViewKind {
            $($(#[$doc])* $kind,)*
        }

        impl DellViewKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// How the links of the server, the iDRAC or the chassis call its collection.
            #[must_use]
            pub const fn link(self) -> &'static str {
                match self { $(Self::$kind => $link,)* }
            }

            const fn home(self) -> &'static str {
                match self { $(Self::$kind => endpoint::$home,)* }
            }
        }

        $(impl DellView for $type {
            const KIND: DellViewKind = DellViewKind::$kind;
        })*

        /// The same for a kind that is known only when it runs: typed properties under their DMTF names, the rest under
        /// `extra`.
        ///
        /// # Errors
        /// As [`list_dell_views`].
        pub async fn list_dell_view(redfish: &dyn Redfish, kind: DellViewKind) -> Result<Vec<Value>> {
            match kind { $(DellViewKind::$kind => as_json(list_dell_views::<$type>(redfish).await?),)* }
        }
    };
}

views! {
    /// Slots, and what is in them.
    Slots: DellSlot, SYSTEM, "DellSlotCollection";
    /// Sensors with states.
    Sensors: DellSensor, SYSTEM, "DellSensorCollection";
    /// Sensors with readings.
    NumericSensors: DellNumericSensor, SYSTEM, "DellNumericSensorCollection";
    /// Sensors of power supplies.
    PsNumericSensors: DellPsNumericSensor, SYSTEM, "DellPSNumericSensorCollection";
    /// Which parts are there and well.
    PresenceAndStatusSensors: DellPresenceAndStatusSensor, SYSTEM, "DellPresenceAndStatusSensorCollection";
    /// Sensors of GPUs.
    GpuSensors: DellGpuSensor, SYSTEM, "DellGPUSensorCollection";
    /// Health by subsystem.
    RollupStatus: DellRollupStatus, SYSTEM, "DellRollupStatusCollection";
    /// Video controllers and GPUs.
    Video: DellVideo, SYSTEM, "DellVideoCollection";
    /// The network side of accelerators.
    VideoNetwork: DellVideoNetwork, SYSTEM, "DellVideoNetworkCollection";
    /// The server.
    Systems: DellSystem, SYSTEM, "DellSystemCollection";
    /// The chassis.
    Chassis: DellChassis, SYSTEM, "DellChassisCollection";
    /// Processors.
    Processors: DellProcessor, SYSTEM, "DellProcessorCollection";
    /// Memory modules.
    Memory: DellMemory, SYSTEM, "DellMemoryCollection";
    /// Storage controllers.
    Controllers: DellController, SYSTEM, "DellControllerCollection";
    /// Drives behind controllers.
    PhysicalDisks: DellPhysicalDisk, SYSTEM, "DellPhysicalDiskCollection";
    /// NVMe drives.
    PcieSsds: DellPcieSsd, SYSTEM, "DellPCIeSSDCollection";
    /// Backplanes for NVMe drives.
    PcieSsdBackPlanes: DellPcieSsdBackPlane, SYSTEM, "DellPCIeSSDBackPlaneCollection";
    /// Volumes.
    VirtualDisks: DellVolume, SYSTEM, "DellVirtualDiskCollection";
    /// Places of drives.
    Enclosures: DellEnclosure, SYSTEM, "DellEnclosureCollection";
    /// Network functions.
    Nics: DellNic, SYSTEM, "DellNICCollection";
    /// What network functions can do.
    NicCapabilities: DellNicCapabilities, SYSTEM, "DellNICCapabilitiesCollection";
    /// What passed through network functions.
    NicPortMetrics: DellNicPortMetrics, SYSTEM, "DellNICPortMetricsCollection";
    /// Fibre Channel functions.
    FibreChannel: DellFc, SYSTEM, "DellFCCollection";
    /// PCIe functions.
    PcieFunctions: DellPcieFunction, SYSTEM, "DellPCIeFunctionCollection";
    /// Power supplies.
    PowerSupplies: DellPowerSupply, SYSTEM, "DellPowerSupplyCollection";
    /// What is read of power supplies.
    PowerSupplyViews: DellPowerSupplyView, SYSTEM, "DellPowerSupplyViewCollection";
    /// Firmware.
    SoftwareInventory: DellSoftwareInventory, SYSTEM, "DellSoftwareInventoryCollection";
    /// Field-replaceable units.
    Assemblies: DellAssembly, CHASSIS, "DellAssemblyCollection";
    /// What the ports are plugged into.
    SwitchConnections: DellSwitchConnection, MANAGER, "DellSwitchConnectionCollection";
    /// The iDRAC.
    IdracCards: DellIdracCard, MANAGER, "DelliDRACCardCollection";
    /// Parts that licences are for.
    LicensableDevices: DellLicensableDevice, MANAGER, "DellLicensableDeviceCollection";
    /// Licences.
    Licenses: DellLicense, MANAGER, "DellLicenseCollection";
    /// What is plugged into the iDRAC's USB port.
    UsbDevices: DellUsbDevice, MANAGER, "DellUSBDeviceCollection";
    /// The iDRAC's SD card.
    VFlash: DellVFlash, MANAGER, "DellvFlashCollection";
    /// The wireless module of the bezel.
    QuickSync: DellSystemQuickSync, MANAGER, "DellSystemQuickSyncCollection";
    /// Partitions of the iDRAC's SD card.
    OpaqueManagementData: DellOpaqueManagementData, MANAGER, "DellOpaqueManagementDataCollection";
}

/// Whose links may name a collection.
const HOMES: [&str; 3] = [endpoint::SYSTEM, endpoint::MANAGER, endpoint::CHASSIS];

/// Lists all members of a view. Two requests where the link is at its usual place, and one for each further page of 50.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where nothing links to such a collection, naming it.
pub async fn list_dell_views<T: DellView>(redfish: &dyn Redfish) -> Result<Vec<Resource<T>>> {
    let (kind, usual) = (T::KIND, T::KIND.home());
    let others = HOMES.into_iter().filter(|home| *home != usual);
    for home in std::iter::once(usual).chain(others) {
        let Some(found) = find(redfish, home).await? else { continue };
        if let Some(path) = links(&found.body).and_then(|links| link(&links, kind)) {
            return list_embedded(redfish, &path).await;
        }
    }
    Err(missing(redfish, kind.link()))
}

/// Lists what the ports are plugged into. Two requests.
///
/// # Errors
/// As [`list_dell_views`]: iDRAC7 and 8 have none.
pub async fn list_switch_connections(redfish: &dyn Redfish) -> Result<Vec<Resource<DellSwitchConnection>>> {
    list_dell_views(redfish).await
}

/// Which views this iDRAC lists, by its links. Three requests.
///
/// # Errors
/// What reading the server, the iDRAC and the chassis says.
pub async fn list_dell_view_kinds(redfish: &dyn Redfish) -> Result<Vec<DellViewKind>> {
    let mut offered = Vec::new();
    for home in HOMES {
        if let Some(links) = find(redfish, home).await?.and_then(|found| links(&found.body)) {
            let kinds = DellViewKind::ALL.iter().copied();
            offered.extend(kinds.filter(|kind| link(&links, *kind).is_some()));
        }
    }
    offered.sort_unstable_by_key(|kind| *kind as u8);
    offered.dedup();
    Ok(offered)
}

/// `Links.Oem.Dell` of a resource.
fn links(body: &[u8]) -> Option<Value> {
    let mut resource: Value = serde_json::from_slice(body).ok()?;
    resource.pointer_mut("/Links/Oem/Dell").map(Value::take)
}

fn link(links: &Value, kind: DellViewKind) -> Option<String> {
    links.get(kind.link())?.get("@odata.id")?.as_str().map(str::to_owned)
}

fn as_json<T: DellView>(views: Vec<Resource<T>>) -> Result<Vec<Value>> {
    views.iter().map(Resource::to_json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_link_and_a_name_of_its_own() {
        let links: std::collections::BTreeSet<_> = DellViewKind::ALL.iter().map(|kind| kind.link()).collect();
        assert_eq!(links.len(), DellViewKind::ALL.len());
        assert!(links.iter().all(|link| link.starts_with("Dell") && link.ends_with("Collection")));
        assert_eq!(serde_json::to_value(DellViewKind::PsNumericSensors).unwrap(), "ps_numeric_sensors");
    }
}

//! The update service and the firmware inventory.

use serde_json::{Value, json};

use super::builder::{Builder, link, ok};

const HOME: &str = "/redfish/v1/UpdateService/FirmwareInventory";

/// A component: Dell's component number, what it is called, its version and where it sits.
struct Component {
    number: u32,
    name: String,
    version: String,
    fqdd: String,
    updateable: bool,
}

pub(super) fn add(b: &mut Builder) {
    if !b.p.update_service {
        return;
    }
    let mut service = json!({
        "Actions": {"#UpdateService.SimpleUpdate": {
            "TransferProtocol@Redfish.AllowableValues": ["HTTP", "NFS", "CIFS", "TFTP", "HTTPS"],
            "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate"}},
        "Description": "Represents the properties for the Update Service", "FirmwareInventory": link(HOME),
        "MaxImageSizeBytes": null, "Name": "Update Service", "ServiceEnabled": true, "Status": ok(),
    });
    if b.p.announces_features {
        let actions = &mut service["Actions"];
        let windows = ["AtMaintenanceWindowStart", "InMaintenanceWindowOnReset"];
        let moments = ["Immediate", "OnReset", "OnStartUpdateRequest"];
        // iDRAC10 offers no windows here.
        let moments: Vec<_> =
            moments.into_iter().chain(windows.into_iter().filter(|_| b.p.legacy_power)).collect();
        actions["#UpdateService.SimpleUpdate"]["@Redfish.OperationApplyTimeSupport"] = json!({
            "@odata.type": "#Settings.v1_3_5.OperationApplyTimeSupport", "SupportedValues": moments});
        actions["#UpdateService.StartUpdate"] =
            json!({"target": "/redfish/v1/UpdateService/Actions/UpdateService.StartUpdate"});
    }
    if let Value::Object(map) = &mut service {
        // iDRAC9 6.x and 7.x take both pushes, iDRAC10 only the multipart one, iDRAC7/8 neither.
        if b.p.announces_features && b.p.legacy_power {
            map.insert("HttpPushUri".into(), HOME.into());
        }
        if b.p.new_power {
            map.insert("MultipartHttpPushUri".into(), "/redfish/v1/UpdateService/MultipartUpload".into());
        }
    }
    b.put("/redfish/v1/UpdateService", "UpdateService.v1_11_0.UpdateService", service);
    inventory(b);
}

fn inventory(b: &mut Builder) {
    let components = components(b);
    let mut paths = Vec::new();
    let wanted = b.size.firmware;
    let installed = components.iter().map(|c| ("Installed", c, c.version.clone()));
    let previous = components.iter().filter(|c| c.updateable).map(|c| ("Previous", c, before(&c.version)));
    // A tree larger than its parts lists what waits to be installed, as a server with staged updates does.
    let available = components.iter().map(|c| ("Available", c, format!("{}1", c.version)));
    for (state, component, version) in installed.chain(previous).chain(available).take(wanted) {
        let path = format!("{HOME}/{state}-{}-{version}__{}", component.number, component.fqdd);
        entry(b, &path, state, component, &version);
        paths.push(path);
    }
    b.collection(HOME, "SoftwareInventory", "Firmware Inventory", &paths);
}

fn before(version: &str) -> String {
    format!("{version}0")
}

fn entry(b: &mut Builder, path: &str, state: &str, component: &Component, version: &str) {
    let Component { number, name, fqdd, updateable, .. } = component;
    let number = number.to_string();
    // Network cards are known for an unfilled date.
    let date = if fqdd.starts_with("NIC") { "00:00:00Z" } else { "2025-03-14T00:00:00Z" };
    let record = format!("DCIM:{}#{fqdd}", state.to_ascii_uppercase());
    b.put(
        path,
        "SoftwareInventory.v1_8_0.SoftwareInventory",
        json!({
            "Description": "Represents Firmware Inventory", "Name": name,
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellSoftwareInventory": {
                "@odata.context": "/redfish/v1/$metadata#DellSoftwareInventory.DellSoftwareInventory",
                "@odata.id": format!("{path}/Oem/Dell/DellSoftwareInventory/{record}"),
                "@odata.type": "#DellSoftwareInventory.v1_2_0.DellSoftwareInventory", "BuildNumber": 0,
                "Classifications": ["Firmware"], "ComponentID": number, "ComponentType": "FRMW",
                "DeviceID": "", "ElementName": name, "HashValue": null, "Id": record,
                "IdentityInfoType": ["OrgID:ComponentType:VendorID:DeviceID:SubVendorID:SubDeviceID"],
                "InstallationDate": "2025-05-20T11:02:41Z", "IsEntity": true, "Name": "DellSoftwareInventory",
                "SidebandUpdateCapable": false, "Status": state, "VendorID": ""}}},
            "ReleaseDate": date, "SoftwareId": number, "Status": ok(), "Updateable": updateable,
            "Version": version,
        }),
    );
}

fn components(b: &Builder) -> Vec<Component> {
    let mut all = Vec::new();
    let mut add = |number: u32, name: &str, version: &str, fqdd: String, updateable: bool| {
        all.push(Component { number, name: name.into(), version: version.into(), fqdd, updateable });
    };
    add(159, "BIOS", b.p.bios_version, "BIOS.Setup.1-1".into(), true);
    add(
        25227,
        "Integrated Dell Remote Access Controller",
        b.p.idrac_version,
        "iDRAC.Embedded.1-1".into(),
        true,
    );
    add(28897, "Lifecycle Controller", b.p.idrac_version, "USC.Embedded.1:LC.Embedded.1".into(), false);
    let driver_pack = "DriverPack.Embedded.1:LC.Embedded.1";
    add(18981, "Dell OS Driver Pack, A00", "25.03.05", driver_pack.into(), true);
    add(
        25806,
        "Dell 64 Bit uEFI Diagnostics",
        "4301A73",
        "Diagnostics.Embedded.1:LC.Embedded.1".into(),
        true,
    );
    add(101_734, "OS COLLECTOR", "6.0.0", "OSCollector.Embedded.1".into(), true);
    add(27763, "System CPLD", "1.1.4", "CPLD.Embedded.1".into(), true);
    add(109_673, "TPM", "7.2.3.1", "TPM.Integrated.1-1".into(), true);
    for n in 1..=b.size.power_supplies {
        add(110_428, &format!("Power Supply.Slot.{n}"), "00.1B.53", format!("PSU.Slot.{n}"), true);
    }
    for n in 0..b.size.controllers {
        let id = super::storage::controller_id(n);
        add(104_298, &format!("PERC H755 Front {n}"), "52.26.0-5179", id, true);
    }
    if b.size.controllers > 0 {
        add(107_649, "Backplane 1", "7.10", "RAID.Backplane.Firmware.1".into(), true);
    }
    for adapter in 0..b.size.adapters {
        for port in 1..=b.size.ports_per_adapter {
            let name = format!(
                "Broadcom Adv. Dual 25Gb Ethernet - «mac:{}»",
                adapter * b.size.ports_per_adapter + port
            );
            add(103_850, &name, "22.71.03.00", super::network::function_id(adapter, port), true);
        }
    }
    for n in 0..b.size.gpus {
        add(110_700, "NVIDIA A2", "96.00.89.00.01", super::processor::gpu_id(n), true);
    }
    for n in 0..if b.size.controllers == 0 { 0 } else { b.size.drives } {
        let name = format!("Disk {n} in Backplane 1 of Integrated RAID Controller 1");
        add(107_934, &name, "BA3A", super::storage::drive_id(b, n), true);
    }
    all
}

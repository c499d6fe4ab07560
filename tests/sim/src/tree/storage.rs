//! Storage controllers, drives and volumes. The first drives of a controller carry its volumes, the others are free.

use serde_json::{Map, Value, json};

use super::builder::{Builder, link, links, ok_rollup, serial};
use super::profile::Profile;
use super::{CHASSIS, ENCLOSURE, SYSTEM};
use crate::rules::raid::ACTIONS;

/// The id of a controller.
pub(super) fn controller_id(index: usize) -> String {
    match index {
        0 => "RAID.Integrated.1-1".to_owned(),
        1 => "RAID.SL.3-1".to_owned(),
        n => format!("AHCI.Embedded.{}-1", n - 1),
    }
}

/// The id of a drive.
pub(super) fn drive_id(b: &Builder, index: usize) -> String {
    let controller = controller_id(index % b.size.controllers.max(1));
    format!("Disk.Bay.{index}:Enclosure.Internal.0-1:{controller}")
}

fn home(controller: usize) -> String {
    format!("{SYSTEM}/Storage/{}", controller_id(controller))
}

/// The path of a drive.
pub(super) fn drive_path(b: &Builder, index: usize) -> String {
    let id = drive_id(b, index);
    if b.p.flat_drives {
        format!("{SYSTEM}/Storage/Drives/{id}")
    } else {
        format!("{}/Drives/{id}", home(index % b.size.controllers.max(1)))
    }
}

fn volume_path(b: &Builder, index: usize) -> String {
    let controller = index % b.size.controllers.max(1);
    let id = format!("Disk.Virtual.{index}:{}", controller_id(controller));
    if b.p.flat_drives {
        format!("{SYSTEM}/Storage/Volumes/{id}")
    } else {
        format!("{}/Volumes/{id}", home(controller))
    }
}

/// Drives of a controller that its volumes lie on.
const IN_VOLUMES: usize = 3;

/// The controller that a device belongs to, by the device's FQDD; a controller belongs to itself.
pub(crate) fn controller_of(fqdd: &str) -> &str {
    fqdd.rsplit(':').next().unwrap_or(fqdd)
}

/// What encrypts a volume is called by another name on iDRAC10.
pub(crate) fn secure_action(profile: &Profile) -> &'static str {
    if profile.legacy_power { "LockVirtualDisk" } else { "SecureVirtualDisk" }
}

/// What can be done to a volume.
pub(crate) fn volume_actions(path: &str) -> Value {
    json!({
        "#Volume.CheckConsistency": {"target": format!("{path}/Actions/Volume.CheckConsistency")},
        "#Volume.Initialize": {"InitializeType@Redfish.AllowableValues": ["Fast", "Slow"],
            "target": format!("{path}/Actions/Volume.Initialize")},
    })
}

fn raid_service(b: &mut Builder) {
    let path = format!("{SYSTEM}/Oem/Dell/DellRaidService");
    let mut actions = Map::new();
    for name in ACTIONS.iter().copied().chain([secure_action(&b.p)]) {
        let mut action = json!({"target": format!("{path}/Actions/DellRaidService.{name}")});
        match name {
            "RAIDLevelMigration" => action["NewRaidLevel@Redfish.AllowableValues"] = json!(LEVELS),
            "ReKey" => action["Mode@Redfish.AllowableValues"] = json!(["LKM", "SEKM"]),
            "EnableControllerEncryption" => {
                action["Mode@Redfish.AllowableValues"] = json!(["DKM", "LKM", "LKM_TO_SEKM", "SEKM"]);
            }
            _ => {}
        }
        actions.insert(format!("#DellRaidService.{name}"), action);
    }
    b.put(
        &path,
        "DellRaidService.v1_5_1.DellRaidService",
        json!({"Actions": actions, "Description": "Actions for RAID", "Name": "DellRaidService"}),
    );
}

/// The RAID levels of a controller.
const LEVELS: [&str; 5] = ["RAID0", "RAID1", "RAID5", "RAID6", "RAID10"];

/// The indexes dealt to a controller.
fn dealt(b: &Builder, count: usize, controller: usize) -> Vec<usize> {
    (0..count).filter(|n| n % b.size.controllers.max(1) == controller).collect()
}

pub(super) fn add(b: &mut Builder) {
    let homes: Vec<String> = (0..b.size.controllers).map(home).collect();
    b.collection(&format!("{SYSTEM}/Storage"), "Storage", "Storage", &homes);
    for index in 0..b.size.controllers {
        controller(b, index);
    }
    if b.size.controllers == 0 {
        return;
    }
    if b.p.oem_jobs {
        raid_service(b);
    }
    for index in 0..b.size.drives {
        drive(b, index);
    }
    for index in 0..b.size.volumes {
        volume(b, index);
    }
}

fn controller(b: &mut Builder, index: usize) {
    let path = home(index);
    let id = controller_id(index);
    let drives: Vec<String> = dealt(b, b.size.drives, index).iter().map(|n| drive_path(b, *n)).collect();
    let volumes: Vec<String> = dealt(b, b.size.volumes, index).iter().map(|n| volume_path(b, *n)).collect();
    let model = if index < 2 { "PERC H755 Front" } else { "C620 Series Chipset Family SATA Controller" };
    let mut part = json!({
        "CacheSummary": {"TotalCacheSizeMiB": 8192}, "FirmwareVersion": "52.26.0-5179",
        "Identifiers": [{"DurableName": serial("wwn", 100 + index), "DurableNameFormat": "NAA"}],
        "Links": {"PCIeFunctions": []}, "Manufacturer": "DELL", "Model": model, "Name": model,
        "SpeedGbps": 12, "Status": ok_rollup(), "SupportedControllerProtocols": ["PCIe"],
        "SupportedDeviceProtocols": ["SAS", "SATA"],
    });
    if !b.p.flat_drives {
        part["SupportedRAIDTypes"] = json!(LEVELS);
    }
    let mut storage = json!({
        "Description": model, "Drives": links(&drives), "Drives@odata.count": drives.len(),
        "Links": {"Enclosures": [link(ENCLOSURE), link(CHASSIS)], "Enclosures@odata.count": 2},
        "Name": model,
        "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources",
            "DellController": dell_controller(&path, &id)}},
        "Status": ok_rollup(), "Volumes": link(format!("{path}/Volumes")),
    });
    if let Value::Object(map) = &mut storage {
        if b.p.inline_controllers {
            let mut inline = part.clone();
            if let Value::Object(inline) = &mut inline {
                inline.insert("@odata.id".into(), format!("{path}#/StorageControllers/0").into());
                inline.insert("MemberId".into(), "0".into());
            }
            map.insert("StorageControllers".into(), json!([inline]));
            map.insert("StorageControllers@odata.count".into(), 1.into());
        }
        if b.p.flat_drives {
            map.insert(
                "@Redfish.Settings".into(),
                json!({"@odata.type": "#Settings.v1_0_0.Settings",
                    "SettingsObject": link(format!("{path}/Settings"))}),
            );
        }
        if b.p.controllers {
            map.insert("Controllers".into(), link(format!("{path}/Controllers")));
        }
    }
    b.put(&path, "Storage.v1_13_0.Storage", storage);
    let home = format!("{path}/Volumes");
    b.collection(&home, "Volume", "Volumes", &volumes);
    if !b.p.flat_drives {
        let times: &[&str] = if index < 2 { &["Immediate", "OnReset"] } else { &["OnReset"] };
        let times = json!({"@Redfish.OperationApplyTimeSupport": {"SupportedValues": times}});
        b.amend(&home, "VolumeCollection.VolumeCollection", times);
    }
    if b.p.flat_drives {
        let settings = json!({"Name": "Storage Settings", "Description": "Changes for later"});
        b.put(&format!("{path}/Settings"), "Storage.v1_13_0.Storage", settings);
    }
    if b.p.controllers {
        let member = format!("{path}/Controllers/{id}");
        b.collection(&format!("{path}/Controllers"), "StorageController", "Controllers", &[&member]);
        b.put(&member, "StorageController.v1_6_0.StorageController", part);
    }
}

fn dell_controller(path: &str, id: &str) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#DellController.DellController",
        "@odata.id": format!("{path}/Oem/Dell/DellControllers/{id}"),
        "@odata.type": "#DellController.v1_4_0.DellController", "AlarmState": "AlarmNotPresent",
        "AutoConfigBehavior": "NotApplicable", "CacheSizeInMB": 8192, "CachecadeCapability": "NotSupported",
        "ControllerFirmwareVersion": "52.26.0-5179", "CurrentControllerMode": "RAID", "Device": "0",
        "DeviceCardSlotType": "Unknown", "EncryptionCapability": "LocalKeyManagementCapable",
        "EncryptionMode": "None", "Id": id, "KeyID": null, "Name": "DellController", "PCISlot": null,
        "PatrolReadState": "Stopped", "RealtimeCapability": "Capable", "RollupStatus": "OK",
        "SASAddress": "5000000000000001", "SecurityStatus": "SecurityKeyNotAssigned",
        "SlicedVDCapability": "Supported", "T10PICapability": "NotSupported",
    })
}

fn drive(b: &mut Builder, index: usize) {
    let path = drive_path(b, index);
    let controller = index % b.size.controllers.max(1);
    let id = drive_id(b, index);
    let used = index / b.size.controllers.max(1) < IN_VOLUMES;
    let mut volumes: Vec<String> =
        dealt(b, b.size.volumes, controller).iter().map(|n| volume_path(b, *n)).collect();
    volumes.truncate(if used { usize::MAX } else { 0 });
    let size = 960_197_124_096_u64;
    let free = if volumes.is_empty() { size } else { 0 };
    let name = format!("Solid State Disk 0:1:{index}");
    b.put(
        &path,
        "Drive.v1_15_0.Drive",
        json!({
            "Actions": {"#Drive.SecureErase": {"target": format!("{path}/Actions/Drive.SecureErase")}},
            "BlockSizeBytes": 512, "CapableSpeedGbs": 12, "CapacityBytes": size,
            "Description": format!("Disk {index} in Backplane 1 of {}", controller_id(controller)),
            "EncryptionAbility": "SelfEncryptingDrive", "EncryptionStatus": "Unencrypted",
            "FailurePredicted": false, "HotspareType": "None",
            "Identifiers": [{"DurableName": serial("wwn", index), "DurableNameFormat": "NAA"}],
            "Links": {"Chassis": link(ENCLOSURE), "PCIeFunctions": [],
                "Storage": link(home(controller)), "Volumes": links(&volumes),
                "Volumes@odata.count": volumes.len()},
            "Location": [], "LocationIndicatorActive": null, "Manufacturer": "KIOXIA", "MediaType": "SSD",
            "Model": "KPM6WRUG960G", "Name": name, "NegotiatedSpeedGbs": 12,
            "Oem": {"Dell": {"@odata.type": "#DellDrive.v1_1_0.DellDrive", "DellPhysicalDisk": {
                "@odata.context": "/redfish/v1/$metadata#DellPhysicalDisk.DellPhysicalDisk",
                "@odata.id": format!("{path}/Oem/Dell/DellDrives/{id}"),
                "@odata.type": "#DellPhysicalDisk.v1_5_0.DellPhysicalDisk",
                "AvailableSparePercent": 100, "Certified": "Yes", "Connector": 0,
                "CryptographicEraseCapable": "Capable", "DriveFormFactor": "2.5Inch",
                "FreeSizeInBytes": free, "Id": id, "Name": "DellPhysicalDisk", "OperationName": "None",
                "PPID": serial("ppid", index), "PowerStatus": "On", "PredictiveFailureState": "Healthy",
                "ProductID": null, "RAIDType": "Unknown", "RaidStatus": if volumes.is_empty() { "Ready" } else { "Online" }, "Slot": index,
                "SystemEraseCapability": "CryptographicErasePD", "UsedSizeInBytes": size - free}}},
            "Operations": [], "PartNumber": "TH0SIM02", "PhysicalLocation": {"PartLocation":
                {"LocationOrdinalValue": index, "LocationType": "Slot"}},
            "PredictedMediaLifeLeftPercent": 97, "Protocol": "SAS", "Revision": "BA3A",
            "RotationSpeedRPM": null, "SerialNumber": serial("s", index),
            "Status": ok_rollup(), "WriteCacheEnabled": false,
        }),
    );
}

fn volume(b: &mut Builder, index: usize) {
    let path = volume_path(b, index);
    let controller = index % b.size.controllers.max(1);
    let mut drives: Vec<String> =
        dealt(b, b.size.drives, controller).iter().map(|n| drive_path(b, *n)).collect();
    drives.truncate(IN_VOLUMES);
    let mut extra = Map::new();
    extra.insert("DiskCachePolicy".into(), "Default".into());
    b.put(
        &path,
        "Volume.v1_8_0.Volume",
        json!({
            "Actions": volume_actions(&path),
            "BlockSizeBytes": 512, "CapacityBytes": 1_919_850_381_312_u64,
            "Description": format!("Virtual Disk {index}"), "DisplayName": format!("vd{index}"),
            "Encrypted": false, "EncryptionTypes": ["NativeDriveEncryption"],
            "Identifiers": [{"DurableName": serial("wwn", 200 + index), "DurableNameFormat": "NAA"}],
            "Links": {"Drives": links(&drives), "Drives@odata.count": drives.len()},
            "MediaSpanCount": 1, "Name": format!("vd{index}"),
            "Oem": {"Dell": {"@odata.type": "#DellVolume.v1_2_0.DellVolume", "DellVirtualDisk": extra}},
            "Operations": [], "OptimumIOSizeBytes": 65536, "RAIDType": "RAID5",
            "ReadCachePolicy": "ReadAhead", "Status": ok_rollup(), "VolumeType": "StripedWithParity",
            "WriteCachePolicy": "ProtectedWriteBack",
        }),
    );
}

//! The computer system and its boot options.

use serde_json::{Value, json};

use super::builder::{Builder, link, links, ok_rollup};
use super::{CHASSIS, MANAGER, SYSTEM};
use crate::rules::boot as rules;
use crate::rules::power::RESET_TYPES;

pub(super) fn add(b: &mut Builder) {
    system(b);
    boot_options(b);
    boot_settings(b);
    if b.p.system_media {
        media(b);
    }
}

fn system(b: &mut Builder) {
    let p = b.p;
    let mut system = json!({
        "Actions": {"#ComputerSystem.Reset": {
            "ResetType@Redfish.AllowableValues": RESET_TYPES,
            "target": format!("{SYSTEM}/Actions/ComputerSystem.Reset")}},
        "AssetTag": "",
        "Bios": link(format!("{SYSTEM}/Bios")),
        "BiosVersion": p.bios_version,
        "Boot": boot(b),
        "Description": "Computer System which represents a machine and the local resources of it.",
        "EthernetInterfaces": link(format!("{SYSTEM}/EthernetInterfaces")),
        "HostName": "node-«tag»",
        "HostWatchdogTimer": {"FunctionEnabled": false, "Status": {"State": "Disabled"},
            "TimeoutAction": "None"},
        "HostingRoles": [], "HostingRoles@odata.count": 0,
        "IndicatorLED": "Lit",
        "Links": {"Chassis": [link(CHASSIS)], "Chassis@odata.count": 1,
            "ManagedBy": [link(MANAGER)], "ManagedBy@odata.count": 1,
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemLinks"}}},
        "Manufacturer": "Dell Inc.",
        "Memory": link(format!("{SYSTEM}/Memory")),
        "MemorySummary": {"MemoryMirroring": "System", "Status": ok_rollup(),
            "TotalSystemMemoryGiB": b.size.dimms * 32},
        "Model": p.system_model,
        "Name": "System",
        "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellSystem": dell_system(b)}},
        "PartNumber": "0SIM01X01",
        "PowerState": "«power»",
        "ProcessorSummary": {"Count": b.size.processors, "CoreCount": b.size.processors * 32,
            "LogicalProcessorCount": b.size.processors * 64, "ThreadingEnabled": true,
            "Model": "Intel(R) Xeon(R) Gold 6430", "Status": ok_rollup()},
        "Processors": link(format!("{SYSTEM}/Processors")),
        "SKU": "«tag»",
        "SecureBoot": link(format!("{SYSTEM}/SecureBoot")),
        "SerialNumber": "«board»",
        "Status": ok_rollup(),
        "Storage": link(format!("{SYSTEM}/Storage")),
        "SystemType": "Physical",
        "TrustedModules": [{"FirmwareVersion": "7.2.3.1", "InterfaceType": "TPM2_0",
            "Status": {"State": "Enabled"}}],
        "UUID": "«uuid»",
    });
    if let Value::Object(map) = &mut system {
        if p.old_sessions {
            map["Links"]["Oem"]["Dell"]["BootOrder"] = link(format!("{SYSTEM}/BootSources"));
        }
        if p.network_adapters {
            map.insert("NetworkInterfaces".into(), link(format!("{SYSTEM}/NetworkInterfaces")));
        }
        if p.boot_progress {
            map.insert("BootProgress".into(), json!({"LastState": "«boot»"}));
            map.insert("LastResetTime".into(), "«reset»".into());
            map.insert(
                "@Redfish.Settings".into(),
                json!({"@odata.type": "#Settings.v1_3_5.Settings", "SupportedApplyTimes": ["OnReset"],
                    "SettingsObject": link(format!("{SYSTEM}/Settings"))}),
            );
        }
        if p.system_media {
            map.insert("VirtualMedia".into(), link(format!("{SYSTEM}/VirtualMedia")));
        }
        if p.announces_features {
            map.insert(
                "GraphicalConsole".into(),
                json!({"ConnectTypesSupported": ["KVMIP"], "MaxConcurrentSessions": 6,
                    "ServiceEnabled": true}),
            );
        }
        if p.pcie_devices {
            let devices = super::pcie::device_paths(b);
            map.insert("PCIeDevices@odata.count".into(), devices.len().into());
            map.insert("PCIeDevices".into(), links(&devices));
            let functions = super::pcie::function_paths(b);
            map.insert("PCIeFunctions@odata.count".into(), functions.len().into());
            map.insert("PCIeFunctions".into(), links(&functions));
        }
    }
    b.put(SYSTEM, "ComputerSystem.v1_16_0.ComputerSystem", system);
    b.put(
        &format!("{SYSTEM}/SecureBoot"),
        "SecureBoot.v1_0_6.SecureBoot",
        json!({"Description": "UEFI Secure Boot", "Name": "UEFI Secure Boot", "SecureBootCurrentBoot":
            "Disabled", "SecureBootEnable": false, "SecureBootMode": "DeployedMode"}),
    );
}

/// Where the settings resource is the only place to write, the values it takes are told there only.
fn boot(b: &Builder) -> Value {
    let mut boot = json!({
        "BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideTarget": "None",
        "UefiTargetBootSourceOverride": null,
    });
    if let Value::Object(map) = &mut boot {
        if b.p.legacy_power {
            map.insert("BootSourceOverrideMode".into(), rules::mode(&b.p).into());
            map.insert("BootSourceOverrideTarget@Redfish.AllowableValues".into(), json!(rules::TARGETS));
        }
        if !b.p.old_sessions {
            let order: Vec<String> = rules::sources(&b.p).into_iter().map(|source| source.id).collect();
            map.insert("BootOptions".into(), link(format!("{SYSTEM}/BootOptions")));
            map.insert("BootOrder@odata.count".into(), order.len().into());
            map.insert("BootOrder".into(), json!(order));
            map.insert("StopBootOnFault".into(), "Never".into());
        }
    }
    boot
}

fn boot_settings(b: &mut Builder) {
    if b.p.boot_progress {
        let mut boot =
            json!({"BootOrder": [], "StopBootOnFault": null, "UefiTargetBootSourceOverride": null});
        if let (false, Value::Object(map)) = (b.p.legacy_power, &mut boot) {
            map.insert("BootSourceOverrideEnabled".into(), "Disabled".into());
            map.insert("BootSourceOverrideTarget".into(), "None".into());
            map.insert("BootSourceOverrideTarget@Redfish.AllowableValues".into(), json!(rules::TARGETS));
        }
        b.put(
            &format!("{SYSTEM}/Settings"),
            "ComputerSystem.v1_20_1.ComputerSystem",
            json!({"@Redfish.SettingsApplyTime": {"@odata.type": "#Settings.v1_3_5.PreferredApplyTime",
                "ApplyTime": "OnReset"}, "AssetTag": null, "Boot": boot, "Id": "System.Embedded.1",
                "Name": "System"}),
        );
    }
}

fn boot_sources(b: &mut Builder) {
    let home = format!("{SYSTEM}/BootSources");
    let settings = format!("{home}/Settings");
    let ids: Vec<String> = rules::sources(&b.p).into_iter().map(|source| source.id).collect();
    let list = rules::list(&b.p, &ids);
    b.put(
        &home,
        "DellBootSources.v1_0_0.DellBootSources",
        json!({"@Redfish.Settings": {"SettingsObject": link(&settings)},
            "Attributes": {rules::sequence(&b.p): list}, "Description": "Boot Sources Current Settings",
            "Name": "Boot Sources Configuration Current Settings"}),
    );
    b.put(
        &settings,
        "DellBootSources.v1_0_0.DellBootSources",
        json!({"Attributes": {}, "Description": "Boot Sources Pending Settings",
            "Name": "Boot Sources Configuration Pending Settings"}),
    );
}

fn dell_system(b: &Builder) -> Value {
    let generation = b.p.manager_model;
    json!({
        "@odata.context": "/redfish/v1/$metadata#DellSystem.DellSystem",
        "@odata.id": format!("{SYSTEM}/Oem/Dell/DellSystem/System.Embedded.1"),
        "@odata.type": "#DellSystem.v1_3_0.DellSystem",
        "BIOSReleaseDate": "03/14/2025", "BaseBoardChassisSlot": "NA", "BatteryRollupStatus": "OK",
        "BladeGeometry": "NotApplicable", "CMCIP": null, "CPURollupStatus": "OK", "ChassisModel": null,
        "ChassisName": "Main System Chassis", "ChassisServiceTag": "«tag»", "ChassisSystemHeightUnit": 2,
        "CurrentRollupStatus": "OK", "EstimatedExhaustTemperatureCelsius": 41,
        "EstimatedSystemAirflowCFM": 47, "ExpressServiceCode": "«esc»", "FanRollupStatus": "OK",
        "Id": "System.Embedded.1", "IntrusionRollupStatus": "OK", "IsOEMBranded": "False",
        "LastSystemInventoryTime": "2025-06-01T07:30:00+00:00",
        "LastUpdateTime": "2025-05-20T11:02:41+00:00", "LicensingRollupStatus": "OK",
        "ManagedSystemSize": "2 U", "MaxCPUSockets": 2, "MaxDIMMSlots": 32, "MaxPCIeSlots": 8,
        "MemoryOperationMode": "OptimizerMode", "Name": "DellSystem", "NodeID": "«tag»",
        "PSRollupStatus": "OK", "PopulatedDIMMSlots": b.size.dimms, "PopulatedPCIeSlots": b.size.adapters,
        "PowerCapEnabledState": "Disabled", "SELRollupStatus": "OK", "StorageRollupStatus": "OK",
        "SysMemErrorMethodology": "Multi-bitECC", "SysMemFailOverState": "NotInUse",
        "SysMemPrimaryStatus": "OK", "SystemGeneration": generation, "SystemID": b.p.system_id,
        "SystemRevision": "I", "TempRollupStatus": "OK", "TempStatisticsRollupStatus": "OK",
        "UUID": "«uuid»", "VoltRollupStatus": "OK", "smbiosGUID": "«uuid»",
    })
}

fn boot_options(b: &mut Builder) {
    if b.p.old_sessions {
        return boot_sources(b);
    }
    let home = format!("{SYSTEM}/BootOptions");
    let options = rules::sources(&b.p);
    let paths: Vec<String> = options.iter().map(|option| format!("{home}/{}", option.id)).collect();
    b.collection(&home, "BootOption", "Boot Options", &paths);
    for (option, path) in options.iter().zip(&paths) {
        b.put(
            path,
            "BootOption.v1_0_4.BootOption",
            json!({"BootOptionEnabled": true, "BootOptionReference": option.id,
                "Description": "Current settings of the UEFI Boot option", "DisplayName": option.name,
                "Name": "Uefi Boot Option", "UefiDevicePath": option.device}),
        );
    }
}

fn media(b: &mut Builder) {
    let home = format!("{SYSTEM}/VirtualMedia");
    let paths = [format!("{home}/1"), format!("{home}/2")];
    b.collection(&home, "VirtualMedia", "VirtualMedia", &paths);
    for path in &paths {
        let value = super::manager::virtual_media(b.p.media_actions, path, &["CD", "DVD", "USBStick"]);
        b.put(path, "VirtualMedia.v1_4_0.VirtualMedia", value);
    }
}

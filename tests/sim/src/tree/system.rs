//! The computer system, its BIOS and its boot options.

use serde_json::{Map, Value, json};

use super::builder::{Builder, link, links, ok_rollup};
use super::{CHASSIS, MANAGER, SYSTEM};
use crate::rules::power::RESET_TYPES;

/// BIOS attributes every tree has; the rest is filled up to a usual number.
pub(super) const BIOS: &[(&str, &str)] = &[
    ("AcPwrRcvry", "Last"),
    ("BootMode", "Uefi"),
    ("BootSeqRetry", "Enabled"),
    ("EmbSata", "AhciMode"),
    ("LogicalProc", "Enabled"),
    ("MemOpMode", "OptimizerMode"),
    ("NodeInterleave", "Disabled"),
    ("ProcVirtualization", "Enabled"),
    ("ProcTurboMode", "Enabled"),
    ("ProcCStates", "Disabled"),
    ("SerialComm", "OnConRedir"),
    ("SriovGlobalEnable", "Enabled"),
    ("SysProfile", "PerfOptimized"),
    ("SecureBoot", "Disabled"),
    ("TpmSecurity", "On"),
    ("WorkloadProfile", "NotConfigured"),
];

/// BIOS attributes in all.
const BIOS_COUNT: usize = 320;

pub(super) fn add(b: &mut Builder) {
    system(b);
    bios(b);
    boot_options(b);
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
        if p.network_adapters {
            map.insert("NetworkInterfaces".into(), link(format!("{SYSTEM}/NetworkInterfaces")));
        }
        if p.boot_progress {
            map.insert("BootProgress".into(), json!({"LastState": "«boot»"}));
            map.insert("LastResetTime".into(), "«reset»".into());
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

fn boot(b: &Builder) -> Value {
    let targets = ["None", "Pxe", "Cd", "Hdd", "BiosSetup", "Utilities", "UefiTarget", "SDCard", "UefiHttp"];
    let mut boot = json!({
        "BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideTarget": "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": targets,
        "UefiTargetBootSourceOverride": null,
    });
    if let Value::Object(map) = &mut boot
        && !b.p.old_sessions
    {
        map.insert("BootOptions".into(), link(format!("{SYSTEM}/BootOptions")));
        map.insert("BootOrder".into(), json!(["Boot0000", "Boot0001"]));
        map.insert("BootOrder@odata.count".into(), 2.into());
        map.insert("StopBootOnFault".into(), "Never".into());
        if b.p.legacy_power {
            map.insert("BootSourceOverrideMode".into(), "UEFI".into());
        }
    }
    boot
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
        "SysMemPrimaryStatus": "OK", "SystemGeneration": generation, "SystemID": 2900,
        "SystemRevision": "I", "TempRollupStatus": "OK", "TempStatisticsRollupStatus": "OK",
        "UUID": "«uuid»", "VoltRollupStatus": "OK", "smbiosGUID": "«uuid»",
    })
}

fn bios(b: &mut Builder) {
    let mut attributes: Map<String, Value> =
        BIOS.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    attributes.insert("SystemServiceTag".into(), "«tag»".into());
    attributes.insert("SystemModelName".into(), b.p.system_model.into());
    attributes.insert("SystemBiosVersion".into(), b.p.bios_version.into());
    attributes.insert("AcPwrRcvryUserDelay".into(), 120.into());
    for n in 0.. {
        if attributes.len() >= BIOS_COUNT {
            break;
        }
        attributes.insert(format!("Slot{n:03}Option"), if n % 7 == 0 { n.into() } else { "Enabled".into() });
    }
    let path = format!("{SYSTEM}/Bios");
    let settings = format!("{path}/Settings");
    b.put(
        &path,
        "Bios.v1_2_0.Bios",
        json!({
            "@Redfish.Settings": {"@odata.context": "/redfish/v1/$metadata#Settings.Settings",
                "@odata.type": "#Settings.v1_3_3.Settings", "SettingsObject": link(&settings),
                "SupportedApplyTimes": ["OnReset", "AtMaintenanceWindowStart", "InMaintenanceWindowOnReset"]},
            "Actions": {"#Bios.ChangePassword": {"target": format!("{path}/Actions/Bios.ChangePassword")},
                "#Bios.ResetBios": {"target": format!("{path}/Actions/Bios.ResetBios")}},
            "AttributeRegistry": "BiosAttributeRegistry.v1_0_0", "Attributes": attributes,
            "Description": "BIOS Configuration Current Settings",
            "Name": "BIOS Configuration Current Settings",
        }),
    );
    b.put(
        &settings,
        "Bios.v1_2_0.Bios",
        json!({"AttributeRegistry": "BiosAttributeRegistry.v1_0_0", "Attributes": {},
            "Description": "BIOS Configuration Pending Settings, applied on next system reboot.",
            "Name": "BIOS Configuration Pending Settings"}),
    );
}

fn boot_options(b: &mut Builder) {
    if b.p.old_sessions {
        return;
    }
    let home = format!("{SYSTEM}/BootOptions");
    let options = [
        ("Boot0000", "Unavailable: Hard drive C:", "PciRoot(0x2)/Pci(0x2,0x0)"),
        ("Boot0001", "PXE Device 1", "PciRoot(0x0)/Pci(0x1C,0x5)"),
    ];
    let paths: Vec<String> = options.iter().map(|(id, ..)| format!("{home}/{id}")).collect();
    b.collection(&home, "BootOption", "Boot Options", &paths);
    for ((id, name, device), path) in options.iter().zip(&paths) {
        b.put(
            path,
            "BootOption.v1_0_4.BootOption",
            json!({"BootOptionEnabled": true, "BootOptionReference": id,
                "Description": "Current settings of the UEFI Boot option", "DisplayName": name,
                "Name": "Uefi Boot Option", "UefiDevicePath": device}),
        );
    }
}

fn media(b: &mut Builder) {
    let home = format!("{SYSTEM}/VirtualMedia");
    let paths = [format!("{home}/1"), format!("{home}/2")];
    b.collection(&home, "VirtualMedia", "VirtualMedia", &paths);
    for path in &paths {
        let value = super::manager::virtual_media(path, &["CD", "DVD", "USBStick"]);
        b.put(path, "VirtualMedia.v1_4_0.VirtualMedia", value);
    }
}

//! The chassis and its drive bays.

use serde_json::{Value, json};

use super::builder::{Builder, link, links, ok, ok_rollup};
use super::{CHASSIS, ENCLOSURE, MANAGER, SYSTEM};

pub(super) fn add(b: &mut Builder) {
    let p = b.p;
    let mut chassis = json!({
        "Actions": {},
        "AssetTag": null, "ChassisType": "RackMount",
        "Description": "It represents the properties for physical components for any system.",
        "Links": {"ComputerSystems": [link(SYSTEM)], "ComputerSystems@odata.count": 1,
            "Contains": [link(ENCLOSURE)], "Contains@odata.count": 1, "Drives": [],
            "ManagedBy": [link(MANAGER)], "ManagedBy@odata.count": 1,
            "ManagersInChassis": [link(MANAGER)], "ManagersInChassis@odata.count": 1},
        "Location": {"Placement": {"Rack": "", "Row": ""}, "PostalAddress": {"Building": "", "Room": ""}},
        "Manufacturer": "Dell Inc.", "Model": p.system_model, "Name": "Computer System Chassis",
        "PartNumber": "0SIM01X01", "PhysicalSecurity": {"IntrusionSensor": "Normal"},
        "PowerState": "«power»", "SKU": "«tag»", "SerialNumber": "«board»", "Status": ok_rollup(),
        "UUID": "«uuid»",
    });
    if let Value::Object(map) = &mut chassis {
        let mut add = |present: bool, name: &str| {
            if present {
                map.insert(name.to_owned(), link(format!("{CHASSIS}/{name}")));
            }
        };
        add(p.network_adapters, "NetworkAdapters");
        add(p.pcie_devices, "PCIeDevices");
        add(p.is_idrac9_or_later(), "Assembly");
        add(p.new_power, "PCIeSlots");
        for name in ["Power", "Thermal"] {
            add(p.legacy_power, name);
        }
        for name in ["PowerSubsystem", "ThermalSubsystem", "Sensors"] {
            add(p.new_power, name);
        }
        if p.new_power {
            map.insert("Actions".into(), reset_actions());
            map.insert("LocationIndicatorActive".into(), false.into());
        }
        if p.legacy_power {
            map.insert("IndicatorLED".into(), "Lit".into());
        }
    }
    b.put(CHASSIS, "Chassis.v1_20_0.Chassis", chassis);
    enclosure(b);
}

/// Mains gone and back, by DMTF's action and by Dell's.
fn reset_actions() -> Value {
    json!({
        "#Chassis.Reset": {"ResetType@Redfish.AllowableValues": ["On", "ForceOff", "PowerCycle"],
            "target": format!("{CHASSIS}/Actions/Chassis.Reset")},
        "Oem": {"#DellOemChassis.ExtendedReset": {
            "FinalPowerState@Redfish.AllowableValues": ["On", "Off"],
            "ResetType@Redfish.AllowableValues": ["PowerCycle"],
            "target": format!("{CHASSIS}/Actions/Oem/DellOemChassis.ExtendedReset")}},
    })
}

fn enclosure(b: &mut Builder) {
    let drives: Vec<String> = if b.size.controllers == 0 {
        Vec::new()
    } else {
        (0..b.size.drives).map(|n| super::storage::drive_path(b, n)).collect()
    };
    b.put(
        ENCLOSURE,
        "Chassis.v1_20_0.Chassis",
        json!({
            "AssetTag": null, "ChassisType": "Enclosure", "Description": "Backplane 1 on Connector 0",
            "Links": {"ContainedBy": link(CHASSIS), "Drives": links(&drives),
                "Drives@odata.count": drives.len(), "ManagedBy": [link(MANAGER)],
                "ManagedBy@odata.count": 1},
            "Manufacturer": "Dell Inc.", "Model": "BP15G+ 0:1", "Name": "BP15G+ 0:1",
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellEnclosure": {
                "@odata.type": "#DellEnclosure.v1_1_0.DellEnclosure", "Id": "Enclosure.Internal.0-1",
                "Name": "DellEnclosure", "SlotCount": 16, "Version": "7.10"}}},
            "PartNumber": null, "PowerState": "On", "SKU": null, "SerialNumber": null, "Status": ok(),
        }),
    );
}

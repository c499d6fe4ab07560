//! Dell's own views, and the links that lead to them.
//!
//! Synthetic but for 7.10, whose names and properties follow a capture: 5.x also lists what later firmware only has inside the
//! resources themselves, and iDRAC10 lists fewer.

use serde_json::{Value, json};

use super::builder::{Builder, link, serial};
use super::{CHASSIS, MANAGER, SYSTEM, memory, network};
use crate::spec::Generation;

/// The collections, by the last segment of their paths, and what is in them.
const KINDS: &[(&str, &str)] = &[
    ("DellChassis", "DellChassis"),
    ("DellGPUSensors", "DellGPUSensor"),
    ("DellLicensableDevices", "DellLicensableDevice"),
    ("DellMemory", "DellMemory"),
    ("DellNIC", "DellNIC"),
    ("DellNumericSensors", "DellNumericSensor"),
    ("DellPSNumericSensors", "DellPSNumericSensor"),
    ("DellPresenceAndStatusSensors", "DellPresenceAndStatusSensor"),
    ("DellProcessors", "DellProcessor"),
    ("DellRollupStatus", "DellRollupStatus"),
    ("DellSensors", "DellSensor"),
    ("DellSlots", "DellSlot"),
    ("DellSwitchConnections", "DellSwitchConnection"),
    ("DellUSBDevices", "DellUSBDevice"),
    ("DellVideo", "DellVideo"),
    ("DellvFlash", "DellvFlash"),
];

/// What the collection at this path holds, if it is one of Dell's own.
pub(crate) fn kind(path: &str) -> Option<&'static str> {
    let (_, name) = path.rsplit_once("/Oem/Dell/")?;
    KINDS.iter().find(|(collection, _)| *collection == name).map(|(_, kind)| *kind)
}

type Members = Vec<(String, Value)>;

pub(super) fn add(b: &mut Builder) {
    if !b.p.is_idrac9_or_later() {
        return;
    }
    let of_system = |name: &str| format!("{SYSTEM}/Oem/Dell/{name}");
    let of_manager = |name: &str| format!("{MANAGER}/Oem/Dell/{name}");
    let is_newest = b.p.generation == Generation::Idrac10;
    list(b, SYSTEM, "DellSlot", &of_system("DellSlots"), slots(b));
    list(b, SYSTEM, "DellSensor", &of_system("DellSensors"), sensors());
    list(b, SYSTEM, "DellNumericSensor", &of_system("DellNumericSensors"), numeric_sensors());
    list(b, SYSTEM, "DellPSNumericSensor", &of_system("DellPSNumericSensors"), supply_sensors());
    list(b, SYSTEM, "DellGPUSensor", &of_system("DellGPUSensors"), gpu_sensors(b));
    list(b, SYSTEM, "DellRollupStatus", &of_system("DellRollupStatus"), rollups());
    let chassis =
        vec![("mainsystemchassis".to_owned(), json!({"CanBeFRUed": true, "SystemID": b.p.system_id}))];
    list(b, SYSTEM, "DellChassis", &format!("{CHASSIS}/Oem/Dell/DellChassis"), chassis);
    let device = json!({"FQDD": "iDRAC.Embedded.1", "DeviceType": "Internal", "DeviceState": "DevicePresent",
        "DevicePrimaryStatus": "OK", "LicenseList": ["FD00000000000001"], "UniqueID": "«tag»"});
    let devices = vec![("iDRAC.Embedded.1".to_owned(), device)];
    list(b, MANAGER, "DellLicensableDevice", &of_manager("DellLicensableDevices"), devices);
    let switches = if is_newest { "" } else { "/NetworkPorts" };
    let switches = format!("{SYSTEM}{switches}/Oem/Dell/DellSwitchConnections");
    list(b, MANAGER, "DellSwitchConnection", &switches, switch_connections(b));
    if !is_newest {
        let presence = of_system("DellPresenceAndStatusSensors");
        list(b, SYSTEM, "DellPresenceAndStatusSensor", &presence, Vec::new());
        list(b, SYSTEM, "DellVideo", &of_system("DellVideo"), video(b));
        list(b, MANAGER, "DellUSBDevice", &of_manager("DellUSBDevices"), Vec::new());
        list(b, MANAGER, "DellvFlash", &of_manager("DellvFlash"), Vec::new());
    }
    if b.p.generation == Generation::Idrac9V5 {
        list(
            b,
            SYSTEM,
            "DellProcessor",
            &format!("{SYSTEM}/Processors/Oem/Dell/DellProcessors"),
            processors(b),
        );
        list(b, SYSTEM, "DellMemory", &format!("{SYSTEM}/Memory/Oem/Dell/DellMemory"), modules(b));
        let nics = format!("{SYSTEM}/NetworkDeviceFunctions/Oem/Dell/DellNIC");
        list(b, SYSTEM, "DellNIC", &nics, functions(b));
    }
}

/// The collection, and the link to it.
fn list(b: &mut Builder, owner: &str, kind: &str, path: &str, members: Members) {
    b.embedded(path, kind, "v1_1_0", members);
    let name = format!("{kind}Collection");
    b.amend(owner, "", json!({"Links": {"Oem": {"Dell": {name: link(path)}}}}));
}

fn slots(b: &Builder) -> Members {
    let filled: Vec<String> = (0..b.size.dimms)
        .map(|n| memory::path(b, n).rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    let banks = ["A", "B"].into_iter().flat_map(|bank| (1..=16).map(move |n| format!("{bank}{n}")));
    let dimms = banks.map(|slot| {
        let fqdd = format!("DIMM.Socket.{slot}");
        let is_empty = !filled.contains(&fqdd);
        (
            format!("iDRAC.Embedded.1_0x23_DIMMSLOT{slot}_0x23_Slot"),
            json!({"ConnectorLayout": "DIMM", "DeviceFQDD": if is_empty { Value::Null } else { fqdd.into() },
                "EmptySlot": is_empty, "Number": 0, "NumberDescription": slot, "SlotEnabledState": "Enabled"}),
        )
    });
    let fans = (1..=12).flat_map(|n| ["A", "B"].map(|side| format!("{n}{side}"))).map(|slot| {
        (
            format!("Fan.Embedded.{slot}_0x23_Slot"),
            json!({"ConnectorLayout": "Fan", "DeviceFQDD": format!("Fan.Embedded.{slot}"), "EmptySlot": false,
                "Number": 1, "NumberDescription": slot, "SlotEnabledState": "Enabled"}),
        )
    });
    dimms.chain(fans).collect()
}

fn sensors() -> Members {
    let one = |n: usize| {
        (
            format!("iDRAC.Embedded.1_0x23_Rail{n}"),
            json!({"CurrentState": "Good", "ElementName": format!("System Board Rail {n} PG"),
                "EnabledState": "Enabled", "HealthState": "OK", "SensorType": "Voltage",
                "Links": {"ComputerSystem": link(SYSTEM)}}),
        )
    };
    (1..=70).map(one).collect()
}

fn numeric_sensors() -> Members {
    let one = |id: &str, name: &str, kind: &str, units: &str, reading: f64| {
        (
            id.to_owned(),
            json!({"CurrentReading": reading, "CurrentState": "Normal", "DeviceID": id, "ElementName": name,
                "EnabledState": "Enabled", "HealthState": "OK", "LowerThresholdCritical": null,
                "OperationalStatus": ["OK"], "PrimaryStatus": "OK", "ReadingUnits": units, "SensorType": kind,
                "UnitModifier": 0, "Links": {"ComputerSystem": link(SYSTEM)}}),
        )
    };
    vec![
        one("0x17__Fan.Embedded.1A", "System Board Fan1A", "Tachometer", "RPM", 9840.0),
        one("iDRAC.Embedded.1_0x23_CPU1Temp", "CPU1 Temp", "Temperature", "DegreesC", 41.5),
    ]
}

fn supply_sensors() -> Members {
    let reading = json!({"CurrentReading": 6, "CurrentState": "Normal", "ElementName": "PS1 Current 1",
        "HealthState": "OK", "PrimaryStatus": "OK", "ReadingUnits": "Amps", "SensorType": "Current",
        "UnitModifier": -1, "UpperThresholdCritical": null});
    vec![("iDRAC.Embedded.1_0x23_PS1Current1".to_owned(), reading)]
}

fn gpu_sensors(b: &Builder) -> Members {
    let one = |n: usize| {
        let id = super::processor::gpu_id(n);
        let value = json!({"DeviceID": id, "PrimaryGPUTemperatureCelsius": 47, "PowerConsumptionmW": 41_000,
            "PowerSupplyStatus": "Sufficient", "ThermalAlertStatus": "NotPending"});
        (id, value)
    };
    (0..b.size.gpus).map(one).collect()
}

fn rollups() -> Members {
    let one = |(name, status): (&str, &str)| {
        let value = json!({"CollectionName": format!("{name}RollupStatus"), "SubSystem": name,
            "InstanceID": format!("iDRAC.Embedded.1#SubSystem.1#{name}"), "RollupStatus": status});
        (format!("iDRAC.Embedded.1_0x23_SubSystem.1_0x23_{name}"), value)
    };
    [("Current", "Ok"), ("Fan", "Ok"), ("Storage", "Degraded"), ("Temp", "Ok"), ("System", "Degraded")]
        .into_iter()
        .map(one)
        .collect()
}

fn video(b: &Builder) -> Members {
    let embedded = json!({"FQDD": "Video.Embedded.1-1", "Manufacturer": "Matrox Electronics Systems Ltd.",
        "MarketingName": "Integrated Matrox G200eW3 Graphics Controller", "PCIVendorID": "102B"});
    let one = |n: usize| {
        let id = super::processor::gpu_id(n);
        let value = json!({"FQDD": id, "Manufacturer": "NVIDIA Corporation", "MarketingName": "NVIDIA A2",
            "SerialNumber": serial("gpu", n), "GPUHealth": "OK", "PCIVendorID": "10DE"});
        (id, value)
    };
    std::iter::once(("Video.Embedded.1-1".to_owned(), embedded)).chain((0..b.size.gpus).map(one)).collect()
}

fn switch_connections(b: &Builder) -> Members {
    let one = |fqdd: String, known: Option<(String, String)>, is_stale: bool| {
        let (switch, port) = known.unwrap_or_else(|| ("No Link".to_owned(), "No Link".to_owned()));
        let value = json!({"FQDD": fqdd, "InstanceID": fqdd,
            "StaleData": if is_stale { "Stale" } else { "NotStale" },
            "SwitchConnectionID": switch, "SwitchPortConnectionID": port});
        (fqdd, value)
    };
    let mut all = vec![one(
        "iDRAC.Embedded.1".to_owned(),
        Some(("5c:16:c7:00:00:ff".to_owned(), "mgmt7".to_owned())),
        false,
    )];
    let (cards, ports) = (b.size.adapters, b.size.ports_per_adapter);
    for (card, port) in (0..cards).flat_map(|card| (1..=ports).map(move |port| (card, port))) {
        // The first port of a card has a cable; what the last card said was long ago.
        let known = (port == 1).then(|| network::switch(card));
        let is_stale = port == 1 && cards > 1 && card == cards - 1;
        all.push(one(network::function_id(card, port), known, is_stale));
    }
    all
}

fn processors(b: &Builder) -> Members {
    let one = |n: usize| {
        let value = json!({"CPUFamily": "Intel(R)Xeon(TM)", "CPUStatus": "CPUEnabled",
            "CurrentClockSpeedMhz": 2100, "HyperThreadingEnabled": "Yes", "Volts": "1.6"});
        (format!("CPU.Socket.{n}"), value)
    };
    (1..=b.size.processors).map(one).collect()
}

fn modules(b: &Builder) -> Members {
    let one = |n: usize| {
        let id = memory::path(b, n).rsplit('/').next().unwrap_or_default().to_owned();
        (
            id,
            json!({"BankLabel": "A", "MemoryTechnology": "DRAM", "RemainingRatedWriteEndurancePercent": null}),
        )
    };
    (0..b.size.dimms).map(one).collect()
}

fn functions(b: &Builder) -> Members {
    let one = |id: String| {
        let value = json!({"FQDD": id, "ProductName": "BRCM 2P 25G SFP", "PCIVendorID": "14e4"});
        (id, value)
    };
    network::function_ids(b).into_iter().map(one).collect()
}

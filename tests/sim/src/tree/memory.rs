//! Memory modules.

use serde_json::json;

use super::builder::{Builder, link, ok, serial};
use super::{CHASSIS, SYSTEM};

/// Modules alternate between the banks of the sockets: A1, B1, A2, B2 …
fn slot(b: &Builder, index: usize) -> (char, usize) {
    let banks = b.size.processors.clamp(1, 4);
    (['A', 'B', 'C', 'D'][index % banks], index / banks + 1)
}

/// The path of a module.
pub(super) fn path(b: &Builder, index: usize) -> String {
    let (bank, n) = slot(b, index);
    format!("{SYSTEM}/Memory/DIMM.Socket.{bank}{n}")
}

pub(super) fn add(b: &mut Builder) {
    let paths: Vec<String> = (0..b.size.dimms).map(|n| path(b, n)).collect();
    for (index, path) in paths.iter().enumerate() {
        let (bank, n) = slot(b, index);
        let id = format!("DIMM.Socket.{bank}{n}");
        let socket = index % b.size.processors.clamp(1, 4) + 1;
        let kind = b.p.dram;
        let speed = match kind {
            "DDR3" => 1600,
            "DDR4" => 3200,
            _ => 4800,
        };
        b.put(
            path,
            "Memory.v1_13_0.Memory",
            json!({
                "AllowedSpeedsMHz": [speed], "AllowedSpeedsMHz@odata.count": 1, "BaseModuleType": "RDIMM",
                "BusWidthBits": 72, "CacheSizeMiB": 0, "CapacityMiB": 32768, "DataWidthBits": 64,
                "Description": format!("DIMM {bank}{n}"), "DeviceLocator": format!("DIMM {bank}{n}"),
                "Enabled": true, "ErrorCorrection": "MultiBitECC", "FirmwareRevision": null,
                "Links": {"Chassis": link(CHASSIS),
                    "Processors": [link(format!("{SYSTEM}/Processors/CPU.Socket.{socket}"))],
                    "Processors@odata.count": 1},
                "Manufacturer": "Hynix Semiconductor", "MaxTDPMilliWatts": [],
                "MemoryDeviceType": kind, "MemoryType": "DRAM", "Name": format!("DIMM {bank}{n}"),
                "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellMemory": {
                    "@odata.context": "/redfish/v1/$metadata#DellMemory.DellMemory",
                    "@odata.id": format!("{path}/Oem/Dell/DellMemory/{id}"),
                    "@odata.type": "#DellMemory.v1_1_0.DellMemory", "BankLabel": bank.to_string(),
                    "Id": id, "ManufactureDate": "Mon Feb 06 07:00:00 2023 UTC",
                    "MemoryTechnology": "DRAM", "Model": format!("{kind} DIMM"), "Name": "DellMemory",
                    "RemainingRatedWriteEndurancePercent": null}}},
                "OperatingMemoryModes": ["Volatile"], "OperatingSpeedMhz": speed,
                "PartNumber": "HMCG84MEBRA112N", "RankCount": 2, "SerialNumber": serial("dimm", index),
                "Status": ok(), "VolatileSizeMiB": 32768,
            }),
        );
    }
    b.collection(&format!("{SYSTEM}/Memory"), "Memory", "Memory Devices", &paths);
}

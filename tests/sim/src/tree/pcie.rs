//! PCIe devices of adapters and GPUs, where the generation lists them.

use serde_json::json;

use super::CHASSIS;
use super::builder::{Builder, link, links, ok_rollup, serial};

const GPU_BUS: usize = 202;
const NIC_BUS: usize = 75;

/// The device of a network adapter.
pub(super) fn nic_device(adapter: usize) -> String {
    device(NIC_BUS + adapter)
}

/// The device of a GPU.
pub(super) fn gpu_device(index: usize) -> String {
    device(GPU_BUS + index)
}

/// The only function of a GPU.
pub(super) fn gpu_function(index: usize) -> String {
    function(GPU_BUS + index)
}

fn device(bus: usize) -> String {
    format!("{CHASSIS}/PCIeDevices/{bus}-0")
}

fn function(bus: usize) -> String {
    format!("{}/PCIeFunctions/{bus}-0-0", device(bus))
}

fn buses(b: &Builder) -> Vec<usize> {
    (0..b.size.adapters).map(|n| NIC_BUS + n).chain((0..b.size.gpus).map(|n| GPU_BUS + n)).collect()
}

/// All devices, adapters first.
pub(super) fn device_paths(b: &Builder) -> Vec<String> {
    buses(b).into_iter().map(device).collect()
}

/// All functions, in the order of the devices.
pub(super) fn function_paths(b: &Builder) -> Vec<String> {
    buses(b).into_iter().map(function).collect()
}

struct Part {
    name: &'static str,
    maker: &'static str,
    class: (&'static str, &'static str),
    ids: (&'static str, &'static str),
    kind: &'static str,
    slot: usize,
}

impl Part {
    fn gpu(index: usize) -> Self {
        Self {
            name: "GA107GL [A2]",
            maker: "NVIDIA Corporation",
            class: ("0x030200", "DisplayController"),
            ids: ("0x10de", "0x25b6"),
            kind: "gpu",
            slot: 7 + index,
        }
    }

    fn nic(slot: usize) -> Self {
        Self {
            name: "BCM57414 NetXtreme-E 10Gb/25Gb RDMA Ethernet Controller",
            maker: "Broadcom Inc. and subsidiaries",
            class: ("0x020000", "NetworkController"),
            ids: ("0x14e4", "0x16d7"),
            kind: "nic",
            slot,
        }
    }
}

pub(super) fn add(b: &mut Builder) {
    if !b.p.pcie_devices {
        return;
    }
    let home = format!("{CHASSIS}/PCIeDevices");
    b.collection(&home, "PCIeDevice", "PCIeDevices", &device_paths(b));
    for (index, bus) in buses(b).into_iter().enumerate() {
        let gpu = bus >= GPU_BUS;
        let part = if gpu { Part::gpu(bus - GPU_BUS) } else { Part::nic(index) };
        let Part { name, maker, class, ids, kind, slot } = part;
        let sn = serial(kind, if gpu { bus - GPU_BUS } else { index });
        let function = function(bus);
        b.put(
            &device(bus),
            "PCIeDevice.v1_9_0.PCIeDevice",
            json!({
                "AssetTag": null, "Description": name, "DeviceType": "SingleFunction",
                "FirmwareVersion": if gpu { "96.00.89.00.01" } else { "22.71.03.00" },
                "Links": {"Chassis": [link(CHASSIS)], "Chassis@odata.count": 1,
                    "PCIeFunctions": links(&[&function]), "PCIeFunctions@odata.count": 1},
                "Manufacturer": maker, "Name": name,
                "PCIeFunctions": link(format!("{}/PCIeFunctions", device(bus))),
                "PCIeInterface": {"LanesInUse": 8, "MaxLanes": 8, "MaxPCIeType": "Gen4", "PCIeType": "Gen4"},
                "PartNumber": if gpu { "900-2G179-0020" } else { "0SIM03" }, "SKU": null, "SerialNumber": sn,
                "Slot": {"Lanes": 8, "PCIeType": "Gen4", "SlotType": "FullLength",
                    "Location": {"PartLocation": {"LocationOrdinalValue": slot, "LocationType": "Slot"}}},
                "Status": ok_rollup(),
            }),
        );
        let functions = format!("{}/PCIeFunctions", device(bus));
        b.collection(&functions, "PCIeFunction", "PCIeFunctions", &[&function]);
        b.put(
            &function,
            "PCIeFunction.v1_4_0.PCIeFunction",
            json!({"ClassCode": class.0, "Description": name, "DeviceClass": class.1, "DeviceId": ids.1,
                "Enabled": true, "FunctionId": 0, "FunctionType": "Physical",
                "Links": {"Drives": [], "EthernetInterfaces": [], "PCIeDevice": link(device(bus)),
                    "StorageControllers": []},
                "Name": name, "RevisionId": "0x01", "Status": ok_rollup(), "SubsystemId": "0x0009",
                "SubsystemVendorId": ids.0, "VendorId": ids.0}),
        );
    }
}

//! Processors, and GPUs where the generation lists them there.

use serde_json::json;

use super::builder::{Builder, link, links, ok, serial};
use super::{CHASSIS, SYSTEM};

/// The id of a GPU: the slot it sits in.
pub(super) fn gpu_id(index: usize) -> String {
    format!("Video.Slot.{}-1", 7 + index)
}

pub(super) fn add(b: &mut Builder) {
    let home = format!("{SYSTEM}/Processors");
    let mut paths: Vec<String> = (1..=b.size.processors).map(|n| format!("{home}/CPU.Socket.{n}")).collect();
    for n in 1..=b.size.processors {
        cpu(b, n, &format!("{home}/CPU.Socket.{n}"));
    }
    if b.p.gpu_processors {
        for n in 0..b.size.gpus {
            let path = format!("{home}/{}", gpu_id(n));
            gpu(b, n, &path);
            paths.push(path);
        }
    }
    b.collection(&home, "Processor", "Processors", &paths);
}

fn cpu(b: &mut Builder, n: usize, path: &str) {
    let id = format!("CPU.Socket.{n}");
    let memory: Vec<String> = (0..b.size.dimms)
        .filter(|d| d % b.size.processors.max(1) == n - 1)
        .map(|d| super::memory::path(b, d))
        .collect();
    b.put(
        path,
        "Processor.v1_12_0.Processor",
        json!({
            "Description": "Represents the properties of a Processor attached to this System",
            "Enabled": true, "InstructionSet": "x86-64",
            "Links": {"Chassis": link(CHASSIS), "Memory@odata.count": memory.len(),
                "Memory": links(&memory)},
            "Manufacturer": "Intel", "MaxSpeedMHz": 4000,
            "Model": "Intel(R) Xeon(R) Gold 6430", "Name": format!("CPU {n}"),
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellProcessor": {
                "@odata.context": "/redfish/v1/$metadata#DellProcessor.DellProcessor",
                "@odata.id": format!("{path}/Oem/Dell/DellProcessors/{id}"),
                "@odata.type": "#DellProcessor.v1_1_0.DellProcessor",
                "CPUFamily": "Intel(R)Xeon(TM)", "CPUStatus": "CPUEnabled",
                "Cache1InstalledSizeKB": 2560, "Cache1Level": "L1", "Cache1PrimaryStatus": "OK",
                "Cache2InstalledSizeKB": 65536, "Cache2Level": "L2", "Cache2PrimaryStatus": "OK",
                "Cache3InstalledSizeKB": 61440, "Cache3Level": "L3", "Cache3PrimaryStatus": "OK",
                "CurrentClockSpeedMhz": 2100, "ExternalBusClockSpeedMhz": 16000,
                "HyperThreadingCapable": "Yes", "HyperThreadingEnabled": "Yes", "Id": id,
                "Name": "DellProcessor", "TurboModeCapable": "Yes", "TurboModeEnabled": "Yes",
                "VirtualizationTechnologyCapable": "Yes", "VirtualizationTechnologyEnabled": "Yes",
                "Volts": "1.6"}}},
            "OperatingSpeedMHz": 2100, "ProcessorArchitecture": "x86",
            "ProcessorId": {"EffectiveFamily": "6", "EffectiveModel": "143",
                "IdentificationRegisters": "0x000806F8", "MicrocodeInfo": "0x2B0004B1",
                "ProtectedIdentificationNumber": serial("ppin", n), "Step": "8",
                "VendorId": "GenuineIntel"},
            "ProcessorType": "CPU", "Socket": id, "Status": ok(), "TotalCores": 32,
            "TotalEnabledCores": 32, "TotalThreads": 64, "TurboState": "Enabled",
            "Version": "Model 143 Stepping 8",
        }),
    );
}

fn gpu(b: &mut Builder, n: usize, path: &str) {
    let id = gpu_id(n);
    let slot = 7 + n;
    b.put(
        path,
        "Processor.v1_12_0.Processor",
        json!({
            "Description": "Represents the properties of a Processor attached to this System",
            "Enabled": true, "FirmwareVersion": "96.00.89.00.01",
            "Links": {"Chassis": link(CHASSIS),
                "PCIeDevice": link(super::pcie::gpu_device(n)),
                "PCIeFunctions": [link(super::pcie::gpu_function(n))], "PCIeFunctions@odata.count": 1},
            "Manufacturer": "NVIDIA Corporation", "MaxSpeedMHz": null, "Model": "NVIDIA A2",
            "Name": format!("Video Controller in Slot {slot}"),
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellVideo": {
                "@odata.context": "/redfish/v1/$metadata#DellVideo.DellVideo",
                "@odata.id": format!("{SYSTEM}/Oem/Dell/DellVideo/{id}"),
                "@odata.type": "#DellVideo.v1_4_0.DellVideo",
                "BoardPartNumber": "900-2G179-0020", "BusNumber": 202 + n, "DataBusWidth": "8XOrX8",
                "FirmwareVersion": "96.00.89.00.01", "GPUGUID": serial("gpuid", n), "GPUHealth": "OK",
                "GPUPartNumber": "25B6-890-A1", "GPUState": "Enabled", "Id": id,
                "Manufacturer": "NVIDIA Corporation", "MarketingName": "NVIDIA A2", "Name": "DellVideo",
                "PCIDeviceID": "25B6", "PCIVendorID": "10DE", "SerialNumber": serial("gpu", n),
                "SlotLength": "LongLength", "SlotNumber": slot, "SlotType": "PCIExpressGen4"}}},
            "PartNumber": "900-2G179-0020", "ProcessorType": "GPU", "SerialNumber": serial("gpu", n),
            "Socket": null, "Status": ok(), "SystemInterface": {"InterfaceType": "PCIe",
                "PCIe": {"LanesInUse": 8, "MaxLanes": 8, "MaxPCIeType": "Gen4", "PCIeType": "Gen4"}},
            "TotalCores": null, "TotalEnabledCores": null, "TotalThreads": null, "UUID": null,
        }),
    );
}

//! Field-replaceable units and PCIe slots.

use serde_json::{Value, json};

use super::builder::{Builder, link, links, serial};
use super::{CHASSIS, SYSTEM, memory, network};

pub(super) fn add(b: &mut Builder) {
    if b.p.is_idrac9_or_later() {
        assembly(b);
    }
    if b.p.new_power {
        slots(b);
    }
}

/// FQDD, kind, what it is, part number, serial number.
type Unit = (String, &'static str, &'static str, &'static str, String);

fn units(b: &Builder) -> Vec<Unit> {
    let last = |path: String| path.rsplit('/').next().unwrap_or_default().to_owned();
    let board = ("System.Embedded.1".to_owned(), "SystemBoard", "PLANAR", "0SIM01X01", "«board»".to_owned());
    let dimms = (0..b.size.dimms)
        .map(|n| (last(memory::path(b, n)), "Memory", "DIMM", "HMCG84MEBRA112N", serial("dimm", n)));
    let cards = (0..b.size.adapters).map(|n| {
        // Some cards pad what they say.
        let padded = format!("{}   ", serial("nic", n));
        (network::adapter_id(n), "Module/Card", "BCM57414 NetXtreme-E", "0SIM03", padded)
    });
    let supplies = (1..=b.size.power_supplies)
        .map(|n| (format!("PSU.Slot.{n}"), "PowerSupply", "PWR SPLY,1400W,RDNT", "0SIM04", serial("psu", n)));
    std::iter::once(board).chain(dimms).chain(cards).chain(supplies).collect()
}

fn assembly(b: &mut Builder) {
    let path = format!("{CHASSIS}/Assembly");
    let unit = |(nth, (fqdd, kind, what, part, serial)): (usize, Unit)| {
        let id = format!("{fqdd}_0x23_FRU");
        let own = format!("{CHASSIS}/Oem/Dell/DellAssembly/{id}");
        json!({
            "@odata.context": "/redfish/v1/$metadata#Assembly.Assembly",
            "@odata.id": format!("{path}#/Assemblies/{nth}"), "@odata.type": "#Assembly.v1_3_0.AssemblyData",
            "BinaryDataURI": null, "Description": what, "EngineeringChangeLevel": null,
            "MemberId": nth.to_string(), "Model": what, "Name": format!("{fqdd}#FRU"),
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellAssembly": {
                "@odata.context": "/redfish/v1/$metadata#DellAssembly.DellAssembly", "@odata.id": own,
                "@odata.type": "#DellAssembly.v1_0_0.DellAssembly", "DeviceFQDD": fqdd, "Id": id,
                "Name": "DellAssembly", "PackageType": kind, "SerialNumber": serial}}},
            "PartNumber": part, "Producer": "SIM", "ProductionDate": "2023-02-06T07:00:00Z", "SKU": null,
            "SparePartNumber": null, "Vendor": "DELL", "Version": null,
        })
    };
    let all: Vec<Value> = units(b).into_iter().enumerate().map(unit).collect();
    for one in &all {
        let dell = &one["Oem"]["Dell"]["DellAssembly"];
        if let Some(own) = dell["@odata.id"].as_str() {
            b.put(own, "DellAssembly.v1_0_0.DellAssembly", dell.clone());
        }
    }
    b.put(
        &path,
        "Assembly.v1_3_0.Assembly",
        json!({"Assemblies@odata.count": all.len(), "Assemblies": all,
            "Description": "Represents the properties of Assembly for the device", "Name": "Assembly"}),
    );
}

/// One slot more than there are cards, so that one is empty.
fn slots(b: &mut Builder) {
    let cards = b.size.adapters;
    let slot = |n: usize| {
        let devices = if n < cards { vec![super::pcie::nic_device(n)] } else { Vec::new() };
        let processor = format!("{SYSTEM}/Processors/CPU.Socket.1");
        json!({
            "HotPluggable": false, "Lanes": 16, "PCIeType": "Gen4", "SlotType": "FullLength",
            "Links": {"PCIeDevice": links(&devices), "PCIeDevice@odata.count": devices.len(),
                "Processors": [link(processor)], "Processors@odata.count": 1},
            "Location": {"PartLocation": {"LocationOrdinalValue": n + 1, "LocationType": "Slot"}},
            "Oem": {"Dell": {"@odata.type": "#DellPCIeSlots.v1_0_0.DellPCIeSlots",
                "SlotKey": format!("PCIe.Slot.{}", n + 1)}},
            "Status": {"State": if n < cards { "Enabled" } else { "Absent" }},
        })
    };
    let all: Vec<Value> = (0..=cards).map(slot).collect();
    b.put(
        &format!("{CHASSIS}/PCIeSlots"),
        "PCIeSlots.v1_5_0.PCIeSlots",
        json!({"Description": "This Resource shall represent a set of PCIe slot information.",
            "Name": "PCIeSlots", "Slots": all, "Slots@odata.count": cards + 1}),
    );
}

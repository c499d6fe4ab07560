//! Network adapters with their ports and functions, and the host's interfaces.

use serde_json::{Value, json};

use super::builder::{Builder, link, links, mac, ok, ok_rollup, serial};
use super::{CHASSIS, SYSTEM, network_attributes};

/// The id of an adapter.
pub(super) fn adapter_id(index: usize) -> String {
    match index {
        0 => "NIC.Embedded.1".to_owned(),
        1 => "NIC.Integrated.1".to_owned(),
        n => format!("NIC.Slot.{n}"),
    }
}

/// The id of a port, from 1.
pub(super) fn port_id(adapter: usize, port: usize) -> String {
    match adapter {
        0 => format!("NIC.Embedded.{port}-1"),
        1 => format!("NIC.Integrated.1-{port}"),
        n => format!("NIC.Slot.{n}-{port}"),
    }
}

/// The id of a port's function.
pub(super) fn function_id(adapter: usize, port: usize) -> String {
    format!("{}-1", port_id(adapter, port))
}

/// All functions of all adapters.
pub(super) fn function_ids(b: &Builder) -> Vec<String> {
    let ports = 1..=b.size.ports_per_adapter;
    (0..b.size.adapters)
        .flat_map(|adapter| ports.clone().map(move |port| function_id(adapter, port)))
        .collect()
}

/// Which of the server's MAC addresses a port has; 0 is the iDRAC's own.
fn mac_index(b: &Builder, adapter: usize, port: usize) -> usize {
    1 + adapter * b.size.ports_per_adapter + port - 1
}

pub(super) fn add(b: &mut Builder) {
    let ports = b.size.ports_per_adapter;
    let mut interfaces = Vec::new();
    for adapter in 0..b.size.adapters {
        for port in 1..=ports {
            let path = format!("{SYSTEM}/EthernetInterfaces/{}", function_id(adapter, port));
            ethernet_interface(b, adapter, port, &path);
            interfaces.push(path);
        }
    }
    let home = format!("{SYSTEM}/EthernetInterfaces");
    b.collection(&home, "EthernetInterface", "Ethernet Interfaces", &interfaces);
    if !b.p.network_adapters {
        return;
    }
    let homes = [format!("{CHASSIS}/NetworkAdapters"), format!("{SYSTEM}/NetworkInterfaces")];
    let ids: Vec<String> = (0..b.size.adapters).map(adapter_id).collect();
    let members = |home: &str| ids.iter().map(|id| format!("{home}/{id}")).collect::<Vec<_>>();
    b.collection(&homes[0], "NetworkAdapter", "Network Adapter", &members(&homes[0]));
    b.collection(&homes[1], "NetworkInterface", "Network Interface", &members(&homes[1]));
    for index in 0..b.size.adapters {
        adapter(b, index);
        network_interface(b, index);
    }
}

fn ethernet_interface(b: &mut Builder, adapter: usize, port: usize, path: &str) {
    let up = port == 1;
    let mac = mac(mac_index(b, adapter, port));
    b.put(
        path,
        "EthernetInterface.v1_8_0.EthernetInterface",
        json!({
            "AutoNeg": false, "Description": format!("{} Port {port} Partition 1", adapter_id(adapter)),
            "EthernetInterfaceType": "Physical", "FQDN": null, "FullDuplex": up, "HostName": null,
            "IPv4Addresses": [], "IPv6Addresses": [], "InterfaceEnabled": true,
            "LinkStatus": if up { "LinkUp" } else { "LinkDown" },
            "Links": {"Chassis": link(CHASSIS)}, "MACAddress": mac, "MTUSize": null,
            "Name": "System Ethernet Interface", "NameServers": [], "PermanentMACAddress": mac,
            "SpeedMbps": if up { 25000 } else { 0 }, "Status": ok(),
            "UefiDevicePath": format!("PciRoot(0x{adapter:X})/Pci(0x2,0x0)/Pci(0x0,0x{:X})", port - 1),
            "VLAN": {},
        }),
    );
}

fn adapter(b: &mut Builder, index: usize) {
    let path = format!("{CHASSIS}/NetworkAdapters/{}", adapter_id(index));
    let range = 1..=b.size.ports_per_adapter;
    let list = |kind: &str, id: fn(usize, usize) -> String| -> Vec<String> {
        range.clone().map(|port| format!("{path}/{kind}/{}", id(index, port))).collect()
    };
    let functions = list("NetworkDeviceFunctions", function_id);
    let old_ports = list("NetworkPorts", port_id);
    let new_ports = list("Ports", port_id);
    let mut controller_links = json!({"NetworkDeviceFunctions": links(&functions),
        "NetworkDeviceFunctions@odata.count": functions.len(),
        "PCIeDevices": if b.p.pcie_devices { json!([link(super::pcie::nic_device(index))]) } else { json!([]) }});
    let mut adapter = json!({
        "Description": "Network Adapter View", "Manufacturer": "Broadcom Inc. and subsidiaries",
        "Model": "BCM57414 NetXtreme-E", "Name": "Network Adapter View",
        "NetworkDeviceFunctions": link(format!("{path}/NetworkDeviceFunctions")),
        "PartNumber": "0SIM03", "SerialNumber": serial("nic", index), "Status": ok_rollup(),
    });
    if let (Value::Object(map), Value::Object(inner)) = (&mut adapter, &mut controller_links) {
        if b.p.network_ports {
            map.insert("NetworkPorts".into(), link(format!("{path}/NetworkPorts")));
            inner.insert("NetworkPorts".into(), links(&old_ports));
            inner.insert("NetworkPorts@odata.count".into(), old_ports.len().into());
        }
        if b.p.ports {
            map.insert("Ports".into(), link(format!("{path}/Ports")));
            inner.insert("Ports".into(), links(&new_ports));
        }
        map.insert(
            "Controllers".into(),
            json!([{"ControllerCapabilities": {"DataCenterBridging": {"Capable": true},
                "NetworkDeviceFunctionCount": functions.len(), "NetworkPortCount": functions.len()},
                "FirmwarePackageVersion": "22.71.03.00", "Links": controller_links}]),
        );
        map.insert("Controllers@odata.count".into(), 1.into());
    }
    b.put(&path, "NetworkAdapter.v1_8_0.NetworkAdapter", adapter);
    let kind = "NetworkDeviceFunction";
    b.collection(&format!("{path}/NetworkDeviceFunctions"), kind, "Network Device Functions", &functions);
    if b.p.network_ports {
        b.collection(&format!("{path}/NetworkPorts"), "NetworkPort", "Network Ports", &old_ports);
    }
    if b.p.ports {
        b.collection(&format!("{path}/Ports"), "Port", "Ports", &new_ports);
    }
    for port in range {
        function(b, &path, index, port);
        if b.p.network_ports {
            old_port(b, &path, index, port);
        }
        if b.p.ports {
            new_port(b, &path, index, port);
        }
    }
}

fn function(b: &mut Builder, adapter_path: &str, adapter: usize, port: usize) {
    let id = function_id(adapter, port);
    let path = format!("{adapter_path}/NetworkDeviceFunctions/{id}");
    let mac = mac(mac_index(b, adapter, port));
    let home = if b.p.network_ports { "NetworkPorts" } else { "Ports" };
    let port_link = link(format!("{adapter_path}/{home}/{}", port_id(adapter, port)));
    let assignment =
        if b.p.network_ports { "PhysicalPortAssignment" } else { "PhysicalNetworkPortAssignment" };
    let mut links = json!({assignment: port_link});
    if b.p.dell_attributes {
        let attributes = network_attributes::add(b, &path, &id, mac_index(b, adapter, port));
        links["Oem"] = json!({"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemLinks",
            "DellNetworkAttributes": link(attributes)}});
    }
    b.put(
        &path,
        "NetworkDeviceFunction.v1_8_0.NetworkDeviceFunction",
        json!({
            "Description": "NetworkDeviceFunction",
            "Ethernet": {"MACAddress": mac, "MTUSize": null, "PermanentMACAddress": mac,
                "VLAN": {"VLANEnable": false, "VLANId": 1}},
            "Links": links, "MaxVirtualFunctions": 64, "Name": "NetworkDeviceFunction",
            "NetDevFuncCapabilities": ["Disabled", "Ethernet"], "NetDevFuncType": "Ethernet",
            "Oem": {"Dell": {"@odata.type": "#DellOem.v1_3_0.DellOemResources", "DellNIC": {
                "@odata.context": "/redfish/v1/$metadata#DellNIC.DellNIC",
                "@odata.id": format!("{path}/Oem/Dell/DellNIC/{id}"), "@odata.type": "#DellNIC.v1_7_0.DellNIC",
                "BusNumber": 75 + adapter, "ControllerBIOSVersion": "218.0.303.0", "DataBusWidth": "8XOrX8",
                "DeviceDescription": format!("{} Port {port} Partition 1", adapter_id(adapter)),
                "EFIVersion": "218.0.189.0", "FamilyVersion": "22.71.03.00", "Id": id,
                "LinkSpeed": if port == 1 { "25Gbps" } else { "Unknown" }, "MediaType": "SFP_PLUS",
                "Name": "DellNIC", "PCIDeviceID": "16d7", "PCIVendorID": "14e4",
                "PermanentMACAddress": mac, "ProductName": format!("BRCM 2P 25G SFP - {mac}"),
                "Protocol": "NIC", "SlotType": "PCIExpressGen4", "VendorName": "Broadcom Corp"}}},
            "Status": ok_rollup(),
        }),
    );
}

fn old_port(b: &mut Builder, adapter_path: &str, adapter: usize, port: usize) {
    let up = port == 1;
    b.put(
        &format!("{adapter_path}/NetworkPorts/{}", port_id(adapter, port)),
        "NetworkPort.v1_4_1.NetworkPort",
        json!({
            "ActiveLinkTechnology": "Ethernet", "AssociatedNetworkAddresses": [mac(mac_index(b, adapter, port))],
            "CurrentLinkSpeedMbps": if up { 25000 } else { 0 }, "Description": "Network Port View",
            "FlowControlConfiguration": "None", "FlowControlStatus": "None",
            "LinkStatus": if up { "Up" } else { "Down" }, "Name": "Network Port View",
            "PhysicalPortNumber": port.to_string(), "Status": ok_rollup(),
            "SupportedEthernetCapabilities": ["WakeOnLAN"],
            "SupportedLinkCapabilities": [{"AutoSpeedNegotiation": false, "LinkNetworkTechnology": "Ethernet",
                "LinkSpeedMbps": 25000}],
            "VendorId": "14e4", "WakeOnLANEnabled": false,
        }),
    );
}

fn new_port(b: &mut Builder, adapter_path: &str, adapter: usize, port: usize) {
    let up = port == 1;
    b.put(
        &format!("{adapter_path}/Ports/{}", port_id(adapter, port)),
        "Port.v1_8_0.Port",
        json!({
            "CurrentSpeedGbps": if up { 25 } else { 0 }, "Description": "Instance of Port for NIC",
            "Ethernet": {"AssociatedMACAddresses": [mac(mac_index(b, adapter, port))],
                "FlowControlConfiguration": "None", "LLDPReceive": lldp(b, adapter, up),
                "WakeOnLANEnabled": false},
            "LinkConfiguration": [{"AutoSpeedNegotiationCapable": false, "AutoSpeedNegotiationEnabled": false}],
            "LinkNetworkTechnology": "Ethernet", "LinkStatus": if up { "LinkUp" } else { "LinkDown" },
            "Name": "Network Port", "PortId": port.to_string(), "Status": ok_rollup(),
        }),
    );
}

/// The switch an adapter is plugged into, and its port.
pub(super) fn switch(adapter: usize) -> (String, String) {
    (format!("5c:16:c7:00:00:{adapter:02x}"), format!("Ethernet1/{}", adapter + 1))
}

/// iDRAC9 has the property and leaves it empty, as it was captured.
fn lldp(b: &Builder, adapter: usize, up: bool) -> Value {
    if b.p.network_ports || !up {
        return json!({});
    }
    let (chassis, port) = switch(adapter);
    json!({"ChassisId": chassis, "ChassisIdSubtype": "MacAddr", "PortId": port, "PortIdSubtype": "IfName"})
}

fn network_interface(b: &mut Builder, index: usize) {
    let adapter = format!("{CHASSIS}/NetworkAdapters/{}", adapter_id(index));
    let mut value = json!({
        "Description": "Network Device View", "Links": {"NetworkAdapter": link(&adapter)},
        "Name": "Network Device View", "Status": ok_rollup(),
        "NetworkDeviceFunctions": link(format!("{adapter}/NetworkDeviceFunctions")),
    });
    if let Value::Object(map) = &mut value {
        if b.p.network_ports {
            map.insert("NetworkPorts".into(), link(format!("{adapter}/NetworkPorts")));
        }
        if b.p.ports {
            map.insert("Ports".into(), link(format!("{adapter}/Ports")));
        }
    }
    let path = format!("{SYSTEM}/NetworkInterfaces/{}", adapter_id(index));
    b.put(&path, "NetworkInterface.v1_2_1.NetworkInterface", value);
}

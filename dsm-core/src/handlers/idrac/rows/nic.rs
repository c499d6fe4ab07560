//! Rows of `server_nics`: one a function, joined with its card and its port.

use std::collections::HashMap;

use dell_redfish::flow::inventory::{Inventory, SwitchPeer};
use dell_redfish::model::{EthernetInterface, NetworkAdapter, NetworkDeviceFunction, NetworkPort, Resource};

use super::{filled, signed};
use crate::store::NicRow;

pub(super) fn rows(inventory: &Inventory) -> Vec<NicRow> {
    let ports: HashMap<&str, &Resource<NetworkPort>> =
        inventory.ports.iter().filter_map(|port| Some((port.odata_id.as_deref()?, port))).collect();
    let interfaces: HashMap<&str, &Resource<EthernetInterface>> = inventory
        .ethernet_interfaces
        .iter()
        .filter_map(|interface| Some((interface.id.as_deref()?, interface)))
        .collect();
    let mut rows: Vec<NicRow> = inventory
        .functions
        .iter()
        .filter_map(|function| {
            let adapter = adapter_of(function, &inventory.adapters);
            let port = function.port_path().and_then(|path| ports.get(path).copied());
            let interface = function.id.as_deref().and_then(|id| interfaces.get(id).copied());
            // What the iDRAC no longer vouches for stays as it was stored.
            let peer = inventory.switch_peer(function).filter(|peer| !peer.is_stale);
            of_function(function, adapter, port, interface).map(|row| plugged_in(row, peer))
        })
        .collect();
    // iDRAC7/8 have interfaces where others have functions.
    for interface in inventory.ethernet_interfaces.iter() {
        if let Some(row) = of_interface(interface)
            && !rows.iter().any(|known| known.fqdd == row.fqdd)
        {
            rows.push(row);
        }
    }
    rows
}

fn adapter_of<'a>(
    function: &NetworkDeviceFunction,
    adapters: &'a [Resource<NetworkAdapter>],
) -> Option<&'a Resource<NetworkAdapter>> {
    let path = function.odata_id.as_deref()?;
    adapters.iter().find(|adapter| {
        adapter
            .odata_id
            .as_deref()
            .is_some_and(|of| path.strip_prefix(of).is_some_and(|rest| rest.starts_with('/')))
    })
}

fn of_function(
    function: &NetworkDeviceFunction,
    adapter: Option<&Resource<NetworkAdapter>>,
    port: Option<&Resource<NetworkPort>>,
    interface: Option<&Resource<EthernetInterface>>,
) -> Option<NicRow> {
    let nic = function.dell_nic();
    let ethernet = function.ethernet.as_ref();
    let status = function.status.as_ref().or_else(|| port?.status.as_ref()).cloned().unwrap_or_default();
    let controller = adapter.and_then(|adapter| adapter.controllers.as_ref()?.first());
    let current = port
        .and_then(|port| port.speed_mbps())
        .or_else(|| interface?.speed_mbps.filter(|speed| *speed > 0))
        .and_then(signed);
    let fastest = port.and_then(|port| {
        port.capabilities.iter().flatten().filter_map(|capability| capability.speed_mbps).max()
    });
    Some(NicRow {
        fqdd: filled(function.id.as_ref())?,
        name: nic
            .and_then(|nic| filled(nic.product_name.as_ref()))
            .or_else(|| filled(function.name.as_ref())),
        description: nic.and_then(|nic| filled(nic.device_description.as_ref())),
        mac_address: ethernet.and_then(|ethernet| filled(ethernet.mac_address.as_ref())),
        permanent_mac_address: ethernet.and_then(|ethernet| filled(ethernet.permanent_mac_address.as_ref())),
        manufacturer: adapter
            .and_then(|adapter| filled(adapter.manufacturer.as_ref()))
            .or_else(|| filled(nic?.vendor_name.as_ref())),
        model: adapter.and_then(|adapter| filled(adapter.model.as_ref())),
        serial_number: adapter
            .and_then(|adapter| filled(adapter.serial_number.as_ref()))
            .or_else(|| filled(nic?.serial_number.as_ref())),
        part_number: adapter
            .and_then(|adapter| filled(adapter.part_number.as_ref()))
            .or_else(|| filled(nic?.part_number.as_ref())),
        firmware_version: controller
            .and_then(|controller| filled(controller.firmware_package_version.as_ref()))
            .or_else(|| filled(nic?.family_version.as_ref())),
        port_id: port.and_then(|port| filled(port.id.as_ref())),
        link_status: port
            .and_then(|port| port.is_up())
            .map(|up| if up { "Up" } else { "Down" }.to_owned())
            .or_else(|| filled(interface?.link_status.as_ref())),
        current_speed_mbps: current,
        max_speed_mbps: fastest.and_then(signed),
        health: filled(status.health.as_ref()),
        status: filled(status.state.as_ref()),
        ..NicRow::default()
    })
}

fn plugged_in(row: NicRow, peer: Option<SwitchPeer<'_>>) -> NicRow {
    NicRow {
        switch_connection_id: peer.map(|peer| peer.switch.to_owned()),
        switch_port_description: peer.and_then(|peer| peer.port.map(str::to_owned)),
        ..row
    }
}

fn of_interface(interface: &EthernetInterface) -> Option<NicRow> {
    let status = interface.status.clone().unwrap_or_default();
    Some(NicRow {
        fqdd: filled(interface.id.as_ref())?,
        name: filled(interface.name.as_ref()),
        mac_address: filled(interface.mac_address.as_ref()),
        permanent_mac_address: filled(interface.permanent_mac_address.as_ref()),
        link_status: filled(interface.link_status.as_ref()),
        current_speed_mbps: interface.speed_mbps.filter(|speed| *speed > 0).and_then(signed),
        health: filled(status.health.as_ref()),
        status: filled(status.state.as_ref()),
        ..NicRow::default()
    })
}

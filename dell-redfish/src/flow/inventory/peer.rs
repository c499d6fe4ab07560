//! What a network function is plugged into, from whichever resource knows it.

use super::record::Inventory;
use crate::model::{DellSwitchConnection, NetworkDeviceFunction, NetworkPort, Resource};

/// The other end of a cable, as the switch itself said over LLDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchPeer<'a> {
    /// Chassis id of the switch.
    pub switch: &'a str,
    /// Its port.
    pub port: Option<&'a str>,
    /// Whether the iDRAC no longer vouches for it.
    pub is_stale: bool,
}

impl Inventory {
    /// What a function is plugged into: by Dell's switch connections, joined by FQDD, else by what its port heard over LLDP
    /// (newer schema). Nothing where neither was read or nothing is plugged in.
    #[must_use]
    pub fn switch_peer(&self, function: &NetworkDeviceFunction) -> Option<SwitchPeer<'_>> {
        let port = function.port_path();
        let fqdd = function.id.as_deref();
        let exact =
            || self.switch_connections.iter().find(|one| fqdd.is_some() && one.fqdd.as_deref() == fqdd);
        // All partitions of a port share its cable, and Dell lists one of them, or the port.
        let of_port = || {
            let port = port?.rsplit('/').next()?;
            self.switch_connections.iter().find(|one| belongs(one, port))
        };
        let connection = exact().or_else(of_port).and_then(|found| Some((found, found.switch()?)));
        if let Some((found, switch)) = connection {
            return Some(SwitchPeer { switch, port: found.switch_port(), is_stale: found.is_stale() });
        }
        self.ports.iter().find(|found| port.is_some() && found.odata_id.as_deref() == port).and_then(heard)
    }
}

fn belongs(connection: &DellSwitchConnection, port: &str) -> bool {
    let rest = connection.fqdd.as_deref().and_then(|fqdd| fqdd.strip_prefix(port));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn heard(port: &Resource<NetworkPort>) -> Option<SwitchPeer<'_>> {
    let peer = port.ethernet.as_ref()?.lldp_receive.as_ref()?;
    let switch = peer.chassis_id.as_deref().filter(|id| !id.is_empty())?;
    let port = peer.port_id.as_deref().filter(|id| !id.is_empty());
    Some(SwitchPeer { switch, port, is_stale: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read<T: crate::model::Schema>(value: &Value) -> Resource<T> {
        Resource::parse(value.to_string().into_bytes().into()).unwrap()
    }

    fn connection(fqdd: &str, switch: &str, port: &str, stale: &str) -> Resource<DellSwitchConnection> {
        read(&json!({"FQDD": fqdd, "SwitchConnectionID": switch, "SwitchPortConnectionID": port,
            "StaleData": stale}))
    }

    fn function(id: &str, port: &str) -> Resource<NetworkDeviceFunction> {
        read(&json!({"Id": id, "Links": {"PhysicalPortAssignment": {"@odata.id": port}}}))
    }

    #[test]
    fn partitions_share_the_cable_of_their_port() {
        let mut all = Inventory::empty();
        all.switch_connections = vec![
            connection("NIC.Slot.1-1-1", "sw-a", "eth1", "NotStale"),
            connection("NIC.Slot.1-10-1", "sw-b", "eth2", "Stale"),
            connection("NIC.Slot.2-1-1", "No Link", "No Link", "NotStale"),
        ];
        let peer = |id: &str, port: &str| {
            all.switch_peer(&function(id, port)).map(|peer| (peer.switch, peer.port, peer.is_stale))
        };
        let first = Some(("sw-a", Some("eth1"), false));
        assert_eq!(peer("NIC.Slot.1-1-1", "/p/NIC.Slot.1-1"), first);
        assert_eq!(peer("NIC.Slot.1-1-2", "/p/NIC.Slot.1-1"), first);
        assert_eq!(peer("NIC.Slot.1-10-1", "/p/NIC.Slot.1-10"), Some(("sw-b", Some("eth2"), true)));
        assert_eq!(peer("NIC.Slot.2-1-1", "/p/NIC.Slot.2-1"), None);
        assert_eq!(peer("NIC.Slot.3-1-1", "/p/NIC.Slot.3-1"), None);
    }

    #[test]
    fn a_port_that_heard_its_peer_will_do() {
        let mut all = Inventory::empty();
        let heard =
            json!({"@odata.id": "/p/1", "Ethernet": {"LLDPReceive": {"ChassisId": "aa:bb", "PortId": "7"}}});
        all.ports = vec![read(&heard), read(&json!({"@odata.id": "/p/2", "Ethernet": {"LLDPReceive": {}}}))];
        let peer = all.switch_peer(&function("F1", "/p/1")).unwrap();
        assert_eq!((peer.switch, peer.port, peer.is_stale), ("aa:bb", Some("7"), false));
        assert_eq!(all.switch_peer(&function("F2", "/p/2")), None);
    }
}

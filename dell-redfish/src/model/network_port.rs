//! Ports of network cards, of both schemas.

use super::{Number, Status};

resource! {
    /// One port: DMTF `NetworkPort` (iDRAC9), or `Port` (from 7.10, alone on iDRAC10).
    NetworkPort {
        /// `Up`, `Down` (NetworkPort), `LinkUp`, `LinkDown` (Port), null or empty when not known.
        link_status: String = "LinkStatus",
        /// Speed in Mbit/s (NetworkPort).
        current_speed_mbps: u64 = "CurrentLinkSpeedMbps",
        /// Speed in Gbit/s (Port).
        current_speed_gbps: Number = "CurrentSpeedGbps",
        /// Number on the card (NetworkPort).
        physical_port_number: String = "PhysicalPortNumber",
        /// Number on the card (Port).
        port_id: String = "PortId",
        /// MAC addresses (NetworkPort).
        network_addresses: Vec<String> = "AssociatedNetworkAddresses",
        /// `Ethernet`, `InfiniBand`, `FibreChannel` (NetworkPort).
        active_link_technology: String = "ActiveLinkTechnology",
        /// The same (Port).
        link_network_technology: String = "LinkNetworkTechnology",
        /// What the link can do (NetworkPort).
        capabilities: Vec<SupportedLinkCapability> = "SupportedLinkCapabilities",
        /// Ethernet's part (Port).
        ethernet: PortEthernet = "Ethernet",
        /// PCI vendor of the card.
        vendor_id: String = "VendorId",
        /// State and health.
        status: Status = "Status",
    }
}

part! {
    /// What a link can do.
    SupportedLinkCapability {
        /// Speed in Mbit/s.
        speed_mbps: u64 = "LinkSpeedMbps",
        /// Technology.
        technology: String = "LinkNetworkTechnology",
    }
}

part! {
    /// `Ethernet` of a `Port`.
    PortEthernet {
        /// MAC addresses.
        mac_addresses: Vec<String> = "AssociatedMACAddresses",
        /// What the peer said over LLDP.
        lldp_receive: LldpReceive = "LLDPReceive",
    }
}

part! {
    /// What the peer of a port said over LLDP. Empty where nothing was heard.
    LldpReceive {
        /// Chassis id of the peer.
        chassis_id: String = "ChassisId",
        /// What the chassis id is: `MacAddr`, `IfName`, …
        chassis_id_subtype: String = "ChassisIdSubtype",
        /// Its port.
        port_id: String = "PortId",
        /// What the port id is.
        port_id_subtype: String = "PortIdSubtype",
        /// Its name.
        system_name: String = "SystemName",
        /// Address it is managed by.
        management_address: String = "ManagementAddressIPv4",
    }
}

impl NetworkPort {
    /// Speed in Mbit/s, whichever schema; nothing where the link has none.
    #[must_use]
    pub fn speed_mbps(&self) -> Option<u64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.current_speed_mbps
            .or_else(|| {
                self.current_speed_gbps
                    .filter(|speed| speed.0 > 0.0)
                    .map(|speed| (speed.0 * 1000.0).round() as u64)
            })
            .filter(|speed| *speed > 0)
    }

    /// Whether the link is up; nothing where the iDRAC does not know.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        match self.link_status.as_deref() {
            Some("Up" | "LinkUp") => Some(true),
            Some("Down" | "LinkDown" | "NoLink") => Some(false),
            _ => None,
        }
    }
}

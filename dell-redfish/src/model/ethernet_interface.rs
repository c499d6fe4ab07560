//! Network interfaces as DMTF's oldest schema sees them.

use super::Status;

resource! {
    /// One interface of the host (DMTF `EthernetInterface`): all that iDRAC7/8 say about a NIC.
    EthernetInterface {
        /// MAC address in use.
        mac_address: String = "MACAddress",
        /// MAC address burnt in.
        permanent_mac_address: String = "PermanentMACAddress",
        /// Speed in Mbit/s; 0 without a link.
        speed_mbps: u64 = "SpeedMbps",
        /// `LinkUp`, `LinkDown`, `NoLink`, null or empty.
        link_status: String = "LinkStatus",
        /// Whether both directions work at once.
        full_duplex: bool = "FullDuplex",
        /// Fully qualified name, if the operating system told.
        fqdn: String = "FQDN",
        /// State and health.
        status: Status = "Status",
    }
}

//! What the host sees of a network card.

use super::{DellFc, DellNic, DellNicCapabilities, DellNicPortMetrics, Link, Status};

resource! {
    /// One function or partition (DMTF `NetworkDeviceFunction`); its id is the NIC's FQDD.
    NetworkDeviceFunction {
        /// `Ethernet`, `FibreChannel`, `Disabled`, …
        function_type: String = "NetDevFuncType",
        /// Ethernet's part.
        ethernet: FunctionEthernet = "Ethernet",
        /// The port it uses.
        links: FunctionLinks = "Links",
        /// State and health.
        status: Status = "Status",
        /// Dell's part.
        oem: FunctionOem = "Oem",
    }
}

part! {
    /// `Ethernet`.
    FunctionEthernet {
        /// MAC address in use.
        mac_address: String = "MACAddress",
        /// MAC address burnt in.
        permanent_mac_address: String = "PermanentMACAddress",
        /// Largest frame in bytes.
        mtu_bytes: u64 = "MTUSize",
    }
}

part! {
    /// `Links`.
    FunctionLinks {
        /// Port of the older schema.
        physical_port: Link = "PhysicalPortAssignment",
        /// Port of the newer schema.
        physical_network_port: Link = "PhysicalNetworkPortAssignment",
    }
}

part! {
    /// `Oem`.
    FunctionOem {
        /// Dell's part.
        dell: FunctionOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    FunctionOemDell {
        /// Dell's view of the NIC.
        nic: DellNic = "DellNIC",
        /// What it can do.
        nic_capabilities: DellNicCapabilities = "DellNICCapabilities",
        /// What passed through it.
        nic_port_metrics: DellNicPortMetrics = "DellNICPortMetrics",
        /// Dell's view of a Fibre Channel function.
        fc: DellFc = "DellFC",
    }
}

impl NetworkDeviceFunction {
    /// Dell's view, if it came.
    #[must_use]
    pub fn dell_nic(&self) -> Option<&DellNic> {
        self.oem.as_ref()?.dell.as_ref()?.nic.as_ref()
    }

    /// Path of the port it uses, of either schema.
    #[must_use]
    pub fn port_path(&self) -> Option<&str> {
        let links = self.links.as_ref()?;
        [&links.physical_port, &links.physical_network_port]
            .into_iter()
            .find_map(|link| link.as_ref()?.odata_id.as_deref())
    }
}

//! What the host sees of a network card.

use super::{Link, Status};

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
    }
}

part! {
    /// Dell `DellNIC`.
    DellNic {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Marketing name with the MAC.
        product_name: String = "ProductName",
        /// What the slot is called: `NIC in Slot 2 Port 1`.
        device_description: String = "DeviceDescription",
        /// Maker.
        vendor_name: String = "VendorName",
        /// Firmware family.
        family_version: String = "FamilyVersion",
        /// Speed, as Dell writes it: `1000 Mbps`, `10 Gbps`, `Unknown`.
        link_speed: String = "LinkSpeed",
        /// `FullDuplex`, `HalfDuplex`, `Unknown`.
        link_duplex: String = "LinkDuplex",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// PCI vendor, hexadecimal without 0x, as the three below.
        pci_vendor_id: String = "PCIVendorID",
        /// PCI device.
        pci_device_id: String = "PCIDeviceID",
        /// PCI subsystem vendor.
        pci_sub_vendor_id: String = "PCISubVendorID",
        /// PCI subsystem device.
        pci_sub_device_id: String = "PCISubDeviceID",
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

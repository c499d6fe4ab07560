//! Dell's views of a network function: what the card is, what it can do, what passed through it, and what it is plugged into.

resource! {
    /// A network function (Dell `DellNIC`), inline in its `NetworkDeviceFunction`.
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
        /// `Base T`, `SFP_PLUS`, …
        media_type: String = "MediaType",
        /// `NIC`, `RDMA`, …
        protocol: String = "Protocol",
        /// Version of the host's driver.
        driver_version: String = "LANDriverVersion",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Maker of the transceiver.
        transceiver_vendor: String = "TransceiverVendorName",
        /// Its part number.
        transceiver_part_number: String = "TransceiverPartNumber",
        /// Its serial number.
        transceiver_serial_number: String = "TransceiverSerialNumber",
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

resource! {
    /// What a network function can do (Dell `DellNICCapabilities`): `Supported` or `NotSupported`.
    DellNicCapabilities {
        /// Start over PXE.
        pxe_boot: String = "PXEBootSupport",
        /// Start over iSCSI.
        iscsi_boot: String = "iSCSIBootSupport",
        /// Start over FCoE.
        fcoe_boot: String = "FCoEBootSupport",
        /// Partitions of a port.
        partitioning: String = "NicPartitioningSupport",
        /// RDMA.
        rdma: String = "RDMASupport",
        /// iSCSI in the card.
        iscsi_offload: String = "iSCSIOffloadSupport",
        /// FCoE in the card.
        fcoe_offload: String = "FCoEOffloadSupport",
        /// TCP in the card.
        tcp_offload: String = "TCPOffloadEngineSupport",
        /// The way from the host to the iDRAC through the card.
        pass_through: String = "OSBMCManagementPassThrough",
        /// UEFI.
        uefi: String = "uEFISupport",
    }
}

resource! {
    /// What passed through a network function (Dell `DellNICPortMetrics`), counted since `StartStatisticTime`.
    DellNicPortMetrics {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Bytes received.
        rx_bytes: u64 = "RxBytes",
        /// Bytes sent.
        tx_bytes: u64 = "TxBytes",
        /// Unicast packets received.
        rx_unicast: u64 = "RxUnicastPackets",
        /// Unicast packets sent.
        tx_unicast: u64 = "TxUnicastPackets",
        /// Packets that were dropped.
        discarded: u64 = "DiscardedPkts",
        /// Packets received with a wrong check sum.
        rx_fcs_errors: u64 = "RxErrorPktFCSErrors",
        /// Link of the partition, where the card tells.
        partition_link_status: String = "PartitionLinkStatus",
        /// State of the host's driver: `Operational`, …
        driver_state: String = "OSDriverState",
        /// Since when is counted.
        start_time: String = "StartStatisticTime",
        /// When it was counted.
        time: String = "StatisticTime",
    }
}

resource! {
    /// A Fibre Channel function (Dell `DellFC`), inline in its `NetworkDeviceFunction`.
    DellFc {
        /// Marketing name.
        product_name: String = "ProductName",
        /// What the slot is called.
        device_description: String = "DeviceDescription",
        /// Maker.
        vendor_name: String = "VendorName",
        /// Chip.
        chip_type: String = "ChipType",
        /// Firmware family.
        family_version: String = "FamilyVersion",
        /// Version of the host's driver.
        driver_version: String = "FCOSDriverVersion",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number.
        serial_number: String = "SerialNumber",
    }
}

resource! {
    /// What a port is plugged into, as the switch itself said over LLDP (Dell `DellSwitchConnection`).
    DellSwitchConnection {
        /// The port or function: `NIC.Embedded.1-1-1`, `iDRAC.Embedded.1`.
        fqdd: String = "FQDD",
        /// The same.
        instance_id: String = "InstanceID",
        /// `NotStale`, or `Stale`: seen once, and not confirmed since.
        stale_data: String = "StaleData",
        /// Chassis id of the switch, or one of the words that [`DellSwitchConnection::switch`] takes for none.
        switch_connection_id: String = "SwitchConnectionID",
        /// Description of its port, or such a word.
        switch_port_connection_id: String = "SwitchPortConnectionID",
    }
}

impl DellSwitchConnection {
    /// Chassis id of the switch; nothing where none is known.
    #[must_use]
    pub fn switch(&self) -> Option<&str> {
        known(&self.switch_connection_id)
    }

    /// Its port; nothing where none is known.
    #[must_use]
    pub fn switch_port(&self) -> Option<&str> {
        known(&self.switch_port_connection_id)
    }

    /// Whether the iDRAC no longer vouches for it.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale_data.as_deref() == Some("Stale")
    }
}

/// The schema lists these words beside what LLDP brings; the last is its own spelling for ports.
fn known(value: &Option<String>) -> Option<&str> {
    let none = ["", "Not Available", "Feature Disabled", "No Link", "Not Supported", "Not Support"];
    value.as_deref().map(str::trim).filter(|value| !none.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_nothing_are_no_switch() {
        for word in ["No Link", "Not Available", "Feature Disabled", "Not Supported", "Not Support", "", " "]
        {
            assert_eq!(known(&Some(word.to_owned())), None, "{word:?}");
        }
        assert_eq!(known(&None), None);
        assert_eq!(known(&Some("00:11:22:33:44:55".to_owned())), Some("00:11:22:33:44:55"));
    }
}

//! Dell's views of video controllers, GPUs among them, and of PCIe functions.

resource! {
    /// A video controller or GPU (Dell `DellVideo`).
    DellVideo {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Name on the market.
        marketing_name: String = "MarketingName",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Firmware.
        firmware_version: String = "FirmwareVersion",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Part number of the board.
        board_part_number: String = "BoardPartNumber",
        /// Part number of the GPU.
        gpu_part_number: String = "GPUPartNumber",
        /// UUID of the GPU.
        gpu_guid: String = "GPUGUID",
        /// Health of the GPU.
        gpu_health: String = "GPUHealth",
        /// State of the GPU.
        gpu_state: String = "GPUState",
        /// PCI vendor, hexadecimal without 0x, as below.
        pci_vendor_id: String = "PCIVendorID",
        /// PCI device.
        pci_device_id: String = "PCIDeviceID",
    }
}

resource! {
    /// The network side of an accelerator (Dell `DellVideoNetwork`).
    DellVideoNetwork {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Its address.
        ip_address: String = "IpAddress",
        /// Its MAC address.
        mac_address: String = "MacAddress",
    }
}

resource! {
    /// Where a PCIe function sits (Dell `DellPCIeFunction`).
    DellPcieFunction {
        /// `8XOrX8`, …
        data_bus_width: String = "DataBusWidth",
        /// `FullLength`, …
        slot_length: String = "SlotLength",
        /// `PCIExpressGen4`, …
        slot_type: String = "SlotType",
        /// When the host's inventory was last collected.
        last_inventory_time: String = "LastSystemInventoryTime",
    }
}

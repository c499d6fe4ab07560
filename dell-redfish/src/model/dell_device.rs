//! Dell's views of the iDRAC's own parts: its card, what it licenses, what is plugged into the front.

resource! {
    /// The iDRAC's card (Dell `DelliDRACCard`), inline in `Manager`.
    DellIdracCard {
        /// Version of IPMI.
        ipmi_version: String = "IPMIVersion",
        /// Where its web pages are.
        url: String = "URLString",
        /// When the host's inventory was last collected.
        last_inventory_time: String = "LastSystemInventoryTime",
        /// When this changed last.
        last_update_time: String = "LastUpdateTime",
    }
}

resource! {
    /// A part that licences are for (Dell `DellLicensableDevice`).
    DellLicensableDevice {
        /// FQDD.
        fqdd: String = "FQDD",
        /// `Internal`, …
        device_type: String = "DeviceType",
        /// `DevicePresent`, …
        device_state: String = "DeviceState",
        /// `OK`, `Warning`, `Critical`.
        device_primary_status: String = "DevicePrimaryStatus",
        /// Licences on it.
        licenses: Vec<String> = "LicenseList",
        /// Model.
        model: String = "Model",
        /// What a licence is bound to: the service tag.
        unique_id: String = "UniqueID",
    }
}

resource! {
    /// What is plugged into the iDRAC's USB port (Dell `DellUSBDevice`).
    DellUsbDevice {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Name of the product.
        product_name: String = "ProductName",
        /// USB product, hexadecimal.
        product_id: String = "ProductID",
        /// USB vendor, hexadecimal.
        vendor_id: String = "VendorID",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Version of USB.
        usb_version: String = "USBVersion",
    }
}

resource! {
    /// The iDRAC's SD card (Dell `DellvFlash`).
    DellVFlash {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Name.
        component_name: String = "ComponentName",
        /// Size in MB.
        capacity_mb: u64 = "CapacityMB",
        /// Free space in MB.
        available_mb: u64 = "AvailableSizeMB",
        /// `OK`, `Warning`, `Critical`.
        health_status: String = "HealthStatus",
        /// `Initialized`, `Uninitialized`.
        initialized_state: String = "InitializedState",
        /// Whether it is switched on.
        enabled_state: String = "VFlashEnabledState",
    }
}

resource! {
    /// The wireless module of the bezel (Dell `DellSystemQuickSync`).
    DellSystemQuickSync {
        /// FQDD.
        fqdd: String = "FQDD",
        /// Firmware.
        firmware_version: String = "FWVersion",
        /// `OK`, …
        hardware_status: String = "HWStatus",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Name of the product.
        product_name: String = "ProductName",
    }
}

resource! {
    /// A partition of the iDRAC's SD card (Dell `DellOpaqueManagementData`).
    DellOpaqueManagementData {
        /// Where it is.
        device_id: String = "DeviceID",
        /// Which one.
        partition_index: u64 = "PartitionIndex",
        /// `HDD`, `CD`, `FLOPPY`, …
        partition_type: String = "PartitionType",
        /// `RAW`, `FAT16`, …
        data_format: String = "DataFormat",
        /// `ReadOnly`, `ReadWrite`.
        access_type: String = "AccessType",
        /// Whether the host sees it.
        attached_state: String = "AttachedState",
        /// Its size as Dell writes it.
        size: String = "Size",
    }
}

//! Dell's views of the chassis and the places of drives.

resource! {
    /// The chassis (Dell `DellChassis`), inline in `Chassis`.
    DellChassis {
        /// Whether its FRU data may be written.
        can_be_frued: bool = "CanBeFRUed",
        /// Number of the model in Dell's catalogue.
        system_id: u64 = "SystemID",
    }
}

resource! {
    /// A place of drives (Dell `DellEnclosure`), inline in its `Chassis`.
    DellEnclosure {
        /// The operator's name for it.
        asset_name: String = "AssetName",
        /// Connector of the controller.
        connector: u64 = "Connector",
        /// Service tag of an external one.
        service_tag: String = "ServiceTag",
        /// Bays.
        slot_count: u64 = "SlotCount",
        /// Temperature probes.
        temperature_probes: u64 = "TempProbeCount",
        /// Firmware.
        version: String = "Version",
        /// Position in the chain.
        wired_order: u64 = "WiredOrder",
    }
}

resource! {
    /// A backplane for NVMe drives (Dell `DellPCIeSSDBackPlane`), inline in its `Chassis`.
    DellPcieSsdBackPlane {
        /// Firmware.
        firmware_version: String = "FirmwareVersion",
        /// `Gen 4`, …
        pcie_generation: String = "PCIExpressGeneration",
        /// Bays.
        slot_count: u64 = "SlotCount",
        /// Position in the chain.
        wired_order: u64 = "WiredOrder",
    }
}

//! Dell's views of the whole server: its slots, and its health rolled up by subsystem.

resource! {
    /// A slot and what is in it (Dell `DellSlot`): memory, PCIe, fans, drives, processors.
    DellSlot {
        /// Number of the slot.
        number: u64 = "Number",
        /// What is printed at it: `A16`.
        number_description: String = "NumberDescription",
        /// `DIMM`, `Fan`, `PCIE`, …
        connector_layout: String = "ConnectorLayout",
        /// Whether nothing is in it.
        is_empty: bool = "EmptySlot",
        /// What is in it.
        device_fqdd: String = "DeviceFQDD",
        /// `Enabled`, `Disabled`.
        enabled_state: String = "SlotEnabledState",
    }
}

resource! {
    /// The health of one subsystem (Dell `DellRollupStatus`).
    DellRollupStatus {
        /// `Current`, `Voltage`, `Storage`, `System`, …
        subsystem: String = "SubSystem",
        /// `Ok`, `Degraded`, `Error`, `Unknown`.
        rollup_status: String = "RollupStatus",
        /// `CurrentRollupStatus`, `SystemHealthRollupStatus`, …
        collection_name: String = "CollectionName",
        /// Dell's name of it.
        instance_id: String = "InstanceID",
    }
}

impl DellRollupStatus {
    /// How bad it is, if the iDRAC knows.
    #[must_use]
    pub fn severity(&self) -> Option<super::Severity> {
        self.rollup_status.as_deref().and_then(super::Severity::parse)
    }
}

//! Field-replaceable units, as their own memory describes them.

use super::{Link, Status};

resource! {
    /// The units of a chassis or of one part (DMTF `Assembly`).
    Assembly {
        /// The units.
        assemblies: Vec<AssemblyData> = "Assemblies",
    }
}

part! {
    /// One unit (DMTF `AssemblyData`).
    AssemblyData {
        /// Where it stands: a place within its `Assembly`.
        odata_id: String = "@odata.id",
        /// Position in the list.
        member_id: String = "MemberId",
        /// Name; on an iDRAC the FQDD with `#FRU`.
        name: String = "Name",
        /// What it is.
        description: String = "Description",
        /// Model.
        model: String = "Model",
        /// Part number, with its revision on Dell's boards.
        part_number: String = "PartNumber",
        /// Serial number (from DMTF's schema 1.2; Dell's is in [`DellAssembly`]).
        serial_number: String = "SerialNumber",
        /// Number to order another one by.
        spare_part_number: String = "SparePartNumber",
        /// Stock-keeping number.
        sku: String = "SKU",
        /// Who made it.
        producer: String = "Producer",
        /// Who sold it.
        vendor: String = "Vendor",
        /// When it was made.
        production_date: String = "ProductionDate",
        /// Hardware version.
        version: String = "Version",
        /// Revision by engineering changes.
        engineering_change_level: String = "EngineeringChangeLevel",
        /// Where its memory can be read raw.
        binary_data_uri: String = "BinaryDataURI",
        /// State and health, where given.
        status: Status = "Status",
        /// Dell's part.
        oem: AssemblyOem = "Oem",
    }
}

part! {
    /// `Oem`.
    AssemblyOem {
        /// Dell's part.
        dell: AssemblyOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    AssemblyOemDell {
        /// Dell's view of the unit.
        assembly: DellAssembly = "DellAssembly",
    }
}

resource! {
    /// A field-replaceable unit (Dell `DellAssembly`), inline in `Assemblies`.
    DellAssembly {
        /// The part it is.
        device_fqdd: String = "DeviceFQDD",
        /// `Memory`, `PowerSupply`, `Module/Card`, …
        package_type: String = "PackageType",
        /// Serial number.
        serial_number: String = "SerialNumber",
    }
}

impl AssemblyData {
    /// Dell's view, if it came.
    #[must_use]
    pub fn dell(&self) -> Option<&DellAssembly> {
        self.oem.as_ref()?.dell.as_ref()?.assembly.as_ref()
    }

    /// The part it is, for joining with the rest of an inventory: `DIMM.Socket.A1`.
    #[must_use]
    pub fn fqdd(&self) -> Option<&str> {
        let dell = self.dell().and_then(|dell| dell.device_fqdd.as_deref());
        dell.or_else(|| self.name.as_deref()?.strip_suffix("#FRU"))
    }

    /// Serial number, DMTF's or Dell's, without the blanks that some cards pad it with.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        let dell = || self.dell()?.serial_number.as_deref();
        self.serial_number.as_deref().or_else(dell).map(str::trim).filter(|serial| !serial.is_empty())
    }
}

resource! {
    /// The PCIe slots of a chassis (DMTF `PCIeSlots`).
    PcieSlots {
        /// The slots.
        slots: Vec<PcieSlot> = "Slots",
    }
}

part! {
    /// One PCIe slot.
    PcieSlot {
        /// `Gen4`, …
        pcie_type: String = "PCIeType",
        /// `FullLength`, `HalfLength`, `U2`, `OCP3Small`, …
        slot_type: String = "SlotType",
        /// Lanes.
        lanes: u64 = "Lanes",
        /// Whether it may be filled while the host runs.
        hot_pluggable: bool = "HotPluggable",
        /// Number of the slot.
        location: super::Location = "Location",
        /// What is in it.
        links: PcieSlotLinks = "Links",
        /// State and health.
        status: Status = "Status",
        /// Dell's part.
        oem: PcieSlotOem = "Oem",
    }
}

part! {
    /// `Links`.
    PcieSlotLinks {
        /// The device in it; none in an empty slot.
        devices: Vec<Link> = "PCIeDevice",
        /// The processors it hangs on.
        processors: Vec<Link> = "Processors",
    }
}

part! {
    /// `Oem`.
    PcieSlotOem {
        /// Dell's part.
        dell: PcieSlotOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell` (Dell `DellPCIeSlots`).
    PcieSlotOemDell {
        /// Dell's name of the slot: `PCIe.Slot.2`.
        slot_key: String = "SlotKey",
    }
}

impl PcieSlot {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.as_ref().and_then(|links| links.devices.as_ref()).is_none_or(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_joined_by_its_fqdd() {
        let unit: AssemblyData = serde_json::from_str(
            r#"{"Name":"NIC.Slot.2#FRU","Oem":{"Dell":{"DellAssembly":{"SerialNumber":"MT23  "}}}}"#,
        )
        .unwrap();
        assert_eq!((unit.fqdd(), unit.serial()), (Some("NIC.Slot.2"), Some("MT23")));
        assert_eq!(AssemblyData::default().fqdd(), None);
    }
}

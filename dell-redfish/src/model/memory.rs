//! Memory modules.

use super::{DellMemory, Status};

resource! {
    /// One module (DMTF `Memory`).
    Memory {
        /// What is printed at the slot: `DIMM A1`.
        device_locator: String = "DeviceLocator",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Size in MiB.
        capacity_mib: u64 = "CapacityMiB",
        /// Volatile part in MiB.
        volatile_mib: u64 = "VolatileSizeMiB",
        /// Persistent part in MiB.
        non_volatile_mib: u64 = "NonVolatileSizeMiB",
        /// `DDR4`, `DDR5`, …
        device_type: String = "MemoryDeviceType",
        /// `DRAM`, `IntelOptane`, …
        memory_type: String = "MemoryType",
        /// `RDIMM`, `LRDIMM`, …
        module_type: String = "BaseModuleType",
        /// Ranks.
        rank_count: u64 = "RankCount",
        /// Rated speeds in MHz.
        allowed_speeds_mhz: Vec<u64> = "AllowedSpeedsMHz",
        /// Speed in MHz.
        operating_speed_mhz: u64 = "OperatingSpeedMhz",
        /// `MultiBitECC`, `SingleBitECC`, `NoECC`, …
        error_correction: String = "ErrorCorrection",
        /// State and health; `Absent` for an empty slot.
        status: Status = "Status",
        /// Dell's part.
        oem: MemoryOem = "Oem",
    }
}

part! {
    /// `Oem`.
    MemoryOem {
        /// Dell's part.
        dell: MemoryOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    MemoryOemDell {
        /// Dell's view of the module.
        memory: DellMemory = "DellMemory",
    }
}

impl Memory {
    /// The slot: `A1` of `DIMM.Socket.A1`, the whole id where it is written otherwise.
    #[must_use]
    pub fn slot(&self) -> Option<&str> {
        let id = self.id.as_deref()?;
        Some(id.strip_prefix("DIMM.Socket.").unwrap_or(id))
    }

    /// The rated speed in MHz: the highest allowed.
    #[must_use]
    pub fn rated_speed_mhz(&self) -> Option<u64> {
        self.allowed_speeds_mhz.as_ref()?.iter().copied().max()
    }
}

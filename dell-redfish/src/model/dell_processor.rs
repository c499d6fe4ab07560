//! Dell's views of processors and memory modules.

resource! {
    /// A processor (Dell `DellProcessor`), inline in its `Processor`.
    DellProcessor {
        /// `Intel(R)Xeon(TM)`, …
        cpu_family: String = "CPUFamily",
        /// `CPUEnabled`, `CPUDisabledByUser`, …
        cpu_status: String = "CPUStatus",
        /// Clock in MHz.
        current_clock_mhz: u64 = "CurrentClockSpeedMhz",
        /// Clock of the bus in MHz.
        bus_clock_mhz: u64 = "ExternalBusClockSpeedMhz",
        /// First cache in KB.
        cache1_kb: u64 = "Cache1InstalledSizeKB",
        /// Second cache in KB.
        cache2_kb: u64 = "Cache2InstalledSizeKB",
        /// Third cache in KB.
        cache3_kb: u64 = "Cache3InstalledSizeKB",
        /// `Yes`, `No`, as all below.
        hyper_threading_enabled: String = "HyperThreadingEnabled",
        /// Turbo mode.
        turbo_mode_enabled: String = "TurboModeEnabled",
        /// Virtualisation.
        virtualization_enabled: String = "VirtualizationTechnologyEnabled",
        /// Volts, as a text: `1.6`.
        volts: String = "Volts",
    }
}

resource! {
    /// A memory module (Dell `DellMemory`), inline in its `Memory`.
    DellMemory {
        /// Bank.
        bank_label: String = "BankLabel",
        /// When it was made, as Dell writes it.
        manufacture_date: String = "ManufactureDate",
        /// `DRAM`, `NVDIMM-N`, …
        technology: String = "MemoryTechnology",
        /// `DDR4 DIMM`, …
        model: String = "Model",
        /// Writes left of a persistent module in percent.
        endurance_left_percent: u64 = "RemainingRatedWriteEndurancePercent",
        /// Whether an erasure of the server reaches it.
        system_erase: String = "SystemEraseCapability",
    }
}

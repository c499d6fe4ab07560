//! Processors, GPUs among them.

use super::{DellProcessor, DellVideo, Status};

resource! {
    /// One processor (DMTF `Processor`). iDRACs list GPUs and accelerators here too.
    Processor {
        /// `CPU`, `GPU`, `Accelerator`, `FPGA`, …
        processor_type: String = "ProcessorType",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model with its rated clock.
        model: String = "Model",
        /// Socket or slot.
        socket: String = "Socket",
        /// Cores.
        total_cores: u64 = "TotalCores",
        /// Cores switched on.
        enabled_cores: u64 = "TotalEnabledCores",
        /// Threads.
        total_threads: u64 = "TotalThreads",
        /// Highest clock in MHz.
        max_speed_mhz: u64 = "MaxSpeedMHz",
        /// Clock in MHz.
        operating_speed_mhz: u64 = "OperatingSpeedMHz",
        /// `x86`, `ARM`, …
        architecture: String = "ProcessorArchitecture",
        /// Serial number, where the part has one (GPUs).
        serial_number: String = "SerialNumber",
        /// Part number, where the part has one (GPUs).
        part_number: String = "PartNumber",
        /// Firmware of an accelerator.
        firmware_version: String = "FirmwareVersion",
        /// UUID of an accelerator.
        uuid: String = "UUID",
        /// Its own memory.
        memory_summary: ProcessorMemorySummary = "MemorySummary",
        /// State and health.
        status: Status = "Status",
        /// Dell's part.
        oem: ProcessorOem = "Oem",
    }
}

part! {
    /// `Oem`.
    ProcessorOem {
        /// Dell's part.
        dell: ProcessorOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    ProcessorOemDell {
        /// Dell's view of the processor.
        processor: DellProcessor = "DellProcessor",
        /// Dell's view of a GPU.
        video: DellVideo = "DellVideo",
    }
}

part! {
    /// `MemorySummary`.
    ProcessorMemorySummary {
        /// Memory at the processor in MiB.
        total_mib: u64 = "TotalMemorySizeMiB",
        /// Cache in MiB.
        cache_mib: u64 = "TotalCacheSizeMiB",
    }
}

impl Processor {
    /// Whether it is a GPU or another accelerator and no CPU.
    #[must_use]
    pub fn is_accelerator(&self) -> bool {
        matches!(self.processor_type.as_deref(), Some("GPU" | "Accelerator" | "FPGA" | "DSP" | "OEM"))
    }
}

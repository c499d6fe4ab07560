//! The server itself.

use super::{Link, SettingsAnnotation, Status};

resource! {
    /// `Systems/System.Embedded.1` (DMTF `ComputerSystem`).
    ComputerSystem {
        /// `Dell Inc.`
        manufacturer: String = "Manufacturer",
        /// e.g. `PowerEdge R750`.
        model: String = "Model",
        /// The service tag.
        sku: String = "SKU",
        /// Serial number of the board, not the service tag.
        serial_number: String = "SerialNumber",
        /// Part number of the board.
        part_number: String = "PartNumber",
        /// The operator's tag.
        asset_tag: String = "AssetTag",
        /// UUID as the operating system sees it.
        uuid: String = "UUID",
        /// Host name the operating system reported; often empty.
        host_name: String = "HostName",
        /// BIOS version.
        bios_version: String = "BiosVersion",
        /// `On`, `Off`, `PoweringOn`, `PoweringOff`.
        power_state: String = "PowerState",
        /// How far the host has come since its last start, where the iDRAC tells (7.x and newer).
        boot_progress: BootProgress = "BootProgress",
        /// When the host was last started or restarted; all zeros until the iDRAC has seen it.
        last_reset_time: String = "LastResetTime",
        /// Where the settings for later are.
        settings: SettingsAnnotation = "@Redfish.Settings",
        /// State and health.
        status: Status = "Status",
        /// Boot override and order.
        boot: Boot = "Boot",
        /// Totals of the processors.
        processor_summary: ProcessorSummary = "ProcessorSummary",
        /// Totals of the memory.
        memory_summary: MemorySummary = "MemorySummary",
        /// BIOS resource.
        bios: Link = "Bios",
        /// Processor collection.
        processors: Link = "Processors",
        /// Memory collection.
        memory: Link = "Memory",
        /// Storage collection.
        storage: Link = "Storage",
        /// Storage of the oldest schema.
        simple_storage: Link = "SimpleStorage",
        /// Host's network interfaces.
        ethernet_interfaces: Link = "EthernetInterfaces",
        /// Network interfaces of the system's side.
        network_interfaces: Link = "NetworkInterfaces",
        /// Virtual media, from 6.x.
        virtual_media: Link = "VirtualMedia",
        /// Manager, chassis.
        links: SystemLinks = "Links",
        /// Dell's part.
        oem: SystemOem = "Oem",
    }
}

part! {
    /// `BootProgress`.
    BootProgress {
        /// `None`, `SystemHardwareInitializationComplete`, `OSBootStarted`, `OSRunning`, …
        last_state: String = "LastState",
    }
}

part! {
    /// `Boot`.
    Boot {
        /// Persistent order, by boot option reference.
        order: Vec<String> = "BootOrder",
        /// `Disabled`, `Once`, `Continuous`.
        override_enabled: String = "BootSourceOverrideEnabled",
        /// `UEFI` or `Legacy`.
        override_mode: String = "BootSourceOverrideMode",
        /// `None`, `Pxe`, `Cd`, `UefiTarget`, …
        override_target: String = "BootSourceOverrideTarget",
        /// UEFI device path of the target `UefiTarget`.
        uefi_target: String = "UefiTargetBootSourceOverride",
        /// The targets this server takes.
        override_targets: Vec<String> = "BootSourceOverrideTarget@Redfish.AllowableValues",
        /// The boot options, from iDRAC9.
        options: Link = "BootOptions",
    }
}

part! {
    /// `ProcessorSummary`.
    ProcessorSummary {
        /// Sockets filled.
        count: u64 = "Count",
        /// Cores of all processors together.
        core_count: u64 = "CoreCount",
        /// Threads of all processors together.
        logical_count: u64 = "LogicalProcessorCount",
        /// Model of the first.
        model: String = "Model",
        /// Health over all.
        status: Status = "Status",
    }
}

part! {
    /// `MemorySummary`.
    MemorySummary {
        /// Installed memory in GiB.
        total_gib: super::Number = "TotalSystemMemoryGiB",
        /// Health over all.
        status: Status = "Status",
    }
}

part! {
    /// `Links`.
    SystemLinks {
        /// The chassis it is in.
        chassis: Vec<Link> = "Chassis",
        /// The iDRAC.
        managed_by: Vec<Link> = "ManagedBy",
        /// Dell's part.
        oem: SystemLinksOem = "Oem",
    }
}

part! {
    /// `Links.Oem`.
    SystemLinksOem {
        /// Dell's links.
        dell: SystemLinksOemDell = "Dell",
    }
}

part! {
    /// `Links.Oem.Dell`.
    SystemLinksOemDell {
        /// Dell's boot list.
        boot_order: Link = "BootOrder",
    }
}

part! {
    /// `Oem`.
    SystemOem {
        /// Dell's part.
        dell: SystemOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    SystemOemDell {
        /// Dell's view of the system.
        system: DellSystem = "DellSystem",
    }
}

resource! {
    /// Dell `DellSystem`.
    DellSystem {
        /// e.g. `15G Monolithic`.
        generation: String = "SystemGeneration",
        /// Number of the model in Dell's catalogue (decimal here, hexadecimal there).
        system_id: u64 = "SystemID",
        /// Service tag of the chassis: another one on a blade.
        chassis_service_tag: String = "ChassisServiceTag",
        /// Service tag of this node.
        node_id: String = "NodeID",
        /// Express service code.
        express_service_code: String = "ExpressServiceCode",
        /// Release date of the BIOS, month/day/year.
        bios_release_date: String = "BIOSReleaseDate",
        /// DIMM slots filled.
        populated_dimm_slots: u64 = "PopulatedDIMMSlots",
        /// PCIe slots filled.
        populated_pcie_slots: u64 = "PopulatedPCIeSlots",
        /// Rollup of processors.
        cpu_rollup: String = "CPURollupStatus",
        /// Rollup of fans.
        fan_rollup: String = "FanRollupStatus",
        /// Rollup of power supplies.
        power_supply_rollup: String = "PSRollupStatus",
        /// Rollup of storage.
        storage_rollup: String = "StorageRollupStatus",
        /// Rollup of temperatures.
        temperature_rollup: String = "TempRollupStatus",
        /// Rollup of batteries.
        battery_rollup: String = "BatteryRollupStatus",
        /// Rollup of voltages.
        voltage_rollup: String = "VoltRollupStatus",
        /// Rollup of the intrusion switch.
        intrusion_rollup: String = "IntrusionRollupStatus",
        /// Health of the memory.
        memory_status: String = "SysMemPrimaryStatus",
        /// Rollup of the whole.
        system_rollup: String = "SystemHealthRollupStatus",
        /// When the host's inventory was last collected.
        last_inventory_time: String = "LastSystemInventoryTime",
    }
}

//! The chassis, and the subsystems that newer schemas hang below it.

use super::{DellChassis, DellEnclosure, DellPcieSsdBackPlane, Link, Number, Status};

resource! {
    /// `Chassis/System.Embedded.1` (DMTF `Chassis`).
    Chassis {
        /// `RackMount`, `Sled`, `Enclosure`, …
        chassis_type: String = "ChassisType",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Service tag.
        sku: String = "SKU",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Part number.
        part_number: String = "PartNumber",
        /// `On`, `Off`.
        power_state: String = "PowerState",
        /// The locator light, older schema: `Blinking` while it locates, else `Lit`.
        indicator_led: String = "IndicatorLED",
        /// Whether the locator light locates, newer schema.
        location_indicator_active: bool = "LocationIndicatorActive",
        /// State and health.
        status: Status = "Status",
        /// Power, older schema.
        power: Link = "Power",
        /// Cooling, older schema.
        thermal: Link = "Thermal",
        /// Power, newer schema.
        power_subsystem: Link = "PowerSubsystem",
        /// Cooling, newer schema.
        thermal_subsystem: Link = "ThermalSubsystem",
        /// Sensors, newer schema.
        sensors: Link = "Sensors",
        /// Network cards.
        network_adapters: Link = "NetworkAdapters",
        /// PCIe devices.
        pcie_devices: Link = "PCIeDevices",
        /// PCIe slots, from 6.x.
        pcie_slots: Link = "PCIeSlots",
        /// Field-replaceable units.
        assembly: Link = "Assembly",
        /// Dell's part.
        oem: ChassisOem = "Oem",
    }
}

part! {
    /// `Oem`.
    ChassisOem {
        /// Dell's part.
        dell: ChassisOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    ChassisOemDell {
        /// Dell's view of the server's chassis.
        chassis: DellChassis = "DellChassis",
        /// Dell's view of a place of drives.
        enclosure: DellEnclosure = "DellEnclosure",
        /// Dell's view of a backplane for NVMe drives.
        back_plane: DellPcieSsdBackPlane = "DellPCIeSSDBackPlane",
    }
}

resource! {
    /// `Chassis/…/PowerSubsystem` (DMTF `PowerSubsystem`).
    PowerSubsystem {
        /// Watts the supplies can give.
        capacity_watts: Number = "CapacityWatts",
        /// The power supplies.
        power_supplies: Link = "PowerSupplies",
        /// State and health.
        status: Status = "Status",
    }
}

resource! {
    /// `Chassis/…/ThermalSubsystem` (DMTF `ThermalSubsystem`).
    ThermalSubsystem {
        /// The fans.
        fans: Link = "Fans",
        /// State and health.
        status: Status = "Status",
    }
}

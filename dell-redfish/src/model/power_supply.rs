//! Power supplies, of both schemas.

use super::{DellPowerSupply, DellPowerSupplyView, Number, Status};

resource! {
    /// One supply: inline in `Power`, or DMTF `PowerSupply` below `PowerSubsystem`.
    PowerSupply {
        /// Position within `Power`.
        member_id: String = "MemberId",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Part number.
        part_number: String = "PartNumber",
        /// Firmware.
        firmware_version: String = "FirmwareVersion",
        /// Rating in watts.
        capacity_watts: Number = "PowerCapacityWatts",
        /// Watts taken in (`Power`).
        input_watts: Number = "PowerInputWatts",
        /// Watts given (`Power`).
        output_watts: Number = "PowerOutputWatts",
        /// Input in volts (`Power`).
        line_input_volts: Number = "LineInputVoltage",
        /// `Normal`, `LossOfInput`, `OutOfRange` (`PowerSupply`).
        line_input_status: String = "LineInputStatus",
        /// `AC`, `DC`.
        supply_type: String = "PowerSupplyType",
        /// State and health.
        status: Status = "Status",
        /// Dell's part.
        oem: PowerSupplyOem = "Oem",
    }
}

part! {
    /// `Oem`.
    PowerSupplyOem {
        /// Dell's part.
        dell: PowerSupplyOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    PowerSupplyOemDell {
        /// Dell's view of the supply.
        power_supply: DellPowerSupply = "DellPowerSupply",
        /// What is read of it.
        view: DellPowerSupplyView = "DellPowerSupplyView",
    }
}

//! Dell's views of power supplies.

use super::Number;

resource! {
    /// A power supply (Dell `DellPowerSupply`), inline in `PowerSupplies`.
    DellPowerSupply {
        /// `AC`, `DC`, `Unknown`, …
        active_input: String = "ActiveInputVoltage",
        /// Whether it is a switching supply.
        is_switching: bool = "IsSwitchingSupply",
        /// `OK`, `Error`, …
        operational_status: Vec<String> = "OperationalStatus",
    }
}

resource! {
    /// What is read of a power supply (Dell `DellPowerSupplyView`), inline in `PowerSupplies`.
    DellPowerSupplyView {
        /// `Presence Detected`, `Failure Detected`, …
        detailed_state: String = "DetailedState",
        /// What the slot is called.
        device_description: String = "DeviceDescription",
        /// Watts it may take in.
        max_input_watts: Number = "Range1MaxInputPowerWatts",
        /// `Capable`, `Incapable`: whether it can be monitored over PMBus.
        pm_bus: String = "PMBusMonitoring",
        /// Supplies that redundancy needs.
        redundancy_minimum: u64 = "RedMinNumberNeeded",
        /// `N+1`, `Sparing`, …
        redundancy_types: Vec<String> = "RedTypeOfSet",
        /// `Full`, `Lost`, `Unknown`, …
        redundancy_status: String = "RedundancyStatus",
    }
}

//! Power, older schema: everything in one resource.

use super::{Number, PowerSupply};

resource! {
    /// `Chassis/…/Power` (DMTF `Power`); deprecated at 6.00, gone on iDRAC10.
    Power {
        /// Consumption and limits.
        control: Vec<PowerControl> = "PowerControl",
        /// The power supplies.
        supplies: Vec<PowerSupply> = "PowerSupplies",
    }
}

part! {
    /// Consumption and limits of the server.
    PowerControl {
        /// Watts now.
        consumed_watts: Number = "PowerConsumedWatts",
        /// Watts the supplies can give.
        capacity_watts: Number = "PowerCapacityWatts",
    }
}

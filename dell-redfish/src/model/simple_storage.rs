//! Storage of the oldest schema.

use super::{Number, Status};

resource! {
    /// One controller with its disks inline (DMTF `SimpleStorage`): all of storage on the oldest firmware.
    SimpleStorage {
        /// The disks.
        devices: Vec<SimpleDevice> = "Devices",
        /// State and health.
        status: Status = "Status",
    }
}

part! {
    /// One disk.
    SimpleDevice {
        /// Display name.
        name: String = "Name",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Size in bytes, as a number or text.
        capacity_bytes: Number = "CapacityBytes",
        /// State and health.
        status: Status = "Status",
    }
}

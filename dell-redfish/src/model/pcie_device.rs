//! PCIe devices.

use super::Status;

resource! {
    /// One device (DMTF `PCIeDevice`).
    PcieDevice {
        /// `SingleFunction`, `MultiFunction`, …
        device_type: String = "DeviceType",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Firmware.
        firmware_version: String = "FirmwareVersion",
        /// State and health.
        status: Status = "Status",
    }
}

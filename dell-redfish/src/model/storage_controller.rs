//! Storage controllers.

use super::{Number, Status};

resource! {
    /// A controller (DMTF `StorageController`), inline in `Storage` or a resource of its own.
    StorageController {
        /// Model.
        model: String = "Model",
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Firmware.
        firmware_version: String = "FirmwareVersion",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Part number.
        part_number: String = "PartNumber",
        /// Speed in Gbit/s.
        speed_gbps: Number = "SpeedGbps",
        /// State and health.
        status: Status = "Status",
        /// What it can build: `RAID0`, …
        raid_types: Vec<String> = "SupportedRAIDTypes",
        /// What it speaks to drives: `SAS`, `SATA`, `NVMe`.
        device_protocols: Vec<String> = "SupportedDeviceProtocols",
        /// Dell's part.
        oem: ControllerOem = "Oem",
    }
}

part! {
    /// `Oem`.
    ControllerOem {
        /// Dell's part.
        dell: ControllerOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    ControllerOemDell {
        /// Dell's view of the controller.
        controller: DellController = "DellController",
        /// The same in a controller's own resource.
        storage_controller: DellController = "DellStorageController",
    }
}

resource! {
    /// Dell `DellController`.
    DellController {
        /// Firmware, where the DMTF property is empty.
        firmware_version: String = "ControllerFirmwareVersion",
        /// Cache in MB.
        cache_mb: u64 = "CacheSizeInMB",
        /// PCI slot, a number on some firmware and text on other.
        pci_slot: String = "PCISlot",
        /// Rollup.
        rollup_status: String = "RollupStatus",
        /// Encryption: `None`, `LocalKeyManagement`, `SecureEnterpriseKeyManager`, …
        encryption_mode: String = "EncryptionMode",
        /// What of it there can be: `None`, `LocalKeyManagementCapable`, …
        encryption_capability: String = "EncryptionCapability",
        /// `SecurityKeyAssigned`, `SecurityKeyNotAssigned`, `EncryptionNotCapable`, …
        security_status: String = "SecurityStatus",
        /// Name of the key, not the key.
        key_id: String = "KeyID",
        /// Whether changes need no restart: `Capable` or `Incapable`.
        realtime: String = "RealtimeCapability",
        /// `Running`, `Stopped`, …
        patrol_read: String = "PatrolReadState",
    }
}

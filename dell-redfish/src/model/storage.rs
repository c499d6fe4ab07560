//! A storage subsystem: a controller with its drives and volumes.

use super::storage_controller::{ControllerOem, StorageController};
use super::{Link, SettingsAnnotation, Status};

resource! {
    /// One controller's subsystem (DMTF `Storage`).
    Storage {
        /// State and health.
        status: Status = "Status",
        /// The controllers, inline; deprecated on newer firmware, gone on iDRAC10.
        storage_controllers: Vec<StorageController> = "StorageControllers",
        /// The controllers as resources of their own, from 6.x.
        controllers: Link = "Controllers",
        /// Its drives.
        drives: Vec<Link> = "Drives",
        /// Its volumes.
        volumes: Link = "Volumes",
        /// Where changes for later are put.
        settings: SettingsAnnotation = "@Redfish.Settings",
        /// Dell's part.
        oem: ControllerOem = "Oem",
    }
}

resource! {
    /// The collection of a controller's volumes, for what it says of itself.
    VolumeCollection {
        /// When a change of them can be carried out.
        apply_times: ApplyTimeSupport = "@Redfish.OperationApplyTimeSupport",
    }
}

part! {
    /// `@Redfish.OperationApplyTimeSupport`.
    ApplyTimeSupport {
        /// `Immediate`, `OnReset`, …
        values: Vec<String> = "SupportedValues",
    }
}

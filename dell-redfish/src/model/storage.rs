//! A storage subsystem: a controller with its drives and volumes.

use super::storage_controller::{ControllerOem, StorageController};
use super::{Link, Status};

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
        /// Dell's part.
        oem: ControllerOem = "Oem",
    }
}

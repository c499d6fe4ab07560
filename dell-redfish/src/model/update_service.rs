//! The update service.

use super::Link;

resource! {
    /// DMTF `UpdateService`: where packages go, and what is installed.
    UpdateService {
        /// Whether it takes updates at all.
        service_enabled: bool = "ServiceEnabled",
        /// Where a package is pushed to (iDRAC9).
        http_push_uri: String = "HttpPushUri",
        /// Where a package is pushed to with its parameters (iDRAC9 from 4.x, iDRAC10).
        multipart_http_push_uri: String = "MultipartHttpPushUri",
        /// Largest package it takes, where it says so.
        max_image_size_bytes: u64 = "MaxImageSizeBytes",
        /// The firmware inventory.
        firmware_inventory: Link = "FirmwareInventory",
    }
}

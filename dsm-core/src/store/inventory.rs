//! What a server consists of, as rows of the tables beside `servers`, with the column names of the existing database.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::ServerId;
use crate::store::ServerPatch;
use crate::store::coded;

/// A row of `server_drives`; conflict key `(server_id, drive_identifier)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "column names of the existing table; the schema document explains them")]
pub struct DriveRow {
    pub drive_identifier: String,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub last_known_serial_number: Option<String>,
    pub part_number: Option<String>,
    pub media_type: Option<String>,
    pub protocol: Option<String>,
    pub capacity_bytes: Option<i64>,
    pub capacity_gb: Option<f64>,
    pub slot: Option<String>,
    pub enclosure: Option<String>,
    pub controller: Option<String>,
    pub health: Option<String>,
    pub status: Option<String>,
    pub predicted_failure: Option<bool>,
    pub life_remaining_percent: Option<i64>,
    pub firmware_version: Option<String>,
    pub rotation_speed_rpm: Option<i64>,
    pub capable_speed_gbps: Option<f64>,
    pub volume_id: Option<String>,
    pub volume_name: Option<String>,
    pub raid_level: Option<String>,
    pub wwn: Option<String>,
    /// Since when it counts as failed. Kept by the store, ignored in a write.
    pub failed_at: Option<Timestamp>,
    /// When it was first seen. Kept by the store, ignored in a write.
    pub first_seen_at: Option<Timestamp>,
}

/// A row of `server_nics`; conflict key `(server_id, fqdd)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "column names of the existing table; the schema document explains them")]
pub struct NicRow {
    pub fqdd: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub mac_address: Option<String>,
    pub permanent_mac_address: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub part_number: Option<String>,
    pub firmware_version: Option<String>,
    pub port_id: Option<String>,
    pub link_status: Option<String>,
    pub current_speed_mbps: Option<i64>,
    pub max_speed_mbps: Option<i64>,
    pub health: Option<String>,
    pub status: Option<String>,
    pub switch_connection_id: Option<String>,
    pub switch_port_description: Option<String>,
}

/// A row of `server_memory`; conflict key `(server_id, dimm_identifier)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "column names of the existing table; the schema document explains them")]
pub struct MemoryRow {
    pub dimm_identifier: String,
    pub slot_name: Option<String>,
    pub manufacturer: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub capacity_mb: Option<i64>,
    pub speed_mhz: Option<i64>,
    pub memory_type: Option<String>,
    pub rank_count: Option<i64>,
    pub health: Option<String>,
    pub status: Option<String>,
    pub operating_speed_mhz: Option<i64>,
    pub error_correction: Option<String>,
    pub volatile_size_mb: Option<i64>,
    pub non_volatile_size_mb: Option<i64>,
}

/// A row of `server_firmware_inventory`; one a component, `collected_at` is the last time it was seen so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "column names of the existing table; the schema document explains them")]
pub struct FirmwareRow {
    pub component_id: String,
    pub component_name: Option<String>,
    pub component_type: Option<String>,
    pub version: String,
    pub updateable: Option<bool>,
    /// `Installed`, `Previous` or `Available`.
    pub status: Option<String>,
    pub device_id: Option<String>,
    pub component_category: Option<String>,
}

/// A row of `server_health`: appended, a history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "column names of the existing table; the schema document explains them")]
pub struct HealthRow {
    pub power_state: Option<String>,
    pub overall_health: Option<String>,
    pub temperature_celsius: Option<f64>,
    pub fan_health: Option<String>,
    pub psu_health: Option<String>,
    pub storage_health: Option<String>,
    pub memory_health: Option<String>,
    pub network_health: Option<String>,
    pub cpu_health: Option<String>,
    pub sensors: Option<Value>,
}

/// The resources of one section of a server's inventory, as the iDRAC sent them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRow {
    /// `system`, `memory`, `drives`, …
    pub section: String,
    /// When they were read.
    pub collected_at: Timestamp,
    /// Whether every resource of the section could be read.
    pub complete: bool,
    /// `{"<odata id>": <resource>, …}`, compressed (LZ4 frame).
    #[serde(with = "coded::bytes")]
    pub body: Bytes,
}

/// The inventory of one server. `None` and an absent section mean: not read this time, so what is stored stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct InventoryWrite {
    /// Which server.
    pub server_id: ServerId,
    /// When it was read.
    pub collected_at: Timestamp,
    /// Columns of `servers`.
    pub server: ServerPatch,
    /// Drives seen.
    pub drives: Vec<DriveRow>,
    /// Network functions seen.
    pub nics: Vec<NicRow>,
    /// DIMMs seen.
    pub memory: Vec<MemoryRow>,
    /// Firmware seen.
    pub firmware: Vec<FirmwareRow>,
    /// Health now.
    pub health: Option<HealthRow>,
    /// The resources themselves.
    pub documents: Vec<DocumentRow>,
}

/// The inventory of one server as stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryRows {
    /// Drives.
    pub drives: Vec<DriveRow>,
    /// Network functions.
    pub nics: Vec<NicRow>,
    /// DIMMs.
    pub memory: Vec<MemoryRow>,
    /// Firmware.
    pub firmware: Vec<FirmwareRow>,
    /// The latest health.
    pub health: Option<HealthRow>,
}

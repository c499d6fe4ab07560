//! The columns of the record types, listed once, and how a newer reading is laid over an older one.
//!
//! One rule runs through all of it: nothing known is ever blanked. `None` and an empty text both mean "not known".

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::{CredentialSetId, JobId, ProfileId, ServerId, TaskId};
use crate::store::inventory::{DriveRow, FirmwareRow, MemoryRow, NicRow};
use crate::store::record::{ServerFields, ServerPatch};

/// Hands the columns of a record to a macro: `columns!(ServerFields => callback)`.
macro_rules! columns {
    (ServerFields => $with:ident $($more:tt)*) => { $with! { $($more)* ServerFields:
        ip_address hostname idrac_hostname service_tag manufacturer model product_name redfish_version
        idrac_firmware bios_version manager_mac_address cpu_model cpu_speed cpu_count cpu_cores_per_socket
        memory_gb total_drives total_storage_tb gpu_count secure_boot virtualization_enabled boot_mode boot_order
        boot_source_override_enabled boot_source_override_target last_boot_config_check supported_endpoints requires_legacy_ssl power_state overall_health connection_status connection_error
        credential_test_status credential_set_id discovered_by_credential_set_id idrac_username
        idrac_password_encrypted discovery_job_id vcenter_host_id notes last_seen last_connection_test
        last_health_check credential_last_tested last_idrac_sync } };
    (DriveRow => $with:ident $($more:tt)*) => { $with! { $($more)* DriveRow: drive_identifier,
        name manufacturer model serial_number last_known_serial_number part_number media_type protocol
        capacity_bytes capacity_gb slot enclosure controller health status predicted_failure
        life_remaining_percent firmware_version rotation_speed_rpm capable_speed_gbps volume_id volume_name
        raid_level wwn } };
    (NicRow => $with:ident $($more:tt)*) => { $with! { $($more)* NicRow: fqdd,
        name description mac_address permanent_mac_address manufacturer model serial_number part_number
        firmware_version port_id link_status current_speed_mbps max_speed_mbps health status
        switch_connection_id switch_port_description } };
    (MemoryRow => $with:ident $($more:tt)*) => { $with! { $($more)* MemoryRow: dimm_identifier,
        slot_name manufacturer part_number serial_number capacity_mb speed_mhz memory_type rank_count health
        status operating_speed_mhz error_correction volatile_size_mb non_volatile_size_mb } };
    (FirmwareRow => $with:ident $($more:tt)*) => { $with! { $($more)* FirmwareRow: component_id,
        component_name component_type version updateable status device_id component_category } };
}
pub(crate) use columns;

/// Whether a value says nothing.
pub(crate) trait Blank {
    /// Only texts can be blank.
    fn is_blank(&self) -> bool {
        false
    }
}

impl Blank for String {
    fn is_blank(&self) -> bool {
        self.trim().is_empty()
    }
}

impl<T: Blank> Blank for Option<T> {
    fn is_blank(&self) -> bool {
        self.as_ref().is_none_or(Blank::is_blank)
    }
}

macro_rules! never_blank {
    ($($kind:ty)*) => { $(impl Blank for $kind {})* };
}
never_blank!(i64 f64 bool Value IpAddr Uuid Timestamp ServerId JobId TaskId CredentialSetId ProfileId);

fn overlay<T: Blank + Clone>(old: &mut T, new: &T) {
    if !new.is_blank() {
        old.clone_from(new);
    }
}

/// A part of a server as the inventory tables keep it.
pub(crate) trait Part: Clone {
    /// What tells it from the server's other parts.
    fn key(&self) -> &str;

    /// A part of which nothing is known yet.
    fn keyed(key: &str) -> Self;

    /// Lays a newer reading over this one.
    fn overlay(&mut self, newer: &Self);
}

macro_rules! impl_part {
    ($row:ident: $key:ident, $($column:ident)*) => {
        impl Part for $row {
            fn key(&self) -> &str {
                &self.$key
            }

            fn keyed(key: &str) -> Self {
                Self { $key: key.to_owned(), ..Self::default() }
            }

            fn overlay(&mut self, newer: &Self) {
                $(overlay(&mut self.$column, &newer.$column);)*
            }
        }
    };
}
columns!(DriveRow => impl_part);
columns!(NicRow => impl_part);
columns!(MemoryRow => impl_part);
columns!(FirmwareRow => impl_part);

/// Whether a drive, all known of it laid together, counts as failed.
pub(crate) fn drive_failed(drive: &DriveRow) -> bool {
    drive.health.as_deref() == Some("Critical")
        || matches!(drive.status.as_deref(), Some("Disabled" | "UnavailableOffline"))
}

macro_rules! impl_server_fields {
    ($row:ident: $($column:ident)*) => {
        impl ServerFields {
            /// The columns, in the order of the table.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            /// Empties what the patch clears, then sets what it knows; columns of `only_if_empty` only where
            /// there is nothing yet.
            pub(crate) fn apply(&mut self, patch: &ServerPatch, only_if_empty: &[&str]) -> Result<()> {
                check_names("clear", &patch.clear)?;
                check_names("only_if_empty", only_if_empty)?;
                check_words(&patch.set)?;
                $(
                    if patch.clear.contains(&stringify!($column)) {
                        self.$column = None;
                    }
                    if self.$column.is_none() || !only_if_empty.contains(&stringify!($column)) {
                        overlay(&mut self.$column, &patch.set.$column);
                    }
                )*
                Ok(())
            }
        }

        impl std::fmt::Debug for ServerFields {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut out = f.debug_struct("ServerFields");
                $(
                    if self.$column.is_some() {
                        if stringify!($column) == "idrac_password_encrypted" {
                            out.field("idrac_password_encrypted", &"…");
                        } else {
                            out.field(stringify!($column), &self.$column);
                        }
                    }
                )*
                out.finish()
            }
        }
    };
}
columns!(ServerFields => impl_server_fields);

fn check_names(field: &str, names: &[&str]) -> Result<()> {
    match names.iter().find(|name| !ServerFields::COLUMNS.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::invalid(
            field,
            format!("`{name}` is no column of servers"),
            "use the names of ServerFields",
        )),
    }
}

fn check_words(fields: &ServerFields) -> Result<()> {
    one_of("connection_status", fields.connection_status.as_deref(), &["online", "offline", "unknown"])?;
    one_of(
        "credential_test_status",
        fields.credential_test_status.as_deref(),
        &["valid", "invalid", "unknown"],
    )
}

/// Refuses a word that the table's check would refuse, by the field's name.
pub(crate) fn one_of(field: &str, word: Option<&str>, allowed: &[&str]) -> Result<()> {
    match word {
        Some(word) if !word.is_empty() && !allowed.contains(&word) => Err(Error::invalid(
            field,
            format!("`{word}` is not a value of this column"),
            format!("use {}", allowed.join(", ")),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_blanks_nothing() {
        let mut fields = ServerFields { model: Some("PowerEdge R750".into()), ..ServerFields::default() };
        let set = ServerFields { model: Some(" ".into()), cpu_count: Some(2), ..ServerFields::default() };
        fields.apply(&ServerPatch { set, clear: vec![] }, &[]).unwrap();
        assert_eq!(fields.model.as_deref(), Some("PowerEdge R750"));
        assert_eq!(fields.cpu_count, Some(2));
    }

    #[test]
    fn unknown_names_and_words_are_refused_by_field() {
        let mut fields = ServerFields::default();
        let clear = ServerPatch { clear: vec!["password"], ..ServerPatch::default() };
        assert_eq!(fields.apply(&clear, &[]).unwrap_err().subject(), Some("clear"));
        let set = ServerFields { connection_status: Some("up".into()), ..ServerFields::default() };
        let patch = ServerPatch { set, clear: vec![] };
        assert_eq!(fields.apply(&patch, &[]).unwrap_err().subject(), Some("connection_status"));
    }

    #[test]
    fn a_sealed_password_is_not_printed() {
        let fields =
            ServerFields { idrac_password_encrypted: Some("v1:secret".into()), ..ServerFields::default() };
        assert!(!format!("{fields:?}").contains("secret"));
    }
}

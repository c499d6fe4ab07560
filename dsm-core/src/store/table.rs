//! Tables that jobs write results to and read them back from, described once: every backend makes its statements of it.
//!
//! What is here is no inventory: a row is added, perhaps amended, never laid over another. Who adds a row makes its id, so
//! that a repeated write adds nothing; what must not be there twice (an entry of an iDRAC's log) has an id made of what it is.
//!
//! Rows go with their server, and forget a job that goes. Nothing else removes them: nobody said how long logs, profiles and
//! audits are to be kept, so [`Store::prune`](crate::store::Store::prune) leaves them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::ServerId;

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Entries of the logs of iDRACs.
    ServerEventLogs,
    /// BIOS attributes as they were at a time.
    BiosConfigurations,
    /// Boot settings as they were at a time.
    ServerBootConfigHistory,
    /// Exported server configuration profiles; the raw one is sealed.
    ScpBackups,
    /// Media in virtual drives.
    VirtualMediaSessions,
    /// Who did what.
    AuditLogs,
}

/// What a column holds, and how its JSON looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A UUID, as a text.
    Uuid,
    /// A text.
    Text,
    /// One of these texts: an existing database takes no others.
    Word(&'static [&'static str]),
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Bool,
    /// A time, as RFC 3339; kept to the millisecond.
    Time,
    /// Any JSON.
    Json,
}

/// A column beside `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// A new row must have it.
    pub is_required: bool,
}

const fn may(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, is_required: false }
}

const fn must(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, is_required: true }
}

use ColumnKind::{Bool, Integer, Json, Text, Time, Uuid as Id, Word};

const EVENT_LOGS: &[Column] = &[
    must("server_id", Id),
    must("timestamp", Time),
    may("event_id", Text),
    may("severity", Text),
    may("message", Text),
    may("category", Text),
    may("sensor_type", Text),
    may("sensor_number", Text),
    may("raw_data", Json),
];

const BIOS: &[Column] = &[
    must("server_id", Id),
    must("captured_at", Time),
    must("attributes", Json),
    may("job_id", Id),
    may("pending_attributes", Json),
    may("bios_version", Text),
    may("snapshot_type", Word(&["current", "pending", "baseline"])),
    may("created_by", Id),
    may("notes", Text),
];

const BOOT: &[Column] = &[
    must("server_id", Id),
    must("timestamp", Time),
    may("boot_mode", Text),
    may("boot_source_override_enabled", Text),
    may("boot_source_override_target", Text),
    may("boot_order", Json),
    may("changed_by", Id),
    may("job_id", Id),
];

const SCP: &[Column] = &[
    must("server_id", Id),
    must("exported_at", Time),
    must("backup_name", Text),
    may("export_job_id", Id),
    may("import_job_id", Id),
    may("description", Text),
    may("scp_file_path", Text),
    may("scp_file_size_bytes", Integer),
    may("scp_content", Json),
    may("include_bios", Bool),
    may("include_idrac", Bool),
    may("include_nic", Bool),
    may("include_raid", Bool),
    may("checksum", Text),
    may("scp_checksum", Text),
    may("is_valid", Bool),
    may("validation_errors", Text),
    may("last_imported_at", Time),
    may("created_by", Id),
    may("components", Text),
    may("scp_raw_content", Text),
    may("scp_format", Word(&["JSON", "XML"])),
];

const MEDIA: &[Column] = &[
    must("server_id", Id),
    may("mount_job_id", Id),
    may("unmount_job_id", Id),
    may("media_type", Word(&["CD", "DVD", "USBStick", "Floppy"])),
    may("image_name", Text),
    may("remote_image_url", Text),
    may("is_mounted", Bool),
    may("inserted", Bool),
    may("write_protected", Bool),
    may("mounted_at", Time),
    may("unmounted_at", Time),
    may("share_username", Text),
    may("share_password_encrypted", Text),
];

const AUDIT: &[Column] = &[
    must("timestamp", Time),
    must("action", Text),
    may("user_id", Id),
    may("details", Json),
    may("ip_address", Text),
];

impl Table {
    /// Every table.
    pub const ALL: &'static [Self] = &[
        Self::ServerEventLogs,
        Self::BiosConfigurations,
        Self::ServerBootConfigHistory,
        Self::ScpBackups,
        Self::VirtualMediaSessions,
        Self::AuditLogs,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerEventLogs => "server_event_logs",
            Self::BiosConfigurations => "bios_configurations",
            Self::ServerBootConfigHistory => "server_boot_config_history",
            Self::ScpBackups => "scp_backups",
            Self::VirtualMediaSessions => "virtual_media_sessions",
            Self::AuditLogs => "audit_logs",
        }
    }

    /// Its columns beside `id`.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::ServerEventLogs => EVENT_LOGS,
            Self::BiosConfigurations => BIOS,
            Self::ServerBootConfigHistory => BOOT,
            Self::ScpBackups => SCP,
            Self::VirtualMediaSessions => MEDIA,
            Self::AuditLogs => AUDIT,
        }
    }

    /// The column by which the newest row is told; rows without it come last, then the id decides.
    #[must_use]
    pub const fn time_column(self) -> &'static str {
        match self {
            Self::ServerEventLogs | Self::ServerBootConfigHistory | Self::AuditLogs => "timestamp",
            Self::BiosConfigurations => "captured_at",
            Self::ScpBackups => "exported_at",
            Self::VirtualMediaSessions => "mounted_at",
        }
    }

    /// Whether its rows are about a server, and go with it.
    #[must_use]
    pub const fn is_of_server(self) -> bool {
        !matches!(self, Self::AuditLogs)
    }

    /// The column that holds a sealed text, as [`Place::Row`](crate::credential::Place::Row) of the row.
    #[must_use]
    pub const fn sealed_column(self) -> Option<&'static str> {
        match self {
            Self::ScpBackups => Some("scp_raw_content"),
            Self::VirtualMediaSessions => Some("share_password_encrypted"),
            _ => None,
        }
    }

    /// A column of this name.
    #[must_use]
    pub fn column(self, name: &str) -> Option<Column> {
        self.columns().iter().find(|column| column.name == name).copied()
    }
}

/// A change to one row.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RowWrite {
    /// Where.
    pub table: Table,
    /// Which.
    pub id: Uuid,
    /// What.
    pub change: RowChange,
}

/// How a row changes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChange {
    /// It is added; one that is there already stays as it is, and none is added for a server that is not there.
    Insert(Map<String, Value>),
    /// These columns of it change, null among them; a row that is not there stays away.
    Patch(Map<String, Value>),
}

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowQuery {
    /// Of which table.
    pub table: Table,
    /// Only these; empty means all.
    pub ids: Vec<Uuid>,
    /// Only of this server.
    pub server_id: Option<ServerId>,
    /// At most this many, the newest; `None` means all.
    pub limit: Option<usize>,
    /// Only these columns, for who wants a list without what is large; `None` means all.
    pub columns: Option<Vec<String>>,
}

impl RowQuery {
    /// All of a table.
    #[must_use]
    pub const fn of(table: Table) -> Self {
        Self { table, ids: Vec::new(), server_id: None, limit: None, columns: None }
    }

    /// The columns it asks for.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for one that the table does not have, or a server where it
    /// has none.
    pub fn wanted(&self) -> Result<Vec<Column>> {
        let table = self.table;
        if self.server_id.is_some() && !table.is_of_server() {
            return Err(no_such_column(table, "server_id"));
        }
        match &self.columns {
            None => Ok(table.columns().to_vec()),
            Some(names) => names
                .iter()
                .map(|name| table.column(name).ok_or_else(|| no_such_column(table, name)))
                .collect(),
        }
    }
}

fn no_such_column(table: Table, name: &str) -> Error {
    Error::invalid(
        format!("{}.{name}", table.name()),
        "there is no such column",
        "leave it out, or put it into a JSON column",
    )
}

/// A row as it is stored: columns without a value are not there.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredRow {
    /// Its id.
    pub id: Uuid,
    /// Its columns.
    pub columns: Map<String, Value>,
}

impl fmt::Debug for RowChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, columns) = match self {
            Self::Insert(columns) => ("Insert", columns),
            Self::Patch(columns) => ("Patch", columns),
        };
        f.debug_tuple(name).field(&columns.keys().collect::<Vec<_>>()).finish()
    }
}

impl fmt::Debug for RowWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, id, change } = self;
        write!(f, "{} {id}: {change:?}", table.name())
    }
}

impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.id, self.columns.keys().collect::<Vec<_>>())
    }
}

/// What is wrong with rows, before anything is written.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), naming table and column.
pub(crate) fn check_rows(rows: &[RowWrite]) -> Result<()> {
    rows.iter().try_for_each(RowWrite::check)
}

impl RowWrite {
    fn check(&self) -> Result<()> {
        let table = self.table;
        let (columns, is_new) = match &self.change {
            RowChange::Insert(columns) => (columns, true),
            RowChange::Patch(columns) => (columns, false),
        };
        for (name, value) in columns {
            let column = table.column(name).ok_or_else(|| no_such_column(table, name))?;
            let field = format!("{}.{name}", table.name());
            if !is_new && name == "server_id" {
                return Err(Error::invalid(field, "a row stays with its server", "add another row"));
            }
            column.check(&field, value)?;
        }
        let absent = |column: &&Column| {
            let value = columns.get(column.name);
            column.is_required
                && if is_new { value.is_none_or(Value::is_null) } else { value.is_some_and(Value::is_null) }
        };
        match table.columns().iter().find(absent) {
            Some(column) => Err(Error::invalid(
                format!("{}.{}", table.name(), column.name),
                "a row needs it",
                "give it a value",
            )),
            None => Ok(()),
        }
    }
}

impl Column {
    /// Whether a value may stand in it.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        match (self.kind, value) {
            (_, Value::Null)
            | (ColumnKind::Json, _)
            | (ColumnKind::Text, Value::String(_))
            | (ColumnKind::Bool, Value::Bool(_)) => true,
            (ColumnKind::Word(words), Value::String(text)) => words.contains(&text.as_str()),
            (ColumnKind::Uuid, Value::String(text)) => Uuid::try_parse(text).is_ok(),
            (ColumnKind::Time, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
            (ColumnKind::Integer, Value::Number(number)) => number.is_i64(),
            _ => false,
        }
    }

    /// Says nothing of the value: it may be a secret.
    fn check(&self, field: &str, value: &Value) -> Result<()> {
        let hint = match self.kind {
            _ if self.takes(value) => return Ok(()),
            ColumnKind::Word(words) => format!("use {}", words.join(", ")),
            _ => "write it as its kind is written in JSON".to_owned(),
        };
        Err(Error::invalid(field, format!("that is no value of the kind {:?}", self.kind), hint))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn write(table: Table, columns: Value, is_new: bool) -> RowWrite {
        let columns = columns.as_object().cloned().unwrap_or_default();
        let change = if is_new { RowChange::Insert(columns) } else { RowChange::Patch(columns) };
        RowWrite { table, id: Uuid::nil(), change }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let id = Uuid::nil().to_string();
        let time = "2026-01-01T00:00:00Z";
        for (columns, is_new, field) in [
            (json!({"server_id": id, "timestamp": time, "colour": 1}), true, "server_event_logs.colour"),
            (json!({"server_id": "x", "timestamp": time}), true, "server_event_logs.server_id"),
            (json!({"server_id": id}), true, "server_event_logs.timestamp"),
            (json!({"timestamp": null}), false, "server_event_logs.timestamp"),
            (json!({"message": 5}), false, "server_event_logs.message"),
        ] {
            let error = write(Table::ServerEventLogs, columns, is_new).check().expect_err(field);
            assert_eq!(error.subject(), Some(field));
        }
        let good = json!({"server_id": id, "timestamp": time, "raw_data": [1]});
        assert!(check_rows(&[write(Table::ServerEventLogs, good, true)]).is_ok());
        assert!(
            write(Table::ScpBackups, json!({"scp_file_size_bytes": 7, "is_valid": null}), false)
                .check()
                .is_ok()
        );
    }

    #[test]
    fn every_table_has_the_column_it_is_ordered_by() {
        for table in Table::ALL {
            assert_eq!(table.column(table.time_column()).map(|column| column.kind), Some(ColumnKind::Time));
            assert_eq!(table.column("server_id").is_some(), table.is_of_server());
        }
    }
}

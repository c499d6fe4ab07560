//! Rows as the service tells them, read as the records of this crate: lenient where the existing database is.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fault::Rest;
use crate::error::{Error, ErrorKind};
use crate::job::{JobRow, JobStatus, Priority, TaskRow};
use crate::store::{CredentialRangeRow, CredentialSetRow};

/// Columns of `jobs` that [`job`] reads.
pub(super) const JOB: &str = "id,job_type,status,target_scope,details,created_by,credential_set_ids,priority,schedule_at,\
    created_at,started_at,completed_at,parent_job_id,component_order,notes";

/// Columns of `job_tasks` that [`task`] reads.
pub(super) const TASK: &str = "id,job_id,server_id,status,log,progress,started_at,completed_at,created_at";

/// Reads a row as a record whose fields are its columns.
pub(super) fn read<T: DeserializeOwned>(table: &str, row: Value) -> Rest<T> {
    Ok(serde_json::from_value(row).map_err(|cause| unreadable(table, &cause))?)
}

/// Without the value: it may be a sealed password.
fn unreadable(table: &str, cause: &serde_json::Error) -> Error {
    let what = match cause.classify() {
        serde_json::error::Category::Data => "a column is missing, or not of the kind it should be",
        _ => "it is no row",
    };
    Error::new(ErrorKind::Store, format!("a stored row cannot be read: {what}")).about(table)
}

/// A word the existing database may have beside ours (`paused`, say) is one of waiting: no claim takes it, and it stays
/// in its row.
pub(super) fn status(row: &Value) -> JobStatus {
    text(row, "status").parse().unwrap_or(JobStatus::Pending)
}

/// A text; empty where there is none.
pub(super) fn text<'r>(row: &'r Value, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// A column read as a value; NULL and what cannot be read are none.
pub(super) fn optional<T: DeserializeOwned>(row: &Value, column: &str) -> Option<T> {
    row.get(column).filter(|value| !value.is_null()).and_then(|value| T::deserialize(value).ok())
}

/// A column that must be there.
pub(super) fn needed<T: DeserializeOwned>(table: &str, row: &Value, column: &str) -> Rest<T> {
    Ok(optional(row, column).ok_or_else(|| {
        Error::new(ErrorKind::Store, "a stored value cannot be read").about(format!("{table}.{column}"))
    })?)
}

/// NULL and JSON that is no object read as empty.
pub(super) fn details(row: &Value) -> Map<String, Value> {
    row.get("details").and_then(Value::as_object).cloned().unwrap_or_default()
}

pub(super) fn job(row: &Value) -> Rest<JobRow> {
    Ok(JobRow {
        id: needed("jobs", row, "id")?,
        job_type: text(row, "job_type").to_owned(),
        status: status(row),
        target_scope: row.get("target_scope").cloned().unwrap_or_default(),
        details: details(row),
        created_by: optional(row, "created_by"),
        credential_set_ids: optional(row, "credential_set_ids").unwrap_or_default(),
        priority: Priority::from_word(text(row, "priority")),
        schedule_at: optional(row, "schedule_at"),
        created_at: needed("jobs", row, "created_at")?,
        started_at: optional(row, "started_at"),
        completed_at: optional(row, "completed_at"),
        parent_job_id: optional(row, "parent_job_id"),
        component_order: optional(row, "component_order"),
        notes: optional(row, "notes"),
    })
}

pub(super) fn task(row: &Value) -> Rest<TaskRow> {
    Ok(TaskRow {
        id: needed("job_tasks", row, "id")?,
        job_id: needed("job_tasks", row, "job_id")?,
        server_id: optional(row, "server_id"),
        status: status(row),
        log: optional(row, "log"),
        progress: optional(row, "progress").unwrap_or_default(),
        started_at: optional(row, "started_at"),
        completed_at: optional(row, "completed_at"),
        created_at: needed("job_tasks", row, "created_at")?,
    })
}

/// Fills in what the existing database may leave out.
fn or(row: &mut Value, column: &str, default: Value) {
    if let Some(map) = row.as_object_mut() {
        let value = map.entry(column).or_insert(Value::Null);
        if value.is_null() {
            *value = default;
        }
    }
}

pub(super) fn credential_set(mut row: Value) -> Rest<CredentialSetRow> {
    or(&mut row, "is_default", Value::Bool(false));
    or(&mut row, "priority", 100.into());
    or(&mut row, "credential_type", "idrac".into());
    or(&mut row, "username", "".into());
    read("credential_sets", row)
}

pub(super) fn credential_range(mut row: Value) -> Rest<CredentialRangeRow> {
    or(&mut row, "priority", 100.into());
    read("credential_ip_ranges", row)
}

pub(super) fn activity(mut row: Value) -> Rest<crate::store::ActivityRow> {
    or(&mut row, "source", "".into());
    or(&mut row, "success", Value::Bool(true));
    read("idrac_commands", row)
}

/// `\x0a1b…`, as the service writes bytes.
pub(super) fn bytes(row: &Value, column: &str) -> Option<Bytes> {
    let hex = text(row, column).strip_prefix("\\x")?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    hex.chunks(2).map(pair).collect::<Option<Vec<u8>>>().map(Bytes::from)
}

/// Bytes as the service reads them.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2 + 2);
    out.push_str("\\x");
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_existing_database_leaves_open_is_read() {
        let row = json!({"id": uuid::Uuid::nil(), "job_type": "iso_upload", "status": "paused", "details": [1],
                         "target_scope": null, "created_at": "2026-01-01T00:00:00.123456+00:00",
                         "schedule_at": "infinity", "credential_set_ids": null, "priority": null});
        let job = job(&row).unwrap();
        assert_eq!((job.status, job.details.len(), job.schedule_at), (JobStatus::Pending, 0, None));
        assert_eq!(job.created_at.as_microsecond() % 1_000_000, 123_456);
        assert!(super::job(&json!({})).is_err());
    }

    #[test]
    fn bytes_go_both_ways() {
        let some = [0_u8, 255, 16, 10];
        assert_eq!(hex(&some), "\\x00ff100a");
        assert_eq!(bytes(&json!({"b": hex(&some)}), "b").unwrap(), some.as_slice());
        for wrong in ["", "00", "\\x0", "\\xzz"] {
            assert_eq!(bytes(&json!({"b": wrong}), "b"), (wrong == "\\x").then(Bytes::new));
        }
    }

    #[test]
    fn an_unreadable_row_is_not_quoted() {
        let set = json!({"id": "x", "name": "v1:secret"});
        let fault = credential_set(set).unwrap_err();
        assert!(!fault.into_error("").chain().contains("secret"));
    }
}

//! An entry of a log as a row of `server_event_logs`.

use dell_redfish::flow::log::LogKind;
use dell_redfish::model::{LogEntry, Resource, Severity};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock;
use crate::id::{ServerId, made_of};
use crate::store::{RowChange, RowWrite, Table};

/// The row. An entry without a readable moment is put at the moment of reading, as the column must have one.
pub(super) fn row(server: ServerId, kind: LogKind, name: &str, entry: &Resource<LogEntry>) -> RowWrite {
    let at = moment(entry);
    let raw: Value = serde_json::from_slice(entry.raw()).unwrap_or_default();
    let columns = [
        ("server_id", json!(server)),
        ("timestamp", json!(at.unwrap_or_else(clock::now))),
        ("event_id", json!(entry.id)),
        ("severity", json!(severity(entry))),
        ("message", json!(entry.message)),
        ("category", json!(format!("{name}:{}", entry.entry_type.as_deref().unwrap_or("Unknown")))),
        ("sensor_type", json!(entry.sensor_type)),
        ("sensor_number", json!(entry.sensor_number.map(|number| number.to_string()))),
        ("raw_data", raw),
    ];
    let columns: Map<String, Value> = columns
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    RowWrite {
        table: Table::ServerEventLogs,
        id: id(server, kind, entry, at),
        change: RowChange::Insert(columns),
    }
}

/// The same for the same entry: number and moment tell it from all others, also after a clearing. The moment and not its text:
/// a change of the iDRAC's time zone rewrites the text of every entry.
fn id(server: ServerId, kind: LogKind, entry: &LogEntry, at: Option<Timestamp>) -> Uuid {
    let moment = match (at, &entry.created) {
        (Some(at), _) => at.as_second().to_string(),
        (None, created) => created.clone().unwrap_or_default(),
    };
    let number = entry.id.as_deref().unwrap_or_default();
    // Where either is missing, its text has to do.
    let is_told = !number.is_empty() && at.is_some();
    let text = if is_told { "" } else { entry.message.as_deref().unwrap_or_default() };
    made_of(&["server_event_logs", &server.to_string(), kind.id(), number, &moment, text])
}

fn moment(entry: &LogEntry) -> Option<Timestamp> {
    entry.created_at().and_then(|at| Timestamp::try_from(at).ok())
}

/// DMTF's word; where it is none of them, the iDRAC's own.
fn severity(entry: &LogEntry) -> Option<String> {
    let own = entry.severity.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty());
    entry.level().map(Severity::as_str).or(own).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entry(value: &Value) -> Resource<LogEntry> {
        Resource::parse(Bytes::from(value.to_string())).expect("an entry")
    }

    fn columns(row: &RowWrite) -> &Map<String, Value> {
        match &row.change {
            RowChange::Insert(columns) | RowChange::Patch(columns) => columns,
        }
    }

    #[test]
    fn an_entry_fills_the_columns_that_front_ends_read() {
        let server = ServerId::new();
        let own =
            entry(&json!({"@odata.id": "/redfish/v1/x/7", "Id": "7", "Created": "2025-06-01T10:00:00-06:00",
            "Severity": "Critical", "Message": "Fan 2 failed.", "EntryType": "SEL", "SensorType": "Fan",
            "SensorNumber": 50}));
        let row = row(server, LogKind::Sel, "SEL", &own);
        let found = columns(&row);
        assert_eq!(found["timestamp"], "2025-06-01T16:00:00Z");
        assert_eq!((&found["category"], &found["sensor_number"]), (&json!("SEL:SEL"), &json!("50")));
        assert_eq!(
            (&found["severity"], &found["raw_data"]["SensorNumber"]),
            (&json!("Critical"), &json!(50))
        );
        let bare =
            super::row(server, LogKind::Lifecycle, "Lifecycle", &entry(&json!({"Severity": "Strange"})));
        assert_eq!(
            (&columns(&bare)["severity"], &columns(&bare)["category"]),
            (&json!("Strange"), &json!("Lifecycle:Unknown"))
        );
        assert!(columns(&bare).contains_key("timestamp") && !columns(&bare).contains_key("event_id"));
    }

    #[test]
    fn the_same_entry_has_the_same_id_and_no_other_has() {
        let server = ServerId::new();
        let of = |kind, id: &str, created: &str| {
            row(server, kind, "x", &entry(&json!({"Id": id, "Created": created}))).id
        };
        let one = of(LogKind::Sel, "7", "2025-06-01T10:00:00-06:00");
        assert_eq!(one, of(LogKind::Sel, "7", "2025-06-01T16:00:00Z"), "another zone is the same moment");
        assert_ne!(one, of(LogKind::Sel, "7", "2025-06-02T16:00:00Z"), "numbers begin anew after a clearing");
        assert_ne!(one, of(LogKind::Lifecycle, "7", "2025-06-01T16:00:00Z"));
        assert_ne!(one, of(LogKind::Sel, "8", "2025-06-01T16:00:00Z"));
        assert_eq!(of(LogKind::Sel, "7", "TIME_NA"), of(LogKind::Sel, "7", "TIME_NA"));
        let silent = |id: Option<&str>, text: &str| {
            let value = json!({"Id": id, "Created": "TIME_NA", "Message": text});
            row(server, LogKind::Sel, "x", &entry(&value)).id
        };
        for id in [None, Some("7")] {
            assert_ne!(silent(id, "a"), silent(id, "b"));
            assert_eq!(silent(id, "a"), silent(id, "a"));
        }
    }
}

//! What becomes of written rows, the same in every store.

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::table::{Column, ColumnKind, RowChange, RowWrite, Table};

/// What a column names by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refers {
    /// A server: without it there is no row.
    Server,
    /// A job: one that is not there is left out, as a job that goes is forgotten.
    Job,
}

impl Column {
    pub(crate) fn refers(&self) -> Option<Refers> {
        match self.kind {
            ColumnKind::Uuid if self.name == "server_id" => Some(Refers::Server),
            ColumnKind::Uuid if self.name.ends_with("job_id") => Some(Refers::Job),
            _ => None,
        }
    }

    /// A checked value as every store gives it back; null is none.
    pub(crate) fn kept(&self, value: &Value) -> Option<Value> {
        match (self.kind, value) {
            (_, Value::Null) => None,
            (ColumnKind::Uuid, Value::String(text)) => {
                Uuid::try_parse(text).ok().map(|id| id.to_string().into())
            }
            (ColumnKind::Time, value) => time_of(value).map(|time| time.to_string().into()),
            (_, value) => Some(value.clone()),
        }
    }
}

/// A time to the millisecond, the finest a store keeps.
pub(crate) fn time_of(value: &Value) -> Option<Timestamp> {
    let time: Timestamp = value.as_str()?.parse().ok()?;
    let round = TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Floor);
    Some(time.round(round).unwrap_or(time))
}

/// Writes to one table, one after the other, of the same columns: one statement makes them.
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "postgrest")),
    allow(dead_code, reason = "a state needs no statements")
)]
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) table: Table,
    pub(crate) is_new: bool,
    pub(crate) columns: Vec<Column>,
    /// Each id once.
    pub(crate) rows: Vec<(Uuid, &'a Map<String, Value>)>,
}

/// Cuts writes into runs. Tables are none of each other's business, so what alternates between them does not end a run.
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "postgrest")),
    allow(dead_code, reason = "a state needs no statements")
)]
pub(crate) fn runs(writes: &[RowWrite]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for table in Table::ALL {
        let mut met = std::collections::HashSet::new();
        let mut open = false;
        for write in writes.iter().filter(|write| write.table == *table) {
            let (columns, values, is_new) = match &write.change {
                RowChange::Insert(values) => (table.columns().to_vec(), values, true),
                RowChange::Patch(values) if values.is_empty() => continue,
                RowChange::Patch(values) => (
                    table
                        .columns()
                        .iter()
                        .filter(|column| values.contains_key(column.name))
                        .copied()
                        .collect(),
                    values,
                    false,
                ),
            };
            let is_another = runs.last().is_none_or(|run| run.is_new != is_new || run.columns != columns);
            if !open || is_another || met.contains(&write.id) {
                runs.push(Run { table: *table, is_new, columns, rows: Vec::new() });
                met.clear();
                open = true;
            }
            if let Some(run) = runs.last_mut() {
                met.insert(write.id);
                run.rows.push((write.id, values));
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn write(table: Table, id: u128, columns: Value, is_new: bool) -> RowWrite {
        let columns = columns.as_object().cloned().unwrap_or_default();
        let change = if is_new { RowChange::Insert(columns) } else { RowChange::Patch(columns) };
        RowWrite { table, id: Uuid::from_u128(id), change }
    }

    #[test]
    fn what_one_statement_can_do_is_one_run() {
        let (log, audit) = (Table::ServerEventLogs, Table::AuditLogs);
        let writes = [
            write(log, 1, json!({"message": "a"}), true),
            write(audit, 1, json!({"action": "a"}), true),
            write(log, 2, json!({"message": "b", "severity": "OK"}), true),
            write(log, 1, json!({"message": "c"}), false),
            write(log, 2, json!({"message": null}), false),
            write(log, 2, json!({"message": "d"}), false),
            write(log, 3, json!({"severity": "OK"}), false),
            write(log, 3, json!({}), false),
        ];
        let seen: Vec<_> = runs(&writes)
            .iter()
            .map(|run| {
                (run.table, run.is_new, run.rows.iter().map(|(id, _)| id.as_u128()).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            seen,
            [
                (log, true, vec![1, 2]),
                (log, false, vec![1, 2]),
                (log, false, vec![2]),
                (log, false, vec![3]),
                (audit, true, vec![1]),
            ]
        );
    }

    #[test]
    fn times_are_kept_to_the_millisecond() {
        let column = Table::AuditLogs.column("timestamp").unwrap();
        let kept = column.kept(&json!("2026-01-01T02:00:00.123987+02:00"));
        assert_eq!(kept, Some(json!("2026-01-01T00:00:00.123Z")));
        assert_eq!(column.kept(&Value::Null), None);
        let jobs: Vec<_> = Table::ALL
            .iter()
            .flat_map(|table| table.columns())
            .filter(|column| column.refers() == Some(Refers::Job))
            .map(|column| column.name)
            .collect();
        assert_eq!(
            jobs,
            ["job_id", "job_id", "export_job_id", "import_job_id", "mount_job_id", "unmount_job_id"]
        );
    }
}

//! Result tables in memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::servers::Servers;
use crate::id::{JobId, ServerId};
use crate::store::rows::{Refers, time_of};
use crate::store::table::{Column, RowChange, RowQuery, RowWrite, StoredRow, Table};

/// Rows by table and id.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(in crate::store) struct Rows(BTreeMap<Table, BTreeMap<Uuid, Map<String, Value>>>);

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(table, rows)| (table, rows.len()))).finish()
    }
}

impl Rows {
    /// Writes rows that were checked: nothing can fail any more.
    pub(super) fn write(&mut self, writes: &[RowWrite], servers: &Servers, jobs: &HashSet<JobId>) {
        for RowWrite { table, id, change } in writes {
            let rows = self.0.entry(*table).or_default();
            match change {
                RowChange::Insert(columns) => {
                    let row = kept(*table, columns, jobs);
                    if !rows.contains_key(id) && (!table.is_of_server() || has_server(&row, servers)) {
                        rows.insert(*id, row);
                    }
                }
                RowChange::Patch(columns) => {
                    if let Some(row) = rows.get_mut(id) {
                        row.retain(|name, _| !columns.contains_key(name));
                        row.extend(kept(*table, columns, jobs));
                    }
                }
            }
        }
    }

    pub(super) fn find(&self, query: &RowQuery, wanted: &[Column]) -> Vec<StoredRow> {
        let Some(rows) = self.0.get(&query.table) else { return Vec::new() };
        let server = query.server_id.map(|id| Value::from(id.to_string()));
        let is_asked = |id: &Uuid, row: &Map<String, Value>| {
            (query.ids.is_empty() || query.ids.contains(id))
                && server.as_ref().is_none_or(|server| row.get("server_id") == Some(server))
        };
        let mut found: Vec<_> = rows.iter().filter(|(id, row)| is_asked(id, row)).collect();
        // No time comes before every time, and so last.
        found.sort_by_key(|(id, row)| Reverse((row.get(query.table.time_column()).and_then(time_of), **id)));
        found.truncate(query.limit.unwrap_or(usize::MAX));
        let shown = |(id, row): (&Uuid, &Map<String, Value>)| {
            let columns = wanted.iter().filter_map(|column| row.get_key_value(column.name));
            StoredRow {
                id: *id,
                columns: columns.map(|(name, value)| (name.clone(), value.clone())).collect(),
            }
        };
        found.into_iter().map(shown).collect()
    }

    pub(super) fn forget_jobs(&mut self, gone: &HashSet<JobId>) {
        for (table, rows) in &mut self.0 {
            let columns: Vec<_> =
                table.columns().iter().filter(|column| column.refers() == Some(Refers::Job)).collect();
            for row in rows.values_mut() {
                row.retain(|name, value| {
                    !(columns.iter().any(|column| column.name == name)
                        && job(value).is_some_and(|id| gone.contains(&id)))
                });
            }
        }
    }

    pub(super) fn reseal(&mut self, table: Table, id: Uuid, from: &str, to: &str) -> bool {
        let row = self.0.get_mut(&table).and_then(|rows| rows.get_mut(&id));
        let value = table.sealed_column().zip(row).and_then(|(column, row)| row.get_mut(column));
        value.filter(|value| value.as_str() == Some(from)).map(|value| *value = to.into()).is_some()
    }
}

fn kept(table: Table, columns: &Map<String, Value>, jobs: &HashSet<JobId>) -> Map<String, Value> {
    let value = |column: &Column| {
        let value = column.kept(columns.get(column.name)?)?;
        let is_dangling =
            column.refers() == Some(Refers::Job) && job(&value).is_none_or(|id| !jobs.contains(&id));
        (!is_dangling).then(|| (column.name.to_owned(), value))
    };
    table.columns().iter().filter_map(value).collect()
}

fn job(value: &Value) -> Option<JobId> {
    Uuid::try_parse(value.as_str()?).ok().map(JobId)
}

fn has_server(row: &Map<String, Value>, servers: &Servers) -> bool {
    let id = row.get("server_id").and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok());
    id.is_some_and(|id| servers.has(ServerId(id)))
}

//! Carrying changes out one after the other, on tables whose columns are their owner's.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::super::change::{Act, Cells, Change};
use super::super::fault::Fault;
use super::super::query::Query;
use super::super::{Rest, Service};
use crate::id::ServerId;

/// What was learned of tables that others made.
#[derive(Debug, Default)]
pub(in super::super) struct Missing {
    /// By table: columns it does not have.
    columns: Mutex<HashMap<&'static str, HashSet<String>>>,
    /// Firmware is a row for each reading, not for each component.
    has_firmware_history: Mutex<bool>,
}

/// A server has lost its address, and the table insists on one.
pub(super) fn vacant(server: ServerId) -> Value {
    json!(format!("unknown-{server}"))
}

impl Missing {
    fn strip(&self, table: &str, cells: &mut Cells) {
        let columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = columns.get(table) {
            cells.retain(|column, _| !missing.contains(column));
        }
    }

    /// Asks for each of these columns by itself. Whether one is missing that was not known to be.
    async fn learn(&self, service: &Service, table: &'static str, cells: &Cells) -> Rest<bool> {
        let mut missing = HashSet::new();
        for column in cells.keys() {
            let query = Query::of(table).select(column).with("limit", "0");
            match service.http.look(&query).await {
                Err(Fault::Refused(refusal)) if refusal.is_no_table() => {
                    missing.insert(column.clone());
                }
                other => drop(other?),
            }
        }
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let known = columns.entry(table).or_default();
        let before = known.len();
        known.extend(missing);
        Ok(known.len() > before)
    }

    fn is_history(&self, table: &str) -> bool {
        table == "server_firmware_inventory"
            && *self.has_firmware_history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(in super::super) async fn apply(service: &Service, changes: &[Change]) -> Rest<()> {
    // Rows of one table that are laid over theirs, and have the same columns, go together.
    let mut parts: BTreeMap<&'static str, Vec<Change>> = BTreeMap::new();
    for change in changes {
        if change.act == Act::Upsert {
            parts.entry(change.table).or_default().push(change.clone());
        } else {
            alone(service, change.clone()).await?;
        }
    }
    for (table, rows) in parts {
        lay(service, table, rows, Known::Changes).await?;
    }
    Ok(())
}

pub(super) async fn alone(service: &Service, mut change: Change) -> Rest<()> {
    let table = change.table;
    loop {
        service.missing.strip(table, &mut change.cells);
        match carry_out(service, &change).await {
            Err(Fault::Refused(refusal)) if refusal.is_no_table() => {
                if !service.missing.learn(service, table, &change.cells).await? {
                    return Err(Fault::Refused(refusal));
                }
            }
            done => return done,
        }
    }
}

async fn carry_out(service: &Service, change: &Change) -> Rest<()> {
    let mut query = Query::of(change.table);
    match change.act {
        Act::Insert | Act::Upsert => {
            service.http.post(&query, &[change.row()], "return=minimal").await?;
        }
        Act::Add => {
            for (column, value) in &change.key {
                query = query.eq(column, plain(value));
            }
            if service.http.look(&query.clone().with("limit", "1")).await?.is_empty() {
                service.http.post(&Query::of(change.table), &[change.row()], "return=minimal").await?;
            }
        }
        Act::Update | Act::Delete => {
            for (column, value) in &change.key {
                query = query.eq(column, plain(value));
            }
            if change.act == Act::Delete {
                service.http.delete(&query).await?;
            } else if !change.cells.is_empty() {
                service.http.patch(&query.select("id"), &json!(change.cells)).await?;
            }
        }
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Rows sent at a time.
const ROWS: usize = 500;

/// What becomes of a row whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Stays,
    Changes,
}

/// Rows of one table, with the same columns.
pub(super) async fn lay(service: &Service, table: &'static str, rows: Vec<Change>, known: Known) -> Rest<()> {
    // A statement writes no row twice: a later reading takes the place of an earlier.
    let mut latest: BTreeMap<String, Change> = BTreeMap::new();
    for row in rows {
        latest.insert(json!(row.key).to_string(), row);
    }
    let mut rows: Vec<Change> = latest.into_values().collect();
    loop {
        for row in &mut rows {
            service.missing.strip(table, &mut row.cells);
        }
        match send(service, table, &rows, known).await {
            Err(Fault::Refused(refusal)) if refusal.is_no_table() => {
                let cells = rows.first().map(|row| row.cells.clone()).unwrap_or_default();
                if !service.missing.learn(service, table, &cells).await? {
                    return Err(Fault::Refused(refusal));
                }
            }
            // No unique key of a component alone: it is a history.
            Err(Fault::Refused(refusal)) if refusal.code == "42P10" && !service.missing.is_history(table) => {
                *service.missing.has_firmware_history.lock().unwrap_or_else(PoisonError::into_inner) = true;
            }
            done => return done,
        }
    }
}

async fn send(service: &Service, table: &'static str, rows: &[Change], known: Known) -> Rest<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let mut key: Vec<&str> = first.key.keys().map(String::as_str).collect();
    if service.missing.is_history(table) {
        key.push("collected_at");
    }
    let query = Query::of(table).with("on_conflict", key.join(","));
    let prefer = match known {
        Known::Stays => "resolution=ignore-duplicates,return=minimal",
        Known::Changes => "resolution=merge-duplicates,return=minimal",
    };
    let rows: Vec<Value> = rows.iter().map(Change::row).collect();
    for some in rows.chunks(ROWS) {
        service.http.post(&query, some, prefer).await?;
    }
    Ok(())
}

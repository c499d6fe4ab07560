//! Result tables: statements made of their description.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::codec::{P, cell, time_text};
use super::fault::Db;
use super::jobs::{limit, some_list};
use super::writer::Tx;
use crate::store::rows::{Refers, Run, runs, time_of};
use crate::store::table::{Column, ColumnKind, RowQuery, RowWrite, StoredRow, Table};

pub(super) fn write(tx: &Tx<'_>, writes: &[RowWrite]) -> Db<()> {
    for run in runs(writes) {
        let mut statement = tx.conn.prepare_cached(&if run.is_new { insert(&run) } else { update(&run) })?;
        for (id, values) in &run.rows {
            let columns = run.columns.iter().map(|column| bound(column, values));
            statement.execute(params_from_iter(std::iter::once(Sql::Text(id.to_string())).chain(columns)))?;
        }
    }
    Ok(())
}

/// ?1 id, then the columns.
fn place(n: usize, column: &Column) -> String {
    match column.refers() {
        Some(Refers::Job) => format!("(SELECT j.id FROM jobs j WHERE j.id = ?{})", n + 2),
        _ => format!("?{}", n + 2),
    }
}

fn insert(run: &Run<'_>) -> String {
    let names: Vec<&str> = run.columns.iter().map(|column| column.name).collect();
    let values: Vec<String> = run.columns.iter().enumerate().map(|(n, column)| place(n, column)).collect();
    let server = run.columns.iter().position(|column| column.refers() == Some(Refers::Server));
    let may_stand = match server {
        Some(n) => format!("EXISTS (SELECT 1 FROM servers s WHERE s.id = ?{})", n + 2),
        None => "true".to_owned(),
    };
    format!(
        "INSERT INTO {} (id, {}) SELECT ?1, {} WHERE {may_stand} ON CONFLICT (id) DO NOTHING",
        run.table.name(),
        names.join(", "),
        values.join(", ")
    )
}

fn update(run: &Run<'_>) -> String {
    let set = |(n, column): (usize, &Column)| format!("{} = {}", column.name, place(n, column));
    let sets: Vec<String> = run.columns.iter().enumerate().map(set).collect();
    format!("UPDATE {} SET {} WHERE id = ?1", run.table.name(), sets.join(", "))
}

fn bound(column: &Column, values: &Map<String, Value>) -> Sql {
    match (column.kind, values.get(column.name).and_then(|value| column.kept(value))) {
        (_, None) => Sql::Null,
        (ColumnKind::Json, Some(value)) => Sql::Text(value.to_string()),
        (ColumnKind::Time, Some(value)) => {
            time_of(&value).map_or(Sql::Null, |time| Sql::Text(time_text(&time)))
        }
        (_, Some(Value::String(text))) => Sql::Text(text),
        (_, Some(Value::Bool(flag))) => Sql::Integer(flag.into()),
        (_, Some(value)) => value.as_i64().map_or(Sql::Null, Sql::Integer),
    }
}

pub(super) fn rows(conn: &Connection, query: &RowQuery, wanted: &[Column]) -> Db<Vec<StoredRow>> {
    let names: String = wanted.iter().map(|column| format!(", {}", column.name)).collect();
    // One statement a shape: with `?1 IS NULL OR …` no index would be used.
    let mut filter = String::new();
    if !query.ids.is_empty() {
        filter.push_str(" AND id IN (SELECT value FROM json_each(?1))");
    }
    if query.server_id.is_some() {
        filter.push_str(" AND server_id = ?2");
    }
    let mut select = conn.prepare_cached(&format!(
        "SELECT id{names} FROM {} WHERE ?1 IS ?1 AND ?2 IS ?2{filter} ORDER BY {} DESC, id DESC LIMIT ?3",
        query.table.name(),
        query.table.time_column()
    ))?;
    let found =
        select.query_map(params![some_list(&query.ids), P(&query.server_id), limit(query.limit)], |row| {
            let mut columns = Map::new();
            for (n, column) in (1..).zip(wanted) {
                columns.extend(read(row, n, column)?.map(|value| (column.name.to_owned(), value)));
            }
            Ok(StoredRow { id: cell(row, 0)?, columns })
        })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>, n: usize, column: &Column) -> rusqlite::Result<Option<Value>> {
    let value = match column.kind {
        ColumnKind::Json => Some(cell::<Value>(row, n)?),
        ColumnKind::Integer => row.get::<_, Option<i64>>(n)?.map(Value::from),
        ColumnKind::Bool => row.get::<_, Option<bool>>(n)?.map(Value::from),
        _ => row.get::<_, Option<String>>(n)?.map(Value::from),
    };
    Ok(value.and_then(|value| column.kept(&value)))
}

pub(super) fn reseal(tx: &Tx<'_>, table: Table, id: Uuid, from: &str, to: &str) -> Db<usize> {
    let Some(column) = table.sealed_column() else { return Ok(0) };
    let sql = format!("UPDATE {} SET {column} = ?3 WHERE id = ?1 AND {column} = ?2", table.name());
    Ok(tx.conn.prepare_cached(&sql)?.execute(params![P(&id), from, to])?)
}

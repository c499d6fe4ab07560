//! Result tables: statements made of their description, and of what the database's own columns refer to.

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cell, Jsonb, cell, limit, text};
use super::facts::{Facts, ForeignKey};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::store::rows::{Refers, Run, runs};
use crate::store::table::{Column, ColumnKind, RowQuery, RowWrite, StoredRow, Table};

pub(super) async fn write(tx: &Tx<'_>, writes: &[RowWrite], facts: &Facts) -> Db<()> {
    for run in runs(writes) {
        let sql = if run.is_new { insert(&run, facts) } else { update(&run, facts) };
        let rows: Vec<Value> = run.rows.iter().map(|(id, values)| record(&run, *id, values)).collect();
        tx.link.execute(&sql, &[&Jsonb::of(&rows)]).await?;
    }
    Ok(())
}

fn record(run: &Run<'_>, id: Uuid, values: &Map<String, Value>) -> Value {
    let value = |column: &Column| values.get(column.name).and_then(|value| column.kept(value));
    let columns = run.columns.iter().filter_map(|column| Some((column.name.to_owned(), value(column)?)));
    Value::Object(columns.chain([("id".to_owned(), id.to_string().into())]).collect())
}

/// `r` is a row that was written. What is not there, or not there any more, is left out of it: where jobs are ours to
/// decide, and wherever the database would insist.
fn value(table: Table, column: &Column, facts: &Facts) -> String {
    let name = column.name;
    let key = |key: &&ForeignKey| key.table == table.name() && key.column == name;
    match (column.refers(), facts.result_keys.iter().find(key)) {
        (Some(Refers::Job), _) => format!("(SELECT j.id FROM jobs j WHERE j.id = r.{name})"),
        (None, Some(ForeignKey { refers_to, their_column, .. })) => {
            format!("(SELECT k.{their_column} FROM {refers_to} k WHERE k.{their_column} = r.{name})")
        }
        _ => format!("r.{name}"),
    }
}

fn insert(run: &Run<'_>, facts: &Facts) -> String {
    let table = run.table.name();
    let names: Vec<&str> = run.columns.iter().map(|column| column.name).collect();
    let values: Vec<String> = run.columns.iter().map(|column| value(run.table, column, facts)).collect();
    let may_stand = match run.table.is_of_server() {
        true => "EXISTS (SELECT 1 FROM servers s WHERE s.id = r.server_id)",
        false => "true",
    };
    format!(
        "INSERT INTO {table} (id, {}) SELECT r.id, {} FROM jsonb_populate_recordset(NULL::{table}, $1) r
         WHERE {may_stand} ON CONFLICT (id) DO NOTHING",
        names.join(", "),
        values.join(", ")
    )
}

fn update(run: &Run<'_>, facts: &Facts) -> String {
    let table = run.table.name();
    let set = |column: &Column| format!("{} = {}", column.name, value(run.table, column, facts));
    let sets: Vec<String> = run.columns.iter().map(set).collect();
    format!(
        "UPDATE {table} t SET {} FROM jsonb_populate_recordset(NULL::{table}, $1) r WHERE t.id = r.id",
        sets.join(", ")
    )
}

const fn sql_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Uuid => Uuid::TYPE,
        ColumnKind::Text | ColumnKind::Word(_) => String::TYPE,
        ColumnKind::Integer => i64::TYPE,
        ColumnKind::Bool => bool::TYPE,
        ColumnKind::Time => Timestamp::TYPE,
        ColumnKind::Json => Value::TYPE,
    }
}

pub(super) async fn rows(link: &Link, query: &RowQuery, wanted: &[Column]) -> Db<Vec<StoredRow>> {
    let names: String =
        wanted.iter().map(|column| format!(", {}::{}", column.name, sql_type(column.kind))).collect();
    // One statement a shape: with `$1 IS NULL OR …` no index would be used.
    let mut filter = String::from("$1::uuid[] IS NOT DISTINCT FROM $1 AND $2::uuid IS NOT DISTINCT FROM $2");
    if !query.ids.is_empty() {
        filter.push_str(" AND id = ANY($1)");
    }
    if query.server_id.is_some() {
        filter.push_str(" AND server_id = $2");
    }
    let sql = format!(
        "SELECT id{names} FROM {} WHERE {filter} ORDER BY {} DESC NULLS LAST, id DESC LIMIT $3",
        query.table.name(),
        query.table.time_column()
    );
    let found = link.query(&sql, &[&query.ids, &query.server_id.map(|id| id.0), &limit(query.limit)]).await?;
    let read_row = |row: &Row| {
        let mut columns = Map::new();
        for (n, column) in (1..).zip(wanted) {
            columns.extend(read(row, n, column)?.map(|value| (column.name.to_owned(), value)));
        }
        Ok(StoredRow { id: cell(row, 0)?, columns })
    };
    found.iter().map(read_row).collect()
}

fn read(row: &Row, n: usize, column: &Column) -> Db<Option<Value>> {
    Ok(match column.kind {
        ColumnKind::Uuid => cell::<Option<Uuid>>(row, n)?.map(|id| id.to_string().into()),
        ColumnKind::Text | ColumnKind::Word(_) => cell::<Option<String>>(row, n)?.map(Value::from),
        ColumnKind::Integer => cell::<Option<i64>>(row, n)?.map(Value::from),
        ColumnKind::Bool => cell::<Option<bool>>(row, n)?.map(Value::from),
        ColumnKind::Time => cell::<Option<Timestamp>>(row, n)?.map(|time| time.to_string().into()),
        ColumnKind::Json => Some(cell::<Value>(row, n)?).filter(|value| !value.is_null()),
    })
}

pub(super) async fn reseal(tx: &Tx<'_>, table: Table, id: Uuid, from: &str, to: &str) -> Db<bool> {
    let Some(column) = table.sealed_column() else { return Ok(false) };
    let sql = format!("UPDATE {} SET {column} = $3 WHERE id = $1 AND {column}::text = $2", table.name());
    Ok(tx.link.execute(&sql, &[&id, &text(from), &text(to)]).await? > 0)
}

//! POST, PATCH and DELETE of a table.

use std::collections::BTreeSet;

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::catalogue::{Catalogue, Table};
use super::database::{Access, Database, quoted};
use super::prefer::{Prefer, Resolution, Return};
use super::query::Query;
use super::read::{Form, content_range};
use super::render::{Render, Source};
use super::reply::{Refusal, Reply};
use super::select::Item;

/// What is done to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Insert,
    Update,
    Delete,
}

/// A body of rows.
struct Payload {
    text: String,
    is_array: bool,
    columns: Vec<String>,
    is_empty: bool,
}

/// The name under which a row that is written to is known.
const TARGET: &str = "dsm_target";

/// A write, as asked for.
pub(super) struct Write<'r> {
    pub(super) table: &'r str,
    pub(super) change: Change,
    pub(super) query: &'r Query,
    pub(super) prefer: &'r Prefer,
    pub(super) form: Form,
    pub(super) body: &'r str,
}

pub(super) async fn write_table(
    database: &Database,
    catalogue: &Catalogue,
    write: Write<'_>,
) -> Result<Reply, Refusal> {
    let Write { table, change, query, prefer, form, body } = write;
    let table = catalogue.table(table)?;
    let mut render = Render::new(catalogue);
    let written = match change {
        Change::Insert => insert(&mut render, table, &payload(body, query)?, query, prefer)?,
        Change::Update => update(&mut render, table, &payload(body, query)?, query)?,
        Change::Delete => delete(&mut render, table, query)?,
    };
    let wanted = match prefer.returns {
        Return::Minimal => None,
        Return::Representation => Some(query.select.clone()),
        Return::HeadersOnly => Some(table.keys().into_iter().map(column).collect()),
    };
    let rows = match wanted {
        None => "'[]'".to_owned(),
        Some(select) => {
            let query = Query { select, ..Query::default() };
            let source = Source { from: "dsm_written", alias: "dsm_written", table: Some(table) };
            let selection = render.select(source, &query)?;
            format!("coalesce((SELECT json_agg(dsm_row) FROM ({}) AS dsm_row), '[]')::text", selection.all)
        }
    };
    render.statement.sql = format!(
        "WITH dsm_written AS ({written})
         SELECT {rows}, (SELECT count(*) FROM dsm_written), (SELECT count(*) FROM dsm_written WHERE dsm_is_new)"
    );
    database
        .transact(Access::Write, &render.statement, |rows| {
            let row = rows.first().ok_or_else(|| Refusal::new(500, "XX000", "no row"))?;
            let (body, count, new): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            prefer.allows(count)?;
            let reply = answer(change, prefer, form, Written { body: &body, count, new })?;
            let place = (change == Change::Insert && prefer.returns == Return::HeadersOnly && count == 1)
                .then(|| place(&table.name, &body));
            Ok(match place.flatten() {
                Some(place) => reply.with("Location", place),
                None => reply,
            })
        })
        .await
}

fn column(name: String) -> Item {
    Item::Column { field: super::filter::Field { column: name, path: Vec::new() }, alias: None, cast: None }
}

/// What was written: the rows that come back, how many were touched, and how many of them are new.
struct Written<'w> {
    body: &'w str,
    count: i64,
    new: i64,
}

fn answer(change: Change, prefer: &Prefer, form: Form, written: Written<'_>) -> Result<Reply, Refusal> {
    let Written { body, count, new } = written;
    let has_body = prefer.returns == Return::Representation;
    let status = match change {
        Change::Insert if prefer.resolution.is_some() && new == 0 => StatusCode::OK,
        Change::Insert => StatusCode::CREATED,
        _ if has_body => StatusCode::OK,
        _ => StatusCode::NO_CONTENT,
    };
    let total = prefer.is_counted.then_some(count);
    let range = match change {
        Change::Update => content_range(0, count, total),
        _ => content_range(0, 0, total),
    };
    let reply = if has_body { form.reply(status, body, count)? } else { Reply::new(status) };
    Ok(reply.with("Content-Range", range))
}

/// Where the row can be read.
fn place(table: &str, rows: &str) -> Option<String> {
    let rows: Vec<Map<String, Value>> = serde_json::from_str(rows).ok()?;
    let keys = rows.first()?.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}=eq.{value}")
    });
    let keys: Vec<String> = keys.collect();
    (!keys.is_empty()).then(|| format!("/{table}?{}", keys.join("&")))
}

/// Reads a body and finds out which columns it sets.
fn payload(body: &str, query: &Query) -> Result<Payload, Refusal> {
    let malformed = || Refusal::new(400, "PGRST102", "Empty or invalid json");
    let value: Value = serde_json::from_str(body).map_err(|_| malformed())?;
    let is_array = value.is_array();
    let rows = match value {
        Value::Array(rows) => rows,
        object @ Value::Object(_) => vec![object],
        _ => return Err(malformed()),
    };
    let uneven = || Refusal::new(400, "PGRST102", "All object keys must match");
    let keys = |row: &Value| row.as_object().map(|row| row.keys().cloned().collect::<BTreeSet<_>>());
    let mut columns = BTreeSet::new();
    if let Some(first) = rows.first() {
        columns = keys(first).ok_or_else(uneven)?;
    }
    let columns = match &query.columns {
        Some(columns) => columns.clone(),
        None if rows.iter().all(|row| keys(row).as_ref() == Some(&columns)) => columns.into_iter().collect(),
        None => return Err(uneven()),
    };
    Ok(Payload { text: body.to_owned(), is_array, columns, is_empty: rows.is_empty() })
}

impl Payload {
    /// The rows of the body with their columns in the table's types, as `dsm_body`.
    fn rows(&self, render: &mut Render<'_>, table: &Table, has_defaults: bool) -> Result<String, Refusal> {
        let (mut types, mut defaults) = (Vec::new(), Vec::new());
        for name in &self.columns {
            let column = table.column(name)?;
            types.push(format!("{} {}", quoted(name), column.kind));
            if let Some(default) = column.default.as_ref().filter(|_| has_defaults) {
                defaults.push(format!("{}::text, {default}", render.statement.bind(name.as_str())));
            }
        }
        let (types, text) = (types.join(", "), render.statement.bind(self.text.as_str()));
        if has_defaults {
            let array = if self.is_array {
                format!("{text}::jsonb")
            } else {
                format!("jsonb_build_array({text}::jsonb)")
            };
            return Ok(format!(
                "jsonb_array_elements({array}) AS dsm_element,
                 LATERAL jsonb_to_record(jsonb_build_object({}) || dsm_element) AS dsm_body ({types})",
                defaults.join(", ")
            ));
        }
        let function = if self.is_array { "json_to_recordset" } else { "json_to_record" };
        Ok(format!("{function}({text}::json) AS dsm_body ({types})"))
    }

    fn names(&self) -> String {
        self.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    }
}

/// All columns of what was written, and whether the row is new.
fn returning(table: &Table, alias: &str, is_new: &str) -> String {
    let columns = table.columns.iter().map(|column| format!("{}.{}", quoted(alias), quoted(&column.name)));
    format!("RETURNING {}, {is_new} AS dsm_is_new", columns.collect::<Vec<_>>().join(", "))
}

/// No row, in the form of those that are written.
fn nothing(catalogue: &Catalogue, table: &Table) -> String {
    format!("SELECT *, false AS dsm_is_new FROM {} WHERE false", catalogue.path(&table.name))
}

fn insert(
    render: &mut Render<'_>,
    table: &Table,
    payload: &Payload,
    query: &Query,
    prefer: &Prefer,
) -> Result<String, Refusal> {
    let catalogue = render.catalogue;
    if payload.is_empty {
        return Ok(nothing(catalogue, table));
    }
    let into = format!("INSERT INTO {} AS {TARGET}", catalogue.path(&table.name));
    let is_new = if table.is_view { "true".to_owned() } else { format!("({TARGET}.xmax = 0)") };
    let returning = returning(table, TARGET, &is_new);
    if payload.columns.is_empty() {
        return Ok(format!("{into} DEFAULT VALUES {returning}"));
    }
    let rows = payload.rows(render, table, prefer.has_defaults)?;
    let (names, keys) = (
        payload.names(),
        if query.on_conflict.is_empty() { table.keys() } else { query.on_conflict.clone() },
    );
    let conflict = match prefer.resolution {
        Some(resolution) if !keys.is_empty() => {
            let keys = keys.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            let set = payload.columns.iter().map(|name| format!("{0} = EXCLUDED.{0}", quoted(name)));
            match resolution {
                Resolution::Ignore => format!("ON CONFLICT ({keys}) DO NOTHING"),
                Resolution::Merge => {
                    format!("ON CONFLICT ({keys}) DO UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
                }
            }
        }
        _ => String::new(),
    };
    Ok(format!("{into} ({names}) SELECT {} FROM {rows} {conflict} {returning}", from_body(payload)))
}

fn from_body(payload: &Payload) -> String {
    payload.columns.iter().map(|name| format!("dsm_body.{}", quoted(name))).collect::<Vec<_>>().join(", ")
}

fn update(
    render: &mut Render<'_>,
    table: &Table,
    payload: &Payload,
    query: &Query,
) -> Result<String, Refusal> {
    let catalogue = render.catalogue;
    if payload.is_empty || payload.columns.is_empty() {
        return Ok(nothing(catalogue, table));
    }
    let rows = payload.rows(render, table, false)?;
    let set = payload.columns.iter().map(|name| format!("{0} = dsm_body.{0}", quoted(name)));
    let set = set.collect::<Vec<_>>().join(", ");
    let conditions = restricted(render, "UPDATE", query)?;
    Ok(format!(
        "UPDATE {} AS {TARGET} SET {set} FROM (SELECT * FROM {rows} LIMIT 1) AS dsm_body{conditions} {}",
        catalogue.path(&table.name),
        returning(table, TARGET, "false")
    ))
}

fn delete(render: &mut Render<'_>, table: &Table, query: &Query) -> Result<String, Refusal> {
    let conditions = restricted(render, "DELETE", query)?;
    let path = render.catalogue.path(&table.name);
    Ok(format!("DELETE FROM {path} AS {TARGET}{conditions} {}", returning(table, TARGET, "false")))
}

/// Conditions, which there must be: where the existing system runs, an extension refuses to touch whole tables. Limits are
/// not heeded here (as of version 13).
fn restricted(render: &mut Render<'_>, verb: &str, query: &Query) -> Result<String, Refusal> {
    let conditions = render.conditions(TARGET, &query.rows.conditions);
    if conditions.is_empty() {
        return Err(Refusal::new(400, "21000", format!("{verb} requires a WHERE clause")));
    }
    Ok(conditions)
}

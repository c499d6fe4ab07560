//! The command log.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, limit, some_text, text};
use super::facts::Facts;
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::id::ServerId;
use crate::store::{ActivityQuery, ActivityRow};

/// The busiest statement there is: columns travel as arrays, one parse for all rows of a commit. A row is never
/// refused: where the database insists, a reference to what is not there is left out, and a word it does not know is
/// the commonest one.
fn insert(facts: &Facts) -> String {
    let kind = &facts.operation_type;
    let operation_type = if facts.is_enumeration {
        format!(
            "(CASE WHEN r.operation_type = ANY(enum_range(NULL::{kind})::text[]) THEN r.operation_type ELSE 'idrac_api' END)::{kind}"
        )
    } else {
        format!("r.operation_type::{kind}")
    };
    let there = |column: &str, table: &str| match facts.has_strict_log {
        true => format!("(SELECT t.id FROM {table} t WHERE t.id = r.{column})"),
        false => format!("r.{column}"),
    };
    let (server, job, task) =
        (there("server_id", "servers"), there("job_id", "jobs"), there("task_id", "job_tasks"));
    let by = there("initiated_by", "profiles");
    format!(
        "/* dsm activity */ INSERT INTO idrac_commands (id, timestamp, server_id, job_id, task_id, command_type,
             operation_type, endpoint, full_url, status_code, success, response_time_ms, error_message, request_body,
             response_body, source, initiated_by, created_at)
         SELECT r.id, r.timestamp, {server}, {job}, {task}, r.command_type, {operation_type},
                r.endpoint, r.full_url, r.status_code, r.success, r.response_time_ms, r.error_message, r.request_body,
                r.response_body, r.source, {by}, $18
         FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::int[], $11::bool[], $12::bigint[], $13::text[], $14::jsonb[],
                     $15::jsonb[], $16::text[], $17::uuid[])
              r (id, timestamp, server_id, job_id, task_id, command_type, operation_type, endpoint, full_url,
                 status_code, success, response_time_ms, error_message, request_body, response_body, source,
                 initiated_by)
         ON CONFLICT (id) DO UPDATE SET
             timestamp = excluded.timestamp, server_id = coalesce(excluded.server_id, idrac_commands.server_id),
             job_id = excluded.job_id, task_id = excluded.task_id, endpoint = excluded.endpoint,
             full_url = excluded.full_url, status_code = excluded.status_code, success = excluded.success,
             response_time_ms = excluded.response_time_ms, error_message = excluded.error_message,
             request_body = coalesce(excluded.request_body, idrac_commands.request_body),
             response_body = excluded.response_body
         WHERE NOT idrac_commands.success AND idrac_commands.response_time_ms IS NULL
             AND idrac_commands.status_code IS NULL
             AND (excluded.success OR excluded.response_time_ms IS NOT NULL OR excluded.status_code IS NOT NULL)"
    )
}

/// One column of all rows.
fn of<'r, T>(rows: &'r [ActivityRow], column: impl Fn(&'r ActivityRow) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}

/// The rows with none twice, where one is: a statement may touch a row once only. A file that is written back may hold a row
/// and its completion.
fn each_once(rows: &[ActivityRow]) -> Option<Vec<ActivityRow>> {
    let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(rows.len());
    let mut once: Vec<ActivityRow> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        match places.entry(row.id) {
            Entry::Vacant(vacant) => {
                // Nothing is copied before the first that comes twice.
                vacant.insert(if once.is_empty() { place } else { once.len() });
                if !once.is_empty() {
                    once.push(row.clone());
                }
            }
            Entry::Occupied(there) => {
                if once.is_empty() {
                    once = rows[..place].to_vec();
                }
                let there = &mut once[*there.get()];
                if let Some(completed) = there.completed_by(row) {
                    *there = completed;
                }
            }
        }
    }
    (!once.is_empty()).then_some(once)
}

pub(super) async fn record(tx: &Tx<'_>, rows: &[ActivityRow], facts: &Facts) -> Db<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let whole = each_once(rows);
    let rows = whole.as_deref().unwrap_or(rows);
    let columns: [Box<dyn ToSql + Sync + Send + '_>; 18] = [
        Box::new(of(rows, |row| row.id)),
        Box::new(of(rows, |row| row.timestamp)),
        Box::new(of(rows, |row| row.server_id.map(|id| id.0))),
        Box::new(of(rows, |row| row.job_id.map(|id| id.0))),
        Box::new(of(rows, |row| row.task_id.map(|id| id.0))),
        Box::new(of(rows, |row| text(&row.command_type))),
        Box::new(of(rows, |row| text(&row.operation_type))),
        Box::new(of(rows, |row| text(&row.endpoint))),
        Box::new(of(rows, |row| text(&row.full_url))),
        Box::new(of(rows, |row| row.status_code.map(i32::from))),
        Box::new(of(rows, |row| row.success)),
        Box::new(of(rows, |row| row.response_time_ms.map(i64::from))),
        Box::new(of(rows, |row| some_text(row.error_message.as_deref()))),
        Box::new(of(rows, |row| Jsonb::some(row.request_body.as_ref()))),
        Box::new(of(rows, |row| Jsonb::some(row.response_body.as_ref()))),
        Box::new(of(rows, |row| text(&row.source))),
        Box::new(of(rows, |row| row.initiated_by.map(|id| id.0))),
        Box::new(tx.now),
    ];
    let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    tx.link.execute(&insert(facts), &params).await?;
    Ok(())
}

pub(super) async fn attribute(tx: &Tx<'_>, rows: &[(Uuid, ServerId)], facts: &Facts) -> Db<()> {
    let (ids, servers): (Vec<Uuid>, Vec<Uuid>) = rows.iter().map(|(id, server)| (*id, server.0)).unzip();
    let there = if facts.has_strict_log {
        "EXISTS (SELECT 1 FROM servers s WHERE s.id = r.server_id)"
    } else {
        "true"
    };
    let sql = format!(
        "UPDATE idrac_commands c SET server_id = r.server_id FROM unnest($1::uuid[], $2::uuid[]) r (id, server_id)
         WHERE c.id = r.id AND c.server_id IS NULL AND {there}"
    );
    tx.link.execute(&sql, &[&ids, &servers]).await?;
    Ok(())
}

pub(super) async fn activity(link: &Link, query: &ActivityQuery) -> Db<Vec<ActivityRow>> {
    // One statement a shape: with `$1 IS NULL OR …` no index would be used.
    let mut filter = String::from("$1::uuid IS NOT DISTINCT FROM $1 AND $2::uuid IS NOT DISTINCT FROM $2");
    if query.job_id.is_some() {
        filter.push_str(" AND job_id = $1");
    }
    if query.server_id.is_some() {
        filter.push_str(" AND server_id = $2");
    }
    if query.after.is_some() {
        filter.push_str(" AND id > $3");
    }
    let sql = format!(
        "SELECT id, timestamp, server_id, job_id, task_id, command_type::text, operation_type::text, endpoint::text,
                full_url::text, status_code::bigint, success, response_time_ms::bigint,
                error_message::text, request_body, response_body, coalesce(source, '')::text, initiated_by
         FROM idrac_commands WHERE {filter} AND $3::uuid IS NOT DISTINCT FROM $3 ORDER BY id LIMIT $4"
    );
    let (job, server) = (query.job_id.map(|id| id.0), query.server_id.map(|id| id.0));
    let rows = link.query(&sql, &[&job, &server, &query.after, &limit(query.limit)]).await?;
    rows.iter().map(activity_row).collect()
}

fn activity_row(row: &Row) -> Db<ActivityRow> {
    let mut cells = Cursor::new(row);
    Ok(ActivityRow {
        id: cells.take()?,
        timestamp: cells.take()?,
        server_id: cells.take()?,
        job_id: cells.take()?,
        task_id: cells.take()?,
        command_type: cells.take()?,
        operation_type: cells.take()?,
        endpoint: cells.take()?,
        full_url: cells.take()?,
        status_code: cells.take()?,
        success: cells.take::<Option<bool>>()?.unwrap_or_default(),
        response_time_ms: cells.take()?,
        error_message: cells.take()?,
        request_body: cells.take()?,
        response_body: cells.take()?,
        source: cells.take()?,
        initiated_by: cells.take()?,
    })
}

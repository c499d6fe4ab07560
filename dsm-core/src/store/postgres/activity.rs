//! The command log.

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
         ON CONFLICT (id) DO NOTHING"
    )
}

/// One column of all rows.
fn of<'r, T>(rows: &'r [ActivityRow], column: impl Fn(&'r ActivityRow) -> T) -> Vec<T> {
    rows.iter().map(column).collect()
}

/// Ends of requests whose rows were written before they were sent.
async fn complete(tx: &Tx<'_>, rows: &[ActivityRow], facts: &Facts) -> Db<()> {
    let ends: Vec<&ActivityRow> = rows.iter().filter(|row| !row.is_pending()).collect();
    if ends.is_empty() {
        return Ok(());
    }
    let there = |column: &str, table: &str| match facts.has_strict_log {
        true => format!("(SELECT t.id FROM {table} t WHERE t.id = r.{column})"),
        false => format!("r.{column}"),
    };
    let (server, job, task) =
        (there("server_id", "servers"), there("job_id", "jobs"), there("task_id", "job_tasks"));
    let sql = format!(
        "/* dsm activity ends */ UPDATE idrac_commands c SET
             timestamp = r.timestamp, server_id = coalesce({server}, c.server_id), job_id = {job}, task_id = {task},
             endpoint = r.endpoint, full_url = r.full_url, status_code = r.status_code, success = r.success,
             response_time_ms = r.response_time_ms, error_message = r.error_message,
             request_body = coalesce(r.request_body, c.request_body), response_body = r.response_body
         FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                     $8::int[], $9::bool[], $10::bigint[], $11::text[], $12::jsonb[], $13::jsonb[])
              r (id, timestamp, server_id, job_id, task_id, endpoint, full_url, status_code, success,
                 response_time_ms, error_message, request_body, response_body)
         WHERE c.id = r.id AND NOT c.success AND c.response_time_ms IS NULL AND c.status_code IS NULL"
    );
    let columns: [Box<dyn ToSql + Sync + Send + '_>; 13] = [
        Box::new(each(&ends, |row| row.id)),
        Box::new(each(&ends, |row| row.timestamp)),
        Box::new(each(&ends, |row| row.server_id.map(|id| id.0))),
        Box::new(each(&ends, |row| row.job_id.map(|id| id.0))),
        Box::new(each(&ends, |row| row.task_id.map(|id| id.0))),
        Box::new(each(&ends, |row| text(&row.endpoint))),
        Box::new(each(&ends, |row| text(&row.full_url))),
        Box::new(each(&ends, |row| row.status_code.map(i32::from))),
        Box::new(each(&ends, |row| row.success)),
        Box::new(each(&ends, |row| row.response_time_ms.map(i64::from))),
        Box::new(each(&ends, |row| some_text(row.error_message.as_deref()))),
        Box::new(each(&ends, |row| Jsonb::some(row.request_body.as_ref()))),
        Box::new(each(&ends, |row| Jsonb::some(row.response_body.as_ref()))),
    ];
    let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    tx.link.execute(&sql, &params).await?;
    Ok(())
}

fn each<'r, T>(rows: &[&'r ActivityRow], column: impl Fn(&'r ActivityRow) -> T) -> Vec<T> {
    rows.iter().copied().map(column).collect()
}

pub(super) async fn record(tx: &Tx<'_>, rows: &[ActivityRow], facts: &Facts) -> Db<()> {
    if rows.is_empty() {
        return Ok(());
    }
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
    let inserted = tx.link.execute(&insert(facts), &params).await?;
    // Looked for only where some were there: what reads leave behind is new.
    if inserted < rows.len() as u64 { complete(tx, rows, facts).await } else { Ok(()) }
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

//! The command log.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, ToSql, params};
use uuid::Uuid;

use super::codec::{Cursor, P, time_text, uuid_text};
use super::fault::Db;
use super::jobs::limit;
use super::writer::Tx;
use crate::id::ServerId;
use crate::store::{ActivityQuery, ActivityRow};

/// Rows a statement: a statement has its price whatever it inserts (cursors on the table and on each index, binding,
/// halting), and this is the busiest one there is.
const TOGETHER: usize = 16;
const COLUMNS: usize = 18;

pub(super) fn record(tx: &Tx<'_>, rows: &[ActivityRow]) -> Db<()> {
    let created_at = time_text(&tx.now);
    let mut inserted = 0;
    let (together, rest) = rows.as_chunks::<TOGETHER>();
    if !together.is_empty() {
        let mut insert = tx.conn.prepare_cached(insert_together())?;
        for rows in together {
            inserted += insert_rows(&mut insert, rows, &created_at)?;
        }
    }
    if !rest.is_empty() {
        let mut insert = tx.conn.prepare_cached(insert_alone())?;
        for row in rest {
            inserted += insert_rows(&mut insert, std::slice::from_ref(row), &created_at)?;
        }
    }
    // Looked for only where some were there: what reads leave behind is new.
    if inserted < rows.len() { complete(tx, rows) } else { Ok(()) }
}

/// How many of them were not there yet.
fn insert_rows(insert: &mut CachedStatement<'_>, rows: &[ActivityRow], created_at: &str) -> Db<usize> {
    // Ids are written into these, and not into a text of their own each.
    let [mut id, mut server, mut job, mut task, mut profile] = [[0; 36]; 5];
    for (nth, row) in rows.iter().enumerate() {
        let cells: [&dyn ToSql; COLUMNS] = [
            &uuid_text(row.id, &mut id),
            &P(&row.timestamp),
            &row.server_id.map(|found| uuid_text(found.0, &mut server)),
            &row.job_id.map(|found| uuid_text(found.0, &mut job)),
            &row.task_id.map(|found| uuid_text(found.0, &mut task)),
            &row.command_type,
            &row.operation_type,
            &row.endpoint,
            &row.full_url,
            &row.status_code,
            &row.success,
            &row.response_time_ms,
            &P(&row.error_message),
            &P(&row.request_body),
            &P(&row.response_body),
            &row.source,
            &row.initiated_by.map(|found| uuid_text(found.0, &mut profile)),
            &created_at,
        ];
        for (column, cell) in cells.into_iter().enumerate() {
            insert.raw_bind_parameter(nth * COLUMNS + column + 1, cell)?;
        }
    }
    Ok(insert.raw_execute()?)
}

/// Ends of requests whose rows were written before they were sent.
fn complete(tx: &Tx<'_>, rows: &[ActivityRow]) -> Db<()> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE idrac_commands SET
             timestamp = ?2, server_id = coalesce(?3, server_id), job_id = ?4, task_id = ?5, endpoint = ?6, full_url = ?7,
             status_code = ?8, success = ?9, response_time_ms = ?10, error_message = ?11,
             request_body = coalesce(?12, request_body), response_body = ?13
         WHERE id = ?1 AND NOT success AND response_time_ms IS NULL AND status_code IS NULL",
    )?;
    for row in rows.iter().filter(|row| !row.is_pending()) {
        update.execute(params![
            P(&row.id),
            P(&row.timestamp),
            P(&row.server_id),
            P(&row.job_id),
            P(&row.task_id),
            row.endpoint,
            row.full_url,
            row.status_code,
            row.success,
            row.response_time_ms,
            P(&row.error_message),
            P(&row.request_body),
            P(&row.response_body),
        ])?;
    }
    Ok(())
}

fn insert_alone() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| insert(1));
    &SQL
}

fn insert_together() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| insert(TOGETHER));
    &SQL
}

fn insert(rows: usize) -> String {
    let row = format!("({})", vec!["?"; COLUMNS].join(", "));
    format!(
        "INSERT INTO idrac_commands (id, timestamp, server_id, job_id, task_id, command_type, operation_type, endpoint,
             full_url, status_code, success, response_time_ms, error_message, request_body, response_body, source,
             initiated_by, created_at)
         VALUES {} ON CONFLICT (id) DO NOTHING",
        vec![row; rows].join(", ")
    )
}

pub(super) fn attribute(tx: &Tx<'_>, rows: &[(Uuid, ServerId)]) -> Db<()> {
    let mut update = tx
        .conn
        .prepare_cached("UPDATE idrac_commands SET server_id = ?2 WHERE id = ?1 AND server_id IS NULL")?;
    for (id, server) in rows {
        update.execute(params![P(id), P(server)])?;
    }
    Ok(())
}

pub(super) fn activity(conn: &Connection, query: &ActivityQuery) -> Db<Vec<ActivityRow>> {
    // One statement a shape: with `?1 IS NULL OR …` no index would be used.
    let mut filter = String::new();
    if query.job_id.is_some() {
        filter.push_str(" AND job_id = ?1");
    }
    if query.server_id.is_some() {
        filter.push_str(" AND server_id = ?2");
    }
    if query.after.is_some() {
        filter.push_str(" AND id > ?3");
    }
    let mut select = conn.prepare_cached(&format!(
        "SELECT id, timestamp, server_id, job_id, task_id, command_type, operation_type, endpoint, full_url, status_code,
                success, response_time_ms, error_message, request_body, response_body,
                coalesce(source, ''), initiated_by
         FROM idrac_commands WHERE 1{filter} ORDER BY id LIMIT ?4"
    ))?;
    let rows = select.query_map(
        params![P(&query.job_id), P(&query.server_id), P(&query.after), limit(query.limit)],
        |row| {
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
                success: cells.take()?,
                response_time_ms: cells.take()?,
                error_message: cells.take()?,
                request_body: cells.take()?,
                response_body: cells.take()?,
                source: cells.take()?,
                initiated_by: cells.take()?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

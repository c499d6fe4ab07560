//! The command log.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::codec::{Cursor, P, time_text, uuid_text};
use super::fault::Db;
use super::jobs::limit;
use super::writer::Tx;
use crate::id::ServerId;
use crate::store::{ActivityQuery, ActivityRow};

pub(super) fn record(tx: &Tx<'_>, rows: &[ActivityRow]) -> Db<()> {
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO idrac_commands (id, timestamp, server_id, job_id, task_id, command_type, operation_type, endpoint,
             full_url, status_code, success, response_time_ms, error_message, request_body, response_body, source,
             initiated_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (id) DO UPDATE SET
             timestamp = excluded.timestamp, server_id = coalesce(excluded.server_id, server_id),
             job_id = excluded.job_id, task_id = excluded.task_id, endpoint = excluded.endpoint,
             full_url = excluded.full_url, status_code = excluded.status_code, success = excluded.success,
             response_time_ms = excluded.response_time_ms, error_message = excluded.error_message,
             request_body = coalesce(excluded.request_body, request_body), response_body = excluded.response_body
         WHERE NOT success AND response_time_ms IS NULL AND status_code IS NULL
             AND (excluded.success OR excluded.response_time_ms IS NOT NULL OR excluded.status_code IS NOT NULL)",
    )?;
    // The busiest statement there is: ids are written into these, and not into a text of their own each.
    let [mut id, mut server, mut job, mut task, mut profile] = [[0; 36]; 5];
    let created_at = time_text(&tx.now);
    for row in rows {
        insert.execute(params![
            uuid_text(row.id, &mut id),
            P(&row.timestamp),
            row.server_id.map(|found| uuid_text(found.0, &mut server)),
            row.job_id.map(|found| uuid_text(found.0, &mut job)),
            row.task_id.map(|found| uuid_text(found.0, &mut task)),
            row.command_type,
            row.operation_type,
            row.endpoint,
            row.full_url,
            row.status_code,
            row.success,
            row.response_time_ms,
            P(&row.error_message),
            P(&row.request_body),
            P(&row.response_body),
            row.source,
            row.initiated_by.map(|found| uuid_text(found.0, &mut profile)),
            created_at,
        ])?;
    }
    Ok(())
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

//! Another run or another time for a job.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::codec::{P, cell};
use super::family;
use super::fault::Db;
use super::jobs::status;
use super::locks;
use super::writer::Tx;
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::control::{VERDICT_KEYS, is_partial};
use crate::store::{Reschedule, Rescheduled, Retried};

pub(super) fn retry(tx: &Tx<'_>, job: JobId) -> Db<Retried> {
    let Some(status) = status(tx.conn, job)? else { return Ok(Retried::NotFound) };
    let details = details(tx.conn, job)?;
    let partial = details.as_object().is_some_and(is_partial);
    if (Transition::Retry { partial }).apply(status).is_none() {
        return Ok(match status {
            JobStatus::Pending => Retried::AlreadyPending,
            JobStatus::Running => Retried::StillRunning,
            _ => Retried::Complete,
        });
    }
    if is_held(tx.conn, job)? {
        // Another program ended the row; whoever runs the job may still be at it.
        return Ok(Retried::StillRunning);
    }
    if let Some((parent, status)) = parent(tx.conn, job)?.filter(|(_, status)| status.is_terminal()) {
        return Ok(Retried::ParentEnded(parent, status));
    }
    let open_parts = family::open_parts(tx.conn, job)?;
    if open_parts.is_some_and(|open| open > 0) {
        // Told to stop with it, and not there yet.
        return Ok(Retried::StillRunning);
    }
    let run = reopen(tx, job)?;
    if open_parts.is_some() {
        family::reopen_parts(tx, job)?;
    } else {
        family::part_returns(tx, job)?;
    }
    tx.wake();
    Ok(Retried::Queued(run))
}

/// Pending again, due now, for the run given. A part waits for its turn.
pub(super) fn reopen(tx: &Tx<'_>, job: JobId) -> Db<u32> {
    begin_anew(tx, job)?;
    let paths: Vec<String> = VERDICT_KEYS.iter().map(|key| format!("'$.{key}'")).collect();
    Ok(tx
        .conn
        .prepare_cached(&format!(
            "UPDATE jobs SET status = ?2, schedule_at = ?3, started_at = NULL, completed_at = NULL, dsm_parked = 0,
                    dsm_turn = NULL, dsm_ready = CASE WHEN dsm_ready IS NOT NULL THEN 0 END, dsm_run = dsm_run + 1,
                    details = json_remove(details, {})
             WHERE id = ?1 RETURNING dsm_run",
            paths.join(", ")
        ))?
        .query_row(params![P(&job), P(&JobStatus::Pending), P(&tx.now)], |row| cell(row, 0))?)
}

/// Tasks and lease as before the first attempt; the fence stays, for it only grows.
fn begin_anew(tx: &Tx<'_>, job: JobId) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE job_tasks SET status = 'pending', progress = 0, started_at = NULL, completed_at = NULL
             WHERE job_id = ?1",
        )?
        .execute([P(&job)])?;
    tx.conn
        .prepare_cached(
            "UPDATE dsm_lease SET attempt = 0, orphaned = 0, cancel_requested = 0, cancel_reason = NULL,
                    checkpoint = NULL
             WHERE job_id = ?1",
        )?
        .execute([P(&job)])?;
    Ok(())
}

fn details(conn: &Connection, job: JobId) -> Db<Value> {
    let mut select = conn.prepare_cached("SELECT details FROM jobs WHERE id = ?1")?;
    let text: Option<String> = select.query_row([P(&job)], |row| row.get(0))?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn is_held(conn: &Connection, job: JobId) -> Db<bool> {
    let mut select =
        conn.prepare_cached("SELECT 1 FROM dsm_lease WHERE job_id = ?1 AND until IS NOT NULL")?;
    Ok(select.exists([P(&job)])?)
}

pub(super) fn parent(conn: &Connection, job: JobId) -> Db<Option<(JobId, JobStatus)>> {
    let mut select = conn.prepare_cached(
        "SELECT p.id, p.status FROM jobs j JOIN jobs p ON p.id = j.parent_job_id WHERE j.id = ?1",
    )?;
    Ok(select.query_row([P(&job)], |row| Ok((cell(row, 0)?, cell(row, 1)?))).optional()?)
}

pub(super) fn reschedule(tx: &Tx<'_>, job: JobId, change: Reschedule) -> Db<Rescheduled> {
    match status(tx.conn, job)? {
        None => return Ok(Rescheduled::NotFound),
        Some(JobStatus::Pending) => {}
        Some(status) => return Ok(Rescheduled::NotPending(status)),
    }
    tx.conn
        .prepare_cached(
            "UPDATE jobs SET schedule_at = coalesce(?2, schedule_at), priority = coalesce(?3, priority),
                    dsm_turn = CASE WHEN ?2 IS NULL THEN dsm_turn END
             WHERE id = ?1",
        )?
        .execute(params![
            P(&job),
            P(&change.schedule_at),
            change.priority.map(crate::job::Priority::as_str)
        ])?;
    if change.schedule_at.is_some_and(|at| at > tx.now) {
        // It comes later: until then nobody waits for it.
        locks::release_job(tx, job)?;
        tx.conn.prepare_cached("UPDATE jobs SET dsm_parked = 0 WHERE id = ?1")?.execute([P(&job)])?;
    }
    tx.wake();
    Ok(Rescheduled::Applied)
}

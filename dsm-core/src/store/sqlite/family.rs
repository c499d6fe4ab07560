//! Jobs that run by their parts.

use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{P, cell};
use super::control::reopen;
use super::fault::Db;
use super::jobs::merge_details;
use super::settle::{close_rows, end_job, note_reason};
use super::writer::Tx;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::PartUpdate;
use crate::store::family::{Ended, OnFailure, fold, part_ended as reason};

/// A part is claimed: the job it is part of runs.
pub(super) fn part_begins(tx: &Tx<'_>, parent: JobId) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE jobs SET status = 'running', started_at = coalesce(started_at, ?2)
             WHERE id = ?1 AND status = 'pending' AND dsm_children IS NOT NULL",
        )?
        .execute(params![P(&parent), P(&tx.now)])?;
    Ok(())
}

/// Parts that another program enqueued, told by who runs the job.
pub(super) fn tell_parts(tx: &Tx<'_>, job: JobId, updates: &[PartUpdate]) -> Db<()> {
    for PartUpdate { job_id, status, details } in updates {
        let told = tx
            .conn
            .prepare_cached(
                "UPDATE jobs SET status = 'running', started_at = coalesce(started_at, ?3)
                 WHERE id = ?1 AND parent_job_id = ?2 AND dsm_ready IS NULL AND status IN ('pending', 'running')",
            )?
            .execute(params![P(job_id), P(&job), P(&tx.now)])?;
        if told > 0 {
            merge_details(tx.conn, *job_id, details)?;
            if status.is_terminal() {
                close_rows(tx, *job_id, *status)?;
            }
        }
    }
    Ok(())
}

/// A job ended. Where it is part of one that runs by its parts, that one goes on, or ends.
pub(super) fn part_ended(tx: &Tx<'_>, job: JobId, to: JobStatus) -> Db<()> {
    let Some((parent, rule)) = open_parent(tx, job)? else { return Ok(()) };
    if rule.stops_at(to) {
        for part in parts(tx, parent, "status = 'pending' AND NOT dsm_ready")? {
            note_reason(tx, part, &reason(job, to))?;
            close_rows(tx, part, JobStatus::Cancelled)?;
        }
    }
    go_on(tx, parent)
}

/// A part is to run once more, while the job it is part of still runs.
pub(super) fn part_returns(tx: &Tx<'_>, job: JobId) -> Db<()> {
    open_parent(tx, job)?.map_or(Ok(()), |(parent, _)| go_on(tx, parent))
}

/// The job that this one is part of, if that one runs by its parts and has not ended.
fn open_parent(tx: &Tx<'_>, job: JobId) -> Db<Option<(JobId, OnFailure)>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT p.id, p.dsm_children FROM jobs j JOIN jobs p ON p.id = j.parent_job_id
         WHERE j.id = ?1 AND p.dsm_children IS NOT NULL AND p.status IN ('pending', 'running')",
    )?;
    let parent: Option<(JobId, String)> =
        select.query_row([P(&job)], |row| Ok((cell(row, 0)?, row.get(1)?))).optional()?;
    Ok(parent.map(|(parent, rule)| (parent, OnFailure::from_word(&rule))))
}

/// Those whose turn it is may be claimed; after the last the job ends.
pub(super) fn go_on(tx: &Tx<'_>, parent: JobId) -> Db<()> {
    let mut first = tx.conn.prepare_cached(
        "SELECT component_order FROM jobs
         WHERE parent_job_id = ?1 AND status IN ('pending', 'running') ORDER BY component_order LIMIT 1",
    )?;
    let first: Option<Option<i64>> = first.query_row([P(&parent)], |row| row.get(0)).optional()?;
    if let Some(order) = first {
        tx.conn
            .prepare_cached(
                "UPDATE jobs SET dsm_ready = 1
                 WHERE parent_job_id = ?1 AND status = 'pending' AND component_order = ?2 AND NOT dsm_ready",
            )?
            .execute(params![P(&parent), order])?;
        tx.wake();
        return Ok(());
    }
    let rule: String = tx
        .conn
        .prepare_cached("SELECT dsm_children FROM jobs WHERE id = ?1")?
        .query_row([P(&parent)], |row| row.get(0))?;
    let (to, details) = fold(ended(tx, parent)?, OnFailure::from_word(&rule));
    merge_details(tx.conn, parent, &details)?;
    end_job(tx, parent, JobStatus::Running, to)
}

fn ended(tx: &Tx<'_>, parent: JobId) -> Db<Ended> {
    let mut select = tx.conn.prepare_cached(
        "SELECT status, coalesce(json_extract(details, '$.partial'), 0) = 1 FROM jobs WHERE parent_job_id = ?1",
    )?;
    let rows = select.query_map([P(&parent)], |row| Ok((cell(row, 0)?, row.get::<_, bool>(1)?)))?;
    let mut ended = Ended::default();
    for row in rows {
        let (status, is_partial) = row?;
        ended.add(status, is_partial);
    }
    Ok(ended)
}

/// The job runs once more: so do those of its parts that have something left to do.
pub(super) fn reopen_parts(tx: &Tx<'_>, parent: JobId) -> Db<()> {
    let undone = "status IN ('failed', 'cancelled') OR (status = 'completed' AND json_extract(details, '$.partial') = 1)";
    for part in parts(tx, parent, undone)? {
        reopen(tx, part)?;
    }
    go_on(tx, parent)
}

fn parts(tx: &Tx<'_>, parent: JobId, which: &str) -> Db<Vec<JobId>> {
    let mut select = tx.conn.prepare_cached(&format!(
        "SELECT id FROM jobs WHERE parent_job_id = ?1 AND dsm_ready IS NOT NULL AND ({which})"
    ))?;
    let rows = select.query_map([P(&parent)], |row| cell(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Of a job that runs by its parts, how many have not ended.
pub(super) fn open_parts(conn: &Connection, job: JobId) -> Db<Option<u64>> {
    let mut select = conn.prepare_cached(
        "SELECT (SELECT count(*) FROM jobs WHERE parent_job_id = ?1 AND status IN ('pending', 'running'))
         FROM jobs WHERE id = ?1 AND dsm_children IS NOT NULL",
    )?;
    let open: Option<u32> = select.query_row([P(&job)], |row| row.get(0)).optional()?;
    Ok(open.map(u64::from))
}

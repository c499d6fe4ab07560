//! Another run or another time for a job.

use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::codec::cell;
use super::ends::lock;
use super::family;
use super::fault::Db;
use super::link::Link;
use super::locks;
use super::tx::Tx;
use crate::error::{Error, ErrorKind};
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::control::{VERDICT_KEYS, is_partial};
use crate::store::{Reschedule, Rescheduled, Retried};

pub(super) async fn retry(tx: &Tx<'_>, job: JobId) -> Db<Retried> {
    let Some(held) = lock(tx, &[job]).await?.remove(&job) else { return Ok(Retried::NotFound) };
    let partial = is_partial(&details(tx, job).await?);
    if (Transition::Retry { partial }).apply(held.status).is_none() {
        return Ok(match held.status {
            JobStatus::Pending => Retried::AlreadyPending,
            JobStatus::Running => Retried::StillRunning,
            _ => Retried::Complete,
        });
    }
    if held.lease.is_some_and(|lease| lease.until.is_some()) {
        // Another program ended the row; whoever runs the job may still be at it.
        return Ok(Retried::StillRunning);
    }
    if let Some((parent, status)) = locked_parent(tx, job).await?.filter(|(_, status)| status.is_terminal()) {
        return Ok(Retried::ParentEnded(parent, status));
    }
    let open_parts = family::open_parts(tx.link, job).await?;
    if open_parts.is_some_and(|open| open > 0) {
        // Told to stop with it, and not there yet.
        return Ok(Retried::StillRunning);
    }
    let run = reopen(tx, job).await?;
    if open_parts.is_some() {
        family::reopen_parts(tx, job).await?;
    } else {
        family::part_returns(tx, job).await?;
    }
    tx.wake();
    Ok(Retried::Queued(run))
}

/// Pending again, due now, for the run given. A part waits for its turn.
pub(super) async fn reopen(tx: &Tx<'_>, job: JobId) -> Db<u32> {
    begin_anew(tx, job).await?;
    let keys: &[&str] = &VERDICT_KEYS;
    let sql =
        "UPDATE jobs SET status = 'pending', schedule_at = $2, started_at = NULL, completed_at = NULL,
                dsm_parked = false, dsm_turn = NULL, dsm_ready = CASE WHEN dsm_ready IS NOT NULL THEN false END,
                dsm_run = dsm_run + 1,
                details = CASE jsonb_typeof(details) WHEN 'object' THEN details - $3::text[] ELSE details END
         WHERE id = $1 RETURNING dsm_run::bigint";
    let row = tx.link.query_opt(sql, &[&job.0, &tx.now, &keys]).await?;
    let row = row.ok_or_else(|| Error::new(ErrorKind::Store, "a locked job went away"))?;
    cell(&row, 0)
}

/// Tasks and lease as before the first attempt; the fence stays, for it only grows.
async fn begin_anew(tx: &Tx<'_>, job: JobId) -> Db<()> {
    let sql = "UPDATE job_tasks SET status = 'pending', progress = 0, started_at = NULL, completed_at = NULL
               WHERE job_id = $1";
    tx.link.execute(sql, &[&job.0]).await?;
    let sql =
        "UPDATE dsm_lease SET attempt = 0, orphaned = 0, cancel_requested = false, cancel_reason = NULL,
                      checkpoint = NULL
               WHERE job_id = $1";
    tx.link.execute(sql, &[&job.0]).await?;
    Ok(())
}

async fn details(tx: &Tx<'_>, job: JobId) -> Db<Map<String, Value>> {
    let row = tx.link.query_opt("SELECT details::jsonb FROM jobs WHERE id = $1", &[&job.0]).await?;
    row.as_ref().map_or_else(|| Ok(Map::new()), |row| cell(row, 0))
}

const PARENT: &str =
    "SELECT p.id, p.status::text FROM jobs j JOIN jobs p ON p.id = j.parent_job_id WHERE j.id = $1";

pub(super) async fn parent(link: &Link, job: JobId) -> Db<Option<(JobId, JobStatus)>> {
    read_parent(link.query_opt(PARENT, &[&job.0]).await?)
}

/// It stays as it is until the commit.
async fn locked_parent(tx: &Tx<'_>, job: JobId) -> Db<Option<(JobId, JobStatus)>> {
    read_parent(tx.link.query_opt(&format!("{PARENT} FOR SHARE OF p"), &[&job.0]).await?)
}

fn read_parent(row: Option<Row>) -> Db<Option<(JobId, JobStatus)>> {
    row.map(|row| Ok((cell(&row, 0)?, cell(&row, 1)?))).transpose()
}

pub(super) async fn reschedule(tx: &Tx<'_>, job: JobId, change: Reschedule) -> Db<Rescheduled> {
    match lock(tx, &[job]).await?.get(&job).map(|held| held.status) {
        None => return Ok(Rescheduled::NotFound),
        Some(JobStatus::Pending) => {}
        Some(status) => return Ok(Rescheduled::NotPending(status)),
    }
    let is_put_off = change.schedule_at.is_some_and(|at| at > tx.now);
    let priority = change.priority.map(crate::job::Priority::as_str);
    let sql = "UPDATE jobs SET schedule_at = coalesce($2, schedule_at), priority = coalesce($3, priority),
                      dsm_parked = dsm_parked AND NOT $4,
                      dsm_turn = CASE WHEN $2::timestamptz IS NULL THEN dsm_turn END
               WHERE id = $1";
    tx.link.execute(sql, &[&job.0, &change.schedule_at, &priority, &is_put_off]).await?;
    if is_put_off {
        // It comes later: until then nobody waits for it.
        locks::release_jobs(tx, &[job]).await?;
    }
    tx.wake();
    Ok(Rescheduled::Applied)
}

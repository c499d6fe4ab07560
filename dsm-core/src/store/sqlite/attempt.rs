//! What a running attempt writes, fenced.

use rusqlite::{OptionalExtension, params};

use super::codec::P;
use super::family;
use super::fault::Db;
use super::inventory;
use super::jobs::{merge_details, task};
use super::rows;
use super::servers::Servers;
use super::steps;
use super::writer::Tx;
use crate::id::JobId;
use crate::job::TaskUpdate;
use crate::store::finding::write_findings;
use crate::store::rules::{self, apply_task, new_task};
use crate::store::{AttemptReport, AttemptWrite, LeaseKey};

pub(super) fn write(tx: &Tx<'_>, write: &AttemptWrite) -> Db<AttemptReport> {
    if let Some(key) = write.lease {
        check_fence(tx, key)?;
    }
    let mut report = AttemptReport::default();
    if !write.findings.is_empty() {
        report.servers = write_findings(&mut Servers::new(tx)?, &write.findings)?;
    }
    if !write.inventories.is_empty() {
        inventory::write(tx, &write.inventories, write.lease.map(|key| key.job_id))?;
    }
    rows::write(tx, &write.rows)?;
    if let Some(LeaseKey { job_id, .. }) = write.lease {
        merge_details(tx.conn, job_id, &write.details)?;
        let task_ended = update_tasks(tx, job_id, &write.tasks)?;
        family::tell_parts(tx, job_id, &write.parts)?;
        if steps::write(tx, job_id, &write.steps)? || task_ended {
            tx.conn
                .prepare_cached("UPDATE dsm_lease SET orphaned = 0 WHERE job_id = ?1 AND orphaned > 0")?
                .execute([P(&job_id)])?;
        }
        if let Some(checkpoint) = &write.checkpoint {
            // An attempt that got further than the one before is not the poison that `orphaned` counts.
            tx.conn
                .prepare_cached(
                    "UPDATE dsm_lease SET checkpoint = ?2,
                            orphaned = CASE WHEN checkpoint IS ?2 THEN orphaned ELSE 0 END
                     WHERE job_id = ?1",
                )?
                .execute(params![P(&job_id), P(checkpoint)])?;
        }
    }
    Ok(report)
}

/// The attempt must be the last one, still hold the job, and the job must still run.
pub(super) fn check_fence(tx: &Tx<'_>, key: LeaseKey) -> Db<()> {
    let holds = tx
        .conn
        .prepare_cached(
            "SELECT 1 FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
             WHERE l.job_id = ?1 AND l.fence = ?2 AND l.until IS NOT NULL AND j.status = 'running'",
        )?
        .query_row(params![P(&key.job_id), key.fence], |_| Ok(()))
        .optional()?;
    holds.ok_or_else(|| rules::lease_lost(key.job_id).into())
}

/// Whether a task came to its end.
pub(super) fn update_tasks(tx: &Tx<'_>, job: JobId, updates: &[TaskUpdate]) -> Db<bool> {
    let mut ended = false;
    for update in updates {
        let mut row = match task(tx.conn, update.id)? {
            Some(row) if row.job_id == job => row,
            Some(_) => return Err(rules::foreign_task(update.id).into()),
            None => new_task(job, update, tx.now),
        };
        ended |= apply_task(&mut row, update, tx.now);
        tx.conn
            .prepare_cached(
                "INSERT INTO job_tasks (id, job_id, server_id, status, log, progress, started_at, completed_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (id) DO UPDATE SET
                     server_id = excluded.server_id, status = excluded.status, log = excluded.log,
                     progress = excluded.progress, started_at = excluded.started_at,
                     completed_at = excluded.completed_at",
            )?
            .execute(params![
                P(&row.id),
                P(&row.job_id),
                P(&row.server_id),
                P(&row.status),
                P(&row.log),
                row.progress,
                P(&row.started_at),
                P(&row.completed_at),
                P(&row.created_at),
            ])?;
    }
    Ok(ended)
}

//! Forgetting what is over, a batch at a time.

use jiff::Timestamp;
use rusqlite::params;

use super::codec::{P, cell};
use super::fault::Db;
use super::jobs::limit;
use super::writer::Tx;
use crate::id::JobId;
use crate::store::{Prune, Pruned};

pub(super) fn prune(tx: &Tx<'_>, prune: Prune) -> Db<Pruned> {
    let mut pruned = Pruned::default();
    if let Some(before) = prune.jobs_before {
        jobs(tx, before, prune.limit, &mut pruned)?;
    }
    if let Some(before) = prune.activity_before {
        pruned.activity = activity(tx, before, prune.limit)?;
    }
    if let Some(before) = prune.health_before {
        pruned.health = health(tx, before, prune.limit)?;
    }
    let full = prune.limit as u64;
    pruned.has_more |= pruned.activity >= full || pruned.health >= full;
    Ok(pruned)
}

fn jobs(tx: &Tx<'_>, before: Timestamp, most: usize, pruned: &mut Pruned) -> Db<()> {
    // Whole families go in one batch: a job once none is part of it any more.
    loop {
        let over = over(tx, before, most)?;
        if over.is_empty() {
            return Ok(());
        }
        for job in over {
            if pruned.job_rows() >= most as u64 {
                pruned.has_more = true;
                return Ok(());
            }
            remove(tx, job, pruned)?;
        }
    }
}

/// What ended before a time was made before it: the index leads to the oldest.
fn over(tx: &Tx<'_>, before: Timestamp, most: usize) -> Db<Vec<JobId>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT id FROM jobs j
         WHERE (status = 'completed' OR status = 'failed' OR status = 'cancelled')
           AND created_at < ?1 AND coalesce(completed_at, created_at) < ?1
           AND NOT EXISTS (SELECT 1 FROM jobs WHERE parent_job_id = j.id)
           AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = j.parent_job_id AND status IN ('pending', 'running'))
           AND NOT EXISTS (SELECT 1 FROM dsm_lease WHERE job_id = j.id AND until IS NOT NULL)
         ORDER BY created_at LIMIT ?2",
    )?;
    let rows = select.query_map(params![P(&before), limit(Some(most.max(1)))], |row| cell(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn remove(tx: &Tx<'_>, job: JobId, pruned: &mut Pruned) -> Db<()> {
    let delete = |from: &str| -> Db<u64> {
        let mut delete = tx.conn.prepare_cached(&format!("DELETE FROM {from} = ?1"))?;
        Ok(delete.execute([P(&job)])? as u64)
    };
    pruned.tasks += delete("job_tasks WHERE job_id")?;
    pruned.attempts += delete("dsm_attempt WHERE job_id")?;
    pruned.steps += delete("workflow_executions WHERE job_id")?;
    pruned.keys += delete("dsm_idempotency WHERE job_id")?;
    // Its lease goes with it, and its locks.
    pruned.jobs += delete("jobs WHERE id")?;
    Ok(())
}

/// Rows stand in the order in which they came, so the oldest are at the front: no index on the time is kept for this.
fn activity(tx: &Tx<'_>, before: Timestamp, most: usize) -> Db<u64> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM idrac_commands WHERE rowid IN (
             SELECT rowid FROM (SELECT rowid, timestamp FROM idrac_commands ORDER BY rowid LIMIT ?2)
             WHERE timestamp < ?1)",
    )?;
    Ok(delete.execute(params![P(&before), limit(Some(most))])? as u64)
}

/// The newest health of a server is not history: it is what its health is now.
fn health(tx: &Tx<'_>, before: Timestamp, most: usize) -> Db<u64> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM server_health WHERE (server_id, timestamp) IN (
             SELECT h.server_id, h.timestamp FROM servers s CROSS JOIN server_health h
             WHERE h.server_id = s.id AND h.timestamp < ?1
               AND h.timestamp < (SELECT max(timestamp) FROM server_health WHERE server_id = s.id)
             LIMIT ?2)",
    )?;
    Ok(delete.execute(params![P(&before), limit(Some(most))])? as u64)
}

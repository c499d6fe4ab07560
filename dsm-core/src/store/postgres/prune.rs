//! Forgetting what is over, a batch at a time.

use jiff::Timestamp;
use uuid::Uuid;

use super::codec::column;
use super::fault::Db;
use super::tx::Tx;
use crate::store::{Prune, Pruned};

pub(super) async fn prune(tx: &Tx<'_>, prune: Prune) -> Db<Pruned> {
    let mut pruned = Pruned::default();
    let most = i64::try_from(prune.limit).unwrap_or(i64::MAX);
    if let Some(before) = prune.jobs_before {
        jobs(tx, before, prune.limit, &mut pruned).await?;
    }
    if let Some(before) = prune.activity_before {
        let sql = "DELETE FROM idrac_commands WHERE id = ANY (ARRAY(
                       SELECT id FROM idrac_commands WHERE timestamp < $1 LIMIT $2))";
        pruned.activity = tx.link.execute(sql, &[&before, &most]).await?;
    }
    if let Some(before) = prune.health_before {
        pruned.health = tx.link.execute(OLD_HEALTH, &[&before, &most]).await?;
    }
    let full = prune.limit as u64;
    pruned.has_more |= pruned.activity >= full || pruned.health >= full;
    Ok(pruned)
}

/// The newest health of a server is not history: it is what its health is now.
pub(super) const OLD_HEALTH: &str = "DELETE FROM server_health h USING (
         SELECT o.server_id, o.timestamp FROM servers s
         CROSS JOIN LATERAL (SELECT max(timestamp) AS at FROM server_health WHERE server_id = s.id) newest
         JOIN server_health o ON o.server_id = s.id AND o.timestamp < least($1, newest.at)
         LIMIT $2
     ) old
     WHERE h.server_id = old.server_id AND h.timestamp = old.timestamp";

/// What ended before a time was made before it: the index leads to the oldest. Locked, so that none of them is tried
/// again, or given a part, before it is gone.
pub(super) const OVER: &str = "SELECT j.id FROM jobs j
     WHERE j.status IN ('completed', 'failed', 'cancelled') AND j.created_at < $1
       AND coalesce(j.completed_at, j.created_at) < $1
       AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_job_id = j.id)
       AND NOT EXISTS (SELECT 1 FROM jobs p
                       WHERE p.id = j.parent_job_id AND p.status NOT IN ('completed', 'failed', 'cancelled'))
       AND NOT EXISTS (SELECT 1 FROM dsm_lease l WHERE l.job_id = j.id AND l.until IS NOT NULL)
     ORDER BY j.created_at LIMIT $2 FOR UPDATE OF j SKIP LOCKED";

/// A part that was added while the lock was waited for.
pub(super) const CHILDLESS: &str = "SELECT id FROM unnest($1::uuid[]) WITH ORDINALITY o (id, place)
     WHERE NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent_job_id = o.id) ORDER BY place";

async fn jobs(tx: &Tx<'_>, before: Timestamp, most: usize, pruned: &mut Pruned) -> Db<()> {
    let window = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
    // Whole families go in one batch: a job once none is part of it any more.
    loop {
        let over: Vec<Uuid> = column(&tx.link.query(OVER, &[&before, &window]).await?)?;
        let over: Vec<Uuid> = column(&tx.link.query(CHILDLESS, &[&over]).await?)?;
        if over.is_empty() {
            return Ok(());
        }
        for job in over {
            if pruned.job_rows() >= most as u64 {
                pruned.has_more = true;
                return Ok(());
            }
            remove(tx, job, pruned).await?;
        }
    }
}

async fn remove(tx: &Tx<'_>, job: Uuid, pruned: &mut Pruned) -> Db<()> {
    // In tables that others made this reference keeps the job.
    let found = "UPDATE servers SET discovery_job_id = NULL WHERE discovery_job_id = $1";
    tx.link.execute(found, &[&job]).await?;
    for (sql, count) in [
        ("DELETE FROM job_tasks WHERE job_id = $1", &mut pruned.tasks),
        ("DELETE FROM dsm_attempt WHERE job_id = $1", &mut pruned.attempts),
        ("DELETE FROM workflow_executions WHERE job_id = $1", &mut pruned.steps),
        ("DELETE FROM dsm_idempotency WHERE job_id = $1", &mut pruned.keys),
        // Its lease and its locks go by their references.
        ("DELETE FROM jobs WHERE id = $1", &mut pruned.jobs),
    ] {
        *count += tx.link.execute(sql, &[&job]).await?;
    }
    Ok(())
}

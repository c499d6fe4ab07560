//! What a running attempt writes, fenced.

use serde_json::{Map, Value};

use super::codec::Jsonb;
use super::ends::{MERGED, check_fence};
use super::facts::Facts;
use super::family;
use super::fault::Db;
use super::inventory;
use super::rows;
use super::servers;
use super::steps;
use super::tasks;
use super::tx::Tx;
use crate::id::JobId;
use crate::job::TaskUpdate;
use crate::store::{AttemptReport, AttemptWrite};

pub(super) async fn write(tx: &Tx<'_>, write: &AttemptWrite, facts: &Facts) -> Db<AttemptReport> {
    if let Some(key) = write.lease {
        check_fence(tx, key).await?;
    }
    let mut report = AttemptReport::default();
    if !write.findings.is_empty() {
        report.servers = servers::write_findings(tx, &write.findings).await?;
    }
    if !write.inventories.is_empty() {
        inventory::write(tx, &write.inventories, write.lease.map(|key| key.job_id), facts).await?;
    }
    rows::write(tx, &write.rows, facts).await?;
    if let Some(key) = write.lease {
        write_job(tx, key.job_id, write).await?;
    }
    Ok(report)
}

async fn write_job(tx: &Tx<'_>, job: JobId, write: &AttemptWrite) -> Db<()> {
    merge_details(tx, job, &write.details).await?;
    let updates: Vec<(JobId, &TaskUpdate)> = write.tasks.iter().map(|update| (job, update)).collect();
    let has_task_ended = !tasks::update(tx, &updates).await?.is_empty();
    if steps::write(tx, job, &write.steps).await? || has_task_ended {
        let sql = "UPDATE dsm_lease SET orphaned = 0 WHERE job_id = $1 AND orphaned > 0";
        tx.link.execute(sql, &[&job.0]).await?;
    }
    family::tell_parts(tx, job, &write.parts).await?;
    if let Some(checkpoint) = &write.checkpoint {
        // An attempt that got further than the one before is not the poison that `orphaned` counts.
        tx.link
            .execute(
                "UPDATE dsm_lease SET checkpoint = $2,
                        orphaned = CASE WHEN checkpoint IS NOT DISTINCT FROM $2 THEN orphaned ELSE 0 END
                 WHERE job_id = $1",
                &[&job.0, &checkpoint.as_ref()],
            )
            .await?;
    }
    Ok(())
}

pub(super) async fn merge_details(tx: &Tx<'_>, job: JobId, details: &Map<String, Value>) -> Db<()> {
    if details.is_empty() {
        return Ok(());
    }
    let sql =
        format!("UPDATE jobs j SET details = {MERGED} FROM (SELECT $2::jsonb AS details) r WHERE j.id = $1");
    tx.link.execute(&sql, &[&job.0, &Jsonb::of(details)]).await?;
    Ok(())
}

//! Jobs that run by their parts.

use std::collections::BTreeMap;

use super::attempt::merge_details;
use super::codec::{Cursor, column, uuids};
use super::control::reopen;
use super::ends::{Ends, lock, write_cancelled};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::PartUpdate;
use crate::store::family::{Ended, OnFailure, fold, part_ended as reason};

/// Jobs ended. Those they are part of that run by their parts go on, or end.
pub(super) async fn parts_ended(tx: &Tx<'_>, ended: &[(JobId, JobStatus)]) -> Db<()> {
    let parts = uuids!(ended.iter().map(|(job, _)| *job));
    // Locked, so that of two parts that end at once the second sees the end of the first.
    let sql = "SELECT p.id, p.dsm_children, j.id FROM jobs j JOIN jobs p ON p.id = j.parent_job_id
               WHERE j.id = ANY($1) AND p.dsm_children IS NOT NULL AND p.status IN ('pending', 'running')
               ORDER BY p.id FOR NO KEY UPDATE OF p";
    let mut parents: BTreeMap<JobId, Option<String>> = BTreeMap::new();
    for row in &tx.link.query(sql, &[&parts]).await? {
        let mut cells = Cursor::new(row);
        let (parent, rule, part): (JobId, String, JobId) = (cells.take()?, cells.take()?, cells.take()?);
        let stop = parents.entry(parent).or_default();
        let to = ended.iter().find(|(job, _)| *job == part).map(|(_, to)| *to);
        if let Some(to) = to.filter(|to| OnFailure::from_word(&rule).stops_at(*to)) {
            *stop = Some(reason(part, to));
        }
    }
    for (parent, stop) in parents {
        if let Some(why) = stop {
            let sql = "SELECT id FROM jobs WHERE parent_job_id = $1 AND status = 'pending' AND NOT dsm_ready";
            let rest: Vec<JobId> = column(&tx.link.query(sql, &[&parent.0]).await?)?;
            write_cancelled(tx, rest.into_iter().map(|part| (part, why.clone())).collect()).await?;
        }
        Box::pin(go_on(tx, parent)).await?;
    }
    Ok(())
}

/// Parts that another program enqueued, told by who runs the job.
pub(super) async fn tell_parts(tx: &Tx<'_>, job: JobId, updates: &[PartUpdate]) -> Db<()> {
    if updates.is_empty() {
        return Ok(());
    }
    let ids = uuids!(updates.iter().map(|part| part.job_id));
    let sql = "SELECT id FROM jobs WHERE id = ANY($1) AND parent_job_id = $2 AND dsm_ready IS NULL
                 AND status IN ('pending', 'running') ORDER BY id FOR NO KEY UPDATE";
    let open: Vec<JobId> = column(&tx.link.query(sql, &[&ids, &job.0]).await?)?;
    let begun = uuids!(open.iter().copied());
    let sql = "UPDATE jobs SET status = 'running', started_at = coalesce(started_at, $2) WHERE id = ANY($1)";
    tx.link.execute(sql, &[&begun, &tx.now]).await?;
    let mut held = lock(tx, &open).await?;
    let mut ends = Ends::default();
    for part in updates.iter().filter(|part| open.contains(&part.job_id)) {
        let Some(held) = held.get_mut(&part.job_id) else { continue };
        if part.status.is_terminal() {
            ends.end_job(held, part.status, part.details.clone())?;
        } else {
            merge_details(tx, part.job_id, &part.details).await?;
        }
    }
    ends.apply(tx).await
}

/// Those whose turn it is may be claimed; after the last the job ends. The job is locked.
pub(super) async fn go_on(tx: &Tx<'_>, parent: JobId) -> Db<()> {
    let sql = "SELECT component_order::bigint FROM jobs
               WHERE parent_job_id = $1 AND status IN ('pending', 'running') ORDER BY component_order LIMIT 1";
    if let Some(row) = tx.link.query_opt(sql, &[&parent.0]).await? {
        let order: Option<i64> = Cursor::new(&row).take()?;
        let sql = "UPDATE jobs SET dsm_ready = true
                   WHERE parent_job_id = $1 AND status = 'pending' AND component_order = $2::bigint AND NOT dsm_ready";
        tx.link.execute(sql, &[&parent.0, &order]).await?;
        tx.wake();
        return Ok(());
    }
    let sql = "SELECT p.dsm_children, c.status::text,
                      coalesce(jsonb_typeof(c.details::jsonb) = 'object' AND c.details::jsonb @> '{\"partial\": true}', false)
               FROM jobs p JOIN jobs c ON c.parent_job_id = p.id WHERE p.id = $1";
    let (mut ended, mut rule) = (Ended::default(), OnFailure::default());
    for row in &tx.link.query(sql, &[&parent.0]).await? {
        let mut cells = Cursor::new(row);
        rule = OnFailure::from_word(&cells.take::<String>()?);
        ended.add(cells.take()?, cells.take()?);
    }
    let (to, details) = fold(ended, rule);
    let Some(mut held) = lock(tx, &[parent]).await?.remove(&parent) else { return Ok(()) };
    // As if one had begun, where all were cancelled before.
    held.status = JobStatus::Running;
    let mut ends = Ends::default();
    ends.end_job(&mut held, to, details)?;
    ends.apply(tx).await
}

/// The job runs once more: so do those of its parts that have something left to do.
pub(super) async fn reopen_parts(tx: &Tx<'_>, parent: JobId) -> Db<()> {
    let sql = "SELECT id FROM jobs WHERE parent_job_id = $1 AND dsm_ready IS NOT NULL
                 AND (status IN ('failed', 'cancelled')
                      OR (jsonb_typeof(details::jsonb) = 'object' AND details::jsonb @> '{\"partial\": true}'))
               ORDER BY id FOR NO KEY UPDATE";
    let undone: Vec<JobId> = column(&tx.link.query(sql, &[&parent.0]).await?)?;
    for part in undone {
        reopen(tx, part).await?;
    }
    go_on(tx, parent).await
}

/// A part is to run once more, while the job it is part of still runs.
pub(super) async fn part_returns(tx: &Tx<'_>, job: JobId) -> Db<()> {
    let sql = "SELECT p.id FROM jobs j JOIN jobs p ON p.id = j.parent_job_id
               WHERE j.id = $1 AND p.dsm_children IS NOT NULL AND p.status IN ('pending', 'running')
               FOR NO KEY UPDATE OF p";
    let parents: Vec<JobId> = column(&tx.link.query(sql, &[&job.0]).await?)?;
    match parents.first() {
        Some(parent) => go_on(tx, *parent).await,
        None => Ok(()),
    }
}

/// Of a job that runs by its parts, how many have not ended.
pub(super) async fn open_parts(link: &Link, job: JobId) -> Db<Option<u64>> {
    let sql =
        "SELECT (SELECT count(*) FROM jobs WHERE parent_job_id = $1 AND status IN ('pending', 'running'))
               FROM jobs WHERE id = $1 AND dsm_children IS NOT NULL";
    let row = link.query_opt(sql, &[&job.0]).await?;
    row.map(|row| Ok(u64::try_from(Cursor::new(&row).take::<i64>()?).unwrap_or_default())).transpose()
}

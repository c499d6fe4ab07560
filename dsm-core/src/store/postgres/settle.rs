//! Ends of attempts and of jobs: by word of the executor, by a lease that ran out, by a request to cancel.

use std::collections::HashMap;

use futures_util::future::try_join;
use serde_json::Map;
use uuid::Uuid;

use super::codec::{cell, column, uuids};
use super::ends::{Ends, Held, HeldLease, cancellation, lock};
use super::fault::Db;
use super::jobs::attempts_of;
use super::locks;
use super::tasks;
use super::tx::Tx;
use crate::id::JobId;
use crate::job::{JobStatus, TaskUpdate};
use crate::store::rules::{ORPHANED, orphan_evidence, outcome_word};
use crate::store::{Attempt, Cancelled, LeaseKey, Outcome, Reaped, Settled, Settlement};

/// How each attempt is recorded to have ended; `None` while it runs.
type Recorded = HashMap<LeaseKey, Option<String>>;

pub(super) async fn settle(tx: &Tx<'_>, items: &[Settlement]) -> Db<Vec<Settled>> {
    let jobs: Vec<JobId> = items.iter().map(|item| item.lease.job_id).collect();
    let mut held = lock(tx, &jobs).await?;
    let mut recorded = recorded(tx, items).await?;
    let mut ends = Ends::default();
    let mut updates: Vec<(JobId, &TaskUpdate)> = Vec::new();
    let mut answers = Vec::with_capacity(items.len());
    for item in items {
        let answer = match held.get_mut(&item.lease.job_id) {
            Some(held) => judge(&mut ends, held, &mut recorded, item)?,
            None => Settled::LeaseLost,
        };
        if answer == Settled::Applied {
            updates.extend(item.tasks.iter().map(|update| (item.lease.job_id, update)));
        }
        answers.push(answer);
    }
    // Last words on tasks come before what is left of them ends with the job.
    tasks::update(tx, &updates).await?;
    ends.apply(tx).await?;
    Ok(answers)
}

async fn recorded(tx: &Tx<'_>, items: &[Settlement]) -> Db<Recorded> {
    let fences: Vec<i64> = items.iter().map(|item| item.lease.fence).collect();
    let rows = tx
        .link
        .query("SELECT job_id, fence, outcome FROM dsm_attempt WHERE fence = ANY($1)", &[&fences])
        .await?;
    rows.iter()
        .map(|row| Ok((LeaseKey { job_id: cell(row, 0)?, fence: cell(row, 1)? }, cell(row, 2)?)))
        .collect()
}

fn judge(ends: &mut Ends, held: &mut Held, recorded: &mut Recorded, item: &Settlement) -> Db<Settled> {
    let LeaseKey { fence, .. } = item.lease;
    let word = outcome_word(&item.outcome);
    match recorded.get(&item.lease) {
        Some(None) => {}
        Some(Some(earlier)) if earlier == word => return Ok(Settled::AlreadyApplied),
        _ if held.status.is_terminal() => return Ok(Settled::Terminal(held.status)),
        _ => return Ok(Settled::LeaseLost),
    }
    if held.status != JobStatus::Running {
        // Another program wrote to the row. Its word stands; the attempt is over.
        let ended = held.status.is_terminal();
        let word = if ended { held.status.as_str() } else { ORPHANED };
        ends.end_attempt(fence, word, None);
        ends.free_lease(held, true, None);
        if ended {
            ends.clean_up(held);
        }
        recorded.insert(item.lease, Some(word.to_owned()));
        return Ok(if ended { Settled::Terminal(held.status) } else { Settled::LeaseLost });
    }
    let details = item.details.clone();
    let (error, counted) = match &item.outcome {
        Outcome::End(to, error) => {
            ends.end_job(held, *to, details)?;
            (error.as_deref(), true)
        }
        Outcome::Retry(at, error) => {
            ends.give_back(held, Some(*at), details)?;
            (Some(error.as_str()), true)
        }
        Outcome::Snooze(at) => {
            ends.give_back(held, Some(*at), details)?;
            (None, false)
        }
        Outcome::Line(lane) => {
            ends.send_to(held, lane);
            ends.give_back(held, None, details)?;
            (None, false)
        }
        Outcome::Release => {
            ends.give_back(held, None, details)?;
            (None, false)
        }
    };
    ends.end_attempt(fence, word, error);
    ends.free_lease(held, counted, Some(0));
    recorded.insert(item.lease, Some(word.to_owned()));
    Ok(Settled::Applied)
}

/// How many leases one call takes back at most: bounds its transaction. The next beat takes the rest.
const AT_ONCE: i64 = 1000;

pub(super) async fn reap(tx: &Tx<'_>, max_orphanings: u32) -> Db<Vec<Reaped>> {
    let most = max_orphanings.max(1);
    locks::expire(tx).await?;
    let (expired, unjudged) = try_join(
        tx.link.query(
            "SELECT job_id FROM dsm_lease WHERE until IS NOT NULL AND until <= $1 ORDER BY until LIMIT $2",
            &[&tx.now, &AT_ONCE],
        ),
        // Jobs given back on proof of death were not judged then.
        tx.link.query(
            "SELECT l.job_id FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
             WHERE l.orphaned > 0 AND l.orphaned >= $1 AND l.until IS NULL AND j.status = 'pending' LIMIT $2",
            &[&i32::try_from(most).unwrap_or(i32::MAX), &AT_ONCE],
        ),
    )
    .await?;
    let mut jobs: Vec<JobId> = column(&expired)?;
    jobs.extend(column::<JobId>(&unjudged)?);
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let mut held = lock(tx, &jobs).await?;
    let histories = attempts_of(tx.link, &jobs).await?;
    let history = |job: &JobId| histories.get(job).map(Vec::as_slice).unwrap_or_default();
    let mut ends = Ends::default();
    let mut reaped = Vec::new();
    for job in &jobs {
        let Some(held) = held.get_mut(job) else { continue };
        // What was seen before the lock may be over by now: renewed, settled, or taken back by somebody else.
        let status = match held.lease.clone() {
            Some(lease) if lease.until.is_some_and(|until| until <= tx.now) => {
                orphan(&mut ends, held, &lease, Some(most), history(job))?
            }
            Some(lease)
                if lease.until.is_none() && lease.orphaned >= most && held.status == JobStatus::Pending =>
            {
                held.status = JobStatus::Running;
                ends.end_job(held, JobStatus::Failed, orphan_evidence(history(job), lease.orphaned))?;
                ends.free_lease(held, true, None);
                Some(JobStatus::Failed)
            }
            _ => None,
        };
        reaped.extend(status.map(|status| Reaped { job_id: *job, status }));
    }
    ends.apply(tx).await?;
    Ok(reaped)
}

/// Takes a job from an executor that went away. `None` where another program had ended the job before.
fn orphan(
    ends: &mut Ends,
    held: &mut Held,
    lease: &HeldLease,
    most: Option<u32>,
    history: &[Attempt],
) -> Db<Option<JobStatus>> {
    ends.end_attempt(lease.fence, ORPHANED, None);
    let orphaned = lease.orphaned.saturating_add(1);
    let status = if held.status == JobStatus::Running {
        if most.is_some_and(|most| orphaned >= most) && !held.is_to_be_cancelled() {
            let mut history = history.to_vec();
            if let Some(last) = history.iter_mut().find(|attempt| attempt.fence == lease.fence) {
                last.outcome = Some(ORPHANED.to_owned());
            }
            ends.end_job(held, JobStatus::Failed, orphan_evidence(&history, orphaned))?;
        } else {
            ends.give_back(held, None, Map::new())?;
        }
        Some(held.status)
    } else {
        None
    };
    ends.free_lease(held, true, Some(orphaned));
    Ok(status)
}

/// Takes back all that these incarnations hold, which are proved dead. The jobs that are pending again, or ended.
pub(super) async fn orphan_all(tx: &Tx<'_>, dead: &[Uuid]) -> Db<Vec<JobId>> {
    let mut ends = Ends::default();
    let mut released = Vec::new();
    for (mut held, lease) in held_by(tx, dead).await? {
        if orphan(&mut ends, &mut held, &lease, None, &[])?.is_some() {
            released.push(held.job);
        }
    }
    ends.apply(tx).await?;
    Ok(released)
}

/// The executor gives everything back as it leaves.
pub(super) async fn release_all(tx: &Tx<'_>, incarnation: Uuid) -> Db<()> {
    let mut ends = Ends::default();
    for (mut held, lease) in held_by(tx, &[incarnation]).await? {
        ends.end_attempt(lease.fence, outcome_word(&Outcome::Release), None);
        if held.status == JobStatus::Running {
            ends.give_back(&mut held, None, Map::new())?;
        }
        ends.free_lease(&held, false, None);
    }
    ends.apply(tx).await
}

/// Locked, in the order they were claimed.
async fn held_by(tx: &Tx<'_>, incarnations: &[Uuid]) -> Db<Vec<(Held, HeldLease)>> {
    let rows = tx
        .link
        .query(
            "SELECT job_id FROM dsm_lease WHERE until IS NOT NULL AND incarnation = ANY($1)",
            &[&incarnations],
        )
        .await?;
    let mut all: Vec<(Held, HeldLease)> = lock(tx, &column::<JobId>(&rows)?)
        .await?
        .into_values()
        .filter_map(|held| {
            let lease = held.lease.clone()?;
            let is_theirs =
                lease.until.is_some() && lease.incarnation.is_some_and(|by| incarnations.contains(&by));
            is_theirs.then_some((held, lease))
        })
        .collect();
    all.sort_by_key(|(_, lease)| lease.fence);
    Ok(all)
}

pub(super) async fn cancel(tx: &Tx<'_>, job: JobId, reason: &str) -> Db<Cancelled> {
    let Some(mut held) = lock(tx, &[job]).await?.remove(&job) else { return Ok(Cancelled::NotFound) };
    if held.status.is_terminal() {
        return Ok(Cancelled::AlreadyEnded);
    }
    let is_held = held.lease.as_ref().is_some_and(|lease| lease.until.is_some());
    if held.status == JobStatus::Running && is_held {
        let sql = "UPDATE dsm_lease SET cancel_requested = true, cancel_reason = $2 WHERE job_id = $1";
        tx.link.execute(sql, &[&job.0, &super::codec::text(reason)]).await?;
        return Ok(Cancelled::Requested);
    }
    // Nobody holds it (it waits, or another program set it running): there is nobody to tell.
    let mut ends = Ends::default();
    ends.end_job(&mut held, JobStatus::Cancelled, cancellation(reason))?;
    ends.apply(tx).await?;
    let over = uuids!([job]);
    tx.link.execute("UPDATE dsm_lease SET checkpoint = NULL WHERE job_id = ANY($1)", &[&over]).await?;
    Ok(Cancelled::AtOnce)
}

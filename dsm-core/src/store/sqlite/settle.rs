//! Ends of attempts and of jobs: by word of the executor, by a lease that ran out, by a request to cancel.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::attempt::update_tasks;
use super::codec::{P, cell, json_text};
use super::family;
use super::fault::Db;
use super::jobs::{attempts, merge_details, scrub, status};
use super::locks;
use super::pauses;
use super::writer::Tx;
use crate::error::{Error, ErrorKind};
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::rules::{CANCELLATION_REASON, ORPHANED, orphan_evidence, outcome_word, parent_ended};
use crate::store::{Cancelled, LeaseKey, Outcome, Reaped, Settled, Settlement};

pub(super) fn settle(tx: &Tx<'_>, items: &[Settlement]) -> Db<Vec<Settled>> {
    let plain = plain(tx, items)?;
    complete(tx, &plain)?;
    let mut plain = plain.into_iter().map(|end| end.place).peekable();
    let answer = |(place, item)| match plain.next_if_eq(&place) {
        Some(_) => Ok(Settled::Applied),
        None => settle_one(tx, item),
    };
    items.iter().enumerate().map(answer).collect()
}

/// An attempt that went well, at a job of which no other is part nor it of any: such ends are written together, whatever
/// their order.
struct PlainEnd<'i> {
    place: usize,
    item: &'i Settlement,
    rowid: i64,
    has_tasks: bool,
    has_locks: bool,
}

/// The plain ones among them, in their order; of those for the same job only the first can be one.
fn plain<'i>(tx: &Tx<'_>, items: &'i [Settlement]) -> Db<Vec<PlainEnd<'i>>> {
    let mut seen = HashSet::new();
    let asked: Vec<Option<i64>> = items
        .iter()
        .map(|item| {
            let is_first = seen.insert(item.lease.job_id);
            let is_plain = is_first && matches!(item.outcome, Outcome::End(JobStatus::Completed, _));
            is_plain.then_some(item.lease.fence)
        })
        .collect();
    let mut select = tx.conn.prepare_cached(
        "SELECT e.key, j.id, j.rowid, EXISTS (SELECT 1 FROM job_tasks WHERE job_id = j.id),
                EXISTS (SELECT 1 FROM dsm_lock WHERE job_id = j.id)
         FROM json_each(?1) e
         CROSS JOIN dsm_attempt a ON a.fence = e.value
         CROSS JOIN jobs j ON j.id = a.job_id
         WHERE j.status = 'running' AND a.outcome IS NULL AND j.parent_job_id IS NULL",
    )?;
    let mut rows = select.query([json_text(&asked)])?;
    let mut plain = Vec::new();
    while let Some(row) = rows.next()? {
        let place = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        let job: JobId = cell(row, 1)?;
        if let Some(item) = items.get(place).filter(|item| item.lease.job_id == job) {
            let (rowid, has_tasks, has_locks) = (cell(row, 2)?, cell(row, 3)?, cell(row, 4)?);
            plain.push(PlainEnd { place, item, rowid, has_tasks, has_locks });
        }
    }
    Ok(plain)
}

/// A few statements for all of them.
fn complete(tx: &Tx<'_>, ends: &[PlainEnd<'_>]) -> Db<()> {
    if ends.is_empty() {
        return Ok(());
    }
    moved(Transition::End(JobStatus::Completed), JobStatus::Running)?;
    for end in ends {
        merge_details(tx.conn, end.item.lease.job_id, &end.item.details)?;
        update_tasks(tx, end.item.lease.job_id, &end.item.tasks)?;
        if end.has_tasks || !end.item.tasks.is_empty() {
            close_tasks(tx, end.item.lease.job_id, JobStatus::Completed)?;
        }
    }
    let fences: Vec<i64> = ends.iter().map(|end| end.item.lease.fence).collect();
    tx.conn
        .prepare_cached(
            "UPDATE dsm_attempt SET ended_at = ?2, outcome = 'completed'
             WHERE fence IN (SELECT value FROM json_each(?1))",
        )?
        .execute(params![json_text(&fences), P(&tx.now)])?;
    for PlainEnd { item, .. } in ends {
        if let Outcome::End(_, Some(error)) = &item.outcome {
            end_attempt(tx, item.lease.fence, outcome_word(&item.outcome), Some(error))?;
        }
    }
    let rowids: Vec<i64> = ends.iter().map(|end| end.rowid).collect();
    tx.conn
        .prepare_cached(
            "UPDATE jobs SET status = 'completed', completed_at = ?2
             WHERE rowid IN (SELECT value FROM json_each(?1))",
        )?
        .execute(params![json_text(&rowids), P(&tx.now)])?;
    let jobs: Vec<JobId> = ends.iter().map(|end| end.item.lease.job_id).collect();
    tx.conn
        .prepare_cached("DELETE FROM dsm_lease WHERE job_id IN (SELECT value FROM json_each(?1))")?
        .execute([json_text(&jobs)])?;
    let locked = ends.iter().filter(|end| end.has_locks);
    locked.map(|end| end.item.lease.job_id).try_for_each(|job| locks::release_job(tx, job))
}

fn settle_one(tx: &Tx<'_>, item: &Settlement) -> Db<Settled> {
    let LeaseKey { job_id, fence } = item.lease;
    let word = outcome_word(&item.outcome);
    let Some(job_status) = status(tx.conn, job_id)? else { return Ok(Settled::LeaseLost) };
    match recorded_outcome(tx, item.lease)? {
        Some(None) => {}
        Some(Some(earlier)) if earlier == word => return Ok(Settled::AlreadyApplied),
        _ if job_status.is_terminal() => return Ok(Settled::Terminal(job_status)),
        _ => return Ok(Settled::LeaseLost),
    }
    if job_status != JobStatus::Running {
        // Another program wrote to the row. Its word stands; the attempt is over.
        let ended = job_status.is_terminal();
        end_attempt(tx, fence, if ended { job_status.as_str() } else { ORPHANED }, None)?;
        if ended {
            forget_lease(tx, job_id)?;
            scrub(tx.conn, job_id)?;
            return Ok(Settled::Terminal(job_status));
        }
        free_lease(tx, job_id, Freed::default())?;
        return Ok(Settled::LeaseLost);
    }
    merge_details(tx.conn, job_id, &item.details)?;
    update_tasks(tx, job_id, &item.tasks)?;
    let (error, retry_at) = match &item.outcome {
        Outcome::End(_, error) => (error.as_deref(), None),
        Outcome::Retry(at, error) => (Some(error.as_str()), Some(*at)),
        Outcome::Snooze(at) => (None, Some(*at)),
        Outcome::Release | Outcome::Line(_) => (None, None),
    };
    if let Outcome::Line(lane) = &item.outcome {
        tx.conn
            .prepare_cached("UPDATE jobs SET dsm_lane = ?2 WHERE id = ?1")?
            .execute(params![P(&job_id), lane])?;
    }
    end_attempt(tx, fence, word, error)?;
    match item.outcome {
        Outcome::End(to, _) => end_job(tx, job_id, JobStatus::Running, to)?,
        _ => give_back(tx, job_id, retry_at).map(drop)?,
    }
    free_lease(tx, job_id, Freed { is_uncounted: matches!(word, "released"), goes_well: true })?;
    Ok(Settled::Applied)
}

/// `None`: there was no such attempt. `Some(None)`: it runs.
fn recorded_outcome(tx: &Tx<'_>, key: LeaseKey) -> Db<Option<Option<String>>> {
    let mut select =
        tx.conn.prepare_cached("SELECT outcome FROM dsm_attempt WHERE fence = ?1 AND job_id = ?2")?;
    Ok(select.query_row(params![key.fence, P(&key.job_id)], |row| cell(row, 0)).optional()?)
}

fn end_attempt(tx: &Tx<'_>, fence: i64, word: &str, error: Option<&str>) -> Db<()> {
    tx.conn
        .prepare_cached("UPDATE dsm_attempt SET ended_at = ?2, outcome = ?3, error = ?4 WHERE fence = ?1")?
        .execute(params![fence, P(&tx.now), word, error])?;
    Ok(())
}

#[derive(Default)]
struct Freed {
    /// An attempt given back is not held against the job.
    is_uncounted: bool,
    /// Its executor is alive: orphanings are counted in a row.
    goes_well: bool,
}

/// Nobody holds the job any more. Where it has ended there is no lease left.
fn free_lease(tx: &Tx<'_>, job: JobId, freed: Freed) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE dsm_lease SET until = NULL, executor = NULL, incarnation = NULL, attempt = attempt - ?2,
                    orphaned = CASE WHEN ?3 THEN 0 ELSE orphaned END
             WHERE job_id = ?1",
        )?
        .execute(params![P(&job), freed.is_uncounted, freed.goes_well])?;
    Ok(())
}

/// The job is over: there will be no other attempt, nor anybody to read its checkpoint.
fn forget_lease(tx: &Tx<'_>, job: JobId) -> Db<()> {
    tx.conn.prepare_cached("DELETE FROM dsm_lease WHERE job_id = ?1")?.execute([P(&job)])?;
    Ok(())
}

/// A held job goes back to pending; one that is to be cancelled ends here instead.
fn give_back(tx: &Tx<'_>, job: JobId, at: Option<Timestamp>) -> Db<JobStatus> {
    let reason = cancel_wanted(tx, job)?;
    if let Some(reason) = reason {
        note_reason(tx, job, &reason)?;
        end_job(tx, job, JobStatus::Running, JobStatus::Cancelled)?;
        return Ok(JobStatus::Cancelled);
    }
    let to = moved(Transition::Release, JobStatus::Running)?;
    if at.is_some() || pauses::is_paused(tx.conn, job)? {
        // It comes back later: until then nobody waits for it.
        locks::release_job(tx, job)?;
    } else {
        locks::back_to_line(tx, job)?;
    }
    tx.conn
        .prepare_cached(
            "UPDATE jobs SET status = ?2, schedule_at = coalesce(?3, schedule_at),
                    dsm_turn = CASE WHEN ?3 IS NULL THEN dsm_turn END
             WHERE id = ?1",
        )?
        .execute(params![P(&job), P(&to), P(&at)])?;
    tx.conn
        .prepare_cached("UPDATE job_tasks SET status = 'pending' WHERE job_id = ?1 AND status = 'running'")?
        .execute([P(&job)])?;
    tx.wake();
    Ok(to)
}

fn cancel_wanted(tx: &Tx<'_>, job: JobId) -> Db<Option<String>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT coalesce(cancel_reason, '') FROM dsm_lease WHERE job_id = ?1 AND cancel_requested",
    )?;
    Ok(select.query_row([P(&job)], |row| row.get(0)).optional()?)
}

/// The job ends: its open tasks with it, and, unless it went well, the children that were to come.
pub(super) fn end_job(tx: &Tx<'_>, job: JobId, from: JobStatus, to: JobStatus) -> Db<()> {
    let transition = if from == JobStatus::Pending { Transition::Cancel } else { Transition::End(to) };
    close_rows(tx, job, moved(transition, from)?)?;
    if to != JobStatus::Completed {
        for child in open_descendants(tx, job)? {
            cancel_child(tx, child, &parent_ended(job, to))?;
        }
    }
    family::part_ended(tx, job, to)
}

/// One that an executor holds is told, as if it had been cancelled by itself: it keeps its lane until it has stopped.
fn cancel_child(tx: &Tx<'_>, child: JobId, reason: &str) -> Db<()> {
    if !mark(tx, child, reason)? {
        note_reason(tx, child, reason)?;
        close_rows(tx, child, JobStatus::Cancelled)?;
    }
    Ok(())
}

/// Tells who holds a job that it is to be cancelled; whether anybody does.
fn mark(tx: &Tx<'_>, job: JobId, reason: &str) -> Db<bool> {
    let marked = tx
        .conn
        .prepare_cached(
            "UPDATE dsm_lease SET cancel_requested = 1, cancel_reason = ?2 WHERE job_id = ?1 AND until IS NOT NULL",
        )?
        .execute(params![P(&job), reason])?;
    Ok(marked > 0)
}

pub(super) fn close_rows(tx: &Tx<'_>, job: JobId, to: JobStatus) -> Db<()> {
    tx.conn
        .prepare_cached("UPDATE jobs SET status = ?2, completed_at = ?3 WHERE id = ?1")?
        .execute(params![P(&job), P(&to), P(&tx.now)])?;
    close_tasks(tx, job, to)?;
    if to != JobStatus::Completed {
        // What goes well is settled by an executor, which brings its details clean.
        scrub(tx.conn, job)?;
    }
    locks::release_job(tx, job)?;
    forget_lease(tx, job)
}

fn close_tasks(tx: &Tx<'_>, job: JobId, to: JobStatus) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE job_tasks SET status = ?2, completed_at = ?3,
                    progress = CASE ?2 WHEN 'completed' THEN 100 ELSE progress END
             WHERE job_id = ?1 AND status IN ('pending', 'running')",
        )?
        .execute(params![P(&job), P(&to), P(&tx.now)])?;
    Ok(())
}

fn open_descendants(tx: &Tx<'_>, job: JobId) -> Db<Vec<JobId>> {
    let mut select = tx.conn.prepare_cached(
        "WITH RECURSIVE below (id) AS (
             SELECT id FROM jobs WHERE parent_job_id = ?1
             UNION
             SELECT j.id FROM jobs j JOIN below b ON j.parent_job_id = b.id
         )
         SELECT j.id FROM below b JOIN jobs j ON j.id = b.id WHERE j.status IN ('pending', 'running')",
    )?;
    let rows = select.query_map([P(&job)], |row| cell(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn note_reason(tx: &Tx<'_>, job: JobId, reason: &str) -> Db<()> {
    let keys = Map::from_iter([(CANCELLATION_REASON.to_owned(), Value::from(reason))]);
    merge_details(tx.conn, job, &keys)
}

/// The table of moves has the last word; a move it does not know here is a defect of this store.
fn moved(transition: Transition, from: JobStatus) -> Db<JobStatus> {
    transition.apply(from).ok_or_else(|| {
        Error::new(ErrorKind::Store, format!("no move {transition:?} from {from}"))
            .hint("this is a defect of the store: report it")
            .into()
    })
}

pub(super) fn reap(tx: &Tx<'_>, max_orphanings: u32) -> Db<Vec<Reaped>> {
    let most = max_orphanings.max(1);
    let mut reaped = Vec::new();
    locks::expire(tx)?;
    for key in expired(tx)? {
        if let Some(status) = orphan(tx, key, Some(most))? {
            reaped.push(Reaped { job_id: key.job_id, status });
        }
    }
    // Jobs given back on proof of death were not judged then.
    for (job, orphaned) in too_often_orphaned(tx, most)? {
        let running = moved(Transition::Claim, JobStatus::Pending)?;
        give_up(tx, job, running, orphaned)?;
        reaped.push(Reaped { job_id: job, status: JobStatus::Failed });
    }
    Ok(reaped)
}

fn expired(tx: &Tx<'_>) -> Db<Vec<LeaseKey>> {
    let mut select = tx
        .conn
        .prepare_cached("SELECT job_id, fence FROM dsm_lease WHERE until IS NOT NULL AND until <= ?1")?;
    let rows =
        select.query_map([P(&tx.now)], |row| Ok(LeaseKey { job_id: cell(row, 0)?, fence: cell(row, 1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn too_often_orphaned(tx: &Tx<'_>, most: u32) -> Db<Vec<(JobId, u32)>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT l.job_id, l.orphaned FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
         WHERE l.orphaned > 0 AND l.orphaned >= ?1 AND l.until IS NULL AND j.status = 'pending'",
    )?;
    let rows = select.query_map([most], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes a job from an executor that went away. `None` where another program had ended the job before.
pub(super) fn orphan(tx: &Tx<'_>, key: LeaseKey, most: Option<u32>) -> Db<Option<JobStatus>> {
    end_attempt(tx, key.fence, ORPHANED, None)?;
    let orphaned: u32 = tx
        .conn
        .prepare_cached("UPDATE dsm_lease SET orphaned = orphaned + 1 WHERE job_id = ?1 RETURNING orphaned")?
        .query_row([P(&key.job_id)], |row| cell(row, 0))?;
    let status = match status(tx.conn, key.job_id)? {
        Some(JobStatus::Running)
            if most.is_some_and(|most| orphaned >= most) && cancel_wanted(tx, key.job_id)?.is_none() =>
        {
            give_up(tx, key.job_id, JobStatus::Running, orphaned)?;
            Some(JobStatus::Failed)
        }
        Some(JobStatus::Running) => Some(give_back(tx, key.job_id, None)?),
        Some(ended) if ended.is_terminal() => {
            forget_lease(tx, key.job_id)?;
            None
        }
        _ => None,
    };
    free_lease(tx, key.job_id, Freed::default())?;
    Ok(status)
}

fn give_up(tx: &Tx<'_>, job: JobId, from: JobStatus, orphaned: u32) -> Db<()> {
    merge_details(tx.conn, job, &orphan_evidence(&attempts(tx.conn, job)?, orphaned))?;
    end_job(tx, job, from, JobStatus::Failed)
}

/// The executor gives a job back as it leaves.
pub(super) fn release(tx: &Tx<'_>, key: LeaseKey) -> Db<()> {
    end_attempt(tx, key.fence, outcome_word(&Outcome::Release), None)?;
    if status(tx.conn, key.job_id)? == Some(JobStatus::Running) {
        give_back(tx, key.job_id, None)?;
    }
    free_lease(tx, key.job_id, Freed { is_uncounted: true, goes_well: false })
}

pub(super) fn cancel(tx: &Tx<'_>, job: JobId, reason: &str) -> Db<Cancelled> {
    match status(tx.conn, job)? {
        None => Ok(Cancelled::NotFound),
        Some(JobStatus::Pending) => {
            note_reason(tx, job, reason)?;
            end_job(tx, job, JobStatus::Pending, JobStatus::Cancelled)?;
            Ok(Cancelled::AtOnce)
        }
        Some(JobStatus::Running) => {
            if !mark(tx, job, reason)? {
                // Nobody holds it (another program set it running): there is nobody to tell.
                note_reason(tx, job, reason)?;
                end_job(tx, job, JobStatus::Running, JobStatus::Cancelled)?;
                return Ok(Cancelled::AtOnce);
            }
            Ok(Cancelled::Requested)
        }
        Some(_) => Ok(Cancelled::AlreadyEnded),
    }
}

//! Rules of jobs and tasks that hold in every store.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{CredentialSetId, JobId, ServerId, TaskId};
use crate::job::{JobStatus, NewJob, TaskRow, TaskUpdate};
use crate::store::family::check_parts;
use crate::store::fields::{Blank, one_of};
use crate::store::lock::check_lane;
use crate::store::step::check_steps;
use crate::store::table::check_rows;
use crate::store::{Attempt, AttemptWrite, CredentialSetRow, Outcome};

/// The word of an outcome in the history: with the fence, what makes a repeated settlement known.
pub(crate) const fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::End(status, _) => status.as_str(),
        Outcome::Retry(..) => "retry",
        Outcome::Release | Outcome::Snooze(_) | Outcome::Line(_) => "released",
    }
}

/// The word of an attempt whose executor went away.
pub(crate) const ORPHANED: &str = "orphaned";

/// Key of `details` that says why a job was cancelled, as the existing system writes it.
pub(crate) const CANCELLATION_REASON: &str = "cancellation_reason";

pub(crate) fn check_job(job: &NewJob) -> Result<()> {
    if job.job_type.is_blank() {
        return Err(Error::invalid("job_type", "the job has no type", "name one of the job types"));
    }
    check_parts(job)?;
    job.children.iter().try_for_each(check_job)?;
    job.lane.as_deref().map_or(Ok(()), check_lane)
}

pub(crate) fn check_credential_set(set: &CredentialSetRow) -> Result<()> {
    if set.name.is_blank() {
        return Err(Error::invalid("name", "the credential set has no name", "give it one"));
    }
    one_of("credential_type", Some(&set.credential_type), &["idrac", "esxi", "vcenter"])
}

/// An attempt can only end in a terminal state.
pub(crate) fn check_outcome(outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::End(status, _) if !status.is_terminal() => Err(Error::invalid(
            "outcome",
            format!("an attempt cannot end as {status}"),
            "end it as completed, failed or cancelled, or use Retry or Release",
        )),
        Outcome::Line(lane) => check_lane(lane),
        _ => Ok(()),
    }
}

/// Job columns belong to an attempt: a write outside any has none to write to. Rows may come from anybody.
pub(crate) fn check_write(write: &AttemptWrite) -> Result<()> {
    check_steps(&write.steps)?;
    check_rows(&write.rows)?;
    let needs_job = !write.details.is_empty()
        || !write.tasks.is_empty()
        || !write.steps.is_empty()
        || write.checkpoint.is_some();
    if write.lease.is_none() && needs_job {
        return Err(Error::invalid(
            "lease",
            "details, tasks, steps and checkpoint belong to an attempt",
            "send the attempt's lease with them",
        ));
    }
    Ok(())
}

pub(crate) fn lease_lost(job: JobId) -> Error {
    Error::new(ErrorKind::LeaseLost, "another attempt holds the job, or it has ended: nothing was written")
        .about(format!("job {job}"))
}

pub(crate) fn foreign_task(task: TaskId) -> Error {
    Error::invalid(
        "tasks",
        format!("task {task} is part of another job"),
        "write only tasks of the attempt's own job",
    )
}

pub(crate) fn no_such_server(id: ServerId) -> Error {
    Error::new(ErrorKind::NotFound, "there is no such server")
        .about(format!("server {id}"))
        .hint("write a finding for it first")
}

pub(crate) fn no_such_parent(job: JobId) -> Error {
    Error::invalid("parent_job_id", format!("there is no job {job}"), "enqueue it first")
}

pub(crate) fn no_such_job(field: &str, job: JobId) -> Error {
    Error::invalid(field, format!("there is no job {job}"), "leave it out")
}

pub(crate) fn no_such_set(field: &str, set: CredentialSetId) -> Error {
    Error::invalid(field, format!("there is no credential set {set}"), "add it first")
}

pub(crate) fn set_name_taken(name: &str) -> Error {
    Error::invalid("name", format!("another credential set is called `{name}`"), "name it otherwise")
}

/// Says which server has the address or tag.
pub(crate) fn taken(column: &str, value: &str, owner: ServerId) -> Error {
    Error::invalid(
        column,
        format!("{value} is server {owner}'s"),
        "change that server, or take the value from it first",
    )
}

/// Why a child was cancelled.
pub(crate) fn parent_ended(parent: JobId, to: JobStatus) -> String {
    format!("job {parent} it is part of ended as {to}")
}

pub(crate) fn new_task(job_id: JobId, update: &TaskUpdate, now: Timestamp) -> TaskRow {
    TaskRow {
        id: update.id,
        job_id,
        server_id: update.server_id,
        status: JobStatus::Pending,
        log: None,
        progress: 0,
        started_at: None,
        completed_at: None,
        created_at: now,
    }
}

/// Lays an update over a task: progress only rises, and an ended task stays as it ended. Whether this ended it.
pub(crate) fn apply_task(task: &mut TaskRow, update: &TaskUpdate, now: Timestamp) -> bool {
    if task.status.is_terminal() {
        return false;
    }
    task.server_id = task.server_id.or(update.server_id);
    if let Some(log) = &update.log {
        task.log = Some(log.clone());
    }
    if let Some(progress) = update.progress {
        task.progress = task.progress.max(progress.min(100));
    }
    if let Some(status) = update.status {
        task.status = status;
        if status != JobStatus::Pending {
            task.started_at.get_or_insert(now);
        }
        if status.is_terminal() {
            task.completed_at = Some(now);
        }
    }
    task.status.is_terminal()
}

/// A task its handler left open ends as its job does.
pub(crate) fn end_task(task: &mut TaskRow, status: JobStatus, now: Timestamp) {
    if task.status.is_terminal() {
        return;
    }
    task.status = status;
    task.completed_at = Some(now);
    if status == JobStatus::Completed {
        task.progress = 100;
    }
}

/// Attempts that are shown of a job that was given up.
const MOST_SHOWN: usize = 10;

/// `details` of a job that took its executors down with it: the evidence.
pub(crate) fn orphan_evidence(attempts: &[Attempt], orphaned: u32) -> Map<String, Value> {
    let lost: Vec<&Attempt> =
        attempts.iter().filter(|attempt| attempt.outcome.as_deref() == Some(ORPHANED)).collect();
    let tail = lost.iter().rev().take(orphaned as usize).rev();
    let evidence: Vec<String> = tail
        .map(|attempt| {
            format!("attempt {} on {} from {}", attempt.number, attempt.executor, attempt.started_at)
        })
        .collect();
    let text = format!(
        "given up: {orphaned} executors in a row went away while running it ({}); look into their logs, then enqueue it again",
        evidence.join(", ")
    );
    let last = attempts.iter().skip(attempts.len().saturating_sub(MOST_SHOWN));
    let shown = last.map(|attempt| {
        json!({
            "run": attempt.run,
            "number": attempt.number,
            "executor": attempt.executor,
            "started_at": attempt.started_at,
            "ended_at": attempt.ended_at,
            "outcome": attempt.outcome,
            "error": attempt.error,
        })
    });
    Map::from_iter([
        ("error".to_owned(), Value::String(text)),
        ("needs_person".to_owned(), Value::Bool(true)),
        ("attempts".to_owned(), shown.collect()),
    ])
}

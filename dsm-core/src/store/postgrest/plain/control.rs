//! Pauses as the existing database has them, and another run or another time for a job.

use serde_json::{Map, Value, json};

use super::super::fault::Fault;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::end::{Edit, edit};
use super::note::Note;
use crate::credential::details;
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::control::{VERDICT_KEYS, is_partial};
use crate::store::pause::said;
use crate::store::{Pause, PauseScope, Reschedule, Rescheduled, Retried};

const SETTING: &str = "pause_idrac_operations";

/// Whether work on iDRACs is paused. A database without the setting pauses nothing.
pub(in super::super) async fn is_paused(service: &Service) -> Rest<bool> {
    let query = Query::of("activity_settings").select(SETTING).with(SETTING, "is.true").with("limit", "1");
    match service.http.look(&query).await {
        Err(Fault::Refused(refusal)) if refusal.is_no_table() => Ok(false),
        found => Ok(!found?.is_empty()),
    }
}

async fn set(service: &Service, scope: &PauseScope, paused: bool) -> Rest<bool> {
    if *scope != PauseScope::Idracs {
        return Err(super::lacking(&format!("a pause of {scope}")));
    }
    let query = Query::of("activity_settings").select(SETTING).with(SETTING, format!("is.{}", !paused));
    Ok(!service.http.patch(&query, &json!({SETTING: paused})).await?.is_empty())
}

/// By whom and why is not kept.
pub(in super::super) async fn pause(
    service: &Service,
    scope: &PauseScope,
    reason: &str,
    by: &str,
) -> Rest<Pause> {
    set(service, scope, true).await?;
    Ok(Pause { scope: scope.clone(), reason: said(reason), by: said(by), since: None })
}

pub(in super::super) async fn resume(service: &Service, scope: &PauseScope) -> Rest<bool> {
    set(service, scope, false).await
}

pub(in super::super) async fn pauses(service: &Service) -> Rest<Vec<Pause>> {
    let is_paused = is_paused(service).await?;
    let pause = Pause { scope: PauseScope::Idracs, reason: None, by: None, since: None };
    Ok(is_paused.then_some(pause).into_iter().collect())
}

pub(in super::super) async fn retry(service: &Service, job: JobId) -> Rest<Retried> {
    let parent = Query::of("jobs").select("parent_job_id").eq("id", job);
    let parent = service.http.look(&parent).await?;
    if let Some(parent) = parent.first().and_then(|row| records::optional::<JobId>(row, "parent_job_id")) {
        let rows = service.http.look(&Query::of("jobs").select("status").eq("id", parent)).await?;
        let status = rows.first().map(records::status).filter(|status| status.is_terminal());
        let own = service.http.look(&Query::of("jobs").select("status").eq("id", job)).await?;
        let is_over = own.first().is_some_and(|row| records::status(row).is_terminal());
        if let Some(status) = status.filter(|_| is_over) {
            return Ok(Retried::ParentEnded(parent, status));
        }
    }
    let retried = edit(service, job, |row| {
        let (status, mut details) = (records::status(row), records::details(row));
        if (Transition::Retry { partial: is_partial(&details) }).apply(status).is_none() {
            return Edit::Keep(match status {
                JobStatus::Pending => Retried::AlreadyPending,
                JobStatus::Running => Retried::StillRunning,
                _ => Retried::Complete,
            });
        }
        let run = Note::read(&details).run + 1;
        details.retain(|key, _| !VERDICT_KEYS.contains(&key.as_str()) && !key.starts_with("graceful_cancel"));
        Note { run, ..Note::default() }.write(&mut details);
        let again = json!({"status": JobStatus::Pending, "schedule_at": "now", "started_at": null,
                           "completed_at": null, "details": Value::Object(details)});
        Edit::Write(again, Retried::Queued(run))
    })
    .await?
    .unwrap_or(Retried::NotFound);
    if matches!(retried, Retried::Queued(_)) {
        let tasks = Query::of("job_tasks").select("id").eq("job_id", job);
        let anew =
            json!({"status": JobStatus::Pending, "progress": 0, "started_at": null, "completed_at": null});
        service.http.patch(&tasks, &anew).await?;
    }
    Ok(retried)
}

pub(in super::super) async fn reschedule(
    service: &Service,
    job: JobId,
    change: Reschedule,
) -> Rest<Rescheduled> {
    let answer = edit(service, job, |row| {
        let status = records::status(row);
        if status != JobStatus::Pending {
            return Edit::Keep(Rescheduled::NotPending(status));
        }
        let mut columns = json!({});
        if let Some(at) = change.schedule_at {
            columns["schedule_at"] = json!(at);
        }
        if let Some(priority) = change.priority {
            columns["priority"] = json!(priority);
        }
        match change {
            Reschedule { schedule_at: None, priority: None } => Edit::Keep(Rescheduled::Applied),
            _ => Edit::Write(columns, Rescheduled::Applied),
        }
    });
    Ok(answer.await?.unwrap_or(Rescheduled::NotFound))
}

/// In a job that has not ended.
pub(in super::super) async fn reseal(service: &Service, job: JobId, from: &str, to: &str) -> Rest<bool> {
    let resealed = edit(service, job, |row| {
        let mut details = records::details(row);
        if records::status(row).is_terminal() || !details::replace_text(&mut details, from, to) {
            return Edit::Keep(false);
        }
        Edit::Write(json!({"details": Value::Object(details)}), true)
    });
    Ok(resealed.await?.unwrap_or_default())
}

/// Takes keys out of `details`, and says what they said.
pub(in super::super) async fn take_details(
    service: &Service,
    job: JobId,
    keys: &[String],
) -> Rest<Option<Map<String, Value>>> {
    edit(service, job, |row| {
        let mut details = records::details(row);
        let taken: Map<String, Value> = keys.iter().filter_map(|key| details.remove_entry(key)).collect();
        if taken.is_empty() {
            return Edit::Keep(taken);
        }
        Edit::Write(json!({"details": Value::Object(details)}), taken)
    })
    .await
}

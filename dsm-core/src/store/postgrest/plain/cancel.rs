//! Asking for an end, in the way that the existing system's screens do it.

use serde_json::{Value, json};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::end::{Edit, cancel_below, edit, end_tasks};
use crate::credential::details;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::Cancelled;
use crate::store::rules::CANCELLATION_REASON;

/// The key by which a running job is asked to stop.
pub(super) const WANTED: &str = "graceful_cancel";

pub(super) fn is_wanted(row: &Value) -> bool {
    row.get(WANTED).is_some_and(|value| *value == json!(true) || *value == json!("true"))
}

pub(in super::super) async fn cancel(service: &Service, job: JobId, reason: &str) -> Rest<Cancelled> {
    let answer = edit(service, job, |row| {
        let mut details = records::details(row);
        details.insert(CANCELLATION_REASON.to_owned(), json!(reason));
        match records::status(row) {
            // A word of others: no claim takes it, and this one ends it as if it waited.
            JobStatus::Pending => {
                details::scrub(&mut details);
                let end = json!({"status": JobStatus::Cancelled, "completed_at": "now", "details": details});
                Edit::Write(end, Cancelled::AtOnce)
            }
            JobStatus::Running => {
                details.insert(WANTED.to_owned(), json!(true));
                details.insert("graceful_cancel_requested_at".to_owned(), json!(crate::clock::now()));
                Edit::Write(json!({"details": details}), Cancelled::Requested)
            }
            _ => Edit::Keep(Cancelled::AlreadyEnded),
        }
    })
    .await?;
    if answer == Some(Cancelled::AtOnce) {
        end_tasks(service, &[job], JobStatus::Cancelled).await?;
        cancel_below(service, job, JobStatus::Cancelled).await?;
    }
    Ok(answer.unwrap_or(Cancelled::NotFound))
}

pub(in super::super) async fn cancel_requests(service: &Service, jobs: &[JobId]) -> Rest<Vec<JobId>> {
    let mut wanted = Vec::new();
    for some in jobs.chunks(NAMED) {
        let query = Query::of("jobs").select("id,status,details->graceful_cancel").any_of("id", some);
        for row in service.http.rows(&query, &[("id", false)], None).await? {
            let Some(id) = records::optional::<JobId>(&row, "id") else { continue };
            let is_asked = match records::status(&row) {
                // By another program, while an attempt of ours is at it.
                JobStatus::Cancelled => service.leases.is_held(id),
                JobStatus::Running => is_wanted(&row),
                _ => false,
            };
            wanted.extend(is_asked.then_some(id));
        }
    }
    Ok(wanted)
}

//! Taking back what executors held that are gone: their rows of `executor_heartbeats` are older than their leases last,
//! and say under which times they claimed.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::cancel::is_wanted;
use super::end::{Edit, cancel_below, edit, end_tasks, reopen_tasks};
use super::leases::{fence_of, known, time};
use super::note::{KEY, Note};
use crate::credential::details;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::Reaped;

pub(in super::super) async fn reap(service: &Service, max_orphanings: u32) -> Rest<Vec<Reaped>> {
    let now = super::now(service).await?;
    let (alive, gone): (Vec<_>, Vec<_>) =
        known(service, now).await?.into_iter().partition(|one| one.is_alive);
    let kept: HashSet<i64> = alive.into_iter().flat_map(|one| one.fences).collect();
    let mut reaped = Vec::new();
    for executor in gone {
        // A time that one who lives has taken as well: what runs under it may be that one's.
        let fences: Vec<i64> = executor.fences.into_iter().filter(|fence| !kept.contains(fence)).collect();
        for some in fences.chunks(NAMED) {
            let query = Query::of("jobs")
                .select("id,started_at")
                .eq("status", "running")
                .any_of("started_at", some.iter().map(|fence| time(*fence)));
            for row in service.http.rows(&query, &[("id", false)], None).await? {
                if let (Some(job), Some(fence)) = (records::optional(&row, "id"), fence_of(&row)) {
                    let by = format!("{} from {}", executor.name, time(fence));
                    let status = orphan(service, job, fence, &by, max_orphanings.max(1)).await?;
                    reaped.extend(status.map(|status| Reaped { job_id: job, status }));
                }
            }
        }
        // Unless it has come back meanwhile: it will find out by itself what it lost.
        let row = Query::of("executor_heartbeats").select("executor_id").eq("executor_id", &executor.row);
        service.http.delete(&row.eq("last_seen_at", &executor.seen_at)).await?;
    }
    Ok(reaped)
}

async fn orphan(service: &Service, job: JobId, fence: i64, by: &str, most: u32) -> Rest<Option<JobStatus>> {
    let status = edit(service, job, |row| {
        if records::status(row) != JobStatus::Running || fence_of(row) != Some(fence) {
            return Edit::Keep(None);
        }
        let mut details = records::details(row);
        let mut note = Note::read(&details);
        note.attempts += 1;
        note.orphaned += 1;
        note.orphans.push(format!("attempt {} on {by}", note.attempts));
        let to = if is_wanted(&Value::Object(details.clone())) {
            JobStatus::Cancelled
        } else if note.orphaned >= most {
            details.insert("error".to_owned(), json!(evidence(&note)));
            JobStatus::Failed
        } else {
            JobStatus::Pending
        };
        let mut change = json!({"status": to});
        if to == JobStatus::Pending {
            note.write(&mut details);
        } else {
            details.remove(KEY);
            details::scrub(&mut details);
            change["completed_at"] = json!("now");
        }
        change["details"] = Value::Object(details);
        Edit::Write(change, Some(to))
    })
    .await?
    .flatten();
    match status {
        Some(JobStatus::Pending) => reopen_tasks(service, &[job]).await?,
        Some(ended) => {
            end_tasks(service, &[job], ended).await?;
            cancel_below(service, job, ended).await?;
            service.notify(&[job], ended).await;
        }
        None => {}
    }
    Ok(status)
}

fn evidence(note: &Note) -> String {
    format!(
        "given up: {} executors in a row went away while running it ({}); look into their logs, then enqueue it again",
        note.orphaned,
        note.orphans.join(", ")
    )
}

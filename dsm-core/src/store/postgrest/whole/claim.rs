//! Winning jobs and holding them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::{Rest, Service, records};
use super::closely;
use super::reads::step;
use crate::id::JobId;
use crate::job::{JobStatus, TaskRow};
use crate::store::{Beat, BeatReply, Claim, Claimed, ClaimedJob, Lease, LeaseKey, StepRow};

/// `ticket` names this claim; `asked`: an earlier try of it may have won something.
pub(in super::super) async fn claim(
    service: &Service,
    claim: &Claim,
    ticket: Uuid,
    asked: &AtomicBool,
) -> Rest<Claimed> {
    let arguments = json!({
        "p_now": service.manual(),
        "p_types": claim.job_types,
        "p_slots": claim.slots,
        "p_ttl": milliseconds(claim.ttl),
        "p_executor": claim.executor.id,
        "p_incarnation": claim.executor.incarnation,
        "p_ticket": ticket,
        "p_gated": claim.gated,
        "p_served": claim.served(),
        "p_limited": !claim.limits.is_none(),
        "p_repeated": asked.swap(true, Ordering::Relaxed),
    });
    let mut said = service.http.call("dsm_claim", &arguments).await?;
    let says = |key: &str| said.get(key).and_then(Value::as_bool).unwrap_or_default();
    let (has_more, has_news) = (says("has_more"), says("has_news"));
    let mut claimed =
        Claimed { jobs: won(&mut said, claim.ttl)?, next_due: records::optional(&said, "next_due") };
    if has_news {
        let gated = json!({"p_gated": claim.gated, "p_now": service.manual()});
        service.http.call("dsm_meet_setting", &gated).await?;
    }
    if has_more && claimed.jobs.len() < claim.slots {
        match closely::claim(service, claim, ticket, claim.slots - claimed.jobs.len()).await {
            Ok(jobs) => claimed.jobs.extend(jobs),
            // Asked again under the same ticket, it is known what was won.
            Err(fault) if claimed.jobs.is_empty() || fault.is_lost() => return Err(fault),
            // What was won stands whatever becomes of the rest: the next claim asks for that again.
            Err(_) => {}
        }
    }
    let ids: Vec<JobId> = claimed.jobs.iter().map(|won| won.job.id).collect();
    service.notify(&ids, JobStatus::Running).await;
    Ok(claimed)
}

fn milliseconds(time: Duration) -> f64 {
    // A lease of more than a hundred years is as good as that.
    time.as_secs_f64().min(3.0e9) * 1000.0
}

fn list(said: &mut Value, key: &str) -> Vec<Value> {
    match said.get_mut(key).map(Value::take) {
        Some(Value::Array(rows)) => rows,
        _ => Vec::new(),
    }
}

/// The jobs of a claim's answer, with their tasks and steps.
fn won(said: &mut Value, ttl: Duration) -> Rest<Vec<ClaimedJob>> {
    let mut tasks: HashMap<JobId, Vec<TaskRow>> = HashMap::new();
    for row in list(said, "tasks") {
        let task = records::task(&row)?;
        tasks.entry(task.job_id).or_default().push(task);
    }
    let mut steps: HashMap<JobId, Vec<StepRow>> = HashMap::new();
    for row in list(said, "steps") {
        steps.entry(records::needed("workflow_executions", &row, "job_id")?).or_default().push(step(&row)?);
    }
    list(said, "jobs")
        .into_iter()
        .map(|row| {
            // The function's columns are `o_` and the name, so that none is taken for a table's.
            let row: Map<String, Value> = match row {
                Value::Object(row) => row
                    .into_iter()
                    .map(|(key, value)| (key.trim_start_matches("o_").to_owned(), value))
                    .collect(),
                _ => Map::new(),
            };
            let row = Value::Object(row);
            let job = records::job(&row)?;
            let run = records::needed("jobs", &row, "run")?;
            let mut steps = steps.remove(&job.id).unwrap_or_default();
            steps.retain(|step| step.run == run);
            Ok(ClaimedJob {
                tasks: tasks.remove(&job.id).unwrap_or_default(),
                lease: Lease {
                    key: LeaseKey { job_id: job.id, fence: records::needed("dsm_lease", &row, "fence")? },
                    run,
                    attempt: records::needed("dsm_lease", &row, "attempt")?,
                    until: records::needed("dsm_lease", &row, "until")?,
                    ttl,
                },
                checkpoint: records::bytes(&row, "checkpoint"),
                lane: records::optional(&row, "lane"),
                steps,
                job,
            })
        })
        .collect()
}

pub(in super::super) async fn renew(service: &Service, beat: &Beat) -> Rest<BeatReply> {
    let (jobs, fences): (Vec<JobId>, Vec<i64>) =
        beat.leases.iter().map(|key| (key.job_id, key.fence)).unzip();
    let arguments = json!({"p_now": service.manual(), "p_incarnation": beat.executor.incarnation, "p_jobs": jobs,
                           "p_fences": fences, "p_ttl": milliseconds(beat.ttl)});
    let said = service.http.call("dsm_renew", &arguments).await?;
    let ids = |key: &str| records::optional::<Vec<JobId>>(&said, key).unwrap_or_default();
    let held = ids("held");
    let lost = jobs.into_iter().filter(|job| !held.contains(job)).collect();
    Ok(BeatReply { lost, cancel: ids("cancel") })
}

pub(in super::super) async fn cancel_requests(service: &Service, jobs: &[JobId]) -> Rest<Vec<JobId>> {
    let wanted = service.http.call("dsm_cancel_requests", &json!({"p_jobs": jobs})).await?;
    Ok(serde_json::from_value(wanted).unwrap_or_default())
}

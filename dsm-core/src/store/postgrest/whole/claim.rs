//! Winning jobs and holding them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::{Rest, Service, records};
use super::reads::step;
use super::slice::{Wanted, decide};
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
        "p_repeated": asked.swap(true, Ordering::Relaxed),
    });
    let mut said = service.http.call("dsm_claim", &arguments).await?;
    let says = |key: &str| said.get(key).and_then(Value::as_bool).unwrap_or_default();
    let (has_lanes, has_news) = (says("has_lanes"), says("has_news"));
    let mut claimed =
        Claimed { jobs: won(&mut said, claim.ttl)?, next_due: records::optional(&said, "next_due") };
    if has_news {
        let gated = json!({"p_gated": claim.gated, "p_now": service.manual()});
        service.http.call("dsm_meet_setting", &gated).await?;
    }
    if has_lanes && claimed.jobs.len() < claim.slots {
        match claim_lanes(service, claim, claim.slots - claimed.jobs.len()).await {
            Ok(jobs) => claimed.jobs.extend(jobs),
            // What was won stands whatever becomes of the rest: the next claim asks for that again.
            Err(fault) if claimed.jobs.is_empty() => return Err(fault),
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

/// Jobs put aside in one claim at most: others write there, too.
const MOST_PARKED: usize = 2_000;

/// The rest of a claim where lanes have a say: job by job, each with its lane, or put aside until it is its turn there.
async fn claim_lanes(service: &Service, claim: &Claim, room: usize) -> Rest<Vec<ClaimedJob>> {
    // More than are free, for some will be found waiting for their lane.
    let window = room.max(64);
    let (mut won, mut seen) = (Vec::new(), 0);
    expire_locks(service).await?;
    while won.len() < room && seen < MOST_PARKED {
        let asked = json!({"p_now": service.manual(), "p_types": claim.job_types, "p_limit": window,
                           "p_gated": claim.gated});
        let due: Vec<JobId> =
            serde_json::from_value(service.http.call("dsm_due", &asked).await?).unwrap_or_default();
        let found = due.len();
        if due.is_empty() {
            break;
        }
        let left = room - won.len();
        let fences = service.http.call("dsm_fences", &json!({"p_count": left.min(found)})).await?;
        let fences: Vec<i64> = serde_json::from_value(fences).unwrap_or_default();
        let wanted = Wanted { jobs: due, ticket: Some(Uuid::now_v7()), ..Wanted::default() };
        let claim = Claim { slots: fences.len(), ..claim.clone() };
        let taken = decide(service, &wanted, |slice| {
            let mut jobs = slice.jobs.claim(&claim, slice.now).jobs;
            slice.jobs.park_paused();
            slice.jobs.exchange(&mut jobs, &fences);
            Ok((jobs, Vec::new()))
        });
        match taken.await {
            Ok(jobs) => won.extend(jobs),
            Err(fault) if won.is_empty() => return Err(fault),
            Err(_) => break,
        }
        seen += found;
        if found < window {
            break;
        }
    }
    Ok(won)
}

/// Lets go of the locks of calls whose time is over.
pub(super) async fn expire_locks(service: &Service) -> Rest<()> {
    let now = match service.manual() {
        Some(now) => now.to_string(),
        None => "now".to_owned(),
    };
    let over =
        super::super::query::Query::of("dsm_lock").select("seq,key").with("until", format!("lte.{now}"));
    let rows = service.http.rows(&over, &[("seq", false)], None).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let keys = rows.iter().map(|row| records::text(row, "key").to_owned()).collect();
    let wanted = Wanted { keys, ..Wanted::default() };
    decide(service, &wanted, |slice| {
        slice.jobs.expire(slice.now);
        Ok(((), Vec::new()))
    })
    .await
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

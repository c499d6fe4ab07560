//! Winning jobs: a look at what may be due, then one change of those rows that are pending still.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{join, try_join};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::Fault;
use super::super::jobs::{NAMED, tasks};
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::leases::{fence_of, time};
use super::note::{Note, without_note};
use crate::clock::instant;
use crate::job::JobStatus;
use crate::store::clock::lease_end;
use crate::store::{Claim, Claimed, ClaimedJob, Lease, LeaseKey};

/// What the database knows of job types: a word that its enumeration does not have cannot even be asked for.
#[derive(Debug, Default)]
pub(in super::super) struct Types {
    unknown: Mutex<HashSet<String>>,
}

impl Types {
    fn known<'t>(&self, types: &'t [String]) -> Vec<&'t String> {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        types.iter().filter(|one| !unknown.contains(*one)).collect()
    }

    async fn learn(&self, service: &Service, types: &[String]) -> Rest<()> {
        for one in types {
            let query = Query::of("jobs").select("id").eq("job_type", one).with("limit", "0");
            match service.http.look(&query).await {
                Err(Fault::Refused(refusal)) if refusal.code == "22P02" => {
                    self.unknown.lock().unwrap_or_else(PoisonError::into_inner).insert(one.clone());
                }
                other => drop(other?),
            }
        }
        Ok(())
    }
}

/// `taken`: the fence of an earlier try of this very claim, whose answer was lost, or 0.
pub(in super::super) async fn claim(service: &Service, claim: &Claim, taken: &AtomicI64) -> Rest<Claimed> {
    let before = taken.load(Ordering::SeqCst);
    if before != 0 {
        let query = Query::of("jobs").eq("status", "running").eq("started_at", time(before));
        let won = service.http.rows(&query, &[("id", false)], None).await?;
        if !won.is_empty() {
            return hand_out(service, claim, before, won).await;
        }
    }
    let now = super::now(service).await?;
    let (mut won, mut fence, mut next_due) = (Vec::new(), None, None);
    let since = instant();
    for round in 0..ROUNDS {
        let (mut due, next) = match candidates(service, claim).await {
            Err(Fault::Refused(refusal)) if refusal.code == "22P02" => {
                service.types.learn(service, &claim.job_types).await?;
                candidates(service, claim).await?
            }
            found => found?,
        };
        next_due = next;
        if round > 0 {
            // Others are after the same rows: whoever was too late tries somewhere else among the first.
            due.sort_by_cached_key(|_| Uuid::new_v4());
        }
        due.truncate(claim.slots - won.len());
        if due.is_empty() {
            break;
        }
        let under = match fence {
            Some(fence) => fence,
            None => open(service, claim, now, &due).await?,
        };
        fence = Some(under);
        taken.store(under, Ordering::SeqCst);
        let before = won.len();
        for some in due.chunks(NAMED) {
            let query = open_jobs().any_of("id", some.iter().map(|row| records::text(row, "id")));
            let change = json!({"status": JobStatus::Running, "started_at": time(under)});
            won.extend(service.http.patch(&query, &change).await?);
        }
        // A fence that is in doubt for long is taken for lost.
        let is_late = since.elapsed() > service.options.request_timeout / 4;
        if won.len() == claim.slots || won.len() - before == due.len() || is_late {
            break;
        }
    }
    let Some(fence) = fence else { return Ok(Claimed { jobs: Vec::new(), next_due }) };
    let mut claimed = hand_out(service, claim, fence, won).await?;
    claimed.next_due = next_due;
    Ok(claimed)
}

/// So often a claim looks again after others were faster.
const ROUNDS: usize = 32;

/// A fence later than what the rows stand under, unless that lies so far ahead that it is another program's idea of time.
async fn open(service: &Service, claim: &Claim, now: Timestamp, due: &[Value]) -> Rest<i64> {
    let horizon = now.as_microsecond() + 60_000_000;
    let after = due.iter().filter_map(fence_of).filter(|fence| *fence < horizon).max().unwrap_or_default();
    service.leases.open(service, &claim.executor, claim.ttl, after).await
}

/// Whatever may be claimed by anybody, on the service's clock: the rule that every claimer of this database keeps.
fn open_jobs() -> Query {
    Query::of("jobs")
        .eq("status", "pending")
        .with("parent_job_id", "is.null")
        .with("or", "(schedule_at.is.null,schedule_at.lte.now)")
}

/// What is due, in order, and when the next job falls due.
async fn candidates(service: &Service, claim: &Claim) -> Rest<(Vec<Value>, Option<Timestamp>)> {
    let mut types = service.types.known(&claim.job_types);
    if !claim.gated.is_empty() && super::control::is_paused(service).await? {
        types.retain(|one| !claim.gated.contains(one));
    }
    if types.is_empty() || claim.slots == 0 {
        return Ok((Vec::new(), None));
    }
    // Others look at the same rows: a few more than are wanted are fetched, and looked at in their order.
    let limit = claim.slots.saturating_mul(2).clamp(16, 1000).to_string();
    let query = open_jobs().any_of("job_type", &types).with("limit", &limit);
    let oldest = "created_at.asc,id.asc";
    let urgent =
        query.clone().with("priority", "in.(critical,high)").order(&format!("priority.asc,{oldest}"));
    let others = query
        .with("or", "(priority.is.null,priority.not.in.(critical,high))")
        .order(&format!("priority.desc.nullsfirst,{oldest}"));
    let later = Query::of("jobs")
        .select("schedule_at")
        .eq("status", "pending")
        .with("parent_job_id", "is.null")
        .with("schedule_at", "gt.now")
        .any_of("job_type", &types)
        .order("schedule_at.asc")
        .with("limit", "1");
    let (rows, later) = try_join(
        async { try_join(service.http.look(&urgent), service.http.look(&others)).await },
        service.http.look(&later),
    )
    .await?;
    let mut ranked = Vec::new();
    for row in rows.0.into_iter().chain(rows.1) {
        let job = records::job(&row)?;
        let due = job.schedule_at.unwrap_or(job.created_at);
        ranked.push(((Reverse(job.priority), due, job.created_at, job.id), row));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let next_due = later.first().and_then(|row| records::optional(row, "schedule_at"));
    Ok((ranked.into_iter().map(|(_, row)| row).collect(), next_due))
}

/// What was won, with what belongs to it.
async fn hand_out(service: &Service, claim: &Claim, fence: i64, won: Vec<Value>) -> Rest<Claimed> {
    let mut jobs = won.iter().map(records::job).collect::<Rest<Vec<_>>>()?;
    jobs.sort_by_key(|job| {
        (Reverse(job.priority), job.schedule_at.unwrap_or(job.created_at), job.created_at, job.id)
    });
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    service.leases.won(&claim.executor, fence, ids.iter().copied());
    if jobs.is_empty() {
        return Ok(Claimed::default());
    }
    let (tasks, ()) = join(tasks(&service.http, &ids), service.notify(&ids, JobStatus::Running)).await;
    let (mut tasks, until) = (tasks?, lease_end(super::now(service).await?, claim.ttl));
    let jobs = jobs.into_iter().map(|mut job| {
        let note = Note::read(&job.details);
        without_note(&mut job.details);
        let lease = Lease {
            key: LeaseKey { job_id: job.id, fence },
            run: note.run,
            attempt: note.attempts + 1,
            until,
            ttl: claim.ttl,
        };
        let tasks = tasks.remove(&job.id).unwrap_or_default();
        ClaimedJob { job, tasks, lease, checkpoint: note.checkpoint, lane: None, steps: Vec::new() }
    });
    Ok(Claimed { jobs: jobs.collect(), next_due: None })
}

//! Ends of attempts and of jobs, locks, and what a person may ask of a job: decided by the tables in memory.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::closely::expire_locks;
use super::slice::{Slice, Wanted, decide};
use crate::error::Result;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::{
    Cancelled, LockOwner, LockRequest, Locked, Outcome, Reaped, Reschedule, Rescheduled, Retried, Settled,
    Settlement,
};

pub(in super::super) async fn settle(service: &Service, items: &[Settlement]) -> Rest<Vec<Settled>> {
    let jobs: BTreeSet<JobId> = items.iter().map(|item| item.lease.job_id).collect();
    let jobs: Vec<JobId> = jobs.into_iter().collect();
    // What was to come below a job that did not end well does not come; one that is to be cancelled ends in any case.
    let with_below = items.iter().any(|item| !matches!(item.outcome, Outcome::End(JobStatus::Completed, _)));
    let wanted = Wanted { with_below, ..Wanted::ends(jobs.clone()) };
    let settled = decide(service, &wanted, |slice| {
        slice.jobs.meet_foreign(&jobs, slice.now);
        let settled =
            items.iter().map(|item| slice.jobs.settle(item, slice.now)).collect::<Result<Vec<_>>>()?;
        Ok((settled, Vec::new()))
    })
    .await?;
    for (item, answer) in items.iter().zip(&settled) {
        if let (Outcome::End(status, _), Settled::Applied) = (&item.outcome, answer) {
            service.notify(&[item.lease.job_id], *status).await;
        }
    }
    Ok(settled)
}

/// How many leases one call takes back at most. The next beat takes the rest.
const AT_ONCE: usize = 1000;

pub(in super::super) async fn reap(service: &Service, max_orphanings: u32) -> Rest<Vec<Reaped>> {
    let most = max_orphanings.max(1);
    expire_locks(service).await?;
    let now = service.manual().map_or_else(|| "now".to_owned(), |now| now.to_string());
    let expired = Query::of("dsm_lease").select("job_id,until").with("until", format!("lte.{now}"));
    // Jobs given back on proof of death were not judged then.
    let unjudged = Query::of("dsm_lease")
        .select("job_id")
        .with("until", "is.null")
        .with("orphaned", format!("gte.{most}"));
    let (expired, unjudged) = futures_util::future::try_join(
        service.http.rows(&expired, &[("until", false), ("job_id", false)], Some(AT_ONCE)),
        service.http.rows(&unjudged, &[("job_id", false)], Some(AT_ONCE)),
    )
    .await?;
    let ids = |rows: &[Value]| -> Vec<JobId> {
        rows.iter().filter_map(|row| records::optional(row, "job_id")).collect()
    };
    let (expired, unjudged) = (ids(&expired), ids(&unjudged));
    let mut reaped = Vec::new();
    for some in expired.chunks(NAMED) {
        let wanted = Wanted::ends(some.to_vec());
        let taken = decide(service, &wanted, |slice| {
            slice.jobs.meet_foreign(some, slice.now);
            Ok((slice.jobs.reap(most, slice.now), Vec::new()))
        });
        reaped.extend(taken.await?);
    }
    for some in unjudged.chunks(NAMED) {
        let wanted = Wanted::ends(some.to_vec());
        let ended =
            decide(service, &wanted, |slice| Ok((slice.jobs.set_aside(some, most, slice.now), Vec::new())));
        let ended = ended.await?;
        reaped.extend(ended.into_iter().map(|job_id| Reaped { job_id, status: JobStatus::Failed }));
    }
    for one in reaped.iter().filter(|one| one.status.is_terminal()) {
        service.notify(&[one.job_id], one.status).await;
    }
    Ok(reaped)
}

pub(in super::super) async fn cancel(service: &Service, job: JobId, reason: &str) -> Rest<Cancelled> {
    let reason = crate::store::text::text(reason);
    let wanted = Wanted::ends(vec![job]);
    decide(service, &wanted, |slice| Ok((slice.jobs.cancel(job, &reason, slice.now), Vec::new()))).await
}

fn owner(wanted: &mut Wanted, owner: LockOwner) {
    match owner {
        LockOwner::Job(key) => wanted.jobs.push(key.job_id),
        LockOwner::Call(call) => wanted.calls.push(call),
    }
}

/// An attempt speaks for its job under its fence.
fn check(slice: &Slice, owner: LockOwner) -> Result<()> {
    match owner {
        LockOwner::Job(key) => slice.jobs.check_running(key),
        LockOwner::Call(_) => Ok(()),
    }
}

pub(in super::super) async fn lock(service: &Service, request: &LockRequest) -> Rest<Locked> {
    let keys = request.wishes.iter().map(|wish| wish.key.clone()).collect();
    let mut wanted = Wanted { keys, ..Wanted::default() };
    owner(&mut wanted, request.owner);
    decide(service, &wanted, |slice| {
        check(slice, request.owner)?;
        Ok((slice.jobs.lock(request, slice.now)?, Vec::new()))
    })
    .await
}

pub(in super::super) async fn unlock(service: &Service, by: LockOwner, keys: &[String]) -> Rest<()> {
    let mut wanted = Wanted::default();
    owner(&mut wanted, by);
    decide(service, &wanted, |slice| {
        check(slice, by)?;
        Ok((slice.jobs.unlock(by, keys)?, Vec::new()))
    })
    .await
}

pub(in super::super) async fn retry(service: &Service, job: JobId) -> Rest<Retried> {
    let above = service.http.look(&Query::of("jobs").select("parent_job_id").eq("id", job)).await?;
    let parent = above.first().and_then(|row| records::optional(row, "parent_job_id"));
    let wanted = Wanted::ends(std::iter::once(job).chain(parent).collect());
    decide(service, &wanted, |slice| {
        let is_held = slice.jobs.is_held(job);
        let before = slice.jobs.clone();
        let mut retried = slice.jobs.retry(job, slice.now);
        if is_held && matches!(retried, Retried::Queued(_) | Retried::ParentEnded(..)) {
            // Another program ended the row; whoever runs the job may still be at it.
            slice.jobs = before;
            retried = Retried::StillRunning;
        }
        Ok((retried, Vec::new()))
    })
    .await
}

pub(in super::super) async fn reschedule(
    service: &Service,
    job: JobId,
    change: Reschedule,
) -> Rest<Rescheduled> {
    let wanted = Wanted { jobs: vec![job], ..Wanted::default() };
    decide(service, &wanted, |slice| Ok((slice.jobs.reschedule(job, change, slice.now), Vec::new()))).await
}

pub(in super::super) async fn reseal(service: &Service, job: JobId, from: &str, to: &str) -> Rest<bool> {
    let wanted = Wanted { jobs: vec![job], ..Wanted::default() };
    decide(service, &wanted, |slice| Ok((slice.jobs.reseal(job, from, to), Vec::new()))).await
}

/// Takes keys out of `details`, and says what they said.
pub(in super::super) async fn take_details(
    service: &Service,
    job: JobId,
    keys: &[String],
) -> Rest<Option<Map<String, Value>>> {
    let wanted = Wanted { jobs: vec![job], ..Wanted::default() };
    decide(service, &wanted, |slice| Ok((slice.jobs.take_details(job, keys), Vec::new()))).await
}

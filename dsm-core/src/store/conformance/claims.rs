//! Enqueueing and claiming.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::bench::{Bench, SCAN, TTL, Verdict, claim, executor, holds, is_new, job, same, scan};
use crate::error::ErrorKind;
use crate::id::JobId;
use crate::job::{JobStatus, NewJob, Priority};
use crate::store::{Beat, JobQuery, Lack, LeaseKey, Outcome};

pub(super) async fn the_most_urgent_then_the_oldest_first(bench: Bench) -> Verdict {
    let mut expected = Vec::new();
    for priority in [Priority::Normal, Priority::Low, Priority::Critical, Priority::Normal, Priority::High] {
        let id = bench.enqueue(NewJob { priority, ..scan() }).await?;
        expected.push((std::cmp::Reverse(priority), expected.len(), id));
    }
    expected.sort();
    let expected: Vec<JobId> = expected.into_iter().map(|(_, _, id)| id).collect();
    let here = executor("here");
    let first: Vec<JobId> = bench.claim(&here, 2).await?.iter().map(|won| won.job.id).collect();
    same!(first, expected[..2], "two slots");
    let rest: Vec<JobId> = bench.claim(&here, 9).await?.iter().map(|won| won.job.id).collect();
    same!(rest, expected[2..], "the rest");
    Ok(())
}

pub(super) async fn type_schedule_and_parent_are_honoured(bench: Bench) -> Verdict {
    let store = bench.store();
    let due = jiff::Timestamp::from_second(store.now().await?.as_second() + 3600).unwrap_or_default();
    let parent = bench.enqueue(job("of_somebody_else")).await?;
    bench.enqueue(NewJob { schedule_at: Some(due), ..scan() }).await?;
    bench.enqueue(NewJob { parent_job_id: Some(parent), ..scan() }).await?;
    let here = executor("here");
    let claimed = store.claim(claim(&here, 9)).await?;
    same!(claimed.jobs.len(), 0, "claimable jobs");
    same!(claimed.next_due, Some(due), "when to ask again");
    let error = store.enqueue(vec![NewJob { parent_job_id: Some(JobId::new()), ..scan() }]).await;
    same!(error.err().map(|error| error.kind()), Some(ErrorKind::InvalidInput), "a parent that is not there");
    bench.advance(Duration::from_secs(3600))?;
    same!(bench.claim(&here, 9).await?.len(), 1, "jobs once the time has come");
    Ok(())
}

pub(super) async fn racing_executors_win_each_job_once(bench: Bench) -> Verdict {
    let jobs = (0..60).map(|_| scan()).collect();
    bench.store().enqueue(jobs).await?;
    let executors = [executor("one"), executor("two")];
    let claims = (0..40).map(|n| {
        let store = bench.shared();
        let claim = claim(&executors[n % 2], 3);
        async move { store.claim(claim).await }
    });
    let mut won: HashSet<JobId> = HashSet::new();
    let mut fences: HashSet<i64> = HashSet::new();
    for claimed in join_all(claims).await {
        for job in claimed?.jobs {
            holds!(won.insert(job.job.id), format!("job {} was given twice", job.job.id));
            // Without fences of its own a store tells the attempts of one job apart, not of all.
            let is_new = fences.insert(job.lease.key.fence);
            holds!(
                is_new || bench.store().caps().lacks(Lack::Fences),
                format!("fence {} was given twice", job.lease.key.fence)
            );
        }
    }
    same!(won.len(), 60, "jobs given");
    Ok(())
}

pub(super) async fn fences_only_grow(bench: Bench) -> Verdict {
    let here = executor("here");
    let now = bench.store().now().await?;
    let mut last = bench.running(&here).await?;
    for outcome in [Outcome::Release, Outcome::Retry(now, "again".into()), Outcome::Release] {
        bench.settle(last.lease.key, outcome).await?;
        let next = bench.claim_one(&here, last.job.id).await?;
        holds!(next.lease.key.fence > last.lease.key.fence, "a fence did not grow");
        last = next;
    }
    Ok(())
}

pub(super) async fn only_the_storage_clock_ends_a_lease(bench: Bench) -> Verdict {
    let here = executor("here");
    let won = bench.running(&here).await?;
    same!(bench.store().reap(9).await?.len(), 0, "leases reaped at once");
    bench.advance(TTL - Duration::from_millis(1))?;
    same!(bench.store().reap(9).await?.len(), 0, "leases reaped a moment too early");
    same!(bench.claim(&here, 9).await?.len(), 0, "claims of what is held");
    bench.advance(Duration::from_millis(1))?;
    same!(bench.store().reap(9).await?.len(), 1, "leases reaped in time");
    same!(bench.job(won.job.id).await?.status, JobStatus::Pending, "the job's status");
    Ok(())
}

pub(super) async fn a_beat_extends_and_tells_what_is_lost(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    let kept = bench.running(&here).await?.lease.key;
    let lost = bench.running(&here).await?.lease.key;
    let beat = |leases: &[LeaseKey]| Beat { executor: here.clone(), leases: leases.to_vec(), ttl: TTL };
    bench.advance(TTL - Duration::from_secs(1))?;
    let reply = bench.store().renew(beat(&[kept])).await?;
    same!(reply.lost.len(), 0, "leases lost in time");
    bench.advance(Duration::from_secs(1))?;
    let reaped = bench.store().reap(9).await?;
    same!(reaped.len(), 1, "leases that were not renewed");
    bench.claim_one(&there, lost.job_id).await?;
    let reply = bench.store().renew(beat(&[kept, lost])).await?;
    same!(reply.lost, [lost.job_id], "leases lost");
    Ok(())
}

pub(super) async fn a_key_or_id_enqueues_once(bench: Bench) -> Verdict {
    let keyed = NewJob { idempotency_key: Some("nightly".into()), ..scan() };
    let named = NewJob { id: Some(JobId::new()), ..scan() };
    let first = bench.store().enqueue(vec![keyed.clone(), keyed.clone(), named.clone()]).await?;
    same!(first.iter().map(|one| is_new(*one)).collect::<Vec<_>>(), [true, false, true], "new jobs");
    let again = bench.store().enqueue(vec![keyed, named]).await?;
    same!(
        again.iter().map(|one| one.id()).collect::<Vec<_>>(),
        [first[0].id(), first[2].id()],
        "jobs, repeated"
    );
    holds!(!again.iter().any(|one| is_new(*one)), "a repeated job was added");
    same!(bench.store().jobs(JobQuery::default()).await?.len(), 2, "jobs in all");
    Ok(())
}

pub(super) async fn a_bad_job_leaves_nothing_of_its_batch(bench: Bench) -> Verdict {
    let error = bench.store().enqueue(vec![scan(), job(" ")]).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("job_type"), "the field named");
    same!(bench.store().jobs(JobQuery::default()).await?.len(), 0, "jobs left of the batch");
    Ok(())
}

pub(super) async fn unknown_job_types_are_kept(bench: Bench) -> Verdict {
    let odd = NewJob {
        target_scope: json!([1, {"x": null}]),
        notes: Some("von Hand".into()),
        component_order: Some(3),
        ..job("water_the_plants")
    };
    let id = bench.enqueue(odd.clone()).await?;
    let row = bench.job(id).await?;
    same!(row.job_type, odd.job_type, "type");
    same!(row.target_scope, odd.target_scope, "scope");
    same!((row.notes, row.component_order), (odd.notes, odd.component_order), "other columns");
    same!(bench.claim(&executor("here"), 9).await?.len(), 0, "claims of a type nobody asked for");
    let query = JobQuery { job_type: Some(SCAN.into()), ..JobQuery::default() };
    same!(bench.store().jobs(query).await?.len(), 0, "jobs of another type");
    Ok(())
}

pub(super) async fn new_work_wakes_who_waits(bench: Bench) -> Verdict {
    let store = bench.shared();
    let long = Duration::from_secs(600);
    let (woken, added) = futures_util::future::join(
        async { tokio::time::timeout(Duration::from_secs(30), store.wait_for_work(long)).await.is_ok() },
        bench.enqueue(scan()),
    )
    .await;
    added?;
    holds!(woken, "nobody was woken");
    Ok(())
}

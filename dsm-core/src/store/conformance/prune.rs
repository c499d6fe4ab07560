//! What is over may go; what is not, never.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::bench::{Bench, Verdict, completed, executor, finding, holds, is_new, same, scan};
use super::notes::exchange;
use crate::id::JobId;
use crate::job::{NewJob, NewTask};
use crate::store::{
    ActivityQuery, ActivityRow, AttemptWrite, HealthRow, InventoryWrite, JobQuery, Prune, Pruned,
    ServerFields, StepChange, StepWrite,
};

const DAY: Duration = Duration::from_secs(86_400);

fn jobs_before(before: Timestamp, limit: usize) -> Prune {
    Prune { jobs_before: Some(before), activity_before: None, health_before: None, limit }
}

/// Prunes jobs that ended before now.
async fn prune(bench: &Bench, limit: usize) -> Verdict<Pruned> {
    bench.advance(DAY)?;
    Ok(bench.store().prune(jobs_before(bench.store().now().await?, limit)).await?)
}

async fn left(bench: &Bench) -> Verdict<Vec<JobId>> {
    let jobs = bench.store().jobs(JobQuery::default()).await?;
    Ok(jobs.into_iter().map(|job| job.id).collect())
}

async fn end(bench: &Bench, id: JobId) -> Verdict {
    let won = bench.claim_one(&executor("here"), id).await?;
    bench.settle(won.lease.key, completed()).await?;
    Ok(())
}

pub(super) async fn what_is_over_goes_with_all_that_is_its(bench: Bench) -> Verdict {
    let here = executor("here");
    let new = NewJob {
        idempotency_key: Some("once".into()),
        lane: Some("server:a".into()),
        tasks: vec![NewTask::default(), NewTask::default()],
        ..scan()
    };
    let id = bench.enqueue(new).await?;
    let won = bench.claim_one(&here, id).await?;
    let key = won.lease.key;
    let mut found = finding(1, Some("ABC1234"));
    found.patch.set = ServerFields { discovery_job_id: Some(id), ..found.patch.set };
    let step = StepWrite { name: "stage".into(), change: StepChange::Done(json!(1)) };
    let write = AttemptWrite {
        lease: Some(key),
        findings: vec![found],
        steps: vec![step],
        ..AttemptWrite::default()
    };
    let server = bench.store().write(write).await?.servers[0].server_id;
    bench.settle(key, completed()).await?;
    let ended_at = bench.job(id).await?.completed_at.unwrap_or_default();
    bench.advance(DAY)?;
    same!(bench.store().prune(jobs_before(ended_at, 100)).await?, Pruned::default(), "one not old enough");
    let expected = Pruned { jobs: 1, tasks: 2, attempts: 1, steps: 1, keys: 1, ..Pruned::default() };
    same!(prune(&bench, 100).await?, expected, "what went");
    same!(left(&bench).await?, [], "jobs left");
    same!(bench.store().tasks(id).await?.len(), 0, "tasks left");
    same!(bench.store().steps(id).await?.len(), 0, "steps left");
    same!(bench.store().attempts(id).await?.len(), 0, "attempts left");
    same!(bench.server(server).await?.fields.discovery_job_id, None, "what a server knew of it");
    same!(prune(&bench, 100).await?, Pruned::default(), "pruning again");
    Ok(())
}

pub(super) async fn what_lives_stays(bench: Bench) -> Verdict {
    let here = executor("here");
    let running = bench.running(&here).await?;
    let pending = bench.enqueue(scan()).await?;
    same!(prune(&bench, 100).await?, Pruned::default(), "what went");
    same!(left(&bench).await?, [running.job.id, pending], "jobs left");
    same!(
        bench.store().prune(Prune { jobs_before: None, ..jobs_before(Timestamp::MAX, 9) }).await?,
        Pruned::default(),
        "nothing asked for"
    );
    Ok(())
}

pub(super) async fn a_family_goes_together_or_not_at_all(bench: Bench) -> Verdict {
    // A parent that ended while its child was tried again.
    let parent = bench.enqueue(scan()).await?;
    let child = bench.enqueue(NewJob { parent_job_id: Some(parent), ..scan() }).await?;
    bench.advance(Duration::from_millis(5))?;
    end(&bench, parent).await?;
    same!(prune(&bench, 100).await?, Pruned::default(), "the parent of a live child");
    bench.store().cancel(child, "stop").await?;
    same!(prune(&bench, 100).await?.jobs, 2, "both, once both are over");
    // An ended child of a parent that lives.
    let parent = bench.enqueue(scan()).await?;
    let child = bench.enqueue(NewJob { parent_job_id: Some(parent), ..scan() }).await?;
    bench.store().cancel(child, "stop").await?;
    same!(prune(&bench, 100).await?, Pruned::default(), "the child of a live parent");
    same!(left(&bench).await?, [parent, child], "jobs left");
    bench.store().cancel(parent, "stop").await?;
    same!(prune(&bench, 100).await?.jobs, 2, "both at last");
    Ok(())
}

pub(super) async fn a_batch_is_bounded(bench: Bench) -> Verdict {
    for _ in 0..5 {
        let id = bench.enqueue(scan()).await?;
        bench.store().cancel(id, "stop").await?;
    }
    for (jobs, has_more) in [(2, true), (2, true), (1, false), (0, false)] {
        let pruned = prune(&bench, 2).await?;
        same!((pruned.jobs, pruned.has_more), (jobs, has_more), "a batch of two");
    }
    Ok(())
}

pub(super) async fn old_activity_and_health_go(bench: Bench) -> Verdict {
    let server = bench.find_one(finding(1, None)).await?.server_id;
    let start = bench.store().now().await?;
    let day = |number: u32| start + DAY * number;
    for number in 0..4 {
        let rows = [ActivityRow { timestamp: day(number), ..exchange(0) }];
        bench.store().record_activity(Arc::from(rows)).await?;
        let health = HealthRow { power_state: Some(format!("day {number}")), ..HealthRow::default() };
        let inventory = InventoryWrite {
            server_id: server,
            collected_at: day(number),
            health: Some(health),
            ..InventoryWrite::default()
        };
        bench.store().write(AttemptWrite { inventories: vec![inventory], ..Default::default() }).await?;
    }
    let old = Prune { jobs_before: None, activity_before: Some(day(2)), health_before: None, limit: 100 };
    let pruned = bench.store().prune(old).await?;
    same!((pruned.activity, pruned.health, pruned.has_more), (2, 0, false), "old activity");
    let rows = bench.store().activity(ActivityQuery::default()).await?;
    same!(rows.iter().map(|row| row.timestamp).collect::<Vec<_>>(), [day(2), day(3)], "activity left");
    let all = Prune { health_before: Some(day(9)), activity_before: Some(day(9)), ..old };
    same!(bench.store().prune(Prune { limit: 2, ..all }).await?.has_more, true, "a full batch");
    let pruned = bench.store().prune(all).await?;
    same!((pruned.activity, pruned.health), (0, 1), "the rest of the history");
    let health = bench.store().inventory(server).await?.health;
    same!(health.and_then(|health| health.power_state).as_deref(), Some("day 3"), "its health now");
    Ok(())
}

pub(super) async fn a_key_is_free_after_its_job(bench: Bench) -> Verdict {
    let keyed = || NewJob { idempotency_key: Some("once".into()), ..scan() };
    let first = bench.enqueue(keyed()).await?;
    bench.store().cancel(first, "stop").await?;
    same!(bench.enqueue(keyed()).await?, first, "the same key while its job is kept");
    prune(&bench, 100).await?;
    let again = bench.store().enqueue(vec![keyed()]).await?;
    holds!(is_new(again[0]), "the key of a job that is gone was still known");
    Ok(())
}

//! How attempts and jobs end.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::bench::{
    Bench, Stop, TTL, Verdict, completed, executor, finding, holds, keys, same, scan, settlement,
};
use crate::id::{JobId, TaskId};
use crate::job::{JobStatus, NewJob, TaskUpdate};
use crate::store::{AttemptWrite, Beat, Cancelled, LeaseKey, Outcome, Settled};

pub(super) async fn a_superseded_attempt_cannot_settle(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    let old = bench.running(&here).await?;
    bench.advance(TTL)?;
    bench.store().reap(9).await?;
    same!(bench.settle(old.lease.key, completed()).await?, Settled::LeaseLost, "while nobody holds it");
    let new = bench.claim_one(&there, old.job.id).await?;
    same!(new.lease.attempt, 2, "the attempt after an orphaned one");
    same!(bench.settle(old.lease.key, completed()).await?, Settled::LeaseLost, "while another holds it");
    same!(bench.job(old.job.id).await?.status, JobStatus::Running, "status");
    same!(bench.settle(new.lease.key, completed()).await?, Settled::Applied, "the holder");
    let late = bench.settle(old.lease.key, Outcome::End(JobStatus::Failed, None)).await?;
    same!(late, Settled::Terminal(JobStatus::Completed), "after the end");
    let outcomes: Vec<_> =
        bench.store().attempts(old.job.id).await?.into_iter().map(|one| one.outcome).collect();
    same!(outcomes, [Some("orphaned".to_owned()), Some("completed".to_owned())], "history");
    Ok(())
}

pub(super) async fn settling_twice_is_the_same_as_once(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    let now = bench.store().now().await?;
    let retry = Outcome::Retry(now, "it was busy".into());
    same!(bench.settle(key, retry.clone()).await?, Settled::Applied, "a retry");
    same!(bench.settle(key, retry.clone()).await?, Settled::AlreadyApplied, "the retry, repeated");
    let next = bench.claim_one(&here, key.job_id).await?;
    same!(bench.settle(key, retry).await?, Settled::AlreadyApplied, "the retry, repeated late");
    same!(bench.settle(next.lease.key, completed()).await?, Settled::Applied, "the end");
    same!(bench.settle(next.lease.key, completed()).await?, Settled::AlreadyApplied, "the end, repeated");
    let history = bench.store().attempts(key.job_id).await?;
    same!(history[0].error.as_deref(), Some("it was busy"), "the error kept");
    Ok(())
}

pub(super) async fn the_end_is_final(bench: Bench) -> Verdict {
    let here = executor("here");
    for status in [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled] {
        let key = bench.running(&here).await?.lease.key;
        same!(bench.settle(key, Outcome::End(status, None)).await?, Settled::Applied, "the end");
        let row = bench.job(key.job_id).await?;
        holds!(row.status == status && row.completed_at.is_some(), "the end is not in the row");
        same!(bench.settle(key, Outcome::Release).await?, Settled::Terminal(status), "another end");
        same!(bench.store().cancel(key.job_id, "late").await?, Cancelled::AlreadyEnded, "cancelling");
        same!(bench.claim(&here, 9).await?.len(), 0, "claims");
        same!(bench.job(key.job_id).await?, row, "the row");
    }
    let key = bench.running(&here).await?.lease.key;
    let odd = bench.store().settle(vec![settlement(key, Outcome::End(JobStatus::Pending, None))]).await;
    holds!(odd.is_err(), "an attempt ended as pending");
    Ok(())
}

pub(super) async fn every_settlement_gets_its_own_answer(bench: Bench) -> Verdict {
    let here = executor("here");
    let good = bench.running(&here).await?.lease.key;
    let other = bench.running(&here).await?.lease.key;
    let unknown = LeaseKey { job_id: JobId::new(), fence: good.fence };
    let never = LeaseKey { job_id: good.job_id, fence: good.fence + 1000 };
    let items = [unknown, never, good, other, good].map(|key| settlement(key, completed())).to_vec();
    let answers = bench.store().settle(items).await?;
    let (lost, applied) = (Settled::LeaseLost, Settled::Applied);
    same!(answers, [lost, lost, applied, applied, Settled::AlreadyApplied], "answers");
    Ok(())
}

pub(super) async fn a_retry_waits_for_its_time(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    let at = bench.store().now().await? + Duration::from_secs(60);
    bench.settle(key, Outcome::Retry(at, "busy".into())).await?;
    same!(bench.job(key.job_id).await?.status, JobStatus::Pending, "status");
    same!(bench.claim(&here, 9).await?.len(), 0, "claims before the time");
    bench.advance(Duration::from_secs(60))?;
    same!(bench.claim_one(&here, key.job_id).await?.lease.attempt, 2, "attempt");
    Ok(())
}

pub(super) async fn giving_back_is_not_counted(bench: Bench) -> Verdict {
    let here = executor("here");
    let first = bench.running(&here).await?;
    bench.settle(first.lease.key, Outcome::Release).await?;
    let second = bench.claim_one(&here, first.job.id).await?;
    same!(second.lease.attempt, 1, "attempt after one given back");
    same!(second.job.started_at, first.job.started_at, "when it first began");
    Ok(())
}

pub(super) async fn orphaned_too_often_is_given_up_with_evidence(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(scan()).await?;
    for expected in [JobStatus::Pending, JobStatus::Pending, JobStatus::Failed] {
        bench.claim_one(&here, id).await?;
        bench.advance(TTL)?;
        let reaped = bench.store().reap(3).await?;
        same!(
            reaped.iter().map(|one| (one.job_id, one.status)).collect::<Vec<_>>(),
            [(id, expected)],
            "reaped"
        );
    }
    let row = bench.job(id).await?;
    let error = row.details.get("error").and_then(|error| error.as_str()).unwrap_or_default();
    holds!(error.contains("here"), "details.error does not say who ran it");
    holds!(row.completed_at.is_some(), "no time of its end");

    let other = bench.enqueue(scan()).await?;
    bench.claim_one(&here, other).await?;
    bench.advance(TTL)?;
    bench.store().reap(2).await?;
    let again = bench.claim_one(&here, other).await?;
    bench.settle(again.lease.key, Outcome::Release).await?;
    bench.claim_one(&here, other).await?;
    bench.advance(TTL)?;
    let reaped = bench.store().reap(2).await?;
    same!(reaped[0].status, JobStatus::Pending, "orphaned twice, but not in a row");
    Ok(())
}

pub(super) async fn an_orphan_that_got_further_is_not_given_up(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(scan()).await?;
    let (status, log) = (Some(JobStatus::Completed), None);
    let task = TaskUpdate { id: TaskId::new(), server_id: None, status, log, progress: None };
    for (checkpoint, tasks, expected) in [
        (Some("one"), vec![], JobStatus::Pending),
        (Some("two"), vec![], JobStatus::Pending),
        (Some("three"), vec![], JobStatus::Pending),
        (None, vec![task.clone()], JobStatus::Pending),
        // The same again is no progress, and neither is a task that had ended.
        (Some("three"), vec![task.clone()], JobStatus::Failed),
    ] {
        let lease = bench.claim_one(&here, id).await?.lease.key;
        let write = AttemptWrite {
            lease: Some(lease),
            checkpoint: checkpoint.map(Bytes::from),
            tasks,
            ..AttemptWrite::default()
        };
        bench.store().write(write).await?;
        bench.advance(TTL)?;
        let reaped = bench.store().reap(2).await?;
        same!(reaped[0].status, expected, "reaped");
    }
    Ok(())
}

pub(super) async fn cancelling_what_waits_takes_its_children_along(bench: Bench) -> Verdict {
    let parent = bench.enqueue(scan()).await?;
    let child = bench.enqueue(NewJob { parent_job_id: Some(parent), ..scan() }).await?;
    let grandchild = bench.enqueue(NewJob { parent_job_id: Some(child), ..scan() }).await?;
    let bystander = bench.enqueue(scan()).await?;
    same!(bench.store().cancel(parent, "not today").await?, Cancelled::AtOnce, "the answer");
    for id in [parent, child, grandchild] {
        let row = bench.job(id).await?;
        same!(row.status, JobStatus::Cancelled, "status");
        holds!(row.details.contains_key("cancellation_reason"), "no reason is kept");
    }
    same!(bench.job(bystander).await?.status, JobStatus::Pending, "another job");
    same!(bench.store().cancel(parent, "again").await?, Cancelled::AlreadyEnded, "the second time");
    same!(bench.store().cancel(JobId::new(), "who").await?, Cancelled::NotFound, "a job that is not there");
    Ok(())
}

pub(super) async fn cancelling_what_runs_tells_the_executor(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    let other = bench.running(&here).await?.lease.key;
    let jobs = [key.job_id, other.job_id];
    same!(bench.store().cancel_requests(&jobs).await?.len(), 0, "requests before");
    same!(bench.store().cancel(key.job_id, "stop").await?, Cancelled::Requested, "the answer");
    same!(bench.store().cancel(key.job_id, "stop").await?, Cancelled::Requested, "the answer, repeated");
    same!(bench.store().cancel_requests(&jobs).await?, [key.job_id], "requests");
    let beat = Beat { executor: here.clone(), leases: vec![key, other], ttl: TTL };
    let reply = bench.store().renew(beat).await?;
    same!((reply.cancel, reply.lost.len()), (vec![key.job_id], 0), "the beat's answer");
    same!(bench.job(key.job_id).await?.status, JobStatus::Running, "status until the executor ends it");
    let end = Outcome::End(JobStatus::Cancelled, None);
    same!(bench.settle(key, end).await?, Settled::Applied, "the end");
    same!(bench.store().cancel_requests(&jobs).await?.len(), 0, "requests after");
    Ok(())
}

pub(super) async fn a_job_to_be_cancelled_is_not_given_back(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    bench.store().cancel(key.job_id, "stop").await?;
    same!(bench.settle(key, Outcome::Release).await?, Settled::Applied, "giving it back");
    same!(bench.job(key.job_id).await?.status, JobStatus::Cancelled, "status after giving back");
    same!(bench.settle(key, Outcome::Release).await?, Settled::AlreadyApplied, "giving it back, repeated");
    let key = bench.running(&here).await?.lease.key;
    bench.store().cancel(key.job_id, "stop").await?;
    bench.advance(TTL)?;
    let reaped = bench.store().reap(1).await?;
    same!(reaped[0].status, JobStatus::Cancelled, "status after its executor went away");
    Ok(())
}

pub(super) async fn a_crash_is_proved_and_its_jobs_released(bench: Bench) -> Verdict {
    if !bench.store().caps().proves_death {
        return Err(Stop::Skip("the store cannot prove that a process is dead"));
    }
    let here = executor("here");
    bench.store().register(&here).await?;
    let key = bench.running(&here).await?.lease.key;
    let living = executor("here");
    let reply = bench.store().register(&living).await?;
    same!(reply.released.len(), 0, "jobs of a living executor released");
    same!(reply.alive, [here.incarnation], "incarnations that live");
    let bench = bench.crash().await?;
    let next = executor("here");
    let reply = bench.store().register(&next).await?;
    same!(reply.released, [key.job_id], "jobs released");
    same!(reply.alive.len(), 0, "incarnations that live after the crash");
    bench.claim_one(&next, key.job_id).await?;
    same!(bench.settle(key, completed()).await?, Settled::LeaseLost, "the dead executor's word");
    Ok(())
}

pub(super) async fn a_checkpoint_reaches_the_next_attempt(bench: Bench) -> Verdict {
    let here = executor("here");
    let won = bench.running(&here).await?;
    same!(won.checkpoint, None, "checkpoint of a first attempt");
    for checkpoint in ["one", "two"] {
        let write = AttemptWrite {
            lease: Some(won.lease.key),
            checkpoint: Some(Bytes::from(checkpoint)),
            ..AttemptWrite::default()
        };
        bench.store().write(write).await?;
    }
    let write = AttemptWrite { lease: Some(won.lease.key), ..AttemptWrite::default() };
    bench.store().write(write).await?;
    bench.settle(won.lease.key, Outcome::Release).await?;
    let durable = bench.store().caps().durable;
    let bench = if durable { bench.crash().await? } else { bench };
    let next = bench.claim_one(&here, won.job.id).await?;
    same!(next.checkpoint.as_deref(), Some(&b"two"[..]), "checkpoint");
    Ok(())
}

pub(super) async fn leaving_gives_everything_back(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    bench.store().register(&here).await?;
    let mine = bench.running(&here).await?.lease.key;
    let theirs = bench.running(&there).await?.lease.key;
    bench.store().unregister(&here).await?;
    same!(bench.job(mine.job_id).await?.status, JobStatus::Pending, "my job");
    same!(bench.job(theirs.job_id).await?.status, JobStatus::Running, "somebody else's job");
    let write =
        AttemptWrite { lease: Some(mine), findings: vec![finding(1, None)], ..AttemptWrite::default() };
    holds!(bench.store().write(write).await.is_err(), "one that left may still write");
    let end = settlement(theirs, completed());
    let end = crate::store::Settlement { details: keys([("result", json!(1))]), ..end };
    bench.store().settle(vec![end]).await?;
    same!(bench.job(theirs.job_id).await?.details.get("result"), Some(&json!(1)), "last words");
    Ok(())
}

//! Another run, another time, another priority.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::bench::{Bench, TTL, Verdict, completed, executor, holds, keys, same, scan, settlement};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob, NewTask, Priority, TaskUpdate};
use crate::store::{
    AttemptWrite, ClaimedJob, Executor, LeaseKey, Outcome, Reschedule, Rescheduled, Retried, Settled,
    Settlement, StepChange, StepWrite,
};

fn failed() -> Outcome {
    Outcome::End(JobStatus::Failed, Some("no answer".into()))
}

async fn ended(bench: &Bench, executor: &Executor, outcome: Outcome) -> Verdict<ClaimedJob> {
    let won = bench.running(executor).await?;
    same!(bench.settle(won.lease.key, outcome).await?, Settled::Applied, "the end");
    Ok(won)
}

fn step_done(key: LeaseKey, result: Value) -> AttemptWrite {
    let step = StepWrite { name: "stage".into(), change: StepChange::Done(result) };
    AttemptWrite { lease: Some(key), steps: vec![step], ..AttemptWrite::default() }
}

pub(super) async fn an_ended_job_runs_once_more(bench: Bench) -> Verdict {
    let here = executor("here");
    for status in [JobStatus::Failed, JobStatus::Cancelled] {
        let won = ended(&bench, &here, Outcome::End(status, None)).await?;
        bench.advance(Duration::from_secs(1))?;
        same!(bench.store().retry(won.job.id).await?, Retried::Queued(2), "the retry");
        let row = bench.job(won.job.id).await?;
        same!((row.status, row.started_at, row.completed_at), (JobStatus::Pending, None, None), "the row");
        same!(row.schedule_at, Some(bench.store().now().await?), "when it is due");
        same!(bench.store().retry(won.job.id).await?, Retried::AlreadyPending, "the retry, repeated");
        let again = bench.claim_one(&here, won.job.id).await?;
        same!((again.lease.run, again.lease.attempt), (2, 1), "its run and attempt");
        holds!(again.lease.key.fence > won.lease.key.fence, "a fence did not grow");
        same!(bench.settle(again.lease.key, completed()).await?, Settled::Applied, "the end");
    }
    same!(bench.store().retry(JobId::new()).await?, Retried::NotFound, "a job that is not there");
    Ok(())
}

pub(super) async fn a_retry_begins_from_the_beginning(bench: Bench) -> Verdict {
    let here = executor("here");
    let new = NewJob { lane: Some("server:a".into()), tasks: vec![NewTask::default()], ..scan() };
    let id = bench.enqueue(new.with_details(json!({"wish": 1}))).await?;
    let won = bench.claim_one(&here, id).await?;
    let task = won.tasks[0].id;
    bench.store().write(step_done(won.lease.key, json!("JID_1"))).await?;
    let checkpoint = AttemptWrite {
        lease: Some(won.lease.key),
        checkpoint: Some(Bytes::from("far")),
        ..Default::default()
    };
    bench.store().write(checkpoint).await?;
    let update = TaskUpdate {
        id: task,
        server_id: None,
        status: Some(JobStatus::Failed),
        log: None,
        progress: Some(70),
    };
    let end = Settlement {
        details: keys([("error", json!("no answer")), ("partial", json!(true)), ("seen", json!(3))]),
        tasks: vec![update],
        ..settlement(won.lease.key, completed())
    };
    bench.store().settle(vec![end]).await?;
    same!(bench.store().retry(id).await?, Retried::Queued(2), "the retry of what ended in part");
    same!(bench.job(id).await?.details, keys([("wish", json!(1)), ("seen", json!(3))]), "details");
    let again = bench.claim_one(&here, id).await?;
    same!((again.checkpoint, again.steps.len()), (None, 0), "what it knows of the last run");
    same!(again.lane.as_deref(), Some("server:a"), "its lane");
    same!((again.tasks[0].status, again.tasks[0].progress), (JobStatus::Pending, 0), "its task");
    same!(again.tasks[0].completed_at, None, "the end of its task");
    Ok(())
}

pub(super) async fn a_retry_keeps_the_evidence(bench: Bench) -> Verdict {
    let here = executor("here");
    let won = bench.running(&here).await?;
    let id = won.job.id;
    bench.store().write(step_done(won.lease.key, json!(1))).await?;
    bench.settle(won.lease.key, failed()).await?;
    bench.store().retry(id).await?;
    let again = bench.claim_one(&here, id).await?;
    bench.store().write(step_done(again.lease.key, json!(2))).await?;
    bench.settle(again.lease.key, completed()).await?;
    let steps = bench.store().steps(id).await?;
    let seen: Vec<_> = steps.iter().map(|step| (step.run, step.number, step.result.clone())).collect();
    same!(seen, [(1, 1, json!(1)), (2, 1, json!(2))], "the steps of both runs");
    let attempts = bench.store().attempts(id).await?;
    let seen: Vec<_> = attempts.iter().map(|one| (one.run, one.number, one.error.as_deref())).collect();
    same!(seen, [(1, 1, Some("no answer")), (2, 1, None)], "the attempts of both runs");
    Ok(())
}

pub(super) async fn a_retry_forgives_orphanings(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(scan()).await?;
    for _ in 0..2 {
        bench.claim_one(&here, id).await?;
        bench.advance(TTL)?;
        bench.store().reap(2).await?;
    }
    same!(bench.job(id).await?.status, JobStatus::Failed, "orphaned too often");
    same!(bench.store().retry(id).await?, Retried::Queued(2), "the retry");
    same!(bench.store().reap(2).await?, [], "judged by the orphanings of the last run");
    bench.claim_one(&here, id).await?;
    bench.advance(TTL)?;
    bench.store().reap(2).await?;
    same!(bench.job(id).await?.status, JobStatus::Pending, "orphaned once in its new run");
    Ok(())
}

pub(super) async fn a_retry_of_what_has_not_ended_changes_nothing(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(scan()).await?;
    let row = bench.job(id).await?;
    same!(bench.store().retry(id).await?, Retried::AlreadyPending, "of a pending job");
    same!(bench.job(id).await?, row, "the row");
    let won = bench.claim_one(&here, id).await?;
    same!(bench.store().retry(id).await?, Retried::StillRunning, "of a running job");
    same!(bench.settle(won.lease.key, completed()).await?, Settled::Applied, "its end");
    Ok(())
}

pub(super) async fn a_job_that_did_all_is_not_tried_again(bench: Bench) -> Verdict {
    let won = ended(&bench, &executor("here"), completed()).await?;
    let row = bench.job(won.job.id).await?;
    same!(bench.store().retry(won.job.id).await?, Retried::Complete, "the retry");
    same!(bench.job(won.job.id).await?, row, "the row");
    Ok(())
}

pub(super) async fn an_ended_parent_refuses_its_child(bench: Bench) -> Verdict {
    let here = executor("here");
    let parent = bench.enqueue(scan()).await?;
    let child = bench.enqueue(NewJob { parent_job_id: Some(parent), ..scan() }).await?;
    bench.store().cancel(parent, "stop").await?;
    let refused = Retried::ParentEnded(parent, JobStatus::Cancelled);
    same!(bench.store().retry(child).await?, refused, "the child of an ended parent");
    same!(bench.job(child).await?.status, JobStatus::Cancelled, "the child");
    same!(bench.store().retry(parent).await?, Retried::Queued(2), "the parent");
    same!(bench.job(child).await?.status, JobStatus::Cancelled, "the child of a parent tried again");
    same!(bench.store().retry(child).await?, Retried::Queued(2), "the child after it");
    let won = bench.claim(&here, 9).await?;
    same!(won.iter().map(|won| won.job.id).collect::<Vec<_>>(), [parent], "claims");
    Ok(())
}

pub(super) async fn a_late_word_of_the_last_run_changes_nothing(bench: Bench) -> Verdict {
    let here = executor("here");
    let won = ended(&bench, &here, failed()).await?;
    bench.store().retry(won.job.id).await?;
    same!(bench.settle(won.lease.key, failed()).await?, Settled::AlreadyApplied, "its end, repeated");
    same!(bench.settle(won.lease.key, completed()).await?, Settled::LeaseLost, "another end");
    let refused = bench.store().write(step_done(won.lease.key, Value::Null)).await;
    holds!(refused.is_err(), "the last run took a step");
    same!(bench.job(won.job.id).await?.status, JobStatus::Pending, "the job");
    Ok(())
}

pub(super) async fn a_pending_job_gets_another_time(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(scan()).await?;
    let now = bench.store().now().await?;
    let at = |time| Reschedule { schedule_at: Some(time), priority: None };
    let later = now + Duration::from_secs(60);
    same!(bench.store().reschedule(id, at(later)).await?, Rescheduled::Applied, "putting it off");
    same!(bench.job(id).await?.schedule_at, Some(later), "the row");
    same!(bench.claim(&here, 9).await?.len(), 0, "claims before its time");
    same!(bench.store().reschedule(id, at(now)).await?, Rescheduled::Applied, "having it now");
    bench.claim_one(&here, id).await?;
    Ok(())
}

pub(super) async fn a_pending_job_gets_another_priority(bench: Bench) -> Verdict {
    let here = executor("here");
    let first = bench.enqueue(scan()).await?;
    let second = bench.enqueue(scan()).await?;
    let urgent = Reschedule { schedule_at: None, priority: Some(Priority::Critical) };
    same!(bench.store().reschedule(second, urgent).await?, Rescheduled::Applied, "making it urgent");
    let row = bench.job(second).await?;
    same!((row.priority, row.schedule_at), (Priority::Critical, None), "the row");
    bench.claim_one(&here, second).await?;
    bench.claim_one(&here, first).await?;
    Ok(())
}

pub(super) async fn a_job_put_off_gives_up_its_place(bench: Bench) -> Verdict {
    let here = executor("here");
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.enqueue(NewJob { lane: Some("server:a".into()), ..scan() }).await?);
        bench.advance(Duration::from_millis(5))?;
    }
    let first = bench.claim_one(&here, ids[0]).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "claims while the lane is taken");
    let off = Reschedule {
        schedule_at: Some(bench.store().now().await? + Duration::from_secs(60)),
        priority: None,
    };
    bench.store().reschedule(ids[1], off).await?;
    bench.settle(first.lease.key, completed()).await?;
    let third = bench.claim_one(&here, ids[2]).await?;
    bench.advance(Duration::from_secs(61))?;
    bench.settle(third.lease.key, completed()).await?;
    bench.claim_one(&here, ids[1]).await?;
    Ok(())
}

pub(super) async fn only_pending_jobs_are_moved(bench: Bench) -> Verdict {
    let won = bench.running(&executor("here")).await?;
    let id = won.job.id;
    let urgent = Reschedule { schedule_at: None, priority: Some(Priority::High) };
    let row = bench.job(id).await?;
    let refused = |status| Rescheduled::NotPending(status);
    same!(bench.store().reschedule(id, urgent).await?, refused(JobStatus::Running), "a running job");
    same!(bench.job(id).await?, row, "the row");
    bench.settle(won.lease.key, completed()).await?;
    same!(bench.store().reschedule(id, urgent).await?, refused(JobStatus::Completed), "an ended job");
    let nobody = bench.store().reschedule(JobId::new(), urgent).await?;
    same!(nobody, Rescheduled::NotFound, "a job that is not there");
    Ok(())
}

//! What a running attempt writes.

use serde_json::{Value, json};

use super::bench::{Bench, Stop, Verdict, completed, executor, finding, holds, keys, same, scan, settlement};
use crate::error::ErrorKind;
use crate::id::{ServerId, TaskId};
use crate::job::{JobStatus, NewJob, NewTask, TaskRow, TaskUpdate};
use crate::store::{AttemptWrite, LeaseKey, Outcome, ServerFields, ServerQuery, Settlement};

pub(super) async fn nothing_is_written_without_the_lease(bench: Bench) -> Verdict {
    let here = executor("here");
    let old = bench.running(&here).await?;
    bench.settle(old.lease.key, Outcome::Release).await?;
    let write = || AttemptWrite {
        lease: Some(old.lease.key),
        findings: vec![finding(1, Some("LOST001"))],
        details: keys([("lost", json!(true))]),
        ..AttemptWrite::default()
    };
    let refused = |outcome: crate::Result<_>| match outcome {
        Err(error) if error.kind() == ErrorKind::LeaseLost => Ok(()),
        other => Err(Stop::Fail(format!("{other:?} where the lease is lost"))),
    };
    refused(bench.store().write(write()).await)?;
    let new = bench.claim_one(&here, old.job.id).await?;
    refused(bench.store().write(write()).await)?;
    bench.settle(new.lease.key, completed()).await?;
    refused(bench.store().write(AttemptWrite { lease: Some(new.lease.key), ..write() }).await)?;
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 0, "servers written");
    holds!(!bench.job(old.job.id).await?.details.contains_key("lost"), "details were written");
    Ok(())
}

pub(super) async fn details_are_merged_key_by_key(bench: Bench) -> Verdict {
    let here = executor("here");
    let details =
        keys([("mine", json!({"a": 1, "big": 18_446_744_073_709_551_615_u64})), ("stage", json!("start"))]);
    let id = bench.enqueue(NewJob { details, ..scan() }).await?;
    let key = bench.claim_one(&here, id).await?.lease.key;
    let write = |details| AttemptWrite { lease: Some(key), details, ..AttemptWrite::default() };
    bench.store().write(write(keys([("stage", json!("ports")), ("found", json!([1]))]))).await?;
    bench.store().write(write(keys([("found", Value::Null)]))).await?;
    let end = Settlement { details: keys([("stage", json!("done"))]), ..settlement(key, completed()) };
    bench.store().settle(vec![end]).await?;
    let expected = keys([
        ("mine", json!({"a": 1, "big": 18_446_744_073_709_551_615_u64})),
        ("stage", json!("done")),
        ("found", Value::Null),
    ]);
    same!(bench.job(id).await?.details, expected, "details");
    Ok(())
}

fn update(id: TaskId, status: Option<JobStatus>, progress: Option<u8>) -> TaskUpdate {
    TaskUpdate { id, server_id: None, status, log: None, progress }
}

async fn write_task(bench: &Bench, key: LeaseKey, update: TaskUpdate) -> Verdict<TaskRow> {
    let id = update.id;
    let write = AttemptWrite { lease: Some(key), tasks: vec![update], ..AttemptWrite::default() };
    bench.store().write(write).await?;
    let tasks = bench.store().tasks(key.job_id).await?;
    tasks.into_iter().find(|task| task.id == id).ok_or_else(|| Stop::Fail("the task is not there".into()))
}

pub(super) async fn progress_only_rises_and_ended_tasks_stay(bench: Bench) -> Verdict {
    let here = executor("here");
    let server = ServerId::new();
    let id = bench.enqueue(NewJob { tasks: vec![NewTask { server_id: Some(server) }], ..scan() }).await?;
    let won = bench.claim_one(&here, id).await?;
    same!(won.tasks.len(), 1, "tasks of the claim");
    let (key, known) = (won.lease.key, won.tasks[0].id);
    let row = write_task(&bench, key, update(known, Some(JobStatus::Running), Some(40))).await?;
    same!((row.server_id, row.progress, row.started_at.is_some()), (Some(server), 40, true), "begun");
    same!(write_task(&bench, key, update(known, None, Some(10))).await?.progress, 40, "progress set back");
    same!(
        write_task(&bench, key, update(known, None, Some(250))).await?.progress,
        100,
        "progress beyond the end"
    );
    let ended = write_task(&bench, key, update(known, Some(JobStatus::Failed), None)).await?;
    holds!(ended.completed_at.is_some(), "no time of its end");
    let again = write_task(&bench, key, update(known, Some(JobStatus::Running), None)).await?;
    same!(again, ended, "an ended task");
    let new = write_task(&bench, key, update(TaskId::new(), None, Some(5))).await?;
    same!((new.status, new.progress), (JobStatus::Pending, 5), "a task made by the attempt");
    Ok(())
}

pub(super) async fn open_tasks_end_with_their_job(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(NewJob { tasks: vec![NewTask::default(); 3], ..scan() }).await?;
    let won = bench.claim_one(&here, id).await?;
    let key = won.lease.key;
    write_task(&bench, key, update(won.tasks[0].id, Some(JobStatus::Running), Some(7))).await?;
    let last = update(won.tasks[1].id, Some(JobStatus::Failed), None);
    let end = Settlement { tasks: vec![last], ..settlement(key, completed()) };
    bench.store().settle(vec![end]).await?;
    let ends: Vec<_> = bench.store().tasks(id).await?.iter().map(|task| task.status).collect();
    same!(ends, [JobStatus::Completed, JobStatus::Failed, JobStatus::Completed], "the tasks' ends");
    Ok(())
}

pub(super) async fn job_columns_need_an_attempt(bench: Bench) -> Verdict {
    let write = AttemptWrite { details: keys([("x", json!(1))]), ..AttemptWrite::default() };
    let error = bench.store().write(write).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("lease"), "the field named");
    Ok(())
}

pub(super) async fn one_bad_item_undoes_the_whole_write(bench: Bench) -> Verdict {
    let mut bad = finding(2, Some("BAD0001"));
    bad.patch.set = ServerFields { connection_status: Some("on fire".into()), ..bad.patch.set };
    let write = AttemptWrite { findings: vec![finding(1, Some("GOOD001")), bad], ..AttemptWrite::default() };
    let error = bench.store().write(write).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("connection_status"), "the field named");
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 0, "servers written");
    Ok(())
}

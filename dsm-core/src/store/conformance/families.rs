//! Jobs that run by their parts, and turns among jobs of one urgency.

use std::time::Duration;

use serde_json::{Map, json};

use super::bench::{Bench, Stop, Verdict, completed, executor, holds, keys, same, scan, settlement};
use crate::error::ErrorKind;
use crate::id::JobId;
use crate::job::{JobRow, JobStatus, NewJob};
use crate::store::{AttemptWrite, Cancelled, ClaimedJob, Executor, JobQuery, OnFailure, Outcome, PartUpdate, Retried, Settled};

fn supported(bench: &Bench) -> Verdict {
    if bench.store().caps().limits { Ok(()) } else { Err(Stop::Skip("it runs no job by its parts")) }
}

fn of(parts: usize, on_failure: OnFailure) -> NewJob {
    NewJob { children: (0..parts).map(|_| scan()).collect(), on_failure, ..NewJob::new("full_server_update") }
}

fn failed() -> Outcome {
    Outcome::End(JobStatus::Failed, Some("no".into()))
}

/// The parts of a job, in order.
async fn parts(bench: &Bench, job: JobId) -> Verdict<Vec<JobRow>> {
    let mut rows = bench.store().jobs(JobQuery::default()).await?;
    rows.retain(|row| row.parent_job_id == Some(job));
    rows.sort_by_key(|row| row.component_order);
    Ok(rows)
}

async fn only(bench: &Bench, executor: &Executor) -> Verdict<ClaimedJob> {
    let mut won = bench.claim(executor, 9).await?;
    match (won.pop(), won.is_empty()) {
        (Some(job), true) => Ok(job),
        other => Err(Stop::Fail(format!("{other:?} where one job was due"))),
    }
}

async fn statuses(bench: &Bench, job: JobId) -> Verdict<Vec<JobStatus>> {
    Ok(parts(bench, job).await?.iter().map(|row| row.status).collect())
}

pub(super) async fn parts_of_another_program_are_told(bench: Bench) -> Verdict {
    let here = executor("here");
    let job = bench.enqueue(scan()).await?;
    let theirs = |order| NewJob { parent_job_id: Some(job), component_order: Some(order), ..scan() };
    for order in 1..=2 {
        bench.enqueue(theirs(order)).await?;
    }
    let other = bench.enqueue(scan()).await?;
    let stranger = bench.enqueue(NewJob { parent_job_id: Some(other), ..scan() }).await?;
    let rows = parts(&bench, job).await?;
    let query = JobQuery { parent_job_id: Some(job), ..JobQuery::default() };
    let mut found = bench.store().jobs(query).await?;
    found.retain(|row| row.parent_job_id == Some(job));
    same!(found.len(), 2, "jobs that are its parts");
    let held = bench.claim_one(&here, job).await?;
    let tell = |job_id: JobId, status: JobStatus, word: &str| AttemptWrite {
        lease: Some(held.lease.key),
        parts: vec![PartUpdate { job_id, status, details: Map::from_iter([("word".to_owned(), json!(word))]) }],
        ..AttemptWrite::default()
    };
    let (first, second) = (rows[0].id, rows[1].id);
    for (part, status, word) in [
        (first, JobStatus::Running, "begun"),
        (second, JobStatus::Failed, "no"),
        (first, JobStatus::Completed, "done"),
        // It has ended.
        (first, JobStatus::Failed, "late"),
        (stranger, JobStatus::Completed, "not its part"),
    ] {
        bench.store().write(tell(part, status, word)).await?;
        let row = bench.job(part).await?;
        if part == first && status == JobStatus::Running {
            same!((row.status, row.completed_at), (JobStatus::Running, None), "a part that runs");
        }
    }
    let (one, two) = (bench.job(first).await?, bench.job(second).await?);
    same!((one.status, two.status), (JobStatus::Completed, JobStatus::Failed), "their ends");
    same!((&one.details["word"], &two.details["word"]), (&json!("done"), &json!("no")), "what is said of them");
    holds!(one.started_at.is_some() && one.completed_at.is_some(), format!("when it ran: {one:?}"));
    same!(bench.job(stranger).await?.status, JobStatus::Pending, "another job's part");
    same!(bench.settle(held.lease.key, completed()).await?, Settled::Applied, "the job's end");
    same!(bench.job(first).await?.status, JobStatus::Completed, "a part after the job's end");
    Ok(())
}

pub(super) async fn parts_run_one_after_the_other(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let job = bench.enqueue(of(3, OnFailure::Stop)).await?;
    let rows = parts(&bench, job).await?;
    same!(
        rows.iter().map(|row| row.component_order).collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3)],
        "places"
    );
    same!(bench.job(job).await?.status, JobStatus::Pending, "the job before its first part");
    for row in &rows {
        let part = only(&bench, &here).await?;
        same!(part.job.id, row.id, "the next part");
        same!(bench.job(job).await?.status, JobStatus::Running, "the job while a part runs");
        same!(bench.settle(part.lease.key, completed()).await?, Settled::Applied, "its end");
    }
    let row = bench.job(job).await?;
    same!(row.status, JobStatus::Completed, "the job");
    same!(
        row.details.get("children").map(|counts| counts["completed"].clone()),
        Some(json!(3)),
        "what it says"
    );
    holds!(row.completed_at.is_some() && row.started_at.is_some(), "its times");
    Ok(())
}

pub(super) async fn parts_of_one_place_run_side_by_side(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let mut new = of(3, OnFailure::Continue);
    for (part, place) in new.children.iter_mut().zip([1, 1, 2]) {
        part.component_order = Some(place);
    }
    let job = bench.enqueue(new).await?;
    let first = bench.claim(&here, 9).await?;
    same!(first.len(), 2, "those of the first place");
    let partly = keys([("partial", json!(true))]);
    let end = crate::store::Settlement { details: partly, ..settlement(first[0].lease.key, completed()) };
    bench.store().settle(vec![end]).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "while the other is at work");
    bench.settle(first[1].lease.key, completed()).await?;
    let last = only(&bench, &here).await?;
    bench.settle(last.lease.key, completed()).await?;
    let row = bench.job(job).await?;
    same!(
        (row.status, row.details.get("partial")),
        (JobStatus::Completed, Some(&json!(true))),
        "one did not do all"
    );
    Ok(())
}

pub(super) async fn a_part_that_fails_ends_those_to_come_or_not(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let strict = bench.enqueue(of(3, OnFailure::Stop)).await?;
    let part = only(&bench, &here).await?;
    bench.settle(part.lease.key, completed()).await?;
    let part = only(&bench, &here).await?;
    bench.settle(part.lease.key, failed()).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "after the failure");
    let ended = [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled];
    same!(statuses(&bench, strict).await?, ended, "its parts");
    same!(bench.job(strict).await?.status, JobStatus::Failed, "the job");

    let lenient = bench.enqueue(of(3, OnFailure::Continue)).await?;
    for outcome in [failed(), completed(), completed()] {
        let part = only(&bench, &here).await?;
        bench.settle(part.lease.key, outcome).await?;
    }
    let row = bench.job(lenient).await?;
    same!(
        (row.status, row.details.get("partial")),
        (JobStatus::Completed, Some(&json!(true))),
        "completed in part"
    );
    Ok(())
}

pub(super) async fn a_cancel_reaches_every_part(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let waiting = bench.enqueue(of(2, OnFailure::Stop)).await?;
    same!(bench.store().cancel(waiting, "enough").await?, Cancelled::AtOnce, "before it runs");
    same!(statuses(&bench, waiting).await?, [JobStatus::Cancelled; 2], "its parts");

    let running = bench.enqueue(of(2, OnFailure::Stop)).await?;
    let part = only(&bench, &here).await?;
    same!(bench.store().cancel(running, "enough").await?, Cancelled::AtOnce, "nobody holds the job itself");
    same!(bench.store().cancel_requests(&[part.job.id]).await?, [part.job.id], "who is at work is told");
    same!(statuses(&bench, running).await?, [JobStatus::Running, JobStatus::Cancelled], "its parts");
    same!(bench.store().retry(running).await?, Retried::StillRunning, "while one has not stopped");
    let stopped = Outcome::End(JobStatus::Cancelled, Some("told to".into()));
    same!(bench.settle(part.lease.key, stopped).await?, Settled::Applied, "it stopped");
    same!(bench.job(running).await?.status, JobStatus::Cancelled, "the job");
    same!(bench.claim(&here, 9).await?.len(), 0, "nothing is left");
    Ok(())
}

pub(super) async fn a_retry_runs_what_was_not_done(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let job = bench.enqueue(of(3, OnFailure::Stop)).await?;
    let first = only(&bench, &here).await?;
    bench.settle(first.lease.key, completed()).await?;
    let second = only(&bench, &here).await?;
    bench.settle(second.lease.key, failed()).await?;
    same!(
        bench.store().retry(second.job.id).await?,
        Retried::ParentEnded(job, JobStatus::Failed),
        "of the part"
    );
    same!(bench.store().retry(job).await?, Retried::Queued(2), "of the job");
    same!(
        statuses(&bench, job).await?,
        [JobStatus::Completed, JobStatus::Pending, JobStatus::Pending],
        "what was done stays done"
    );
    let again = only(&bench, &here).await?;
    same!((again.job.id, again.lease.run), (second.job.id, 2), "the part that failed");
    bench.settle(again.lease.key, completed()).await?;
    let third = only(&bench, &here).await?;
    bench.settle(third.lease.key, completed()).await?;
    let row = bench.job(job).await?;
    same!((row.status, row.details.get("error")), (JobStatus::Completed, None), "the job");
    Ok(())
}

pub(super) async fn an_orphaned_part_goes_on_and_a_cancelled_one_counts(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let job = bench.enqueue(of(2, OnFailure::Continue)).await?;
    let part = only(&bench, &here).await?;
    bench.advance(super::bench::TTL + Duration::from_secs(1))?;
    same!(bench.store().reap(3).await?.len(), 1, "taken back");
    let again = only(&bench, &executor("there")).await?;
    same!(again.job.id, part.job.id, "the same part");
    bench.settle(again.lease.key, completed()).await?;
    let second = parts(&bench, job).await?.remove(1).id;
    same!(bench.store().cancel(second, "not that one").await?, Cancelled::AtOnce, "of the last part");
    let row = bench.job(job).await?;
    same!((row.status, row.details.get("partial")), (JobStatus::Completed, Some(&json!(true))), "the job");
    Ok(())
}

pub(super) async fn what_others_run_is_left_alone(bench: Bench) -> Verdict {
    let here = executor("here");
    let parent = bench.running(&here).await?;
    let child = NewJob { parent_job_id: Some(parent.job.id), component_order: Some(1), ..scan() };
    let child = bench.enqueue(child).await?;
    same!(bench.claim(&executor("there"), 9).await?.len(), 0, "for whoever does not run its parent");
    bench.settle(parent.lease.key, completed()).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "nor later");
    same!(bench.job(child).await?.status, JobStatus::Pending, "it stays as its parent left it");
    Ok(())
}

pub(super) async fn a_family_is_added_whole_or_not_at_all(bench: Bench) -> Verdict {
    supported(&bench)?;
    let id = JobId::new();
    let own_parent = NewJob { id: Some(id), parent_job_id: Some(id), ..scan() };
    let (one, two) = (JobId::new(), JobId::new());
    let cycle = vec![
        NewJob { id: Some(one), parent_job_id: Some(two), ..scan() },
        NewJob { id: Some(two), parent_job_id: Some(one), ..scan() },
    ];
    let nested = NewJob { children: vec![of(1, OnFailure::Stop)], ..NewJob::new("outer") };
    let nameless = NewJob { children: vec![scan(), NewJob::new(" ")], ..NewJob::new("outer") };
    for batch in [vec![own_parent], cycle, vec![scan(), nested], vec![scan(), nameless]] {
        let refused = bench.store().enqueue(batch).await.err().map(|error| error.kind());
        same!(refused, Some(ErrorKind::InvalidInput), "the answer");
    }
    same!(bench.store().jobs(JobQuery::default()).await?.len(), 0, "jobs");
    let once = NewJob { idempotency_key: Some("k".into()), ..of(2, OnFailure::Stop) };
    let job = bench.enqueue(once.clone()).await?;
    same!(bench.enqueue(once).await?, job, "the same key");
    same!(parts(&bench, job).await?.len(), 2, "its parts, once");
    let why = bench.store().why_not(job, &[]).await?.map(|why| why.to_string());
    same!(why.as_deref(), Some("it runs by its parts, 2 of which have not ended"), "why it does not run");
    Ok(())
}

pub(super) async fn a_batch_keeps_nobody_waiting_longer_than_its_minutes(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let batch: Vec<JobId> =
        bench.store().enqueue((0..50).map(|_| scan()).collect()).await?.iter().map(|one| one.id()).collect();
    bench.advance(Duration::from_secs(150))?;
    let late = bench.enqueue(scan()).await?;
    let other: Vec<JobId> =
        bench.store().enqueue((0..3).map(|_| scan()).collect()).await?.iter().map(|one| one.id()).collect();
    let won: Vec<JobId> = bench.claim(&here, 8).await?.iter().map(|job| job.job.id).collect();
    same!(won[..3], batch[..3], "what came minutes before");
    holds!(
        won[3..5].contains(&late) && won[3..5].contains(&other[0]),
        "then who comes alone, and the next batch"
    );
    same!((won[5], won[6]), (batch[3], other[1]), "then in turn");
    Ok(())
}

pub(super) async fn what_falls_due_together_takes_turns_as_well(bench: Bench) -> Verdict {
    supported(&bench)?;
    let here = executor("here");
    let at = bench.store().now().await? + Duration::from_secs(60);
    let later = NewJob { schedule_at: Some(at), ..scan() };
    bench.store().enqueue(vec![later; 20]).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "before their time");
    bench.advance(Duration::from_secs(90))?;
    let late = bench.enqueue(scan()).await?;
    let won: Vec<JobId> = bench.claim(&here, 3).await?.iter().map(|job| job.job.id).collect();
    same!(won.len(), 3, "as many as asked for");
    holds!(won.contains(&late), "who comes later is not behind all of them");
    Ok(())
}

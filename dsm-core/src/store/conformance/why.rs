//! Why a job is not running now.

use std::time::Duration;

use super::bench::{Bench, SCAN, Stop, TTL, Verdict, claim, completed, executor, holds, job, same, scan};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob, Priority};
use crate::store::{Beat, PauseScope, Reason};

async fn why(bench: &Bench, job: JobId) -> Verdict<Vec<Reason>> {
    let gated = [SCAN.to_owned()];
    match bench.store().why_not(job, &gated).await? {
        Some(why) if why.job_id == job && !why.reasons.is_empty() => Ok(why.reasons),
        other => Err(Stop::Fail(format!("{other:?} where reasons were expected"))),
    }
}

pub(super) async fn an_end_and_an_attempt_are_told(bench: Bench) -> Verdict {
    let here = executor("here");
    let won = bench.running(&here).await?;
    let now = bench.store().now().await?;
    let expected = Reason::Running { executor: Some("here".into()), since: Some(now), attempt: 1 };
    same!(why(&bench, won.job.id).await?, [expected], "of a running job");
    bench.settle(won.lease.key, completed()).await?;
    let expected = Reason::Ended { status: JobStatus::Completed, at: Some(now) };
    same!(why(&bench, won.job.id).await?, [expected], "of an ended job");
    same!(bench.store().why_not(JobId::new(), &[]).await?, None, "of a job that is not there");
    Ok(())
}

pub(super) async fn what_keeps_a_job_waiting_is_told(bench: Bench) -> Verdict {
    let here = executor("here");
    bench.store().register(&here).await?;
    bench.store().claim(claim(&here, 0)).await?;
    let at = bench.store().now().await? + Duration::from_secs(60);
    let lane = Some("server:a".to_owned());
    let id = bench.enqueue(NewJob { schedule_at: Some(at), lane: lane.clone(), ..scan() }).await?;
    same!(why(&bench, id).await?, [Reason::Due { at }], "before its time");
    let child = bench.enqueue(NewJob { parent_job_id: Some(id), ..scan() }).await?;
    let expected = Reason::Part { parent: id, status: JobStatus::Pending };
    same!(why(&bench, child).await?, [expected], "of a part");
    let scopes = [
        PauseScope::All,
        PauseScope::Idracs,
        PauseScope::JobType(SCAN.into()),
        PauseScope::Lane("server:a".into()),
        PauseScope::JobType("power_action".into()),
        PauseScope::Lane("server:b".into()),
    ];
    for scope in &scopes {
        bench.store().pause(scope, "a firmware day", "anna").await?;
    }
    let reasons = why(&bench, id).await?;
    let paused: Vec<_> = reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::Paused(pause) => Some(pause.scope.clone()),
            _ => None,
        })
        .collect();
    same!(paused, scopes[..4], "what holds it back");
    same!(reasons.last(), Some(&Reason::Due { at }), "and its time");
    let text = bench.store().why_not(id, &[]).await?.map(|why| why.to_string()).unwrap_or_default();
    holds!(text.starts_with("every job is paused by anna since "), format!("the sentence is: {text}"));
    for scope in &scopes {
        bench.store().resume(scope).await?;
    }
    bench.advance(Duration::from_secs(61))?;
    bench.store().claim(claim(&here, 0)).await?;
    bench.store().renew(Beat { executor: here.clone(), leases: Vec::new(), ttl: TTL }).await?;
    let urgent = bench.enqueue(NewJob { priority: Priority::High, ..scan() }).await?;
    same!(why(&bench, id).await?, [Reason::Slot { before: 1 }], "when nothing but others is before it");
    same!(why(&bench, urgent).await?, [Reason::Slot { before: 0 }], "of the next");
    Ok(())
}

pub(super) async fn a_line_is_told_from_its_head(bench: Bench) -> Verdict {
    let here = executor("here");
    bench.store().register(&here).await?;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.enqueue(NewJob { lane: Some("server:a".into()), ..scan() }).await?);
        bench.advance(Duration::from_millis(5))?;
    }
    let since = bench.store().now().await?;
    let first = bench.claim_one(&here, ids[0]).await?;
    bench.claim(&here, 9).await?;
    let late = bench.enqueue(NewJob { lane: Some("server:a".into()), ..scan() }).await?;
    for (at, id) in [(1, ids[1]), (2, ids[2]), (3, late)] {
        match why(&bench, id).await?.as_slice() {
            [Reason::Lane { key, first, before }] => {
                same!((key.as_str(), *before), ("server:a", at), "its place");
                same!((first.job_id, first.is_waiting), (Some(ids[0]), false), "who has the lane");
                same!(
                    (first.executor.as_deref(), first.since),
                    (Some("here"), since),
                    "where and since when"
                );
            }
            other => return Err(Stop::Fail(format!("{other:?} where a lane was expected"))),
        }
    }
    bench.settle(first.lease.key, completed()).await?;
    same!(why(&bench, ids[1]).await?, [Reason::Slot { before: 0 }], "of the next in line");
    match why(&bench, ids[2]).await?.as_slice() {
        [Reason::Lane { first, before: 1, .. }] if first.is_waiting => Ok(()),
        other => Err(Stop::Fail(format!("{other:?} where another is next"))),
    }
}

pub(super) async fn who_runs_what_is_told(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(job("power_action")).await?;
    let nobody = [Reason::NoExecutor { job_type: "power_action".into() }];
    same!(why(&bench, id).await?, nobody, "before anybody came");
    bench.store().register(&here).await?;
    same!(why(&bench, id).await?, [Reason::Slot { before: 0 }], "while one has not said what it runs");
    bench.store().claim(claim(&here, 0)).await?;
    same!(why(&bench, id).await?, nobody, "while only others are run");
    let there = executor("there");
    bench.store().register(&there).await?;
    let theirs = crate::store::Claim { job_types: vec!["power_action".into()], ..claim(&there, 0) };
    bench.store().claim(theirs).await?;
    same!(why(&bench, id).await?, [Reason::Slot { before: 0 }], "while somebody runs it");
    bench.advance(TTL / 2)?;
    bench.store().renew(Beat { executor: there.clone(), leases: Vec::new(), ttl: TTL }).await?;
    bench.advance(TTL / 2 + Duration::from_secs(1))?;
    same!(why(&bench, id).await?, [Reason::Slot { before: 0 }], "while it beats");
    bench.advance(TTL)?;
    same!(why(&bench, id).await?, nobody, "after it went silent");
    bench.store().unregister(&there).await?;
    same!(why(&bench, id).await?, nobody, "after it left");
    Ok(())
}

pub(super) async fn a_long_line_is_counted(bench: Bench) -> Verdict {
    let here = executor("here");
    bench.store().register(&here).await?;
    let lane = || NewJob { lane: Some("server:a".into()), ..scan() };
    bench.store().enqueue((0..2500).map(|_| lane()).collect()).await?;
    // After the turn of the last of the batch.
    bench.advance(Duration::from_secs(2500 * 60))?;
    let last = bench.enqueue(lane()).await?;
    for _ in 0..3 {
        bench.claim(&here, 1).await?;
    }
    match why(&bench, last).await?.as_slice() {
        [Reason::Lane { before: 2500, .. }] => {}
        other => return Err(Stop::Fail(format!("{other:?} of the last of 2501"))),
    }
    let job = bench.enqueue(scan()).await?;
    bench.store().enqueue((0..1100).map(|_| NewJob { priority: Priority::High, ..scan() }).collect()).await?;
    same!(why(&bench, job).await?, [Reason::Slot { before: 1000 }], "of one behind more than are counted");
    Ok(())
}

//! What is held back, and what is not.

use std::time::Duration;

use uuid::Uuid;

use super::bench::{Bench, SCAN, TTL, Verdict, claim, completed, executor, holds, job, same, scan};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob};
use crate::store::{
    Claim, Executor, LockOwner, LockRequest, Locked, Outcome, PauseScope, Settled, Turn, Wish,
};

const OTHER: &str = "power_action";
const LANE: &str = "server:a";

fn both(executor: &Executor) -> Claim {
    Claim { job_types: vec![SCAN.into(), OTHER.into()], ..claim(executor, 9) }
}

async fn claimed(bench: &Bench, claim: Claim) -> Verdict<Vec<JobId>> {
    Ok(bench.store().claim(claim).await?.jobs.iter().map(|won| won.job.id).collect())
}

fn in_lane(job_type: &str) -> NewJob {
    NewJob { lane: Some(LANE.into()), ..job(job_type) }
}

async fn enqueue_later(bench: &Bench, new: NewJob) -> Verdict<JobId> {
    bench.advance(Duration::from_millis(5))?;
    bench.enqueue(new).await
}

pub(super) async fn everything_may_be_paused_and_goes_on_after_it(bench: Bench) -> Verdict {
    let here = executor("here");
    let running = bench.running(&here).await?;
    bench.store().pause(&PauseScope::All, "", "").await?;
    let waiting = bench.enqueue(scan()).await?;
    let answer = bench.store().claim(claim(&here, 9)).await?;
    same!((answer.jobs.len(), answer.next_due), (0, None), "claims while everything is paused");
    same!(bench.job(waiting).await?.status, JobStatus::Pending, "a job meanwhile");
    same!(bench.settle(running.lease.key, completed()).await?, Settled::Applied, "what was running");
    holds!(bench.store().resume(&PauseScope::All).await?, "there was no pause to end");
    holds!(!bench.store().resume(&PauseScope::All).await?, "a pause ended twice");
    bench.claim_one(&here, waiting).await?;
    Ok(())
}

pub(super) async fn a_paused_type_leaves_the_others_alone(bench: Bench) -> Verdict {
    let here = executor("here");
    let held = bench.enqueue(scan()).await?;
    let free = bench.enqueue(job(OTHER)).await?;
    let scope = PauseScope::JobType(SCAN.into());
    bench.store().pause(&scope, "", "").await?;
    same!(claimed(&bench, both(&here)).await?, [free], "claims while one type is paused");
    bench.store().resume(&scope).await?;
    same!(claimed(&bench, both(&here)).await?, [held], "claims after it");
    holds!(
        bench.store().pause(&PauseScope::JobType(" ".into()), "", "").await.is_err(),
        "a type without a name was paused"
    );
    Ok(())
}

pub(super) async fn work_on_idracs_waits_where_the_claim_says_so(bench: Bench) -> Verdict {
    let here = executor("here");
    let held = bench.enqueue(scan()).await?;
    let free = bench.enqueue(job(OTHER)).await?;
    bench.store().pause(&PauseScope::Idracs, "", "").await?;
    let gated = || Claim { gated: vec![SCAN.into()], ..both(&here) };
    same!(claimed(&bench, gated()).await?, [free], "claims while work on iDRACs is paused");
    same!(bench.store().pauses().await?.len(), 1, "pauses");
    holds!(bench.store().resume(&PauseScope::Idracs).await?, "there was no pause to end");
    same!(bench.store().pauses().await?, [], "pauses after it");
    same!(claimed(&bench, gated()).await?, [held], "claims after it");
    Ok(())
}

pub(super) async fn a_paused_lane_waits_and_its_calls_do_not(bench: Bench) -> Verdict {
    let here = executor("here");
    let first = enqueue_later(&bench, in_lane(SCAN)).await?;
    let second = enqueue_later(&bench, in_lane(SCAN)).await?;
    let free = enqueue_later(&bench, scan()).await?;
    let scope = PauseScope::Lane(LANE.into());
    bench.store().pause(&scope, "a new drive", "anna").await?;
    same!(claimed(&bench, claim(&here, 9)).await?, [free], "claims while the lane is paused");
    let call = LockRequest {
        owner: LockOwner::Call(Uuid::now_v7()),
        executor: here.clone(),
        wishes: vec![Wish::alone(LANE)],
        label: "anna".into(),
        turn: Turn::InLine,
        ttl: TTL,
    };
    same!(bench.store().lock(call.clone()).await?, Locked::Granted, "a call at the paused server");
    bench.store().unlock(call.owner, &[]).await?;
    same!(claimed(&bench, claim(&here, 9)).await?, [], "claims after the call");
    bench.store().resume(&scope).await?;
    for expected in [first, second] {
        let won = bench.claim_one(&here, expected).await?;
        same!(claimed(&bench, claim(&here, 9)).await?, [], "claims while the lane is taken");
        same!(bench.settle(won.lease.key, completed()).await?, Settled::Applied, "the end");
    }
    Ok(())
}

pub(super) async fn who_is_paused_is_overtaken(bench: Bench) -> Verdict {
    let here = executor("here");
    let running = enqueue_later(&bench, in_lane(OTHER)).await?;
    let held = enqueue_later(&bench, in_lane(SCAN)).await?;
    let behind = enqueue_later(&bench, in_lane(OTHER)).await?;
    let mut won = bench.store().claim(both(&here)).await?.jobs;
    same!(won.len(), 1, "claims of one lane");
    same!(won[0].job.id, running, "the first of the lane");
    let scope = PauseScope::JobType(SCAN.into());
    bench.store().pause(&scope, "", "").await?;
    for expected in [Some(behind), None] {
        bench.settle(won[0].lease.key, completed()).await?;
        let next = bench.store().claim(both(&here)).await?.jobs;
        same!(next.first().map(|won| won.job.id), expected, "who is next while one is paused");
        if expected.is_some() {
            won = next;
        }
    }
    bench.store().resume(&scope).await?;
    same!(claimed(&bench, both(&here)).await?, [held], "claims after the pause");
    Ok(())
}

pub(super) async fn an_orphan_that_is_paused_stands_in_no_line(bench: Bench) -> Verdict {
    let here = executor("here");
    for gone in [true, false] {
        let first = enqueue_later(&bench, in_lane(SCAN)).await?;
        let won = bench.claim_one(&here, first).await?;
        let scope = PauseScope::JobType(SCAN.into());
        bench.store().pause(&scope, "", "").await?;
        if gone {
            bench.advance(TTL)?;
            bench.store().reap(9).await?;
        } else {
            bench.settle(won.lease.key, Outcome::Release).await?;
        }
        same!(bench.store().lock_holders(None).await?, [], "the line of a paused job");
        let other = enqueue_later(&bench, in_lane(OTHER)).await?;
        let mut others = bench.store().claim(both(&here)).await?.jobs;
        same!(others.first().map(|won| won.job.id), Some(other), "who passes it");
        bench.store().resume(&scope).await?;
        same!(claimed(&bench, both(&here)).await?, [], "claims while the lane is taken");
        if let Some(other) = others.pop() {
            bench.settle(other.lease.key, completed()).await?;
        }
        let again = bench.claim_one(&here, first).await?;
        bench.settle(again.lease.key, completed()).await?;
    }
    Ok(())
}

pub(super) async fn a_pause_says_who_and_why(bench: Bench) -> Verdict {
    let scopes = [
        PauseScope::All,
        PauseScope::Idracs,
        PauseScope::JobType(SCAN.into()),
        PauseScope::Lane(LANE.into()),
    ];
    let since = bench.store().now().await?;
    for scope in &scopes {
        let pause = bench.store().pause(scope, "a firmware day", "anna").await?;
        same!((&pause.scope, pause.reason.as_deref()), (scope, Some("a firmware day")), "the pause");
        same!((pause.by.as_deref(), pause.since), (Some("anna"), Some(since)), "who and when");
    }
    bench.advance(Duration::from_secs(1))?;
    let changed = bench.store().pause(&PauseScope::All, " ", "bert").await?;
    same!((changed.reason, changed.by.as_deref()), (None, Some("bert")), "what was said last");
    same!(changed.since, Some(since), "since when");
    let pauses = bench.store().pauses().await?;
    same!(pauses.iter().map(|pause| &pause.scope).collect::<Vec<_>>(), scopes.each_ref(), "the pauses");
    Ok(())
}

pub(super) async fn a_pause_survives_a_crash(bench: Bench) -> Verdict {
    let here = executor("here");
    bench.enqueue(scan()).await?;
    bench.store().pause(&PauseScope::All, "", "anna").await?;
    let bench = bench.crash().await?;
    same!(claimed(&bench, claim(&here, 9)).await?, [], "claims after a crash");
    same!(bench.store().pauses().await?[0].by.as_deref(), Some("anna"), "who paused it");
    Ok(())
}

pub(super) async fn a_resume_wakes_who_waits(bench: Bench) -> Verdict {
    let here = executor("here");
    let waiting = bench.enqueue(scan()).await?;
    bench.store().pause(&PauseScope::All, "", "").await?;
    // Signals of what was done before are taken first.
    bench.store().wait_for_work(Duration::from_millis(400)).await;
    bench.store().wait_for_work(Duration::from_millis(1)).await;
    let store = bench.shared();
    let long = Duration::from_secs(600);
    let (woken, resumed) = futures_util::future::join(
        async { tokio::time::timeout(Duration::from_secs(30), store.wait_for_work(long)).await.is_ok() },
        bench.store().resume(&PauseScope::All),
    )
    .await;
    resumed?;
    holds!(woken, "nobody was woken");
    bench.claim_one(&here, waiting).await?;
    Ok(())
}

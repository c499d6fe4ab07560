//! Lanes of jobs, locks of attempts and of calls.

use std::time::Duration;

use uuid::Uuid;

use super::bench::{Bench, SCAN, Stop, TTL, Verdict, claim, completed, executor, holds, same, scan};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob};
use crate::store::{
    Beat, Cancelled, ClaimedJob, Executor, Holder, LockOwner, LockRequest, Locked, Outcome, Settled, Share,
    Turn, Wish,
};

const LANE: &str = "server:a";
const OTHER: &str = "server:b";

fn in_lane(lane: &str) -> NewJob {
    NewJob { lane: Some(lane.to_owned()), ..scan() }
}

async fn line_up<const N: usize>(bench: &Bench, lane: &str) -> Verdict<[JobId; N]> {
    let mut ids = [JobId::default(); N];
    for id in &mut ids {
        *id = bench.enqueue(in_lane(lane)).await?;
        // Each is due a little later than the one before.
        bench.advance(Duration::from_millis(5))?;
    }
    Ok(ids)
}

fn ids(jobs: &[ClaimedJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.job.id).collect()
}

fn request(owner: LockOwner, executor: &Executor, wishes: Vec<Wish>, turn: Turn) -> LockRequest {
    LockRequest { owner, executor: executor.clone(), wishes, label: "a case".into(), turn, ttl: TTL }
}

async fn call(bench: &Bench, id: Uuid, executor: &Executor, wish: Wish, turn: Turn) -> Verdict<Locked> {
    Ok(bench.store().lock(request(LockOwner::Call(id), executor, vec![wish], turn)).await?)
}

fn blocked_by(answer: Locked) -> Verdict<Vec<Holder>> {
    match answer {
        Locked::Busy(holders) if !holders.is_empty() => Ok(holders),
        other => Err(Stop::Fail(format!("{other:?} where somebody else is first"))),
    }
}

pub(super) async fn one_job_of_a_lane_at_a_time(bench: Bench) -> Verdict {
    let here = executor("here");
    let first = line_up::<3>(&bench, LANE).await?;
    let second = line_up::<1>(&bench, OTHER).await?;
    let free = bench.enqueue(scan()).await?;
    let won = bench.claim(&here, 9).await?;
    same!(ids(&won), [first[0], second[0], free], "one of each lane, and what needs none");
    same!(won[0].lane.as_deref(), Some(LANE), "the lane that came along");
    same!(won[2].lane.as_deref(), None, "the lane of one without");
    same!(bench.claim(&executor("there"), 9).await?.len(), 0, "for another executor");
    let holders = bench.store().lock_holders(Some(LANE)).await?;
    let seen: Vec<_> = holders.iter().map(|one| (one.job_id, one.is_waiting)).collect();
    same!(seen, first.map(|id| (Some(id), id != first[0])), "who holds and who waits, in order");
    same!((holders[0].label.as_str(), holders[0].executor.as_deref()), (SCAN, Some("here")), "who it is");
    for (at, expected) in first.iter().enumerate() {
        let running = if at == 0 { won[0].clone() } else { bench.claim_one(&here, *expected).await? };
        same!(bench.claim(&here, 9).await?.len(), 0, "while the lane is taken");
        same!(bench.settle(running.lease.key, completed()).await?, Settled::Applied, "the end");
    }
    same!(bench.store().lock_holders(Some(LANE)).await?, [], "after the last");
    Ok(())
}

pub(super) async fn a_long_line_keeps_nobody_else_waiting(bench: Bench) -> Verdict {
    let here = executor("here");
    bench.store().enqueue((0..300).map(|_| in_lane(LANE)).collect()).await?;
    bench.advance(Duration::from_millis(5))?;
    let free = bench.enqueue(scan()).await?;
    let won = bench.claim(&here, 2).await?;
    same!(won.len(), 2, "one of the line, and who is not in it");
    same!(won[1].job.id, free, "who is not in it");
    // Served one after the other to the end: none is forgotten.
    let mut running = won[0].clone();
    for left in (0..300).rev() {
        same!(bench.settle(running.lease.key, completed()).await?, Settled::Applied, "the end");
        match bench.claim(&here, 9).await?.pop() {
            Some(next) if left > 0 => running = next,
            None if left == 0 => {}
            other => return Err(Stop::Fail(format!("{other:?} with {left} left"))),
        }
    }
    Ok(())
}

pub(super) async fn a_lane_is_kept_over_an_orphaning(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    let [first, second] = line_up(&bench, LANE).await?;
    let old = bench.claim_one(&here, first).await?;
    same!(bench.claim(&there, 9).await?.len(), 0, "while it runs");
    bench.advance(TTL)?;
    same!(bench.claim(&there, 9).await?.len(), 0, "while nobody has taken it back");
    bench.store().reap(9).await?;
    let interactive = call(&bench, Uuid::now_v7(), &there, Wish::alone(LANE), Turn::InLine).await?;
    same!(blocked_by(interactive)?.len(), 2, "those before a call in line");
    let again = bench.claim_one(&there, first).await?;
    same!(bench.settle(old.lease.key, completed()).await?, Settled::LeaseLost, "the superseded attempt");
    same!(bench.claim(&here, 9).await?.len(), 0, "while the second attempt runs");
    same!(bench.settle(again.lease.key, completed()).await?, Settled::Applied, "the end");
    bench.claim_one(&here, second).await?;
    Ok(())
}

pub(super) async fn an_orphan_that_had_overtaken_lets_the_line_go_on(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    let [first, second] = line_up(&bench, LANE).await?;
    let holder = bench.claim_one(&here, first).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "while it runs");
    let urgent = bench.running(&here).await?;
    let back = Outcome::Snooze(bench.store().now().await? + TTL * 9);
    same!(bench.settle(holder.lease.key, back).await?, Settled::Applied, "put off");
    let past = request(LockOwner::Job(urgent.lease.key), &here, vec![Wish::alone(LANE)], Turn::Now);
    same!(bench.store().lock(past).await?, Locked::Granted, "past who waits");
    same!(bench.claim(&there, 9).await?.len(), 0, "while it is held");
    bench.advance(TTL)?;
    bench.store().reap(9).await?;
    let claimed = bench.store().claim(claim(&there, 9)).await?;
    same!(ids(&claimed.jobs), [second, urgent.job.id], "who is next in the line, and the orphan");
    Ok(())
}

pub(super) async fn a_job_that_comes_back_later_gives_its_lane_up(bench: Bench) -> Verdict {
    let here = executor("here");
    let [first, second] = line_up(&bench, LANE).await?;
    let running = bench.claim_one(&here, first).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "while it runs");
    let later = bench.store().now().await? + Duration::from_secs(60);
    let retry = Outcome::Retry(later, "busy".into());
    same!(bench.settle(running.lease.key, retry).await?, Settled::Applied, "the retry");
    let other = bench.claim_one(&here, second).await?;
    bench.advance(Duration::from_secs(61))?;
    same!(bench.claim(&here, 9).await?.len(), 0, "its time has come, its turn has not");
    same!(bench.settle(other.lease.key, completed()).await?, Settled::Applied, "the other's end");
    bench.claim_one(&here, first).await?;
    Ok(())
}

pub(super) async fn who_is_cancelled_leaves_the_line(bench: Bench) -> Verdict {
    let here = executor("here");
    let [first, second, third] = line_up(&bench, LANE).await?;
    let running = bench.claim_one(&here, first).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "while it runs");
    same!(bench.store().cancel(second, "not needed").await?, Cancelled::AtOnce, "one that waits");
    let end = Outcome::End(JobStatus::Cancelled, None);
    same!(bench.settle(running.lease.key, end).await?, Settled::Applied, "the one that ran");
    bench.claim_one(&here, third).await?;
    Ok(())
}

pub(super) async fn a_job_sent_back_into_a_line_waits_its_turn(bench: Bench) -> Verdict {
    let here = executor("here");
    let [first] = line_up(&bench, LANE).await?;
    let holder = bench.claim_one(&here, first).await?;
    // Another program inserted it: its lane is found out only when it is read.
    let stranger = bench.running(&here).await?;
    let back = bench.settle(stranger.lease.key, Outcome::Line(LANE.to_owned())).await?;
    same!(back, Settled::Applied, "sent back");
    same!(bench.claim(&here, 9).await?.len(), 0, "while the lane is taken");
    same!(bench.settle(holder.lease.key, completed()).await?, Settled::Applied, "the holder's end");
    let again = bench.claim_one(&here, stranger.job.id).await?;
    same!((again.lane.as_deref(), again.lease.attempt), (Some(LANE), 1), "lane, and the attempt not counted");
    Ok(())
}

pub(super) async fn a_running_job_takes_locks_under_its_fence(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    let running = bench.running(&here).await?;
    let mine = LockOwner::Job(running.lease.key);
    let ask = |owner, executor: &Executor| request(owner, executor, vec![Wish::alone(LANE)], Turn::Now);
    same!(bench.store().lock(ask(mine, &here)).await?, Locked::Granted, "a free lock");
    same!(bench.store().lock(ask(mine, &here)).await?, Locked::Granted, "the same again");
    let [waiting] = line_up(&bench, LANE).await?;
    same!(bench.claim(&there, 9).await?.len(), 0, "a job of that lane");
    bench.store().unlock(mine, &[LANE.to_owned()]).await?;
    let won = bench.claim_one(&there, waiting).await?;
    let holders = blocked_by(bench.store().lock(ask(mine, &here)).await?)?;
    same!(holders[0].job_id, Some(waiting), "who holds it now");
    same!(bench.settle(won.lease.key, completed()).await?, Settled::Applied, "the end");
    same!(bench.store().lock(ask(mine, &here)).await?, Locked::Granted, "free again");

    bench.advance(TTL)?;
    bench.store().reap(9).await?;
    holds!(bench.store().lock(ask(mine, &here)).await.is_err(), "a superseded attempt took a lock");
    holds!(bench.store().unlock(mine, &[]).await.is_err(), "a superseded attempt gave locks back");
    let again = bench.claim_one(&there, running.job.id).await?;
    let renewed = LockOwner::Job(again.lease.key);
    same!(bench.store().lock(ask(renewed, &there)).await?, Locked::Granted, "for the next attempt");
    same!(bench.settle(again.lease.key, completed()).await?, Settled::Applied, "the end");
    same!(bench.store().lock_holders(None).await?, [], "a job's end frees what it held");
    Ok(())
}

pub(super) async fn all_locks_or_none(bench: Bench) -> Verdict {
    let here = executor("here");
    let [one, two] = [Uuid::now_v7(), Uuid::now_v7()];
    same!(call(&bench, one, &here, Wish::alone(LANE), Turn::Now).await?, Locked::Granted, "a free lock");
    let both = vec![Wish::alone(OTHER), Wish::alone(LANE)];
    let asked = request(LockOwner::Call(two), &here, both, Turn::Now);
    let holders = blocked_by(bench.store().lock(asked.clone()).await?)?;
    same!((holders.len(), holders[0].key.as_str()), (1, LANE), "who is in the way");
    same!(bench.store().lock_holders(Some(OTHER)).await?, [], "the one that was free");
    bench.store().unlock(LockOwner::Call(one), &[]).await?;
    same!(bench.store().lock(asked).await?, Locked::Granted, "both free");
    same!(bench.store().lock_holders(None).await?.len(), 2, "locks held");
    Ok(())
}

pub(super) async fn a_shared_lock_has_so_many_holders(bench: Bench) -> Verdict {
    let here = executor("here");
    let wish = || Wish::among("subnet:10.0.0.0/24", 2);
    let callers = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    same!(call(&bench, callers[0], &here, wish(), Turn::Now).await?, Locked::Granted, "the first");
    same!(call(&bench, callers[1], &here, wish(), Turn::Now).await?, Locked::Granted, "the second");
    let full = blocked_by(call(&bench, callers[2], &here, wish(), Turn::Now).await?)?;
    same!(full.iter().map(|one| one.share).collect::<Vec<_>>(), [Share::Among(2); 2], "both in the way");
    let wider = Wish::among("subnet:10.0.0.0/24", 9);
    blocked_by(call(&bench, callers[2], &here, wider, Turn::Now).await?)?;
    let alone = Wish::alone("subnet:10.0.0.0/24");
    blocked_by(call(&bench, callers[2], &here, alone, Turn::Now).await?)?;
    bench.store().unlock(LockOwner::Call(callers[0]), &[]).await?;
    same!(call(&bench, callers[2], &here, wish(), Turn::Now).await?, Locked::Granted, "a place is free");
    Ok(())
}

pub(super) async fn who_waits_is_served_in_order(bench: Bench) -> Verdict {
    let here = executor("here");
    let callers = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    for (at, caller) in callers.iter().enumerate() {
        let answer = call(&bench, *caller, &here, Wish::alone(LANE), Turn::InLine).await?;
        same!(answer == Locked::Granted, at == 0, "granted");
    }
    bench.store().unlock(LockOwner::Call(callers[0]), &[]).await?;
    let last = call(&bench, callers[2], &here, Wish::alone(LANE), Turn::InLine).await?;
    same!(blocked_by(last)?.len(), 1, "who is before the last");
    let next = call(&bench, callers[1], &here, Wish::alone(LANE), Turn::InLine).await?;
    same!(next, Locked::Granted, "the next");
    bench.store().unlock(LockOwner::Call(callers[1]), &[]).await?;
    let last = call(&bench, callers[2], &here, Wish::alone(LANE), Turn::InLine).await?;
    same!(last, Locked::Granted, "the last");
    Ok(())
}

pub(super) async fn now_overtakes_who_waits_but_not_who_holds(bench: Bench) -> Verdict {
    let here = executor("here");
    let [first, second] = line_up(&bench, LANE).await?;
    let running = bench.claim_one(&here, first).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "while it runs");
    let urgent = Uuid::now_v7();
    let refused = call(&bench, urgent, &here, Wish::alone(LANE), Turn::Now).await?;
    same!(blocked_by(refused)?[0].job_id, Some(first), "who holds it");
    same!(bench.store().lock_holders(Some(LANE)).await?.len(), 2, "a refusal leaves no place in line");
    same!(bench.settle(running.lease.key, completed()).await?, Settled::Applied, "the end");
    let granted = call(&bench, urgent, &here, Wish::alone(LANE), Turn::Now).await?;
    same!(granted, Locked::Granted, "past who waits");
    same!(bench.claim(&here, 9).await?.len(), 0, "while the call holds it");
    bench.store().unlock(LockOwner::Call(urgent), &[]).await?;
    bench.claim_one(&here, second).await?;
    Ok(())
}

pub(super) async fn a_call_holds_as_long_as_its_executor_beats(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    bench.store().register(&here).await?;
    let caller = Uuid::now_v7();
    same!(call(&bench, caller, &here, Wish::alone(LANE), Turn::Now).await?, Locked::Granted, "a free lock");
    let [waiting] = line_up(&bench, LANE).await?;
    bench.advance(TTL / 2)?;
    bench.store().renew(Beat { executor: here.clone(), leases: Vec::new(), ttl: TTL }).await?;
    bench.advance(TTL / 2 + Duration::from_secs(1))?;
    same!(bench.claim(&there, 9).await?.len(), 0, "a beat extends it");
    bench.advance(TTL)?;
    let claimed = bench.store().claim(claim(&there, 9)).await?;
    same!(ids(&claimed.jobs), [waiting], "without a beat it ends");
    Ok(())
}

pub(super) async fn leaving_frees_the_locks_of_calls(bench: Bench) -> Verdict {
    let (here, there) = (executor("here"), executor("there"));
    bench.store().register(&here).await?;
    let granted = call(&bench, Uuid::now_v7(), &here, Wish::alone(LANE), Turn::Now).await?;
    same!(granted, Locked::Granted, "a free lock");
    let id = bench.enqueue(in_lane(LANE)).await?;
    same!(bench.claim(&there, 9).await?.len(), 0, "while it is held");
    bench.store().unregister(&here).await?;
    bench.claim_one(&there, id).await?;
    Ok(())
}

pub(super) async fn a_lock_for_nothing_is_refused(bench: Bench) -> Verdict {
    let here = executor("here");
    let owner = LockOwner::Call(Uuid::now_v7());
    for wishes in [vec![], vec![Wish::alone(" ")], vec![Wish::among(LANE, 0)]] {
        let answer = bench.store().lock(request(owner, &here, wishes, Turn::Now)).await;
        holds!(answer.is_err(), "a senseless request was granted");
    }
    let senseless = NewJob { lane: Some(String::new()), ..scan() };
    holds!(bench.store().enqueue(vec![senseless]).await.is_err(), "a lane without a name was taken");
    same!(bench.store().lock_holders(None).await?, [], "locks");
    Ok(())
}

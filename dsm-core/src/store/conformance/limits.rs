//! How many jobs may be at work at a time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use uuid::Uuid;

use super::bench::{Bench, SCAN, Stop, TTL, Verdict, address, claim, completed, executor, holds, same, scan};
use crate::id::JobId;
use crate::job::{NewJob, Priority};
use crate::store::{
    Claim, ClaimedJob, Executor, Limits, LockOwner, LockRequest, Locked, Outcome, Reason, Reschedule,
    Settled, Turn, Wish,
};

const OTHER: &str = "power_action";
const ALL_OF_THEM: usize = 500;

fn limited(bench: &Bench) -> Verdict {
    if bench.store().caps().limits { Ok(()) } else { Err(Stop::Skip("its claims know no limits")) }
}

fn per_subnet(most: u32) -> Limits {
    Limits { per_subnet: Some(most), ..Limits::default() }
}

fn under(limits: &Limits, executor: &Executor, slots: usize) -> Claim {
    Claim { limits: limits.clone(), job_types: vec![SCAN.into(), OTHER.into()], ..claim(executor, slots) }
}

fn at(place: IpAddr) -> NewJob {
    NewJob { address: Some(place), ..scan() }
}

fn there(last: u8) -> IpAddr {
    IpAddr::from([10, 9, 9, last])
}

async fn won(bench: &Bench, claim: Claim) -> Verdict<Vec<ClaimedJob>> {
    Ok(bench.store().claim(claim).await?.jobs)
}

fn ids(jobs: &[ClaimedJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.job.id).collect()
}

async fn line_up(bench: &Bench, count: usize, job: impl Fn() -> NewJob) -> Verdict<Vec<JobId>> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(bench.enqueue(job()).await?);
        bench.advance(Duration::from_millis(5))?;
    }
    Ok(ids)
}

pub(super) async fn a_subnet_has_so_many_at_work(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(2));
    bench.store().register(&here).await?;
    let first = line_up(&bench, 4, || at(address(1))).await?;
    let second = line_up(&bench, 1, || at(there(1))).await?;
    let free = line_up(&bench, 1, scan).await?;
    let running = won(&bench, under(&limits, &here, 9)).await?;
    same!(
        ids(&running),
        [first[0], first[1], second[0], free[0]],
        "two of a subnet, and whoever is elsewhere"
    );
    same!(won(&bench, under(&limits, &executor("there"), 9)).await?.len(), 0, "for another executor");
    let why = bench.store().why_not(first[2], &[]).await?.map(|why| why.to_string());
    same!(why.as_deref(), Some("subnet limit 10.0.0.0/24 2/2"), "why the third waits");
    for (at, next) in [2, 3].into_iter().enumerate() {
        same!(bench.settle(running[at].lease.key, completed()).await?, Settled::Applied, "an end");
        same!(ids(&won(&bench, under(&limits, &here, 9)).await?), [first[next]], "the next of the subnet");
    }
    Ok(())
}

pub(super) async fn a_type_and_all_have_their_limits(bench: Bench) -> Verdict {
    limited(&bench)?;
    let here = executor("here");
    bench.store().register(&here).await?;
    let per_type = BTreeMap::from([(SCAN.to_owned(), 1)]);
    let limits = Limits { all: Some(3), per_type, ..Limits::default() };
    let scans = line_up(&bench, 3, scan).await?;
    let others = line_up(&bench, 3, || NewJob::new(OTHER)).await?;
    let running = won(&bench, under(&limits, &here, 9)).await?;
    same!(ids(&running), [scans[0], others[0], others[1]], "one scan, and three in all");
    same!(
        why(&bench, scans[1]).await?,
        "limit of all jobs 3/3; type limit discovery_scan 1/1",
        "why a scan waits"
    );
    Ok(())
}

async fn why(bench: &Bench, job: JobId) -> Verdict<String> {
    let why = bench.store().why_not(job, &[]).await?;
    Ok(why.map(|why| why.to_string()).unwrap_or_default())
}

pub(super) async fn a_long_line_at_a_limit_keeps_nobody_else_waiting(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(1));
    bench.store().enqueue((0..ALL_OF_THEM).map(|_| at(address(1))).collect()).await?;
    bench.advance(Duration::from_millis(5))?;
    let free = bench.enqueue(at(there(1))).await?;
    let running = won(&bench, under(&limits, &here, 2)).await?;
    same!(running.len(), 2, "one of the line, and who is elsewhere");
    same!(running[1].job.id, free, "who is elsewhere");
    let mut last = running[1].lease.key;
    for _ in 0..20 {
        bench.settle(last, completed()).await?;
        bench.advance(Duration::from_millis(5))?;
        let free = bench.enqueue(at(there(2))).await?;
        let more = won(&bench, under(&limits, &here, 1)).await?;
        same!(ids(&more), [free], "who is elsewhere, whatever waits");
        last = more[0].lease.key;
    }
    bench.settle(running[0].lease.key, completed()).await?;
    same!(won(&bench, under(&limits, &here, 9)).await?.len(), 1, "the line goes on");
    Ok(())
}

pub(super) async fn who_is_held_back_by_a_limit_keeps_its_rank(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(1));
    let ids = line_up(&bench, 3, || at(address(1))).await?;
    let running = won(&bench, under(&limits, &here, 9)).await?;
    same!(running.len(), 1, "at work");
    let change = Reschedule { priority: Some(Priority::Critical), schedule_at: None };
    bench.store().reschedule(ids[2], change).await?;
    let urgent = NewJob { priority: Priority::High, ..at(address(2)) };
    let urgent = line_up(&bench, 1, || urgent.clone()).await?;
    let mut last = running[0].lease.key;
    for next in [ids[2], urgent[0], ids[1]] {
        bench.settle(last, completed()).await?;
        let running = won(&bench, under(&limits, &here, 9)).await?;
        same!(running.iter().map(|job| job.job.id).collect::<Vec<_>>(), [next], "the most urgent first");
        last = running[0].lease.key;
    }
    Ok(())
}

pub(super) async fn two_limits_at_once_starve_nobody(bench: Bench) -> Verdict {
    limited(&bench)?;
    let here = executor("here");
    let limits = Limits { per_type: BTreeMap::from([(SCAN.to_owned(), 2)]), ..per_subnet(1) };
    // The first subnet's line comes first; its own limit must not eat up the type's.
    let first = line_up(&bench, 4, || at(address(1))).await?;
    let second = line_up(&bench, 4, || at(there(1))).await?;
    let mut done = Vec::new();
    for _ in 0..4 {
        let running = won(&bench, under(&limits, &here, 9)).await?;
        same!(running.len(), 2, "one of each subnet");
        for job in running {
            done.push(job.job.id);
            bench.settle(job.lease.key, completed()).await?;
        }
    }
    same!(done, first.into_iter().zip(second).flat_map(|(a, b)| [a, b]).collect::<Vec<_>>(), "in turn");
    Ok(())
}

pub(super) async fn a_place_is_free_however_its_job_leaves_it(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(1));
    line_up(&bench, 1, || at(address(1))).await?;
    for outcome in [
        Outcome::Release,
        Outcome::Line("server:a".into()),
        Outcome::Retry(bench.store().now().await?, "once more".into()),
    ] {
        let running = won(&bench, under(&limits, &here, 9)).await?;
        same!(running.len(), 1, "at work");
        bench.settle(running[0].lease.key, outcome).await?;
        bench.advance(Duration::from_millis(5))?;
    }
    same!(won(&bench, under(&limits, &here, 9)).await?.len(), 1, "at work");
    bench.advance(TTL + Duration::from_secs(1))?;
    same!(bench.store().reap(3).await?.len(), 1, "taken back");
    let running = won(&bench, under(&limits, &executor("there"), 9)).await?;
    same!(running.len(), 1, "at work elsewhere");
    same!(bench.settle(running[0].lease.key, completed()).await?, Settled::Applied, "the end");
    same!(bench.store().lock_holders(None).await?, [], "after the end");
    Ok(())
}

pub(super) async fn locks_of_the_same_name_count(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(2));
    let jobs = line_up(&bench, 3, || at(address(1))).await?;
    let key = limits.subnet_key(address(7));
    let ask = |call: Uuid, turn| LockRequest {
        owner: LockOwner::Call(call),
        executor: here.clone(),
        wishes: vec![Wish::among(&key, 2)],
        label: "a walk".into(),
        turn,
        ttl: TTL,
    };
    let (mine, next) = (Uuid::now_v7(), Uuid::now_v7());
    same!(bench.store().lock(ask(mine, Turn::InLine)).await?, Locked::Granted, "the first place");
    let running = won(&bench, under(&limits, &here, 9)).await?;
    same!(ids(&running), [jobs[0]], "one job beside the call");
    holds!(
        matches!(bench.store().lock(ask(next, Turn::InLine)).await?, Locked::Busy(_)),
        "a third has to wait"
    );
    bench.settle(running[0].lease.key, completed()).await?;
    same!(won(&bench, under(&limits, &here, 9)).await?.len(), 0, "while another call is next");
    same!(bench.store().lock(ask(next, Turn::InLine)).await?, Locked::Granted, "its turn");
    for call in [mine, next] {
        bench.store().unlock(LockOwner::Call(call), &[]).await?;
    }
    same!(ids(&won(&bench, under(&limits, &here, 9)).await?), jobs[1..], "when the calls are over");
    Ok(())
}

pub(super) async fn a_limit_lifted_lets_all_go(bench: Bench) -> Verdict {
    limited(&bench)?;
    let here = executor("here");
    line_up(&bench, 4, || at(address(1))).await?;
    same!(won(&bench, under(&per_subnet(1), &here, 9)).await?.len(), 1, "under the limit");
    same!(won(&bench, under(&per_subnet(3), &here, 9)).await?.len(), 2, "under a higher one");
    same!(won(&bench, under(&Limits::default(), &here, 9)).await?.len(), 1, "without any");
    Ok(())
}

pub(super) async fn readers_share_a_lane_and_writers_do_not(bench: Bench) -> Verdict {
    limited(&bench)?;
    let here = executor("here");
    let write = || NewJob { lane: Some("server:a".into()), ..scan() };
    let read = || NewJob { lane_among: Some(2), ..write() };
    let reads = line_up(&bench, 3, read).await?;
    let writes = line_up(&bench, 1, write).await?;
    let late = line_up(&bench, 1, read).await?;
    let first = bench.claim(&here, 9).await?;
    same!(ids(&first), reads[..2], "two readers");
    bench.settle(first[0].lease.key, completed()).await?;
    let third = bench.claim(&here, 9).await?;
    same!(ids(&third), reads[2..], "the third");
    bench.settle(first[1].lease.key, completed()).await?;
    same!(bench.claim(&here, 9).await?.len(), 0, "the late one is behind the writer, and he behind a reader");
    bench.settle(third[0].lease.key, completed()).await?;
    let writer = bench.claim(&here, 9).await?;
    same!(ids(&writer), writes, "the writer alone");
    bench.settle(writer[0].lease.key, completed()).await?;
    same!(ids(&bench.claim(&here, 9).await?), late, "the late reader");
    Ok(())
}

pub(super) async fn a_limit_names_itself_once_it_holds(bench: Bench) -> Verdict {
    limited(&bench)?;
    let (here, limits) = (executor("here"), per_subnet(1));
    bench.store().register(&here).await?;
    let ids = line_up(&bench, 2, || at(address(1))).await?;
    let running = won(&bench, under(&limits, &here, 9)).await?;
    let why = bench.store().why_not(ids[1], &[]).await?;
    let reached = Reason::Limit { key: "subnet:10.0.0.0/24".into(), used: 1, most: 1 };
    same!(why.map(|why| why.reasons), Some(vec![reached]), "why it waits");
    bench.settle(running[0].lease.key, completed()).await?;
    let why = bench.store().why_not(ids[1], &[]).await?.map(|why| why.reasons);
    holds!(
        why.as_ref().is_some_and(|why| !why.iter().any(|one| one.kind() == "limit")),
        format!("{why:?} when there is room")
    );
    Ok(())
}

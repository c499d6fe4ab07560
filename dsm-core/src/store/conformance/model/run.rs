//! Carrying out a list: on one store under the eyes of the judge, or on two side by side.

use std::time::Duration;

use super::claims::next_due;
use super::op::Op;
use super::oracle::{Check, Oracle};
use super::shown::shown;
use super::snapshot::{Snapshot, through_nobody};
use super::world::{Call, Reply, TTL, World};
use crate::error::Error;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::conformance::Subject;
use crate::store::conformance::bench::settlement;
use crate::store::{Claim, Executor, Limits, Outcome, PauseScope, Reason, Store};

fn unexpected(error: Error) -> String {
    format!("unexpected error: {}", error.chain())
}

pub(super) async fn judged(subject: Subject, ops: &[Op]) -> Check<(u64, u64)> {
    let mut world = World::of(subject).await.map_err(unexpected)?;
    let mut oracle = Oracle::new(world.executors());
    let mut before = Snapshot::of(world.store()).await.map_err(unexpected)?;
    let mut count = 0;
    for op in ops {
        for call in world.calls(op, before.now) {
            before = one(&mut world, &mut oracle, &call, before).await?;
            count += 1;
        }
    }
    heal(&mut world, &mut oracle, before).await?;
    Ok((count, world.jobs.len() as u64))
}

async fn one(world: &mut World, oracle: &mut Oracle, call: &Call, before: Snapshot) -> Check<Snapshot> {
    let reply = world.make(call).await.map_err(|error| format!("{call:?}: {}", unexpected(error)))?;
    let after = Snapshot::of(world.store()).await.map_err(unexpected)?;
    oracle
        .judge(call, &reply, &before, &after)
        .map_err(|what| format!("{what}\n  after {call:?}\n  answered {reply:?}"))?;
    Ok(after)
}

/// I6: nothing is held back any more, whoever held something is gone, and one executor works on: every job ends.
async fn heal(world: &mut World, oracle: &mut Oracle, mut at: Snapshot) -> Check {
    let scopes: Vec<PauseScope> = oracle.pauses.iter().cloned().collect();
    for call in scopes.into_iter().map(Call::Resume) {
        at = one(world, oracle, &call, at).await?;
    }
    let last = Executor { id: "the last".into(), incarnation: uuid::Uuid::from_u128(0x1A57) };
    at = one(world, oracle, &Call::Register(last.clone()), at).await?;
    at = one(world, oracle, &Call::Advance(world.set_back() + TTL), at).await?;
    at = one(world, oracle, &Call::Reap, at).await?;
    let most = 2 * oracle.jobs.len() + 2;
    for _ in 0..most {
        let job_types = super::op::KINDS.map(str::to_owned).to_vec();
        let claim = Claim {
            executor: last.clone(),
            job_types,
            gated: Vec::new(),
            slots: 100,
            ttl: TTL,
            limits: Limits::default(),
            others: Vec::new(),
        };
        let reply = world.make(&Call::Claim(claim.clone())).await.map_err(unexpected)?;
        let after = Snapshot::of(world.store()).await.map_err(unexpected)?;
        oracle.judge(&Call::Claim(claim), &reply, &at, &after)?;
        at = after;
        let Reply::Claimed(claimed) = reply else { return Err(format!("{reply:?} to a claim")) };
        if !claimed.jobs.is_empty() {
            let end = |won: &crate::store::ClaimedJob| {
                settlement(won.lease.key, Outcome::End(JobStatus::Completed, None))
            };
            at = one(world, oracle, &Call::Settle(claimed.jobs.iter().map(end).collect()), at).await?;
        } else if let Some(due) = next_due(oracle, at.now) {
            let wait = Duration::try_from(due.duration_since(at.now)).unwrap_or_default();
            at = one(world, oracle, &Call::Advance(wait), at).await?;
        } else {
            break;
        }
    }
    let stuck = oracle.jobs.iter().find(|(_, job)| job.parent.is_none() && !job.status.is_terminal());
    stuck.map_or(Ok(()), |(id, job)| Err(format!("I6: job {id} is stuck: {job:?}, {:?}", at.locks)))
}

pub(super) async fn compared(model: Subject, subject: Subject, ops: &[Op]) -> Check<(u64, u64)> {
    let mut worlds =
        (World::of(model).await.map_err(unexpected)?, World::of(subject).await.map_err(unexpected)?);
    let mut count = 0;
    for op in ops.iter().filter(|op| **op != Op::Crash) {
        let now = (
            worlds.0.store().now().await.map_err(unexpected)?,
            worlds.1.store().now().await.map_err(unexpected)?,
        );
        let calls = (worlds.0.calls(op, now.0), worlds.1.calls(op, now.1));
        for (model, subject) in calls.0.iter().zip(&calls.1) {
            let told = |error| format!("{model:?}: {}", unexpected(error));
            let replies =
                (worlds.0.make(model).await.map_err(told)?, worlds.1.make(subject).await.map_err(told)?);
            let (left, right) = (shown(&worlds.0, &replies.0), shown(&worlds.1, &replies.1));
            if left != right {
                return Err(format!("{model:?}\n  is answered by {right}\n  and in memory {left}"));
            }
            count += 1;
        }
        let at = (Snapshot::of(worlds.0.store()).await, Snapshot::of(worlds.1.store()).await);
        let at = (at.0.map_err(unexpected)?, at.1.map_err(unexpected)?);
        let (left, right) = (at.0.shown(), at.1.shown());
        if let Some((left, right)) = left.iter().zip(&right).find(|(left, right)| left != right) {
            return Err(format!("after {op:?} there is {right}\n  and in memory {left}"));
        }
        if left.len() != right.len() {
            return Err(format!("after {op:?} there is {right:?}\n  and in memory {left:?}"));
        }
        if !at.0.has_calls() && !at.1.has_calls() {
            same_reasons(&worlds).await?;
        }
    }
    Ok((count, worlds.0.jobs.len() as u64))
}

/// What keeps each job from running is told alike.
async fn same_reasons(worlds: &(World, World)) -> Check {
    for (id, _) in &worlds.0.jobs {
        let left = reasons(worlds.0.store(), *id).await.map_err(unexpected)?;
        let right = reasons(worlds.1.store(), *id).await.map_err(unexpected)?;
        if left != right {
            return Err(format!("job {id} waits for {right:?}\n  and in memory for {left:?}"));
        }
    }
    Ok(())
}

/// How many are before a job that waits for a slot only is an estimate: who waits for a lane may count or not.
async fn reasons(store: &dyn Store, id: JobId) -> Result<Option<Vec<Reason>>, Error> {
    let mut reasons = store.why_not(id, &[]).await?.map(|why| why.reasons);
    for reason in reasons.iter_mut().flatten() {
        match reason {
            Reason::Slot { before } => *before = 0,
            Reason::Lane { first, .. } => *first = through_nobody(first.clone()),
            _ => {}
        }
    }
    Ok(reasons)
}

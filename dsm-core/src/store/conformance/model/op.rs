//! What may be done to a store, in words that hold for every store: jobs, leases and executors by number, counted over
//! what is there when it is done. So a list from which some were taken out is still a list.

use super::rng::Rng;

/// One thing done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    /// Jobs in one batch.
    Enqueue(Vec<Spec>),
    /// A good job and one that is refused.
    EnqueueBroken(Spec),
    /// A job that is there already, by its id or by its key.
    EnqueueAgain {
        job: u16,
        is_by_key: bool,
    },
    Claim {
        by: u16,
        types: u16,
        is_gated: bool,
        slots: u16,
    },
    Renew {
        by: u16,
    },
    Write {
        lease: Pick,
        what: Written,
        value: u16,
    },
    Settle(Vec<(Pick, Ending, u16)>),
    Lock {
        owner: Who,
        keys: u16,
        share: Option<u16>,
        is_patient: bool,
    },
    Unlock {
        owner: Who,
        keys: u16,
    },
    Cancel(u16),
    Pause(u16),
    Resume(u16),
    Retry(u16),
    Reschedule {
        job: u16,
        delay: Option<u16>,
        priority: Option<u16>,
    },
    Reap,
    /// The executor dies and starts anew: it knows nothing of what it held.
    Restart(u16),
    /// The executor withdraws.
    Leave(u16),
    Prune {
        age: u16,
        limit: u16,
    },
    Record(Vec<u16>),
    /// The last call once more: its reply was lost.
    Repeat,
    Advance(u16),
    /// The clock under the store steps back.
    StepBack(u16),
    /// The process that holds the store dies; its data is opened again.
    Crash,
}

/// A job to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spec {
    pub(super) kind: u16,
    pub(super) priority: u16,
    pub(super) lane: Option<u16>,
    pub(super) delay: Option<u16>,
    pub(super) parent: Option<u16>,
    pub(super) key: Option<u16>,
    pub(super) has_task: bool,
}

/// Which lease.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pick {
    /// One of those that executors believe to hold.
    Held(u16),
    /// One of all that were ever granted: mostly superseded ones, whose words come late.
    Any(u16),
}

/// What an attempt writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Written {
    Details,
    Progress,
    TaskEnd,
    Checkpoint,
    StepBegun,
    StepDone,
    /// All of it at once.
    Everything,
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ending {
    Completed,
    Partly,
    Failed,
    Cancelled,
    Retry,
    Release,
    Snooze,
    Line,
}

/// For whom a lock is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Who {
    Job(Pick),
    Call(u16),
}

/// Names are few, so that jobs meet each other.
pub(super) const KINDS: [&str; 3] = ["discovery_scan", "firmware_update", "a_type_of_our_own"];
pub(super) const LANES: [&str; 2] = ["server:a", "server:b"];
pub(super) const LOCKS: [&str; 4] = ["server:a", "server:b", "subnet:10.0.0.0/24", "type:reads"];

pub(super) fn list(rng: &mut Rng, length: usize) -> Vec<Op> {
    // Something to work with, so that short lists get somewhere.
    let first = Op::Enqueue((0..2).map(|_| spec(rng)).collect());
    std::iter::once(first).chain((1..length).map(|_| op(rng))).collect()
}

fn op(rng: &mut Rng) -> Op {
    match rng.below(100) {
        0..=13 => Op::Enqueue((0..=rng.below(3)).map(|_| spec(rng)).collect()),
        14 => Op::EnqueueBroken(spec(rng)),
        15 => Op::EnqueueAgain { job: rng.next() as u16, is_by_key: rng.chance(50) },
        16..=31 => Op::Claim {
            by: rng.below(3),
            types: if rng.chance(70) { 7 } else { rng.below(8) },
            is_gated: rng.chance(30),
            slots: 1 + rng.below(4),
        },
        32..=37 => Op::Renew { by: rng.below(3) },
        38..=49 => Op::Write { lease: pick(rng), what: written(rng), value: rng.below(4) },
        50..=61 => Op::Settle((0..=rng.below(2)).map(|_| (pick(rng), ending(rng), rng.below(4))).collect()),
        62..=65 => Op::Lock {
            owner: who(rng),
            keys: rng.below(15) + 1,
            share: rng.maybe(40, 3),
            is_patient: rng.chance(50),
        },
        66..=67 => Op::Unlock { owner: who(rng), keys: rng.below(16) },
        68..=70 => Op::Cancel(rng.next() as u16),
        71..=72 => Op::Pause(rng.below(9)),
        73..=74 => Op::Resume(rng.below(9)),
        75..=77 => Op::Retry(rng.next() as u16),
        78..=80 => {
            Op::Reschedule { job: rng.next() as u16, delay: rng.maybe(70, 60), priority: rng.maybe(50, 4) }
        }
        81..=85 => Op::Reap,
        86 => Op::Restart(rng.below(3)),
        87 => Op::Leave(rng.below(3)),
        88 => Op::Prune { age: rng.below(90), limit: 1 + rng.below(12) },
        89 => Op::Record((0..=rng.below(4)).map(|_| rng.below(6)).collect()),
        90..=92 => Op::Repeat,
        93..=97 => Op::Advance(time(rng)),
        98 => Op::StepBack(time(rng)),
        _ => Op::Crash,
    }
}

/// Milliseconds: none, less than a lease, more than one.
fn time(rng: &mut Rng) -> u16 {
    [1, 700, 5_000, 12_000, 20_000, 21_000, 60_000][usize::from(rng.below(7))]
}

fn spec(rng: &mut Rng) -> Spec {
    Spec {
        kind: rng.below(3),
        priority: if rng.chance(60) { 1 } else { rng.below(4) },
        lane: rng.maybe(50, 2),
        delay: rng.maybe(15, 60),
        parent: rng.chance(12).then(|| rng.next() as u16),
        key: rng.maybe(15, 4),
        has_task: rng.chance(40),
    }
}

fn pick(rng: &mut Rng) -> Pick {
    let number = rng.next() as u16;
    if rng.chance(75) { Pick::Held(number) } else { Pick::Any(number) }
}

fn who(rng: &mut Rng) -> Who {
    if rng.chance(50) { Who::Job(pick(rng)) } else { Who::Call(rng.below(3)) }
}

fn written(rng: &mut Rng) -> Written {
    use Written::{Checkpoint, Details, Everything, Progress, StepBegun, StepDone, TaskEnd};
    let all = [Details, Progress, TaskEnd, Checkpoint, StepBegun, StepDone, Everything];
    all[usize::from(rng.below(7))]
}

fn ending(rng: &mut Rng) -> Ending {
    use Ending::{Cancelled, Completed, Failed, Line, Partly, Release, Retry, Snooze};
    let all = [Completed, Completed, Completed, Partly, Failed, Cancelled, Retry, Release, Snooze, Line];
    all[usize::from(rng.below(10))]
}

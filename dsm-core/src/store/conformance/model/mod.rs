//! The model test: random lists of calls, as a fleet of executors would make them, judged after each call.
//!
//! [`Model::check`] holds a store to what the trait promises, by an oracle that works the promises out of the calls and
//! answers alone:
//!
//! | | promise | judged in |
//! | --- | --- | --- |
//! | I1 | one holder at a time | `oracle`, `claims` |
//! | I2 | fences grow and are never used twice | `claims`, `history` |
//! | I3 | a superseded attempt writes, ends, locks nothing | `calls` |
//! | I4 | an end is final, but for a retry | `history` |
//! | I5 | no lock has more holders than may share it | `oracle`, `claims` |
//! | I6 | no job is lost or stuck: when all faults end, all jobs end | `oracle`, `claims`, `run` |
//! | I7 | jobs come by priority, due time and age; a line is a line | `claims` |
//! | I8 | every call may be repeated | `calls`, by `Op::Repeat` |
//! | I9 | only the storage clock ends a lease, and it never runs back | `calls`, `oracle` |
//! | I10 | a claim honours types, times, pauses and parents | `claims` |
//! | I11 | who is to be cancelled is told | `calls`, `oracle` |
//! | I12 | progress only rises | `history` |
//! | I13 | activity is kept once | `oracle` |
//! | I14 | each item of a batch has its answer; a bad one leaves nothing | `calls` |
//! | I15 | keys of `details` stay | `oracle` |
//! | I18 | what is pruned was over | `calls` |
//!
//! I16 (no secret reaches storage) and I17 (schedules) are not about this trait's calls.
//!
//! [`Model::compare`] makes the same calls to a store and to [`MemoryStore`], and wants the same answers.
//! A list that fails is made as short as it can be and printed with its seed.

mod calls;
mod claims;
mod history;
mod op;
mod oracle;
mod rng;
mod run;
mod shown;
mod snapshot;
mod world;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use self::op::Op;
use self::rng::Rng;
use super::{Factory, Subject};
use crate::error::Result;
use crate::store::{ManualClock, MemoryStore, StorageClock};

/// How many lists of calls, of what length, from which seed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The same seed makes the same lists.
    pub seed: u64,
    /// So many.
    pub lists: u32,
    /// Calls in each.
    pub length: usize,
    /// Whether the clock below may be set back. Not for a store whose time is a server's: there is one of that, and a
    /// store opened anew cannot know where it stood.
    pub sets_back: bool,
}

/// What was done without a promise being broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Lists.
    pub lists: u32,
    /// Calls in all of them.
    pub calls: u64,
    /// Jobs that were enqueued in them.
    pub jobs: u64,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Of the run.
    pub seed: u64,
    /// Which list of the run.
    pub list: u32,
    /// What is wrong.
    pub what: String,
    /// The shortest list found that shows it, a line a call.
    pub calls: Vec<String>,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, list {}: {}", self.seed, self.list, self.what)?;
        self.calls.iter().try_for_each(|call| writeln!(f, "    {call}"))
    }
}

impl std::error::Error for Breach {}

impl Model {
    /// Holds a store to its promises.
    ///
    /// # Errors
    /// The first promise that was broken. A store whose clock cannot be moved is held to fewer.
    pub async fn check(&self, factory: &dyn Factory) -> Result<Held, Box<Breach>> {
        self.all(&Trial::Judged(factory)).await
    }

    /// Holds a store to the answers of [`MemoryStore`]. It needs a clock that can be moved, standing at `start` when it
    /// is made.
    ///
    /// # Errors
    /// The first difference.
    pub async fn compare(&self, factory: &dyn Factory, start: Timestamp) -> Result<Held, Box<Breach>> {
        self.all(&Trial::Compared(factory, start)).await
    }

    async fn all(&self, trial: &Trial<'_>) -> Result<Held, Box<Breach>> {
        let mut held = Held::default();
        for list in 0..self.lists {
            let mut ops = op::list(&mut Rng::of(self.seed, list), self.length);
            ops.retain(|op| self.sets_back || !matches!(op, Op::StepBack(_)));
            match trial.run(&ops).await {
                Ok((calls, jobs)) => {
                    (held.lists, held.calls, held.jobs) =
                        (held.lists + 1, held.calls + calls, held.jobs + jobs);
                }
                Err(what) => {
                    let (ops, what) = shrink(trial, ops, what).await;
                    let calls = ops.iter().map(|op| format!("{op:?}")).collect();
                    return Err(Box::new(Breach { seed: self.seed, list, what, calls }));
                }
            }
        }
        Ok(held)
    }
}

enum Trial<'f> {
    Judged(&'f dyn Factory),
    Compared(&'f dyn Factory, Timestamp),
}

impl Trial<'_> {
    /// How many calls were made and jobs enqueued, or what is wrong.
    async fn run(&self, ops: &[Op]) -> Result<(u64, u64), String> {
        let no_store = |error: crate::Error| format!("no fresh store: {}", error.chain());
        match self {
            Self::Judged(factory) => run::judged(factory.fresh().await.map_err(no_store)?, ops).await,
            Self::Compared(factory, start) => {
                let clock = ManualClock::at(*start);
                let store = Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone())));
                let model = Subject { store, clock: Some(clock), reopen: None };
                run::compared(model, factory.fresh().await.map_err(no_store)?, ops).await
            }
        }
    }
}

/// Takes calls out, many at a time and then one by one, as long as something is still wrong.
async fn shrink(trial: &Trial<'_>, mut ops: Vec<Op>, mut what: String) -> (Vec<Op>, String) {
    let mut size = ops.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < ops.len() {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + size).min(ops.len()));
            match trial.run(&fewer).await {
                Err(still) => (ops, what) = (fewer, still),
                Ok(_) => at += size,
            }
        }
        size /= 2;
    }
    (ops, what)
}

//! Forgetting what is over.

use std::ops::AddAssign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What may go: one batch of each kind. `None` leaves a kind alone.
///
/// A job goes only when it has ended, nobody holds it, no job is part of it any more, and the job it is part of has
/// ended too. The newest health of a server is not history and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prune {
    /// Jobs that ended before this, with their tasks, attempts, steps and idempotency keys.
    pub jobs_before: Option<Timestamp>,
    /// Activity from before this.
    pub activity_before: Option<Timestamp>,
    /// Health from before this.
    pub health_before: Option<Timestamp>,
    /// Rows of each kind in one call; the job that reaches it is the last one.
    pub limit: usize,
}

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Jobs.
    pub jobs: u64,
    /// Their tasks.
    pub tasks: u64,
    /// Their attempts.
    pub attempts: u64,
    /// Their steps.
    pub steps: u64,
    /// Their idempotency keys: the same key enqueues a new job from now on.
    pub keys: u64,
    /// Rows of activity.
    pub activity: u64,
    /// Rows of health.
    pub health: u64,
    /// The batch was full: there may be more.
    pub has_more: bool,
}

impl Pruned {
    /// Rows that went with jobs.
    pub(crate) const fn job_rows(&self) -> u64 {
        self.jobs + self.tasks + self.attempts + self.steps + self.keys
    }
}

impl AddAssign for Pruned {
    fn add_assign(&mut self, next: Self) {
        self.jobs += next.jobs;
        self.tasks += next.tasks;
        self.attempts += next.attempts;
        self.steps += next.steps;
        self.keys += next.keys;
        self.activity += next.activity;
        self.health += next.health;
        self.has_more = next.has_more;
    }
}

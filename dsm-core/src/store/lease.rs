//! Holding a job: executors, leases, fences, and what an attempt may write.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::id::JobId;
use crate::job::{JobRow, JobStatus, TaskRow, TaskUpdate};
use crate::store::coded;
use crate::store::inventory::InventoryWrite;
use crate::store::limits::Limits;
use crate::store::record::{ServerFinding, ServerOutcome};
use crate::store::step::{StepRow, StepWrite};
use crate::store::table::RowWrite;

/// One process that runs jobs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Executor {
    /// Name that stays over restarts, e.g. the host name. No proof of anything.
    pub id: String,
    /// New at each start.
    pub incarnation: Uuid,
}

/// The answer to [`Store::register`](crate::store::Store::register).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// Jobs that a process proved dead had held; pending again.
    pub released: Vec<JobId>,
    /// Other incarnations that may be alive: what is noted under theirs is theirs.
    pub alive: Vec<Uuid>,
}

/// Right to run a job for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which job, under which fence.
    pub key: LeaseKey,
    /// 1, and one more for each explicit retry of the job.
    pub run: u32,
    /// 1 for the first attempt of its run.
    pub attempt: u32,
    /// Until when, on the storage clock.
    pub until: Timestamp,
    /// How long that was at the grant: what self-fencing counts from.
    pub ttl: Duration,
}

/// Names an attempt in every write. A fence is never used twice and only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeaseKey {
    /// The job.
    pub job_id: JobId,
    /// The fence.
    pub fence: i64,
}

/// A request for work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// Who asks.
    pub executor: Executor,
    /// Types it can run, aliases included.
    pub job_types: Vec<String>,
    /// Those among them that work on iDRACs: left pending while [`PauseScope::Idracs`](crate::store::PauseScope) is paused.
    pub gated: Vec<String>,
    /// How many jobs at most.
    pub slots: usize,
    /// How long the leases last.
    pub ttl: Duration,
    /// How many may be at work at a time.
    #[serde(default)]
    pub limits: Limits,
    /// Types it runs beside these and asks for by other claims: for who wants to know who runs what.
    #[serde(default)]
    pub others: Vec<String>,
}

impl Claim {
    /// All that the executor runs.
    pub(crate) fn served(&self) -> Vec<String> {
        let mut served = [self.job_types.as_slice(), &self.others].concat();
        served.sort_unstable();
        served.dedup();
        served
    }
}

/// Work, or when there may be some.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// The jobs won.
    pub jobs: Vec<ClaimedJob>,
    /// When the next scheduled job falls due, if one is known.
    pub next_due: Option<Timestamp>,
}

/// A job, the lease on it, and what an earlier attempt left for this one.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The row, status running.
    pub job: JobRow,
    /// Its tasks.
    pub tasks: Vec<TaskRow>,
    /// The right to run it.
    pub lease: Lease,
    /// The last checkpoint, if an earlier attempt wrote one.
    pub checkpoint: Option<Bytes>,
    /// The lane it has for itself now, if it needed one.
    pub lane: Option<String>,
    /// Its steps so far in this run.
    pub steps: Vec<StepRow>,
}

/// One heartbeat of an executor for all it holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beat {
    /// Who beats.
    pub executor: Executor,
    /// What it believes to hold.
    pub leases: Vec<LeaseKey>,
    /// How long to extend by.
    pub ttl: Duration,
}

/// The answer to a beat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BeatReply {
    /// Held by others or ended by now: stop, write nothing.
    pub lost: Vec<JobId>,
    /// To be cancelled.
    pub cancel: Vec<JobId>,
}

/// What an attempt writes in the course of its work, all or nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AttemptWrite {
    /// The attempt; `None` only for writes outside any job.
    pub lease: Option<LeaseKey>,
    /// Servers found or looked at.
    pub findings: Vec<ServerFinding>,
    /// Inventory of servers.
    pub inventories: Vec<InventoryWrite>,
    /// Keys merged into `details` (top level; keys of others stay).
    pub details: Map<String, Value>,
    /// Task rows.
    pub tasks: Vec<TaskUpdate>,
    /// Steps begun and done.
    pub steps: Vec<StepWrite>,
    /// Rows of result tables, added and amended in this order, after the servers above.
    #[serde(default)]
    pub rows: Vec<RowWrite>,
    /// What became of the job's parts that another program enqueued.
    #[serde(default)]
    pub parts: Vec<PartUpdate>,
    /// Replaces the checkpoint.
    #[serde(with = "coded::some_bytes")]
    pub checkpoint: Option<Bytes>,
}

/// A part of a job that another program enqueued with it, told by whoever runs the job: no executor claims such a part. One that
/// is no such part, or has ended, is left as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartUpdate {
    /// The part.
    pub job_id: JobId,
    /// Running, or how it ended; with its open tasks.
    pub status: JobStatus,
    /// Keys merged into its `details`.
    pub details: Map<String, Value>,
}

/// What became of an [`AttemptWrite`], item by item.
#[derive(Debug, Clone, Default)]
pub struct AttemptReport {
    /// One for each finding, in order.
    pub servers: Vec<ServerOutcome>,
}

/// The end of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settlement {
    /// Which attempt.
    pub lease: LeaseKey,
    /// How it ended.
    pub outcome: Outcome,
    /// Keys merged into `details`.
    pub details: Map<String, Value>,
    /// Last words on tasks; tasks left pending or running end as the job does.
    pub tasks: Vec<TaskUpdate>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The job ends with this terminal status; the error, where there is one, goes to the attempt's history.
    End(JobStatus, Option<String>),
    /// Another attempt at this time; the error is kept.
    Retry(Timestamp, String),
    /// Given back unfinished (shutdown): pending again, checkpoint kept, the attempt is not held against it.
    Release,
    /// Given back until this time because what it waits for is not there yet: pending again, checkpoint kept, its lane given
    /// up. Not held against it.
    Snooze(Timestamp),
    /// Given back because it needs this lane, which others have: pending until it is its turn there. Not held against it.
    Line(String),
}

impl Outcome {
    /// Its name: a terminal status, `retry`, `released`, `snoozed` or `in_line`.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::End(status, _) => status.as_str(),
            Self::Retry(..) => "retry",
            Self::Release => "released",
            Self::Snooze(_) => "snoozed",
            Self::Line(_) => "in_line",
        }
    }
}

/// What became of a [`Settlement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Written.
    Applied,
    /// This very attempt had been settled the same way before.
    AlreadyApplied,
    /// Another attempt holds the job: nothing written.
    LeaseLost,
    /// The job had ended otherwise: nothing written.
    Terminal(JobStatus),
}

/// A lease that ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaped {
    /// The job.
    pub job_id: JobId,
    /// Pending again, or failed because it was orphaned too often.
    pub status: JobStatus,
}

/// One attempt in a job's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1, and one more for each explicit retry of the job.
    pub run: u32,
    /// 1 for the first of its run.
    pub number: u32,
    /// Its fence.
    pub fence: i64,
    /// Who ran it.
    pub executor: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// `completed`, `failed`, `cancelled`, `retry`, `released` or `orphaned`.
    pub outcome: Option<String>,
    /// Why, where it did not end well.
    pub error: Option<String>,
}

/// What became of a job to enqueue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is there now.
    Inserted(JobId),
    /// Its idempotency key had been used: this is the job it stands for.
    Existing(JobId),
}

impl Enqueued {
    /// The job.
    #[must_use]
    pub const fn id(self) -> JobId {
        match self {
            Self::Inserted(id) | Self::Existing(id) => id,
        }
    }
}

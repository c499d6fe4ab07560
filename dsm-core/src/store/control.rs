//! What a person may ask of a job besides its end: another run, another time, another urgency.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::JobId;
use crate::job::{JobStatus, Priority, TaskRow};

/// Keys of `details` that say how a run ended. The next run begins without them; the attempts keep their errors.
pub(crate) const VERDICT_KEYS: [&str; 10] = [
    "partial",
    "error",
    "error_kind",
    "error_subject",
    "needs_person",
    "abandoned",
    "attempts",
    "children",
    "cancellation_reason",
    "cancelled_reason",
];

/// What became of a request to run an ended job once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is pending again, from its beginning: what this run, the number given, will not see of the last one is kept
    /// as evidence.
    Queued(u32),
    /// It is pending as it is: nothing was changed.
    AlreadyPending,
    /// It is running, or whoever ran it has not let go yet: nothing was changed.
    StillRunning,
    /// It did all that was asked of it.
    Complete,
    /// The job it is part of has ended, as said: that one has to be tried again first.
    ParentEnded(JobId, JobStatus),
    /// There is no such job.
    NotFound,
}

/// A change of when a pending job runs. `None` leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reschedule {
    /// Not before this time; one that has passed means now. A job put off gives up its place in line.
    pub schedule_at: Option<Timestamp>,
    /// How urgent. Who stands in line for a lane keeps the place all the same.
    pub priority: Option<Priority>,
}

/// What became of a [`Reschedule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescheduled {
    /// It is in the row.
    Applied,
    /// The job is not pending, but this: nothing was changed.
    NotPending(JobStatus),
    /// There is no such job.
    NotFound,
}

/// Whether a completed job left something undone.
pub(crate) fn is_partial(details: &Map<String, Value>) -> bool {
    details.get("partial") == Some(&Value::Bool(true))
}

/// A task of a job that runs once more.
pub(crate) fn reopen_task(task: &mut TaskRow) {
    task.status = JobStatus::Pending;
    task.progress = 0;
    task.started_at = None;
    task.completed_at = None;
}

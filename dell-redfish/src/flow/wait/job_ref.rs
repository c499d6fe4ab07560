//! Which job is meant.

use std::time::Duration;

use crate::accepted::Accepted;
use crate::id::{DellJobId, ODataId};

/// A job by what an iDRAC told of it: Dell's id, the Redfish task, or both. Never a guess.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct JobRef {
    /// Dell's job.
    pub job: Option<DellJobId>,
    /// The Redfish task.
    pub task: Option<ODataId>,
    /// The pause the iDRAC asked for before the first look.
    #[serde(rename = "retry_after_s", serialize_with = "crate::seconds::maybe")]
    pub retry_after: Option<Duration>,
}

impl JobRef {
    /// A task whose Dell job is not known, unless its name says it.
    #[must_use]
    pub fn of_task(task: ODataId) -> Self {
        let name = task.path().rsplit('/').next().unwrap_or_default();
        Self { job: DellJobId::parse(name).ok(), task: Some(task), retry_after: None }
    }

    /// Whether there is anything to follow. If not, [`find_started`](super::find_started) looks for it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.job.is_some() || self.task.is_some()
    }
}

impl From<DellJobId> for JobRef {
    fn from(job: DellJobId) -> Self {
        Self { job: Some(job), ..Self::default() }
    }
}

impl From<&Accepted> for JobRef {
    fn from(accepted: &Accepted) -> Self {
        let task = accepted.task.clone().map(Self::of_task).unwrap_or_default();
        Self { job: accepted.job.clone().or(task.job), task: task.task, retry_after: accepted.retry_after }
    }
}

//! How a job is waited for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::id::DellJobId;
use crate::message::ExtendedInfo;
use crate::model::JobState;

/// Called with what is seen of a job.
pub type OnProgress = Arc<dyn Fn(&JobProgress) + Send + Sync>;

/// What was seen of a job at one look.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct JobProgress {
    /// Dell's job, where known.
    pub id: Option<DellJobId>,
    /// Its state; nothing before it was seen for the first time.
    pub state: Option<JobState>,
    /// How far it is.
    pub percent: Option<u8>,
    /// What it says of itself.
    pub message: Option<ExtendedInfo>,
    /// Whether the iDRAC does not answer just now.
    pub away: bool,
    /// Time since the waiting began.
    #[serde(rename = "elapsed_s", serialize_with = "crate::seconds::one")]
    pub elapsed: Duration,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Until {
    /// Its end.
    #[default]
    End,
    /// It is in the queue and waits for its moment: [`SoftEnd::Scheduled`](super::SoftEnd). What ends before is told as ended.
    Scheduled,
    /// Its package is on the iDRAC: [`SoftEnd::Downloaded`](super::SoftEnd).
    Downloaded,
}

/// What a job that is scheduled waits for, as the caller knows it: it does not count as standing still then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HeldBy {
    /// Nothing: it should start by itself, at once.
    #[default]
    Nothing,
    /// A restart of the host that the caller or somebody else will do.
    Restart,
    /// A maintenance window or another moment.
    Window,
}

/// Whether the task is read at the end for the results of the parts: one request more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Parts {
    /// Never.
    Never,
    /// When the job ended in part or failed.
    #[default]
    WhenNotDone,
    /// Always.
    Always,
}

/// How a job is waited for. The defaults suit everything but a job that needs hours.
#[derive(Clone)]
pub struct WaitOptions {
    /// Time between two looks; 10 s. The iDRAC's `Retry-After` makes it longer, up to ten times.
    pub interval: Duration,
    /// Longest time in all; 2 h.
    pub deadline: Duration,
    /// Longest time without a change of state or percent; 30 min.
    pub stall_limit: Duration,
    /// Longest time the iDRAC may be away at a stretch: restarting, not ready; 15 min.
    pub restart_limit: Duration,
    /// Longest time a job may be missing before it counts as gone: right after its creation, or after a restart of the
    /// iDRAC; 1 min.
    pub grace: Duration,
    /// Longest time for a job that could not be prepared (PR30) and would stay scheduled for ever; 5 min.
    pub stuck_limit: Duration,
    /// What is waited for.
    pub until: Until,
    /// What the job waits for.
    pub held_by: HeldBy,
    /// Whether the parts are read.
    pub parts: Parts,
    /// Told what is seen, each time it is something new.
    pub on_progress: Option<OnProgress>,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            deadline: Duration::from_secs(2 * 3600),
            stall_limit: Duration::from_secs(30 * 60),
            restart_limit: Duration::from_secs(15 * 60),
            grace: Duration::from_secs(60),
            stuck_limit: Duration::from_secs(5 * 60),
            until: Until::End,
            held_by: HeldBy::Nothing,
            parts: Parts::WhenNotDone,
            on_progress: None,
        }
    }
}

impl WaitOptions {
    /// Sets the time between two looks.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the longest time in all.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the longest time without a change.
    #[must_use]
    pub fn with_stall_limit(mut self, limit: Duration) -> Self {
        self.stall_limit = limit;
        self
    }

    /// Sets the longest time the iDRAC may be away at a stretch.
    #[must_use]
    pub fn with_restart_limit(mut self, limit: Duration) -> Self {
        self.restart_limit = limit;
        self
    }

    /// Sets the longest time a job may be missing.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets what is waited for.
    #[must_use]
    pub fn with_until(mut self, until: Until) -> Self {
        self.until = until;
        self
    }

    /// Says what the job waits for.
    #[must_use]
    pub fn with_held_by(mut self, held_by: HeldBy) -> Self {
        self.held_by = held_by;
        self
    }

    /// Sets whether the parts are read.
    #[must_use]
    pub fn with_parts(mut self, parts: Parts) -> Self {
        self.parts = parts;
        self
    }

    /// Tells what is seen.
    #[must_use]
    pub fn with_progress(mut self, on_progress: impl Fn(&JobProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }
}

impl fmt::Debug for WaitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOptions")
            .field("interval", &self.interval)
            .field("deadline", &self.deadline)
            .field("stall_limit", &self.stall_limit)
            .field("restart_limit", &self.restart_limit)
            .field("grace", &self.grace)
            .field("stuck_limit", &self.stuck_limit)
            .field("until", &self.until)
            .field("held_by", &self.held_by)
            .field("parts", &self.parts)
            .field("on_progress", &self.on_progress.is_some())
            .finish()
    }
}

//! The states of a job, and the one table of moves between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The stored status of a job or a task, in the words of the existing database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Waiting: for its time, a slot, or an executor.
    Pending,
    /// Held by an executor under a lease.
    Running,
    /// Ended well, or in part (then `details.partial` is true).
    Completed,
    /// Ended without its effect.
    Failed,
    /// Stopped on request.
    Cancelled,
}

impl JobStatus {
    /// All five.
    pub const ALL: [JobStatus; 5] =
        [Self::Pending, Self::Running, Self::Completed, Self::Failed, Self::Cancelled];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing but an explicit retry leaves it.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobStatus {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            crate::Error::invalid(
                "status",
                format!("`{text}` is no job status"),
                "use pending, running, completed, failed or cancelled",
            )
        })
    }
}

/// What moves a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// An executor takes it.
    Claim,
    /// The attempt ended with this status.
    End(JobStatus),
    /// The attempt gives it back unstarted, or its lease ran out.
    Release,
    /// Somebody cancels it. A running job is only marked; its executor ends it.
    Cancel,
    /// Somebody wants it to run once more. A completed job has to have ended in part only.
    Retry {
        /// It left something undone.
        partial: bool,
    },
}

impl Transition {
    /// The status after the move, or `None` where the move is not allowed.
    #[must_use]
    pub const fn apply(self, from: JobStatus) -> Option<JobStatus> {
        match (self, from) {
            (Self::Claim, JobStatus::Pending) => Some(JobStatus::Running),
            (Self::End(to), JobStatus::Running) if to.is_terminal() => Some(to),
            (Self::Release, JobStatus::Running) => Some(JobStatus::Pending),
            (Self::Cancel, JobStatus::Pending) => Some(JobStatus::Cancelled),
            (Self::Cancel, JobStatus::Running) => Some(JobStatus::Running),
            (Self::Retry { .. }, JobStatus::Failed | JobStatus::Cancelled)
            | (Self::Retry { partial: true }, JobStatus::Completed) => Some(JobStatus::Pending),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_is_final_for_every_move_but_a_retry() {
        for from in JobStatus::ALL.into_iter().filter(|status| status.is_terminal()) {
            for to in JobStatus::ALL {
                assert_eq!(Transition::End(to).apply(from), None, "{from} -> {to}");
            }
            assert_eq!(Transition::Claim.apply(from), None);
            assert_eq!(Transition::Release.apply(from), None);
            assert_eq!(Transition::Cancel.apply(from), None);
        }
    }

    #[test]
    fn only_what_left_something_undone_is_tried_again() {
        use JobStatus::{Cancelled, Completed, Failed, Pending, Running};
        for (from, partial, to) in [
            (Failed, false, Some(Pending)),
            (Cancelled, false, Some(Pending)),
            (Completed, true, Some(Pending)),
            (Completed, false, None),
            (Pending, true, None),
            (Running, true, None),
        ] {
            assert_eq!(Transition::Retry { partial }.apply(from), to, "{from}, partial: {partial}");
        }
    }

    #[test]
    fn an_attempt_ends_only_in_a_terminal_state() {
        assert_eq!(Transition::End(JobStatus::Pending).apply(JobStatus::Running), None);
        assert_eq!(Transition::End(JobStatus::Failed).apply(JobStatus::Running), Some(JobStatus::Failed));
    }
}

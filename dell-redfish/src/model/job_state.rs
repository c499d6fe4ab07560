//! The states of a job, in Dell's words, and what each means to one who waits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the states with Dell's spelling.
macro_rules! states {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// State of a job (Dell `DellJob.JobState`; the last but one is of DMTF's `Task` and `Job` only).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum JobState {
            $($(#[$meta])* $name,)*
        }

        impl JobState {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Dell's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

states! {
    /// Made, not looked at yet. Right after its creation this is no failure.
    New,
    /// Being put into the queue.
    Scheduling,
    /// Waits for a restart of the host, a maintenance window, or its turn.
    Scheduled,
    /// Fetches its package.
    Downloading,
    /// Has its package and goes no further by itself.
    Downloaded,
    /// At work.
    Running,
    /// Waits for something of the host, often its restart.
    Waiting,
    /// The same.
    ReadyForExecution,
    /// Held.
    Paused,
    /// Done but for a restart of the host.
    RebootPending,
    /// Succeeded; what it brought is not active yet.
    PendingActivation,
    /// Succeeded; a person has to restart the host or take its power away.
    UserIntervention,
    /// Ended well.
    Completed,
    /// Ended; some parts failed.
    CompletedWithErrors,
    /// The restart is done: the good end of a reboot job.
    RebootCompleted,
    /// Failed.
    Failed,
    /// The restart failed.
    RebootFailed,
    /// Cancelled or killed, which only DMTF's faces of a job say.
    Cancelled,
    /// The iDRAC does not know, or says a word that is not known here.
    Unknown,
}

/// Whether a state ends a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobPhase {
    /// It goes on.
    Progress,
    /// It goes no further by itself, though its work is done as far as it can be.
    SoftEnd,
    /// It is over.
    End,
}

impl JobState {
    /// Reads Dell's word, also as older firmware spells it (`Completed with Errors`).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let same = |state: &&Self| state.as_str().eq_ignore_ascii_case(&plain);
        Self::ALL.iter().find(same).copied().unwrap_or(match plain.as_str() {
            "Starting" => Self::Running,
            _ => Self::Unknown,
        })
    }

    /// Reads a state of DMTF's `Task` or `Job`. They have one word, `Exception`, for a failure and for errors in some parts.
    #[must_use]
    pub fn from_dmtf(text: &str) -> Self {
        match text {
            "New" => Self::New,
            // An iDRAC shows a job so that is scheduled.
            "Starting" => Self::Scheduled,
            "Running" | "Stopping" | "Cancelling" | "Service" | "Continue" | "Validating" => Self::Running,
            "Suspended" | "Interrupted" => Self::Paused,
            "Pending" => Self::Waiting,
            "UserIntervention" => Self::UserIntervention,
            "Completed" => Self::Completed,
            "Killed" | "Cancelled" => Self::Cancelled,
            "Exception" | "Invalid" => Self::Failed,
            _ => Self::Unknown,
        }
    }

    /// Both faces of one task read together. Dell's word is the finer one and counts, unless DMTF's is a bad end that Dell's
    /// does not know of: `Completed` may hide Dell's `Failed`, and the other way round.
    #[must_use]
    pub fn of_both(dmtf: Option<Self>, dell: Option<Self>) -> Self {
        let known = |state: Option<Self>| state.filter(|state| *state != Self::Unknown);
        match (known(dmtf), known(dell)) {
            (Some(dmtf), Some(dell)) => {
                let bad_end = matches!(dmtf, Self::Failed | Self::Cancelled);
                let unaware = dell == Self::Completed || dell.phase() == JobPhase::Progress;
                if bad_end && unaware { dmtf } else { dell }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Self::Unknown,
        }
    }

    /// What it means to one who waits.
    #[must_use]
    pub const fn phase(self) -> JobPhase {
        match self {
            Self::New
            | Self::Scheduling
            | Self::Scheduled
            | Self::Downloading
            | Self::Running
            | Self::Waiting
            | Self::ReadyForExecution
            | Self::Paused
            | Self::Unknown => JobPhase::Progress,
            Self::Downloaded | Self::RebootPending | Self::PendingActivation | Self::UserIntervention => {
                JobPhase::SoftEnd
            }
            Self::Completed
            | Self::CompletedWithErrors
            | Self::RebootCompleted
            | Self::Failed
            | Self::RebootFailed
            | Self::Cancelled => JobPhase::End,
        }
    }

    /// Whether it is over, well or badly.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self.phase(), JobPhase::End)
    }

    /// Whether it waits for something outside itself: a restart, a window, its turn.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(
            self,
            Self::Scheduled | Self::Waiting | Self::ReadyForExecution | Self::Paused | Self::RebootPending
        )
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dells_eighteen_words_are_known_in_every_spelling() {
        let dells = JobState::ALL.iter().filter(|state| **state != JobState::Cancelled);
        assert_eq!(dells.count(), 18);
        for state in JobState::ALL {
            assert_eq!(JobState::parse(state.as_str()), *state);
        }
        assert_eq!(JobState::parse("Completed with Errors"), JobState::CompletedWithErrors);
        assert_eq!(JobState::parse("Reboot Completed"), JobState::RebootCompleted);
        assert_eq!(JobState::parse("Starting"), JobState::Running);
        for odd in ["", "Bogus", "é"] {
            assert_eq!(JobState::parse(odd), JobState::Unknown, "{odd}");
        }
    }

    #[test]
    fn both_faces_of_a_task_count() {
        use JobState as S;
        for (dmtf, dell, both) in [
            ("Completed", "Failed", S::Failed),
            ("Completed", "CompletedWithErrors", S::CompletedWithErrors),
            ("Exception", "CompletedWithErrors", S::CompletedWithErrors),
            ("Exception", "Completed", S::Failed),
            ("Killed", "Running", S::Cancelled),
            ("Completed", "Running", S::Running),
            ("Running", "Downloading", S::Downloading),
            ("New", "UserIntervention", S::UserIntervention),
            ("Starting", "", S::Scheduled),
            ("", "Running", S::Running),
            ("", "", S::Unknown),
        ] {
            let read = S::of_both(Some(S::from_dmtf(dmtf)), Some(S::parse(dell)));
            assert_eq!(read, both, "{dmtf} {dell}");
        }
    }
}

//! What became of a job: a value, whatever it is.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::id::DellJobId;
use crate::meaning::MessageClass;
use crate::message::ExtendedInfo;
use crate::model::JobState;

use super::part::PartOutcome;
use super::status::JobStatus;

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// All of it is done.
    Done,
    /// It ended, and some parts failed: no success.
    Partial,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It goes no further by itself.
    SoftEnd(SoftEnd),
    /// Job, task and log know nothing of it: after an erase or a cleared queue that is as it should be. What it should have
    /// changed tells whether it was done.
    Lost,
}

/// Where a job stopped that did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SoftEnd {
    /// Its package is on the iDRAC, and nothing is installed.
    Downloaded,
    /// It is in the queue and waits for its moment; told only where [`Until::Scheduled`](super::Until) was asked for.
    Scheduled,
    /// The host must restart.
    RebootPending,
    /// What it brought must be activated.
    PendingActivation,
    /// A person must restart the host or take its power away (SUP0544, SUP0545).
    UserIntervention,
}

impl Verdict {
    /// Stable snake_case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::SoftEnd(SoftEnd::Downloaded) => "downloaded",
            Self::SoftEnd(SoftEnd::Scheduled) => "scheduled",
            Self::SoftEnd(SoftEnd::RebootPending) => "reboot_pending",
            Self::SoftEnd(SoftEnd::PendingActivation) => "pending_activation",
            Self::SoftEnd(SoftEnd::UserIntervention) => "user_intervention",
            Self::Lost => "lost",
        }
    }
}

impl serde::Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A job that has come to an end.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct JobOutcome {
    /// Dell's job, where known.
    pub id: Option<DellJobId>,
    /// What became of it.
    pub verdict: Verdict,
    /// The last state seen; [`JobState::Unknown`] when none was.
    pub state: JobState,
    /// How far it was.
    pub percent: Option<u8>,
    /// Dell's job type.
    pub job_type: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What it said of itself, the latest last.
    pub messages: Vec<ExtendedInfo>,
    /// Results of its parts, where the iDRAC tells them.
    pub parts: Vec<PartOutcome>,
    /// When it was made or may start, as the iDRAC wrote it.
    pub start: Option<String>,
    /// When it ended, as the iDRAC wrote it.
    pub end: Option<String>,
    /// How long it was waited for.
    #[serde(rename = "waited_s", serialize_with = "crate::seconds::one")]
    pub waited: Duration,
}

impl JobOutcome {
    pub(super) fn of(status: JobStatus, verdict: Verdict, waited: Duration) -> Self {
        Self {
            id: status.id,
            verdict,
            state: status.state,
            percent: status.percent,
            job_type: status.job_type,
            name: status.name,
            messages: status.messages,
            parts: status.parts,
            start: status.start,
            end: status.end,
            waited,
        }
    }

    /// Whether all of it is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.verdict == Verdict::Done
    }

    /// Whether a message of this class was said: [`MessageClass::NoChange`] tells that everything was as wanted already.
    #[must_use]
    pub fn has_class(&self, class: MessageClass) -> bool {
        let ids = self.messages.iter().filter_map(|info| info.message_id.as_ref());
        ids.filter_map(MessageClass::of).any(|own| own == class)
    }

    /// Parts that failed.
    pub fn failed_parts(&self) -> impl Iterator<Item = &PartOutcome> {
        self.parts.iter().filter(|part| part.is_failed())
    }

    /// The outcome where it is good as far as it can be ([`Verdict::Done`], [`Verdict::SoftEnd`]); an error where not.
    ///
    /// # Errors
    /// [`ErrorKind::JobFailed`] (with the job's messages) for partial, failed and lost jobs, [`ErrorKind::Cancelled`] for a
    /// cancelled one. Where the iDRAC says that the same may work later (RED108, RED113, …), the error is temporary.
    pub fn into_result(self) -> Result<Self> {
        let what = match self.verdict {
            Verdict::Done | Verdict::SoftEnd(_) => return Ok(self),
            Verdict::Partial => "ended with errors in some parts",
            Verdict::Failed => "failed",
            Verdict::Cancelled => "was cancelled",
            Verdict::Lost => "is lost: neither job, task nor log knows of it",
        };
        let kind = match self.verdict {
            Verdict::Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::JobFailed,
        };
        let passing = self.has_class(MessageClass::Retry);
        let permanence = if passing { Permanence::Temporary } else { Permanence::Permanent };
        let message = format!("{} {what}", called(self.id.as_ref(), self.name.as_deref()));
        Err(Error::new(kind, message).with_permanence(permanence).with_extended(self.messages))
    }
}

/// How a job is called in a sentence.
pub(super) fn called(id: Option<&DellJobId>, name: Option<&str>) -> String {
    match (id, name) {
        (Some(id), Some(name)) => format!("job {id} ({name})"),
        (Some(id), None) => format!("job {id}"),
        (None, Some(name)) => format!("the job {name}"),
        (None, None) => "the job".to_owned(),
    }
}

//! What became of one change.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::id::DellJobId;

/// How a change ended.
#[derive(Debug)]
pub enum ChangeResult {
    /// It was so already; nothing was sent.
    Unchanged,
    /// It is done, and shows where it can.
    Done,
    /// Its job waits until the host restarts.
    PendingRestart,
    /// It was refused or failed.
    Failed(Error),
    /// It was not sent, because of one before it.
    NotSent,
}

impl ChangeResult {
    /// Whether it is as wanted now.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::Unchanged)
    }

    /// Stable snake_case name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Done => "done",
            Self::PendingRestart => "pending_restart",
            Self::Failed(_) => "failed",
            Self::NotSent => "not_sent",
        }
    }

    /// Why it failed.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

/// One change, and what became of it.
#[derive(Debug)]
pub struct ChangeOutcome {
    /// FQDD of the controller.
    pub controller: String,
    /// The change, in words.
    pub change: String,
    /// How it ended.
    pub result: ChangeResult,
    /// Its job, where it had one; changes that were gathered share it.
    pub job: Option<DellJobId>,
    /// FQDD of the volume it made.
    pub volume: Option<String>,
}

/// In a record: the result by its name, and beside it why it failed.
impl Serialize for ChangeOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("ChangeOutcome", 6)?;
        record.serialize_field("controller", &self.controller)?;
        record.serialize_field("change", &self.change)?;
        record.serialize_field("result", self.result.as_str())?;
        record.serialize_field("error", &self.result.error())?;
        record.serialize_field("job", &self.job)?;
        record.serialize_field("volume", &self.volume)?;
        record.end()
    }
}

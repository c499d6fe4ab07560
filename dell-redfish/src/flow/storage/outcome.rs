//! What became of one change.

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

//! Logs: reading them page by page in constant memory, only what is new, clearing and exporting.
//!
//! # Requests
//!
//! One to find the log's entries (none where a [`LogCursor`] remembers them), one for each page of 50 entries, newest first. A
//! reading with a cursor ends at the first entry that is known: one request where nothing is new. A filter costs one more, once
//! on each iDRAC: whether it can filter is read from its service root.
//!
//! # What is not believed
//!
//! Pages repeat entries, cap at 50 whatever was asked for, lead back to themselves or on for ever, and end with an empty page, an
//! error (SYS417, SYS407) or a 500. So pages are counted and visited once, entries delivered once, and an error after the first
//! page is the end.

mod clear;
mod cursor;
mod export;
mod filter;
mod home;
mod pages;
mod reader;
mod recent;
mod summary;

use crate::error::Result;
use crate::model::{LogEntry, Resource};
use crate::operation::Redfish;

pub use clear::{clear_log, plan_clear_log};
pub use cursor::LogCursor;
pub use export::{LcLogScope, export_lc_log, fetch_exported, plan_export_lc_log};
pub use filter::LogFilter;
pub use reader::LogReader;
pub use summary::{LogEnd, LogSummary};

/// A log of an iDRAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// System event log: what the sensors told.
    Sel,
    /// Lifecycle log: everything, logins among it.
    Lifecycle,
    /// What is wrong now (iDRAC9 6.x and later).
    FaultList,
}

impl LogKind {
    /// Its name below `LogServices`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Sel => "Sel",
            Self::Lifecycle => "Lclog",
            Self::FaultList => "FaultList",
        }
    }
}

/// What to read of a log.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Which entries.
    pub filter: LogFilter,
    /// At most so many, the first that the iDRAC lists: the newest, on every firmware seen.
    pub limit: Option<usize>,
    /// Only what came after this; the log is not filtered on the iDRAC then, so that the next cursor knows all of it.
    pub cursor: Option<LogCursor>,
}

/// A log's entries, newest first, and what is to be known of the reading.
#[derive(Debug, serde::Serialize)]
pub struct LogRead {
    /// The entries.
    pub entries: Vec<Resource<LogEntry>>,
    /// For the next reading.
    pub cursor: LogCursor,
    /// How it went.
    pub summary: LogSummary,
}

/// Reads a log into memory. For a whole Lifecycle log use [`LogReader`], which holds a page at a time.
///
/// # Errors
/// As [`LogReader::next_page`].
pub async fn fetch_log(redfish: &dyn Redfish, kind: LogKind, options: LogOptions) -> Result<LogRead> {
    let mut reader = LogReader::new(redfish, kind, options);
    let mut entries = Vec::new();
    while let Some(page) = reader.next_page().await? {
        entries.extend(page);
    }
    Ok(LogRead { entries, cursor: reader.cursor(), summary: reader.summary() })
}

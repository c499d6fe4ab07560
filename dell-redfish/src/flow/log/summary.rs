//! How a reading of a log went.

/// Why a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogEnd {
    /// All entries were read.
    Empty,
    /// The rest was read before, by the cursor.
    Known,
    /// As many as were asked for.
    Limit,
    /// The rest is older than what was asked for.
    Older,
    /// The iDRAC had no further page: an error in place of it.
    Refused,
    /// Pages came that had been read before.
    Repeating,
    /// More pages than a log can have.
    Endless,
}

/// How a reading went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LogSummary {
    /// Why it ended; nothing while it has not.
    pub end: Option<LogEnd>,
    /// Whether everything that was asked for was delivered. Not so at a limit, and where the iDRAC counts more entries than it
    /// gave.
    pub is_complete: bool,
    /// Whether the cursor's entries were not met any more: the log was cleared since, or has wrapped.
    pub is_gap: bool,
    /// Entries delivered.
    pub delivered: usize,
    /// Entries that came more than once, and were left out.
    pub duplicates: usize,
    /// Pages read.
    pub pages: u32,
}

//! What front ends read of an executor.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A row of `executor_heartbeats`, by `executor_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatRow {
    /// Name that stays over restarts.
    pub executor_id: String,
    /// The machine's.
    pub hostname: Option<String>,
    /// The machine's.
    pub ip_address: Option<IpAddr>,
    /// Of the program.
    pub version: String,
    /// When it was written.
    pub last_seen_at: Timestamp,
    /// How often it asked for work.
    pub poll_count: i64,
    /// Attempts that ended.
    pub jobs_processed: i64,
    /// When it was started.
    pub startup_time: Timestamp,
    /// The last thing that went wrong with the store.
    pub last_error: Option<String>,
    /// Job types it runs, and what programs beside it may rely on.
    pub capabilities: Vec<String>,
}

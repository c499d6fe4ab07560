//! What a server can be updated with, and how its updates misbehave.

use serde::{Deserialize, Serialize};

/// Firmware rules of a server; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirmwareRules {
    /// What every repository holds: component number and version.
    pub repository: Vec<(u32, String)>,
    /// Uploads are refused with RAC964 until the iDRAC was restarted.
    pub upload_needs_reset: bool,
    /// Milliseconds (real) before each of the first ten pieces of an upload is taken.
    pub upload_pause_ms: u64,
    /// After an update the inventory is read so many times as old and new by turns; an odd number begins with old.
    pub flapping_reads: u32,
}

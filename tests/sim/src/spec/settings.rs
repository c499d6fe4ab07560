//! How staged settings (BIOS, network cards) misbehave.

use serde::{Deserialize, Serialize};

/// Misbehaviour that was seen on real machines; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsRules {
    /// The resource shows staged values as if they were in force.
    pub shows_pending_early: bool,
    /// A 202 for a new job tells nothing of it.
    pub hides_job: bool,
    /// An empty new BIOS password is refused (BIOS018).
    pub refuses_empty_password: bool,
    /// Jobs that apply settings fail.
    pub job_fails: bool,
}

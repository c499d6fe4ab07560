//! How the host, and what the iDRAC tells of it, misbehaves.

use serde::{Deserialize, Serialize};

/// Misbehaviour of a host, each seen on real machines; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostRules {
    /// Accepts a graceful shutdown or restart and carries on as if nothing had been asked.
    pub ignores_graceful: bool,
    /// Accepts a forced restart and carries on: only a power cycle helps.
    pub ignores_forced_restart: bool,
    /// Does not offer `GracefulRestart`, as iDRAC9 3.36.
    pub lacks_graceful_restart: bool,
    /// What becomes of a boot override that is set.
    pub boot_override: BootWrite,
}

/// What becomes of a setting that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootWrite {
    /// It is set, and the answer says so.
    #[default]
    Honest,
    /// It is set, and the answer is 400.
    RefusedThoughSet,
    /// The answer is a success, and nothing is set.
    AcceptedThoughLost,
}

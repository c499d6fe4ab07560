//! What carrying something out does to the server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much an operation or a flow can hurt, from nothing to for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Looks only.
    Read,
    /// Changes settings that can be set back.
    Change,
    /// Takes the host or the iDRAC away for a while, or changes what runs on them: a reset, new firmware.
    Disrupt,
    /// Destroys what cannot be brought back: data, keys, logs, all settings.
    Destroy,
}

impl Effect {
    /// Whether a person should have said yes to it.
    #[must_use]
    pub const fn is_destructive(self) -> bool {
        matches!(self, Self::Disrupt | Self::Destroy)
    }

    /// Stable lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Disrupt => "disrupt",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

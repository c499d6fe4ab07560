//! How the host stands, as one look at the system tells it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ComputerSystem;

/// DMTF `Resource.PowerState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PowerState {
    /// On.
    On,
    /// Off.
    Off,
    /// On its way to on.
    PoweringOn,
    /// On its way to off.
    PoweringOff,
    /// Not told, or not understood.
    Unknown,
}

impl PowerState {
    /// What a system says of itself.
    #[must_use]
    pub fn of(system: &ComputerSystem) -> Self {
        match system.power_state.as_deref() {
            Some("On") => Self::On,
            Some("Off") => Self::Off,
            Some("PoweringOn") => Self::PoweringOn,
            Some("PoweringOff") => Self::PoweringOff,
            _ => Self::Unknown,
        }
    }

    /// Whether it stays as it is.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::On | Self::Off)
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "On",
            Self::Off => "Off",
            Self::PoweringOn => "PoweringOn",
            Self::PoweringOff => "PoweringOff",
            Self::Unknown => "unknown",
        })
    }
}

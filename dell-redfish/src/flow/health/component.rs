//! The components a server's health is told by, and what is known of each.

use std::fmt;

use crate::error::ErrorKind;
use crate::model::Severity;

/// A component of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Processors, GPUs among them.
    Processors,
    /// Memory modules.
    Memory,
    /// Controllers, drives, volumes.
    Storage,
    /// Power supplies.
    PowerSupplies,
    /// Fans.
    Fans,
    /// Temperatures.
    Temperatures,
    /// Voltages.
    Voltages,
    /// Batteries.
    Batteries,
    /// The intrusion switch.
    Intrusion,
    /// Network cards.
    Network,
    /// The iDRAC itself.
    Idrac,
}

impl Component {
    /// All, in the order of an answer.
    pub const ALL: &'static [Self] = &[
        Self::Processors,
        Self::Memory,
        Self::Storage,
        Self::PowerSupplies,
        Self::Fans,
        Self::Temperatures,
        Self::Voltages,
        Self::Batteries,
        Self::Intrusion,
        Self::Network,
        Self::Idrac,
    ];

    /// Stable snake_case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processors => "processors",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::PowerSupplies => "power_supplies",
            Self::Fans => "fans",
            Self::Temperatures => "temperatures",
            Self::Voltages => "voltages",
            Self::Batteries => "batteries",
            Self::Intrusion => "intrusion",
            Self::Network => "network",
            Self::Idrac => "idrac",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of one component.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ComponentHealth {
    /// Which.
    pub component: Component,
    /// The worst that is known; nothing where nothing is.
    pub severity: Option<Severity>,
    /// Why it is not simply OK: the worst first.
    pub reasons: Vec<Reason>,
    /// Parts that told a health.
    pub known_parts: usize,
    /// Parts that told none.
    pub unknown_parts: usize,
    /// Whether the iDRAC calls what it told stale or incomplete.
    pub is_stale: bool,
}

/// Why a component is not simply OK.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// A part tells it of itself.
    Part {
        /// Its id or name: for a Dell device its FQDD.
        name: String,
        /// How bad.
        severity: Severity,
        /// Its `Status.State`.
        state: Option<String>,
    },
    /// The iDRAC's roll-up tells it; the parts may not.
    Rollup {
        /// Property of the roll-up.
        property: &'static str,
        /// How bad.
        severity: Severity,
    },
    /// A drive expects to fail.
    FailurePredicted {
        /// The drive.
        name: String,
        /// Life left of a solid state drive, in percent, where it tells it.
        life_left_percent: Option<f64>,
    },
    /// A volume is being rebuilt, or other work goes on in it.
    Operation {
        /// The volume.
        volume: String,
        /// `Rebuild`, …
        operation: String,
        /// How far.
        percent: Option<f64>,
    },
    /// A part could not be read.
    Unread {
        /// Its path.
        path: String,
        /// Why.
        kind: ErrorKind,
    },
    /// The iDRAC calls it stale or incomplete.
    Stale {
        /// Its path.
        path: String,
        /// `SYS518`, `SYS519`.
        message_id: String,
    },
}

impl Reason {
    /// How bad it is by itself; nothing where it only says that something is not known.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self {
            Self::Part { severity, .. } | Self::Rollup { severity, .. } => Some(*severity),
            Self::FailurePredicted { .. } => Some(Severity::Warning),
            Self::Operation { operation, .. } => is_rebuild(operation).then_some(Severity::Warning),
            Self::Unread { .. } | Self::Stale { .. } => None,
        }
    }
}

/// Whether a volume works without its redundancy meanwhile. The name is a value of the schema, not a text.
pub(super) fn is_rebuild(operation: &str) -> bool {
    matches!(operation, "Rebuild" | "Rebuilding" | "RebuildVirtualDisk")
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part { name, severity, state: Some(state) } => {
                write!(f, "{name} is {} ({state})", severity.as_str())
            }
            Self::Part { name, severity, state: None } => write!(f, "{name} is {}", severity.as_str()),
            Self::Rollup { property, severity } => write!(f, "{property} is {}", severity.as_str()),
            Self::FailurePredicted { name, life_left_percent: Some(left) } => {
                write!(f, "{name} predicts its failure, {left} % of its life left")
            }
            Self::FailurePredicted { name, life_left_percent: None } => {
                write!(f, "{name} predicts its failure")
            }
            Self::Operation { volume, operation, percent: Some(percent) } => {
                write!(f, "{operation} of {volume} at {percent} %")
            }
            Self::Operation { volume, operation, percent: None } => write!(f, "{operation} of {volume}"),
            Self::Unread { path, kind } => write!(f, "{path} could not be read: {}", kind.as_str()),
            Self::Stale { path, message_id } => write!(f, "{path} may be out of date ({message_id})"),
        }
    }
}

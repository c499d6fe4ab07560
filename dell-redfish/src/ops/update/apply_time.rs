//! When an update is installed.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};

/// The maintenance window of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceWindow {
    /// Its beginning, ISO 8601 with an offset: `2026-11-23T22:00:00+01:00`.
    pub start: String,
    /// How long it lasts, whole seconds.
    pub duration: Duration,
}

/// When an update is installed (DMTF `Settings.OperationApplyTime`). Which of them an iDRAC takes, it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateApplyTime {
    /// At once; what needs a restart of the host waits for it.
    Immediate,
    /// At the next restart of the host.
    OnReset,
    /// At the beginning of a window, with a restart of the host.
    AtMaintenanceWindowStart(MaintenanceWindow),
    /// At a restart of the host within a window.
    InMaintenanceWindowOnReset(MaintenanceWindow),
    /// When [`StartUpdate`](super::StartUpdate) says so.
    OnStartUpdateRequest,
}

impl UpdateApplyTime {
    /// As the iDRAC spells it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Immediate => "Immediate",
            Self::OnReset => "OnReset",
            Self::AtMaintenanceWindowStart(_) => "AtMaintenanceWindowStart",
            Self::InMaintenanceWindowOnReset(_) => "InMaintenanceWindowOnReset",
            Self::OnStartUpdateRequest => "OnStartUpdateRequest",
        }
    }

    /// Refuses what the iDRAC does not offer. Where it says nothing, an update is installed at once and no other moment can be
    /// asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`], naming what is offered.
    pub fn check(&self, offered: &[String]) -> Result<()> {
        if offered.iter().any(|word| word == self.as_str())
            || (offered.is_empty() && *self == Self::Immediate)
        {
            return Ok(());
        }
        let offered = if offered.is_empty() { "only Immediate".to_owned() } else { offered.join(", ") };
        let message = format!("this iDRAC does not install updates {}; it offers {offered}", self.as_str());
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Puts it into the body of a request.
    pub(super) fn put(&self, body: &mut Map<String, Value>) {
        body.insert("@Redfish.OperationApplyTime".into(), self.as_str().into());
        if let Self::AtMaintenanceWindowStart(window) | Self::InMaintenanceWindowOnReset(window) = self {
            let seconds = window.duration.as_secs();
            let window = json!({"MaintenanceWindowStartTime": window.start, "MaintenanceWindowDurationInSeconds": seconds});
            body.insert("@Redfish.MaintenanceWindow".into(), window);
        }
    }
}

//! When a change takes effect: one type for settings, attributes, updates and storage.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};

/// A maintenance window (DMTF `Settings.MaintenanceWindow`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// Its beginning by the iDRAC's clock, ISO 8601 with an offset: `2026-01-31T22:00:00-06:00`.
    pub start: String,
    /// How long it is open; whole seconds.
    pub duration: Duration,
}

/// When a change takes effect (DMTF `Settings.ApplyTime` and `Settings.OperationApplyTime`).
///
/// Which of them can be had, each resource says itself: `SupportedApplyTimes` of its `@Redfish.Settings`, or
/// `@Redfish.OperationApplyTimeSupport` of a collection or an action. A flow refuses another one before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApplyTime {
    /// At once. A package whose device needs a restart of the host still waits for one.
    Immediate,
    /// At the next restart of the host.
    OnReset,
    /// When a window opens; the iDRAC restarts the host by itself where the change needs that.
    AtMaintenanceWindowStart(MaintenanceWindow),
    /// At a restart of the host within a window.
    InMaintenanceWindowOnReset(MaintenanceWindow),
    /// When [`StartUpdate`](super::StartUpdate) says so: updates only.
    OnStartUpdateRequest,
}

impl ApplyTime {
    /// DMTF's name.
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

    /// The window, for the two that have one.
    #[must_use]
    pub const fn window(&self) -> Option<&MaintenanceWindow> {
        match self {
            Self::AtMaintenanceWindowStart(window) | Self::InMaintenanceWindowOnReset(window) => Some(window),
            Self::Immediate | Self::OnReset | Self::OnStartUpdateRequest => None,
        }
    }

    /// Whether it takes a restart of the host that somebody has to do.
    #[must_use]
    pub const fn needs_restart(&self) -> bool {
        matches!(self, Self::OnReset | Self::InMaintenanceWindowOnReset(_))
    }

    /// Refuses what a resource does not offer, before anything is sent. `unsaid` is what can be had where the resource is
    /// silent about it; `what` is the work, for the message: `updates`, `changes of RAID.SL.3-1`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`], naming what is offered.
    pub fn check(&self, what: &str, offered: &[String], unsaid: &[&str]) -> Result<()> {
        let wanted = self.as_str();
        let offered: Vec<&str> = match offered {
            [] => unsaid.to_vec(),
            _ => offered.iter().map(String::as_str).collect(),
        };
        if offered.contains(&wanted) {
            return Ok(());
        }
        let message = format!("{what}: {wanted} is not offered here, only {}", offered.join(", "));
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// As staged settings take it: the value of `@Redfish.SettingsApplyTime`.
    pub(crate) fn preferred(&self) -> Value {
        let mut body = json!({"ApplyTime": self.as_str()});
        if let Some(window) = self.window() {
            body["MaintenanceWindowStartTime"] = window.start.clone().into();
            body["MaintenanceWindowDurationInSeconds"] = window.duration.as_secs().into();
        }
        body
    }

    /// As actions, and requests to a collection, take it: the annotations of their body.
    pub(crate) fn annotations(&self) -> impl Iterator<Item = (String, Value)> {
        let window = self.window().map(|window| {
            let seconds = window.duration.as_secs();
            json!({"MaintenanceWindowStartTime": window.start, "MaintenanceWindowDurationInSeconds": seconds})
        });
        let time = ("@Redfish.OperationApplyTime".to_owned(), self.as_str().into());
        [time].into_iter().chain(window.map(|window| ("@Redfish.MaintenanceWindow".to_owned(), window)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> MaintenanceWindow {
        MaintenanceWindow { start: "2026-01-31T22:00:00-06:00".into(), duration: Duration::from_secs(600) }
    }

    #[test]
    fn a_window_is_written_out_as_either_side_takes_it() {
        let parts =
            json!({"MaintenanceWindowStartTime": window().start, "MaintenanceWindowDurationInSeconds": 600});
        let mut settings = parts.clone();
        settings["ApplyTime"] = "InMaintenanceWindowOnReset".into();
        assert_eq!(ApplyTime::InMaintenanceWindowOnReset(window()).preferred(), settings);
        let body: serde_json::Map<String, Value> =
            ApplyTime::AtMaintenanceWindowStart(window()).annotations().collect();
        assert_eq!(
            Value::Object(body),
            json!({"@Redfish.OperationApplyTime": "AtMaintenanceWindowStart", "@Redfish.MaintenanceWindow": parts})
        );
        assert_eq!(ApplyTime::OnReset.annotations().count(), 1);
        assert_eq!(ApplyTime::OnReset.preferred(), json!({"ApplyTime": "OnReset"}));
    }

    #[test]
    fn what_is_not_offered_is_refused_by_what_is() {
        let offered = ["Immediate".to_owned(), "OnReset".to_owned()];
        assert!(ApplyTime::OnReset.check("updates", &offered, &[]).is_ok());
        let error = ApplyTime::OnStartUpdateRequest.check("updates", &offered, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(
            error.message(),
            "updates: OnStartUpdateRequest is not offered here, only Immediate, OnReset"
        );
        // A silent resource does what it always did, and nothing else.
        assert!(ApplyTime::OnReset.check("settings", &[], &["OnReset"]).is_ok());
        assert!(ApplyTime::Immediate.check("settings", &[], &["OnReset"]).is_err());
    }
}

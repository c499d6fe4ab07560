//! When something is applied, in DMTF's words.

use dell_redfish::ops::{ApplyTime, MaintenanceWindow};
use serde::Deserialize;

use super::argument::{Seconds, invalid};
use crate::failure::Failure;

/// `dsm.idrac.UpdateTime`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) enum Moment {
    Immediate,
    OnReset,
    AtMaintenanceWindowStart,
    InMaintenanceWindowOnReset,
    OnStartUpdateRequest,
}

/// `dsm.idrac.MaintenanceWindow`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowArgument {
    start: String,
    length: Seconds,
}

impl Moment {
    /// When something is applied; the iDRAC's own choice where nothing is said.
    pub(super) fn time(
        moment: Option<Self>,
        window: Option<WindowArgument>,
    ) -> Result<Option<ApplyTime>, Failure> {
        let window = window
            .map(|WindowArgument { start, length: Seconds(duration) }| MaintenanceWindow { start, duration });
        Ok(match (moment, window) {
            (None, None) => None,
            (Some(Self::Immediate), None) => Some(ApplyTime::Immediate),
            (Some(Self::OnReset), None) => Some(ApplyTime::OnReset),
            (Some(Self::OnStartUpdateRequest), None) => Some(ApplyTime::OnStartUpdateRequest),
            (Some(Self::AtMaintenanceWindowStart), Some(window)) => {
                Some(ApplyTime::AtMaintenanceWindowStart(window))
            }
            (Some(Self::InMaintenanceWindowOnReset), Some(window)) => {
                Some(ApplyTime::InMaintenanceWindowOnReset(window))
            }
            _ => {
                return Err(invalid(
                    "`window` goes with the two times of a maintenance window, and with no other",
                ));
            }
        })
    }
}

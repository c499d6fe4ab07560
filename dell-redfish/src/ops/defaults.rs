//! The iDRAC back to the settings it was delivered with, or to the operator's own.

use crate::message::{ExtendedInfo, read_extended};
use crate::ops::action::action;

action! {
    /// `Manager.ResetToDefaults`.
    ResetToDefaults = "Manager.ResetToDefaults", Destroy, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DellManager.ResetToDefaults`.
    DellResetToDefaults = "DellManager.ResetToDefaults", Destroy, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DellManager.SetCustomDefaults`: what "custom defaults" are from now on.
    SetCustomDefaults = "DellManager.SetCustomDefaults", Change, ["CustomDefaults"],
        |response| Ok(crate::accepted::Accepted::read(&response)) => crate::accepted::Accepted
}

//! The BIOS: read, judge, set, reset, passwords, snapshots and the way back.
//!
//! Setting is [`set_settings`] on [`SettingsTarget::bios`]; its request plan is in [`settings`](super::settings).
//!
//! | flow | requests besides |
//! | --- | --- |
//! | [`take_snapshot`] | none |
//! | [`restore_bios`] | one [`set_settings`] a step, almost always one |
//! | [`reset_bios`] | 1 read and 1 POST, then the restart |
//! | [`change_bios_password`] | 2 reads, 1 POST, 1 POST for the job, then as for settings |

mod password;
mod reset;
mod restore;

pub use password::{PasswordOutcome, change_bios_password};
pub use reset::{BiosReset, plan_reset_bios, reset_bios};
pub use restore::{RestoreOutcome, plan_bios_restore, restore_bios, take_snapshot};

use crate::attribute::AttributeValues;
use crate::error::Result;
use crate::flow::settings::{
    AttributeResult, RegistryCache, SettingsOptions, SettingsOutcome, SettingsPlan, SettingsState,
    SettingsTarget, clear_pending, fetch_settings, plan_settings, set_settings, verify_settings,
};
use crate::operation::Redfish;

/// Reads the BIOS settings in force and staged, with the registry.
///
/// # Errors
/// As [`fetch_settings`].
pub async fn fetch_bios(redfish: &dyn Redfish, cache: &RegistryCache) -> Result<SettingsState> {
    fetch_settings(redfish, &SettingsTarget::bios()?, cache).await
}

/// Says what [`set_bios`] would do.
///
/// # Errors
/// As [`plan_settings`].
pub async fn plan_bios(
    redfish: &dyn Redfish,
    wanted: &AttributeValues,
    options: &SettingsOptions,
) -> Result<SettingsPlan> {
    plan_settings(redfish, &SettingsTarget::bios()?, wanted, options).await
}

/// Brings wanted BIOS settings into force; see [`set_settings`].
///
/// # Errors
/// As [`set_settings`].
pub async fn set_bios(
    redfish: &dyn Redfish,
    wanted: &AttributeValues,
    options: &SettingsOptions,
) -> Result<SettingsOutcome> {
    set_settings(redfish, &SettingsTarget::bios()?, wanted, options).await
}

/// Compares wanted BIOS settings with those in force; see [`verify_settings`].
///
/// # Errors
/// As [`verify_settings`].
pub async fn verify_bios(
    redfish: &dyn Redfish,
    wanted: &AttributeValues,
    cache: &RegistryCache,
) -> Result<Vec<AttributeResult>> {
    verify_settings(redfish, &SettingsTarget::bios()?, wanted, cache).await
}

/// Drops staged BIOS settings, and says what they were; see [`clear_pending`].
///
/// # Errors
/// As [`clear_pending`].
pub async fn clear_pending_bios(redfish: &dyn Redfish) -> Result<AttributeValues> {
    clear_pending(redfish, &SettingsTarget::bios()?).await
}

//! BIOS settings as a plain value, and the way back to it.

use crate::attribute::{AttributeRegistry, AttributeSnapshot, Problem, RestorePlan, plan_restore};
use crate::error::Result;
use crate::flow::settings::{
    Afterwards, RegistryCache, SettingsEnd, SettingsOptions, SettingsOutcome, SettingsState,
};
use crate::flow::wait::Verdict;
use crate::operation::Redfish;

use super::{fetch_bios, set_bios};

/// What became of a restore.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RestoreOutcome {
    /// Step by step, as far as it got.
    pub steps: Vec<SettingsOutcome>,
    /// Steps that are left: they need a restart in between that the caller did not want.
    pub steps_left: usize,
    /// Differences that cannot be undone, and why.
    pub skipped: Vec<Problem>,
}

impl RestoreOutcome {
    /// Whether all that can be undone is.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.steps_left == 0 && self.steps.iter().all(SettingsOutcome::is_in_force)
    }
}

/// Takes down the BIOS settings in force, without secrets.
///
/// # Errors
/// What reading says.
pub async fn take_snapshot(redfish: &dyn Redfish, cache: &RegistryCache) -> Result<AttributeSnapshot> {
    let state = fetch_bios(redfish, cache).await?;
    let snapshot = AttributeSnapshot::take(&state.current, state.registry.as_deref());
    Ok(match state.firmware_version() {
        Some(version) => snapshot.with_firmware_version(version),
        None => snapshot,
    })
}

/// Says what a way back would take. Sends nothing that changes anything.
///
/// # Errors
/// What reading says.
pub async fn plan_bios_restore(
    redfish: &dyn Redfish,
    snapshot: &AttributeSnapshot,
    cache: &RegistryCache,
) -> Result<RestorePlan> {
    fetch_bios(redfish, cache).await.map(|state| plan(&state, snapshot))
}

fn plan(state: &SettingsState, snapshot: &AttributeSnapshot) -> RestorePlan {
    let nothing = AttributeRegistry::default();
    let registry = state.registry.as_deref().unwrap_or(&nothing);
    plan_restore(registry, &state.current, &state.pending, snapshot)
}

/// Goes back to a snapshot, step by step. A step after the first needs the one before in force, so without a restart (or
/// following one) only the first is taken.
///
/// # Errors
/// As [`set_bios`]; steps that were taken stay.
pub async fn restore_bios(
    redfish: &dyn Redfish,
    snapshot: &AttributeSnapshot,
    options: &SettingsOptions,
) -> Result<RestoreOutcome> {
    let plan = plan_bios_restore(redfish, snapshot, &options.cache).await?;
    let mut steps_left = plan.steps.len();
    let mut steps = Vec::with_capacity(steps_left);
    for step in &plan.steps {
        let outcome = set_bios(redfish, &step.validation.values(), options).await?;
        let goes_on = matches!(&outcome.end, SettingsEnd::Unchanged)
            || matches!(&outcome.end, SettingsEnd::Ended(job) if job.verdict == Verdict::Done);
        steps.push(outcome);
        steps_left -= 1;
        if !goes_on || matches!(options.afterwards, Afterwards::Leave) {
            break;
        }
    }
    Ok(RestoreOutcome { steps, steps_left, skipped: plan.skipped })
}

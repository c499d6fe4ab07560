//! Passwords of the BIOS setup program.

use crate::attribute::AttributeChange;
use crate::error::{Error, Result};
use crate::flow::settings::{
    SettingsEnd, SettingsOptions, SettingsState, SettingsTarget, bring_about, fetch_settings, queue_job,
};
use crate::flow::wait::JobRef;
use crate::id::DellJobId;
use crate::model::Scalar;
use crate::operation::{Redfish, run};
use crate::ops::{ApplyTime, BiosPassword, ChangeBiosPassword, StageSettings};
use crate::safeguard::Safeguard;
use crate::secret::Secret;

/// "That cannot be a BIOS password": what some iDRAC9 7.x says to an empty one (fault 49).
const NO_PASSWORD: &str = "BIOS018";

/// What became of it. A password cannot be read back; whether it is in force is what its job says.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PasswordOutcome {
    /// How far it went.
    pub end: SettingsEnd,
    /// The job.
    pub job: Option<DellJobId>,
    /// Whether the password went in as an attribute, because the action refused an empty one.
    pub by_attribute: bool,
}

/// Sets, changes or, with an empty new one, clears a BIOS password. An empty old one stands for none.
///
/// Where the action refuses an empty password although that is how one is cleared (reported of iDRAC9 7.00.60), it is cleared
/// through its attribute beside the old one instead; that this helps there is not verified on hardware.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC does not offer the action, what it says to a wrong
/// old password (BIOS021), and as for any staged setting.
pub async fn change_bios_password(
    redfish: &dyn Redfish,
    password: BiosPassword,
    old: Secret,
    new: Secret,
    options: &SettingsOptions,
) -> Result<PasswordOutcome> {
    let target = SettingsTarget::bios()?;
    let state = fetch_settings(redfish, &target, &options.cache).await?;
    let action =
        state.actions.need("Bios.ChangePassword").map_err(|error| error.with_host(redfish.host()))?;
    let change =
        ChangeBiosPassword { target: action.target.clone(), password, old: old.clone(), new: new.clone() };
    let accepted = match run(redfish, &change).await {
        Ok(accepted) => accepted,
        Err(error) if new.is_empty() && is_no_password(redfish, &error) => {
            let stage = by_attribute(&state, password, &old);
            let accepted = run(redfish, &stage).await?;
            let job = named_or_made(redfish, &target, &state, options, JobRef::from(&accepted)).await?;
            return finish(redfish, job, options, true).await;
        }
        Err(error) => return Err(error),
    };
    let job = named_or_made(redfish, &target, &state, options, JobRef::from(&accepted)).await?;
    finish(redfish, job, options, false).await
}

fn is_no_password(redfish: &dyn Redfish, error: &Error) -> bool {
    redfish.safeguards().has(Safeguard::ClearPasswordAsTaken)
        && error.message_ids().any(|id| id.as_str() == NO_PASSWORD)
}

/// The empty password as an attribute, beside the old one.
fn by_attribute(state: &SettingsState, password: BiosPassword, old: &Secret) -> StageSettings {
    let secret = |attribute: &str, value: &str| AttributeChange {
        attribute: attribute.to_owned(),
        from: None,
        to: Scalar::from(value),
        is_secret: true,
        reset_required: true,
    };
    StageSettings {
        settings: state.settings.clone(),
        changes: vec![secret(password.old_attribute(), old.expose()), secret(password.as_str(), "")],
        apply_time: (!state.apply_times.is_empty()).then_some(ApplyTime::OnReset),
    }
}

async fn named_or_made(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    state: &SettingsState,
    options: &SettingsOptions,
    job: JobRef,
) -> Result<JobRef> {
    if job.is_known() { Ok(job) } else { queue_job(redfish, target, state, options).await }
}

async fn finish(
    redfish: &dyn Redfish,
    job: JobRef,
    options: &SettingsOptions,
    by_attribute: bool,
) -> Result<PasswordOutcome> {
    // A job made by hand waits for a restart, whatever else the settings could do.
    let options = options.clone().with_apply_time(ApplyTime::OnReset);
    let end = bring_about(redfish, &job, &options).await?;
    Ok(PasswordOutcome { end, job: job.job, by_attribute })
}

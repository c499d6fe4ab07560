//! One update, from the request to the version that is installed.

use crate::catalog::{InstalledFirmware, Reboot};
use crate::error::{Error, Result};
use crate::flow::power::reset_and_wait;
use crate::flow::wait::{HeldBy, JobOutcome, JobRef, SoftEnd, Until, Verdict, WaitOptions, wait_for_job};
use crate::operation::{Redfish, run};
use crate::ops::{ApplyTime, StartUpdate};
use crate::safeguard::Safeguard;

use super::access::{UpdateAccess, fetch_update_access};
use super::inventory::{FirmwareInventory, list_firmware};
use super::plan::forecast;
use super::request::{FirmwareUpdate, PackageSource, UpdateOptions};
use super::submit::{start_of_update, submit_update};
use super::verify::verify;

/// What became of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpdateResult {
    /// The version was installed already; nothing was sent, or the iDRAC said so itself (SUP029).
    NoChange,
    /// The version is installed: the inventory says so, several times in a row.
    Installed,
    /// The job ended well, and nothing was said of the version to look for.
    Ended,
    /// It waits: for a restart of the host, a window, its start, or a person.
    Waiting(SoftEnd),
}

impl UpdateResult {
    /// Stable snake_case name; an update that waits has that of where it stopped, as a verdict has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoChange => "no_change",
            Self::Installed => "installed",
            Self::Ended => "ended",
            Self::Waiting(SoftEnd::Downloaded) => "downloaded",
            Self::Waiting(SoftEnd::Scheduled) => "scheduled",
            Self::Waiting(SoftEnd::RebootPending) => "reboot_pending",
            Self::Waiting(SoftEnd::PendingActivation) => "pending_activation",
            Self::Waiting(SoftEnd::UserIntervention) => "user_intervention",
        }
    }
}

impl serde::Serialize for UpdateResult {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An update that did not fail.
#[derive(Debug, Clone, serde::Serialize)]
pub struct UpdateOutcome {
    /// What became of it.
    pub result: UpdateResult,
    /// Its job, where one was made.
    pub job: Option<JobOutcome>,
    /// What was concerned and installed before.
    pub before: Vec<InstalledFirmware>,
    /// What is installed now, where that was looked at.
    pub after: Vec<InstalledFirmware>,
    /// Whether the host was restarted.
    pub host_was_restarted: bool,
    /// Whether the iDRAC was restarted so that it took the package.
    pub idrac_was_reset: bool,
}

/// Installs a package. See the module's table for its requests.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for a way, a protocol or a moment that this iDRAC does not offer; [`JobFailed`](crate::ErrorKind::JobFailed) when the
/// job failed or another version is installed afterwards; [`Stalled`](crate::ErrorKind::Stalled) when it stands still; and whatever the
/// requests say. After an error from the upload on the update may still be under way: the job queue knows.
pub async fn update_firmware(
    redfish: &dyn Redfish,
    update: &FirmwareUpdate,
    options: &UpdateOptions,
) -> Result<UpdateOutcome> {
    let (access, inventory) = look(redfish, update).await?;
    let before = concerned(update, &inventory);
    let no_change = |before: &Vec<InstalledFirmware>| UpdateOutcome {
        result: UpdateResult::NoChange,
        job: None,
        before: before.clone(),
        after: before.clone(),
        host_was_restarted: false,
        idrac_was_reset: false,
    };
    let compares = redfish.safeguards().has(Safeguard::SameVersionIsNoChange);
    if compares && is_met(update, &inventory) {
        return Ok(no_change(&before));
    }
    let started = start_of_update(redfish, Vec::new());
    let submitted = match submit_update(redfish, &access, update, &started, options).await {
        // "Only the same version or unsupported packages": which of both, the inventory knows.
        Err(error) if compares && is_same_or_unsupported(&error) => {
            let now = list_firmware(redfish).await?;
            return if is_met(update, &now) { Ok(no_change(&before)) } else { Err(error) };
        }
        submitted => submitted?,
    };
    let reboot = forecast(update, &inventory);
    let mut outcome =
        UpdateOutcome { idrac_was_reset: submitted.idrac_was_reset, before, ..no_change(&Vec::new()) };
    let job =
        watch(redfish, &submitted.job, update, reboot, options, &mut outcome.host_was_restarted).await?;
    let job = if job.verdict == Verdict::Lost { job } else { job.into_result()? };
    let (verdict, lost) = (job.verdict, job.clone());
    outcome.job = Some(job);
    match (verdict, &update.expected) {
        (Verdict::SoftEnd(end), _) => outcome.result = UpdateResult::Waiting(end),
        (_, Some(expected)) => {
            outcome.after = verify(redfish, expected, options).await?;
            outcome.result = UpdateResult::Installed;
        }
        // Without a version to look for a lost job stays lost.
        (Verdict::Lost, None) => drop(lost.into_result()?),
        (_, None) => outcome.result = UpdateResult::Ended,
    }
    Ok(outcome)
}

/// Starts the updates that were sent with [`ApplyTime::OnStartUpdateRequest`] and waits for what comes of it. Two
/// requests and one each look.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) where there is no `StartUpdate`; else as [`update_firmware`].
pub async fn start_updates(redfish: &dyn Redfish, wait: &WaitOptions) -> Result<JobOutcome> {
    let access = fetch_update_access(redfish).await?;
    let started = crate::flow::wait::Started::now(redfish, &["FirmwareUpdate"]);
    let accepted = run(redfish, &StartUpdate::new(&access.actions)?).await?;
    let job = crate::flow::wait::follow(redfish, &accepted, &started, wait).await?;
    wait_for_job(redfish, &job, wait).await
}

/// Reads what an update needs to know, and refuses what this iDRAC does not offer.
pub(super) async fn look(
    redfish: &dyn Redfish,
    update: &FirmwareUpdate,
) -> Result<(UpdateAccess, FirmwareInventory)> {
    let access = fetch_update_access(redfish).await?;
    if let Some(apply_time) = &update.apply_time {
        let checked = apply_time.check("updates", &access.apply_times, &[ApplyTime::Immediate.as_str()]);
        checked.map_err(|error| error.with_host(redfish.host()))?;
    }
    if matches!(update.package, PackageSource::File(_)) && !access.takes_packages() {
        return Err(crate::capability::missing(
            redfish,
            "uploads of packages (MultipartHttpPushUri, HttpPushUri)",
        ));
    }
    Ok((access, list_firmware(redfish).await?))
}

pub(super) fn is_met(update: &FirmwareUpdate, inventory: &FirmwareInventory) -> bool {
    update.expected.as_ref().is_some_and(|expected| expected.is_met(&inventory.installed))
}

pub(super) fn concerned(update: &FirmwareUpdate, inventory: &FirmwareInventory) -> Vec<InstalledFirmware> {
    let is_meant =
        |item: &&InstalledFirmware| update.expected.as_ref().is_some_and(|expected| expected.concerns(item));
    inventory.installed.iter().filter(is_meant).cloned().collect()
}

fn is_same_or_unsupported(error: &Error) -> bool {
    error.message_ids().any(|id| id.as_str() == "SUP029")
}

/// Follows the job to its end, with a restart of the host where it waits for one and the caller allows it.
async fn watch(
    redfish: &dyn Redfish,
    job: &JobRef,
    update: &FirmwareUpdate,
    reboot: Reboot,
    options: &UpdateOptions,
    host_was_restarted: &mut bool,
) -> Result<JobOutcome> {
    let held_by = match update.apply_time {
        None | Some(ApplyTime::Immediate) if reboot == Reboot::NotNeeded => {
            return wait_for_job(redfish, job, &options.wait).await;
        }
        Some(ref time) if time.window().is_some() => HeldBy::Window,
        _ => HeldBy::Restart,
    };
    let until_scheduled = options.wait.clone().with_until(Until::Scheduled).with_held_by(held_by);
    let seen = wait_for_job(redfish, job, &until_scheduled).await?;
    let waits_for_host =
        held_by == HeldBy::Restart && update.apply_time != Some(ApplyTime::OnStartUpdateRequest);
    let is_held = matches!(seen.verdict, Verdict::SoftEnd(SoftEnd::Scheduled | SoftEnd::RebootPending));
    match &options.restart {
        Some(restart) if is_held && waits_for_host => {
            reset_and_wait(redfish, restart).await?;
            *host_was_restarted = true;
            wait_for_job(redfish, job, &options.wait.clone().with_held_by(HeldBy::Restart)).await
        }
        _ => Ok(seen),
    }
}

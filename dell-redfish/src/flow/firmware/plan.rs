//! What an update would do, before it is done.

use crate::catalog::{Reboot, Stage};
use crate::error::Result;
use crate::operation::Redfish;
use crate::ops::{ApplyTime, PushPackage, SimpleUpdate, UploadPackage};
use crate::plan::{Plan, Restart};

use super::inventory::FirmwareInventory;
use super::request::{FirmwareUpdate, PackageSource, UpdateOptions};
use super::update::{concerned, is_met, look};

/// Says what [`update_firmware`](super::update_firmware) would send, and who restarts. Two requests; empty where the version is
/// installed already.
///
/// # Errors
/// As [`update_firmware`](super::update_firmware) before anything is sent.
pub async fn plan_firmware_update(
    redfish: &dyn Redfish,
    update: &FirmwareUpdate,
    options: &UpdateOptions,
) -> Result<Plan> {
    let (access, inventory) = look(redfish, update).await?;
    let mut plan = Plan::new(summary(update, &inventory));
    if is_met(update, &inventory) {
        return Ok(plan);
    }
    let complete = |simple: SimpleUpdate| {
        simple.with_targets(update.targets.clone()).with_apply_time(update.apply_time.clone())
    };
    plan = match (&update.package, &access.multipart) {
        (PackageSource::Uri(uri), _) => {
            plan.with_step(&complete(SimpleUpdate::of_uri(&access.actions, uri.clone())?))
        }
        (PackageSource::Entry(entry), _) => {
            plan.with_step(&complete(SimpleUpdate::of_entry(&access.actions, entry.clone())?))
        }
        (PackageSource::File(file), Some(uri)) => plan.with_step(&UploadPackage {
            uri: uri.clone(),
            file: file.clone(),
            targets: update.targets.clone(),
            apply_time: update.apply_time.clone(),
            standstill: options.standstill,
        }),
        (PackageSource::File(file), None) => match &access.push {
            Some(uri) => {
                let push = PushPackage {
                    uri: uri.clone(),
                    file: file.clone(),
                    etag: "*".to_owned(),
                    standstill: options.standstill,
                };
                // Which entry the package becomes, only its upload tells.
                let install = SimpleUpdate::of_entry(&access.actions, uri.clone())?;
                plan.with_step(&push)
                    .with_step(&complete(install))
                    .with_warning("the package becomes an entry of the inventory and is installed from there")
            }
            None => plan,
        },
    };
    let is_now = matches!(update.apply_time, None | Some(ApplyTime::Immediate));
    let host = match (forecast(update, &inventory), options.restart.is_some()) {
        (Reboot::NotNeeded, _) if is_now => Restart::No,
        (Reboot::Needed, true) => Restart::Certain,
        (Reboot::Needed, false) => Restart::Needed,
        _ => Restart::Possible,
    };
    let items = concerned(update, &inventory);
    let idrac = items.iter().any(|item| Stage::of(item) == Stage::Idrac);
    plan = plan.with_host(host).with_idrac(match (idrac, items.is_empty()) {
        (true, _) => Restart::Certain,
        (false, true) => Restart::Possible,
        (false, false) => Restart::No,
    });
    if update.expected.is_none() {
        plan = plan.with_warning(
            "no version is named, so that only the job's end can be told, not what is installed",
        );
    } else if items.is_empty() {
        plan = plan.with_warning("the inventory has no such device");
    }
    Ok(plan)
}

fn summary(update: &FirmwareUpdate, inventory: &FirmwareInventory) -> String {
    let Some(expected) = &update.expected else { return "install a package".to_owned() };
    let from: Vec<_> = concerned(update, inventory)
        .iter()
        .map(|item| format!("{} from {}", item.fqdd.as_deref().unwrap_or(&item.id), item.version))
        .collect();
    format!("install {}: {}", expected.version, from.join(", "))
}

/// Whether the host must restart: what a catalogue told, else what the kinds of devices and they themselves tell.
pub(super) fn forecast(update: &FirmwareUpdate, inventory: &FirmwareInventory) -> Reboot {
    if update.reboot != Reboot::Unknown {
        return update.reboot;
    }
    let of_item = |item: &crate::catalog::InstalledFirmware| match (Stage::of(item).reboot(), item.sideband) {
        (Reboot::Unknown, Some(true)) => Reboot::NotNeeded,
        (known, _) => known,
    };
    concerned(update, inventory).iter().map(of_item).max().unwrap_or(Reboot::Unknown)
}

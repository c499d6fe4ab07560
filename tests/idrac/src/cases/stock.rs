//! What is built in and what runs on it: storage, firmware, virtual media, what can be erased.

use dell_redfish::flow::defaults::{IdracDefaults, plan_reset_to_defaults};
use dell_redfish::flow::erase::{EraseComponent, EraseSystem, list_erasable};
use dell_redfish::flow::firmware::{fetch_update_access, list_firmware};
use dell_redfish::flow::media::{MediaDevice, list};
use dell_redfish::flow::storage::fetch_controller;
use dell_redfish::ops::ListMembers;
use dell_redfish::{Effect, ODataId, Restart, run};
use idrac_sim::Generation;

use super::{Case, Held, NEWER, Needs::Reading};
use crate::Rig;

pub(super) const CASES: &[&Case] = &[&CONTROLLERS, &FIRMWARE, &UPDATES, &MEDIA, &ERASURE, &DEFAULTS];

/// Each controller with its drives and volumes.
pub const CONTROLLERS: Case =
    Case::new("storage", "every_controller_is_read_with_all_it_has", Reading, &Generation::ALL, |rig| {
        Box::pin(controllers(rig))
    });

async fn controllers(rig: &Rig) -> Held {
    let home = ODataId::parse("/redfish/v1/Systems/System.Embedded.1/Storage")?;
    let all = run(rig.idrac(), &ListMembers::links(&home)).await?;
    let ids: Vec<_> = all.members.iter().filter_map(|member| member.id().rsplit('/').next()).collect();
    assert!(!ids.is_empty());
    for id in ids {
        let controller = fetch_controller(rig.idrac(), id).await?;
        assert_eq!(controller.id, id);
        // A volume lies on drives of its controller.
        for volume in &controller.volumes {
            assert!(volume.drives.iter().all(|drive| controller.drive(drive).is_ok()), "{volume:?}");
        }
    }
    Ok(())
}

/// What is installed, and what is only kept.
pub const FIRMWARE: Case =
    Case::new("firmware", "the_inventory_keeps_apart_what_is_only_kept", Reading, &Generation::ALL, |rig| {
        Box::pin(firmware(rig))
    });

async fn firmware(rig: &Rig) -> Held {
    // Where expansion is refused the first time is one request more.
    let entries = list_firmware(rig.idrac()).await?.entries.len();
    let requests = if NEWER.contains(&rig.generation()) { 1 } else { 1 + entries };
    let inventory = rig.taking("list_firmware", requests, list_firmware(rig.idrac())).await?;
    let sum = inventory.installed.len()
        + inventory.current.len()
        + inventory.previous.len()
        + inventory.available.len();
    assert_eq!((sum, entries), (entries, inventory.entries.len()));
    assert!(!inventory.installed.is_empty());
    assert!(inventory.installed.iter().all(|item| item.id.starts_with("Installed-")));
    assert!(inventory.previous.iter().all(|item| item.id.starts_with("Previous-")));
    assert!(!rig.is_simulated() || !inventory.previous.is_empty());
    Ok(())
}

/// The ways that packages can go.
pub const UPDATES: Case =
    Case::new("firmware", "the_ways_of_updates_are_told", Reading, &Generation::ALL, |rig| {
        Box::pin(updates(rig))
    });

async fn updates(rig: &Rig) -> Held {
    let access = rig.taking("fetch_update_access", 1, fetch_update_access(rig.idrac())).await?;
    let simple = access.actions.need("UpdateService.SimpleUpdate")?;
    assert_eq!(simple.apply_times, access.apply_times);
    if NEWER.contains(&rig.generation()) {
        assert!(access.takes_packages() && access.apply_times.iter().any(|time| time == "OnReset"));
    }
    Ok(())
}

/// The virtual drives.
pub const MEDIA: Case =
    Case::new("media", "drives_are_found_wherever_a_generation_has_them", Reading, &Generation::ALL, |rig| {
        Box::pin(media(rig))
    });

async fn media(rig: &Rig) -> Held {
    // The system's home in one request where it expands; elsewhere it is refused or missing first.
    let (first, again) = match rig.generation() {
        Generation::Idrac9V6 | Generation::Idrac9V7 | Generation::Idrac10 => (1, 1),
        Generation::Idrac9V5 => (2, 1),
        // `$expand` is refused, the system has no home for them, then the collection at the manager and its two drives.
        Generation::Idrac7 | Generation::Idrac8 => (6, 3),
    };
    let drives = rig.taking("media::list, first time", first, list(rig.idrac())).await?;
    assert!(drives.iter().any(|drive| drive.takes(MediaDevice::Cd)));
    assert!(drives.iter().any(|drive| drive.takes(MediaDevice::RemovableDisk)));
    rig.taking("media::list", again, list(rig.idrac())).await?;
    if rig.is_simulated() {
        assert!(drives.len() == 2 && drives.iter().all(|drive| !drive.is_occupied()));
        let at_manager = !drives[0].path.as_str().contains("/Systems/");
        let older =
            matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8 | Generation::Idrac9V5);
        assert_eq!(at_manager, older);
    }
    Ok(())
}

/// What an erasure would take.
pub const ERASURE: Case =
    Case::new("erase", "an_erasure_is_shown_before_it_is_done", Reading, NEWER, |rig| Box::pin(erasure(rig)));

async fn erasure(rig: &Rig) -> Held {
    let (dell, dmtf) = rig.taking("ListErasable", 2, list_erasable(rig.idrac())).await?;
    let logs = EraseSystem::components([EraseComponent::LifecycleData, EraseComponent::Diagnostics]);
    let plan = rig.taking("EraseSystem.plan", 1, logs.plan(rig.idrac())).await?;
    assert_eq!((plan.effect(), plan.host, plan.idrac), (Effect::Destroy, Restart::Certain, Restart::Certain));
    assert!(!dell.is_empty());
    let all = EraseSystem::components([EraseComponent::Idrac]).plan(rig.idrac()).await?;
    assert_eq!(all.warnings.len(), plan.warnings.len() + 1);
    if rig.is_simulated() {
        assert!(dell.iter().any(|name| name == "OverwritePD"));
        assert_eq!(dmtf.is_empty(), rig.generation() != Generation::Idrac10);
        assert!(rig.server().erased().is_empty());
    }
    Ok(())
}

/// What a return to the defaults would take.
pub const DEFAULTS: Case =
    Case::new("defaults", "a_return_to_the_defaults_is_shown_first", Reading, NEWER, |rig| {
        Box::pin(defaults(rig))
    });

async fn defaults(rig: &Rig) -> Held {
    let plan = plan_reset_to_defaults(rig.idrac(), IdracDefaults::All);
    let plan = rig.taking("ResetToDefaults.plan", 1, plan).await?;
    assert_eq!((plan.effect(), plan.idrac), (Effect::Destroy, Restart::Certain));
    assert_eq!(plan.warnings.len(), 2);
    Ok(())
}

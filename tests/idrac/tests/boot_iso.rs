//! Starting from an image on every generation: end to end, and undone when a step fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::Restart;
use dell_redfish::flow::boot_iso::{BootIso, ChosenBy, EjectWhen, boot_iso, plan_boot_iso};
use dell_redfish::flow::media::MountOptions;
use dell_redfish::flow::power::{Reset, reset_and_wait};
use dell_redfish::ops::{MediaImage, ResetType};
use idrac_sim::{BootWrite, FaultRule, Generation};
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const ISO: &str = "https://10.1.2.3/images/install.iso";

fn options() -> BootIso {
    let mount = MountOptions::new(MediaImage::new(ISO).unwrap()).without_preflight();
    BootIso::new(mount).with_reset(Reset::new(ResetType::ForceRestart).until_post_is_over())
}

#[tokio::test]
async fn a_server_starts_once_from_an_image() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let old = matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8);
        let plan = plan_boot_iso(rig.client(), &options()).await.unwrap();
        assert_eq!((plan.host, plan.steps.len()), (Restart::Certain, if old { 2 } else { 3 }));
        assert!(plan.effect().is_destructive() && rig.server().media(0).is_none());

        let requests = match rig.generation() {
            // The import that chooses the virtual CD is seventeen of them.
            Generation::Idrac7 | Generation::Idrac8 => 31,
            // The power-on test is watched to its end: by the Lifecycle Controller's status, or by the boot progress.
            Generation::Idrac9V5 | Generation::Idrac9V6 => 50,
            Generation::Idrac9V7 => 31,
            Generation::Idrac10 => 33,
        };
        let outcome = rig.expecting("boot_iso", requests, boot_iso(rig.client(), &options())).await.unwrap();
        assert!(outcome.mounted.changed && outcome.reset.changed && outcome.is_connected, "{outcome:?}");
        let (way, booted) = if old { (ChosenBy::Profile, "VCD-DVD") } else { (ChosenBy::Override, "Cd") };
        assert_eq!(outcome.chosen_by, way);
        assert_eq!(rig.server().booted_by_override().as_deref(), Some(booted));
        assert_eq!(outcome.is_used, (!old).then_some(true));
        assert_eq!((rig.server().media(0).as_deref(), outcome.ejected), (Some(ISO), None));
    })
    .await;
}

#[tokio::test]
async fn a_host_that_is_off_is_switched_on_and_the_image_leaves_when_asked() {
    on_each([Generation::Idrac8, Generation::Idrac10], async |rig: &Rig| {
        reset_and_wait(rig.client(), &Reset::new(ResetType::ForceOff)).await.unwrap();
        let outcome = boot_iso(rig.client(), &options().ejecting(EjectWhen::AfterPost)).await.unwrap();
        assert_eq!(outcome.reset.attempts[0].reset, ResetType::On);
        assert!(outcome.ejected.unwrap().is_changed() && rig.server().media(0).is_none());
        let limit = EjectWhen::HostOff(Duration::from_secs(90));
        let error = boot_iso(rig.client(), &options().ejecting(limit)).await.unwrap_err();
        assert_eq!(error.kind(), dell_redfish::ErrorKind::Timeout, "it did not switch itself off");
        assert!(rig.server().media(0).is_none(), "and the image is not left behind");
    })
    .await;
}

/// Fault 34: the override is accepted and lost; a profile chooses the virtual CD then.
#[tokio::test]
async fn an_override_that_does_not_stick_is_replaced_by_a_profile() {
    let rig = Rig::start_with(
        Generation::Idrac9V6,
        |mut spec| {
            spec.host.boot_override = BootWrite::AcceptedThoughLost;
            spec
        },
        |client| client,
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        let outcome = boot_iso(rig.client(), &options()).await.unwrap();
        assert_eq!(outcome.chosen_by, ChosenBy::Profile);
        assert_eq!(rig.server().booted_by_override().as_deref(), Some("VCD-DVD"));
    })
    .await;
}

#[tokio::test]
async fn what_was_begun_is_undone_when_the_restart_fails() {
    on_each([Generation::Idrac9V7, Generation::Idrac10], async |rig: &Rig| {
        rig.server().set_faults([FaultRule::status(403, "SYS406").path("*ComputerSystem.Reset")]);
        let error = boot_iso(rig.client(), &options()).await.unwrap_err();
        assert_eq!(error.kind(), dell_redfish::ErrorKind::Lockdown);
        assert!(rig.server().media(0).is_none());
        rig.server().set_faults([]);
        reset_and_wait(rig.client(), &Reset::new(ResetType::ForceRestart)).await.unwrap();
        assert_eq!(rig.server().booted_by_override(), None, "the next start is an ordinary one");
    })
    .await;
}

//! Boot override and boot order: checked, written where this iDRAC takes them, read back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::boot::{
    Applied, BootOverride, disable_boot_override, fetch_boot, plan_boot_order, plan_boot_override,
    set_boot_order, set_boot_override,
};
use dell_redfish::flow::power::{Reset, reset_and_wait};
use dell_redfish::ops::ResetType;
use dell_redfish::{ErrorKind, Restart};
use idrac_sim::{BootWrite, Effect as Fault, FaultRule, Generation, HostRules};
use idrac_suite::cases::server;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};
use std::time::Duration;

fn is_old(generation: Generation) -> bool {
    matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

/// One more look, at the settings resource, is needed on iDRAC10.
fn more(generation: Generation) -> usize {
    usize::from(generation == Generation::Idrac10)
}

async fn restart(rig: &Rig) {
    reset_and_wait(rig.client(), &Reset::new(ResetType::ForceRestart)).await.unwrap();
    rig.pass(Duration::from_secs(300)).await;
}

async fn rig_with(generation: Generation, boot_override: BootWrite) -> Rig {
    let rules = HostRules { boot_override, ..HostRules::default() };
    Rig::start_with(generation, |spec| spec.host(rules), |client| client).await.unwrap()
}

#[tokio::test]
async fn everything_about_boot_is_read() {
    server::BOOT.everywhere().await;
}

#[tokio::test]
async fn a_one_time_boot_is_set_used_once_and_gone() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let more = more(rig.generation());
        // The mode in force is said, too: 5.x refuses it where it is sent although it is so already.
        let mode = if rig.generation() == Generation::Idrac7 { "Legacy" } else { "UEFI" };
        let pxe = BootOverride::once("Pxe").with_mode(mode);
        let plan = plan_boot_override(rig.client(), &pxe).await.unwrap();
        assert_eq!((plan.steps.len(), plan.host), (1, Restart::Needed));
        let set =
            rig.expecting("boot override", 3 + more, set_boot_override(rig.client(), &pxe)).await.unwrap();
        assert_eq!((set.applied, set.after.target.as_deref()), (Applied::Set, Some("Pxe")));
        let again =
            rig.expecting("boot override, so already", 1 + more, set_boot_override(rig.client(), &pxe)).await;
        assert_eq!(again.unwrap().applied, Applied::Unchanged);
        assert!(plan_boot_override(rig.client(), &pxe).await.unwrap().is_empty());

        restart(rig).await;
        assert_eq!(rig.server().booted_by_override().as_deref(), Some("Pxe"));
        assert_eq!(fetch_boot(rig.client()).await.unwrap().overriding.enabled.as_deref(), Some("Disabled"));
        restart(rig).await;
        assert_eq!(rig.server().booted_by_override(), None);
    })
    .await;
}

#[tokio::test]
async fn an_override_can_last_and_be_disabled() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let disk = BootOverride::once("Hdd").continuously();
        set_boot_override(rig.client(), &disk).await.unwrap();
        for _ in 0..2 {
            restart(rig).await;
            assert_eq!(rig.server().booted_by_override().as_deref(), Some("Hdd"));
        }
        let off = disable_boot_override(rig.client()).await.unwrap();
        assert_eq!((off.applied, off.before.enabled.as_deref()), (Applied::Set, Some("Continuous")));
        assert_eq!(disable_boot_override(rig.client()).await.unwrap().applied, Applied::Unchanged);
    })
    .await;
}

#[tokio::test]
async fn modes_and_uefi_paths_are_taken_where_they_can_be() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let path = BootOverride::once_from_uefi("PciRoot(0x0)/Pci(0x1C,0x5)");
        let legacy = BootOverride::once("Cd").with_mode("Legacy");
        match rig.generation() {
            Generation::Idrac7 => {
                assert_eq!(set_boot_override(client, &path).await.unwrap_err().kind(), ErrorKind::Conflict);
                let set = set_boot_override(client, &path.with_mode("UEFI")).await.unwrap();
                assert_eq!(set.after.mode.as_deref(), Some("UEFI"));
            }
            Generation::Idrac10 => {
                let error = set_boot_override(client, &legacy).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                set_boot_override(client, &path.with_mode("UEFI")).await.unwrap();
            }
            _ => {
                let set = set_boot_override(client, &path).await.unwrap();
                assert_eq!(set.after.uefi_target.as_deref(), Some("PciRoot(0x0)/Pci(0x1C,0x5)"));
                let set = set_boot_override(client, &legacy).await.unwrap();
                assert_eq!(set.after.mode.as_deref(), Some("Legacy"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_target_that_is_not_offered_is_refused_before_it_is_sent() {
    server::BOOT_TARGET.everywhere().await;
}

#[tokio::test]
async fn an_override_is_read_back_whatever_the_answer() {
    for generation in Generation::ALL {
        run(rig_with(generation, BootWrite::RefusedThoughSet).await, async |rig: &Rig| {
            let set = set_boot_override(rig.client(), &BootOverride::once("Pxe")).await.unwrap();
            assert_eq!((set.applied, set.set_despite_refusal), (Applied::Set, true));
        })
        .await;
        run(rig_with(generation, BootWrite::AcceptedThoughLost).await, async |rig: &Rig| {
            let error = set_boot_override(rig.client(), &BootOverride::once("Pxe")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Server);
            assert!(error.message().contains("does not show"), "{error}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_broken_connection_is_answered_by_looking() {
    on_each(Generation::ALL, async |rig: &Rig| {
        fetch_boot(rig.client()).await.unwrap();
        rig.server().set_faults([FaultRule::new(Fault::DropAfter).method("PATCH")]);
        let set = set_boot_override(rig.client(), &BootOverride::once("Pxe")).await.unwrap();
        assert!(set.set_despite_refusal && set.applied == Applied::Set);
    })
    .await;
}

#[tokio::test]
async fn a_boot_order_waits_for_the_restart() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let before = fetch_boot(client).await.unwrap().order;
        let order = [before[2].clone(), before[0].clone()];
        let plan = plan_boot_order(client, &order).await.unwrap();
        assert_eq!(
            (plan.steps.len(), plan.host),
            (1 + usize::from(is_old(rig.generation())), Restart::Needed)
        );

        let requests = if is_old(rig.generation()) { 5 } else { 3 + more(rig.generation()) };
        let set = rig.expecting("boot order", requests, set_boot_order(client, &order)).await.unwrap();
        assert_eq!(set.applied, Applied::PendingRestart);
        assert_eq!(set.wanted, [&before[2], &before[0], &before[1]].map(String::clone));
        assert!(set.job.is_some());
        assert_eq!(fetch_boot(client).await.unwrap().order, before, "not before the restart");
        let error = set_boot_order(client, &before[1..2]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "a job waits already");

        restart(rig).await;
        assert_eq!(fetch_boot(client).await.unwrap().order, set.wanted);
        let requests = if is_old(rig.generation()) { 2 } else { 1 + more(rig.generation()) };
        let again =
            rig.expecting("boot order, so already", requests, set_boot_order(client, &order)).await.unwrap();
        assert_eq!((again.applied, again.job), (Applied::Unchanged, None));
    })
    .await;
}

#[tokio::test]
async fn boot_options_are_found_by_name_and_unknown_ones_refused() {
    server::BOOT_OPTIONS.everywhere().await;
}

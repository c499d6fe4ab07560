//! Faults 34 and 35: the host's start and its power.

use dell_redfish::flow::boot::{Applied, BootOverride, fetch_boot, set_boot_override};
use dell_redfish::flow::power::{Reset, reset_and_wait};
use dell_redfish::ops::ResetType;
use dell_redfish::{ErrorKind, Safeguard};
use idrac_sim::{BootWrite, Generation, HostRules};
use idrac_suite::Rig;
use idrac_suite::fault::Fault;

fn writing(boot_override: BootWrite, mark: &'static str) -> Fault {
    let rules = HostRules { boot_override, ..HostRules::default() };
    Fault::new(Safeguard::ReadBack, Generation::Idrac9V7, mark).server(move |spec| spec.host(rules))
}

#[tokio::test]
async fn fault_34_an_override_is_not_what_the_answer_says() {
    writing(BootWrite::RefusedThoughSet, "refused_though_set")
        .prove(async |rig: &Rig| {
            let set = set_boot_override(rig.client(), &BootOverride::once("Pxe")).await?;
            assert_eq!((set.applied, set.set_despite_refusal), (Applied::Set, true));
            assert_eq!(fetch_boot(rig.client()).await?.overriding.target.as_deref(), Some("Pxe"));
            Ok(())
        })
        .await;
    writing(BootWrite::AcceptedThoughLost, "accepted_though_lost")
        .prove(async |rig: &Rig| match set_boot_override(rig.client(), &BootOverride::once("Pxe")).await {
            Err(error) if error.kind() == ErrorKind::Server => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err("what is lost is told as set".into()),
        })
        .await;
}

#[tokio::test]
async fn fault_35_the_host_is_there_already() {
    Fault::new(Safeguard::AlreadyThere, Generation::Idrac9V7, "there_already")
        .avoided()
        .prove(async |rig: &Rig| {
            let outcome = reset_and_wait(rig.client(), &Reset::new(ResetType::On)).await?;
            assert!(!outcome.changed);
            Ok(())
        })
        .await;
}

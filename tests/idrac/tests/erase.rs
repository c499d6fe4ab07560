//! Erasing a server: shown first, started once, known by its effect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::erase::{EraseComponent, EraseSystem};
use dell_redfish::flow::wait::{Verdict, WaitOptions};
use dell_redfish::{Effect, ErrorKind, Safeguard};
use idrac_sim::{FaultRule, Generation, JobSpec};
use idrac_suite::cases::stock;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const OLD: [Generation; 2] = [Generation::Idrac7, Generation::Idrac8];
const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn logs() -> EraseSystem {
    EraseSystem::components([EraseComponent::LifecycleData, EraseComponent::Diagnostics])
}

#[tokio::test]
async fn an_erasure_is_shown_before_it_is_done() {
    stock::ERASURE.everywhere().await;
}

#[tokio::test]
async fn the_job_is_lost_by_design_and_the_server_is_the_proof() {
    on_each(NEW, async |rig: &Rig| {
        let done = logs().run(rig.client(), &WaitOptions::default()).await.unwrap();
        assert_eq!(done.job.unwrap().verdict, Verdict::Lost);
        assert_eq!(done.service_tag, rig.server().service_tag());
        assert_eq!(rig.server().erased(), ["DIAG", "LCData"]);
        let posts = rig.asked().into_iter().filter(|line| line.contains("SystemErase")).count();
        assert_eq!(posts, 1);
    })
    .await;
    let rig = Rig::start_without(Generation::Idrac9V7, Safeguard::LostByDesign).await.unwrap();
    run(rig, async |rig: &Rig| {
        let error = logs().run(rig.client(), &WaitOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn the_idrac_may_restart_over_it() {
    on_each(NEW, async |rig: &Rig| {
        let jobs = FaultRule::new(idrac_sim::Effect::Restart { for_ms: 300_000 }).path("*JID_*").nth(3);
        rig.server().set_faults([jobs]);
        let done = logs().run(rig.client(), &WaitOptions::default()).await.unwrap();
        assert_eq!(done.service_tag, rig.server().service_tag());
        assert_eq!(rig.server().erased(), ["DIAG", "LCData"]);
    })
    .await;
}

#[tokio::test]
async fn idrac10_decommissions() {
    on_each([Generation::Idrac10], async |rig: &Rig| {
        let erase = EraseSystem::decommission(vec!["Logs".into(), "UserData".into()], Vec::new());
        assert_eq!(erase.plan(rig.client()).await.unwrap().effect(), Effect::Destroy);
        let done = erase.run(rig.client(), &WaitOptions::default()).await.unwrap();
        assert_eq!(done.service_tag, rig.server().service_tag());
        assert_eq!(rig.server().erased(), ["Logs", "UserData"]);
        let all = EraseSystem::decommission(vec!["All".into()], Vec::new());
        let error = all.run(rig.client(), &WaitOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let odd = EraseSystem::decommission(vec!["Everything".into()], Vec::new());
        assert_eq!(odd.start(rig.client()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    })
    .await;
    on_each([Generation::Idrac9V7], async |rig: &Rig| {
        let erase = EraseSystem::decommission(vec!["Logs".into()], Vec::new());
        let error = rig.expecting("Decommission", 1, erase.start(rig.client())).await.unwrap_err();
        assert!(error.message().contains("ComputerSystem.Decommission"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn it_does_not_start_beside_other_work_or_on_old_idracs() {
    on_each(NEW, async |rig: &Rig| {
        let job = JobSpec {
            name: "other".into(),
            kind: "FirmwareUpdate".into(),
            runs_for: Duration::from_secs(60),
            ends: "Completed".into(),
        };
        let _ = rig.server().add_job(job);
        let error = rig.expecting("EraseSystem.start", 2, logs().start(rig.client())).await.unwrap_err();
        assert!(error.message_ids().any(|id| id.as_str() == "RAC1064"), "{error:?}");
    })
    .await;
    on_each(OLD, async |rig: &Rig| {
        let error = rig.expecting("EraseSystem.start", 1, logs().start(rig.client())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("DellLCService"), "{error}");
    })
    .await;
}

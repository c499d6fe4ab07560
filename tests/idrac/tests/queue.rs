//! The job queue, readiness and restarts of the iDRAC, on every generation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::jobs::{
    Deleted, RecoveryPolicy, Stale, When, clear_jobs, clear_stale_jobs, create_job, create_reboot_job,
    delete_job, list_jobs, plan_clear_jobs, plan_clear_stale_jobs, plan_reboot_job, run_job, setup_job_queue,
};
use dell_redfish::flow::ready::{HostState, ReadyOptions, fetch_lc_status, wait_until_ready};
use dell_redfish::flow::restart::{RestartOptions, plan_restart_idrac, restart_idrac};
use dell_redfish::flow::wait::{HeldBy, JobRef, SoftEnd, Until, Verdict, WaitOptions, wait_for_job};
use dell_redfish::model::JobState;
use dell_redfish::ops::{Clearing, GetManager, RebootJobType, ResetSystem, ResetType};
use dell_redfish::{Actions, DellJobId, Effect, ErrorKind, MessageId, ODataId, Restart};
use idrac_sim::{Effect as FaultKind, FaultRule, Generation, HostRules, JobRules, JobSpec};
use idrac_suite::cases::change;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const SETTINGS: &str =
    "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/System.Embedded.1/Settings";

const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn is_old(rig: &Rig) -> bool {
    matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8)
}

fn spec(seconds: u64, ends: &str) -> JobSpec {
    JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: "BIOSConfiguration".into(),
        runs_for: Duration::from_secs(seconds),
        ends: ends.into(),
    }
}

fn job(rig: &Rig, seconds: u64, ends: &str) -> DellJobId {
    DellJobId::parse(&rig.server().add_job(spec(seconds, ends))).unwrap()
}

fn scheduled(rig: &Rig) -> DellJobId {
    DellJobId::parse(&rig.server().add_job_at_restart(spec(60, "Completed"))).unwrap()
}

/// Learns where the queue is, so that it does not count.
async fn acquainted(rig: &Rig) {
    list_jobs(rig.client()).await.unwrap();
    rig.client().run(&GetManager).await.unwrap();
}

async fn restart_host(rig: &Rig) {
    let target = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
    let reset = ResetSystem { target: ODataId::parse(target).unwrap(), reset: ResetType::ForceRestart };
    rig.client().run(&reset).await.unwrap();
}

#[tokio::test]
async fn jobs_are_deleted_running_ones_after_their_end() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        let options = WaitOptions::default();
        let waiting = scheduled(rig);
        let deleting = delete_job(rig.client(), &waiting, &options);
        assert_eq!(rig.expecting("delete_job", 1, deleting).await.unwrap(), Deleted::Now);
        let again = delete_job(rig.client(), &waiting, &options).await.unwrap();
        assert_eq!(again, Deleted::WasGone);
        let running = job(rig, 25, "Completed");
        // Refused, looked at four times in 30 s, deleted.
        let deleting = delete_job(rig.client(), &running, &options);
        let deleted = rig.expecting("delete_job (running)", 6, deleting).await.unwrap();
        assert_eq!(deleted, Deleted::AfterItsEnd);
        let reboot = DellJobId::parse("RID_1").unwrap();
        let refused = rig.expecting("delete_job (RID)", 0, delete_job(rig.client(), &reboot, &options)).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_cleared_and_force_says_what_it_does() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        job(rig, 1, "Failed");
        scheduled(rig);
        rig.pass(Duration::from_secs(5)).await;
        let plan = plan_clear_jobs(rig.client(), Clearing::All).await.unwrap();
        assert_eq!((plan.effect(), plan.steps.len()), (Effect::Destroy, if is_old(rig) { 2 } else { 1 }));
        let ready = ReadyOptions::default();
        let requests = if is_old(rig) { 7 } else { 4 };
        let clearing = clear_jobs(rig.client(), Clearing::All, &ready);
        let cleared = rig.expecting("clear_jobs (2)", requests, clearing).await.unwrap();
        assert_eq!((cleared.before.len(), cleared.left.len()), (2, 0));

        job(rig, 3600, "Completed");
        let forced = clear_jobs(rig.client(), Clearing::Force, &ready).await;
        if is_old(rig) {
            let error = forced.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("DellJobService"), "{error}");
            assert!(plan_clear_jobs(rig.client(), Clearing::Force).await.is_err());
        } else {
            assert!(forced.unwrap().left.is_empty());
            let plan = plan_clear_jobs(rig.client(), Clearing::Force).await.unwrap();
            assert!(plan.warnings.iter().any(|warning| warning.contains("kills running jobs")));
            assert_eq!(plan.steps[0].body.as_ref().unwrap()["JobID"], "JID_CLEARALL_FORCE");
        }
    })
    .await;
}

#[tokio::test]
async fn stale_jobs_go_and_the_others_stay() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        let old = scheduled(rig);
        rig.pass(Duration::from_secs(30 * 3600)).await;
        let failed = job(rig, 1, "Failed");
        let partial = job(rig, 1, "CompletedWithErrors");
        let good = job(rig, 1, "Completed");
        let young = scheduled(rig);
        rig.pass(Duration::from_secs(5)).await;
        let running = job(rig, 600, "Completed");
        let which = Stale { waiting_longer_than: Some(Duration::from_secs(24 * 3600)), ..Stale::default() };
        let plan = plan_clear_stale_jobs(rig.client(), which).await.unwrap();
        assert_eq!((plan.steps.len(), plan.effect()), (3, Effect::Change));
        // The queue (one by one on old generations), the clock, three deletions.
        let requests = if is_old(rig) { 7 + 1 + 3 } else { 1 + 1 + 3 };
        let clearing = clear_stale_jobs(rig.client(), which);
        let report = rig.expecting("clear_stale_jobs (3 of 6)", requests, clearing).await.unwrap();
        let cleared: Vec<_> = report.cleared.iter().filter_map(|found| found.job.id.clone()).collect();
        assert_eq!((cleared, report.failures.len()), (vec![old, failed, partial], 0));
        let left: Vec<_> = report.skipped.iter().filter_map(|found| found.job.id.clone()).collect();
        assert_eq!(left, [good, young, running]);
    })
    .await;
}

#[tokio::test]
async fn a_reboot_job_runs_what_waits_for_it() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        let kind = RebootJobType::GracefulRebootWithForcedShutdown;
        if is_old(rig) {
            let error = create_reboot_job(rig.client(), kind).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("DellJobService"), "{error}");
            return;
        }
        let waiting = scheduled(rig);
        setup_job_queue(rig.client(), vec![waiting.clone()]).await.unwrap();
        let plan = plan_reboot_job(rig.client(), kind).await.unwrap();
        assert_eq!((plan.effect(), plan.host), (Effect::Disrupt, Restart::Certain));
        let making = create_reboot_job(rig.client(), kind);
        let reboot = rig.expecting("create_reboot_job", 2, making).await.unwrap();
        assert!(reboot.job.as_ref().unwrap().is_reboot());
        let options = WaitOptions::default();
        let rebooted = wait_for_job(rig.client(), &reboot, &options).await.unwrap();
        assert_eq!((rebooted.verdict, rebooted.state), (Verdict::Done, JobState::RebootCompleted));
        let options = options.with_held_by(HeldBy::Restart);
        let outcome = wait_for_job(rig.client(), &waiting.into(), &options).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
    })
    .await;
}

#[tokio::test]
async fn a_host_that_does_not_listen_fails_a_reboot_job() {
    for generation in NEW {
        let deaf = HostRules { ignores_graceful: true, ..HostRules::default() };
        let rig = Rig::start_with(generation, |spec| spec.host(deaf), |client| client).await.unwrap();
        run(rig, async |rig: &Rig| {
            let kind = RebootJobType::GracefulRebootWithoutForcedShutdown;
            let reboot = create_reboot_job(rig.client(), kind).await.unwrap();
            let outcome = wait_for_job(rig.client(), &reboot, &WaitOptions::default()).await.unwrap();
            assert_eq!((outcome.verdict, outcome.state), (Verdict::Failed, JobState::RebootFailed));
        })
        .await;
    }
}

#[tokio::test]
async fn settings_get_one_job_however_often_they_ask() {
    on_each(NEW, async |rig: &Rig| {
        acquainted(rig).await;
        let settings = ODataId::parse(SETTINGS).unwrap();
        let making = create_job(rig.client(), &settings, &When::NextRestart);
        let one = rig.expecting("create_job", 1, making).await.unwrap();
        let making = create_job(rig.client(), &settings, &When::NextRestart);
        let two = rig.expecting("create_job (adopted)", 2, making).await.unwrap();
        assert_eq!(one.job, two.job);
        let nowhere = ODataId::parse("/redfish/v1/Systems/System.Embedded.1/Nowhere/Settings").unwrap();
        let error = create_job(rig.client(), &nowhere, &When::NextRestart).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest);
        restart_host(rig).await;
        let outcome = wait_for_job(rig.client(), &one, &WaitOptions::default()).await.unwrap();
        assert!(outcome.is_done());
    })
    .await;
}

#[tokio::test]
async fn a_job_whose_answer_was_lost_is_looked_for_and_not_made_twice() {
    on_each(NEW, async |rig: &Rig| {
        acquainted(rig).await;
        let settings = ODataId::parse(SETTINGS).unwrap();
        rig.server()
            .set_faults([FaultRule::new(FaultKind::DropAfter).method("POST").path("*/Jobs").count(1)]);
        let job = create_job(rig.client(), &settings, &When::NextRestart).await.unwrap();
        let queue = list_jobs(rig.client()).await.unwrap();
        assert_eq!((queue.len(), &queue[0].id), (1, &job.job));
        let reboot = FaultRule::new(FaultKind::DropAfter).path("*CreateRebootJob").count(1);
        rig.server().set_faults([reboot]);
        let job = create_reboot_job(rig.client(), RebootJobType::PowerCycle).await.unwrap();
        assert!(job.job.unwrap().is_reboot());
        assert_eq!(list_jobs(rig.client()).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_waited_for_is_the_callers_choice() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let stages =
            [(0, "New"), (10, "Downloading"), (50, "Downloaded"), (60, "Scheduled"), (80, "Running")];
        for (until, verdict) in [
            (Until::Downloaded, Verdict::SoftEnd(SoftEnd::Downloaded)),
            (Until::Scheduled, Verdict::SoftEnd(SoftEnd::Scheduled)),
            (Until::End, Verdict::Done),
        ] {
            let id = job(rig, 100, "Completed");
            rig.server().set_job_stages(id.as_str(), &stages);
            let options = WaitOptions::default().with_until(until);
            let outcome = wait_for_job(rig.client(), &id.into(), &options).await.unwrap();
            assert_eq!(outcome.verdict, verdict);
        }
    })
    .await;
}

#[tokio::test]
async fn a_scheduled_job_stalls_unless_somebody_will_restart_the_host() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let id: JobRef = scheduled(rig).into();
        let patience = Duration::from_secs(600);
        let alone = WaitOptions::default().with_stall_limit(patience).with_deadline(patience * 3);
        let error = wait_for_job(rig.client(), &id, &alone).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stalled);
        let held = alone.with_held_by(HeldBy::Restart);
        let error = wait_for_job(rig.client(), &id, &held).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_could_not_be_prepared_is_made_anew_once() {
    for generation in Generation::ALL {
        for (broken, recovers) in [(1, true), (2, false)] {
            let rules = JobRules { not_prepared: broken, ..JobRules::default() };
            let rig = Rig::start_with(generation, |spec| spec.jobs(rules), |client| client).await.unwrap();
            run(rig, async |rig: &Rig| {
                let wait = WaitOptions::default().with_held_by(HeldBy::Restart);
                let policy = RecoveryPolicy { wait, ..RecoveryPolicy::default() };
                let make = async || {
                    let id = scheduled(rig);
                    restart_host(rig).await;
                    Ok(id.into())
                };
                let recovered = run_job(rig.client(), make, &policy).await;
                if recovers {
                    let recovered = recovered.unwrap();
                    assert_eq!((recovered.outcome.verdict, recovered.recreated), (Verdict::Done, 1));
                    assert_eq!(list_jobs(rig.client()).await.unwrap().len(), 1, "the stuck one is gone");
                } else {
                    let error = recovered.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Stalled);
                    assert!(error.message_ids().any(|id| *id == MessageId::parse("PR30")));
                }
            })
            .await;
        }
    }
}

#[tokio::test]
async fn ready_means_ready_several_times_in_a_row() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        let once = ReadyOptions::default().with_in_a_row(1);
        if is_old(rig) {
            for error in [
                fetch_lc_status(rig.client()).await.unwrap_err(),
                wait_until_ready(rig.client(), &once).await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(error.message().contains("DellLCService"), "{error}");
            }
            return;
        }
        restart_host(rig).await;
        // It still says that it is ready.
        let hasty = wait_until_ready(rig.client(), &once).await.unwrap();
        assert!(hasty.is_lc_ready() && !hasty.is_out_of_post());
        let options = ReadyOptions::default().with_host(HostState::OutOfPost);
        let waiting = wait_until_ready(rig.client(), &options);
        // The service, then at 0 to 80 s in the power-on test, at 90, 100 and 110 s ready.
        let status = rig.expecting("wait_until_ready (90 s)", 13, waiting).await.unwrap();
        assert!(status.is_lc_ready() && status.is_out_of_post());
        let over = options.with_deadline(Duration::ZERO);
        let at_the_deadline = wait_until_ready(rig.client(), &over);
        let status = rig.expecting("wait_until_ready (at its deadline)", 4, at_the_deadline).await.unwrap();
        assert!(status.is_lc_ready(), "what is ready then is confirmed, not refused");
        let options = options.with_host(HostState::PoweredOff).with_deadline(Duration::from_secs(60));
        let error = wait_until_ready(rig.client(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotReady);
    })
    .await;
}

#[tokio::test]
async fn a_status_that_is_not_offered_is_named() {
    let rig = Rig::start(Generation::Idrac9V5).await.unwrap();
    run(rig, async |rig: &Rig| {
        rig.server().set_faults([FaultRule::status(404, "SYS403").path("*/DellLCService")]);
        let error = fetch_lc_status(rig.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let none = dell_redfish::ops::GetRemoteServicesApiStatus::new(&Actions::default()).unwrap_err();
        assert!(none.message().contains("GetRemoteServicesAPIStatus"));
    })
    .await;
}

#[tokio::test]
async fn the_idrac_restarts_and_comes_back_with_a_new_session() {
    on_each(Generation::ALL, async |rig: &Rig| {
        acquainted(rig).await;
        let plan = plan_restart_idrac(rig.client()).await.unwrap();
        assert_eq!((plan.effect(), plan.idrac, plan.host), (Effect::Disrupt, Restart::Certain, Restart::No));
        let restart = restart_idrac(rig.client(), &RestartOptions::default()).await.unwrap();
        assert!(restart.away >= Duration::from_secs(90), "{restart:?}");
        assert!(restart.total > restart.away);
        rig.client().run(&GetManager).await.unwrap();
        assert!(rig.server().is_running());
        let resets = rig.asked().iter().filter(|line| line.contains("Manager.Reset")).count();
        assert_eq!(resets, 1);
    })
    .await;
}

#[tokio::test]
async fn the_lifecycle_controller_says_whether_it_is_ready() {
    change::LC_STATUS.everywhere().await;
}

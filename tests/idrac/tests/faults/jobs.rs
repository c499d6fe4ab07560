//! Faults 13 to 22, 28, 30 and 46: jobs, and what is waited for.

use std::time::Duration;

use dell_redfish::flow::jobs::{
    Stale, clear_jobs, clear_stale_jobs, create_job, create_reboot_job, list_jobs, reboot_by_job,
};
use dell_redfish::flow::ready::ReadyOptions;
use dell_redfish::flow::wait::{JobOutcome, JobRef, Verdict, WaitOptions, wait_for_job};
use dell_redfish::ops::{Clearing, ListMembers, RebootJobType};
use dell_redfish::{DellJobId, ErrorKind, ODataId, Safeguard, endpoint};
use idrac_sim::{Effect, FaultRule, Generation, HostRules, JobNaming, JobRules, JobSpec};
use idrac_suite::fault::Fault;
use idrac_suite::{Failure, Rig};

use crate::run;

const SETTINGS: &str =
    "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/System.Embedded.1/Settings";

fn add(rig: &Rig, seconds: u64) -> DellJobId {
    let id = rig.server().add_job(JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: "BIOSConfiguration".into(),
        runs_for: Duration::from_secs(seconds),
        ends: "Completed".into(),
    });
    DellJobId::parse(&id).unwrap()
}

/// Short enough that a case without its counter-measure ends.
fn options() -> WaitOptions {
    WaitOptions::default().with_deadline(Duration::from_secs(900))
}

async fn wait(rig: &Rig, job: &JobRef) -> Result<JobOutcome, Failure> {
    Ok(wait_for_job(rig.client(), job, &options()).await?)
}

async fn done(rig: &Rig, job: &JobRef) -> Result<(), Failure> {
    match wait(rig, job).await?.verdict {
        Verdict::Done => Ok(()),
        verdict => Err(format!("the job is {}", verdict.as_str()).into()),
    }
}

fn task(job: &DellJobId) -> JobRef {
    JobRef::of_task(ODataId::parse(&endpoint::task_of(job)).unwrap())
}

fn faulty(safeguard: Safeguard, generation: Generation, mark: &'static str, rules: JobRules) -> Fault {
    Fault::new(safeguard, generation, mark).server(move |spec| spec.jobs(rules.clone()))
}

#[tokio::test]
async fn a_job_is_waited_for_although_the_idrac_is_not_ready() {
    Fault::new(Safeguard::WaitUntilReady, Generation::Idrac9V6, "status")
        .prove(async |rig: &Rig| {
            let job = add(rig, 60).into();
            rig.server().set_faults([FaultRule::status(400, "SWC0700").path("*/JID_*").count(10)]);
            done(rig, &job).await
        })
        .await;
}

#[tokio::test]
async fn fault_13_empty_members_after_force() {
    Fault::new(Safeguard::DoubtEmptyQueue, Generation::Idrac9V7, "empty_after_force")
        .avoided()
        .prove(async |rig: &Rig| {
            add(rig, 600);
            let cleared = clear_jobs(rig.client(), Clearing::Force, &ReadyOptions::default()).await?;
            assert_eq!((cleared.before.len(), cleared.left.len()), (1, 0));
            let inventory = ODataId::parse(endpoint::FIRMWARE_INVENTORY)?;
            match run(rig, &ListMembers::links(&inventory)).await?.members.len() {
                0 => Err("the firmware inventory looks empty".into()),
                _ => Ok(()),
            }
        })
        .await;
}

#[tokio::test]
async fn fault_14_the_idrac_restarts_in_the_middle() {
    Fault::new(Safeguard::SurviveRestart, Generation::Idrac9V7, "restart")
        .prove(async |rig: &Rig| {
            let job = add(rig, 600).into();
            let restart = FaultRule::new(Effect::Restart { for_ms: 240_000 });
            rig.server().set_faults([restart.path("*/JID_*").nth(3)]);
            done(rig, &job).await
        })
        .await;
}

#[tokio::test]
async fn fault_15_the_task_is_purged_before_it_is_read() {
    let rules = JobRules { task_life_s: Some(5), ..JobRules::default() };
    faulty(Safeguard::JobWhenTaskIsGone, Generation::Idrac9V7, "task_purged", rules)
        .avoided()
        .prove(async |rig: &Rig| done(rig, &task(&add(rig, 61))).await)
        .await;
}

#[tokio::test]
async fn fault_16_a_new_job_is_not_there_yet() {
    let rules = JobRules { hidden_s: 30, ..JobRules::default() };
    faulty(Safeguard::GraceForNewJob, Generation::Idrac9V6, "job_hidden", rules)
        .prove(async |rig: &Rig| done(rig, &add(rig, 60).into()).await)
        .await;
}

#[tokio::test]
async fn fault_17_an_erase_takes_the_job_with_it() {
    let rules = JobRules { lost_after_s: Some(30), ..JobRules::default() };
    faulty(Safeguard::LostByDesign, Generation::Idrac9V7, "job_lost", rules)
        .prove(async |rig: &Rig| {
            let outcome = wait(rig, &add(rig, 3600).into()).await?;
            assert_eq!(outcome.verdict, Verdict::Lost);
            // What it should have done is looked at in its place.
            crate::read(rig).await
        })
        .await;
}

#[tokio::test]
async fn fault_18_the_task_never_says_that_it_ended() {
    let rules = JobRules { frozen_tasks: true, ..JobRules::default() };
    faulty(Safeguard::CrossCheckMonitor, Generation::Idrac10, "frozen_task", rules)
        .avoided()
        .prove(async |rig: &Rig| done(rig, &task(&add(rig, 60))).await)
        .await;
}

#[tokio::test]
async fn fault_19_no_location_or_an_odd_one() {
    for naming in [JobNaming::Untold, JobNaming::Odd] {
        let rules = JobRules { naming, ..JobRules::default() };
        faulty(Safeguard::FindUnnamedJob, Generation::Idrac9V7, "unnamed_job", rules)
            .prove(async |rig: &Rig| {
                let job = create_job(rig.client(), &ODataId::parse(SETTINGS)?, &Default::default()).await?;
                let queue = list_jobs(rig.client()).await?;
                assert_eq!(job.job.as_ref(), queue[0].id.as_ref());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn fault_20_completed_with_errors_is_no_success() {
    let rules = JobRules { ends: Some("CompletedWithErrors".into()), ..JobRules::default() };
    faulty(Safeguard::PartialIsNoSuccess, Generation::Idrac9V7, "job_ends", rules)
        .prove(async |rig: &Rig| match wait(rig, &add(rig, 60).into()).await?.verdict {
            Verdict::Partial => Ok(()),
            verdict => Err(format!("errors in parts are told as {}", verdict.as_str()).into()),
        })
        .await;
}

#[tokio::test]
async fn fault_21_completed_with_a_restart_pending_is_an_end() {
    for ends in ["UserIntervention", "RebootPending", "PendingActivation"] {
        let rules = JobRules { ends: Some(ends.into()), ..JobRules::default() };
        faulty(Safeguard::SoftEnd, Generation::Idrac9V7, "job_ends", rules)
            .prove(async |rig: &Rig| match wait(rig, &add(rig, 60).into()).await?.verdict {
                Verdict::SoftEnd(_) => Ok(()),
                verdict => Err(format!("it is {}", verdict.as_str()).into()),
            })
            .await;
    }
}

#[tokio::test]
async fn fault_22_the_host_ignores_a_graceful_restart() {
    let deaf = HostRules { ignores_graceful: true, ..HostRules::default() };
    Fault::new(Safeguard::Escalate, Generation::Idrac9V7, "ignores_graceful")
        .server(move |spec| spec.host(deaf))
        .prove(async |rig: &Rig| {
            let kinds = [RebootJobType::GracefulRebootWithoutForcedShutdown, RebootJobType::PowerCycle];
            match reboot_by_job(rig.client(), &kinds, &options()).await?.verdict {
                Verdict::Done => Ok(()),
                verdict => Err(format!("the restart is {}", verdict.as_str()).into()),
            }
        })
        .await;
}

#[tokio::test]
async fn fault_28_a_job_stands_at_99_percent() {
    let rules = JobRules { stands_at: Some(99), ..JobRules::default() };
    faulty(Safeguard::NoticeStall, Generation::Idrac9V6, "job_stands", rules)
        .prove(async |rig: &Rig| {
            let options = options().with_stall_limit(Duration::from_secs(300));
            match wait_for_job(rig.client(), &add(rig, 60).into(), &options).await {
                Err(error) if error.kind() == ErrorKind::Stalled => Ok(()),
                Err(error) => Err(error.into()),
                Ok(_) => Err("it ended".into()),
            }
        })
        .await;
}

#[tokio::test]
async fn fault_30_there_is_a_job_already() {
    Fault::new(Safeguard::AdoptJob, Generation::Idrac9V7, "second_job")
        .prove(async |rig: &Rig| {
            let settings = ODataId::parse(SETTINGS)?;
            let one = create_job(rig.client(), &settings, &Default::default()).await?;
            let two = create_job(rig.client(), &settings, &Default::default()).await?;
            assert_eq!((&one.job, list_jobs(rig.client()).await?.len()), (&two.job, 1));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_46_reboot_jobs_cannot_be_deleted() {
    Fault::new(Safeguard::LeaveRebootJobs, Generation::Idrac9V7, "reboot_job")
        .avoided()
        .prove(async |rig: &Rig| {
            add(rig, 5);
            let reboot = create_reboot_job(rig.client(), RebootJobType::PowerCycle).await?;
            wait(rig, &reboot).await?;
            let which = Stale { completed: true, ..Stale::default() };
            let report = clear_stale_jobs(rig.client(), which).await?;
            assert_eq!(report.cleared.len(), 1);
            match report.failures.first() {
                None => Ok(()),
                Some(failure) => Err(format!("{}: {}", failure.job, failure.reason).into()),
            }
        })
        .await;
}

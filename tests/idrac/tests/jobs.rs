//! Jobs and waiting for them, on every generation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dell_redfish::flow::jobs::list_jobs;
use dell_redfish::flow::wait::{
    JobRef, Started, Verdict, WaitOptions, fetch_job, find_started, follow, wait_for_job,
};
use dell_redfish::model::JobState;
use dell_redfish::{Accepted, DellJobId, ErrorKind, Safeguard};
use idrac_sim::{Effect, FaultRule, Generation, JobSpec};
use idrac_suite::cases::work;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const BIOS: &str = "BIOSConfiguration";

fn job(rig: &Rig, seconds: u64, ends: &str) -> JobRef {
    let id = rig.server().add_job(JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: BIOS.into(),
        runs_for: Duration::from_secs(seconds),
        ends: ends.into(),
    });
    DellJobId::parse(&id).unwrap().into()
}

fn is_old(rig: &Rig) -> bool {
    matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8)
}

#[tokio::test]
async fn a_job_is_followed_to_its_end_one_request_a_look() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let job = job(rig, 60, "Completed");
        // The first look finds out where the queue is.
        let requests = if is_old(rig) { 8 } else { 7 };
        let options = WaitOptions::default();
        let waiting = wait_for_job(rig.client(), &job, &options);
        let outcome = rig.expecting("wait_for_job (60 s)", requests, waiting).await.unwrap();
        assert_eq!((outcome.verdict, outcome.state), (Verdict::Done, JobState::Completed));
        assert_eq!((outcome.id, outcome.percent), (job.job.clone(), Some(100)));
        assert_eq!(outcome.waited, Duration::from_secs(60));
        assert_eq!(outcome.job_type.as_deref(), Some(BIOS));
        let again = wait_for_job(rig.client(), &job, &options);
        assert!(rig.expecting("wait_for_job (over)", 1, again).await.unwrap().is_done());
    })
    .await;
}

#[tokio::test]
async fn what_it_shows_on_the_way_is_told_once() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&seen);
        let options =
            WaitOptions::default().with_interval(Duration::from_secs(25)).with_progress(move |now| {
                tell.lock().unwrap().push((now.state, now.percent, now.away));
            });
        wait_for_job(rig.client(), &job(rig, 50, "Completed"), &options).await.unwrap();
        assert_eq!(
            *seen.lock().unwrap(),
            [
                (Some(JobState::Running), Some(0), false),
                (Some(JobState::Running), Some(50), false),
                (Some(JobState::Completed), Some(100), false)
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn errors_in_parts_are_neither_success_nor_failure() {
    on_each(Generation::ALL, async |rig: &Rig| {
        for (ends, verdict, kind) in [
            ("CompletedWithErrors", Verdict::Partial, ErrorKind::JobFailed),
            ("Failed", Verdict::Failed, ErrorKind::JobFailed),
        ] {
            let outcome =
                wait_for_job(rig.client(), &job(rig, 5, ends), &WaitOptions::default()).await.unwrap();
            assert_eq!(outcome.verdict, verdict);
            let error = outcome.into_result().unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.message_ids().next().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn a_restart_of_the_idrac_and_a_lost_session_are_outlived() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let job = job(rig, 600, "Completed");
        let server = rig.server().clone();
        let options = WaitOptions::default().with_progress(move |now| {
            if now.percent == Some(5) && !now.away {
                server.restart_idrac();
            }
            if now.percent == Some(60) {
                server.forget_sessions();
            }
        });
        let outcome = wait_for_job(rig.client(), &job, &options).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
        assert!(outcome.waited >= Duration::from_secs(600));
        assert!(rig.server().totals().sessions_opened >= 2);
    })
    .await;
}

#[tokio::test]
async fn an_idrac_that_stays_away_is_given_up() {
    on_each([Generation::Idrac8, Generation::Idrac9V7], async |rig: &Rig| {
        let job = job(rig, 60, "Completed");
        fetch_job(rig.client(), &job).await.unwrap();
        rig.server().restart_idrac_for(Duration::from_secs(7200));
        let options = WaitOptions::default().with_restart_limit(Duration::from_secs(300));
        let error = wait_for_job(rig.client(), &job, &options).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::CircuitOpen), "{error:?}");
        rig.pass(Duration::from_secs(7200)).await;
    })
    .await;
}

#[tokio::test]
async fn a_new_job_has_time_to_appear() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let job = job(rig, 60, "Completed");
        let hidden = || [FaultRule::status(404, "SYS403").path("*/J*/JID_*").count(4)];
        rig.server().set_faults(hidden());
        let outcome = wait_for_job(rig.client(), &job, &WaitOptions::default()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
    })
    .await;
    let rig = Rig::start_without(Generation::Idrac9V7, Safeguard::GraceForNewJob).await.unwrap();
    run(rig, async |rig: &Rig| {
        let job = job(rig, 60, "Completed");
        rig.server().set_faults([FaultRule::status(404, "SYS403").path("*/JID_*").count(3)]);
        let outcome = wait_for_job(rig.client(), &job, &WaitOptions::default()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Lost);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_lost_after_its_grace() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let job = JobRef::from(DellJobId::parse("JID_000000000001").unwrap());
        let outcome = wait_for_job(rig.client(), &job, &WaitOptions::default()).await.unwrap();
        assert_eq!((outcome.verdict, outcome.state), (Verdict::Lost, JobState::Unknown));
        assert_eq!(outcome.waited, Duration::from_secs(60));
        assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::JobFailed);
        let error = fetch_job(rig.client(), &job).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn standing_still_and_being_too_late_are_different() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let job = job(rig, 10_000_000, "Completed");
        let options = WaitOptions::default().with_stall_limit(Duration::from_secs(300));
        let error = wait_for_job(rig.client(), &job, &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stalled);
        let options = WaitOptions::default().with_deadline(Duration::from_secs(95));
        let (waited, asked) = rig.counting(wait_for_job(rig.client(), &job, &options)).await;
        assert_eq!((waited.unwrap_err().kind(), asked.len()), (ErrorKind::Timeout, 11));
    })
    .await;
}

#[tokio::test]
async fn retry_after_is_heard() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let job = job(rig, 60, "Completed");
        let busy = Effect::Status {
            status: 503,
            message_id: Some("LC068".into()),
            retry_after_s: Some(45),
            extended_info_object: false,
        };
        rig.server().set_faults([FaultRule::new(busy).path("*/JID_*").nth(2)]);
        let options = WaitOptions::default();
        let waiting = wait_for_job(rig.client(), &job, &options);
        // At 0, 10 (busy), 55 and 65 seconds.
        assert!(rig.expecting("wait_for_job (busy once)", 4, waiting).await.unwrap().is_done());
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_listed() {
    on_each(Generation::ALL, async |rig: &Rig| {
        for n in 0..3 {
            job(rig, 30 * n, "Completed");
        }
        list_jobs(rig.client()).await.unwrap();
        let requests = if is_old(rig) { 4 } else { 1 };
        let jobs = rig.expecting("list_jobs (3)", requests, list_jobs(rig.client())).await.unwrap();
        let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
        assert_eq!(states, [JobState::Completed, JobState::Running, JobState::Running]);
    })
    .await;
}

#[tokio::test]
async fn a_job_without_a_name_is_found_and_never_made_up() {
    on_each(Generation::ALL, async |rig: &Rig| {
        // Older ones of the same type, one of them over, and one of another type.
        job(rig, 5, "Completed");
        rig.pass(Duration::from_secs(60)).await;
        let started = Started::now(rig.client(), &[BIOS]);
        let options = WaitOptions::default();
        let error = find_started(rig.client(), &started, &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);

        let started = Started::now(rig.client(), &[BIOS]);
        let one = job(rig, 30, "Completed");
        let found = follow(rig.client(), &Accepted::default(), &started, &options).await.unwrap();
        assert_eq!(found, one);
        job(rig, 30, "Completed");
        let error = find_started(rig.client(), &started, &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn a_reference_to_nothing_is_refused() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let (nobody, options) = (JobRef::default(), WaitOptions::default());
        let nothing = wait_for_job(rig.client(), &nobody, &options);
        assert_eq!(rig.expecting("nothing", 0, nothing).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_listed_and_a_clearing_shown() {
    work::JOBS.everywhere().await;
}

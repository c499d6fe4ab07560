//! Schedules, maintenance windows and retention through a running engine.

use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::schedule::{CatchUp, Overlap, Schedule, Span, Window, WindowScope};
use dsm_core::store::{JobQuery, Reason, SettingsPatch};
use dsm_core::{
    Ctx, Engine, ErrorKind, Event, EventKind, Events, Handler, JobId, JobRow, JobStatus, NewJob, Result,
    Verdict,
};
use dsm_suite::stand::Stand;
use serde_json::{Map, json};

/// Does nothing.
struct Note;

#[async_trait]
impl Handler for Note {
    const JOB_TYPE: &'static str = "note";
    type Args = ();

    fn decode(&self, job: &JobRow) -> Result<()> {
        match job.details.get("bad") {
            None => Ok(()),
            Some(_) => Err(dsm_core::Error::invalid("details.bad", "it is bad", "leave it out")),
        }
    }

    async fn run(&self, _ctx: &Ctx, (): ()) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

async fn engine(stand: &Stand, name: &str) -> Engine {
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_executor_id(name)
        .with_handler(Note)
        .start()
        .await
        .unwrap()
}

async fn next(events: &mut Events, wanted: impl Fn(&EventKind) -> bool) -> Event {
    loop {
        let event = events.next().await.unwrap();
        if wanted(&event.kind) {
            return event;
        }
    }
}

fn each_second() -> Schedule {
    Schedule::new("each second", "* * * * * *", NewJob::new("note")).unwrap().with_overlap(Overlap::Allow)
}

/// Open from so many seconds from now on, for a minute.
async fn opening_in(stand: &Stand, seconds: i64) -> Window {
    let opens = stand.store.now().await.unwrap() + jiff::SignedDuration::from_secs(seconds);
    Window::at_times("the move", vec![Span { opens, closes: opens + Duration::from_secs(60) }])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_makes_jobs_once_whichever_engine_looks() {
    let folder = tempfile::tempdir().unwrap();
    let stand = Stand::sqlite(&folder.path().join("dsm.db"), 1).unwrap();
    let (one, two) = (engine(&stand, "one").await, engine(&stand, "two").await);
    let row = one.put_schedule(each_second(), None).await.unwrap();
    assert!(row.next_due.is_some() && row.last_due.is_none());
    loop {
        let done = two.schedules().await.unwrap().remove(0);
        if done.last_due.is_some_and(|last| last.as_second() - row.next_due.unwrap().as_second() >= 2) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(two.remove_schedule("each second").await.unwrap());
    let jobs = stand.store.jobs(JobQuery::default()).await.unwrap();
    let mut dues: Vec<&str> = jobs.iter().map(|job| job.details["schedule_due"].as_str().unwrap()).collect();
    let made = dues.len();
    dues.sort_unstable();
    dues.dedup();
    assert_eq!((dues.len(), made >= 3), (made, true), "{dues:?}");
    for job in jobs {
        assert_eq!(one.wait(job.id).await.unwrap().status, JobStatus::Completed);
    }
    one.shutdown().await.unwrap();
    two.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_begins_when_its_window_opens() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, "here").await;
    let window = opening_in(&stand, 2).await;
    let opens = window.opens_at(stand.store.now().await.unwrap()).unwrap();
    let row = engine.put_window(window.clone(), None).await.unwrap();
    assert_eq!((row.is_open, row.opens_at, row.revision), (false, Some(opens), 1));
    let waits = || NewJob::new("note").with_details(json!({"maintenance_window": "the move"}));
    let ours = engine.enqueue(waits()).await.unwrap();
    assert_eq!(engine.job(ours).await.unwrap().schedule_at, Some(opens));
    // One that another program inserted is claimed, and goes back without an attempt that counts.
    let mut events = engine.events();
    let theirs = stand.store.enqueue(vec![waits()]).await.unwrap()[0].id();
    next(&mut events, |kind| matches!(kind, EventKind::Ended { status: JobStatus::Pending, .. })).await;
    let why = engine.why_not(theirs).await.unwrap();
    assert!(
        why.reasons.contains(&Reason::Window { name: "the move".into(), opens_at: Some(opens) }),
        "{why}"
    );
    assert!(why.to_string().contains("the maintenance window `the move` opens at"), "{why}");
    for job in [ours, theirs] {
        let done = engine.wait(job).await.unwrap();
        assert_eq!(done.status, JobStatus::Completed);
        assert!(done.completed_at.unwrap() >= opens, "{:?}", done.completed_at);
    }
    let attempts = stand.store.attempts(theirs).await.unwrap();
    assert_eq!(attempts.last().map(|last| last.number), Some(1), "{attempts:?}");
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_is_refused_where_it_does_not_fit_and_missed_where_it_is_gone() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, "here").await;
    let named = || NewJob::new("note").with_details(json!({"maintenance_window": "the move"}));
    let field = Some("details.maintenance_window");
    assert_eq!(engine.enqueue(named()).await.unwrap_err().subject(), field, "there is none");
    let scope = WindowScope { job_types: vec!["firmware_update".into()], ..WindowScope::default() };
    let window = Window { scope, ..opening_in(&stand, 3600).await };
    engine.put_window(window.clone(), None).await.unwrap();
    assert_eq!(engine.enqueue(named()).await.unwrap_err().subject(), field, "it is for others");
    let wider = Window { scope: WindowScope::default(), ..window };
    assert_eq!(engine.put_window(wider.clone(), None).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(engine.put_window(wider, Some(1)).await.unwrap().revision, 2);
    let odd = NewJob::new("note").with_details(json!({"maintenance_window": 7}));
    assert_eq!(engine.enqueue(odd).await.unwrap_err().subject(), field);
    let waits = engine.enqueue(named()).await.unwrap();
    assert_eq!(engine.windows().await.unwrap().len(), 1);
    assert!(engine.remove_window("the move").await.unwrap());
    // A row of another program's that is due: it must not run at a time nobody agreed to.
    let due = stand.store.enqueue(vec![named()]).await.unwrap()[0].id();
    let failed = engine.wait(due).await.unwrap();
    assert_eq!((failed.status, failed.details["error_subject"].as_str()), (JobStatus::Failed, field));
    let why = engine.why_not(waits).await.unwrap();
    assert!(why.reasons.contains(&Reason::Window { name: "the move".into(), opens_at: None }), "{why}");
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_whose_job_could_not_run_is_refused_at_once() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, "here").await;
    let with = |job: NewJob| Schedule { job, ..each_second() };
    for (schedule, kind, subject) in [
        (with(NewJob::new("make_coffee")), ErrorKind::NoHandler, "job_type"),
        (with(NewJob::new("note").with_details(json!({"bad": 1}))), ErrorKind::InvalidInput, "details.bad"),
        (with(NewJob { id: Some(JobId::new()), ..NewJob::new("note") }), ErrorKind::InvalidInput, "job.id"),
        (each_second().with_window("never made"), ErrorKind::InvalidInput, "details.maintenance_window"),
    ] {
        let error = engine.put_schedule(schedule, None).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (kind, Some(subject)));
    }
    assert_eq!(engine.schedules().await.unwrap(), []);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_says_which_schedule_made_it() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, "here").await;
    let mut events = engine.events();
    let late = each_second().with_jitter(Duration::from_secs(86_400)).with_catch_up(CatchUp::All);
    engine.put_schedule(late, None).await.unwrap();
    let made = next(&mut events, |kind| matches!(kind, EventKind::Scheduled { .. })).await;
    let why = engine.why_not(made.job_id).await.unwrap();
    assert!(
        matches!(&why.reasons[..], [Reason::Due { .. }, Reason::Schedule { name, due: Some(_) }] if name == "each second"),
        "{why}"
    );
    assert!(why.to_string().contains("the schedule `each second` made it for 20"), "{why}");
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_old_goes_by_itself() {
    let mut stand = Stand::memory(1);
    stand.options.cleanup_interval = Duration::from_millis(50);
    let engine = engine(&stand, "here").await;
    let job = engine.enqueue(NewJob::new("note")).await.unwrap();
    engine.wait(job).await.unwrap();
    let before = engine
        .put_settings(SettingsPatch { job_retention_days: Some(7), ..SettingsPatch::default() })
        .await
        .unwrap();
    // It is seen to again and again, and what is younger than a week stays.
    loop {
        let settings = engine.settings().await.unwrap();
        if settings.job_last_cleanup_at > before.job_last_cleanup_at && settings.last_cleanup_at.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(engine.job(job).await.unwrap().status, JobStatus::Completed);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_added_all_or_none() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, "here").await;
    let past = jiff::Timestamp::UNIX_EPOCH;
    let [a, b] = [JobId::new(), JobId::new()];
    let job = || NewJob::new("note");
    for (jobs, subject) in [
        (vec![job(), NewJob { schedule_at: Some(past), ..job() }], "schedule_at"),
        (vec![job(), job().with_scope(json!({"server_ids": ["x"]}))], "target_scope.server_ids[0]"),
        (vec![job(), job().with_details(json!({"text": "x".repeat(10_000)}))], "details"),
        (
            vec![
                NewJob { id: Some(a), parent_job_id: Some(b), ..job() },
                NewJob { id: Some(b), parent_job_id: Some(a), ..job() },
            ],
            "jobs[0].parent_job_id",
        ),
        (vec![job(), NewJob { parent_job_id: Some(a), ..job() }], "parent_job_id"),
    ] {
        let error = engine.enqueue_all(jobs).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(subject)));
        assert!(error.way_out().is_some(), "{error}");
    }
    assert!(stand.store.jobs(JobQuery::default()).await.unwrap().is_empty());
    let late = NewJob { schedule_at: Some(past), catch_up: true, ..job() };
    let added = engine.enqueue_all(vec![job(), late, NewJob::new("vcenter_sync")]).await.unwrap();
    for id in &added[..2] {
        assert_eq!(engine.wait(*id).await.unwrap().status, JobStatus::Completed);
    }
    let theirs = engine.why_not(added[2]).await.unwrap();
    assert_eq!(theirs.reasons, [Reason::NoExecutor { job_type: "vcenter_sync".into() }]);
    engine.shutdown().await.unwrap();
}

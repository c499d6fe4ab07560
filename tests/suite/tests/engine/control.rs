//! Jobs that a person holds back, runs again, moves, asks about and forgets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::engine::Retention;
use dsm_core::job::Priority;
use dsm_core::store::{JobQuery, PauseScope, Reason, Reschedule, Rescheduled, Retried};
use dsm_core::{
    Ctx, Engine, ErrorKind, Event, EventKind, Events, Handler, JobId, JobRow, JobStatus, NewJob, Result,
    Step, Verdict,
};
use dsm_suite::stand::Stand;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

/// Fails on its first run, at a step it has done; waits at the gate before.
struct Flaky {
    gate: Arc<Semaphore>,
    runs: Arc<AtomicUsize>,
}

#[async_trait]
impl Handler for Flaky {
    const JOB_TYPE: &'static str = "flaky";
    type Args = Option<String>;

    fn decode(&self, job: &JobRow) -> Result<Option<String>> {
        Ok(job.target_scope["lane"].as_str().map(str::to_owned))
    }

    fn lane(&self, lane: &Option<String>) -> Option<String> {
        lane.clone()
    }

    async fn run(&self, ctx: &Ctx, _lane: Option<String>) -> Result<Verdict> {
        let Ok(pass) = self.gate.acquire().await else { return Ok(Verdict::Done(Map::new())) };
        pass.forget();
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let seen: usize = match ctx.step("note")? {
            Step::Done(seen) => seen,
            Step::New(step) => {
                step.begin(&()).await?;
                step.done(run).await?
            }
            Step::Begun(..) => 0,
        };
        let details = Map::from_iter([("seen".to_owned(), json!(seen))]);
        Ok(if run == 1 { Verdict::Failed(details, "no answer".to_owned()) } else { Verdict::Done(details) })
    }
}

/// Links to a console: nothing that counts goes to an iDRAC.
struct Link;

#[async_trait]
impl Handler for Link {
    const JOB_TYPE: &'static str = "console_launch";
    const WAITS_FOR_IDRACS: bool = false;
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _ctx: &Ctx, (): ()) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

async fn engine(stand: &Stand, gate: &Arc<Semaphore>) -> Engine {
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_handler(Flaky { gate: gate.clone(), runs: Arc::default() })
        .with_handler(Link)
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

async fn reason(engine: &Engine, job: JobId) -> Reason {
    engine.why_not(job).await.unwrap().reasons.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paused_waits_and_what_runs_goes_on() {
    for scope in [
        PauseScope::All,
        PauseScope::Idracs,
        PauseScope::JobType("flaky".to_owned()),
        PauseScope::Lane("server:a".to_owned()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let stand = Stand::sqlite(&folder.path().join("dsm.db"), 1).unwrap();
        let gate = Arc::new(Semaphore::new(0));
        let engine = engine(&stand, &gate).await;
        let mut events = engine.events();
        let job = || NewJob::new("flaky").with_scope(json!({"lane": "server:a"}));
        let running = engine.enqueue(job()).await.unwrap();
        next(&mut events, |kind| matches!(kind, EventKind::Started { .. })).await;
        engine.pause(&scope, "a new drive", "anna").await.unwrap();
        let event = next(&mut events, |kind| matches!(kind, EventKind::Paused(_))).await;
        assert_eq!(event.job_id, JobId::NIL);
        // One that the engine knows the lane of, and one that another program inserted.
        let held = engine.enqueue(job()).await.unwrap();
        let theirs = stand.store.enqueue(vec![job()]).await.unwrap()[0].id();
        gate.add_permits(1);
        assert_eq!(engine.wait(running).await.unwrap().status, JobStatus::Failed);
        if scope != PauseScope::All {
            let free = engine.enqueue(NewJob::new("console_launch")).await.unwrap();
            assert_eq!(engine.wait(free).await.unwrap().status, JobStatus::Completed);
        }
        let why = engine.why_not(held).await.unwrap();
        assert!(matches!(&why.reasons[0], Reason::Paused(pause) if pause.scope == scope), "{why}");
        assert!(why.to_string().contains("is paused by anna since"), "{why}");
        assert_eq!(engine.job(held).await.unwrap().status, JobStatus::Pending);
        assert_eq!(engine.pauses().await.unwrap().len(), 1);
        gate.add_permits(2);
        assert!(engine.resume(&scope).await.unwrap());
        next(&mut events, |kind| matches!(kind, EventKind::Resumed(resumed) if *resumed == scope)).await;
        for job in [held, theirs] {
            assert_eq!(engine.wait(job).await.unwrap().status, JobStatus::Completed);
        }
        assert!(!engine.resume(&scope).await.unwrap());
        engine.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_failed_runs_once_more_from_its_beginning() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(9));
    let engine = engine(&stand, &gate).await;
    let job = engine.enqueue(NewJob::new("flaky")).await.unwrap();
    let failed = engine.wait(job).await.unwrap();
    assert_eq!((failed.status, &failed.details["error"]), (JobStatus::Failed, &json!("no answer")));
    let mut events = engine.events();
    assert_eq!(engine.retry(job).await.unwrap(), Retried::Queued(2));
    // It may have run before this is told.
    next(&mut events, |kind| matches!(kind, EventKind::Retried { run: 2 })).await;
    let done = engine.wait(job).await.unwrap();
    assert_eq!((done.status, done.details.get("error")), (JobStatus::Completed, None));
    // It did not find the step of its first run, which is on record all the same.
    assert_eq!(done.details["seen"], 2);
    let steps = stand.store.steps(job).await.unwrap();
    assert_eq!(
        steps.iter().map(|step| (step.run, &step.result)).collect::<Vec<_>>(),
        [(1, &Value::from(1)), (2, &Value::from(2))]
    );
    assert_eq!(engine.retry(job).await.unwrap(), Retried::Complete);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_says_why_it_does_not_run_and_is_moved() {
    let mut stand = Stand::memory(1);
    stand.options.slots = 1;
    let gate = Arc::new(Semaphore::new(0));
    let engine = engine(&stand, &gate).await;
    let mut events = engine.events();
    let job = |lane: &str| NewJob::new("flaky").with_scope(json!({"lane": lane}));
    let first = engine.enqueue(job("server:a")).await.unwrap();
    next(&mut events, |kind| matches!(kind, EventKind::Started { .. })).await;
    assert!(matches!(reason(&engine, first).await, Reason::Running { attempt: 1, .. }));
    let behind = engine.enqueue(job("server:a")).await.unwrap();
    let why = engine.why_not(behind).await.unwrap();
    assert!(why.to_string().contains(&format!("flaky (job {first}) on dsm has server:a since")), "{why}");
    let other = engine.enqueue(job("server:b")).await.unwrap();
    assert_eq!(reason(&engine, other).await, Reason::Slot { before: 1 });
    let urgent = Reschedule { priority: Some(Priority::Critical), ..Reschedule::default() };
    assert_eq!(engine.reschedule(other, urgent).await.unwrap(), Rescheduled::Applied);
    assert_eq!(reason(&engine, other).await, Reason::Slot { before: 0 });
    let at = stand.store.now().await.unwrap() + Duration::from_secs(3600);
    let off = Reschedule { schedule_at: Some(at), ..Reschedule::default() };
    assert_eq!(engine.reschedule(behind, off).await.unwrap(), Rescheduled::Applied);
    assert_eq!(reason(&engine, behind).await, Reason::Due { at });
    next(&mut events, |kind| matches!(kind, EventKind::Rescheduled { schedule_at: Some(_), .. })).await;
    let unknown = stand.store.enqueue(vec![NewJob::new("make_coffee")]).await.unwrap()[0].id();
    assert_eq!(reason(&engine, unknown).await, Reason::NoExecutor { job_type: "make_coffee".to_owned() });
    gate.add_permits(2);
    assert_eq!(engine.wait(other).await.unwrap().status, JobStatus::Completed);
    assert!(matches!(reason(&engine, other).await, Reason::Ended { status: JobStatus::Completed, .. }));
    assert_eq!(engine.why_not(JobId::new()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let refused = Rescheduled::NotPending(JobStatus::Completed);
    assert_eq!(engine.reschedule(other, urgent).await.unwrap(), refused);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_forgotten_in_batches_and_what_lives_is_not() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(0));
    let engine = engine(&stand, &gate).await;
    let mut events = engine.events();
    let running = engine.enqueue(NewJob::new("flaky")).await.unwrap();
    next(&mut events, |kind| matches!(kind, EventKind::Started { .. })).await;
    let over = stand.store.enqueue(vec![NewJob::new("nobody_runs_this"); 1200]).await.unwrap();
    for job in &over {
        engine.cancel(job.id(), "enough").await.unwrap();
    }
    assert_eq!(engine.prune(Retention::default()).await.unwrap().jobs, 0);
    // Storage time goes on by itself: what ended is older than nothing at all.
    while stand.store.now().await.unwrap() <= engine.job(over[1199].id()).await.unwrap().completed_at.unwrap()
    {
        tokio::task::yield_now().await;
    }
    let all = Retention { jobs: Some(Duration::ZERO), activity: None, health: None };
    let pruned = engine.prune(all).await.unwrap();
    assert_eq!((pruned.jobs, pruned.has_more), (1200, false));
    let left = stand.store.jobs(JobQuery::default()).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [running]);
    gate.add_permits(1);
    engine.wait(running).await.unwrap();
    engine.shutdown().await.unwrap();
}

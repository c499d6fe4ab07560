//! Attempts that take too long, panic or cannot be stopped; jobs made of jobs; an engine that leaves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::store::{AttemptWrite, OnFailure, Store};
use dsm_core::{
    Backoff, Ctx, Engine, Error, ErrorKind, EventKind, Handler, JobId, JobRow, JobStatus, NewJob, Result,
    Verdict,
};
use dsm_suite::stand::Stand;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

fn nothing() -> Result<Verdict> {
    Ok(Verdict::Done(Map::new()))
}

/// Hangs in its first attempt.
#[derive(Default)]
struct Slow(AtomicUsize);

#[async_trait]
impl Handler for Slow {
    const JOB_TYPE: &'static str = "slow";
    const TIMEOUT: Option<Duration> = Some(Duration::from_millis(50));
    const BACKOFF: Backoff =
        Backoff { attempts: 2, first: Duration::from_millis(1), longest: Duration::from_millis(1) };
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            ctx.stop().stopped().await;
            return Err(Error::new(ErrorKind::Cancelled, "told to stop"));
        }
        nothing()
    }
}

/// Blocks its thread until it is let go, whatever it is told, and tries to write something then.
#[derive(Default, Clone)]
struct Deaf {
    let_go: Arc<AtomicBool>,
    wrote: Arc<Mutex<Option<Result<(), ErrorKind>>>>,
}

#[async_trait]
impl Handler for Deaf {
    const JOB_TYPE: &'static str = "deaf";
    const TIMEOUT: Option<Duration> = Some(Duration::from_millis(50));
    const BACKOFF: Backoff = Slow::BACKOFF;
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        while !self.let_go.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let write = AttemptWrite {
            details: Map::from_iter([("late".to_owned(), json!(true))]),
            ..Default::default()
        };
        // It would be dropped at its first wait: it does not wait here either.
        let result =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(ctx.write(write)));
        *self.wrote.lock().unwrap() = Some(result.map(drop).map_err(|error| error.kind()));
        nothing()
    }
}

/// Is tried again at once, time and again; its last attempt outlasts a lease.
#[derive(Default)]
struct Restless(AtomicUsize);

#[async_trait]
impl Handler for Restless {
    const JOB_TYPE: &'static str = "restless";
    const BACKOFF: Backoff = Backoff { attempts: 30, first: Duration::ZERO, longest: Duration::ZERO };
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        if self.0.fetch_add(1, Ordering::SeqCst) < 20 {
            return Err(Error::new(ErrorKind::Store, "not yet"));
        }
        match tokio::time::timeout(SHORT * 3, ctx.stop().stopped()).await {
            Ok(_) => Err(Error::new(ErrorKind::Cancelled, "told to stop")),
            Err(_) => nothing(),
        }
    }
}

/// A lease.
const SHORT: Duration = Duration::from_secs(1);

struct Panics;

#[async_trait]
impl Handler for Panics {
    const JOB_TYPE: &'static str = "panics";
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _: &Ctx, (): ()) -> Result<Verdict> {
        panic!("index out of bounds")
    }
}

/// Notes its name, and does what its details say.
#[derive(Default, Clone)]
struct Part(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Handler for Part {
    const JOB_TYPE: &'static str = "part";
    type Args = (String, bool);

    fn decode(&self, job: &JobRow) -> Result<(String, bool)> {
        let name = job.details.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Error::invalid("details.name", "no name", "give one"))?;
        Ok((name.to_owned(), job.details.get("fails").is_some()))
    }

    async fn run(&self, _: &Ctx, (name, fails): (String, bool)) -> Result<Verdict> {
        self.0.lock().unwrap().push(name);
        if fails { Ok(Verdict::Failed(Map::new(), "as asked".to_owned())) } else { nothing() }
    }
}

/// Waits for the gate, or for the order to stop.
struct Gate(Arc<Semaphore>);

#[async_trait]
impl Handler for Gate {
    const JOB_TYPE: &'static str = "gate";
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        let stop = ctx.stop();
        tokio::select! {
            pass = self.0.acquire() => pass.map(|pass| pass.forget()).map_or_else(
                |_| Err(Error::new(ErrorKind::Handler, "the gate is gone")),
                |()| nothing(),
            ),
            _ = stop.stopped() => Err(Error::new(ErrorKind::Cancelled, "told to stop")),
        }
    }
}

async fn engine(
    stand: &Stand,
    options: EngineOptions,
    with: impl FnOnce(dsm_core::EngineBuilder) -> dsm_core::EngineBuilder,
) -> Engine {
    let builder = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(options);
    with(builder).start().await.unwrap()
}

async fn running(store: &dyn Store, job: JobId) {
    let query = || dsm_core::store::JobQuery { ids: vec![job], ..Default::default() };
    while store.jobs(query()).await.unwrap()[0].status != JobStatus::Running {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_takes_too_long_is_stopped_and_tried_again() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, stand.options.clone(), |builder| builder.with_handler(Slow::default())).await;
    let job = engine.enqueue(NewJob::new("slow")).await.unwrap();
    assert_eq!(engine.wait(job).await.unwrap().status, JobStatus::Completed);
    let attempts = stand.store.attempts(job).await.unwrap();
    let ends: Vec<_> = attempts.iter().map(|one| one.outcome.as_deref()).collect();
    assert_eq!(ends, [Some("retry"), Some("completed")]);
    assert!(attempts[0].error.as_deref().unwrap().contains("took longer than 50ms"), "{attempts:?}");
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_cannot_be_stopped_is_abandoned_and_its_job_given_to_nobody() {
    let stand = Stand::memory(1);
    let deaf = Deaf::default();
    let options = EngineOptions { slots: 1, ..stand.options.clone() };
    let engine =
        engine(&stand, options, |builder| builder.with_handler(deaf.clone()).with_handler(Panics)).await;
    let mut events = engine.events();
    let job = engine.enqueue(NewJob::new("deaf")).await.unwrap();
    let row = engine.wait(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Failed, "{:?}", row.details);
    assert_eq!((&row.details["abandoned"], &row.details["needs_person"]), (&json!(true), &json!(true)));
    let mut was_told = false;
    while let Some(event) = events.next().await {
        was_told |= matches!(event.kind, EventKind::Abandoned { attempt: 1, .. });
        if matches!(event.kind, EventKind::Ended { .. }) {
            break;
        }
    }
    assert!(was_told);
    assert_eq!(stand.store.attempts(job).await.unwrap().len(), 1, "nobody else tries it");
    // Its slot is free, and a panic takes nothing with it either.
    let other = engine.enqueue(NewJob::new("panics")).await.unwrap();
    let other = engine.wait(other).await.unwrap();
    assert_eq!(other.status, JobStatus::Failed);
    assert!(other.details["error"].as_str().unwrap().contains("index out of bounds"), "{:?}", other.details);
    deaf.let_go.store(true, Ordering::SeqCst);
    while deaf.wrote.lock().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*deaf.wrote.lock().unwrap(), Some(Err(ErrorKind::LeaseLost)), "what it writes now is refused");
    assert_eq!(engine.job(job).await.unwrap().details.get("late"), None);
    engine.shutdown().await.unwrap();
}

fn part(name: &str, details: Value) -> NewJob {
    let mut part = NewJob::new("part").with_details(details);
    part.details.insert("name".to_owned(), json!(name));
    part
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_by_its_parts_and_once_more_by_those_that_failed() {
    let stand = Stand::memory(1);
    let seen = Part::default();
    let engine = engine(&stand, stand.options.clone(), |builder| builder.with_handler(seen.clone())).await;
    let refused = NewJob { children: vec![NewJob::new("part")], ..NewJob::new("full_server_update") };
    assert_eq!(engine.enqueue(refused).await.unwrap_err().subject(), Some("details.name"));
    assert_eq!(stand.store.jobs(dsm_core::store::JobQuery::default()).await.unwrap().len(), 0);

    let job = NewJob {
        children: vec![
            part("idrac", json!({})),
            part("bios", json!({"fails": true})),
            part("raid", json!({})),
        ],
        on_failure: OnFailure::Stop,
        ..NewJob::new("full_server_update")
    };
    let job = engine.enqueue(job).await.unwrap();
    let row = engine.wait(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Failed);
    assert_eq!(row.details["children"], json!({"completed": 1, "partial": 0, "failed": 1, "cancelled": 1}));
    assert_eq!(*seen.0.lock().unwrap(), ["idrac", "bios"]);
    engine.retry(job).await.unwrap();
    assert_eq!(engine.wait(job).await.unwrap().status, JobStatus::Failed);
    assert_eq!(*seen.0.lock().unwrap(), ["idrac", "bios", "bios"], "what was done stays done");
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_lets_jobs_end_and_gives_the_rest_back_uncounted() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(0));
    let options = EngineOptions { slots: 2, drain_time: Duration::from_secs(2), ..stand.options.clone() };
    let leaving = engine(&stand, options, |builder| builder.with_handler(Gate(gate.clone()))).await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(leaving.enqueue(NewJob::new("gate")).await.unwrap());
    }
    running(&*stand.store, jobs[0]).await;
    running(&*stand.store, jobs[1]).await;
    let (left, ()) = tokio::join!(leaving.shutdown(), async { gate.add_permits(1) });
    left.unwrap();
    let rows = stand.store.jobs(dsm_core::store::JobQuery::default()).await.unwrap();
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    assert_eq!((count(JobStatus::Completed), count(JobStatus::Pending)), (1, 2), "nothing new was begun");
    gate.add_permits(2);
    let next =
        engine(&stand, stand.options.clone(), |builder| builder.with_handler(Gate(gate.clone()))).await;
    for job in &jobs {
        assert_eq!(next.wait(*job).await.unwrap().status, JobStatus::Completed);
        let attempts = stand.store.attempts(*job).await.unwrap();
        assert_eq!(attempts.last().unwrap().number, 1, "what was given back is not counted: {attempts:?}");
    }
    next.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_says_that_it_is_alive_and_what_it_can() {
    let stand = Stand::memory(1);
    let engine = engine(&stand, stand.options.clone(), |builder| builder.with_handler(Panics)).await;
    let row = loop {
        match stand.store.heartbeats().await.unwrap().pop() {
            Some(row) => break row,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(row.executor_id, "dsm");
    for name in ["dsm_guarded_claim", "discovery_scan", "panics"] {
        assert!(row.capabilities.iter().any(|one| one == name), "{name}: {row:?}");
    }
    let age = row.last_seen_at.duration_since(row.startup_time);
    assert!(age.as_secs() >= 0 && age.as_secs() < 3600, "{row:?}");
    engine.shutdown().await.unwrap();
}

/// The next attempt begins while the one before frees its slot: each keeps its own lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attempts_that_follow_at_once_keep_their_leases() {
    let stand = Stand::memory(1);
    let options = EngineOptions { lease_ttl: SHORT, heartbeat: SHORT / 5, ..stand.options.clone() };
    let engine = engine(&stand, options, |builder| builder.with_handler(Restless::default())).await;
    let job = engine.enqueue(NewJob::new("restless")).await.unwrap();
    assert_eq!(engine.wait(job).await.unwrap().status, JobStatus::Completed);
    let attempts = stand.store.attempts(job).await.unwrap();
    let ends: Vec<_> = attempts.iter().map(|one| one.outcome.as_deref()).collect();
    assert_eq!((ends.len(), ends[20]), (21, Some("completed")), "{attempts:?}");
    assert!(ends[..20].iter().all(|end| *end == Some("retry")), "{attempts:?}");
    engine.shutdown().await.unwrap();
}

//! What is measured of dsm, shape by shape. Setting up is a process of its own, so that the database's part in the work
//! can be told apart.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dsm_core::job::NewTask;
use dsm_core::store::{ActivityRow, Store};
use dsm_core::{Ctx, Engine, Handler, JobId, JobRow, JobStatus, NewJob, Result, Verdict};
use jiff::Timestamp;
use serde_json::{Map, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::Outcome;
use crate::measure::{Watch, cpu};
use crate::store::{count, engine, enqueue, open, until};
use crate::task::{Done, Task};

/// The child's side of a measurement: one line of JSON.
pub(crate) async fn child(setup: bool, task: &str) -> Outcome<()> {
    let task: Task = serde_json::from_str(task)?;
    let done = if setup { prepare(&task).await.map(|()| Done::default())? } else { work(&task).await? };
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

async fn prepare(task: &Task) -> Outcome<()> {
    if task.store == "memory" {
        return Ok(());
    }
    fill(open(task).await?, task).await
}

/// What is there before the clock starts.
async fn fill(store: Arc<dyn Store>, task: &Task) -> Outcome<()> {
    let lane = |nth: usize| (task.lanes > 0).then(|| format!("server:{}", nth % task.lanes));
    if matches!(task.shape.as_str(), "burn" | "rows") {
        enqueue(store.as_ref(), "nothing", task.jobs, lane).await?;
    }
    if task.waiting > 0 {
        enqueue(store.as_ref(), "holder", task.waiting, |nth| Some(format!("busy:{}", nth % 2))).await?;
        let holder = engine(store.clone(), &Task { slots: 4, ..task.clone() }, Holder).await?;
        until(|| async { Ok(holder.lock_holders(None).await?.len() >= task.waiting) }).await?;
        holder.shutdown().await?;
    }
    Ok(())
}

async fn work(task: &Task) -> Outcome<Done> {
    let store = open(task).await?;
    if task.store == "memory" {
        fill(store.clone(), task).await?;
    }
    match task.shape.as_str() {
        "burn" => burn(store, task).await,
        "rows" => rows(store, task).await,
        "steady" => steady(store, task).await,
        "latency" => latency(store, task).await,
        "tasks" => tasks(store, task).await,
        "in-flight" => in_flight(store, task).await,
        "executor" => executor(store, task).await,
        other => Err(format!("there is no shape called `{other}`").into()),
    }
}

/// Ends at once, and counts.
struct Nothing(Arc<AtomicUsize>);

#[async_trait]
impl Handler for Nothing {
    const JOB_TYPE: &'static str = "nothing";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _ctx: &Ctx, (): ()) -> Result<Verdict> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Verdict::Done(Map::new()))
    }
}

/// Ends when it is told to stop.
struct Holder;

#[async_trait]
impl Handler for Holder {
    const JOB_TYPE: &'static str = "holder";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        println!("started {}", ctx.job().id);
        ctx.stop().stopped().await;
        Err(dsm_core::Error::new(dsm_core::ErrorKind::Cancelled, "stopped"))
    }
}

/// Says when it was started.
#[derive(Clone, Default)]
struct Stopwatch(Arc<Started>);

#[derive(Default)]
struct Started {
    at: Mutex<HashMap<JobId, Instant>>,
    news: Notify,
}

#[async_trait]
impl Handler for Stopwatch {
    const JOB_TYPE: &'static str = "nothing";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        self.0.at.lock().unwrap_or_else(PoisonError::into_inner).insert(ctx.job().id, Instant::now());
        self.0.news.notify_one();
        Ok(Verdict::Done(Map::new()))
    }
}

impl Stopwatch {
    fn take(&self, job: JobId) -> Option<Instant> {
        self.0.at.lock().unwrap_or_else(PoisonError::into_inner).remove(&job)
    }

    fn started(&self) -> usize {
        self.0.at.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Runs until the end of all jobs is stored, and that is checked afterwards.
async fn burn(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let ran = Arc::new(AtomicUsize::new(0));
    let (watch, cpu_before) = (Watch::start(), cpu());
    let engine = engine(store.clone(), task, Nothing(ran.clone())).await?;
    all_ended(&engine, &ran, task.jobs).await?;
    let cost = watch.stop();
    let cpu_s = (cpu() - cpu_before).as_secs_f64();
    engine.shutdown().await?;
    let mut done =
        Done { wall_s: cost.wall_s, cpu_s, rss_mb: cost.rss_mb, count: task.jobs, ..Done::default() };
    done.expect("handlers run", ran.load(Ordering::Relaxed), task.jobs);
    done.expect("completed", count(store.as_ref(), "nothing", JobStatus::Completed).await?, task.jobs);
    Ok(done)
}

/// A slot is free again only when the end of its job is stored.
async fn all_ended(engine: &Engine, ran: &AtomicUsize, jobs: usize) -> Outcome<()> {
    until(|| async { Ok(ran.load(Ordering::Relaxed) >= jobs && engine.running() == 0) }).await
}

/// Activity rows as the log writes them: a thousand at a time, and a burn beside it where there are jobs.
async fn rows(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let batches: Vec<Arc<[ActivityRow]>> = (0..task.rows.div_ceil(1_000))
        .map(|batch| (0..1_000.min(task.rows - batch * 1_000)).map(activity_row).collect())
        .collect();
    let ran = Arc::new(AtomicUsize::new(0));
    let (watch, cpu_before) = (Watch::start(), cpu());
    let log = store.clone();
    let writing = tokio::spawn(async move {
        let started = Instant::now();
        for rows in batches {
            log.record_activity(rows).await?;
        }
        Result::<f64>::Ok(started.elapsed().as_secs_f64())
    });
    let mut done = Done::default();
    if task.jobs > 0 {
        let engine = engine(store.clone(), task, Nothing(ran.clone())).await?;
        all_ended(&engine, &ran, task.jobs).await?;
        done.wall_s = watch.stop().wall_s;
        done.count = task.jobs;
        engine.shutdown().await?;
    }
    let wrote_in = writing.await??;
    done.facts.insert("rows_per_s".to_owned(), json!(task.rows as f64 / wrote_in));
    if task.jobs == 0 {
        (done.wall_s, done.count) = (wrote_in, task.rows);
    }
    done.cpu_s = (cpu() - cpu_before).as_secs_f64();
    done.rss_mb = watch.stop().rss_mb;
    Ok(done)
}

fn activity_row(nth: usize) -> ActivityRow {
    ActivityRow {
        id: Uuid::now_v7(),
        timestamp: Timestamp::now(),
        server_id: None,
        job_id: None,
        task_id: None,
        command_type: "GET".to_owned(),
        operation_type: "idrac_api".to_owned(),
        endpoint: "/redfish/v1/Systems/System.Embedded.1/Storage/RAID.Integrated.1-1/Drives".to_owned(),
        full_url: format!(
            "https://10.0.{}.{}/redfish/v1/Systems/System.Embedded.1/Storage/RAID.Integrated.1-1/Drives",
            nth / 250,
            nth % 250
        ),
        status_code: Some(200),
        success: true,
        response_time_ms: Some(197),
        error_message: None,
        request_body: None,
        response_body: Some(json!({"error": {"code": "Base.1.12.Success", "message": "x".repeat(200)}})),
        source: "dsm".to_owned(),
        initiated_by: None,
    }
}

/// Jobs that come at a rate, for a time: how long each waits for its start.
async fn steady(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let stopwatch = Stopwatch::default();
    let (watch, cpu_before) = (Watch::start(), cpu());
    let engine = engine(store.clone(), task, stopwatch.clone()).await?;
    let mut came: Vec<(JobId, Instant)> = Vec::new();
    let started = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while started.elapsed() < Duration::from_secs(task.seconds) {
        tick.tick().await;
        let due = (started.elapsed().as_secs_f64() * task.rate) as usize;
        if due > came.len() {
            let at = Instant::now();
            let jobs = vec![NewJob::new("nothing"); due - came.len()];
            came.extend(store.enqueue(jobs).await?.into_iter().map(|added| (added.id(), at)));
        }
    }
    until(|| async { Ok(stopwatch.started() >= came.len() && engine.running() == 0) }).await?;
    let cost = watch.stop();
    let cpu_s = (cpu() - cpu_before).as_secs_f64();
    engine.shutdown().await?;
    let waits = came.iter().filter_map(|(id, at)| Some(stopwatch.take(*id)?.duration_since(*at))).collect();
    let mut done =
        Done { wall_s: cost.wall_s, cpu_s, rss_mb: cost.rss_mb, count: came.len(), ..Done::default() };
    done.expect("completed", count(store.as_ref(), "nothing", JobStatus::Completed).await?, came.len());
    done.latency_ms = Some(spread(waits));
    Ok(done)
}

/// One job at a time, each from its insertion to the start of its handler.
async fn latency(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let stopwatch = Stopwatch::default();
    let engine = engine(store.clone(), task, stopwatch.clone()).await?;
    let other = if task.apart { Some(open(task).await?) } else { None };
    let (watch, cpu_before) = (Watch::start(), cpu());
    let mut waits = Vec::with_capacity(task.jobs);
    for _ in 0..task.jobs {
        let at = Instant::now();
        let id = match &other {
            Some(store) => {
                let added = store.enqueue(vec![NewJob::new("nothing")]).await?;
                added.first().ok_or("nothing was enqueued")?.id()
            }
            None => engine.enqueue(NewJob::new("nothing")).await?,
        };
        let began = loop {
            if let Some(began) = stopwatch.take(id) {
                break began;
            }
            stopwatch.0.news.notified().await;
        };
        waits.push(began.duration_since(at));
        // The next one meets an engine at rest.
        until(|| async { Ok(engine.running() == 0) }).await?;
    }
    let cost = watch.stop();
    let cpu_s = (cpu() - cpu_before).as_secs_f64();
    engine.shutdown().await?;
    let latency_ms = Some(spread(waits));
    Ok(Done { wall_s: cost.wall_s, cpu_s, rss_mb: cost.rss_mb, latency_ms, ..Done::default() })
}

/// Median, 99th percentile, most.
fn spread(mut waits: Vec<Duration>) -> [f64; 3] {
    waits.sort_unstable();
    let at = |share: f64| {
        let place = ((waits.len() as f64 * share) as usize).min(waits.len().saturating_sub(1));
        waits.get(place).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
    };
    [at(0.5), at(0.99), at(1.0)]
}

/// One job of so many tasks.
async fn tasks(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let (watch, cpu_before) = (Watch::start(), cpu());
    let job = NewJob { tasks: vec![NewTask::default(); task.jobs], ..NewJob::new("nothing") };
    let added = store.enqueue(vec![job]).await?;
    let cost = watch.stop();
    let cpu_s = (cpu() - cpu_before).as_secs_f64();
    let id = added.first().ok_or("nothing was enqueued")?.id();
    let mut done =
        Done { wall_s: cost.wall_s, cpu_s, rss_mb: cost.rss_mb, count: task.jobs, ..Done::default() };
    done.expect("tasks", store.tasks(id).await?.len(), task.jobs);
    Ok(done)
}

/// So many jobs at work at once.
async fn in_flight(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    struct Waits(Arc<AtomicUsize>);

    #[async_trait]
    impl Handler for Waits {
        const JOB_TYPE: &'static str = "nothing";
        type Args = ();

        fn decode(&self, _job: &JobRow) -> Result<()> {
            Ok(())
        }

        async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
            self.0.fetch_add(1, Ordering::Relaxed);
            ctx.stop().stopped().await;
            Ok(Verdict::Done(Map::new()))
        }
    }

    enqueue(store.as_ref(), "nothing", task.jobs, |_| None).await?;
    let started = Arc::new(AtomicUsize::new(0));
    let (watch, cpu_before) = (Watch::start(), cpu());
    let task = Task { slots: task.jobs, ..task.clone() };
    let engine = engine(store, &task, Waits(started.clone())).await?;
    until(|| async { Ok(started.load(Ordering::Relaxed) >= task.jobs) }).await?;
    // Through two heartbeats, which carry all their leases.
    tokio::time::sleep(Duration::from_secs(task.seconds)).await;
    let cost = watch.stop();
    let cpu_s = (cpu() - cpu_before).as_secs_f64();
    let mut done =
        Done { wall_s: cost.wall_s, cpu_s, rss_mb: cost.rss_mb, count: task.jobs, ..Done::default() };
    done.expect("at work after two heartbeats", engine.running(), task.jobs);
    engine.shutdown().await?;
    Ok(done)
}

/// An executor that holds what it gets and says what that is, until it is killed.
async fn executor(store: Arc<dyn Store>, task: &Task) -> Outcome<Done> {
    let _engine = engine(store, task, Holder).await?;
    std::future::pending().await
}

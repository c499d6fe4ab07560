//! Other job queues in Rust, each in the set-up its own benchmark or documentation is fastest in. Reads and writes the
//! JSON of dsm-bench-queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_postgres::PostgresStorage;
use futures::stream;
use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, WorkerContext, WorkerOptions,
    WorkerUtils,
};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Deserialize)]
struct Task {
    address: String,
    jobs: usize,
    lanes: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, queue, step, task] = arguments.as_slice() else { return Err("usage: QUEUE setup|work TASK".into()) };
    let task: Task = serde_json::from_str(task)?;
    let pool = PgPoolOptions::new().max_connections(20).connect(&task.address).await?;
    let done = match (queue.as_str(), step.as_str()) {
        ("graphile", "setup") => graphile_setup(&pool, &task).await?,
        ("graphile", _) => graphile_work(&pool, &task).await?,
        ("apalis", "setup") => apalis_setup(&pool, &task).await?,
        ("apalis", _) => apalis_work(&pool, &task).await?,
        (other, _) => return Err(format!("there is no queue called {other}").into()),
    };
    println!("{done}");
    Ok(())
}

fn cpu_s() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() * 1024.0 / 1e6
}

/// Waits for the handlers and then for the table.
async fn ended(ran: &AtomicUsize, task: &Task, pool: &PgPool, left: &'static str) -> Result<(), Failure> {
    while ran.load(Ordering::Relaxed) < task.jobs {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while sqlx::query_scalar::<_, i64>(left).fetch_one(pool).await? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

fn answer(started: Instant, cpu: f64, ran: &AtomicUsize, task: &Task) -> Value {
    let ran = ran.load(Ordering::Relaxed);
    let problems = if ran == task.jobs { vec![] } else { vec![format!("{ran} jobs were run")] };
    json!({
        "wall_s": started.elapsed().as_secs_f64(), "cpu_s": cpu_s() - cpu, "rss_mb": peak_mb(), "count": task.jobs,
        "problems": problems,
    })
}

#[derive(Clone, Debug)]
struct Counter(Arc<AtomicUsize>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Nothing {}

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = "nothing";

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(counter) = ctx.get_ext::<Counter>() {
            counter.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), String>(())
    }
}

async fn graphile_setup(pool: &PgPool, task: &Task) -> Result<Value, Failure> {
    let utils = WorkerUtils::new(pool.clone().into(), "graphile_worker");
    utils.migrate().await?;
    for first in (0..task.jobs).step_by(1_000) {
        let jobs: Vec<RawJobSpec> = (first..task.jobs.min(first + 1_000))
            .map(|nth| RawJobSpec {
                identifier: "nothing".to_owned(),
                payload: json!({}),
                spec: JobSpec {
                    queue_name: (task.lanes > 0).then(|| format!("server:{}", nth % task.lanes)),
                    ..JobSpec::default()
                },
            })
            .collect();
        utils.add_raw_jobs(&jobs).await?;
    }
    Ok(json!({}))
}

async fn graphile_work(pool: &PgPool, task: &Task) -> Result<Value, Failure> {
    let ran = Arc::new(AtomicUsize::new(0));
    let worker = WorkerOptions::default()
        .database(pool.clone())
        .schema("graphile_worker")
        .concurrency(24)
        .poll_interval(Duration::from_millis(5))
        .complete_job_batch_delay(Duration::from_millis(5))
        .local_queue(LocalQueueConfig::default().with_size(500))
        .add_extension(Counter(ran.clone()))
        .define_job::<Nothing>()
        .init()
        .await?;
    let worker = Arc::new(worker);
    let (started, cpu) = (Instant::now(), cpu_s());
    let running = tokio::spawn({
        let worker = worker.clone();
        async move { worker.run().await }
    });
    ended(&ran, task, pool, "SELECT count(*) FROM graphile_worker._private_jobs").await?;
    let done = answer(started, cpu, &ran, task);
    worker.request_shutdown();
    running.await??;
    Ok(done)
}

fn apalis_storage(pool: &PgPool) -> PostgresStorage<usize> {
    PostgresStorage::new(pool).with_config(apalis_postgres::Config::default().queue("nothing").batch_size(500))
}

async fn apalis_setup(pool: &PgPool, task: &Task) -> Result<Value, Failure> {
    PostgresStorage::setup(pool).await?;
    let mut storage = apalis_storage(pool);
    for first in (0..task.jobs).step_by(1_000) {
        let batch = first..task.jobs.min(first + 1_000);
        let mut batch = stream::iter(batch.map(|nth| TaskBuilder::new(nth).build()));
        storage.push_all(&mut batch).await.map_err(|error| error.to_string())?;
    }
    Ok(json!({}))
}

async fn apalis_work(pool: &PgPool, task: &Task) -> Result<Value, Failure> {
    async fn nothing(_: usize, ran: Data<Arc<AtomicUsize>>) -> Result<(), BoxDynError> {
        ran.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let worker =
        WorkerBuilder::new("bench").backend(apalis_storage(pool)).data(ran.clone()).concurrency(500).build(nothing);
    let (started, cpu) = (Instant::now(), cpu_s());
    let left = "SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'";
    tokio::select! {
        outcome = worker.run() => outcome.map_err(|error| error.to_string())?,
        outcome = ended(&ran, task, pool, left) => outcome?,
    }
    Ok(answer(started, cpu, &ran, task))
}

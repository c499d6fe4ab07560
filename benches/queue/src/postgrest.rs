//! The store over PostgREST, measured against the suite's fake on a PostgreSQL of its own: on the existing system's schema
//! as it is, and with our tables and functions beside it. The fake runs in this process and shares its processor time, as
//! no service elsewhere would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use dsm_core::store::{PostgresOptions, PostgresStore, PostgrestOptions, PostgrestStore};
use dsm_core::{Ctx, Handler, JobRow, JobStatus, Result, Verdict};
use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::{EXISTING_FUNCTIONS, EXISTING_SCHEMA, Postgrest, PostgrestOptions as FakeOptions};
use serde_json::{Map, json};

use crate::Outcome;
use crate::measure::{Watch, load};
use crate::store::{count, engine, enqueue, until};
use crate::task::Task;

/// Jobs where none are said.
const JOBS: usize = 5_000;
/// Jobs at work at a time.
const SLOTS: usize = 100;

/// A type that the existing database has a word for.
const JOB_TYPE: &str = "discovery_scan";

/// Ends at once, and counts.
struct Nothing(Arc<AtomicUsize>);

#[async_trait]
impl Handler for Nothing {
    const JOB_TYPE: &'static str = JOB_TYPE;
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _ctx: &Ctx, (): ()) -> Result<Verdict> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Verdict::Done(Map::new()))
    }
}

/// One line of JSON for each of the two schemas and each round.
pub(crate) async fn run(mut arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (mut jobs, mut rounds) = (JOBS, 3);
    while let Some(name) = arguments.next() {
        let value: usize = arguments.next().ok_or_else(|| format!("{name} needs a number"))?.parse()?;
        match name.as_str() {
            "--jobs" => jobs = value,
            "--rounds" => rounds = value,
            _ => return Err(format!("{name} is not known here").into()),
        }
    }
    let server = Postgres::own("", &[])?.ok_or("PostgreSQL is not installed")?;
    for _ in 0..rounds {
        for whole in [false, true] {
            println!("{}", burn(&server, jobs, whole).await?);
        }
    }
    Ok(())
}

/// Jobs that are there, run until their ends are stored.
async fn burn(server: &Postgres, jobs: usize, whole: bool) -> Outcome<serde_json::Value> {
    let database = server.database()?;
    let name = database.rsplit('/').next().unwrap_or_default();
    server.sql(name, EXISTING_SCHEMA)?;
    server.sql(name, EXISTING_FUNCTIONS)?;
    if whole {
        let options = PostgresOptions::default();
        let plan = PostgresStore::plan(&database, &options).await?;
        PostgresStore::apply(&database, &options, &plan).await?;
    }
    let service = Postgrest::start(&database, FakeOptions::default()).await?;
    let store = PostgrestStore::connect(&service.url(), service.key(), PostgrestOptions::default()).await?;
    let store = Arc::new(store);
    enqueue(&*store, JOB_TYPE, jobs, |_| None).await?;
    let before = service.take_journal().len();
    let (ran, load) = (Arc::new(AtomicUsize::new(0)), load());
    let watch = Watch::start();
    let task = Task { slots: SLOTS, ..Task::default() };
    let engine = engine(store.clone(), &task, Nothing(ran.clone())).await?;
    until(|| async { Ok(ran.load(Ordering::Relaxed) >= jobs && engine.running() == 0) }).await?;
    let cost = watch.stop();
    let requests = service.take_journal().len();
    engine.shutdown().await?;
    let completed = count(&*store, JOB_TYPE, JobStatus::Completed).await?;
    if (ran.load(Ordering::Relaxed), completed) != (jobs, jobs) {
        return Err(
            format!("{} ran and {completed} completed, of {jobs}", ran.load(Ordering::Relaxed)).into()
        );
    }
    Ok(json!({
        "schema": if whole { "with our functions" } else { "as it is" },
        "jobs": jobs,
        "slots": SLOTS,
        "wall_s": cost.wall_s,
        "per_s": jobs as f64 / cost.wall_s,
        "requests": requests,
        "requests_to_enqueue": before,
        "load": load,
    }))
}

//! Stores and engines as they are measured: as they come, but for the slots.

use std::sync::Arc;
use std::time::Duration;

use dsm_core::credential::{Cipher, EnvCredentials};
use dsm_core::engine::EngineOptions;
use dsm_core::store::{
    JobQuery, MemoryStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Store,
};
use dsm_core::{Engine, Handler, JobStatus, NewJob};

use crate::Outcome;
use crate::task::Task;

/// Opens the store a task names.
pub(crate) async fn open(task: &Task) -> Outcome<Arc<dyn Store>> {
    Ok(match task.store.as_str() {
        "memory" => Arc::new(MemoryStore::new()),
        "sqlite" => Arc::new(SqliteStore::open(&task.address, SqliteOptions::default())?),
        "postgres" => Arc::new(PostgresStore::connect(&task.address, PostgresOptions::default()).await?),
        other => return Err(format!("there is no store called `{other}`").into()),
    })
}

/// An engine that runs this one handler.
pub(crate) async fn engine<H: Handler>(store: Arc<dyn Store>, task: &Task, handler: H) -> Outcome<Engine> {
    let options = EngineOptions { slots: task.slots.max(1), ..EngineOptions::default() };
    let keys = tempfile::tempdir()?;
    let builder = Engine::builder(store, Arc::new(Cipher::load_or_create(&keys.path().join("key"))?))
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_handler(handler);
    Ok(builder.start().await?)
}

/// Adds so many jobs, a thousand a call; `lane` names what the nth needs for itself.
pub(crate) async fn enqueue(
    store: &dyn Store,
    job_type: &str,
    count: usize,
    lane: impl Fn(usize) -> Option<String>,
) -> Outcome<()> {
    let batch = 1_000;
    for first in (0..count).step_by(batch) {
        let jobs = (first..count.min(first + batch))
            .map(|nth| NewJob { lane: lane(nth), ..NewJob::new(job_type) })
            .collect();
        store.enqueue(jobs).await?;
    }
    Ok(())
}

/// How many jobs of a type have this status.
pub(crate) async fn count(store: &dyn Store, job_type: &str, status: JobStatus) -> Outcome<usize> {
    let query = JobQuery { status: Some(status), job_type: Some(job_type.to_owned()), ..JobQuery::default() };
    Ok(store.jobs(query).await?.len())
}

/// Looks again and again until something holds; what the looking costs is small beside what is measured.
pub(crate) async fn until<F: Future<Output = Outcome<bool>>>(look: impl Fn() -> F) -> Outcome<()> {
    while !look().await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

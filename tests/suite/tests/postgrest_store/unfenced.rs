//! Jobs that change servers, on a store that cannot keep two attempts apart.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::{Cipher, EnvCredentials, KEY_LENGTH};
use dsm_core::engine::EngineOptions;
use dsm_core::store::{Store, server_lane};
use dsm_core::{
    Ctx, Engine, ErrorKind, Handler, JobId, JobRow, JobStatus, NewJob, Result, ServerId, Verdict,
};
use serde_json::Map;
use zeroize::Zeroizing;

use super::{Bench, count};

/// Changes a server.
struct Change;

#[async_trait]
impl Handler for Change {
    const JOB_TYPE: &'static str = "power_action";
    type Args = ServerId;

    fn decode(&self, _job: &JobRow) -> Result<ServerId> {
        Ok(ServerId::new())
    }

    fn lane(&self, server: &ServerId) -> Option<String> {
        Some(server_lane(*server))
    }

    async fn run(&self, _ctx: &Ctx, _server: ServerId) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

async fn engine(store: Arc<dyn Store>, accept_unfenced_changes: bool) -> Engine {
    let options = EngineOptions {
        accept_unfenced_changes,
        poll_interval: Duration::from_millis(50),
        ..EngineOptions::default()
    };
    let builder = Engine::builder(store, Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH]))));
    let builder = builder.with_options(options).with_env_credentials(EnvCredentials::none());
    builder.with_handler(Change).start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_a_server_is_refused_without_fences() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let engine = engine(store.clone(), false).await;
    let error = engine.enqueue(NewJob::new("power_action")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{}", error.chain());
    for part in ["power_action", "install", "accept_unfenced_changes"] {
        assert!(error.chain().contains(part), "{}", error.chain());
    }
    assert_eq!(count(&*store, JobStatus::Pending).await, 0);
    // A row that another program inserted meets the same rule when it runs.
    let id: JobId = bench
        .sql("INSERT INTO jobs (job_type) VALUES ('power_action') RETURNING id")
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let row = engine.wait(id).await.unwrap();
    assert_eq!(row.status, JobStatus::Failed);
    assert!(row.details["error"].as_str().unwrap().contains("fences"), "{:?}", row.details);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_accepts_the_risk_may_run_it() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let engine = engine(store, true).await;
    let id = engine.enqueue(NewJob::new("power_action")).await.unwrap();
    assert_eq!(engine.wait(id).await.unwrap().status, JobStatus::Completed);
    engine.shutdown().await.unwrap();
    assert_eq!(
        bench.sql("SELECT count(*) FROM executor_heartbeats WHERE capabilities::text LIKE '%ttl:%'"),
        "0"
    );
}

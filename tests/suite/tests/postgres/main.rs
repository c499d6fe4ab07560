//! The store on a server, held against a real PostgreSQL.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod away;
mod clock;
mod conformance;
mod crash;
mod existing;
mod model;
mod plans;
mod races;
mod replies;
mod results;
mod scan;
mod schema;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use dsm_core::store::{
    Claim, ClaimedJob, Executor, Outcome, PostgresOptions, PostgresStore, Settlement, Store,
};
use dsm_core::{JobStatus, NewJob};
use dsm_suite::postgres::Postgres;
use uuid::Uuid;

const TTL: Duration = Duration::from_secs(600);

async fn open(address: &str) -> PostgresStore {
    PostgresStore::connect(address, PostgresOptions::default()).await.unwrap()
}

/// A store on a new database of the shared server; `None` where there is no PostgreSQL.
async fn fresh() -> Option<(String, Arc<PostgresStore>)> {
    let address = Postgres::shared()?.database().unwrap();
    let store = open(&address).await;
    Some((address, Arc::new(store)))
}

/// The name of the database at an address.
fn name(address: &str) -> &str {
    address.rsplit('/').next().unwrap()
}

fn executor(id: &str) -> Executor {
    Executor { id: id.into(), incarnation: Uuid::now_v7() }
}

fn claim(executor: &Executor, slots: usize) -> Claim {
    Claim {
        executor: executor.clone(),
        job_types: vec!["discovery_scan".into()],
        gated: Vec::new(),
        slots,
        ttl: TTL,
        limits: dsm_core::store::Limits::default(),
        others: Vec::new(),
    }
}

fn scans(count: usize) -> Vec<NewJob> {
    vec![NewJob::new("discovery_scan"); count]
}

fn completed(won: &ClaimedJob) -> Settlement {
    Settlement {
        lease: won.lease.key,
        outcome: Outcome::End(JobStatus::Completed, None),
        details: serde_json::Map::new(),
        tasks: Vec::new(),
    }
}

async fn count(store: &dyn Store, status: JobStatus) -> usize {
    let query = dsm_core::store::JobQuery { status: Some(status), ..Default::default() };
    store.jobs(query).await.unwrap().len()
}

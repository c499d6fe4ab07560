//! The store over PostgREST, held against a faithful fake over a real PostgreSQL, or against the service that
//! `DSM_TEST_POSTGREST_URL` and `DSM_TEST_POSTGREST_KEY` name.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod away;
mod plain;
mod races;
mod replies;
mod troubles;
mod unfenced;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use dsm_core::store::{
    Claim, ClaimedJob, Executor, JobQuery, Limits, Outcome, PostgresOptions, PostgresStore, PostgrestOptions,
    PostgrestStore, Settlement, Store,
};
use dsm_core::{JobStatus, NewJob};
use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::{EXISTING_FUNCTIONS, EXISTING_SCHEMA, Postgrest, PostgrestOptions as FakeOptions};
use uuid::Uuid;

const TTL: Duration = Duration::from_secs(600);

/// The existing system's database behind its service; `None` where there is no PostgreSQL.
struct Bench {
    server: &'static Postgres,
    database: String,
    service: Postgrest,
}

impl Bench {
    async fn new() -> Option<Self> {
        Self::with(FakeOptions::default()).await
    }

    async fn with(options: FakeOptions) -> Option<Self> {
        let server = Postgres::shared()?;
        let address = server.database().unwrap();
        let database = address.rsplit('/').next().unwrap().to_owned();
        server.sql(&database, EXISTING_SCHEMA).unwrap();
        server.sql(&database, EXISTING_FUNCTIONS).unwrap();
        let service = Postgrest::start(&address, options).await.unwrap();
        Some(Self { server, database, service })
    }

    /// Our own tables and functions, and nothing else.
    async fn own() -> Option<Self> {
        let server = Postgres::shared()?;
        let address = server.database().unwrap();
        let database = address.rsplit('/').next().unwrap().to_owned();
        drop(PostgresStore::connect(&address, PostgresOptions::default()).await.unwrap());
        let service = Postgrest::start(&address, FakeOptions::default()).await.unwrap();
        Some(Self { server, database, service })
    }

    async fn store(&self) -> Arc<PostgrestStore> {
        self.store_with(options()).await
    }

    async fn store_with(&self, options: PostgrestOptions) -> Arc<PostgrestStore> {
        self.store_at(&self.service.url(), options).await
    }

    async fn store_at(&self, url: &str, options: PostgrestOptions) -> Arc<PostgrestStore> {
        Arc::new(PostgrestStore::connect(url, self.service.key(), options).await.unwrap())
    }

    fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.database, sql).unwrap().trim().to_owned()
    }
}

fn options() -> PostgrestOptions {
    let mut options = PostgrestOptions::default();
    options.request_timeout = Duration::from_secs(20);
    options
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
        limits: Limits::default(),
        others: Vec::new(),
    }
}

fn scan() -> NewJob {
    NewJob::new("discovery_scan")
}

fn scans(count: usize) -> Vec<NewJob> {
    vec![scan(); count]
}

fn settlement(won: &ClaimedJob, outcome: Outcome) -> Settlement {
    Settlement { lease: won.lease.key, outcome, details: serde_json::Map::new(), tasks: Vec::new() }
}

fn completed(won: &ClaimedJob) -> Settlement {
    settlement(won, Outcome::End(JobStatus::Completed, None))
}

async fn count(store: &dyn Store, status: JobStatus) -> usize {
    let query = JobQuery { status: Some(status), ..JobQuery::default() };
    store.jobs(query).await.unwrap().len()
}

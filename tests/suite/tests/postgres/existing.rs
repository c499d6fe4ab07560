//! A database that others made: taken over by a plan that is shown first, then held to the trait like any other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::store::conformance::{Factory, Subject, check};
use dsm_core::store::{
    AttemptWrite, ManualClock, PostgresOptions, PostgresStore, SchemaPlan, ServerFields, ServerFinding,
    ServerPatch, StorageClock, Store,
};
use dsm_core::{ErrorKind, Result};
use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::EXISTING_SCHEMA as EXISTING;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::{claim, completed, executor, name, open, scans};

/// The suite enqueues types nobody knows; there a type must be one of its enumeration.
const STRANGERS: &str =
    "ALTER TYPE job_type ADD VALUE 'water_the_plants'; ALTER TYPE job_type ADD VALUE 'of_somebody_else'";

/// Cases about rows of the log that name what is not there: that database refuses such names.
const STRICT_LOG: [&str; 2] =
    ["notes::activity_is_found_by_job_server_and_cursor", "notes::activity_learns_its_server_late_and_once"];

struct Existing {
    server: &'static Postgres,
    address: String,
    made: AtomicU32,
    plan: OnceCell<SchemaPlan>,
}

fn options(schema: &str) -> PostgresOptions {
    let mut options = PostgresOptions::default();
    options.schema = schema.to_owned();
    options.connections = 4;
    options
}

#[async_trait]
impl Factory for Existing {
    async fn fresh(&self) -> Result<Subject> {
        let schema = format!("theirs_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let make = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {EXISTING} {STRANGERS}");
        self.server.sql(name(&self.address), &make).unwrap();
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        let mut options = options(&schema);
        options.clock = StorageClock::Manual(clock.clone());
        // All these schemas are alike, and so are their plans.
        let plan = self.plan.get_or_try_init(|| PostgresStore::plan(&self.address, &options)).await?;
        PostgresStore::apply(&self.address, &options, plan).await?;
        let store = Arc::new(PostgresStore::connect(&self.address, options.clone()).await?);
        let address = self.address.clone();
        let reopen = Box::new(move || {
            let (address, options) = (address.clone(), options.clone());
            Box::pin(async move {
                Ok(Arc::new(PostgresStore::connect(&address, options).await?) as Arc<dyn Store>)
            }) as _
        });
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_but_those_of_its_strict_log() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let report = check(&Existing { server, address, made: AtomicU32::new(0), plan: OnceCell::new() }).await;
    let failed: BTreeSet<&str> = report.failed.iter().map(|(case, _)| *case).collect();
    assert_eq!(failed, BTreeSet::from(STRICT_LOG), "{report}");
    assert!(report.skipped.is_empty(), "{report}");
}

#[tokio::test]
async fn a_plan_is_shown_first_and_adds_only() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let database = name(&address);
    server.sql(database, EXISTING).unwrap();
    let options = PostgresOptions::default();
    let error = PostgresStore::connect(&address, options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{}", error.chain());

    let columns = "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
                   WHERE table_schema IN ('public', 'auth') ORDER BY 1, 2, 3";
    let before = server.sql(database, columns).unwrap();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    assert_eq!(plan.obstacles, [""; 0]);
    let text = plan.to_string();
    assert!(text.contains("ALTER TABLE servers ADD COLUMN IF NOT EXISTS gpu_count bigint;"), "{text}");
    assert!(text.contains("ALTER TABLE servers ALTER COLUMN ip_address DROP NOT NULL;"), "{text}");
    assert!(
        !text.contains("auth.") && !text.contains("DROP TABLE") && !text.contains("DROP COLUMN"),
        "{text}"
    );
    assert_eq!(server.sql(database, columns).unwrap(), before, "a plan changes nothing");

    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    let after = server.sql(database, columns).unwrap();
    let after: BTreeSet<&str> = after.lines().collect();
    assert!(before.lines().all(|column| after.contains(column)), "a column went or changed");
    assert!(
        PostgresStore::plan(&address, &options).await.unwrap().statements.is_empty(),
        "there is nothing left to do"
    );
    let error = PostgresStore::apply(&address, &options, &plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "an old plan: {}", error.chain());
    open(&address).await.now().await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_is_said_and_nothing_done() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    server.sql(name(&address), EXISTING).unwrap();
    server.sql(name(&address), "ALTER TABLE servers ADD COLUMN owner text NOT NULL").unwrap();
    server.sql(name(&address), "ALTER TABLE job_tasks ALTER COLUMN log TYPE jsonb USING log::jsonb").unwrap();
    let options = PostgresOptions::default();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    assert_eq!(plan.obstacles.len(), 2, "{plan}");
    PostgresStore::apply(&address, &options, &plan).await.unwrap_err();
    let ours =
        server.sql(name(&address), "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'dsm%'").unwrap();
    assert_eq!(ours.trim(), "0");
}

#[tokio::test]
async fn words_and_columns_we_do_not_know_stay() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let database = name(&address);
    server.sql(database, EXISTING).unwrap();
    server.sql(database, "ALTER TYPE job_status ADD VALUE 'paused'").unwrap();
    server
        .sql(
            database,
            "INSERT INTO jobs (job_type, status, details) VALUES ('firmware_update', 'paused', '[1]');
             INSERT INTO servers (ip_address, service_tag, datacenter) VALUES ('10.0.0.1', 'AAAA001', 'Hall 3')",
        )
        .unwrap();
    let options = PostgresOptions::default();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    let store = open(&address).await;
    let me = executor("here");
    store.enqueue(scans(1)).await.unwrap();
    let won = store.claim(claim(&me, 9)).await.unwrap().jobs;
    assert_eq!(won.len(), 1);
    let set =
        ServerFields { service_tag: Some("AAAA001".into()), cpu_count: Some(2), ..ServerFields::default() };
    let found = ServerFinding {
        ip_address: [10, 0, 0, 2].into(),
        server_id: None,
        patch: ServerPatch { set, clear: vec![] },
        only_if_empty: vec![],
    };
    let write =
        AttemptWrite { lease: Some(won[0].lease.key), findings: vec![found], ..AttemptWrite::default() };
    store.write(write).await.unwrap();
    store.settle(won.iter().map(completed).collect()).await.unwrap();
    assert_eq!(store.jobs(dsm_core::store::JobQuery::default()).await.unwrap().len(), 2);
    let jobs = server.sql(database, "SELECT status, details FROM jobs ORDER BY status::text").unwrap();
    assert_eq!(jobs.lines().collect::<Vec<_>>(), ["completed|{}", "paused|[1]"]);
    let servers =
        server.sql(database, "SELECT ip_address, datacenter, cpu_count, manufacturer FROM servers").unwrap();
    assert_eq!(servers.trim(), "10.0.0.2|Hall 3|2|Dell");
}

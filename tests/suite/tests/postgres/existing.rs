//! A database that others made: taken over by a plan that is shown first, then held to the trait like any other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::credential::{Cipher, EnvCredentials, Keys, Purpose, ResealOptions, Target};
use dsm_core::store::conformance::{Factory, Subject, check};
use dsm_core::store::{
    AttemptWrite, ManualClock, PauseScope, PostgresOptions, PostgresStore, SchemaPlan, ServerFields,
    ServerFinding, ServerPatch, Settings, SettingsPatch, StorageClock, Store,
};
use dsm_core::{CredentialSetId, Engine, ErrorKind, Result};
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

/// The settings of the existing system where it has them, with the words it has, and where its page was never opened.
#[tokio::test]
async fn the_settings_of_the_existing_system_are_honoured() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let database = name(&address);
    server.sql(database, EXISTING).unwrap();
    server
        .sql(
            database,
            "DROP TABLE IF EXISTS activity_settings;
             CREATE TABLE activity_settings (
                 id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                 log_retention_days integer DEFAULT 30,
                 auto_cleanup_enabled boolean DEFAULT true,
                 last_cleanup_at timestamptz,
                 job_retention_days integer,
                 pause_idrac_operations boolean NOT NULL DEFAULT false,
                 encryption_key text
             )",
        )
        .unwrap();
    let options = PostgresOptions::default();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    let store = open(&address).await;
    assert_eq!(store.settings().await.unwrap(), Settings::default(), "no row yet");
    store.pause(&PauseScope::Idracs, "a new drive", "anna").await.unwrap();
    let paused = "SELECT pause_idrac_operations, log_retention_days FROM activity_settings";
    assert_eq!(server.sql(database, paused).unwrap().trim(), "t|30", "whoever else looks there sees it");
    assert_eq!(store.pauses().await.unwrap().len(), 1);
    let me = executor("here");
    store.enqueue(scans(1)).await.unwrap();
    let mut gated = claim(&me, 9);
    gated.gated = gated.job_types.clone();
    assert_eq!(store.claim(gated.clone()).await.unwrap().jobs.len(), 0);
    server
        .sql(database, "UPDATE activity_settings SET pause_idrac_operations = false, log_retention_days = 7")
        .unwrap();
    assert_eq!(store.claim(gated).await.unwrap().jobs.len(), 1, "it stayed pending, and goes on");
    let now = store.now().await.unwrap();
    let patch = SettingsPatch {
        job_retention_days: Some(14),
        last_cleanup_at: Some(now),
        ..SettingsPatch::default()
    };
    let settings = store.put_settings(patch).await.unwrap();
    assert_eq!((settings.log_retention_days, settings.job_retention_days), (7, 14));
    assert_eq!((settings.last_cleanup_at, settings.job_last_cleanup_at), (Some(now), None));
    assert_eq!(server.sql(database, "SELECT count(*) FROM activity_settings").unwrap().trim(), "1");
}

/// Read where it is, and taken over on demand only: the system that stored it reads no other form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_that_system_stored_open_and_are_converted_on_demand() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let database = name(&address);
    let set = CredentialSetId::new();
    server.sql(database, EXISTING).unwrap();
    server
        .sql(
            database,
            &format!(
                "DELETE FROM activity_settings;
                 INSERT INTO activity_settings (encryption_key) VALUES ('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');
                 INSERT INTO credential_sets (id, name, username, password_encrypted, is_default)
                 VALUES ('{set}', 'theirs', 'root', 'md+L5w3djs6IymPpoTz/YQ==', true)"
            ),
        )
        .unwrap();
    let options = PostgresOptions::default();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(PostgresStore::connect(&address, options).await.unwrap());
    let cipher = Arc::new(Cipher::from_key(Keys::random().unwrap()));
    let engine = Engine::builder(store.clone(), cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .start()
        .await
        .unwrap();
    let stored = async || store.credential_sets().await.unwrap()[0].password_encrypted.clone().unwrap();
    let target = Target::at([10, 0, 0, 1].into());
    let opens = async || {
        let found = engine.fleet().resolver().resolve(&target, Purpose::Idrac).await.unwrap();
        found.secret.expose() == "calvin" && found.set_id == Some(set)
    };
    assert!(opens().await);

    // Another key for our own passwords is nothing to theirs; a dry run changes nothing.
    let done = engine.rotate_key(&Keys::random().unwrap()).await.unwrap();
    assert_eq!((done.old_format, done.resealed, done.unreadable), (1, 0, 0), "{done:?}");
    let plan = engine.reseal(ResealOptions { dry_run: true, convert_old: true }).await.unwrap();
    assert_eq!((plan.old_format, plan.resealed), (1, 0), "{plan:?}");
    assert_eq!(stored().await, "md+L5w3djs6IymPpoTz/YQ==");

    let done = engine.reseal(ResealOptions { dry_run: false, convert_old: true }).await.unwrap();
    assert_eq!((done.old_format, done.resealed, done.replaced_meanwhile), (1, 1, 0), "{done:?}");
    assert!(stored().await.starts_with(&format!("dsm1:{}:", cipher.key_id())));
    assert!(opens().await);
    engine.forget_old_keys().await.unwrap();
    engine.shutdown().await.unwrap();
}

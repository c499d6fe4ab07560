//! With our tables and functions: the whole suite, and one database under executors of both kinds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Report, Subject, check};
use dsm_core::store::{
    Limits, ManualClock, PostgresOptions, PostgresStore, PostgrestStore, Settled, StorageClock, Store,
};
use dsm_core::{JobStatus, NewJob};
use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::{EXISTING_FUNCTIONS, EXISTING_SCHEMA, Postgrest, PostgrestOptions as FakeOptions};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{Bench, claim, completed, count, executor, options, scan, scans};

/// A schema of one database and a service on it for each case.
struct Schemas {
    server: &'static Postgres,
    address: String,
    made: AtomicU32,
    /// Beside the existing system's tables; else from nothing.
    existing: bool,
    plan: OnceCell<dsm_core::store::SchemaPlan>,
}

impl Schemas {
    fn new(existing: bool) -> Option<Self> {
        let server = Postgres::shared()?;
        let address = server.database().unwrap();
        Some(Self { server, address, made: AtomicU32::new(0), existing, plan: OnceCell::new() })
    }

    async fn prepare(&self, schema: &str) -> Result<()> {
        let mut options = PostgresOptions::default();
        options.schema = schema.to_owned();
        if self.existing {
            let database = self.address.rsplit('/').next().unwrap();
            let sql = format!(
                "CREATE SCHEMA \"{schema}\"; SET search_path = \"{schema}\", public; {EXISTING_SCHEMA}"
            );
            self.server.sql(database, &sql).unwrap();
            let plan = self.plan.get_or_try_init(|| PostgresStore::plan(&self.address, &options)).await?;
            PostgresStore::apply(&self.address, &options, plan).await?;
        } else {
            PostgresStore::connect(&self.address, options).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Factory for Schemas {
    async fn fresh(&self) -> Result<Subject> {
        let schema = format!("case_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.prepare(&schema).await?;
        let fake = FakeOptions { schema: schema.clone(), max_rows: Some(60), ..FakeOptions::default() };
        let service = Arc::new(Postgrest::start(&self.address, fake).await.unwrap());
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        let again = clock.clone();
        let open = move || {
            let (service, clock, schema) = (Arc::clone(&service), again.clone(), schema.clone());
            async move {
                let mut options = options();
                options.schema = schema;
                options.clock = StorageClock::Manual(clock);
                let store = PostgrestStore::connect(&service.url(), service.key(), options).await?;
                assert!(store.is_whole());
                Ok(Arc::new(store) as Arc<dyn Store>)
            }
        };
        let store = open().await?;
        let reopen = Box::new(move || Box::pin(open()) as _);
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

async fn report(existing: bool) -> Option<Report> {
    Some(check(&Schemas::new(existing)?).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds() {
    let Some(report) = report(false).await else { return };
    assert!(report.is_ok(), "{report}");
    let skipped: Vec<&str> = report.skipped.iter().map(|(case, _)| *case).collect();
    // Over HTTP nothing proves that a process is dead.
    assert_eq!(skipped, ["ends::a_crash_is_proved_and_its_jobs_released"], "{report}");
}

/// The existing system's database, taken over, behind its service.
pub(super) async fn adopted() -> Option<(Bench, PostgresStore)> {
    let server = Postgres::shared()?;
    let address = server.database().unwrap();
    let database = address.rsplit('/').next().unwrap().to_owned();
    for role in ["anon", "authenticated", "service_role"] {
        // One server for all tests: another one may have been first.
        let _ = server.sql("postgres", &format!("CREATE ROLE {role}"));
    }
    server.sql(&database, EXISTING_SCHEMA).unwrap();
    server.sql(&database, EXISTING_FUNCTIONS).unwrap();
    let plan = PostgresStore::plan(&address, &PostgresOptions::default()).await.unwrap();
    assert_eq!(plan.obstacles, [""; 0]);
    PostgresStore::apply(&address, &PostgresOptions::default(), &plan).await.unwrap();
    let native = PostgresStore::connect(&address, PostgresOptions::default()).await.unwrap();
    let service = Postgrest::start(&address, FakeOptions::default()).await.unwrap();
    Some((Bench { server, database, service }, native))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executors_of_both_kinds_share_a_database() {
    let Some((bench, native)) = adopted().await else { return };
    let store = bench.store().await;
    assert!(store.is_whole());
    let laned = (0..40).map(|n| NewJob { lane: Some(format!("server:{}", n % 4)), ..scan() });
    store.enqueue(laned.chain(scans(40)).collect()).await.unwrap();
    let stores: [Arc<dyn Store>; 3] = [Arc::new(native), store.clone(), bench.store().await];
    let mut executors = tokio::task::JoinSet::new();
    for (n, store) in stores.into_iter().enumerate() {
        executors.spawn(async move {
            let me = executor(&format!("executor {n}"));
            store.register(&me).await.unwrap();
            let (mut won, mut idle) = (Vec::new(), 0);
            while idle < 8 {
                let jobs = store.claim(claim(&me, 5)).await.unwrap().jobs;
                if jobs.is_empty() {
                    idle += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
                idle = 0;
                let settled = store.settle(jobs.iter().map(completed).collect()).await.unwrap();
                assert!(settled.iter().all(|one| *one == Settled::Applied), "{settled:?}");
                won.extend(jobs.into_iter().map(|job| (job.lease.key.fence, job.job.id)));
            }
            won
        });
    }
    let won: Vec<_> = executors.join_all().await.into_iter().flatten().collect();
    let jobs: std::collections::HashSet<_> = won.iter().map(|(_, job)| *job).collect();
    let fences: std::collections::HashSet<_> = won.iter().map(|(fence, _)| *fence).collect();
    assert_eq!((won.len(), jobs.len(), fences.len()), (80, 80, 80));
    assert_eq!(count(&*store, JobStatus::Completed).await, 80);
    assert_eq!(bench.sql("SELECT count(*) FROM dsm_lock"), "0");
}

#[tokio::test]
async fn limits_count_whoever_claims() {
    let Some((bench, native)) = adopted().await else { return };
    let store = bench.store().await;
    store.enqueue(scans(4)).await.unwrap();
    let mut limited = claim(&executor("here"), 9);
    limited.limits = Limits { all: Some(2), ..Limits::default() };
    limited.slots = 1;
    let first = native.claim(limited.clone()).await.unwrap().jobs;
    assert_eq!(first.len(), 1);
    limited.slots = 9;
    let second = store.claim(limited.clone()).await.unwrap().jobs;
    assert_eq!(second.len(), 1, "one place is left, and the others wait for one");
    assert_eq!(native.claim(limited.clone()).await.unwrap().jobs.len(), 0);
    store.settle(vec![completed(&second[0])]).await.unwrap();
    let third = native.claim(limited.clone()).await.unwrap().jobs;
    native.settle(vec![completed(&first[0])]).await.unwrap();
    let fourth = store.claim(limited.clone()).await.unwrap().jobs;
    assert_eq!((third.len(), fourth.len()), (1, 1), "whoever leaves a place");
    assert_eq!(store.claim(limited).await.unwrap().jobs.len(), 0);
    native.settle(third.iter().chain(&fourth).map(completed).collect()).await.unwrap();
    assert_eq!(bench.sql("SELECT count(*) FROM dsm_lock"), "0");
}

#[tokio::test]
async fn nobody_but_the_service_role_may_call_our_functions() {
    let Some((bench, _native)) = adopted().await else { return };
    let may = |role: &str| {
        bench.sql(&format!(
            "SELECT bool_or(has_function_privilege('{role}', p.oid, 'EXECUTE')), bool_and(has_function_privilege('{role}', p.oid, 'EXECUTE'))
             FROM pg_proc p WHERE p.proname LIKE 'dsm\\_%'"
        ))
    };
    assert_eq!(may("service_role"), "t|t");
    for role in ["anon", "authenticated"] {
        assert_eq!(may(role), "f|f", "{role}");
    }
    let unsafe_ones =
        "SELECT count(*) FROM pg_proc WHERE proname LIKE 'dsm\\_%' AND (prosecdef OR proconfig IS NULL)";
    assert_eq!(bench.sql(unsafe_ones), "0", "each runs as its caller, on a path of its own");
    let tables = "SELECT bool_or(has_table_privilege('anon', c.oid, 'SELECT,INSERT,UPDATE,DELETE'))
                  FROM pg_class c WHERE c.relname LIKE 'dsm\\_%' AND c.relkind = 'r'";
    assert_eq!(bench.sql(tables), "f");
}

#[tokio::test]
async fn a_request_is_two_exchanges() {
    let Some((bench, _native)) = adopted().await else { return };
    let store = bench.store().await;
    let me = executor("here");
    store.register(&me).await.unwrap();
    drop(bench.service.take_journal());
    let cost = |what: &str, expected: usize| {
        let journal = bench.service.take_journal();
        assert_eq!(journal.len(), expected, "{what}: {journal:#?}");
    };
    store.enqueue(scans(50)).await.unwrap();
    cost("enqueue", 2);
    let won = store.claim(claim(&me, 50)).await.unwrap().jobs;
    cost("claim", 1);
    let beat = dsm_core::store::Beat {
        executor: me,
        leases: won.iter().map(|one| one.lease.key).collect(),
        ttl: super::TTL,
    };
    assert_eq!(store.renew(beat).await.unwrap().lost.len(), 0);
    cost("renew", 1);
    store.settle(won.iter().map(completed).collect()).await.unwrap();
    cost("settle", 2);
}

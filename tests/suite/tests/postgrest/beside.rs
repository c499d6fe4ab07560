//! An engine beside the existing executor, on its database: it refuses where the other takes jobs without a condition,
//! and where both take them on one, none is lost and none run twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::{Cipher, EnvCredentials, KEY_LENGTH};
use dsm_core::engine::EngineOptions;
use dsm_core::store::{PostgresOptions, PostgresStore};
use dsm_core::{Ctx, Engine, ErrorKind, Handler, JobRow, Result, Verdict};
use dsm_suite::old_executor::{Manner, OldExecutor, Work};
use dsm_suite::postgrest::PostgrestOptions;
use dsm_suite::rest::RestClient;
use serde_json::Map;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Own;

/// Of the engine, of the old executor, and of both.
const TYPES: [&str; 3] = ["health_check", "fetch_event_logs", "console_launch"];

const RECORD: &str =
    "CREATE TABLE soak (place bigint GENERATED ALWAYS AS IDENTITY, job uuid, who text, what text);
                      CREATE INDEX ON soak (job)";

/// What was done, in the order in which it was: one connection, so that what is written first stands first, even of a
/// process that is gone when it arrives.
struct Record(Client);

impl Record {
    async fn open(own: &Own) -> Arc<Self> {
        own.sql(RECORD);
        let (client, connection) =
            tokio_postgres::connect(&own.server.address(&own.database), NoTls).await.unwrap();
        tokio::spawn(connection);
        Arc::new(Self(client))
    }

    async fn stopped(&self, who: &str) {
        self.0.execute("INSERT INTO soak (who, what) VALUES ($1, 'stopped')", &[&who]).await.unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.0.query_one(sql, &[]).await.unwrap().get(0)
    }
}

#[async_trait]
impl Work for Record {
    /// A job whose work was done by somebody who could not say so any more is not done again.
    async fn run(&self, job: &str, who: &str) {
        let job: Uuid = job.parse().unwrap();
        let begin = "INSERT INTO soak (job, who, what)
                     SELECT $1, $2, CASE WHEN EXISTS (SELECT 1 FROM soak WHERE job = $1 AND what = 'done')
                                         THEN 'found' ELSE 'begun' END
                     RETURNING what";
        let row = self.0.query_one(begin, &[&job, &who]).await.unwrap();
        if row.get::<_, String>(0) == "begun" {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.0
                .execute("INSERT INTO soak (job, who, what) VALUES ($1, $2, 'done')", &[&job, &who])
                .await
                .unwrap();
        }
    }
}

macro_rules! handler {
    ($name:ident, $job_type:literal) => {
        struct $name(Arc<Record>, String);

        #[async_trait]
        impl Handler for $name {
            const JOB_TYPE: &'static str = $job_type;
            const WAITS_FOR_IDRACS: bool = false;
            type Args = String;

            fn decode(&self, job: &JobRow) -> Result<String> {
                Ok(job.id.to_string())
            }

            async fn run(&self, _: &Ctx, job: String) -> Result<Verdict> {
                self.0.run(&job, &self.1).await;
                Ok(Verdict::Done(Map::new()))
            }
        }
    };
}

handler!(Health, "health_check");
handler!(Console, "console_launch");

async fn start_engine(address: &str, record: &Arc<Record>, who: &str) -> Engine {
    let store = PostgresStore::connect(address, PostgresOptions::default()).await.unwrap();
    let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
    let options = EngineOptions {
        lease_ttl: Duration::from_secs(3),
        heartbeat: Duration::from_millis(300),
        poll_interval: Duration::from_millis(50),
        max_orphanings: 1000,
        // The third is the other executor's.
        job_types: Some(vec![TYPES[0].to_owned(), TYPES[2].to_owned()]),
        ..EngineOptions::default()
    };
    Engine::builder(Arc::new(store), cipher)
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_executor_id("engine")
        .with_handler(Health(Arc::clone(record), who.to_owned()))
        .with_handler(Console(Arc::clone(record), who.to_owned()))
        .start()
        .await
        .unwrap()
}

async fn adopted() -> Option<Own> {
    let own = Own::start(PostgrestOptions { connections: 4, ..PostgrestOptions::default() }).await?;
    let (address, options) = (own.server.address(&own.database), PostgresOptions::default());
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    Some(own)
}

fn old_executor(own: &Own, record: &Arc<Record>, incarnation: u32, manner: Manner) -> OldExecutor {
    OldExecutor {
        rest: own.client.clone(),
        functions: RestClient::new(&format!("{}/functions/v1", own.fake.url()), "").unwrap(),
        hostname: "old".to_owned(),
        incarnation,
        manner,
        poll: Duration::from_millis(20),
        work: Arc::clone(record) as Arc<dyn Work>,
    }
}

fn guarded() -> Manner {
    let of = |name: &str| vec![name.to_owned()];
    Manner::Guarded { keeps: of(TYPES[1]), shares: of(TYPES[2]) }
}

/// Waits for what must come; a test that waits for ever is ended by whoever runs it.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_one_without_a_condition_the_engine_claims_nothing_and_says_why() {
    let Some(own) = adopted().await else { return };
    let record = Record::open(&own).await;
    let attempts = "SELECT count(*) FROM dsm_attempt";
    let completed = "SELECT count(*) FROM jobs WHERE status = 'completed'";
    let unguarded = tokio::spawn(old_executor(&own, &record, 1, Manner::Unguarded).run());
    until(async || {
        record.count("SELECT count(*) FROM executor_heartbeats WHERE executor_id = 'executor-old'").await == 1
    })
    .await;
    let engine = start_engine(&own.server.address(&own.database), &record, "engine/1").await;
    until(async || engine.standing_back().is_some()).await;
    let refusal = engine.standing_back().unwrap();
    assert_eq!(refusal.kind(), ErrorKind::Busy);
    let text = refusal.chain();
    assert!(text.contains("executor-old") && text.contains("dsm_guarded_claim"), "{text}");

    let later = own
        .sql("INSERT INTO jobs (job_type, schedule_at) VALUES ('health_check', '2999-01-01') RETURNING id");
    let why = engine.why_not(later.trim().parse().unwrap()).await.unwrap();
    assert_eq!(
        why.reasons.iter().map(dsm_core::store::Reason::kind).collect::<Vec<_>>(),
        ["unguarded", "due"]
    );
    own.sql("INSERT INTO jobs (job_type) SELECT 'health_check' FROM generate_series(1, 20)");
    until(async || record.count(completed).await == 20).await;
    assert_eq!(record.count(attempts).await, 0, "the engine touched none");
    assert_eq!(record.count("SELECT count(*) FROM soak WHERE who <> 'old/1'").await, 0);

    // It goes on once the other has its guard.
    unguarded.abort();
    let _ = unguarded.await;
    let guarded = tokio::spawn(old_executor(&own, &record, 2, guarded()).run());
    until(async || engine.standing_back().is_none()).await;
    own.sql("INSERT INTO jobs (job_type) SELECT 'health_check' FROM generate_series(1, 5)");
    until(async || record.count(completed).await == 25).await;
    assert_eq!(record.count(attempts).await, 5);
    guarded.abort();
    engine.shutdown().await.unwrap();
}

/// Which numbers come next (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// One side of the table: what runs now, and how to end it in the middle of whatever it does.
enum Side {
    Engine { runtime: Runtime, engine: Engine, number: u32 },
    Old { task: JoinHandle<()>, number: u32 },
}

struct Table {
    own: Own,
    record: Arc<Record>,
}

impl Table {
    /// A runtime of its own, so that all of it can go at once, as a process does.
    async fn engine(&self, number: u32) -> Side {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (address, record) = (self.own.server.address(&self.own.database), Arc::clone(&self.record));
        let engine = runtime
            .spawn(async move { start_engine(&address, &record, &format!("engine/{number}")).await })
            .await
            .unwrap();
        Side::Engine { runtime, engine, number }
    }

    fn old(&self, number: u32) -> Side {
        Side::Old {
            task: tokio::spawn(old_executor(&self.own, &self.record, number, guarded()).run()),
            number,
        }
    }

    /// Ends one, killed or (an engine, half the time) asked to, and starts the next.
    async fn restart(&self, side: Side, is_asked: bool) -> Side {
        match side {
            Side::Engine { runtime, engine, number } => {
                if is_asked {
                    engine.shutdown().await.unwrap();
                }
                drop(engine);
                tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(60)))
                    .await
                    .unwrap();
                self.record.stopped(&format!("engine/{number}")).await;
                self.engine(number + 1).await
            }
            Side::Old { task, number } => {
                task.abort();
                let _ = task.await;
                self.record.stopped(&format!("old/{number}")).await;
                self.old(number + 1)
            }
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `DSM_SOAK_JOBS=10000 DSM_SOAK_SEED=1 cargo test … soak -- --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soak_none_is_lost_and_none_run_twice() {
    let Some(own) = adopted().await else { return };
    let jobs = i64::try_from(setting("DSM_SOAK_JOBS").unwrap_or(600)).unwrap();
    let seed = setting("DSM_SOAK_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0 | 1);
    println!("soak: {jobs} jobs, DSM_SOAK_SEED={seed}");
    let record = Record::open(&own).await;
    own.sql(&format!(
        "INSERT INTO jobs (job_type) SELECT (ARRAY['{}', '{}', '{}'])[1 + n % 3]::job_type FROM generate_series(1, {jobs}) n",
        TYPES[0], TYPES[1], TYPES[2]
    ));
    let table = Table { own, record };
    let mut sides = [table.engine(1).await, table.old(1)];
    let (mut chance, step, mut restarts) = (Chance(seed), (jobs / 40).max(20), 0);
    let ended = "SELECT count(*) FROM jobs WHERE status NOT IN ('pending', 'running')";
    let mut next = step;
    loop {
        let done = table.record.count(ended).await;
        if done >= jobs {
            break;
        }
        if done >= next {
            next = done + step;
            restarts += 1;
            let [one, other] = sides;
            sides = if chance.next(2) == 0 {
                [table.restart(one, chance.next(2) == 0).await, other]
            } else {
                [one, table.restart(other, false).await]
            };
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for side in sides {
        match side {
            Side::Engine { runtime, engine, .. } => {
                engine.shutdown().await.unwrap();
                drop(engine);
                tokio::task::spawn_blocking(move || drop(runtime)).await.unwrap();
            }
            Side::Old { task, .. } => task.abort(),
        }
    }
    println!("soak: {restarts} restarts");
    assert!(restarts >= 5, "{restarts}");
    let completed = table.record.count("SELECT count(*) FROM jobs WHERE status = 'completed'").await;
    let others = "SELECT to_jsonb(j)::text FROM jobs j WHERE status <> 'completed'";
    let others: Vec<String> =
        table.record.0.query(others, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(completed, jobs, "none lost: {others:#?}");
    let again = judge(&table.record, usize::try_from(jobs).unwrap()).await;
    println!("soak: {again} jobs were begun again after a restart");
}

/// Every job was done once; it was begun anew only after the process that had begun it was gone.
/// How many that were.
async fn judge(record: &Record, jobs: usize) -> usize {
    let rows = record.0.query("SELECT job, who, what FROM soak ORDER BY place", &[]).await.unwrap();
    let (mut gone, mut of_jobs) = (BTreeSet::new(), BTreeMap::<Uuid, (Vec<String>, u32)>::new());
    for row in &rows {
        let (job, who, what): (Option<Uuid>, String, String) = (row.get(0), row.get(1), row.get(2));
        let Some(job) = job else {
            gone.insert(who);
            continue;
        };
        let (begun, done) = of_jobs.entry(job).or_default();
        assert!(!gone.contains(&who), "{who} worked at {job} after its end");
        match what.as_str() {
            "done" => {
                assert_eq!(begun.last(), Some(&who), "{job}");
                *done += 1;
            }
            _ => {
                if let Some(before) = begun.last() {
                    assert!(gone.contains(before), "{job} was begun by {who} while {before} was at it");
                }
                begun.push(who);
            }
        }
    }
    assert_eq!(of_jobs.len(), jobs, "every job was begun");
    let twice: Vec<_> = of_jobs.iter().filter(|(_, (_, done))| *done != 1).collect();
    assert!(twice.is_empty(), "not done once: {twice:?}");
    of_jobs.values().filter(|(begun, _)| begun.len() > 1).count()
}

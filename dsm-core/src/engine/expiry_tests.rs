//! Secrets of ended jobs, on a clock of the test's own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::*;
use crate::credential::{Cipher, EnvCredentials, KEY_LENGTH};
use crate::handler::{Handler, Verdict};
use crate::job::{JobStatus, NewJob};
use crate::store::{
    Claim, Executor, Limits, ManualClock, MemoryStore, Outcome, Settlement, StorageClock, Store,
};

const URL: &str = "https://10.0.0.1/console?tempPassword=planted-7f";

/// Leaves a link that opens once.
struct Console;

#[async_trait]
impl Handler for Console {
    const JOB_TYPE: &'static str = "console_launch";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        ctx.expires(&["console_url", "absent"]);
        let details = [("console_url", json!(URL)), ("message", json!("open it"))];
        Ok(Verdict::Done(details.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
    }
}

struct Stage {
    store: Arc<dyn Store>,
    clock: ManualClock,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        Self { store: Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone()))), clock }
    }

    async fn engine(&self) -> Engine {
        let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
        let engine = Engine::builder(self.store.clone(), cipher);
        engine.with_env_credentials(EnvCredentials::none()).with_handler(Console).start().await.unwrap()
    }

    /// What a reader of the database sees.
    async fn row(&self, job: JobId) -> JobRow {
        let query = JobQuery { ids: vec![job], ..JobQuery::default() };
        self.store.jobs(query).await.unwrap().remove(0)
    }

    async fn promises(&self) -> usize {
        self.store.entries(KIND).await.unwrap().len()
    }

    /// A console whose link nobody has read.
    async fn launched(&self, engine: &Engine, job: NewJob) -> JobId {
        let mut events = engine.events();
        let job = engine.enqueue(job).await.unwrap();
        while !matches!(events.next().await.unwrap().kind, crate::EventKind::Ended { .. }) {}
        job
    }
}

fn console() -> NewJob {
    NewJob::new("console_launch")
}

#[tokio::test]
async fn who_reads_it_first_takes_it_out() {
    let stage = Stage::new();
    let engine = stage.engine().await;
    let job = stage.launched(&engine, console()).await;
    assert_eq!(stage.row(job).await.details["console_url"], URL, "where the existing front end reads it");
    let listed = engine.jobs(JobQuery::default()).await.unwrap().remove(0);
    assert_eq!(listed.details["console_url"], SEALED, "a list takes nothing out");
    let why = engine.why_not(job).await.unwrap();
    assert!(!format!("{why:?} {why}").contains("planted"));

    let read = engine.wait(job).await.unwrap();
    assert_eq!((&read.details["console_url"], &read.details["message"]), (&json!(URL), &json!("open it")));
    assert!(!read.details.contains_key(EXPIRES));
    for row in [engine.job(job).await.unwrap(), stage.row(job).await] {
        assert!(!row.details.contains_key("console_url") && !row.details.contains_key(EXPIRES), "{row:?}");
        assert_eq!(row.details["message"], "open it");
    }
    stage.clock.advance(Duration::from_secs(120));
    engine.inner.expire_due().await.unwrap();
    assert_eq!(stage.promises().await, 0);
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_nobody_reads_goes_on_its_time_whatever_was_restarted() {
    let stage = Stage::new();
    let engine = stage.engine().await;
    let job = stage.launched(&engine, console()).await;
    engine.shutdown().await.unwrap();
    stage.clock.advance(Duration::from_secs(119));
    let engine = stage.engine().await;
    assert!(engine.inner.expire_due().await.unwrap(), "more is to come");
    assert_eq!(stage.row(job).await.details["console_url"], URL);
    stage.clock.advance(Duration::from_secs(1));
    assert!(!engine.inner.expire_due().await.unwrap());
    let left = stage.row(job).await.details;
    assert!(!left.contains_key("console_url") && !left.contains_key(EXPIRES), "{left:?}");
    assert_eq!((left["message"].as_str(), stage.promises().await), (Some("open it"), 0));
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_end_that_comes_late_is_waited_for() {
    let stage = Stage::new();
    let engine = stage.engine().await;
    let job = stage.store.enqueue(vec![NewJob::new("of_somebody_else")]).await.unwrap()[0].id();
    let claim = Claim {
        executor: Executor { id: "slow".to_owned(), incarnation: uuid::Uuid::now_v7() },
        job_types: vec!["of_somebody_else".to_owned()],
        gated: Vec::new(),
        others: Vec::new(),
        limits: Limits::default(),
        slots: 1,
        ttl: Duration::from_secs(3600),
    };
    let lease = stage.store.claim(claim).await.unwrap().jobs.remove(0).lease.key;
    let at = stage.store.now().await.unwrap();
    let keys = vec!["console_url".to_owned()];
    let promise = json!(Expiry { job, keys: keys.clone(), at });
    stage.store.put_entry(KIND, "late", promise, None).await.unwrap();
    engine.inner.expire_due().await.unwrap();
    assert_eq!(stage.promises().await, 1, "the end is still to come");

    let said = json!({"keys": keys, "at": at});
    let details = [("console_url".to_owned(), json!(URL)), (EXPIRES.to_owned(), said)].into_iter().collect();
    let end =
        Settlement { lease, outcome: Outcome::End(JobStatus::Completed, None), details, tasks: Vec::new() };
    stage.store.settle(vec![end]).await.unwrap();
    engine.inner.expire_due().await.unwrap();
    assert_eq!((stage.row(job).await.details.len(), stage.promises().await), (0, 0));
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_promised_to_go_is_never_stored() {
    let stage = Stage::new();
    let engine = stage.engine().await;
    let job = JobId::new();
    // Somebody has the place of the record.
    stage.store.put_entry(KIND, &format!("{job}.1"), json!("taken"), None).await.unwrap();
    stage.launched(&engine, NewJob { id: Some(job), ..console() }).await;
    let row = stage.row(job).await;
    assert_eq!((row.status, row.details["message"].as_str()), (JobStatus::Completed, Some("open it")));
    assert!(!format!("{:?}", row.details).contains("planted"), "{row:?}");
    engine.shutdown().await.unwrap();
}

//! A store that loses requests and answers, answers late, does things twice, or is away: no job is lost, none is told to
//! have ended that has not, and no server is changed twice for one job.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{AttemptWrite, JobQuery, Store};
use dsm_core::{Ctx, Engine, EventKind, Handler, JobId, JobRow, JobStatus, NewJob, Result, Verdict};
use dsm_suite::change::{ChangeServer, RESET, UPLOAD, change, changed_once, fleet, sent};
use dsm_suite::faulty::Faulty;
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::Stand;
use idrac_sim::Fleet;
use serde_json::{Map, json};
use tempfile::TempDir;
use tokio::sync::Notify;

const TTL: Duration = Duration::from_millis(1000);
const SERVERS: usize = 4;

struct Scene {
    fleet: Fleet,
    /// The store without its faults.
    store: Arc<dyn Store>,
    faulty: Arc<Faulty>,
    engine: Engine,
    jobs: BTreeMap<JobId, IpAddr>,
    _folder: TempDir,
}

impl Scene {
    async fn of(network: &str, jobs: usize, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(network, SERVERS).await.unwrap();
        let mut stand = Stand::memory(fleet.port());
        stand.add_set("right", USER, PASSWORD, 1).await.unwrap();
        let store = stand.store.clone();
        let faulty = Arc::new(Faulty::over(store.clone(), seed, TTL + TTL / 4));
        stand.store = faulty.clone();
        let options = EngineOptions {
            slots: 6,
            lease_ttl: TTL,
            heartbeat: TTL / 8,
            poll_interval: Duration::from_millis(30),
            // Leases are lost on purpose here.
            max_orphanings: 1_000_000,
            ..EngineOptions::default()
        };
        let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
            .with_network(NetworkPolicy::default().allow_loopback())
            .with_env_credentials(EnvCredentials::none())
            .with_options(options)
            .with_idrac(stand.idrac.clone())
            .with_handler(ChangeServer { folder: folder.path().to_owned() })
            .start()
            .await
            .unwrap();
        let mut scene = Self { fleet, store, faulty, engine, jobs: BTreeMap::new(), _folder: folder };
        for at in 0..jobs {
            let address = scene.fleet.addresses()[at % SERVERS].ip();
            let job = scene.engine.enqueue(change(address)).await.unwrap();
            scene.jobs.insert(job, address);
        }
        scene
    }

    async fn ended(&self) -> usize {
        let rows = self.store.jobs(JobQuery::default()).await.unwrap();
        rows.iter().filter(|row| row.status.is_terminal()).count()
    }

    async fn until_ended(&self, count: usize) {
        while self.ended().await < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// So many requests have changed servers.
    fn changes(&self) -> usize {
        let journal = self.fleet.journal();
        let addresses = self.fleet.addresses().iter().map(|address| address.ip());
        addresses.flat_map(|address| [UPLOAD, RESET].map(|path| sent(&journal, address, path).done)).sum()
    }

    async fn end(self) {
        self.until_ended(self.jobs.len()).await;
        self.engine.shutdown().await.unwrap();
        for row in self.store.jobs(JobQuery::default()).await.unwrap() {
            assert_eq!(row.status, JobStatus::Completed, "{row:#?}");
            let attempts = self.store.attempts(row.id).await.unwrap();
            let ends = attempts.iter().filter(|one| one.outcome.as_deref() == Some("completed")).count();
            assert_eq!(ends, 1, "{attempts:#?}");
        }
        changed_once(&self.fleet, &self.jobs).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_late_or_done_twice_each_change_is_made_once() {
    let scene = Scene::of("127.51.0.0", 16, 20_261_123).await;
    scene.faulty.set_rate(60);
    scene.until_ended(12).await;
    assert!(scene.faulty.struck() > 10, "{} calls were struck", scene.faulty.struck());
    scene.faulty.set_rate(0);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_for_three_leases_stops_changes_and_nothing_else() {
    let scene = Scene::of("127.51.1.0", 24, 1).await;
    let mut events = scene.engine.events();
    scene.until_ended(3).await;
    scene.faulty.set_away(true);
    let told = tokio::spawn(async move {
        let mut ended = Vec::new();
        while let Some(event) = events.next().await {
            if matches!(event.kind, EventKind::Ended { status, .. } if status.is_terminal()) {
                ended.push(event.job_id);
            }
        }
        ended
    });
    tokio::time::sleep(TTL).await;
    let (changes, ended) = (scene.changes(), scene.ended().await);
    tokio::time::sleep(TTL * 2).await;
    assert_eq!(scene.changes(), changes, "servers were changed without a lease");
    assert_eq!(scene.ended().await, ended);
    assert!(ended < scene.jobs.len(), "all was done before the store was away");
    scene.faulty.set_away(false);
    let (store, count) = (scene.store.clone(), scene.jobs.len());
    scene.end().await;
    // Whatever was told to have ended is on record as such, once.
    let told = told.await.unwrap();
    assert!(!told.is_empty() && told.len() <= count, "{told:?}");
    for id in told {
        let rows = store.jobs(JobQuery { ids: vec![id], ..JobQuery::default() }).await.unwrap();
        assert!(rows[0].status.is_terminal(), "{rows:#?}");
    }
}

/// Writes what it has done once it may, and does not ask to be tried again.
#[derive(Default, Clone)]
struct Writes {
    began: Arc<Notify>,
    may_write: Arc<Notify>,
    failed: Arc<Notify>,
}

#[async_trait]
impl Handler for Writes {
    const JOB_TYPE: &'static str = "writes";
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        if ctx.attempt() == 1 {
            self.began.notify_one();
            self.may_write.notified().await;
        }
        let details = Map::from_iter([("written_by".to_owned(), json!(ctx.attempt()))]);
        let written = ctx.write(AttemptWrite { details, ..AttemptWrite::default() }).await;
        written.inspect_err(|_| self.failed.notify_one())?;
        Ok(Verdict::Done(Map::new()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_whose_write_fails_is_tried_again_once_the_store_is_back() {
    let mut stand = Stand::memory(1);
    let store = stand.store.clone();
    let faulty = Arc::new(Faulty::over(store.clone(), 1, TTL));
    stand.store = faulty.clone();
    let handler = Writes::default();
    let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(EngineOptions { max_orphanings: 1, ..EngineOptions::default() })
        .with_handler(handler.clone())
        .start()
        .await
        .unwrap();
    let job = engine.enqueue(NewJob::new("writes")).await.unwrap();
    let mut events = engine.events();
    handler.began.notified().await;
    faulty.set_away(true);
    handler.may_write.notify_one();
    handler.failed.notified().await;
    // Longer than a few quick tries take, shorter than the lease.
    tokio::time::sleep(TTL * 3).await;
    let row =
        || async { store.jobs(JobQuery { ids: vec![job], ..JobQuery::default() }).await.unwrap().remove(0) };
    assert_eq!(row().await.status, JobStatus::Running);
    faulty.set_away(false);
    let ended = engine.wait(job).await.unwrap();
    assert_eq!((ended.status, &ended.details["written_by"]), (JobStatus::Completed, &json!(2)), "{ended:#?}");
    let attempts = store.attempts(job).await.unwrap();
    let ends: Vec<_> = attempts.iter().map(|one| one.outcome.as_deref()).collect();
    assert_eq!(ends, [Some("retry"), Some("completed")], "{attempts:#?}");
    assert!(attempts[0].error.as_deref().unwrap().contains("it is away"), "{attempts:#?}");
    let mut told = Vec::new();
    while told.last() != Some(&JobStatus::Completed) {
        if let EventKind::Ended { status, .. } = events.next().await.unwrap().kind {
            told.push(status);
        }
    }
    assert_eq!(told, [JobStatus::Pending, JobStatus::Completed]);
    engine.shutdown().await.unwrap();
}

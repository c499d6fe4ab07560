//! Whoever cannot prove any more that he holds a job or a lock changes no server: nothing of it reaches the iDRAC.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::{AuthMode, Client, Credentials, HostFacts, Redfish as _, Request};
use dsm_core::credential::EnvCredentials;
use dsm_core::engine::fleet::About;
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{ActivityQuery, Turn, Wish};
use dsm_core::{
    Ctx, Engine, Error, ErrorKind, Handler, JobRow, JobStatus, NewJob, Result, SystemUptime, Uptime, Verdict,
};
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::Stand;
use idrac_sim::{Effect, FaultRule, Fleet, JournalMode};
use serde_json::{Map, json};
use tokio::sync::Notify;

use super::SMALL;

/// The machine's time, and what a test adds to it.
#[derive(Debug, Default)]
struct Ahead(AtomicU64);

impl Ahead {
    fn add(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Uptime for Ahead {
    fn uptime(&self) -> Duration {
        SystemUptime.uptime() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

async fn fleet(network: &str) -> Fleet {
    let builder = Fleet::builder().network(network, 1).credentials(USER, PASSWORD).size(SMALL);
    builder.journal(JournalMode::Full).start().await.unwrap()
}

/// So many changes have reached the iDRACs.
fn changes(fleet: &Fleet) -> usize {
    fleet.journal().iter().filter(|exchange| exchange.method == "PATCH").count()
}

async fn change(client: &Client) -> Result<()> {
    let request = Request::patch("/redfish/v1/Systems/System.Embedded.1", &json!({"AssetTag": "rack 4"}));
    client.send("SetAssetTag", request).await.map(drop).map_err(Error::from)
}

fn client(fleet: &dsm_core::engine::Fleet, address: std::net::IpAddr) -> Client {
    let client = fleet.client(address, HostFacts::default(), &About::default()).unwrap();
    client.with_credentials(Credentials::new(USER, PASSWORD), AuthMode::Session).unwrap()
}

/// Changes its server again and again, whatever it is told, until it is refused; the second attempt once.
#[derive(Clone)]
struct Stubborn {
    address: std::net::IpAddr,
    /// Goes on in a task that nobody stops, until it was refused so often.
    runs_away: bool,
    changed: Arc<Notify>,
    attempts: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<ErrorKind>>>,
    kept: Arc<Mutex<Option<Client>>>,
}

impl Stubborn {
    async fn go_on(&self, client: &Client, refusals: usize) -> String {
        loop {
            if let Err(error) = change(client).await {
                let mut refused = self.refused.lock().unwrap();
                refused.push(error.kind());
                if refused.len() >= refusals {
                    return error.chain();
                }
            }
            self.changed.notify_one();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[async_trait]
impl Handler for Stubborn {
    const JOB_TYPE: &'static str = "stubborn";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        let client = client(ctx.fleet(), self.address);
        *self.kept.lock().unwrap() = Some(client.clone());
        if self.attempts.fetch_add(1, Ordering::SeqCst) > 0 {
            change(&client).await?;
            return Ok(Verdict::Done(Map::new()));
        }
        if self.runs_away {
            let (this, client) = (self.clone(), client.clone());
            tokio::spawn(async move { this.go_on(&client, RUNAWAY).await });
            std::future::pending::<()>().await;
        }
        // A handler that makes its target's failure its own.
        Ok(Verdict::Failed(Map::new(), self.go_on(&client, 1).await))
    }
}

/// So often a task that runs away is refused before it gives up.
const RUNAWAY: usize = 20;

struct Scene {
    engine: Engine,
    stubborn: Stubborn,
}

async fn scene(stand: &Stand, fleet: &Fleet, uptime: Arc<dyn Uptime>, runs_away: bool) -> Scene {
    let stubborn = Stubborn {
        address: fleet.addresses()[0].ip(),
        runs_away,
        changed: Arc::default(),
        attempts: Arc::default(),
        refused: Arc::default(),
        kept: Arc::default(),
    };
    let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_idrac(stand.idrac.clone())
        .with_activity(stand.activity.clone())
        .with_uptime(uptime)
        .with_handler(stubborn.clone())
        .start()
        .await
        .unwrap();
    Scene { engine, stubborn }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_ran_out_by_our_own_count_lets_nothing_through_and_the_job_goes_on() {
    let fleet = fleet("127.71.0.0").await;
    let mut stand = Stand::memory(fleet.port());
    // The store is quick to answer; the machine was away: no beat comes between the leap and the next change.
    stand.options.heartbeat = Duration::from_secs(60);
    stand.options.lease_ttl = Duration::from_secs(600);
    let ahead = Arc::new(Ahead::default());
    let scene = scene(&stand, &fleet, ahead.clone(), false).await;
    let job = scene.engine.enqueue(NewJob::new("stubborn")).await.unwrap();
    scene.stubborn.changed.notified().await;
    ahead.add(594);
    scene.stubborn.changed.notified().await;
    assert!(
        scene.stubborn.refused.lock().unwrap().is_empty(),
        "six seconds are left, five of them are the margin"
    );
    ahead.add(2);
    let row = scene.engine.wait(job).await.unwrap();
    assert_eq!(
        (row.status, scene.stubborn.attempts.load(Ordering::SeqCst)),
        (JobStatus::Completed, 2),
        "{row:?}"
    );
    assert_eq!(*scene.stubborn.refused.lock().unwrap(), [ErrorKind::LeaseLost]);
    // The activity log and the iDRAC agree on what was sent.
    let rows = stand.store.activity(ActivityQuery::default()).await.unwrap();
    let sent = rows.iter().filter(|row| row.command_type == "PATCH" && row.status_code.is_some()).count();
    assert_eq!((sent, rows.iter().filter(|row| row.is_pending()).count()), (changes(&fleet), 0));

    // A client that outlives its attempt may look, and no more.
    let client = scene.stubborn.kept.lock().unwrap().take().unwrap();
    let before = changes(&fleet);
    assert_eq!(change(&client).await.unwrap_err().kind(), ErrorKind::LeaseLost);
    client.send("Look", Request::get("/redfish/v1/Systems/System.Embedded.1")).await.unwrap();
    assert_eq!(changes(&fleet), before);
    drop(client);
    scene.engine.shutdown().await.unwrap();
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stalls_beyond_the_lease_lets_nothing_through() {
    let fleet = fleet("127.71.1.0").await;
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("dsm.db");
    let mut stand = Stand::sqlite(&file, fleet.port()).unwrap();
    stand.options.lease_ttl = Duration::from_millis(1200);
    stand.options.heartbeat = Duration::from_millis(150);
    // What is sent is on record all the same: in the file.
    stand.activity.spill = Some(folder.path().join("activity"));
    let scene = scene(&stand, &fleet, Arc::new(SystemUptime), true).await;
    let job = scene.engine.enqueue(NewJob::new("stubborn")).await.unwrap();
    scene.stubborn.changed.notified().await;

    // Somebody holds the database: no write gets through, no beat either. The handler is stopped; a task it left behind
    // goes on as if nothing were.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refusals = |least: usize| {
        let refused = scene.stubborn.refused.clone();
        async move {
            while refused.lock().unwrap().len() < least {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    refusals(1).await;
    let then = changes(&fleet);
    refusals(RUNAWAY).await;
    assert!(scene.stubborn.refused.lock().unwrap().iter().all(|kind| *kind == ErrorKind::LeaseLost));
    assert_eq!(changes(&fleet), then, "a change reached the iDRAC after the lease was over");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let row = scene.engine.wait(job).await.unwrap();
    assert_eq!(
        (row.status, scene.stubborn.attempts.load(Ordering::SeqCst)),
        (JobStatus::Completed, 2),
        "{row:?}"
    );
    assert_eq!(changes(&fleet), then + 1, "the second attempt's own");
    drop(scene.stubborn.kept.lock().unwrap().take());
    scene.engine.shutdown().await.unwrap();
    let rows = stand.store.activity(ActivityQuery::default()).await.unwrap();
    let sent = rows.iter().filter(|row| row.command_type == "PATCH" && row.status_code.is_some()).count();
    assert_eq!((sent, rows.iter().filter(|row| row.is_pending()).count()), (then + 1, 0), "nothing is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_changes_what_it_locked_only_while_the_lock_may_stand() {
    let fleet = fleet("127.71.2.0").await;
    let mut stand = Stand::memory(fleet.port());
    stand.options.heartbeat = Duration::from_secs(60);
    stand.options.lease_ttl = Duration::from_secs(600);
    let ahead = Arc::new(Ahead::default());
    let scene = scene(&stand, &fleet, ahead.clone(), false).await;
    let address = fleet.addresses()[0].ip();
    let lock = || scene.engine.lock(vec![Wish::alone("server:1")], "by hand", Turn::Now);

    let held = lock().await.unwrap();
    let mine = client(&scene.engine.fleet().under(&held), address);
    change(&mine).await.unwrap();
    held.release().await.unwrap();
    assert_eq!(change(&mine).await.unwrap_err().kind(), ErrorKind::LeaseLost, "given back");

    let held = lock().await.unwrap();
    let again = client(&scene.engine.fleet().under(&held), address);
    change(&again).await.unwrap();
    ahead.add(596);
    assert_eq!(
        change(&again).await.unwrap_err().kind(),
        ErrorKind::LeaseLost,
        "not beaten for a lease's time"
    );
    drop(held);

    // Without a lock there is nothing to lose; it is on record before it is sent all the same.
    let free = client(scene.engine.fleet(), address);
    change(&free).await.unwrap();
    assert_eq!(changes(&fleet), 3);
    assert!(scene.engine.fleet().activity_stats().announced >= 3);
    drop((mine, again, free));
    scene.engine.shutdown().await.unwrap();
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_put_on_record_is_not_sent_and_reads_go_on() {
    let fleet = fleet("127.71.3.0").await;
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("dsm.db");
    let mut stand = Stand::sqlite(&file, fleet.port()).unwrap();
    stand.activity.spill = Some(folder.path().join("no such folder").join("activity"));
    let scene = scene(&stand, &fleet, Arc::new(SystemUptime), false).await;
    let free = client(scene.engine.fleet(), fleet.addresses()[0].ip());
    change(&free).await.unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = change(&free).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{}", error.chain());
    assert!(error.chain().contains("not sent"), "{}", error.chain());
    free.send("Look", Request::get("/redfish/v1/Systems/System.Embedded.1")).await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    change(&free).await.unwrap();
    assert_eq!(changes(&fleet), 2);
    drop(free);
    scene.engine.shutdown().await.unwrap();
}

const CHILD: &str = "DSM_TEST_FENCE_CHILD";

/// Not a test of its own: what [`a_kill_before_the_end_is_known_leaves_a_row_that_says_so`] starts and kills.
#[tokio::test]
async fn child_that_is_killed() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (file, rest) = told.split_once('|').unwrap();
    let (address, port) = rest.split_once('|').unwrap();
    let stand = Stand::sqlite(std::path::Path::new(file), port.parse().unwrap()).unwrap();
    let engine = stand.engine().await.unwrap();
    let client = client(engine.fleet(), address.parse().unwrap());
    change(&client).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_before_the_end_is_known_leaves_a_row_that_says_so() {
    let slow = FaultRule::new(Effect::Delay { ms: 3_600_000 }).method("PATCH");
    let builder = Fleet::builder().network("127.71.4.0", 1).credentials(USER, PASSWORD).size(SMALL);
    let builder = builder.server(0, move |s| s.faults([slow.clone()]));
    let fleet = builder.journal(JournalMode::Full).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dsm.db");
    let stand = Stand::sqlite(&file, fleet.port()).unwrap();
    let told = format!("{}|{}|{}", file.display(), fleet.addresses()[0].ip(), fleet.port());
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["fence::child_that_is_killed", "--exact"])
        .env(CHILD, told)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pending = async || -> Vec<dsm_core::store::ActivityRow> {
        let rows = stand.store.activity(ActivityQuery::default()).await.unwrap();
        rows.into_iter().filter(dsm_core::store::ActivityRow::is_pending).collect()
    };
    while pending().await.is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().await.unwrap();

    // Whoever starts next sees what may have been done.
    let engine = stand.engine().await.unwrap();
    let rows = pending().await;
    assert_eq!((rows.len(), rows[0].command_type.as_str()), (1, "PATCH"));
    assert!(rows[0].endpoint.ends_with("/Systems/System.Embedded.1") && rows[0].request_body.is_some());
    let says = rows[0].error_message.as_deref().unwrap_or_default();
    assert!(!rows[0].success && says.contains("not known"), "{says}");
    engine.shutdown().await.unwrap();
    assert_eq!(pending().await, rows);
}

//! A database that cannot be reached for three leases, over lines that went dead without a word, and a server that crashes in the
//! middle of it: changes stop before the leases end, nothing is told to be done that is not stored, and all goes on by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{JobQuery, PostgresOptions, PostgresStore, Store};
use dsm_core::{Engine, JobId, JobStatus};
use dsm_suite::change::{ChangeServer, RESET, UPLOAD, change, changed_once, fleet, sent};
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::postgres::Postgres;
use dsm_suite::proxy::Proxy;
use dsm_suite::stand::Stand;
use idrac_sim::Fleet;

use crate::open;

const TTL: Duration = Duration::from_secs(3);
const SERVERS: usize = 4;
const JOBS: usize = 24;

fn changes(fleet: &Fleet) -> usize {
    let journal = fleet.journal();
    let addresses = fleet.addresses().iter().map(|address| address.ip());
    addresses.flat_map(|address| [UPLOAD, RESET].map(|path| sent(&journal, address, path).done)).sum()
}

async fn ended(store: &dyn Store) -> usize {
    let rows = store.jobs(JobQuery::default()).await.unwrap();
    rows.iter().filter(|row| row.status.is_terminal()).count()
}

/// An engine that reaches the database by this address only, and gives up soon.
async fn engine(address: &str, fleet: &Fleet, folder: &std::path::Path) -> Engine {
    let mut options = PostgresOptions::default();
    options.connect_timeout = Duration::from_secs(1);
    options.statement_timeout = Duration::from_secs(1);
    options.outage = Duration::from_secs(1);
    let mut stand = Stand::memory(fleet.port());
    stand.store = Arc::new(PostgresStore::connect(address, options).await.unwrap());
    stand.add_set("right", USER, PASSWORD, 1).await.unwrap();
    let options = EngineOptions {
        slots: 2,
        lease_ttl: TTL,
        heartbeat: TTL / 8,
        poll_interval: Duration::from_millis(50),
        max_orphanings: 1_000_000,
        ..EngineOptions::default()
    };
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_idrac(stand.idrac.clone())
        .with_handler(ChangeServer { folder: folder.to_owned() })
        .start()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_goes_dead_for_three_leases_and_a_crash_of_the_server() {
    let Some(server) = Postgres::own("", &[]).unwrap() else { return };
    let address = server.database().unwrap();
    let direct = open(&address).await;
    let proxy = Proxy::start(server.port()).await.unwrap();
    let through = address.replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let (fleet, folder) = (fleet("127.52.0.0", SERVERS).await.unwrap(), tempfile::tempdir().unwrap());
    let engine = engine(&through, &fleet, folder.path()).await;
    let mut jobs: BTreeMap<JobId, IpAddr> = BTreeMap::new();
    for at in 0..JOBS {
        let address = fleet.addresses()[at % SERVERS].ip();
        jobs.insert(engine.enqueue(change(address)).await.unwrap(), address);
    }
    while ended(&direct).await < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    proxy.freeze();
    tokio::time::sleep(TTL).await;
    let (changed, done) = (changes(&fleet), ended(&direct).await);
    assert!(done < JOBS, "all was done before the line went dead");
    tokio::time::sleep(TTL * 2).await;
    assert_eq!(changes(&fleet), changed, "servers were changed without a lease");
    assert_eq!(ended(&direct).await, done, "jobs ended that nobody could have stored");
    proxy.thaw();

    while ended(&direct).await < done + 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.restart().unwrap();
    while ended(&direct).await < JOBS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    engine.shutdown().await.unwrap();
    for row in direct.jobs(JobQuery::default()).await.unwrap() {
        assert_eq!(row.status, JobStatus::Completed, "{row:#?}");
    }
    changed_once(&fleet, &jobs).await.unwrap();
}

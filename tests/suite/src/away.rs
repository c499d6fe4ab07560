//! A database that cannot be reached for three leases, over lines that went dead without a word, and once more trouble in the
//! middle of it: changes stop before the leases end, nothing is told to be done that is not stored, and all goes on by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{JobQuery, Store};
use dsm_core::{Engine, JobId, JobStatus};
use idrac_sim::Fleet;

use crate::Failure;
use crate::change::{ChangeServer, RESET, UPLOAD, change, changed_once, fleet, sent};
use crate::inventory::{PASSWORD, USER};
use crate::proxy::Proxy;
use crate::stand::Stand;

const TTL: Duration = Duration::from_secs(3);
const SERVERS: usize = 4;
const JOBS: usize = 24;

/// How long a client may wait on such a line: less than a beat or two.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Runs changes over `through`, whose every line goes by the proxy, and looks by `direct`. `trouble` comes once all is well
/// again.
///
/// # Errors
/// What did not hold.
pub async fn outlive(
    through: Arc<dyn Store>,
    direct: &dyn Store,
    proxy: &Proxy,
    network: &str,
    trouble: impl FnOnce(),
) -> Result<(), Failure> {
    let (fleet, folder) = (fleet(network, SERVERS).await?, tempfile::tempdir()?);
    let engine = engine(through, &fleet, folder.path()).await?;
    let mut jobs: BTreeMap<JobId, IpAddr> = BTreeMap::new();
    for at in 0..JOBS {
        let address = fleet.addresses()[at % SERVERS].ip();
        jobs.insert(engine.enqueue(change(address)).await?, address);
    }
    until_ended(direct, 2).await?;

    proxy.freeze();
    tokio::time::sleep(TTL).await;
    let (changed, done) = (changes(&fleet), ended(direct).await?);
    same("all was done before the line went dead", done < JOBS, true)?;
    tokio::time::sleep(TTL * 2).await;
    same("servers were changed without a lease", changes(&fleet), changed)?;
    same("jobs ended that nobody could have stored", ended(direct).await?, done)?;
    proxy.thaw();

    until_ended(direct, done + 2).await?;
    trouble();
    until_ended(direct, JOBS).await?;
    engine.shutdown().await?;
    for row in direct.jobs(JobQuery::default()).await? {
        same(&format!("{row:#?}"), row.status, JobStatus::Completed)?;
    }
    Ok(changed_once(&fleet, &jobs).await?)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}").into()) }
}

fn changes(fleet: &Fleet) -> usize {
    let journal = fleet.journal();
    let addresses = fleet.addresses().iter().map(|address| address.ip());
    addresses.flat_map(|address| [UPLOAD, RESET].map(|path| sent(&journal, address, path).done)).sum()
}

async fn ended(store: &dyn Store) -> Result<usize, Failure> {
    let rows = store.jobs(JobQuery::default()).await?;
    Ok(rows.iter().filter(|row| row.status.is_terminal()).count())
}

async fn until_ended(store: &dyn Store, jobs: usize) -> Result<(), Failure> {
    while ended(store).await? < jobs {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn engine(store: Arc<dyn Store>, fleet: &Fleet, folder: &Path) -> Result<Engine, Failure> {
    let mut stand = Stand::memory(fleet.port());
    stand.store = store;
    stand.add_set("right", USER, PASSWORD, 1).await?;
    let options = EngineOptions {
        slots: 2,
        lease_ttl: TTL,
        heartbeat: TTL / 8,
        poll_interval: Duration::from_millis(50),
        max_orphanings: 1_000_000,
        ..EngineOptions::default()
    };
    let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_idrac(stand.idrac.clone())
        .with_handler(ChangeServer { folder: folder.to_owned() })
        .start()
        .await?;
    Ok(engine)
}

//! Ours, put together as an operator's program would: an engine on an SQLite file, certificates trusted on first use
//! and remembered, sessions noted, every exchange in the activity log.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use dell_redfish::flow::inventory::{self, Inventory, InventoryOptions};
use dell_redfish::{AuthMode, Credentials, HostFacts};
use dsm_core::credential::{Cipher, EnvCredentials, Place, Secret, key_path_beside};
use dsm_core::engine::fleet::About;
use dsm_core::engine::{Fleet, IdracOptions, ScanOptions};
use dsm_core::network::NetworkPolicy;
use dsm_core::store::sqlite::{SqliteOptions, SqliteStore};
use dsm_core::store::{ActivityQuery, CredentialSetRow, ServerQuery, Store};
use dsm_core::{CredentialSetId, Engine, JobStatus, NewJob};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::quiet::Quiet;
use crate::Outcome;
use crate::measure::{Watch, thread_cpu_s};
use crate::task::{Done, Task};

pub(super) async fn engine(task: &Task, file: &Path) -> Outcome<Engine> {
    let cipher = Arc::new(Cipher::load_or_create(&key_path_beside(file))?);
    let mut store: Arc<dyn Store> = Arc::new(SqliteStore::open(file, SqliteOptions::default())?);
    let id = CredentialSetId::new();
    let sealed = cipher.seal(&Secret::new(task.password.as_str()), Place::CredentialSet(id))?;
    let set = CredentialSetRow {
        id,
        name: "bench".to_owned(),
        credential_type: "idrac".to_owned(),
        username: task.user.clone(),
        password_encrypted: Some(sealed.into_string()),
        is_default: true,
        priority: 10,
        description: None,
    };
    store.put_credential_set(set).await?;
    if task.no_activity {
        store = Arc::new(Quiet(store));
    }
    let standard = ScanOptions::default();
    let or = |wish: usize, standard: usize| if wish == 0 { standard } else { wish };
    let scan = ScanOptions {
        connect_width: or(task.width, standard.connect_width),
        idrac_width: or(task.idracs, standard.idrac_width),
        connect_rate: if task.rate == 0 { standard.connect_rate } else { task.rate },
        connect_burst: if task.burst == 0 { standard.connect_burst } else { task.burst },
        ..standard
    };
    let standard = IdracOptions::default();
    let idrac =
        IdracOptions { port: task.port, concurrency: or(task.per_idrac, standard.concurrency), ..standard };
    Ok(Engine::builder(store, cipher)
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::default())
        .with_idrac(idrac)
        .with_scan(scan)
        .start()
        .await?)
}

/// Full inventory of every address: `Fleet::client`, session, `flow::inventory`, logout; the engine's shutdown (which
/// writes the rest of the activity log) is in the time.
pub(super) async fn inventory(task: Task) -> Outcome<Done> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bench.db");
    let engine = engine(&task, &file).await?;
    let credentials = Credentials::new(&task.user, &task.password);
    let slots = Arc::new(Semaphore::new(task.idracs.max(1)));
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for address in task.addresses() {
        let (fleet, slots, credentials) = (engine.fleet().clone(), slots.clone(), credentials.clone());
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await?;
            read(&fleet, address, credentials).await
        });
    }
    let (mut servers, mut problems) = (0, HashSet::new());
    while let Some(joined) = tasks.join_next().await {
        match joined?? {
            None => servers += 1,
            Some(problem) => {
                problems.insert(problem);
            }
        }
    }
    let store = engine.store().clone();
    engine.shutdown().await?;
    let mut done = Done::new(watch.stop(), servers);
    done.problems.extend(problems.into_iter().take(3));
    done.expect("servers read", servers, task.alive);
    checks(&mut done, store.as_ref()).await?;
    Ok(done)
}

/// Nothing when all is there, or what is missing. The inventory is dropped as soon as it is read.
async fn read(fleet: &Fleet, address: std::net::IpAddr, who: Credentials) -> Outcome<Option<String>> {
    let client = fleet.client(address, HostFacts::default(), &About::default())?;
    let client = client.with_credentials(who, AuthMode::Auto)?;
    let read = inventory::inventory(&client, InventoryOptions::default()).await;
    client.close().await;
    Ok(missing(&read?))
}

/// Compares with the tree the benchmark is defined on.
fn missing(read: &Inventory) -> Option<String> {
    if let Some(failure) = read.failures.first() {
        return Some(format!("{}: {}", failure.path, failure.error));
    }
    let counts = [
        ("memory", read.memory.len(), 16),
        ("storage", read.storage.len(), 2),
        ("drives", read.drives.len(), 12),
        ("volumes", read.volumes.len(), 2),
        ("adapters", read.adapters.len(), 4),
        ("ports", read.ports.len(), 8),
        ("functions", read.functions.len(), 8),
        ("firmware", read.firmware.len(), 40),
        ("GPUs", read.gpus().count(), 2),
        ("bios", usize::from(read.bios.is_some()), 1),
        ("manager", usize::from(read.manager.is_some()), 1),
    ];
    let wrong = counts.iter().find(|(_, found, wanted)| found < wanted)?;
    Some(format!("{}: {} instead of {}", wrong.0, wrong.1, wrong.2))
}

/// `discovery_scan` from `enqueue` to the end of the job, its activity rows written.
pub(super) async fn scan(task: Task) -> Outcome<Done> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bench.db");
    let engine = engine(&task, &file).await?;
    let (first, last) = (task.addresses().first().copied(), task.addresses().last().copied());
    let range = format!("{}-{}", first.ok_or("no addresses")?, last.ok_or("no addresses")?);
    let job = NewJob {
        job_type: "discovery_scan".to_owned(),
        target_scope: json!({"ip_range": range}),
        details: json!({"fetch_options": {"inventory": task.inventory}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..NewJob::default()
    };
    let watch = Watch::start();
    let id = engine.enqueue(job).await?;
    let row = engine.wait(id).await?;
    let mut cost = watch.stop();
    let (store, fleet) = (engine.store().clone(), engine.fleet().clone());
    engine.shutdown().await?;
    // What it costs to stop belongs to the process, but not to the job.
    cost.cpu_s = watch.stop().cpu_s;
    let writer_s = thread_cpu_s("dsm-store-write");
    let servers = store.servers(ServerQuery::default()).await?;
    let mut done = Done::new(cost, servers.len());
    done.fact("store_writer_cpu_s", writer_s);
    done.fact("activity_rows_told_their_server_late", fleet.activity_stats().attributed);
    if row.status != JobStatus::Completed || row.details.get("partial").is_some() {
        done.problems.push(format!("the job ended as {}: {:?}", row.status, row.details.get("error")));
    }
    let tags: HashSet<_> = servers.iter().filter_map(|server| server.fields.service_tag.clone()).collect();
    let places: HashSet<_> = servers.iter().filter_map(|server| server.fields.ip_address).collect();
    done.expect("rows in servers", servers.len(), task.alive);
    done.expect("service tags", tags.len(), task.alive);
    done.expect("addresses", places.len(), task.alive);
    if task.inventory {
        let mut whole = 0;
        for server in &servers {
            let rows = store.inventory(server.id).await?;
            whole += usize::from(rows.drives.len() == 12 && rows.memory.len() == 16);
        }
        done.expect("whole inventories", whole, task.alive);
    }
    checks(&mut done, store.as_ref()).await?;
    Ok(done)
}

pub(super) async fn checks(done: &mut Done, store: &dyn Store) -> Outcome<()> {
    done.fact("activity_rows", store.activity(ActivityQuery::default()).await?.len());
    done.expect("sessions noted and not deleted", store.sessions().await?.len(), 0);
    Ok(())
}

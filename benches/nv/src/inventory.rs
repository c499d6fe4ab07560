//! The peer to beat: a full inventory with `nv-redfish`, Basic on every request (its sessions would cost two more).

use std::net::IpAddr;
use std::sync::Arc;

use nv_redfish::ServiceRoot;
use nv_redfish::bmc_http::reqwest::{Client, ClientParams};
use nv_redfish::bmc_http::{BmcCredentials, CacheSettings, HttpBmc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::Outcome;
use crate::measure::Watch;
use crate::task::{Done, Task};

/// Parts read of one server.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Parts {
    processors: usize,
    memory: usize,
    storage: usize,
    drives: usize,
    volumes: usize,
    adapters: usize,
    ports: usize,
    functions: usize,
    firmware: usize,
}

async fn read(client: Client, address: IpAddr, task: &Task) -> Outcome<Parts> {
    let url = Url::parse(&format!("https://{address}:{}", task.port))?;
    let credentials = BmcCredentials::new(task.user.clone(), task.password.clone());
    let bmc = Arc::new(HttpBmc::new(client, url, credentials, CacheSettings::default()));
    let root = ServiceRoot::new(bmc).await?;
    let mut parts = Parts::default();
    let systems = root.systems().await?.ok_or("no systems")?;
    for system in systems.members().await? {
        system.bios().await?;
        parts.processors += system.processors().await?.unwrap_or_default().len();
        parts.memory += system.memory_modules().await?.unwrap_or_default().len();
        for storage in system.storage_controllers().await?.unwrap_or_default() {
            parts.storage += 1;
            parts.drives += storage.drives().await?.unwrap_or_default().len();
            if let Some(volumes) = storage.volumes() {
                parts.volumes += volumes.members().await?.len();
            }
        }
    }
    for chassis in root.chassis().await?.ok_or("no chassis")?.members().await? {
        // Power and Thermal of the older schema hold what PowerSubsystem and ThermalSubsystem would say again.
        chassis.power().await?;
        chassis.thermal().await?;
        for adapter in chassis.network_adapters().await?.unwrap_or_default() {
            parts.adapters += 1;
            if let Some(ports) = adapter.ports().await? {
                parts.ports += ports.members().await?.len();
            }
            if let Some(functions) = adapter.network_device_functions().await? {
                parts.functions += functions.members().await?.len();
            }
        }
    }
    for manager in root.managers().await?.ok_or("no managers")?.members().await? {
        let _ = manager.raw();
    }
    let updates = root.update_service().await?.ok_or("no update service")?;
    parts.firmware = updates.firmware_inventories().await?.unwrap_or_default().len();
    Ok(parts)
}

/// Full inventory of every address; `idracs` at a time, one request at a time to each (its calls are sequential).
pub(crate) async fn inventory(task: Task) -> Outcome<Done> {
    // Generous: reqwest's own time-out of this client would otherwise end requests that wait for the simulator.
    let client = Client::with_params(ClientParams::new().accept_invalid_certs(true))?;
    let task = Arc::new(task);
    let slots = Arc::new(Semaphore::new(task.idracs.max(1)));
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for address in task.addresses() {
        let (client, task, slots) = (client.clone(), task.clone(), slots.clone());
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await?;
            read(client, address, &task).await
        });
    }
    let mut servers = 0;
    let mut seen = Parts::default();
    while let Some(joined) = tasks.join_next().await {
        seen = joined??;
        servers += 1;
    }
    let mut done = Done::new(watch.stop(), servers);
    done.expect("servers read", servers, task.alive);
    done.fact("parts", format!("{seen:?}"));
    Ok(done)
}

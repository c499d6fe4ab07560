//! A fleet whose servers are known: one job over all of them, from `enqueue` to its end, its activity rows written.

use std::path::Path;
use std::sync::Arc;

use dsm_core::store::{ServerFields, ServerPatch, ServerQuery, ServerRow, Store};
use dsm_core::{JobStatus, NewJob, ServerId};
use serde_json::json;

use super::ours::{checks, engine};
use crate::Outcome;
use crate::measure::Watch;
use crate::task::{Done, Task};

/// `health_check` of every server of the table.
pub(super) async fn health(task: Task) -> Outcome<Done> {
    let job = NewJob::new("health_check").with_details(json!({"all": true}));
    let folder = tempfile::tempdir()?;
    let (mut done, store) = run(&task, folder.path(), |_| job).await?;
    let servers = store.servers(ServerQuery::default()).await?;
    let checked = |row: &&ServerRow| row.fields.overall_health.as_deref() == Some("OK");
    done.expect("servers whose health is known and good", servers.iter().filter(checked).count(), task.alive);
    let mut rows = 0;
    for server in &servers {
        rows += usize::from(store.inventory(server.id).await?.health.is_some());
    }
    done.expect("rows of health", rows, task.alive);
    checks(&mut done, store.as_ref()).await?;
    Ok(done)
}

/// `discovery_scan` of every server by its id, with all there is to read.
pub(super) async fn refresh(task: Task) -> Outcome<Done> {
    let job = |ids: &[ServerId]| NewJob::new("discovery_scan").with_scope(json!({"server_ids": ids}));
    let folder = tempfile::tempdir()?;
    let (mut done, store) = run(&task, folder.path(), job).await?;
    let mut whole = 0;
    for server in store.servers(ServerQuery::default()).await? {
        let rows = store.inventory(server.id).await?;
        whole += usize::from(rows.drives.len() == 12 && rows.memory.len() == 16);
    }
    done.expect("whole inventories", whole, task.alive);
    checks(&mut done, store.as_ref()).await?;
    Ok(done)
}

/// The table is filled by hand, as by somebody who typed the addresses in: no scan is in the process's costs.
async fn run(
    task: &Task,
    folder: &Path,
    job: impl FnOnce(&[ServerId]) -> NewJob,
) -> Outcome<(Done, Arc<dyn Store>)> {
    let engine = engine(task, &folder.join("bench.db")).await?;
    let known: Vec<(ServerId, ServerPatch)> = task
        .addresses()
        .into_iter()
        .map(|address| {
            let set = ServerFields { ip_address: Some(address), ..ServerFields::default() };
            (ServerId::new(), ServerPatch { set, clear: Vec::new() })
        })
        .collect();
    let ids: Vec<ServerId> = known.iter().map(|(id, _)| *id).collect();
    engine.store().put_servers(known).await?;
    let watch = Watch::start();
    let id = engine.enqueue(job(&ids)).await?;
    let row = engine.wait(id).await?;
    let mut cost = watch.stop();
    let store = engine.store().clone();
    engine.shutdown().await?;
    // What it costs to stop belongs to the process, but not to the job.
    cost.cpu_s = watch.stop().cpu_s;
    let mut done = Done::new(cost, ids.len());
    if row.status != JobStatus::Completed || row.details.get("partial").is_some() {
        done.problems.push(format!("the job ended as {}: {:?}", row.status, row.details.get("error")));
    }
    Ok((done, store))
}

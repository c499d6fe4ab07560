//! Runs jobs of type `change_server` until none is left: what the kill suite kills.
//!
//! `change-servers <name> <file, postgres:// or http:// address> <port> <folder>`; leases last half a second, at a service five. The key to a
//! service is in `SERVICE_ROLE_KEY`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::network::NetworkPolicy;
use dsm_core::store::JobQuery;
use dsm_core::{Engine, JobStatus};
use dsm_suite::Failure;
use dsm_suite::change::ChangeServer;
use dsm_suite::stand::Stand;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("change-servers: {error}\n");
            // Nobody is left to tell when standard error is closed.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, store, port, folder] = words.as_slice() else {
        return Err("usage: change-servers <name> <store> <port> <folder>".into());
    };
    let role = std::env::var("SERVICE_ROLE_KEY").unwrap_or_default();
    let stand = Stand::at(store, &role, port.parse()?).await?;
    // A beat by a service that shares a busy machine may take longer than half a second.
    let lease_ttl = Duration::from_millis(if store.starts_with("http://") { 5_000 } else { 500 });
    let options = EngineOptions {
        slots: 6,
        lease_ttl,
        heartbeat: lease_ttl / 5,
        poll_interval: Duration::from_millis(50),
        // Being killed on purpose is no sign of a job that kills.
        max_orphanings: 1_000_000,
        ..EngineOptions::default()
    };
    let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_idrac(stand.idrac.clone())
        .with_executor_id(name)
        .with_handler(ChangeServer { folder: Path::new(folder).to_owned() })
        .start()
        .await?;
    for status in [JobStatus::Pending, JobStatus::Running] {
        let open = || JobQuery { status: Some(status), limit: Some(1), ..JobQuery::default() };
        while !stand.store.jobs(open()).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    engine.shutdown().await?;
    Ok(())
}

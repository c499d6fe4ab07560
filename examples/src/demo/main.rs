//! The main job, end to end: a simulated fleet of 254 iDRACs is scanned into `dsm.db`, with everything that goes
//! wrong in a real one: dead addresses, other credentials, a slow iDRAC, a device that is no Dell. Then what comes next for
//! the fleet just found: its health, a plan for its BIOS and one for its firmware.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod fleet;
mod live;
mod plans;
mod store;
mod summary;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use dsm_core::engine::IdracOptions;
use dsm_core::network::NetworkPolicy;
use dsm_core::{Engine, JobStatus, NewJob};
use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            let mut cause = error.source();
            while let Some(below) = cause {
                eprintln!("  because: {below}");
                cause = below.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let started = Instant::now();
    let simulated = fleet::start().await?;
    println!(
        "A simulated fleet of {} addresses (idrac-sim) answers on {}, port {}.",
        fleet::COUNT,
        fleet::NETWORK,
        simulated.port()
    );
    let (path, store, cipher) = store::open().await?;
    store::add_credentials(store.as_ref(), &cipher).await?;
    println!("Scanning it into {} with two credential sets.\n", path.display());

    let engine = Engine::builder(store.clone(), cipher)
        // Private networks are the default; a simulator on loopback has to be allowed by name.
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_idrac(IdracOptions { port: simulated.port(), ..IdracOptions::default() })
        .start()
        .await?;
    let job = NewJob::new("discovery_scan").with_scope(json!({"ip_range": fleet::NETWORK}));
    let mut events = engine.events();
    let job = engine.enqueue(job).await?;
    let shown = live::Live::new(fleet::COUNT as u64);
    let watch = async {
        while let Some(event) = events.next().await {
            if event.job_id == job && shown.show(&event) {
                break;
            }
        }
    };
    tokio::select! {
        () = watch => {}
        _ = tokio::signal::ctrl_c() => {
            engine.cancel(job, "Ctrl-C").await?;
        }
    }
    let row = engine.wait(job).await?;
    shown.finish();
    let scan = summary::Scan { job: &row, totals: simulated.totals(), elapsed: started.elapsed() };
    summary::print_found(store.as_ref(), &row).await?;
    if row.status == JobStatus::Completed {
        plans::show(&engine, store.as_ref()).await?;
    }
    engine.shutdown().await?;
    summary::print_end(store.as_ref(), &scan, &path).await?;
    let left = simulated.open_sessions();
    simulated.stop().await;
    if left > 0 {
        return Err(format!("{left} sessions were left open on iDRACs").into());
    }
    Ok(())
}

/// `1.4 s`.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

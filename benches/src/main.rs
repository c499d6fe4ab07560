//! Measures dsm beside its peers on the same simulated fleet, in one run. `benches/run` sets up what it needs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod material;
mod measure;
mod paper;
mod plan;
mod report;
mod run;
mod simulator;
mod task;
mod work;

use std::process::ExitCode;

const HELP: &str = "\
Usage: dsm-bench all [--rounds N] [--pairs N] [--only ROW[,ROW]] [--quick]
                     [--folder benches] [--peers PYTHON] [--wheel PYTHON]
                     [--json FILE] [--markdown FILE] [--measured WORDS]

Rows: inventory inventory-200ms scan-254 scan-2048 scan-alive scan-inventory fleet-health fleet-refresh
      scan-dead-16 activity upload catalog python
Rows that are not asked for keep what the JSON file holds of them.";

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome<T> = Result<T, Failure>;

#[tokio::main]
async fn main() -> ExitCode {
    // The peers' reqwest is built without a provider of its own; an error would mean that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (Some("sim"), None, None) => simulator::serve().await,
        (Some("work"), Some(name), Some(task)) => one(&name, &task).await,
        (Some("all"), ..) => report::run(std::env::args().skip(2)).await,
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(below) = cause {
                text.push_str(&format!(": {below}"));
                cause = below.source();
            }
            eprintln!("dsm-bench: {text}");
            ExitCode::FAILURE
        }
    }
}

/// The child's side of a measurement: one line of JSON.
async fn one(name: &str, task: &str) -> Outcome<()> {
    let done = work::run(name, serde_json::from_str(task)?).await?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

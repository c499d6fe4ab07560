//! Measures dsm's job engine beside other job queues on the same PostgreSQL, in one run. `benches/queue/run` sets up
//! what it needs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod costs;
#[path = "../../src/measure.rs"]
#[allow(dead_code, reason = "shared with the other benchmark, which uses more of it")]
mod measure;
#[path = "../../src/paper.rs"]
mod paper;
mod plan;
mod postgrest;
mod report;
mod run;
mod shapes;
mod store;
mod task;

use std::process::ExitCode;

const HELP: &str = "\
Usage: dsm-bench-queue all [--rounds N] [--only SHAPE[,SHAPE]] [--scale FRACTION]
                           [--folder benches] [--node FOLDER] [--python PYTHON] [--peers PROGRAM]
                           [--json FILE] [--markdown FILE] [--measured WORDS]
       dsm-bench-queue postgrest [--jobs N] [--rounds N]

Shapes: b1 b2 b3 b4 b5 b6 b7 b8 in-flight
--node: where graphile-worker, pg-boss and node are installed; --python: an interpreter with procrastinate;
--peers: the program built from benches/queue/peers. What is not named is left out, and the report says so.
Shapes that are not asked for keep what the JSON file holds of them.";

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome<T> = Result<T, Failure>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some(step @ ("setup" | "work")), Some(task)) => shapes::child(step == "setup", &task).await,
        (Some("postgrest"), _) => postgrest::run(std::env::args().skip(2)).await,
        (Some("all"), _) => report::run(std::env::args().skip(2)).await,
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dsm-bench-queue: {error}");
            ExitCode::FAILURE
        }
    }
}

//! Scans a range into a file and exits: what the restart suite kills in the middle.
//!
//! `scan-once <file> <port> <range> <idrac width>` enqueues the scan unless the file has one already, runs until it has
//! ended, shuts down, and says how it ended.

use std::path::Path;
use std::process::ExitCode;

use dsm_core::store::JobQuery;
use dsm_suite::Failure;
use dsm_suite::stand::{Stand, scan};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            let text = format!("scan-once: {error}\n");
            // Nobody is left to tell when standard error is closed.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, port, range, width] = words.as_slice() else {
        return Err("usage: scan-once <file> <port> <range> <idrac width>".into());
    };
    let mut stand = Stand::sqlite(Path::new(file), port.parse()?)?;
    stand.scan.idrac_width = width.parse()?;
    // Being killed on purpose is no sign of a job that kills.
    stand.options.max_orphanings = 100;
    let engine = stand.engine().await?;
    let known = stand.store.jobs(JobQuery::default()).await?;
    let job = match known.first() {
        Some(job) => job.id,
        None => engine.enqueue(scan(json!({"ip_range": range}), Value::Null)).await?,
    };
    let row = engine.wait(job).await?;
    engine.shutdown().await?;
    Ok(row.status == dsm_core::JobStatus::Completed)
}

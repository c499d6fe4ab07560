//! `dsm-bench-nv TASK`: one piece of work of the benchmark, done with `nv-redfish`. Prints what it cost as a line of JSON.
#![allow(clippy::print_stdout, reason = "the line is the answer to `dsm-bench`")]

mod inventory;
#[allow(dead_code, reason = "shared with `dsm-bench`, which uses the rest")]
#[path = "../../src/measure.rs"]
mod measure;
#[allow(dead_code, reason = "shared with `dsm-bench`, which uses the rest")]
#[path = "../../src/task.rs"]
mod task;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome<T> = Result<T, Failure>;

#[tokio::main]
async fn main() -> Outcome<()> {
    // Its reqwest is built without a provider of its own; an error would mean that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let task = std::env::args().nth(1).ok_or("no task")?;
    let done = inventory::inventory(serde_json::from_str(&task)?).await?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

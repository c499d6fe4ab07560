//! The work that is measured, each in a process of its own.

mod bare;
mod catalog;
mod fleet;
mod ours;
mod quiet;
mod upload;

use crate::Outcome;
use crate::task::{Done, Task};

/// Runs the work of that name.
pub(crate) async fn run(name: &str, task: Task) -> Outcome<Done> {
    match name {
        "ours-inventory" => ours::inventory(task).await,
        "ours-scan" => ours::scan(task).await,
        "ours-health" => fleet::health(task).await,
        "ours-refresh" => fleet::refresh(task).await,
        "bare-inventory" => bare::inventory(task).await,
        "bare-scan" => bare::scan(task).await,
        "ours-upload" => upload::ours(task).await,
        "bare-upload" => upload::bare(task).await,
        "bare-idle" => upload::idle(task).await,
        "ours-catalog" => catalog::ours(&task),
        other => Err(format!("there is no work called `{other}`").into()),
    }
}

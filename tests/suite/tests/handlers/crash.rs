//! A process that dies at each deed of a job, for real, and another one that takes the job up: nothing is done twice.
//!
//! `DSM_CRASH_POINTS` says at how many deeds at most each job dies (12, spread over all of them).

use std::process::Stdio;

use dsm_core::store::JobQuery;
use dsm_core::{JobRow, NewJob};
use dsm_suite::Failure;
use dsm_suite::stand::Stand;
use dsm_suite::ward::{SPEED, Ward};
use tokio::process::Command;

/// Where a process is let die.
const WHEN: [&str; 2] = ["before", "after"];

fn points() -> u64 {
    std::env::var("DSM_CRASH_POINTS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// Whether the process lived to the end.
async fn lives(ward: &Ward, file: &std::path::Path, death: Option<(&str, u64)>) -> Result<bool, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_run-jobs"));
    command.arg(file).arg(ward.fleet.port().to_string()).arg(SPEED.to_string());
    if let Some((when, number)) = death {
        command.arg(when).arg(number.to_string());
    }
    let status = command
        .env_remove("IDRAC_USER")
        .env_remove("IDRAC_PASSWORD")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .status()
        .await?;
    Ok(status.success())
}

/// Lets the job die at one deed and another process end it. `None`: it ended before it came to that deed.
async fn died_at(
    ward: Ward,
    death: (&str, u64),
    job: &impl Fn(&Ward) -> NewJob,
) -> Result<Option<(Ward, JobRow)>, Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("dsm.db");
    let port = ward.fleet.port();
    let ward = ward.on(Stand::sqlite(&file, port)?).await?;
    let id = ward.stand.store.enqueue(vec![job(&ward)]).await?[0].id();
    if lives(&ward, &file, Some(death)).await? {
        return Ok(None);
    }
    assert!(lives(&ward, &file, None).await?, "the second process failed");
    let query = JobQuery { ids: vec![id], ..JobQuery::default() };
    let row = ward.stand.store.jobs(query).await?.remove(0);
    Ok(Some((ward, row)))
}

/// Lets a job die at its deeds, each time on fresh iDRACs, and judges what is left each time.
pub(crate) async fn at_each_deed<F: Future<Output = Ward>>(
    ward: impl Fn() -> F,
    job: impl Fn(&Ward) -> NewJob,
    judge: impl Fn(&Ward, &JobRow, &str),
) {
    let (mut number, mut step, mut died) = (1, 1, 0);
    loop {
        let mut is_over = true;
        for when in WHEN {
            let name = format!("{when} deed {number}");
            if let Some((ward, row)) = died_at(ward().await, (when, number), &job).await.unwrap() {
                judge(&ward, &row, &name);
                (is_over, died) = (false, died + 1);
            }
        }
        if is_over {
            break;
        }
        // Every deed at first, then ever fewer: a long job dies at its beginning, its middle and its end.
        if died >= points() / 2 {
            step += 1;
        }
        number += step;
    }
    assert!(died > 2, "the job died only {died} times");
}

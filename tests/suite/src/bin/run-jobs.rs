//! Runs jobs of every type until none is left, on a clock as fast as its iDRACs': what the crash tests of job types let die.
//!
//! `run-jobs <file> <port> <speed> [before|after <number>]`: dies before or after that deed (a write of an attempt, a command
//! put on record, the end of a job), at once and without tidying up.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dsm_core::JobStatus;
use dsm_core::store::JobQuery;
use dsm_suite::Failure;
use dsm_suite::faulty::{Death, Faulty};
use dsm_suite::stand::Stand;
use dsm_suite::ward::FastClock;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("run-jobs: {error}\n");
            // Nobody is left to tell when standard error is closed.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (file, port, speed, death) = match words.as_slice() {
        [file, port, speed] => (file, port, speed, None),
        [file, port, speed, when, number] if when == "before" => {
            (file, port, speed, Some(Death::Before(number.parse()?)))
        }
        [file, port, speed, _, number] => (file, port, speed, Some(Death::After(number.parse()?))),
        _ => return Err("usage: run-jobs <file> <port> <speed> [before|after <number>]".into()),
    };
    let mut stand = Stand::sqlite(Path::new(file), port.parse()?)?;
    stand.idrac.clock = FastClock::pair(speed.parse()?).0;
    stand.options.lease_ttl = Duration::from_secs(5);
    stand.options.heartbeat = Duration::from_millis(500);
    stand.options.max_orphanings = 1_000;
    if let Some(death) = death {
        stand.store = Arc::new(Faulty::over(stand.store.clone(), 0, Duration::ZERO).dying(death));
    }
    let engine = stand.engine().await?;
    for status in [JobStatus::Pending, JobStatus::Running] {
        let open = || JobQuery { status: Some(status), limit: Some(1), ..JobQuery::default() };
        while !stand.store.jobs(open()).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    engine.shutdown().await?;
    Ok(())
}

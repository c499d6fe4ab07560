//! Runs the rows: rounds interleaved over the cases, each case in a process of its own, on a database of its own.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::Outcome;
use crate::costs::Server;
use crate::measure::load;
use crate::plan::{self, Case, Row, Runner};
use crate::store::{enqueue, open};
use crate::task::{Done, Task};

/// Longest time for one piece of work.
const LIMIT: Duration = Duration::from_secs(600);

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    /// Shapes to run; all when empty.
    pub(crate) only: Vec<String>,
    pub(crate) scale: f64,
    /// `benches`, where the scripts of the peers are.
    pub(crate) folder: PathBuf,
    /// A folder with `node_modules`.
    pub(crate) node: Option<PathBuf>,
    pub(crate) python: Option<PathBuf>,
    /// The program of the peers in Rust.
    pub(crate) peers: Option<PathBuf>,
    pub(crate) measured: Option<String>,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    #[serde(flatten)]
    pub(crate) done: Done,
    /// The database's server, during the work.
    pub(crate) server_cpu_s: f64,
    pub(crate) wal_mb: f64,
    pub(crate) load: f64,
}

/// What came of a case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CaseResult {
    pub(crate) name: String,
    pub(crate) jobs: usize,
    pub(crate) samples: Vec<Sample>,
    /// Why it was left out or is no good.
    pub(crate) problems: Vec<String>,
}

pub(crate) struct RowResult {
    pub(crate) row: Row,
    pub(crate) cases: Vec<CaseResult>,
}

/// Runs all rows that were asked for. `told` gets each as it ends, and the server's version.
pub(crate) async fn all(
    options: &Options,
    mut told: impl FnMut(&RowResult, &str) -> Outcome<()>,
) -> Outcome<()> {
    let server = Server::start()?;
    let version = server.version()?;
    for row in plan::rows(options.scale) {
        if options.only.is_empty() || options.only.iter().any(|id| id == row.id) {
            told(&one(row, options, &server).await?, &version)?;
        }
    }
    Ok(())
}

async fn one(row: Row, options: &Options, server: &Server) -> Outcome<RowResult> {
    eprintln!("\n{}", row.title);
    let mut cases: Vec<CaseResult> = row
        .cases
        .iter()
        .map(|case| CaseResult {
            name: case.name.clone(),
            jobs: case.task.jobs,
            samples: Vec::new(),
            problems: Vec::new(),
        })
        .collect();
    for round in 0..options.rounds {
        // Every other round goes backwards, so that no case always runs in the wake of the same one.
        let mut order: Vec<usize> = (0..row.cases.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let (Some(case), Some(result)) = (row.cases.get(place), cases.get_mut(place)) else { continue };
            if round >= case.rounds || (round > 0 && result.samples.is_empty()) {
                continue;
            }
            match sample(case, options, server).await {
                Ok(sample) => {
                    let rate = sample.done.count as f64 / sample.done.wall_s.max(1e-9);
                    eprintln!(
                        "  {}: {:.2} s, {rate:.0}/s {:?}",
                        case.name, sample.done.wall_s, sample.done.latency_ms
                    );
                    result.problems.extend(sample.done.problems.iter().cloned());
                    result.samples.push(sample);
                }
                Err(error) => {
                    eprintln!("  {}: {error}", case.name);
                    result.problems.push(error.to_string());
                }
            }
        }
    }
    Ok(RowResult { row, cases })
}

async fn sample(case: &Case, options: &Options, server: &Server) -> Outcome<Sample> {
    let folder = tempfile::tempdir()?;
    let mut task = case.task.clone();
    let mut database = None;
    match task.store.as_str() {
        "postgres" => {
            task.address = server.postgres.database()?;
            database = task.address.rsplit('/').next().map(str::to_owned);
        }
        "sqlite" => task.address = folder.path().join("bench.db").display().to_string(),
        _ => {}
    }
    if task.shape == "executor" {
        return kill_one(&task).await;
    }
    child(case.runner, options, "setup", &task).await?;
    if let Some(database) = &database {
        server.settle(database)?;
    }
    let load = load();
    let before = server.spent()?;
    let done = child(case.runner, options, "work", &task).await?;
    let after = server.spent()?;
    if let Some(database) = &database {
        server.postgres.sql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"))?;
    }
    Ok(Sample {
        done,
        server_cpu_s: after.cpu_s - before.cpu_s,
        wal_mb: (after.wal_bytes - before.wal_bytes) / 1e6,
        load,
    })
}

fn program(runner: Runner, options: &Options) -> Outcome<Command> {
    let absent = |what: &str| format!("left out: {what} was not named");
    let scripts = || -> Outcome<PathBuf> { Ok(std::fs::canonicalize(options.folder.join("peers/queue"))?) };
    Ok(match runner {
        Runner::Ours => Command::new(std::env::current_exe()?),
        Runner::Node(script) => {
            let home = options.node.as_ref().ok_or_else(|| absent("--node"))?;
            let mut command = Command::new(home.join("node_modules/.bin/node"));
            command.arg(scripts()?.join(script)).env("PEERS", std::fs::canonicalize(home)?);
            command
        }
        Runner::Python(script) => {
            let python: &Path = options.python.as_deref().ok_or_else(|| absent("--python"))?;
            let mut command = Command::new(python);
            command.arg(scripts()?.join(script));
            command
        }
        Runner::Rust(name) => {
            let mut command = Command::new(options.peers.as_ref().ok_or_else(|| absent("--peers"))?);
            command.arg(name);
            command
        }
    })
}

async fn child(runner: Runner, options: &Options, step: &str, task: &Task) -> Outcome<Done> {
    let mut command = program(runner, options)?;
    command.arg(step).arg(serde_json::to_string(task)?).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.map_err(|_| "it took too long")??;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{step}: {}", words.trim().chars().take(400).collect::<String>()).into());
    }
    let said = String::from_utf8(output.stdout)?;
    let line = said.lines().rev().find(|line| line.starts_with('{')).ok_or("it said nothing")?;
    Ok(serde_json::from_str(line)?)
}

/// Three executors share the jobs; the one with most of them is killed.
async fn kill_one(task: &Task) -> Outcome<Sample> {
    let store = open(task).await?;
    let (tell, mut starts) = mpsc::unbounded_channel::<(usize, String)>();
    let mut executors: Vec<Child> = Vec::new();
    for place in 0..3 {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("work").arg(serde_json::to_string(task)?).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let tell = tell.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(job) = line.strip_prefix("started ") {
                    let _ = tell.send((place, job.to_owned()));
                }
            }
        });
        executors.push(child);
    }
    enqueue(store.as_ref(), "holder", task.jobs, |_| None).await?;
    let mut held: HashMap<usize, HashSet<String>> = HashMap::new();
    for _ in 0..task.jobs {
        let (place, job) = starts.recv().await.ok_or("the executors ended")?;
        held.entry(place).or_default().insert(job);
    }
    let (victim, mut orphans) =
        held.into_iter().max_by_key(|(_, jobs)| jobs.len()).ok_or("nothing was started")?;
    let count = orphans.len();
    let killed = Instant::now();
    executors.get_mut(victim).ok_or("no such executor")?.kill().await?;
    while !orphans.is_empty() {
        let (place, job) = tokio::time::timeout(LIMIT, starts.recv())
            .await
            .map_err(|_| "orphans were not taken over")?
            .ok_or("the executors ended")?;
        if place != victim {
            orphans.remove(&job);
        }
    }
    let mut done = Done { wall_s: killed.elapsed().as_secs_f64(), ..Done::default() };
    done.facts.insert("orphans".to_owned(), json!(count));
    Ok(Sample { done, server_cpu_s: 0.0, wal_mb: 0.0, load: load() })
}

//! Runs the rows: rounds interleaved over the cases, each case in a process of its own, the simulator in another.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use idrac_sim::{FleetSpec, JournalMode};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::process::Command;

use crate::paper::spread;
use crate::plan::{self, Bar, Case, Row, Runner};
use crate::simulator::{Count, Simulator};
use crate::task::{Done, PASSWORD, Task, USER};
use crate::{Outcome, material, measure};

/// Longest time for one piece of work.
const LIMIT: Duration = Duration::from_secs(900);

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) pairs: usize,
    /// Rows to run; all when empty.
    pub(crate) only: Vec<String>,
    /// Slow peers are left out.
    pub(crate) quick: bool,
    /// `benches`, where the scripts of the peers are.
    pub(crate) folder: PathBuf,
    /// Python with `redfish` and `sushy`.
    pub(crate) peers: Option<PathBuf>,
    /// Python with the wheel.
    pub(crate) wheel: Option<PathBuf>,
    /// When, and at which commit: what a row is told apart by from those of earlier runs.
    pub(crate) measured: Option<String>,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) rss_mb: f64,
    pub(crate) sim_cpu_s: f64,
    /// Per server that answered.
    pub(crate) requests: f64,
    pub(crate) connections: f64,
    pub(crate) handshakes: f64,
    pub(crate) sessions_left: u64,
    pub(crate) load: f64,
    pub(crate) facts: Map<String, Value>,
}

/// What came of a case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CaseResult {
    pub(crate) name: String,
    pub(crate) servers: Option<usize>,
    pub(crate) samples: Vec<Sample>,
    /// Why it was left out or is no good.
    pub(crate) problems: Vec<String>,
}

/// What came of a row.
#[derive(Debug)]
pub(crate) struct RowResult {
    pub(crate) row: Row,
    pub(crate) cases: Vec<CaseResult>,
}

/// Paths that dsm asks for in one full inventory, from the simulator's own journal.
async fn paths_of_one() -> Outcome<Vec<String>> {
    let fleet = plan::fleet(1, 1, Duration::ZERO, JournalMode::Full);
    let task =
        Task { count: 1, alive: 1, per_idrac: 1, idracs: 1, network: Some(plan::NETWORK), ..Task::default() };
    let task = Task { user: USER.to_owned(), password: PASSWORD.to_owned(), ..task };
    let mut simulator = Simulator::start(&fleet).await?;
    let task = Task { port: simulator.port, ..task };
    let done = here("ours-inventory", &task, false).await?;
    if let Some(problem) = done.problems.first() {
        return Err(format!("the inventory whose paths the bare loop is to read failed: {problem}").into());
    }
    simulator.paths_read().await
}

/// Runs all rows that were asked for. `told` gets each row as it ends.
pub(crate) async fn all(options: &Options, mut told: impl FnMut(&RowResult) -> Outcome<()>) -> Outcome<()> {
    let paths = paths_of_one().await?;
    eprintln!("one inventory: {} requests and the session's two\n  {}", paths.len(), paths.join("\n  "));
    for row in plan::rows(&paths) {
        if options.only.is_empty() || options.only.iter().any(|id| id == row.id) {
            told(&one(row, options).await?)?;
        }
    }
    Ok(())
}

async fn one(mut row: Row, options: &Options) -> Outcome<RowResult> {
    eprintln!("\n{}", row.title);
    let folder = tempfile::tempdir()?;
    put_files(&mut row, folder.path())?;
    let mut simulator = match &row.fleet {
        Some(fleet) => Some(Simulator::start(fleet).await?),
        None => None,
    };
    let mut cases: Vec<CaseResult> = row.cases.iter().map(CaseResult::of).collect();
    let rounds = if row.id == "activity" { options.pairs } else { options.rounds };
    if let (Some(simulator), Some(fleet)) = (&mut simulator, &row.fleet) {
        warm_up(simulator, fleet).await?;
    }
    for round in 0..rounds {
        // Every other round goes backwards, so that no case always runs in the wake of the same one.
        let mut order: Vec<usize> = (0..row.cases.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let (Some(case), Some(result)) = (row.cases.get(place), cases.get_mut(place)) else { continue };
            if round < case.rounds && (round == 0 || !result.samples.is_empty()) {
                measured(case, result, simulator.as_mut(), options).await?;
            }
        }
    }
    Ok(RowResult { row, cases })
}

/// Makes the files that the row's tasks name, once each, and says where they are.
fn put_files(row: &mut Row, folder: &Path) -> Outcome<()> {
    for task in row.cases.iter_mut().map(|case| &mut case.task).filter(|task| task.file.file_name().is_some())
    {
        let name = task.file.to_string_lossy().into_owned();
        task.file = folder.join(&name);
        if !task.file.exists() {
            material::make(folder, &name)?;
        }
    }
    Ok(())
}

/// The simulator's first pages and its lazily made trees are nobody's cost.
async fn warm_up(simulator: &mut Simulator, fleet: &FleetSpec) -> Outcome<()> {
    if fleet.servers.is_empty() {
        let task = plan::whole(fleet.count, simulator.port);
        here("bare-scan", &task, false).await?;
    }
    Ok(())
}

async fn measured(
    case: &Case,
    result: &mut CaseResult,
    simulator: Option<&mut Simulator>,
    options: &Options,
) -> Outcome<()> {
    let mut task = case.task.clone();
    let load = measure::load();
    let (outcome, counted) = match simulator {
        Some(simulator) => {
            task.port = simulator.port;
            let before = simulator.count().await?;
            let outcome = run(case, &task, options).await;
            (outcome, simulator.count().await?.since(&before))
        }
        None => (run(case, &task, options).await, Count::default()),
    };
    match outcome {
        Err(problem) => {
            eprintln!("  {:<48} LEFT OUT: {problem}", case.name);
            result.problems.push(problem.to_string());
        }
        Ok(done) => {
            let alive = task.alive.max(1) as f64;
            let sample = Sample {
                wall_s: done.cost.wall_s,
                cpu_s: done.cost.cpu_s,
                rss_mb: done.cost.rss_mb,
                sim_cpu_s: counted.cpu_s,
                requests: counted.requests as f64 / alive,
                connections: counted.connections as f64 / alive,
                handshakes: counted.handshakes as f64 / alive,
                sessions_left: counted.sessions,
                load,
                facts: done.facts,
            };
            eprintln!(
                "  {:<48} {:7.2} s wall {:7.2} s CPU {:6.1} MB {:6.1} requests {:4.1} handshakes {:4.1} connections, sim {:5.2} s, load {load:.1}",
                case.name,
                sample.wall_s,
                sample.cpu_s,
                sample.rss_mb,
                sample.requests,
                sample.handshakes,
                sample.connections,
                sample.sim_cpu_s,
            );
            for problem in &done.problems {
                eprintln!("    PROBLEM: {problem}");
            }
            if counted.sessions > 0 {
                result.problems.push(format!("{} sessions were left open", counted.sessions));
            }
            result.problems.extend(done.problems);
            result.samples.push(sample);
        }
    }
    Ok(())
}

async fn run(case: &Case, task: &Task, options: &Options) -> Outcome<Done> {
    let script = |name: &str| options.folder.join("peers").join(name);
    match &case.runner {
        Runner::Here(work) => here(work, task, false).await,
        Runner::Alone(work) => here(work, task, true).await,
        Runner::Beside(name) => beside(name, task).await,
        Runner::Peer(_) if options.quick => Err("a slow peer, left out by --quick".into()),
        Runner::Peer(name) => {
            let python = options.peers.as_deref().ok_or("no virtual environment with redfish and sushy")?;
            python_script(python, &script(name), task).await
        }
        Runner::Wheel(name) => {
            let python =
                options.wheel.as_deref().ok_or("DSM_PYTHON names no interpreter that can import dsm")?;
            python_script(python, &script(name), task).await
        }
    }
}

/// The namespace has only this interface, and nothing hangs on it: no packet can leave, none comes back. Where the kernel
/// has no dummy interface, a bridge without ports swallows packets just so.
const DUMMY: &str = "ip link set lo up && { ip link add d0 type dummy 2>/dev/null || ip link add d0 type bridge; } && \
                     ip addr add 10.99.0.1/16 dev d0 && ip link set d0 up arp off && exec \"$0\" \"$@\"";

async fn here(work: &str, task: &Task, alone: bool) -> Outcome<Done> {
    let program = std::env::current_exe()?;
    let mut command = if alone {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", DUMMY]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(["work", work, &serde_json::to_string(task)?]);
    finish(command).await
}

async fn beside(name: &str, task: &Task) -> Outcome<Done> {
    let program = std::env::current_exe()?.with_file_name(name);
    if !program.is_file() {
        return Err(format!("{name} is not built").into());
    }
    let mut command = Command::new(program);
    command.arg(serde_json::to_string(task)?);
    finish(command).await
}

async fn python_script(python: &Path, script: &Path, task: &Task) -> Outcome<Done> {
    let mut command = Command::new(python);
    command.arg(script).arg(serde_json::to_string(task)?);
    finish(command).await
}

async fn finish(mut command: Command) -> Outcome<Done> {
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, child.output())
        .await
        .map_err(|_| format!("not done within {} s", LIMIT.as_secs()))??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
        return Err(format!("{}: {last}", output.status).into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().ok_or("no result was printed")?;
    Ok(serde_json::from_str(line)?)
}

impl CaseResult {
    fn of(case: &Case) -> Self {
        Self { name: case.name.clone(), servers: case.servers, samples: Vec::new(), problems: Vec::new() }
    }

    /// Median, least and most of a number; nothing without samples.
    pub(crate) fn spread(&self, of: impl Fn(&Sample) -> f64) -> Option<(f64, f64, f64)> {
        spread(self.samples.iter().map(of))
    }
}

impl RowResult {
    /// What was reached of a bar, and whether that is enough. Ratios are those of the rounds, and of them the median.
    pub(crate) fn judge(&self, bar: Bar) -> Option<(f64, bool)> {
        let median = |place: usize, of: fn(&Sample) -> f64| Some(self.cases.get(place)?.spread(of)?.0);
        let (reached, limit) = match bar {
            Bar::Wall(limit, place) => (median(place, |s| s.wall_s)?, limit),
            Bar::Rss(limit, place) => (median(place, |s| s.rss_mb)?, limit),
            Bar::RssOver(limit, a, b) => (median(a, |s| s.rss_mb)? - median(b, |s| s.rss_mb)?, limit),
            Bar::Requests(other) => (median(0, |s| s.requests)?, median(other, |s| s.requests)?),
            Bar::Speed(share, a, b) => {
                let speed = self.ratio(b, a, |s| s.wall_s)?;
                return Some((speed, speed >= share));
            }
            Bar::WallRatio(limit, a, b) => (self.ratio(a, b, |s| s.wall_s)?, limit),
            Bar::CpuRatio(limit, a, b) => (self.ratio(a, b, |s| s.cpu_s)?, limit),
        };
        Some((reached, reached <= limit))
    }

    fn ratio(&self, a: usize, b: usize, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        let (a, b) = (self.cases.get(a)?, self.cases.get(b)?);
        let ratios = a.samples.iter().zip(&b.samples).map(|(a, b)| of(a) / of(b));
        spread(ratios).map(|(median, ..)| median)
    }
}

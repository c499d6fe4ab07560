//! The simulated fleet in a process of its own, so that what it costs is not counted as a client's.
//!
//! The parent writes a [`FleetSpec`] as one line of JSON; the child answers with its port, and then each line it gets
//! (`totals`, `journal`) with one line. It ends when its standard input does.

use std::process::Stdio;

use idrac_sim::{Fleet, FleetSpec, Totals};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines, Stdin};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::{Outcome, measure};

/// What the simulator has counted and spent so far.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) handshakes: u64,
    pub(crate) errors: u64,
    pub(crate) megabytes: f64,
    /// Sessions that are open now.
    pub(crate) sessions: u64,
    pub(crate) cpu_s: f64,
}

impl Count {
    /// What came between an earlier count and this one; sessions are those open now.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            connections: self.connections - before.connections,
            handshakes: self.handshakes - before.handshakes,
            errors: self.errors - before.errors,
            megabytes: self.megabytes - before.megabytes,
            sessions: self.sessions,
            cpu_s: self.cpu_s - before.cpu_s,
        }
    }
}

/// The child's side.
pub(crate) async fn serve() -> Outcome<()> {
    let mut lines: Lines<BufReader<Stdin>> = BufReader::new(tokio::io::stdin()).lines();
    let spec = lines.next_line().await?.ok_or("no fleet was described")?;
    let fleet = Fleet::from_spec(serde_json::from_str::<FleetSpec>(&spec)?).await?;
    // Certificates are made at the first connection, which would be charged to whoever comes first.
    for server in fleet.servers().filter(|server| server.spec().kind == idrac_sim::Kind::Alive) {
        server.certificate_sha256()?;
    }
    say(&json!({"port": fleet.port()})).await?;
    while let Some(line) = lines.next_line().await? {
        match line.as_str() {
            "totals" => say(&serde_json::to_value(count(&fleet))?).await?,
            "journal" => {
                let journal: Vec<Value> = fleet
                    .journal()
                    .iter()
                    .map(|exchange| json!([exchange.method, exchange.path, exchange.query, exchange.status]))
                    .collect();
                say(&Value::Array(journal)).await?;
            }
            other => return Err(format!("there is no command `{other}`").into()),
        }
    }
    fleet.stop().await;
    Ok(())
}

fn count(fleet: &Fleet) -> Count {
    let Totals { requests, connections, handshakes, errors, response_bytes, .. } = fleet.totals();
    Count {
        requests,
        connections,
        handshakes,
        errors,
        megabytes: response_bytes as f64 / 1e6,
        sessions: fleet.open_sessions() as u64,
        cpu_s: measure::cpu().as_secs_f64(),
    }
}

async fn say(value: &Value) -> Outcome<()> {
    let mut out = tokio::io::stdout();
    out.write_all(format!("{value}\n").as_bytes()).await?;
    out.flush().await?;
    Ok(())
}

/// The parent's side.
pub(crate) struct Simulator {
    _child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
}

impl Simulator {
    pub(crate) async fn start(spec: &FleetSpec) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("sim")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().ok_or("the simulator has no standard input")?;
        let stdout = child.stdout.take().ok_or("the simulator has no standard output")?;
        let mut simulator = Self { _child: child, stdin, lines: BufReader::new(stdout).lines(), port: 0 };
        let started = simulator.ask(&serde_json::to_string(spec)?).await?;
        let port = started.get("port").and_then(Value::as_u64).ok_or("the simulator tells no port")?;
        simulator.port = u16::try_from(port)?;
        Ok(simulator)
    }

    async fn ask(&mut self, line: &str) -> Outcome<Value> {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await?;
        self.stdin.flush().await?;
        let answer = self.lines.next_line().await?.ok_or("the simulator ended early; see its error above")?;
        Ok(serde_json::from_str(&answer)?)
    }

    pub(crate) async fn count(&mut self) -> Outcome<Count> {
        Ok(serde_json::from_value(self.ask("totals").await?)?)
    }

    /// The paths that were read since the start, query and all, without those of sessions.
    pub(crate) async fn paths_read(&mut self) -> Outcome<Vec<String>> {
        let journal: Vec<(String, String, String, u16)> = serde_json::from_value(self.ask("journal").await?)?;
        Ok(journal
            .into_iter()
            .filter(|(method, _, _, status)| method == "GET" && *status == 200)
            .map(|(_, path, query, _)| if query.is_empty() { path } else { format!("{path}?{query}") })
            .collect())
    }
}

//! Golden runs: what each job type asks an iDRAC, writes and says, kept as readable files in `golden/`. A change of them is
//! reviewed like a change of code; `DSM_GOLDEN=write` writes them anew.
//!
//! Ids, times, addresses and whatever else is another in every run are named by their kind. A request that is repeated while
//! nothing else is asked for (somebody waits) stands there once.

use std::fmt::Write as _;
use std::path::PathBuf;

use dsm_core::store::{RowQuery, Table};
use dsm_core::{JobRow, NewJob};
use dsm_suite::stand::Ran;
use dsm_suite::ward::Ward;
use serde_json::{Map, Value};

/// Texts longer than this are told by their length.
const LONGEST: usize = 300;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/golden").join(format!("{name}.txt"))
}

/// Runs a job against one iDRAC whose requests come one after another, and holds the whole of it against its file.
pub(crate) async fn run(name: &str, mut ward: Ward, job: impl FnOnce(&Ward) -> NewJob) {
    ward.stand.idrac.concurrency = 1;
    let job = job(&ward);
    let ran = ward.stand.run(job).await.unwrap();
    hold(name, &ward, &ran).await;
}

/// Holds what a job left behind against its file.
pub(crate) async fn hold(name: &str, ward: &Ward, ran: &Ran) {
    let told = tell(ward, &ran.row).await;
    let path = path(name);
    if std::env::var("DSM_GOLDEN").is_ok_and(|word| word == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &told).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == told {
        return;
    }
    let first = kept.lines().zip(told.lines()).position(|(kept, told)| kept != told);
    let at = first.unwrap_or_else(|| kept.lines().count().min(told.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    panic!(
        "{} differs at line {}:\n  kept: {}\n  now:  {}\nlook at the change, then run with DSM_GOLDEN=write\n{told}",
        path.display(),
        at + 1,
        line(&kept),
        line(&told)
    );
}

async fn tell(ward: &Ward, job: &JobRow) -> String {
    let mut text = String::from("# requests\n");
    for line in requests(ward) {
        writeln!(text, "{line}").unwrap();
    }
    text.push_str("\n# rows\n");
    for server in &ward.servers {
        let row = ward.row(*server).await.unwrap();
        writeln!(text, "servers {}", shown(&serde_json::to_value(&row.fields).unwrap())).unwrap();
    }
    for task in ward.stand.store.tasks(job.id).await.unwrap() {
        let log = plain(task.log.as_deref().unwrap_or_default());
        writeln!(text, "job_tasks {} {}% {log}", task.status, task.progress).unwrap();
    }
    for step in ward.stand.store.steps(job.id).await.unwrap() {
        writeln!(text, "workflow_executions {}", plain(&step.name)).unwrap();
    }
    for table in Table::ALL {
        let mut rows = ward.stand.store.rows(RowQuery::of(*table)).await.unwrap();
        rows.reverse();
        for row in rows {
            writeln!(text, "{} {}", table.name(), shown(&Value::Object(row.columns))).unwrap();
        }
    }
    for server in &ward.servers {
        if let Some(health) = ward.stand.store.inventory(*server).await.unwrap().health {
            writeln!(text, "server_health {}", shown(&serde_json::to_value(health).unwrap())).unwrap();
        }
    }
    write!(text, "\n# job: {}\n", job.status).unwrap();
    let details = steady("", &Value::Object(job.details.clone()));
    writeln!(text, "{}", serde_json::to_string_pretty(&details).unwrap()).unwrap();
    text
}

/// What the iDRACs were asked, a read only once between two commands.
fn requests(ward: &Ward) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut since_command: Vec<String> = Vec::new();
    for exchange in ward.fleet.journal() {
        let query = if exchange.query.is_empty() { String::new() } else { format!("?{}", exchange.query) };
        let line = plain(&format!("{} {}{query} {}", exchange.method, exchange.path, exchange.status));
        if exchange.method == "GET" {
            if since_command.contains(&line) {
                continue;
            }
            since_command.push(line.clone());
        } else {
            since_command.clear();
        }
        lines.push(line);
    }
    lines
}

fn shown(value: &Value) -> String {
    steady("", value).to_string()
}

/// The same in every run.
fn steady(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let known = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(known.map(|(key, value)| (plain(key), steady(key, value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| steady(key, item)).collect(),
        Value::String(text) => Value::String(plain(text)),
        Value::Number(_) if is_measured(key) => Value::String("(measured)".to_owned()),
        other => other.clone(),
    }
}

fn is_measured(key: &str) -> bool {
    if key == "stagger_ms" {
        return false;
    }
    ["_ms", "_seconds", "_s", "elapsed", "duration"].iter().any(|end| key.ends_with(end))
}

/// A text with its ids, times and addresses named by their kind.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split_inclusive(|c: char| " /\"'(),;[]{}=<>\n".contains(c)).enumerate() {
        let core = word.trim_end_matches(|c: char| " /\"'(),;[]{}=<>\n.:".contains(c));
        let tail = &word[core.len()..];
        out.push_str(kind_of(core, index).unwrap_or(core));
        out.push_str(tail);
    }
    if out.len() > LONGEST {
        return format!("({} characters)", text.len());
    }
    out
}

fn kind_of(word: &str, _index: usize) -> Option<&'static str> {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if uuid::Uuid::try_parse(word).is_ok() {
        return Some("<id>");
    }
    if word.starts_with("JID_") && digits(&word[4..]) {
        return Some("<jid>");
    }
    if word.parse::<std::net::IpAddr>().is_ok() || word.parse::<std::net::SocketAddr>().is_ok() {
        return Some("<address>");
    }
    if word.parse::<jiff::Timestamp>().is_ok() {
        return Some("<time>");
    }
    // 12:34:56 of a console line, 2026-11-24T00:00:00-06:00, 20261124000000.
    let is_clock = word.len() == 8 && word.split(':').count() == 3 && word.split(':').all(digits);
    let is_stamp = word.len() == 14 && digits(word) && word.starts_with("20");
    (is_clock || is_stamp).then_some("<time>")
}

//! The system event log and the Lifecycle log: what was there from the beginning, what happens while the server runs, clearing.

use std::collections::VecDeque;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::Area;
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::not_allowed;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::Generation;
use crate::tree::{MANAGER, Tree};

/// Lines kept of what happened: a log wraps when it is full.
const KEPT: usize = 1000;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: Duration,
    /// Dell's message id, bare.
    pub(crate) id: &'static str,
    pub(crate) args: Vec<String>,
}

impl Line {
    pub(crate) fn new(at: Duration, id: &'static str, args: impl IntoIterator<Item = String>) -> Self {
        Self { at, id, args: args.into_iter().collect() }
    }

    /// The text, severity and category in our words.
    pub(crate) fn wording(&self) -> (String, &'static str, &'static str) {
        let arg = |nth: usize| self.args.get(nth).map_or("?", String::as_str);
        match self.id {
            "USR0030" => (format!("{} logged in from {}.", arg(0), arg(1)), "OK", "Audit"),
            "SYS1000" => ("The system turns on.".into(), "OK", "System Health"),
            "SYS1001" => ("The system turns off.".into(), "OK", "System Health"),
            "SYS1003" => ("The system restarts.".into(), "OK", "System Health"),
            "JCP027" => (format!("Job {} was created.", arg(0)), "OK", "Configuration"),
            "JCP037" => (format!("Job {} has ended.", arg(0)), "OK", "Configuration"),
            "JCP042" => (format!("Job {} failed.", arg(0)), "Warning", "Configuration"),
            "SEL0004" => ("The log was cleared.".into(), "OK", "System Health"),
            "PSU0003" => (format!("Power supply {} lost its input.", arg(0)), "Critical", "System Health"),
            _ => ("Something happened.".into(), "OK", "System Health"),
        }
    }
}

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    lifecycle: Book,
    sel: Book,
}

/// What was added to one log.
#[derive(Debug, Default)]
struct Book {
    /// The entries from the beginning are gone, and numbers begin again.
    cleared: bool,
    lines: VecDeque<Line>,
    /// Lines that have wrapped.
    gone: usize,
}

impl Book {
    fn add(&mut self, line: Line) {
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
            self.gone += 1;
        }
    }
}

/// Notes in the Lifecycle log what happened, and tells whoever listens to the events; a log says more than events do.
pub(crate) fn note(state: &mut crate::state::State, line: Line) {
    if !line.id.starts_with("USR") {
        state.event.publish(&line);
    }
    state.log.lifecycle.add(line);
}

/// Notes what a sensor told in both logs.
pub(crate) fn note_sensor(state: &mut crate::state::State, line: Line) {
    state.log.sel.add(line.clone());
    note(state, line);
}

/// The Lifecycle log loses all its entries, as an erase of the Lifecycle Controller does.
pub(crate) fn wipe(state: &mut crate::state::State) {
    state.log.lifecycle = Book { cleared: true, ..Book::default() };
}

pub(crate) const AREA: Area = Area { list, get, change, ..Area::NOTHING };

#[derive(Clone, Copy)]
enum Log {
    Lifecycle,
    Sel,
}

/// The log whose entries are at this path.
fn kind(server: &Server, path: &str) -> Option<Log> {
    if matches!(server.tree, Tree::Mockup(_)) {
        return None;
    }
    let old = server.profile.old_logs;
    match path.strip_prefix(MANAGER)? {
        "/LogServices/Lclog/Entries" if !old => Some(Log::Lifecycle),
        "/LogServices/Sel/Entries" if !old => Some(Log::Sel),
        "/Logs/Lclog" if old => Some(Log::Lifecycle),
        "/Logs/Sel" if old => Some(Log::Sel),
        _ => None,
    }
}

/// iDRAC pages logs by fifty, newest entry first.
fn list(server: &Server, path: &str) -> Option<Listing> {
    let kind = kind(server, path)?;
    Some(Listing {
        path: path.into(),
        kind: "LogEntry".into(),
        name: "Log Entry Collection".into(),
        members: kind.entries(server, path),
        embedded: true,
        page: Some(50),
        past_end: server.profile.log_end,
    })
}

fn get(server: &Server, path: &str) -> Option<Value> {
    let (home, id) = path.rsplit_once('/')?;
    let entries = kind(server, home)?.entries(server, home);
    entries.into_iter().find(|entry| entry.get("Id").and_then(Value::as_str) == Some(id))
}

/// Only the system event log can be cleared.
fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let service = asked.path.strip_suffix("/Actions/LogService.ClearLog")?;
    if service != format!("{MANAGER}/LogServices/Sel") || matches!(server.tree, Tree::Mockup(_)) {
        return None;
    }
    if asked.method != Method::POST {
        return Some(not_allowed(server, "POST"));
    }
    let now = server.clock.now();
    let mut state = server.state();
    state.log.sel = Book { cleared: true, ..Book::default() };
    state.log.sel.add(Line::new(now, "SEL0004", []));
    note(&mut state, Line::new(now, "LOG305", []));
    Some(Reply::empty(204))
}

impl Log {
    /// All entries, newest first.
    fn entries(self, server: &Server, home: &str) -> Vec<Value> {
        let state = server.state();
        let (book, from_beginning) = match self {
            Self::Lifecycle => (&state.log.lifecycle, server.spec.size.lclog),
            Self::Sel => (&state.log.sel, server.spec.size.sel),
        };
        let old = if book.cleared { 0 } else { from_beginning };
        let first = old + book.gone + 1;
        let news = book
            .lines
            .iter()
            .enumerate()
            .rev()
            .map(|(nth, line)| self.entry(server, home, first + nth, &server.clock.stamp(line.at), line));
        news.chain((1..=old).rev().map(|n| self.old_entry(server, home, n))).collect()
    }

    /// Entries from before the beginning lie a minute apart.
    fn old_entry(self, server: &Server, home: &str, n: usize) -> Value {
        let created = match server.profile.generation {
            Generation::Idrac7 | Generation::Idrac8 => "2024-11-05T08:00:00-06:00".to_owned(),
            _ => format!("2025-06-01T{:02}:{:02}:00-06:00", n / 60 % 24, n % 60),
        };
        let id = match (self, n % 10) {
            (_, 3) => "PSU0003",
            (Self::Sel, _) => "PSU0800",
            (Self::Lifecycle, 5) => "PR7",
            (Self::Lifecycle, _) => "USR0030",
        };
        let args = ["1".to_owned(), "10.0.0.1".to_owned()];
        self.entry(server, home, n, &created, &Line::new(Duration::ZERO, id, args))
    }

    fn entry(self, server: &Server, home: &str, n: usize, created: &str, line: &Line) -> Value {
        let (message, severity, category) = line.wording();
        let mut entry = json!({
            "@odata.id": format!("{home}/{n}"), "@odata.type": "#LogEntry.v1_9_0.LogEntry",
            "Created": created, "Description": format!("Log Entry {n}"),
            "Id": n.to_string(), "Links": {}, "Message": message, "MessageArgs": line.args,
            "MessageId": format!("{}.{}", server.profile.eemi_registry, line.id),
            "Name": format!("Log Entry {n}"), "OemRecordFormat": "Dell", "Severity": severity,
        });
        let more = match self {
            Self::Sel => json!({"EntryType": "SEL", "EntryCode": "Assert", "SensorType": "Power Supply",
                "SensorNumber": 108}),
            Self::Lifecycle => json!({"EntryType": "Oem", "Oem": {"Dell": {"Category": category,
                "@odata.type": "#DellLCLogEntry.v1_1_0.DellLCLogEntry", "Comment": null}}}),
        };
        super::merge(&mut entry, more);
        entry
    }
}

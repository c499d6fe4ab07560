//! `fetch_event_logs`: stores what iDRACs wrote into their logs since the last time.
//!
//! Acts on: the servers it names, or with `details.all` on every one of the table. It only reads. Where a reading stopped is
//! remembered for each server and log, so a second run brings what is new; an entry's row has an id made of what the entry is,
//! so that none is ever there twice, whatever is read again.

mod cursor;
mod entry;

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::log::{LogEnd, LogKind, LogOptions, LogReader, LogSummary};
use dell_redfish::{Client, ErrorKind};
use serde_json::{Map, Value, json};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::scope::Scope;
use crate::handlers::idrac::summary::{amend, results};
use crate::handlers::idrac::walk::{Caution, Hold, PerServer, Rollout, Rule, Visit, Visited, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::job::JobRow;
use crate::store::{AttemptWrite, RowWrite};
use cursor::has_restarted;

/// A whole Lifecycle log of an old iDRAC is thousands of pages.
const LIMIT: Duration = Duration::from_secs(3600);

/// Entries of each log at the first run.
const FIRST: u64 = 100;

/// Most that may be asked for: what an iDRAC announces to hold.
const MOST: u64 = 500_000;

/// Rows are written once so many have gathered.
const CHUNK: usize = 500;

/// The logs, and what they are called in `server_event_logs.category`.
const LOGS: [(LogKind, &str); 2] = [(LogKind::Sel, "SEL"), (LogKind::Lifecycle, "Lifecycle")];

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct FetchEventLogs;

/// The decoded input of a `fetch_event_logs`.
#[derive(Debug, Clone)]
pub struct Args {
    scope: Scope,
    /// Entries at the first run; none: all.
    limit: Option<usize>,
    logs: Vec<(LogKind, &'static str)>,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "fetch_event_logs",
    about: "Stores what iDRACs wrote into their system event log and Lifecycle log since the last time.",
    changes: false,
    input: &[
        Key {
            name: "details.all",
            kind: "flag = false",
            about: "every server of the table, where none is named",
        },
        Key {
            name: "details.limit",
            kind: "1 to 500000 = 100",
            about: "entries of each log at the first run, the newest; later runs bring all that is new",
        },
        Key { name: "details.whole", kind: "flag = false", about: "the first run brings whole logs" },
        Key { name: "details.logs", kind: "list of SEL, Lifecycle = both", about: "which logs" },
    ],
    output: &[
        Key {
            name: "total_events",
            kind: "number",
            about: "entries that came since the last complete reading",
        },
        Key { name: "results[].events", kind: "number", about: "those of this server" },
        Key {
            name: "results[].logs",
            kind: "by log",
            about: "events; cleared where it began anew since; gap where entries may be missing; incomplete where the \
                    iDRAC did not give all it has (they are asked for again next time); absent; error",
        },
    ],
    rows: &["server_event_logs"],
    completed: "no server failed; one fails when a log that it has could not be read",
    again: "brings only what is new",
};

#[async_trait]
impl Handler for FetchEventLogs {
    const JOB_TYPE: &'static str = "fetch_event_logs";
    const READS: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let scope = Scope::decode(job)?;
        let details = Input::details(job);
        let limit = details.number("limit", 1..=MOST)?.unwrap_or(FIRST);
        let limit = (!details.flag("whole", false)?).then(|| usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(Args {
            rollout: Rollout::decode(details, Caution::Reads, scope.named())?,
            logs: logs(details)?,
            limit,
            scope,
        })
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let walk = Walk {
            servers: args.scope.servers(ctx).await?,
            rollout: args.rollout,
            hold: Hold::Nothing,
            rule: Rule::All,
            limit: LIMIT,
            head: Map::new(),
            work: Fetch { limit: args.limit, logs: args.logs },
        };
        Ok(amend(walk.run(ctx).await?, |details| {
            let events = |entry: &Map<String, Value>| entry.get("events").and_then(Value::as_u64);
            let total: u64 = results(details).filter_map(events).sum();
            details.insert("total_events".to_owned(), json!(total));
        }))
    }
}

fn logs(details: Input<'_>) -> Result<Vec<(LogKind, &'static str)>> {
    let words = details.texts("logs")?;
    let mut wanted = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let is_it = |(kind, name): &&(LogKind, &str)| {
            name.eq_ignore_ascii_case(word) || kind.id().eq_ignore_ascii_case(word)
        };
        let found = LOGS.iter().find(is_it).ok_or_else(|| {
            input::wrong_type(&format!("details.logs[{at}]"), "SEL or Lifecycle", &json!(word))
        })?;
        if !wanted.contains(found) {
            wanted.push(*found);
        }
    }
    Ok(if wanted.is_empty() { LOGS.to_vec() } else { wanted })
}

/// What is done at each server.
struct Fetch {
    limit: Option<usize>,
    logs: Vec<(LogKind, &'static str)>,
}

/// What came of one log.
enum Came {
    /// It was read; whole: as far as was wanted.
    Read { summary: LogSummary, is_restarted: bool, is_whole: bool },
    /// This generation has none.
    Absent,
    /// It could not be read.
    Failed(String),
}

#[async_trait]
impl PerServer for Fetch {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, _) = visit.connect().await?;
        let (mut events, mut shown, mut failed) = (0, Map::new(), Vec::new());
        for (nth, (kind, name)) in self.logs.iter().enumerate() {
            let share = 90 * nth / self.logs.len().max(1);
            visit.progress(u8::try_from(share).unwrap_or(90), format!("Reading the {name} log..."));
            let came = self.read(visit, &client, *kind, name).await?;
            let entry = match came {
                Came::Read { summary, is_restarted, is_whole } => {
                    events += summary.delivered;
                    object([
                        ("events", json!(summary.delivered)),
                        ("cleared", json!(is_restarted)),
                        ("gap", json!(summary.is_gap && !is_restarted)),
                        ("incomplete", json!(!is_whole)),
                        ("pages", json!(summary.pages)),
                    ])
                }
                Came::Absent => object([("events", json!(0)), ("absent", json!(true))]),
                Came::Failed(error) => {
                    failed.push(format!("the {name} log could not be read: {error}"));
                    object([("events", json!(0)), ("error", json!(error))])
                }
            };
            shown.insert((*name).to_owned(), Value::Object(entry));
        }
        let visited = match failed.is_empty() {
            true => Visited::done(format!("{events} new log entries")),
            false => Visited::failed(failed.join("; ")),
        };
        Ok(visited.with("events", events).with("logs", shown))
    }
}

impl Fetch {
    /// Reads one log page by page, and stores what is new before it is remembered as read.
    async fn read(&self, visit: &Visit, client: &Client, kind: LogKind, name: &str) -> Result<Came> {
        let before = cursor::load(visit, kind).await?;
        // What came since the last time is wanted to the last entry.
        let limit = if before.is_some() { None } else { self.limit };
        let options = LogOptions { limit, cursor: before.clone(), ..LogOptions::default() };
        let mut reader = LogReader::new(client, kind, options);
        let mut rows: Vec<RowWrite> = Vec::new();
        loop {
            let page = match reader.next_page().await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(Came::Absent),
                Err(error) => {
                    store(visit, &mut rows).await?;
                    return Ok(Came::Failed(crate::error::Error::from(error).chain()));
                }
            };
            rows.extend(page.iter().map(|found| entry::row(visit.server_id(), kind, name, found)));
            if rows.len() >= CHUNK {
                store(visit, &mut rows).await?;
            }
        }
        store(visit, &mut rows).await?;
        let summary = reader.summary();
        let after = reader.cursor();
        let is_restarted =
            summary.is_gap && before.as_ref().is_some_and(|before| has_restarted(before, &after));
        if summary.is_gap {
            let what = if is_restarted { "was cleared" } else { "has wrapped, and entries may be missing" };
            visit.log("WARN", format!("the {name} log {what} since it was read last"));
        }
        // An iDRAC that counts more than it lists to the end will never list more.
        let is_whole = summary.is_complete || matches!(summary.end, Some(LogEnd::Limit | LogEnd::Empty));
        if !is_whole {
            visit.log("WARN", format!("the iDRAC did not give the whole of the {name} log"));
        } else if before.as_ref() != Some(&after) {
            cursor::keep(visit, kind, &after).await?;
        }
        Ok(Came::Read { summary, is_restarted, is_whole })
    }
}

/// Writes what has gathered.
async fn store(visit: &Visit, rows: &mut Vec<RowWrite>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let write = AttemptWrite { rows: std::mem::take(rows), ..AttemptWrite::default() };
    visit.ctx().write_patiently(write).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decode(details: Value) -> Result<Args> {
        FetchEventLogs.decode(&NewJob::new("fetch_event_logs").with_details(details).preview())
    }

    #[test]
    fn input_is_lenient_and_what_is_wrong_is_named() {
        let args = decode(json!({"all": true, "limit": "7", "logs": ["lclog", "Lifecycle"]})).expect("fine");
        assert_eq!((args.limit, args.logs.as_slice()), (Some(7), &LOGS[1..]));
        let args = decode(json!({"all": true, "whole": true, "logs": null})).expect("fine");
        assert_eq!((args.limit, args.logs.as_slice()), (None, &LOGS[..]));
        for (details, field) in [
            (json!({"all": true, "limit": 0}), "details.limit"),
            (json!({"all": true, "logs": ["audit"]}), "details.logs[0]"),
            (json!({"all": true, "whole": "yes"}), "details.whole"),
            (json!({}), "target_scope.server_ids"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}

//! The command line of a whole run, and what is said of its rows.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::Outcome;
use crate::paper::{Entry, Paper, Verdict, median, problems, ranged};
use crate::plan::{self, Bar};
use crate::run::{self, CaseResult, Options, RowResult};

/// Runs what was asked for and writes the report after each row.
pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (options, json, markdown) = parse(arguments)?;
    let order = plan::rows(&[]).iter().map(|row| row.id).collect();
    let mut paper = Paper { json, markdown, order, heading: "##", ..Paper::default() };
    paper.load()?;
    run::all(&options, |result| {
        paper.put(Entry {
            id: result.row.id,
            title: result.row.title,
            note: result.row.note,
            cases: &result.cases,
            bars: result.row.bars.iter().map(|bar| verdict(result, *bar)).collect(),
            body: body(result),
            measured: options.measured.clone(),
        })
    })
    .await
}

fn parse(
    mut arguments: impl Iterator<Item = String>,
) -> Outcome<(Options, Option<PathBuf>, Option<PathBuf>)> {
    let mut options = Options {
        rounds: 5,
        pairs: 15,
        only: Vec::new(),
        quick: false,
        folder: PathBuf::from("benches"),
        peers: None,
        wheel: None,
        measured: None,
    };
    let (mut json_file, mut markdown) = (None, None);
    while let Some(name) = arguments.next() {
        if name == "--quick" {
            options = Options { quick: true, rounds: 3, pairs: 5, ..options };
            continue;
        }
        let value =
            arguments.next().filter(|value| !value.is_empty()).ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--rounds" => options.rounds = value.parse()?,
            "--pairs" => options.pairs = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--folder" => options.folder = value.into(),
            "--peers" => options.peers = Some(value.into()),
            "--wheel" => options.wheel = Some(value.into()),
            "--measured" => options.measured = Some(value),
            "--json" => json_file = Some(value.into()),
            "--markdown" => markdown = Some(value.into()),
            _ => return Err(format!("unknown option {name}").into()),
        }
    }
    Ok((options, json_file, markdown))
}

fn verdict(result: &RowResult, bar: Bar) -> Verdict {
    let name = |place: usize| result.cases.get(place).map_or("?", |case| case.name.as_str());
    // The first case goes without saying.
    let whose = |place: usize| if place == 0 { String::new() } else { format!("{} ", name(place)) };
    let (text, unit) = match bar {
        Bar::Wall(limit, place) => (format!("{}≤ {limit} s", whose(place)), " s"),
        Bar::Rss(limit, place) => (format!("{}≤ {limit} MB", whose(place)), " MB"),
        Bar::RssOver(limit, a, b) => (format!("{} ≤ {limit} MB more than {}", name(a), name(b)), " MB"),
        Bar::Speed(share, a, b) => {
            (format!("speed of {} ≥ {:.0} % of {}", name(a), share * 100.0, name(b)), " ×")
        }
        Bar::Requests(other) => (format!("no more requests than {}", name(other)), ""),
        Bar::WallRatio(limit, a, b) => (format!("wall of {} ≤ {limit} × {}", name(a), name(b)), " ×"),
        Bar::CpuRatio(limit, a, b) => (format!("CPU of {} ≤ {limit} × {}", name(a), name(b)), " ×"),
    };
    let judged = result.judge(bar);
    Verdict {
        bar: text,
        reached: judged.map(|(reached, _)| format!("{reached:.2}{unit}")),
        is_met: judged.is_some_and(|(_, met)| met),
    }
}

fn body(result: &RowResult) -> String {
    let mut out = String::from(
        "| client | wall s | CPU s | peak MB | requests / server | handshakes | connections | simulator CPU s | load |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    out.extend(result.cases.iter().map(line));
    out.push_str(&problems(result.cases.iter().map(|case| (case.name.as_str(), case.problems.as_slice()))));
    let sessions: u64 = result.cases.iter().flat_map(|case| &case.samples).map(|s| s.sessions_left).sum();
    let _ = writeln!(out, "\nSessions left open on iDRACs: {sessions}.");
    out
}

fn line(case: &CaseResult) -> String {
    let servers = case.servers.map(|n| format!(", {n} servers")).unwrap_or_default();
    format!(
        "| {}{servers} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        case.name,
        ranged(case.spread(|s| s.wall_s), 2),
        ranged(case.spread(|s| s.cpu_s), 2),
        ranged(case.spread(|s| s.rss_mb), 0),
        median(case.spread(|s| s.requests), 1),
        median(case.spread(|s| s.handshakes), 1),
        median(case.spread(|s| s.connections), 1),
        median(case.spread(|s| s.sim_cpu_s), 1),
        median(case.spread(|s| s.load), 1),
    )
}

//! The command line of a whole run, and what is said of its rows.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::Outcome;
use crate::paper::{self, Entry, Paper, Verdict, median, problems, ranged};
use crate::plan::{self, Bar, Runner};
use crate::run::{self, CaseResult, Options, RowResult, Sample};

/// Runs what was asked for and writes the report after each row.
pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (options, json, markdown) = parse(arguments)?;
    let order = plan::rows(1.0).iter().map(|row| row.id).collect();
    let mut paper = Paper { json, markdown, order, heading: "###", ..Paper::default() };
    paper.load()?;
    run::all(&options, |result, version| {
        paper.put(Entry {
            id: result.row.id,
            title: result.row.title,
            note: result.row.note,
            cases: &result.cases,
            bars: result.row.bars.iter().map(|bar| verdict(result, *bar)).collect(),
            body: body(result),
            measured: options.measured.as_ref().map(|when| format!("{when}, PostgreSQL {version}")),
        })
    })
    .await
}

fn parse(
    mut arguments: impl Iterator<Item = String>,
) -> Outcome<(Options, Option<PathBuf>, Option<PathBuf>)> {
    let mut options = Options { rounds: 3, scale: 1.0, folder: "benches".into(), ..Options::default() };
    let (mut json_file, mut markdown) = (None, None);
    while let Some(name) = arguments.next() {
        let value =
            arguments.next().filter(|value| !value.is_empty()).ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--rounds" => options.rounds = value.parse()?,
            "--scale" => options.scale = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--folder" => options.folder = value.into(),
            "--node" => options.node = Some(value.into()),
            "--python" => options.python = Some(value.into()),
            "--peers" => options.peers = Some(value.into()),
            "--measured" => options.measured = Some(value),
            "--json" => json_file = Some(value.into()),
            "--markdown" => markdown = Some(value.into()),
            _ => return Err(format!("unknown option {name}").into()),
        }
    }
    Ok((options, json_file, markdown))
}

/// Median, least and most of what the samples say.
fn spread(case: &CaseResult, of: impl Fn(&Sample) -> Option<f64>) -> Option<(f64, f64, f64)> {
    paper::spread(case.samples.iter().filter_map(of))
}

fn rate(sample: &Sample) -> Option<f64> {
    (sample.done.count > 0).then(|| sample.done.count as f64 / sample.done.wall_s)
}

fn fact(sample: &Sample, name: &str) -> Option<f64> {
    sample.done.facts.get(name)?.as_f64()
}

fn verdict(result: &RowResult, bar: Bar) -> Verdict {
    let good = |place: usize| result.cases.get(place).filter(|case| case.problems.is_empty());
    let name = |place: usize| result.cases.get(place).map_or("?", |case| case.name.as_str());
    let middle = |place: usize, of: &dyn Fn(&Sample) -> Option<f64>| {
        good(place).and_then(|case| spread(case, of)).map(|(middle, ..)| middle)
    };
    let (bar, reached, is_met) = match bar {
        Bar::Rate(least, place) => {
            let reached = middle(place, &rate);
            (
                format!("{} ≥ {least:.0}/s", name(place)),
                reached.map(|r| format!("{r:.0}/s")),
                reached.is_some_and(|r| r >= least),
            )
        }
        Bar::BestPeer(times, place) => {
            let peers = result.row.cases.iter().enumerate().filter(|(_, case)| case.runner != Runner::Ours);
            let best =
                peers.filter_map(|(at, _)| Some((middle(at, &rate)?, at))).max_by(|a, b| a.0.total_cmp(&b.0));
            let reached = middle(place, &rate).zip(best).map(|(ours, (best, _))| ours / best);
            let who = best.map_or("no peer ran", |(_, at)| name(at));
            (
                format!("{} ≥ {times} × the best peer ({who})", name(place)),
                reached.map(|r| format!("{r:.2} ×")),
                reached.is_some_and(|r| r >= times),
            )
        }
        Bar::Slowdown(share, place, other) => {
            let reached =
                middle(place, &rate).zip(middle(other, &rate)).map(|(held, free)| 1.0 - held / free);
            let text = format!("{} at most {:.0} % slower than {}", name(place), share * 100.0, name(other));
            (text, reached.map(|r| format!("{:.0} %", r * 100.0)), reached.is_some_and(|r| r <= share))
        }
        Bar::P99(most, place) => {
            let reached = middle(place, &|sample| sample.done.latency_ms.map(|[_, p99, _]| p99));
            (
                format!("{}: p99 ≤ {most} ms", name(place)),
                reached.map(|r| format!("{r:.2} ms")),
                reached.is_some_and(|r| r <= most),
            )
        }
        Bar::Rss(most, place) => {
            let reached = middle(place, &|sample| Some(sample.done.rss_mb));
            (
                format!("{} ≤ {most:.0} MB", name(place)),
                reached.map(|r| format!("{r:.0} MB")),
                reached.is_some_and(|r| r <= most),
            )
        }
        Bar::Wall(most, place) => {
            let reached = middle(place, &|sample| Some(sample.done.wall_s));
            (
                format!("{} ≤ {most:.0} s", name(place)),
                reached.map(|r| format!("{r:.1} s")),
                reached.is_some_and(|r| r <= most),
            )
        }
        Bar::Fact(which, least, place) => {
            let reached = middle(place, &|sample| fact(sample, which));
            let text = format!("{}: {} ≥ {least:.0}", name(place), which.replace("_per_s", "/s"));
            (text, reached.map(|r| format!("{r:.0}")), reached.is_some_and(|r| r >= least))
        }
    };
    Verdict { bar, reached, is_met }
}

fn body(result: &RowResult) -> String {
    let mut out = String::from(
        "| queue | jobs | wall s | a second | p50 / p99 / most ms | CPU s | server CPU s | µs CPU each | WAL MB | peak MB | load |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    out.extend(result.cases.iter().map(line));
    let facts: String = result
        .cases
        .iter()
        .filter_map(|case| {
            let (rows, ..) = spread(case, |sample| fact(sample, "rows_per_s"))?;
            Some(format!("- {}: {rows:.0} rows/s\n", case.name))
        })
        .collect();
    if !facts.is_empty() {
        let _ = write!(out, "\n{facts}");
    }
    out.push_str(&problems(result.cases.iter().map(|case| (case.name.as_str(), case.problems.as_slice()))));
    out
}

fn line(case: &CaseResult) -> String {
    let latency =
        |place: usize| spread(case, |sample| sample.done.latency_ms.and_then(|all| all.get(place).copied()));
    let waits: Vec<String> = (0..3).map(|place| median(latency(place), 1)).collect();
    let each = |sample: &Sample| {
        let cpu = sample.done.cpu_s + sample.server_cpu_s;
        (sample.done.count > 0).then(|| cpu * 1e6 / sample.done.count as f64)
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        case.name,
        case.jobs,
        ranged(spread(case, |sample| Some(sample.done.wall_s)), 2),
        ranged(spread(case, rate), 0),
        latency(0).map_or_else(|| "-".to_owned(), |_| waits.join(" / ")),
        median(spread(case, |sample| Some(sample.done.cpu_s)), 2),
        median(spread(case, |sample| Some(sample.server_cpu_s)), 2),
        median(spread(case, each), 0),
        median(spread(case, |sample| Some(sample.wal_mb)), 0),
        median(spread(case, |sample| Some(sample.done.rss_mb)), 0),
        median(spread(case, |sample| Some(sample.load)), 1),
    )
}

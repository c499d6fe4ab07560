//! The command line of a whole run, and what is written of it: JSON with every sample, Markdown for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::plan::{self, Bar, Runner};
use crate::run::{self, CaseResult, Options, RowResult, Sample};

/// Runs what was asked for and writes the report after each row, so that a run that is broken off is not lost.
pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (options, json_file, markdown) = parse(arguments)?;
    let mut report = match json_file.as_ref().filter(|file| file.is_file()) {
        Some(file) => serde_json::from_slice::<Map<String, Value>>(&std::fs::read(file)?)?,
        None => Map::new(),
    };
    run::all(&options, |result, version| {
        let text = section(result, options.measured.as_deref(), version);
        println!("\n{text}");
        let bars: Vec<Value> = result.row.bars.iter().map(|bar| verdict(result, *bar)).collect();
        let entry = json!({
            "title": result.row.title,
            "cases": result.cases,
            "bars": bars,
            "measured": options.measured,
            "markdown": text,
        });
        report.insert(result.row.id.to_owned(), entry);
        if let Some(file) = &json_file {
            std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
        }
        if let Some(file) = &markdown {
            std::fs::write(file, whole(&report))?;
        }
        Ok(())
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

/// Rows in the order of the plan.
fn whole(report: &Map<String, Value>) -> String {
    let mut out = String::from("### Bars\n\n| row | bar | reached | met |\n| --- | --- | --- | --- |\n");
    let rows: Vec<&Value> = plan::rows(1.0).iter().filter_map(|row| report.get(row.id)).collect();
    for row in &rows {
        let title = row.get("title").and_then(Value::as_str).unwrap_or_default();
        for bar in row.get("bars").and_then(Value::as_array).into_iter().flatten() {
            let text = |key| bar.get(key).and_then(Value::as_str).unwrap_or_default();
            let _ = writeln!(out, "| {title} | {} | {} | {} |", text("bar"), text("reached"), text("met"));
        }
    }
    for row in &rows {
        let _ = write!(out, "\n{}", row.get("markdown").and_then(Value::as_str).unwrap_or_default());
    }
    out
}

/// Least, median and most of what the samples say.
fn spread(case: &CaseResult, of: impl Fn(&Sample) -> Option<f64>) -> Option<[f64; 3]> {
    let mut values: Vec<f64> = case.samples.iter().filter_map(of).collect();
    values.sort_by(f64::total_cmp);
    Some([*values.first()?, *values.get(values.len() / 2)?, *values.last()?])
}

fn rate(sample: &Sample) -> Option<f64> {
    (sample.done.count > 0).then(|| sample.done.count as f64 / sample.done.wall_s)
}

fn fact(sample: &Sample, name: &str) -> Option<f64> {
    sample.done.facts.get(name)?.as_f64()
}

fn verdict(result: &RowResult, bar: Bar) -> Value {
    let good = |place: usize| result.cases.get(place).filter(|case| case.problems.is_empty());
    let name = |place: usize| result.cases.get(place).map_or("?", |case| case.name.as_str());
    let middle = |place: usize, of: &dyn Fn(&Sample) -> Option<f64>| {
        good(place).and_then(|case| spread(case, of)).map(|[_, middle, _]| middle)
    };
    let (text, reached, met) = match bar {
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
    let met = match (&reached, met) {
        (None, _) => "**not measured**",
        (_, true) => "yes",
        (_, false) => "**no**",
    };
    json!({"bar": text, "reached": reached.unwrap_or_else(|| "-".to_owned()), "met": met})
}

fn section(result: &RowResult, measured: Option<&str>, version: &str) -> String {
    let mut out = format!("### {}\n\n{}\n\n", result.row.title, result.row.note);
    out.push_str("| queue | jobs | wall s | a second | p50 / p99 / most ms | CPU s | server CPU s | µs CPU each | WAL MB | peak MB | load |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for case in &result.cases {
        out.push_str(&line(case));
    }
    let facts: String = result
        .cases
        .iter()
        .filter_map(|case| {
            let [_, rows, _] = spread(case, |sample| fact(sample, "rows_per_s"))?;
            Some(format!("- {}: {rows:.0} rows/s\n", case.name))
        })
        .collect();
    if !facts.is_empty() {
        let _ = write!(out, "\n{facts}");
    }
    let problems: String = result
        .cases
        .iter()
        .flat_map(|case| case.problems.iter().map(move |problem| format!("- {}: {problem}\n", case.name)))
        .collect();
    if !problems.is_empty() {
        let _ = write!(out, "\nLeft out or wrong:\n\n{problems}");
    }
    if let Some(measured) = measured {
        let _ = writeln!(out, "\nMeasured: {measured}, PostgreSQL {version}.");
    }
    out
}

fn line(case: &CaseResult) -> String {
    let some = |range: Option<[f64; 3]>, digits: usize| match range {
        None => "-".to_owned(),
        Some([least, middle, most]) if least == most => format!("{middle:.digits$}"),
        Some([least, middle, most]) => format!("{middle:.digits$} ({least:.digits$}–{most:.digits$})"),
    };
    let middle = |of: &dyn Fn(&Sample) -> Option<f64>, digits: usize| {
        spread(case, of).map_or_else(|| "-".to_owned(), |[_, middle, _]| format!("{middle:.digits$}"))
    };
    let latency = |place: usize| {
        middle(&|sample: &Sample| sample.done.latency_ms.and_then(|all| all.get(place).copied()), 1)
    };
    let waits = format!("{} / {} / {}", latency(0), latency(1), latency(2));
    let each = |sample: &Sample| {
        let cpu = sample.done.cpu_s + sample.server_cpu_s;
        (sample.done.count > 0).then(|| cpu * 1e6 / sample.done.count as f64)
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        case.name,
        case.jobs,
        some(spread(case, |sample| Some(sample.done.wall_s)), 2),
        some(spread(case, rate), 0),
        if waits.starts_with('-') { "-" } else { &waits },
        middle(&|sample| Some(sample.done.cpu_s), 2),
        middle(&|sample| Some(sample.server_cpu_s), 2),
        middle(&each, 0),
        middle(&|sample| Some(sample.wal_mb), 0),
        middle(&|sample| Some(sample.done.rss_mb), 0),
        middle(&|sample| Some(sample.load), 1),
    )
}

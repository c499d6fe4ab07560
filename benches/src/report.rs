//! The command line of a whole run, and what is written of it: JSON with every sample, Markdown for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::plan::Bar;
use crate::run::{self, CaseResult, Options, RowResult};

/// Runs what was asked for and writes the report after each row, so that a run that is broken off is not lost.
pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let (options, json_file, markdown) = parse(arguments)?;
    let mut report = match json_file.as_ref().filter(|file| file.is_file()) {
        Some(file) => serde_json::from_slice::<Map<String, Value>>(&std::fs::read(file)?)?,
        None => Map::new(),
    };
    run::all(&options, |result| {
        let text = section(result, options.measured.as_deref());
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

/// Rows in the order of the plan.
fn whole(report: &Map<String, Value>) -> String {
    let mut out = String::from("## Bars\n\n| row | bar | reached | met |\n| --- | --- | --- | --- |\n");
    let rows: Vec<&Value> = crate::plan::rows(&[]).iter().filter_map(|row| report.get(row.id)).collect();
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

fn verdict(result: &RowResult, bar: Bar) -> Value {
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
    match result.judge(bar) {
        Some((reached, met)) => {
            let word = if met { "yes" } else { "**no**" };
            json!({"bar": text, "reached": format!("{reached:.2}{unit}"), "value": reached, "met": word})
        }
        None => json!({"bar": text, "reached": "not measured", "met": "**not measured**"}),
    }
}

fn section(result: &RowResult, measured: Option<&str>) -> String {
    let mut out = format!("## {}\n\n{}\n\n", result.row.title, result.row.note);
    out.push_str("| client | wall s | CPU s | peak MB | requests / server | handshakes | connections | simulator CPU s | load |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for case in &result.cases {
        out.push_str(&line(case));
    }
    let problems: Vec<String> = result
        .cases
        .iter()
        .flat_map(|case| case.problems.iter().map(move |problem| format!("- {}: {problem}\n", case.name)))
        .collect();
    if !problems.is_empty() {
        out.push_str("\nLeft out or wrong:\n\n");
        out.extend(problems);
    }
    let sessions: u64 = result.cases.iter().flat_map(|case| &case.samples).map(|s| s.sessions_left).sum();
    let _ = writeln!(out, "\nSessions left open on iDRACs: {sessions}.");
    if let Some(measured) = measured {
        let _ = writeln!(out, "\nMeasured: {measured}.");
    }
    out
}

fn line(case: &CaseResult) -> String {
    let some = |range: Option<(f64, f64, f64)>, digits: usize| match range {
        None => "-".to_owned(),
        Some((median, least, most)) if least == most => format!("{median:.digits$}"),
        Some((median, least, most)) => format!("{median:.digits$} ({least:.digits$}–{most:.digits$})"),
    };
    let only =
        |range: Option<(f64, f64, f64)>| range.map_or("-".to_owned(), |(median, ..)| format!("{median:.1}"));
    let servers = case.servers.map(|n| format!(", {n} servers")).unwrap_or_default();
    format!(
        "| {}{servers} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        case.name,
        some(case.spread(|s| s.wall_s), 2),
        some(case.spread(|s| s.cpu_s), 2),
        some(case.spread(|s| s.rss_mb), 0),
        only(case.spread(|s| s.requests)),
        only(case.spread(|s| s.handshakes)),
        only(case.spread(|s| s.connections)),
        only(case.spread(|s| s.sim_cpu_s)),
        only(case.spread(|s| s.load)),
    )
}

//! What a shift asks next of the fleet just found: its health, and what a BIOS policy and a firmware catalogue would change.
//! Nothing is changed.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use dsm_core::store::{ServerQuery, ServerRow, Store};
use dsm_core::{Engine, JobRow, NewJob};
use serde_json::{Value, json};

use crate::{Failure, seconds, summary};

/// As Dell's tools write it; what it lists exists nowhere.
const CATALOG: &str = include_str!("../../../dsm-py/python/dsm/_demo/catalog.xml");
/// Lines shown of a list before the rest is counted.
const LINES: usize = 5;

/// Runs the three jobs and shows what came of them.
pub(crate) async fn show(engine: &Engine, store: &dyn Store) -> Result<(), Failure> {
    let servers = store.servers(ServerQuery::default()).await?;
    let known: Vec<&ServerRow> = servers.iter().filter(|server| server.fields.model.is_some()).collect();
    let models: HashMap<String, &str> = known
        .iter()
        .filter_map(|server| {
            Some((server.id.to_string(), server.fields.model.as_deref()?.trim_start_matches("PowerEdge ")))
        })
        .collect();
    let scope = json!({"server_ids": known.iter().map(|server| server.id).collect::<Vec<_>>()});

    let job = NewJob::new("health_check").with_details(json!({"all": true}));
    health(&run(engine, "Health", job).await?);

    let wanted =
        json!({"SysProfile": "PerfPerWattOptimizedOs", "LogicalProc": "Disabled", "BootMode": "Uefi"});
    let details = json!({"attributes": wanted, "reboot_type": "graceful", "dry_run": true});
    let job = NewJob::new("bios_config_write").with_scope(scope.clone()).with_details(details);
    bios(&run(engine, "BIOS plan", job).await?, &models);

    let folder = tempfile::tempdir()?;
    let catalog = folder.path().join("demo-catalog.xml");
    std::fs::write(&catalog, CATALOG)?;
    let job = NewJob::new("firmware_update").with_scope(scope).with_details(firmware_details(&catalog));
    firmware(&run(engine, "Firmware plan", job).await?, &models);
    Ok(())
}

fn firmware_details(catalog: &Path) -> Value {
    json!({"catalog": catalog, "base_uri": "https://mirror.example/dell", "dry_run": true})
}

/// Runs one job and says in a line how it went.
async fn run(engine: &Engine, title: &str, job: NewJob) -> Result<JobRow, Failure> {
    print!("{title:<15}");
    std::io::stdout().flush()?;
    let started = Instant::now();
    let id = engine.enqueue(job).await?;
    let row = engine.wait(id).await?;
    let number = |key: &str| row.details.get(key).and_then(Value::as_u64).unwrap_or_default();
    println!(
        "{}: {} of {} servers in {}",
        row.job_type,
        number("success_count"),
        number("total"),
        seconds(started.elapsed())
    );
    println!("{}", "─".repeat(summary::WIDTH));
    Ok(row)
}

fn results(job: &JobRow) -> impl Iterator<Item = &Value> {
    job.details.get("results").and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn shown(lines: &[String]) {
    lines.iter().take(LINES).for_each(|line| println!("{}", summary::fitted(line)));
    if lines.len() > LINES {
        println!("… and {} more", lines.len() - LINES);
    }
    println!();
}

/// A picture of the counts, and why the ill ones are ill.
fn health(job: &JobRow) {
    const WIDTH: u64 = 60;
    let counts = &job.details["health"];
    let words = ["OK", "Warning", "Critical", "Unknown"];
    let total: u64 = words.iter().filter_map(|word| counts[*word].as_u64()).sum();
    for word in words {
        let count = counts[word].as_u64().unwrap_or_default();
        // What is there is seen.
        let length = (count * WIDTH).div_ceil(total.max(1));
        let bar = "━".repeat(usize::try_from(length).unwrap_or_default());
        println!("{}", format!("{word:<9} {count:>4}  {bar}").trim_end());
    }
    println!();
    let lines: Vec<String> = results(job)
        .filter(|result| text(result, "overall_health") != "OK")
        .map(|result| {
            let why = result["reasons"][0].as_str().unwrap_or_else(|| text(result, "error"));
            format!("{:<15} {why}", text(result, "ip_address"))
        })
        .collect();
    shown(&lines);
}

/// Rows of a table: what is the same is counted.
fn grouped<K: Ord, V: Display>(of: impl Iterator<Item = (K, V)>) -> BTreeMap<(K, String), usize> {
    let mut groups = BTreeMap::new();
    for (key, value) in of {
        *groups.entry((key, value.to_string())).or_default() += 1;
    }
    groups
}

fn model<'a>(result: &Value, models: &HashMap<String, &'a str>) -> &'a str {
    models.get(text(result, "server_id")).copied().unwrap_or("?")
}

fn bios(job: &JobRow, models: &HashMap<String, &str>) {
    let rows = grouped(results(job).flat_map(|result| {
        let name = model(result, models);
        let changes = result["changes"].as_array().into_iter().flatten();
        let lines: Vec<_> = changes
            .map(|change| {
                let (from, to) = (plain(&change["from"]), plain(&change["to"]));
                (name, format!("{:<14} {from:<14} → {to}", text(change, "attribute")))
            })
            .collect();
        match (text(result, "error"), lines.is_empty()) {
            ("", true) => vec![(name, "is as wanted".to_owned())],
            ("", false) => lines,
            (error, _) => vec![(name, error.to_owned())],
        }
    }));
    println!("{:<8} {:>7}  {:<14} {:<14}   wanted", "Model", "servers", "setting", "in force");
    for ((model, line), count) in rows {
        println!("{}", summary::fitted(&format!("{model:<8} {count:>7}  {line}")));
    }
    println!();
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn firmware(job: &JobRow, models: &HashMap<String, &str>) {
    let steps = |result: &Value| -> Vec<Value> {
        let waves = result["plan"]["waves"].as_array().cloned().unwrap_or_default();
        waves.iter().filter_map(Value::as_array).flatten().cloned().collect()
    };
    let rows = grouped(results(job).flat_map(|result| {
        let name = model(result, models);
        let lines: Vec<(&str, String)> = match (text(result, "error"), steps(result)) {
            ("", steps) if steps.is_empty() => vec![(name, text(&result["plan"], "summary").to_owned())],
            ("", steps) => steps.iter().map(|step| (name, step_line(step))).collect(),
            (error, _) => vec![(name, error.to_owned())],
        };
        lines
    }));
    println!(
        "{:<8} {:>7}  {:<10} {:<14}   {:<14} restart of the host",
        "Model", "servers", "component", "installed", "wanted"
    );
    for ((model, line), count) in rows {
        println!("{}", summary::fitted(&format!("{model:<8} {count:>7}  {line}")));
    }
    println!();
}

fn step_line(step: &Value) -> String {
    format!(
        "{:<10} {:<14} → {:<14} {}",
        text(step, "component"),
        text(step, "version_before"),
        text(step, "version_wanted"),
        text(step, "host_restart").replace('_', " "),
    )
}

//! What a person wants to know when the scan has ended: the fleet in a table, what needs attention, where it all is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use dsm_core::JobRow;
use dsm_core::store::{ActivityQuery, ServerQuery, ServerRow, Store};
use idrac_sim::Totals;
use serde_json::Value;

use crate::{Failure, seconds};

/// Columns.
pub(crate) const WIDTH: usize = 96;
/// Lines of the "needs attention" list before the rest is counted.
const ATTENTION_LINES: usize = 10;

/// How the scan went.
pub(crate) struct Scan<'a> {
    pub(crate) job: &'a JobRow,
    pub(crate) totals: Totals,
    pub(crate) elapsed: Duration,
}

/// The fleet, and what needs attention.
pub(crate) async fn print_found(store: &dyn Store, job: &JobRow) -> Result<(), Failure> {
    let servers = store.servers(ServerQuery::default()).await?;
    fleet(&servers);
    attention(&servers, job);
    Ok(())
}

/// How it went, and where it is.
pub(crate) async fn print_end(store: &dyn Store, scan: &Scan<'_>, path: &Path) -> Result<(), Failure> {
    let servers = store.servers(ServerQuery::default()).await?;
    let activity = store.activity(ActivityQuery::default()).await?;
    let size = std::fs::metadata(path).map(|file| file.len()).unwrap_or_default();
    let summary = scan.job.details.get("summary").and_then(Value::as_str).unwrap_or_default();
    let totals = &scan.totals;
    println!("Scan     {} — {summary}", scan.job.status);
    println!(
        "Took     {}; {} requests over {} connections, {} sessions opened and {} closed",
        seconds(scan.elapsed),
        totals.requests,
        totals.handshakes,
        totals.sessions_opened,
        totals.sessions_closed,
    );
    println!(
        "Stored   {} ({:.1} MB): {} servers with their inventory, {} exchanges on record in idrac_commands",
        path.display(),
        size as f64 / 1e6,
        servers.len(),
        activity.len(),
    );
    println!(
        "         {}.key opens the passwords in it; keep it, and keep it apart from backups of the store",
        path.display()
    );
    println!(
        "Look     sqlite3 {} 'select ip_address, service_tag, model, overall_health from servers'",
        path.display()
    );
    println!("Next     the same from Python: python -m dsm demo");
    Ok(())
}

/// One line a model and iDRAC generation: a table of 254 lines is no answer.
fn fleet(servers: &[ServerRow]) {
    #[derive(Default)]
    struct Group {
        count: usize,
        on: usize,
        drives: i64,
        terabytes: f64,
        memory: i64,
        health: BTreeMap<String, usize>,
    }
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for server in servers.iter().filter(|server| server.fields.model.is_some()) {
        let fields = &server.fields;
        let key = (
            fields.model.clone().unwrap_or_default(),
            fields.idrac_firmware.clone().unwrap_or_else(|| "?".to_owned()),
        );
        let group = groups.entry(key).or_default();
        group.count += 1;
        group.on += usize::from(fields.power_state.as_deref() == Some("On"));
        group.drives += fields.total_drives.unwrap_or_default();
        group.terabytes += fields.total_storage_tb.unwrap_or_default();
        group.memory += fields.memory_gb.unwrap_or_default();
        *group
            .health
            .entry(fields.overall_health.clone().unwrap_or_else(|| "Unknown".to_owned()))
            .or_default() += 1;
    }
    println!(
        "{:<18} {:<14} {:>7} {:>4} {:>11} {:>7} {:>11}  health",
        "Model", "iDRAC", "servers", "on", "memory GiB", "drives", "storage TB"
    );
    println!("{}", "─".repeat(WIDTH));
    for ((model, firmware), group) in &groups {
        let health: Vec<String> =
            group.health.iter().map(|(word, count)| format!("{count} {word}")).collect();
        println!(
            "{:<18} {:<14} {:>7} {:>4} {:>11} {:>7} {:>11.1}  {}",
            model.trim_start_matches("PowerEdge "),
            firmware,
            group.count,
            group.on,
            group.memory,
            group.drives,
            group.terabytes,
            health.join(", ")
        );
    }
    println!();
}

fn attention(servers: &[ServerRow], job: &JobRow) {
    let mut lines: Vec<String> = Vec::new();
    for server in servers {
        let fields = &server.fields;
        let name = || {
            let ip = fields.ip_address.map(|ip| ip.to_string()).unwrap_or_default();
            format!("{ip:<15} {:<8}", fields.service_tag.as_deref().unwrap_or("-"))
        };
        if let Some(error) = &fields.connection_error {
            lines.push(format!("{} {error}", name()));
        } else if !matches!(fields.overall_health.as_deref(), Some("OK") | None) {
            lines.push(format!("{} health {}", name(), fields.overall_health.as_deref().unwrap_or_default()));
        }
    }
    let others = job.details.get("server_results").and_then(Value::as_array).into_iter().flatten();
    for result in others.filter(|result| result["filter_reason"] == "not_idrac") {
        let ip = result["ip"].as_str().unwrap_or_default();
        lines.push(format!(
            "{ip:<15} {:<8} no iDRAC: {}",
            "-",
            result["error"].as_str().unwrap_or("no Redfish")
        ));
    }
    if lines.is_empty() {
        println!("Nothing needs attention.\n");
        return;
    }
    println!("Needs attention");
    println!("{}", "─".repeat(WIDTH));
    for line in lines.iter().take(ATTENTION_LINES) {
        println!("{}", fitted(line));
    }
    if lines.len() > ATTENTION_LINES {
        println!("… and {} more", lines.len() - ATTENTION_LINES);
    }
    println!();
}

/// Cuts a line to what fits.
pub(crate) fn fitted(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

//! Looks for iDRACs at addresses: a producer that walks the range, a task for each address in flight, one recorder.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::args::{Fetch, RangeInput};
use super::recorder::{Checkpoint, Recorder, Words};
use super::report::{Gauges, Report};
use super::visit::{Tour, Visit};
use super::width;
use crate::credential::{GuardLimits, ScanCredentials, SuspendedCredential};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;
use crate::handlers::idrac::port::Pace;
use crate::store::{ServerQuery, ServerRow};
use crate::targets::Targets;

pub(super) async fn run(ctx: &Ctx, input: RangeInput, fetch: Fetch) -> Result<Verdict> {
    let fleet = ctx.fleet().clone();
    let (targets, problems) = input.targets(fleet.network(), fleet.scan_options().max_addresses)?;
    let total = u64::try_from(targets.len()).map_err(|_| too_many(&targets))?;
    for problem in &problems {
        ctx.log("ERROR", problem.to_string());
    }
    let checkpoint = Checkpoint::resume(ctx.checkpoint(), &fingerprint(&targets, fetch));
    if checkpoint.done.len() > 0 {
        let done = checkpoint.done.len();
        ctx.log(
            "INFO",
            format!("going on where an earlier attempt stopped: {done} of {total} addresses are done"),
        );
    }
    let credentials =
        ScanCredentials::load(fleet.chain().clone(), &ctx.job().credential_set_ids, GuardLimits::default())
            .await?;
    if !credentials.has_any() && fleet.program_resolver().is_none() {
        ctx.log("WARN", "there is no credential to try: iDRACs will be found, but none can be read");
    }
    let gauges = Arc::new(Gauges::default());
    let connect_width = width::fitted(fleet.scan_options())?;
    let tour = Arc::new(Tour {
        idracs: Arc::new(Semaphore::new(fleet.scan_options().idrac_width.max(1))),
        fleet,
        credentials: credentials.clone(),
        gauges: gauges.clone(),
        fetch,
        job_id: ctx.job().id,
        created_by: ctx.job().created_by,
    });
    let known = known_servers(ctx).await?;
    ctx.log("INFO", format!("scanning {total} addresses, {connect_width} at a time"));

    let producer = Producer {
        targets: &targets,
        done: checkpoint.done.clone(),
        due: checkpoint.inventory_due.iter().copied().collect(),
        known,
        tour,
        width: connect_width,
    };
    let (recorder, words) = Recorder::new(ctx, &gauges, total, checkpoint);
    let stop = ctx.stop();
    let walk = async {
        tokio::select! {
            () = producer.walk(words) => Ok(()),
            reason = stop.stopped() => Err(Error::new(ErrorKind::Cancelled, reason.to_string())),
        }
    };
    // When the walk ends, early or not, its tasks and with them all senders are gone, and the recorder writes the rest.
    let (walked, recorded) = tokio::join!(walk, recorder.run());
    let report = recorded?;
    for problem in credentials.take_problems() {
        ctx.log("ERROR", problem.to_string());
    }
    walked?;
    Ok(verdict(ctx, &report, total, &input, fetch, &problems, &credentials.suspended()))
}

struct Producer<'a> {
    targets: &'a Targets,
    done: super::done::DoneSet,
    /// Stored by an earlier attempt, inventory still missing.
    due: Vec<IpAddr>,
    known: HashMap<IpAddr, Arc<ServerRow>>,
    tour: Arc<Tour>,
    width: usize,
}

impl Producer<'_> {
    async fn walk(mut self, words: Words) {
        let options = self.tour.fleet.scan_options().clone();
        let ports = Arc::new(Semaphore::new(self.width));
        let mut pace = Pace::new(options.connect_rate, options.connect_burst);
        let mut tasks = JoinSet::new();
        for ip in std::mem::take(&mut self.due) {
            let Some(server) = self.known.get(&ip).cloned() else { continue };
            tasks.spawn(super::visit::take_due(self.tour.clone(), server, ip, words.clone()));
        }
        let mut position = self.done.next_missing(0);
        while let Some(ip) = self.targets.nth(u128::from(position)) {
            // Fails only when the semaphore is closed, which nobody does.
            let Ok(slot) = ports.clone().acquire_owned().await else { break };
            pace.turn().await;
            let visit = Visit { ip, position, known: self.known.get(&ip).cloned() };
            tasks.spawn(visit.run(self.tour.clone(), words.clone(), slot));
            while tasks.try_join_next().is_some() {}
            position = self.done.next_missing(position + 1);
        }
        drop(words);
        while tasks.join_next().await.is_some() {}
    }
}

/// Two scans with the same fingerprint have the same addresses in the same order.
fn fingerprint(targets: &Targets, fetch: Fetch) -> String {
    let mut hash = Sha256::new();
    for range in targets.ranges() {
        hash.update(format!("{}-{},", range.first(), range.last()));
    }
    hash.update(format!("{fetch:?}"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn known_servers(ctx: &Ctx) -> Result<HashMap<IpAddr, Arc<ServerRow>>> {
    let rows = ctx.store().servers(ServerQuery::default()).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.fields.ip_address?, Arc::new(row)))).collect())
}

fn too_many(targets: &Targets) -> Error {
    Error::invalid(
        "target_scope",
        format!("{} addresses are more than any scan can visit", targets.len()),
        "name a smaller range",
    )
}

fn verdict(
    ctx: &Ctx,
    report: &Report,
    total: u64,
    input: &RangeInput,
    fetch: Fetch,
    problems: &[Error],
    suspended: &[SuspendedCredential],
) -> Verdict {
    let spent = Duration::from_millis(report.tally.spent_ms);
    let mut details = report.finished(total, &input.written(), spent, fetch.inventory);
    details.insert("suspended_credentials".to_owned(), suspended.iter().map(suspension).collect());
    details.insert(
        "target_errors".to_owned(),
        problems.iter().map(|problem| json!(problem.to_string())).collect(),
    );
    // Nothing queues backups yet; front ends expect the number.
    details.insert("backups_queued".to_owned(), json!(0));
    let mut shortfalls = Vec::new();
    if !problems.is_empty() {
        shortfalls.push(format!("{} entries of the range could not be used", problems.len()));
    }
    for credential in suspended {
        shortfalls.push(format!(
            "`{}` was not tried any more after {} iDRACs in a row had refused it",
            credential.name, credential.refused_in_a_row
        ));
    }
    shortfalls.extend(report.shortfall());
    let summary = format!(
        "{} iDRACs found ({} new, {} moved), {} addresses silent or closed, {} not iDRACs",
        report.tally.stage3_passed,
        report.tally.new_servers,
        report.tally.moved_servers,
        report.tally.stage1_filtered,
        report.tally.stage2_filtered
    );
    ctx.log("INFO", summary.clone());
    details.insert("summary".to_owned(), json!(summary));
    if shortfalls.is_empty() {
        return Verdict::Done(details);
    }
    Verdict::Partly(details, shortfalls.join("; "))
}

fn suspension(credential: &SuspendedCredential) -> Value {
    Value::Object(Map::from_iter([
        ("name".to_owned(), json!(credential.name)),
        ("username".to_owned(), json!(credential.username)),
        ("credential_set_id".to_owned(), json!(credential.set_id)),
        ("refused_in_a_row".to_owned(), json!(credential.refused_in_a_row)),
    ]))
}

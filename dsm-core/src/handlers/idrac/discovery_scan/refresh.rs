//! Looks at known servers again: one task row a server, each stored as soon as it is read.
//!
//! The task rows are the checkpoint: a server whose task has ended is not read again by a later attempt.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Duration;

use super::args::Fetch;
use super::backup::BackupWish;
use super::report::{object, percent};
use super::take::{self, Taken};
use crate::clock;
use crate::ctx::Ctx;
use crate::engine::EventKind;
use crate::engine::fleet::{About, Fleet};
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;
use crate::handlers::idrac::walk::login;
use crate::id::{JobId, ProfileId, ServerId, TaskId};
use crate::job::{JobStatus, TaskUpdate};
use crate::store::{AttemptWrite, ServerFields, ServerPatch, ServerQuery, ServerRow};

/// The job row is written at most this often.
const DETAILS_EVERY: Duration = Duration::from_millis(1000);

/// Servers whose results are written together at most.
const BATCH: usize = 64;

/// A server to look at and its task.
struct Assignment {
    server: ServerRow,
    ip: IpAddr,
    task: TaskId,
}

/// What came of it.
struct Outcomes {
    server_id: ServerId,
    ip: IpAddr,
    task: TaskId,
    taken: Taken,
    /// Columns that say how the connection went.
    connection: ServerPatch,
    error: Option<String>,
}

#[derive(Default)]
struct Progress {
    total: usize,
    synced: usize,
    partial: usize,
    failed: usize,
    /// Ended by an earlier attempt.
    before: usize,
    results: Vec<Value>,
    /// Servers that could be read.
    read: Vec<ServerId>,
    /// The job that backs them up, and how many of them.
    backup: Option<(JobId, usize)>,
}

pub(super) async fn run(
    ctx: &Ctx,
    ids: Vec<ServerId>,
    fetch: Fetch,
    backup: Option<BackupWish>,
) -> Result<Verdict> {
    let tasks: BTreeMap<ServerId, (TaskId, JobStatus)> =
        ctx.tasks().iter().filter_map(|task| Some((task.server_id?, (task.id, task.status)))).collect();
    let rows = ctx.store().servers(ServerQuery { ids: ids.clone(), ..ServerQuery::default() }).await?;
    let mut progress = Progress { total: ids.len(), ..Progress::default() };
    let mut missing = Vec::new();
    let mut work = Vec::new();
    for id in ids {
        let (task, status) = tasks.get(&id).copied().unwrap_or_else(|| (TaskId::new(), JobStatus::Pending));
        match status {
            JobStatus::Completed => {
                progress.synced += 1;
                progress.before += 1;
                progress.read.push(id);
                continue;
            }
            JobStatus::Failed => {
                progress.failed += 1;
                progress.before += 1;
                continue;
            }
            _ => {}
        }
        let server = rows.iter().find(|row| row.id == id);
        match server.and_then(|server| Some((server.clone(), server.fields.ip_address?))) {
            Some((server, ip)) => work.push(Assignment { server, ip, task }),
            None => {
                let reason = if server.is_some() { "has no address" } else { "is not in the table" };
                missing.push((id, task, format!("server {id} {reason}")));
            }
        }
    }
    begin(ctx, &work, &missing, &mut progress).await?;
    let stop = ctx.stop();
    let read = read_all(ctx, work, fetch, &mut progress);
    tokio::select! {
        result = read => result?,
        reason = stop.stopped() => return Err(Error::new(ErrorKind::Cancelled, reason.to_string())),
    }
    if let Some(wish) = backup {
        progress.backup = wish.enqueue(ctx, std::mem::take(&mut progress.read)).await?;
    }
    Ok(verdict(&progress))
}

/// Every task says that it has begun, and those that cannot begin have ended.
async fn begin(
    ctx: &Ctx,
    work: &[Assignment],
    missing: &[(ServerId, TaskId, String)],
    progress: &mut Progress,
) -> Result<()> {
    let mut write = AttemptWrite::default();
    for item in work {
        write.tasks.push(TaskUpdate {
            id: item.task,
            server_id: Some(item.server.id),
            status: Some(JobStatus::Running),
            log: Some(format!("Querying iDRAC at {}...", item.ip)),
            progress: Some(0),
        });
    }
    for (id, task, why) in missing {
        ctx.log("ERROR", why.clone());
        progress.failed += 1;
        progress.results.push(json!({"server_id": id, "status": "failed", "error": why}));
        write.tasks.push(ended(*task, None, JobStatus::Failed, why.clone()));
    }
    write.details = progress.details("sync", &[]);
    ctx.write(write).await.map(drop)
}

async fn read_all(ctx: &Ctx, work: Vec<Assignment>, fetch: Fetch, progress: &mut Progress) -> Result<()> {
    let fleet = ctx.fleet().clone();
    let width = Arc::new(Semaphore::new(fleet.scan_options().idrac_width.max(1)));
    let (sender, mut results) = mpsc::channel::<Outcomes>(BATCH);
    let mut active: BTreeMap<ServerId, IpAddr> = work.iter().map(|item| (item.server.id, item.ip)).collect();
    let mut tasks = JoinSet::new();
    for item in work {
        let (fleet, width, sender) = (fleet.clone(), width.clone(), sender.clone());
        let (job_id, created_by) = (ctx.job().id, ctx.job().created_by);
        tasks.spawn(async move {
            // Fails only when the semaphore is closed, which nobody does.
            let _slot = width.acquire_owned().await;
            let outcome = refresh_one(&fleet, item, fetch, job_id, created_by).await;
            // The receiver is gone only when the job is being stopped.
            let _ = sender.send(outcome).await;
        });
    }
    drop(sender);
    let mut batch = Vec::new();
    let mut details_due = clock::instant() + DETAILS_EVERY;
    while results.recv_many(&mut batch, BATCH).await > 0 {
        let mut write = AttemptWrite::default();
        for outcome in batch.drain(..) {
            active.remove(&outcome.server_id);
            progress.take(ctx, outcome, &mut write)?;
        }
        if clock::instant() >= details_due || active.is_empty() {
            let addresses: Vec<IpAddr> = active.values().take(20).copied().collect();
            write.details = progress.details("sync", &addresses);
            let details = Arc::new(write.details.clone());
            ctx.emit(|| EventKind::Progress { details });
            details_due = clock::instant() + DETAILS_EVERY;
        }
        ctx.write(write).await?;
    }
    Ok(())
}

async fn refresh_one(
    fleet: &Fleet,
    item: Assignment,
    fetch: Fetch,
    job_id: crate::id::JobId,
    created_by: Option<ProfileId>,
) -> Outcomes {
    let about = About {
        job_id: Some(job_id),
        task_id: Some(item.task),
        server: Arc::new(OnceLock::from(item.server.id)),
        initiated_by: created_by,
    };
    let mut fields = ServerFields::default();
    let taken = match login::connect(fleet, &item.server, &about, &mut fields).await {
        Ok((client, system)) => {
            let taken = take::inventory(&client, system, fetch).await;
            client.close().await;
            taken
        }
        Err(error) => Taken::nothing(error),
    };
    let (connection, error) = match taken.rows {
        Some(_) => (login::online(fields), None),
        None => {
            let error = taken.problem().unwrap_or_else(|| "nothing could be read".to_owned());
            (login::offline(fields, &error), Some(error))
        }
    };
    Outcomes { server_id: item.server.id, ip: item.ip, task: item.task, taken, connection, error }
}

impl Progress {
    /// Counts one result and adds its rows to the write.
    fn take(&mut self, ctx: &Ctx, outcome: Outcomes, write: &mut AttemptWrite) -> Result<()> {
        let Outcomes { server_id, ip, task, mut taken, connection, error } = outcome;
        let problem = error.clone().or_else(|| taken.problem());
        let mut rows = taken.rows.take().unwrap_or_default();
        rows.server_id = server_id;
        rows.server.set.apply(&ServerPatch { set: connection.set, clear: Vec::new() }, &[])?;
        rows.server.clear.extend(connection.clear);
        let sections = rows.documents.len();
        write.inventories.push(rows);
        let (status, text) = match (&error, &problem) {
            (Some(error), _) => {
                self.failed += 1;
                ctx.log("ERROR", format!("{ip}: {error}"));
                (JobStatus::Failed, format!("{ip}: {error}"))
            }
            (None, Some(problem)) => {
                self.partial += 1;
                self.synced += 1;
                ctx.log("WARN", format!("{ip}: {problem}"));
                (JobStatus::Completed, format!("{ip}: synced in part, {problem}"))
            }
            (None, None) => {
                self.synced += 1;
                ctx.log("INFO", format!("{ip}: synced"));
                (JobStatus::Completed, format!("{ip}: synced"))
            }
        };
        write.tasks.push(ended(task, Some(server_id), status, text));
        if error.is_none() {
            self.read.push(server_id);
        }
        let word = if error.is_some() { "failed" } else { "synced" };
        self.results
            .push(json!({"server_id": server_id, "ip": ip.to_string(), "status": word, "error": problem}));
        let failures = taken.failures.len();
        ctx.emit(|| EventKind::Inventory { server_id, ip: ip.to_string(), sections, failures });
        Ok(())
    }

    fn details(&self, stage: &str, active: &[IpAddr]) -> Map<String, Value> {
        let ended = self.synced + self.failed;
        let active: Vec<String> = active.iter().map(IpAddr::to_string).collect();
        object([
            ("current_stage", json!(stage)),
            ("current_step", json!(format!("{ended} of {} servers", self.total))),
            ("current_server_ip", json!(active.first())),
            ("active_server_ips", json!(active)),
            ("in_syncing", json!(self.total - ended)),
            ("servers_total", json!(self.total)),
            ("servers_refreshed", json!(self.synced)),
            ("servers_partial", json!(self.partial)),
            ("servers_failed", json!(self.failed)),
            ("progress_percent", json!(percent(ended as u64, self.total as u64))),
        ])
    }
}

fn ended(id: TaskId, server_id: Option<ServerId>, status: JobStatus, text: String) -> TaskUpdate {
    let line = format!("[{}] [{}] {text}", clock::now().strftime("%H:%M:%S"), level(status));
    TaskUpdate { id, server_id, status: Some(status), log: Some(line), progress: Some(100) }
}

fn level(status: JobStatus) -> &'static str {
    if status == JobStatus::Failed { "ERROR" } else { "INFO" }
}

fn verdict(progress: &Progress) -> Verdict {
    let mut details = progress.details("complete", &[]);
    let summary = format!("Complete: {}/{} synced", progress.synced, progress.total);
    details.extend(object([
        ("current_step", json!(summary)),
        ("summary", json!(summary)),
        ("synced", json!(progress.synced)),
        ("failed", json!(progress.failed)),
        ("backups_queued", json!(progress.backup.map_or(0, |(_, servers)| servers))),
        ("scp_backup_job_id", json!(progress.backup.map(|(job, _)| job))),
        ("resumed_from", json!(progress.before)),
        ("server_results", json!(progress.results)),
    ]));
    match (progress.synced, progress.failed, progress.partial) {
        (_, 0, 0) => Verdict::Done(details),
        (0, failed, _) => Verdict::Failed(details, format!("none of {failed} servers could be read")),
        (_, 0, partial) => Verdict::Partly(details, format!("{partial} servers were read only in part")),
        (_, failed, _) => {
            Verdict::Partly(details, format!("{failed} of {} servers could not be read", progress.total))
        }
    }
}

//! Tasks of jobs.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, uuids};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::id::{JobId, TaskId};
use crate::job::{NewJob, TaskRow, TaskUpdate};
use crate::store::rules::{self, apply_task, new_task};

/// In the order [`task_row`] reads them.
const COLUMNS: &str = "id, job_id, server_id, status::text, log::text, coalesce(progress, 0)::bigint, started_at, \
     completed_at, created_at";

fn task_row(row: &Row) -> Db<TaskRow> {
    let mut cells = Cursor::new(row);
    Ok(TaskRow {
        id: cells.take()?,
        job_id: cells.take()?,
        server_id: cells.take()?,
        status: cells.take()?,
        log: cells.take()?,
        progress: cells.take()?,
        started_at: cells.take()?,
        completed_at: cells.take()?,
        created_at: cells.take()?,
    })
}

/// The tasks of new jobs.
pub(super) async fn insert(tx: &Tx<'_>, jobs: &[(JobId, &NewJob)]) -> Db<()> {
    let tasks =
        jobs.iter().flat_map(|(id, job)| job.tasks.iter().map(|task| (id.0, task.server_id.map(|id| id.0))));
    let (owners, servers): (Vec<Uuid>, Vec<Option<Uuid>>) = tasks.unzip();
    if owners.is_empty() {
        return Ok(());
    }
    let ids = uuids!(owners.iter().map(|_| TaskId::new()));
    tx.link
        .execute(
            "INSERT INTO job_tasks (id, job_id, server_id, created_at)
             SELECT t.id, t.job_id, t.server_id, $4 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) t (id, job_id, server_id)",
            &[&ids, &owners, &servers, &tx.now],
        )
        .await?;
    Ok(())
}

pub(super) async fn tasks(link: &Link, job: JobId) -> Db<Vec<TaskRow>> {
    Ok(of_jobs(link, &[job.0]).await?.remove(&job).unwrap_or_default())
}

/// The tasks of several jobs, each in the order they were made.
pub(super) async fn of_jobs(link: &Link, jobs: &[Uuid]) -> Db<HashMap<JobId, Vec<TaskRow>>> {
    let sql = format!("SELECT {COLUMNS} FROM job_tasks WHERE job_id = ANY($1) ORDER BY created_at, id");
    let mut tasks: HashMap<JobId, Vec<TaskRow>> = HashMap::new();
    for row in link.query(&sql, &[&jobs]).await? {
        let task = task_row(&row)?;
        tasks.entry(task.job_id).or_default().push(task);
    }
    Ok(tasks)
}

/// Lays updates over tasks, in order. The jobs of which a task came to its end.
pub(super) async fn update(tx: &Tx<'_>, updates: &[(JobId, &TaskUpdate)]) -> Db<HashSet<JobId>> {
    let mut ended = HashSet::new();
    if updates.is_empty() {
        return Ok(ended);
    }
    let ids = uuids!(updates.iter().map(|(_, update)| update.id));
    // In order of their ids, as everybody who locks several rows does it.
    let sql = format!("SELECT {COLUMNS} FROM job_tasks WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE");
    let stored = tx.link.query(&sql, &[&ids]).await?;
    let mut tasks: HashMap<TaskId, TaskRow> = HashMap::new();
    for row in &stored {
        let task = task_row(row)?;
        tasks.insert(task.id, task);
    }
    for (job, update) in updates {
        let task = tasks.entry(update.id).or_insert_with(|| new_task(*job, update, tx.now));
        if task.job_id != *job {
            return Err(rules::foreign_task(update.id).into());
        }
        if apply_task(task, update, tx.now) {
            ended.insert(*job);
        }
    }
    put(tx, tasks.values()).await?;
    Ok(ended)
}

async fn put(tx: &Tx<'_>, tasks: impl Iterator<Item = &TaskRow>) -> Db<()> {
    let rows: Vec<Value> = tasks.map(|task| json!(task)).collect();
    tx.link
        .execute(
            "INSERT INTO job_tasks (id, job_id, server_id, status, log, progress, started_at, completed_at, created_at)
             SELECT id, job_id, server_id, status, log, progress, started_at, completed_at, created_at
             FROM jsonb_populate_recordset(NULL::job_tasks, $1)
             ON CONFLICT (id) DO UPDATE SET
                 server_id = excluded.server_id, status = excluded.status, log = excluded.log,
                 progress = excluded.progress, started_at = excluded.started_at,
                 completed_at = excluded.completed_at",
            &[&Jsonb::of(&rows)],
        )
        .await?;
    Ok(())
}

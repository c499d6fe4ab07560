//! Jobs and tasks: adding and reading them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::codec::{Cursor, P, cell, json_text};
use super::fault::Db;
use super::writer::Tx;
use crate::credential::details;
use crate::id::{JobId, ProfileId, TaskId};
use crate::job::{JobRow, JobStatus, NewJob, TaskRow};
use crate::store::turn::turn;
use crate::store::{Attempt, Enqueued, JobQuery, family, rules};

/// In the order [`job_row`] reads them.
pub(super) const JOB_COLUMNS: &str = "id, job_type, status, target_scope, details, created_by, credential_set_ids, \
     priority, schedule_at, created_at, started_at, completed_at, parent_job_id, component_order, notes";

/// In the order [`task_row`] reads them.
const TASK_COLUMNS: &str =
    "id, job_id, server_id, status, log, progress, started_at, completed_at, created_at";

pub(super) fn job_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let mut cells = Cursor::new(row);
    Ok(JobRow {
        id: cells.take()?,
        job_type: cells.take()?,
        status: cells.take()?,
        target_scope: cells.take()?,
        details: cells.take()?,
        created_by: cells.take()?,
        credential_set_ids: cells.take()?,
        priority: cells.take()?,
        schedule_at: cells.take()?,
        created_at: cells.take()?,
        started_at: cells.take()?,
        completed_at: cells.take()?,
        parent_job_id: cells.take()?,
        component_order: cells.take()?,
        notes: cells.take()?,
    })
}

fn task_row(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
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

pub(super) fn enqueue(tx: &Tx<'_>, jobs: &[NewJob]) -> Db<Vec<Enqueued>> {
    let mut turns = 0;
    let added = jobs.iter().map(|job| enqueue_one(tx, job, None, &mut turns)).collect::<Db<_>>()?;
    tx.wake();
    Ok(added)
}

/// `ready`: of a part, whether it may run at once. `turns`: given so far.
fn enqueue_one(tx: &Tx<'_>, job: &NewJob, ready: Option<bool>, turns: &mut usize) -> Db<Enqueued> {
    if let Some(id) = known(tx, job)? {
        return Ok(Enqueued::Existing(id));
    }
    let id = job.id.unwrap_or_default();
    let ready = if job.children.is_empty() { ready } else { Some(false) };
    let rule = (!job.children.is_empty()).then(|| job.on_failure.as_str());
    let turn = (ready.is_none() && job.parent_job_id.is_none() && job.schedule_at.is_none()).then(|| {
        *turns += 1;
        turn(tx.now, *turns - 1)
    });
    if let Some(parent) = job.parent_job_id
        && status(tx.conn, parent)?.is_none()
    {
        return Err(rules::no_such_parent(parent).into());
    }
    if let Some(profile) = job.created_by {
        know_profile(tx, profile)?;
    }
    tx.conn
        .prepare_cached(
            "INSERT INTO jobs (id, job_type, status, target_scope, details, created_by, credential_set_ids, priority,
                               schedule_at, created_at, parent_job_id, component_order, notes, dsm_lane, dsm_lane_among,
                               dsm_address, dsm_turn, dsm_ready, dsm_children)
             VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                     ?17, ?18)",
        )?
        .execute(params![
            P(&id),
            job.job_type,
            P(&job.target_scope),
            P(&job.details),
            P(&job.created_by),
            P(&job.credential_set_ids),
            P(&job.priority),
            P(&job.schedule_at),
            P(&tx.now),
            P(&job.parent_job_id),
            job.component_order,
            P(&job.notes),
            P(&job.lane),
            job.lane_among.unwrap_or(0),
            job.address.map(|address| address.to_string()),
            P(&turn),
            ready,
            rule,
        ])?;
    if let Some(key) = &job.idempotency_key {
        tx.conn
            .prepare_cached("INSERT INTO dsm_idempotency (key, job_id) VALUES (?1, ?2)")?
            .execute(params![key, P(&id)])?;
    }
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO job_tasks (id, job_id, server_id, created_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for task in &job.tasks {
        insert.execute(params![P(&TaskId::new()), P(&id), P(&task.server_id), P(&tx.now)])?;
    }
    for (part, is_ready) in family::parts(job, id) {
        enqueue_one(tx, &part, Some(is_ready), turns)?;
    }
    Ok(Enqueued::Inserted(id))
}

/// The job that this one stands for: of the same key, or of the same id (a repeated call).
fn known(tx: &Tx<'_>, job: &NewJob) -> Db<Option<JobId>> {
    if let Some(key) = &job.idempotency_key {
        let mut select = tx.conn.prepare_cached("SELECT job_id FROM dsm_idempotency WHERE key = ?1")?;
        if let Some(id) = select.query_row([key], |row| cell(row, 0)).optional()? {
            return Ok(Some(id));
        }
    }
    match job.id {
        Some(id) => Ok(status(tx.conn, id)?.map(|_| id)),
        None => Ok(None),
    }
}

/// People are kept elsewhere; a row for the reference is made when one is first named.
pub(super) fn know_profile(tx: &Tx<'_>, profile: ProfileId) -> Db<()> {
    tx.conn
        .prepare_cached("INSERT INTO profiles (id, created_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute(params![P(&profile), P(&tx.now)])?;
    Ok(())
}

pub(super) fn status(conn: &Connection, job: JobId) -> Db<Option<JobStatus>> {
    let mut select = conn.prepare_cached("SELECT status FROM jobs WHERE id = ?1")?;
    Ok(select.query_row([P(&job)], |row| cell(row, 0)).optional()?)
}

/// Lays keys over `details`. What is there is not taken apart below the top level.
pub(super) fn merge_details(conn: &Connection, job: JobId, keys: &Map<String, Value>) -> Db<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut select = conn.prepare_cached("SELECT details FROM jobs WHERE id = ?1")?;
    let stored: Option<String> = select.query_row([P(&job)], |row| row.get(0))?;
    let mut details: BTreeMap<String, Box<RawValue>> =
        stored.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for (key, value) in keys {
        // A JSON value always has a text.
        if let Ok(text) = to_raw_value(value) {
            details.insert(key.clone(), text);
        }
    }
    conn.prepare_cached("UPDATE jobs SET details = ?2 WHERE id = ?1")?
        .execute(params![P(&job), json_text(&details)])?;
    Ok(())
}

/// Takes keys out of `details`; the others are not taken apart.
pub(super) fn take_details(conn: &Connection, job: JobId, keys: &[String]) -> Db<Option<Map<String, Value>>> {
    let mut select = conn.prepare_cached("SELECT details FROM jobs WHERE id = ?1")?;
    let stored: Option<Option<String>> = select.query_row([P(&job)], |row| row.get(0)).optional()?;
    let Some(stored) = stored else { return Ok(None) };
    let mut details: BTreeMap<String, Box<RawValue>> =
        stored.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let taken: Map<String, Value> = keys
        .iter()
        .filter_map(|key| Some((key.clone(), serde_json::from_str(details.remove(key)?.get()).ok()?)))
        .collect();
    if !taken.is_empty() {
        conn.prepare_cached("UPDATE jobs SET details = ?2 WHERE id = ?1")?
            .execute(params![P(&job), json_text(&details)])?;
    }
    Ok(Some(taken))
}

/// Takes passwords out of the details of a job that is over. Few carry any: the others are not taken apart.
pub(super) fn scrub(conn: &Connection, job: JobId) -> Db<()> {
    let mut select = conn.prepare_cached(
        "SELECT details FROM jobs WHERE id = ?1
         AND (details LIKE '%dsm1:%' OR details LIKE '%pass%' OR details LIKE '%secret%' OR details LIKE '%pwd%'
              OR details LIKE '%token%' OR details LIKE '%key%')",
    )?;
    let stored: Option<Option<String>> = select.query_row([P(&job)], |row| row.get(0)).optional()?;
    let Some(mut row): Option<Map<String, Value>> =
        stored.flatten().and_then(|text| serde_json::from_str(&text).ok())
    else {
        return Ok(());
    };
    let changed = details::scrub(&mut row);
    row.retain(|key, _| changed.contains(key));
    merge_details(conn, job, &row)
}

pub(super) fn jobs(conn: &Connection, query: &JobQuery) -> Db<Vec<JobRow>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {JOB_COLUMNS} FROM jobs
         WHERE (?1 IS NULL OR id IN (SELECT value FROM json_each(?1)))
           AND (?2 IS NULL OR status = ?2)
           AND (?3 IS NULL OR job_type = ?3)
           AND (NOT ?5 OR instr(details, 'dsm1:') > 0)
           AND (?6 IS NULL OR parent_job_id = ?6)
         ORDER BY created_at DESC, rowid DESC
         LIMIT ?4"
    ))?;
    let rows = select.query_map(
        params![
            some_list(&query.ids),
            query.status.map(JobStatus::as_str),
            query.job_type,
            limit(query.limit),
            query.with_secrets,
            P(&query.parent_job_id),
        ],
        job_row,
    )?;
    let mut jobs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    jobs.reverse();
    Ok(jobs)
}

pub(super) fn tasks(conn: &Connection, job: JobId) -> Db<Vec<TaskRow>> {
    let mut select = conn
        .prepare_cached(&format!("SELECT {TASK_COLUMNS} FROM job_tasks WHERE job_id = ?1 ORDER BY rowid"))?;
    let rows = select.query_map([P(&job)], task_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn task(conn: &Connection, id: TaskId) -> Db<Option<TaskRow>> {
    let mut select = conn.prepare_cached(&format!("SELECT {TASK_COLUMNS} FROM job_tasks WHERE id = ?1"))?;
    Ok(select.query_row([P(&id)], task_row).optional()?)
}

pub(super) fn attempts(conn: &Connection, job: JobId) -> Db<Vec<Attempt>> {
    let mut select = conn.prepare_cached(
        "SELECT run, number, fence, executor, started_at, ended_at, outcome, error
         FROM dsm_attempt WHERE job_id = ?1 ORDER BY fence",
    )?;
    let rows = select.query_map([P(&job)], |row| {
        let mut cells = Cursor::new(row);
        Ok(Attempt {
            run: cells.take()?,
            number: cells.take()?,
            fence: cells.take()?,
            executor: cells.take()?,
            started_at: cells.take()?,
            ended_at: cells.take::<Option<Timestamp>>()?,
            outcome: cells.take()?,
            error: cells.take()?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A list as the JSON parameter of `json_each`; NULL where it is empty and so asks for all.
pub(super) fn some_list<T: serde::Serialize>(items: &[T]) -> Option<String> {
    (!items.is_empty()).then(|| json_text(items))
}

/// SQLite's "no limit" is -1.
pub(super) fn limit(rows: Option<usize>) -> i64 {
    rows.map_or(-1, |rows| i64::try_from(rows).unwrap_or(i64::MAX))
}

//! Steps of jobs.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, cell, text};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::id::JobId;
use crate::store::step::{change_step, new_step};
use crate::store::{StepRow, StepState, StepWrite};

/// In the order [`step_row`] reads them, after the id and the job. Rows of other programs are theirs: ours are of the
/// job's own type.
const SELECT: &str =
    "SELECT w.id, w.job_id, w.dsm_run::bigint, w.step_name::text, w.step_number::bigint, w.step_status::text,
            w.step_details, coalesce(w.step_started_at, w.created_at), w.step_completed_at
     FROM workflow_executions w JOIN jobs j ON j.id = w.job_id AND w.workflow_type = j.job_type::text
     WHERE w.job_id = ANY($1) ORDER BY w.dsm_run, w.step_number, w.id";

/// Whether the job got further by them. Its row is locked: nobody else writes steps of it.
pub(super) async fn write(tx: &Tx<'_>, job: JobId, writes: &[StepWrite]) -> Db<bool> {
    if writes.is_empty() {
        return Ok(false);
    }
    let run = run(tx, job).await?;
    let mut known: Vec<(Uuid, StepRow)> = Vec::new();
    for row in tx.link.query(SELECT, &[&[job.0].as_slice()]).await? {
        known.push((cell(&row, 0)?, step_row(&row)?));
    }
    known.retain(|(_, step)| step.run == run);
    let mut next = next_number(tx, job, run).await?;
    let mut further = false;
    for write in writes {
        let name = text(&write.name);
        let at = match known.iter().position(|(_, step)| step.name == name) {
            Some(at) => at,
            None => {
                known.push((Uuid::now_v7(), new_step(&name, run, next, tx.now)));
                next += 1;
                known.len() - 1
            }
        };
        if let Some((_, step)) = known.get_mut(at) {
            further |= change_step(step, &write.change, tx.now);
        }
    }
    known.retain(|(_, step)| writes.iter().any(|write| text(&write.name) == step.name));
    put(tx, job, &known).await?;
    Ok(further)
}

async fn run(tx: &Tx<'_>, job: JobId) -> Db<u32> {
    match tx.link.query_opt("SELECT dsm_run::bigint FROM jobs WHERE id = $1", &[&job.0]).await? {
        Some(row) => cell(&row, 0),
        None => Ok(1),
    }
}

async fn next_number(tx: &Tx<'_>, job: JobId, run: u32) -> Db<u32> {
    let sql = "SELECT 1 + coalesce(max(step_number), 0)::bigint FROM workflow_executions
               WHERE job_id = $1 AND dsm_run = $2::bigint";
    match tx.link.query_opt(sql, &[&job.0, &i64::from(run)]).await? {
        Some(row) => cell(&row, 0),
        None => Ok(1),
    }
}

async fn put(tx: &Tx<'_>, job: JobId, steps: &[(Uuid, StepRow)]) -> Db<()> {
    let rows: Vec<Value> = steps
        .iter()
        .map(|(id, step)| {
            json!({
                "id": id,
                "dsm_run": step.run,
                "step_number": step.number,
                "step_name": step.name,
                "step_status": if step.state == StepState::Done { "completed" } else { "running" },
                "step_started_at": step.began_at,
                "step_completed_at": step.done_at,
                "step_details": {"note": step.note, "result": step.result},
            })
        })
        .collect();
    tx.link
        .execute(
            "INSERT INTO workflow_executions (id, job_id, workflow_type, step_number, step_name, step_status,
                 step_started_at, step_completed_at, step_details, created_at, dsm_run)
             SELECT r.id, j.id, j.job_type::text, r.step_number, r.step_name, r.step_status, r.step_started_at,
                    r.step_completed_at, r.step_details, $3, r.dsm_run
             FROM jsonb_populate_recordset(NULL::workflow_executions, $1) r CROSS JOIN jobs j
             WHERE j.id = $2
             ON CONFLICT (id) DO UPDATE SET
                 step_status = excluded.step_status, step_completed_at = excluded.step_completed_at,
                 step_details = excluded.step_details",
            &[&Jsonb::of(&rows), &job.0, &tx.now],
        )
        .await?;
    Ok(())
}

pub(super) async fn steps(link: &Link, job: JobId) -> Db<Vec<StepRow>> {
    Ok(of_jobs(link, &[job.0]).await?.remove(&job).unwrap_or_default())
}

/// The steps of several jobs, each in the order in which they were begun.
pub(super) async fn of_jobs(link: &Link, jobs: &[Uuid]) -> Db<HashMap<JobId, Vec<StepRow>>> {
    let mut steps: HashMap<JobId, Vec<StepRow>> = HashMap::new();
    for row in link.query(SELECT, &[&jobs]).await? {
        steps.entry(cell(&row, 1)?).or_default().push(step_row(&row)?);
    }
    Ok(steps)
}

/// What an attempt of this run is told.
pub(super) fn of_run(mut steps: Vec<StepRow>, run: u32) -> Vec<StepRow> {
    steps.retain(|step| step.run == run);
    steps
}

fn step_row(row: &Row) -> Db<StepRow> {
    let mut cells = Cursor::new(row);
    let _: (Uuid, JobId) = (cells.take()?, cells.take()?);
    let (run, name, number) = (cells.take()?, cells.take()?, cells.take()?);
    let status: String = cells.take()?;
    let mut details: Value = cells.take()?;
    let mut part = |key: &str| details.get_mut(key).map(Value::take).unwrap_or_default();
    Ok(StepRow {
        run,
        name,
        number,
        state: if status == "completed" { StepState::Done } else { StepState::Begun },
        note: part("note"),
        result: part("result"),
        began_at: cells.take()?,
        done_at: cells.take()?,
    })
}

//! Steps of jobs.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::codec::{Cursor, P, cell};
use super::fault::Db;
use super::writer::Tx;
use crate::id::JobId;
use crate::store::step::{change_step, new_step};
use crate::store::{StepRow, StepState, StepWrite};

/// In the order [`step_row`] reads them. Rows of other programs are theirs: ours say so in their details.
const STEP_COLUMNS: &str =
    "dsm_run, step_name, step_number, step_status, step_details, step_started_at, step_completed_at";

/// Whether the job got further by them.
pub(super) fn write(tx: &Tx<'_>, job: JobId, writes: &[StepWrite]) -> Db<bool> {
    let mut further = false;
    let run = run(tx.conn, job)?;
    for write in writes {
        let known = find(tx.conn, job, run, &write.name)?;
        let (id, mut row) = match known {
            Some(known) => known,
            None => (Uuid::now_v7(), new_step(&write.name, run, next_number(tx.conn, job, run)?, tx.now)),
        };
        further |= change_step(&mut row, &write.change, tx.now);
        put(tx, job, id, &row)?;
    }
    Ok(further)
}

fn run(conn: &Connection, job: JobId) -> Db<u32> {
    let mut select = conn.prepare_cached("SELECT dsm_run FROM jobs WHERE id = ?1")?;
    Ok(select.query_row([P(&job)], |row| cell(row, 0))?)
}

fn find(conn: &Connection, job: JobId, run: u32, name: &str) -> Db<Option<(Uuid, StepRow)>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {STEP_COLUMNS}, id FROM workflow_executions
         WHERE job_id = ?1 AND step_name = ?2 AND dsm_run = ?3
           AND workflow_type = (SELECT job_type FROM jobs WHERE id = ?1)"
    ))?;
    let found = select.query_row(params![P(&job), name, run], |row| Ok((cell(row, 7)?, step_row(row)?)));
    Ok(found.optional()?)
}

fn next_number(conn: &Connection, job: JobId, run: u32) -> Db<u32> {
    let mut select = conn.prepare_cached(
        "SELECT 1 + coalesce(max(step_number), 0) FROM workflow_executions
         WHERE job_id = ?1 AND dsm_run = ?2",
    )?;
    Ok(select.query_row(params![P(&job), run], |row| cell(row, 0))?)
}

fn put(tx: &Tx<'_>, job: JobId, id: Uuid, row: &StepRow) -> Db<()> {
    let status = match row.state {
        StepState::Begun => "running",
        StepState::Done => "completed",
    };
    let details = json!({"note": row.note, "result": row.result});
    tx.conn
        .prepare_cached(
            "INSERT INTO workflow_executions (id, job_id, workflow_type, step_number, step_name, step_status,
                 step_started_at, step_completed_at, step_details, created_at, dsm_run)
             VALUES (?1, ?2, (SELECT job_type FROM jobs WHERE id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO UPDATE SET
                 step_status = excluded.step_status, step_completed_at = excluded.step_completed_at,
                 step_details = excluded.step_details",
        )?
        .execute(params![
            P(&id),
            P(&job),
            row.number,
            row.name,
            status,
            P(&row.began_at),
            P(&row.done_at),
            P(&details),
            P(&tx.now),
            row.run,
        ])?;
    Ok(())
}

pub(super) fn steps(conn: &Connection, job: JobId) -> Db<Vec<StepRow>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {STEP_COLUMNS} FROM workflow_executions
         WHERE job_id = ?1 AND workflow_type = (SELECT job_type FROM jobs WHERE id = ?1)
         ORDER BY dsm_run, step_number, id"
    ))?;
    let rows = select.query_map([P(&job)], step_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What an attempt of this run is told.
pub(super) fn of_run(conn: &Connection, job: JobId, run: u32) -> Db<Vec<StepRow>> {
    let mut steps = steps(conn, job)?;
    steps.retain(|step| step.run == run);
    Ok(steps)
}

fn step_row(row: &Row<'_>) -> rusqlite::Result<StepRow> {
    let mut cells = Cursor::new(row);
    let (run, name, number) = (cells.take()?, cells.take()?, cells.take()?);
    let status: String = cells.take()?;
    let mut details: Value = cells.take()?;
    Ok(StepRow {
        run,
        name,
        number,
        state: if status == "completed" { StepState::Done } else { StepState::Begun },
        note: details["note"].take(),
        result: details["result"].take(),
        began_at: cells.take()?,
        done_at: cells.take()?,
    })
}

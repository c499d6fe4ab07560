//! Why a job is not running now. A few rows are read and two ranges of an index counted, however many jobs wait.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::claim::CLAIMABLE;
use super::codec::{P, cell, json_text};
use super::control::parent;
use super::executor::is_served;
use super::family;
use super::fault::Db;
use super::jobs::{JOB_COLUMNS, job_row};
use super::limits;
use super::locks;
use super::pauses::pauses;
use crate::id::JobId;
use crate::store::why::{Facts, Held, MOST_COUNTED};
use crate::store::{PauseScope, Reason, WhyNot};

pub(super) fn why_not(conn: &Connection, job: JobId, gated: &[String], now: Timestamp) -> Db<Option<WhyNot>> {
    let Some(facts) = facts(conn, job, gated, now)? else { return Ok(None) };
    let mut reasons = facts.reasons();
    if reasons.is_empty() {
        reasons.push(Reason::Slot { before: due_before(conn, job, gated)? });
    }
    Ok(Some(WhyNot { job_id: job, reasons }))
}

fn facts(conn: &Connection, job: JobId, gated: &[String], now: Timestamp) -> Db<Option<Facts>> {
    let row = conn
        .prepare_cached(&format!("SELECT {JOB_COLUMNS} FROM jobs WHERE id = ?1"))?
        .query_row([P(&job)], job_row)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let (lane, ready): (Option<String>, Option<bool>) = conn
        .prepare_cached("SELECT dsm_lane, dsm_ready FROM jobs WHERE id = ?1")?
        .query_row([P(&job)], |row| Ok((cell(row, 0)?, row.get(1)?)))?;
    let mut pauses = pauses(conn, Some(lane.as_deref()))?;
    pauses.retain(|pause| pause.is_on(&row.job_type, lane.as_deref(), gated));
    Ok(Some(Facts {
        held: held(conn, job)?,
        parent: parent(conn, job)?.filter(|_| ready != Some(true)),
        open_parts: family::open_parts(conn, job)?,
        pauses,
        line: lane.map(|key| locks::line_before(conn, job, key)).transpose()?.flatten(),
        limits: limits::in_the_way(conn, job)?,
        is_served: is_served(conn, &row.job_type, now)?,
        now,
        row,
    }))
}

fn held(conn: &Connection, job: JobId) -> Db<Option<Held>> {
    let mut select = conn.prepare_cached(
        "SELECT a.executor, a.started_at, a.number FROM dsm_lease l JOIN dsm_attempt a ON a.fence = l.fence
         WHERE l.job_id = ?1 AND l.until IS NOT NULL",
    )?;
    let held = select.query_row([P(&job)], |row| {
        Ok(Held { executor: cell(row, 0)?, since: cell(row, 1)?, attempt: cell(row, 2)? })
    });
    Ok(held.optional()?)
}

/// Those a claim would look at first, counted no further than [`MOST_COUNTED`].
fn due_before(conn: &Connection, job: JobId, gated: &[String]) -> Db<u32> {
    let pauses = pauses(conn, Some(None))?;
    if pauses.iter().any(|pause| pause.scope == PauseScope::All) {
        return Ok(0);
    }
    let mut held_back: Vec<&str> = Vec::new();
    for pause in &pauses {
        match &pause.scope {
            PauseScope::JobType(name) => held_back.push(name),
            PauseScope::Idracs => held_back.extend(gated.iter().map(String::as_str)),
            PauseScope::All | PauseScope::Lane(_) => {}
        }
    }
    let mut count = conn.prepare_cached(&format!(
        "SELECT count(*) FROM (
             SELECT 1 FROM jobs
             WHERE {CLAIMABLE} AND priority_rank = ?2
               AND (?2 < (SELECT priority_rank FROM jobs WHERE id = ?1)
                    OR (dsm_turn, created_at, rowid)
                       < (SELECT coalesce(dsm_turn, due_at), created_at, rowid FROM jobs WHERE id = ?1))
               AND job_type NOT IN (SELECT value FROM json_each(?3))
               AND (dsm_lane IS NULL
                    OR NOT EXISTS (SELECT 1 FROM dsm_pause WHERE scope = 'lane' AND name = dsm_lane))
             LIMIT ?4)",
    ))?;
    let mine: u32 = conn
        .prepare_cached("SELECT priority_rank FROM jobs WHERE id = ?1")?
        .query_row([P(&job)], |row| cell(row, 0))?;
    let held_back = json_text(&held_back);
    let mut before = 0;
    for rank in 0..=mine {
        let left = MOST_COUNTED - before;
        let more: u32 = count.query_row(params![P(&job), rank, held_back, left], |row| cell(row, 0))?;
        before += more;
    }
    Ok(before)
}

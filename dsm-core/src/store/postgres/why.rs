//! Why a job is not running now. A few rows are read and two ranges of an index counted, however many jobs wait.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::claim::{CLAIMABLE, DUE, RANK};
use super::codec::{Cursor, cell, text};
use super::control::parent;
use super::executor::is_served;
use super::family;
use super::fault::Db;
use super::jobs::{JOB_COLUMNS, job_row};
use super::limits;
use super::link::Link;
use super::locks;
use super::pauses::pauses;
use super::tx::read_now;
use crate::id::JobId;
use crate::store::why::{Facts, Held, MOST_COUNTED};
use crate::store::{PauseScope, Reason, WhyNot};

pub(super) async fn why_not(
    link: &Link,
    manual: Option<Timestamp>,
    job: JobId,
    gated: &[String],
) -> Db<Option<WhyNot>> {
    let now = read_now(link, manual).await?;
    let Some(facts) = facts(link, job, gated, now).await? else { return Ok(None) };
    let mut reasons = facts.reasons();
    if reasons.is_empty() {
        reasons.push(Reason::Slot { before: due_before(link, job, gated).await? });
    }
    Ok(Some(WhyNot { job_id: job, reasons }))
}

async fn facts(link: &Link, job: JobId, gated: &[String], now: Timestamp) -> Db<Option<Facts>> {
    let sql = format!("SELECT {JOB_COLUMNS}, j.dsm_lane, j.dsm_ready FROM jobs j WHERE j.id = $1");
    let Some(found) = link.query_opt(&sql, &[&job.0]).await? else { return Ok(None) };
    let mut cells = Cursor::new(&found);
    let row = job_row(&mut cells)?;
    let lane: Option<String> = cells.take()?;
    let ready: Option<bool> = cells.take()?;
    let mut pauses = pauses(link, Some(lane.as_deref())).await?;
    pauses.retain(|pause| pause.is_on(&row.job_type, lane.as_deref(), gated));
    let line = match lane {
        Some(key) => locks::line_before(link, job, key).await?,
        None => None,
    };
    Ok(Some(Facts {
        held: held(link, job).await?,
        parent: parent(link, job).await?.filter(|_| ready != Some(true)),
        open_parts: family::open_parts(link, job).await?,
        pauses,
        line,
        limits: limits::in_the_way(link, job).await?,
        is_served: is_served(link, &row.job_type, now).await?,
        now,
        row,
    }))
}

async fn held(link: &Link, job: JobId) -> Db<Option<Held>> {
    let sql = "SELECT a.executor, a.started_at, a.number::bigint
               FROM dsm_lease l JOIN dsm_attempt a ON a.fence = l.fence
               WHERE l.job_id = $1 AND l.until IS NOT NULL";
    let row = link.query_opt(sql, &[&job.0]).await?;
    row.map(|row| Ok(Held { executor: cell(&row, 0)?, since: cell(&row, 1)?, attempt: cell(&row, 2)? }))
        .transpose()
}

/// Those a claim would look at first, counted no further than [`MOST_COUNTED`].
async fn due_before(link: &Link, job: JobId, gated: &[String]) -> Db<u32> {
    let pauses = pauses(link, Some(None)).await?;
    let mut held_back = Vec::new();
    for pause in &pauses {
        match &pause.scope {
            PauseScope::JobType(name) => held_back.push(text(name)),
            PauseScope::Idracs => held_back.extend(gated.iter().map(|kind| text(kind))),
            PauseScope::All | PauseScope::Lane(_) => {}
        }
    }
    match link.query_opt(&DUE_BEFORE, &[&job.0, &held_back, &i64::from(MOST_COUNTED)]).await? {
        Some(row) => cell(&row, 0),
        None => Ok(0),
    }
}

/// Counts those that a claim would look at before a job, up to a limit.
pub(super) static DUE_BEFORE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH mine AS MATERIALIZED (
             SELECT {RANK} AS rank, coalesce(j.dsm_turn, {DUE}) AS turn, j.created_at, j.id FROM jobs j WHERE j.id = $1
         )
         SELECT count(*) FROM (
             SELECT 1 FROM mine m CROSS JOIN generate_series(0, 3) r (rank) CROSS JOIN LATERAL (
                 SELECT 1 FROM jobs j
                 WHERE r.rank <= m.rank AND {CLAIMABLE} AND {RANK} = r.rank
                   AND (r.rank < m.rank OR (j.dsm_turn, j.created_at, j.id) < (m.turn, m.created_at, m.id))
                   AND NOT j.job_type::text = ANY($2)
                   AND NOT EXISTS (SELECT 1 FROM dsm_pause p WHERE p.scope = 'lane' AND p.name = j.dsm_lane)
             ) b
             LIMIT $3
         ) counted"
    )
});

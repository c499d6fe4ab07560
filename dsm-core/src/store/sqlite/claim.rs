//! Winning jobs and holding them.

use std::net::IpAddr;
use std::sync::LazyLock;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Cursor, P, cell, json_text};
use super::fault::Db;
use super::jobs::{JOB_COLUMNS, job_from, tasks};
use super::locks::{self, Asker};
use super::writer::Tx;
use super::{executor, family, limits, pauses, steps};
use crate::id::JobId;
use crate::job::{JobRow, JobStatus};
use crate::store::clock::lease_end;
use crate::store::limits::{Class, Usage};
use crate::store::turn::turn;
use crate::store::{Beat, BeatReply, Claim, Claimed, ClaimedJob, Lease, LeaseKey, Wish};

/// Ranks of `priority_rank`, most urgent first: each is one short range of the index.
const RANKS: std::ops::RangeInclusive<i64> = 0..=3;

/// What a claim looks at, as the index has it.
pub(super) const CLAIMABLE: &str = "status = 'pending' AND dsm_turn IS NOT NULL AND dsm_parked = 0";

/// What has no turn yet.
const COMING: &str = "status = 'pending' AND dsm_turn IS NULL AND coalesce(dsm_ready, parent_job_id IS NULL)";

/// Jobs that are given their turn in one claim at most.
const MOST_QUEUED: u32 = 2_000;

/// Jobs put aside in one claim at most.
const MOST_PARKED: usize = 2_000;

pub(super) fn claim(tx: &Tx<'_>, claim: &Claim) -> Db<Claimed> {
    let mut claimed = Claimed::default();
    locks::expire(tx)?;
    executor::hear(tx, claim)?;
    let types = pauses::free(tx, claim)?;
    if types.is_empty() {
        return Ok(claimed);
    }
    let mut usage = Usage::default();
    let mut heads = limits::heads(tx, claim, &types, &mut usage)?;
    let types = json_text(&types);
    queue(tx, &types)?;
    let mut parked = 0;
    'ranks: for rank in RANKS {
        loop {
            let free = claim.slots.saturating_sub(claimed.jobs.len());
            if free == 0 {
                break 'ranks;
            }
            let mut found = candidates(tx, rank, &types, free)?;
            let count = found.len();
            let last = found.last().filter(|_| count == window(free)).map(Candidate::order);
            let due = |head: &Candidate| head.rank == rank && last.is_none_or(|last| head.order() <= last);
            found.extend(heads.extract_if(.., |head| due(head)));
            found.sort_by_key(Candidate::order);
            let mut won = Vec::new();
            for candidate in found {
                if won.len() == free {
                    break;
                }
                if enter(tx, &candidate, &mut usage, claim)? {
                    won.push(candidate);
                } else {
                    parked += 1;
                }
            }
            claimed.jobs.extend(take(tx, won, claim)?);
            if count < window(free) {
                break;
            }
            if parked >= MOST_PARKED {
                // The rest in another transaction: others write here, too.
                tx.wake();
                break 'ranks;
            }
        }
    }
    claimed.next_due = next_due(tx, &types)?;
    Ok(claimed)
}

/// Candidates looked at in one go: more than are free, for some will be found waiting for their lane.
fn window(free: usize) -> usize {
    free.max(64)
}

/// Takes the job's share of its limits and its lane for it; where it has to wait, it is put aside: with its class until
/// there is room under its limits, and with its lane until it is its turn there, or the lane is not paused any more.
fn enter(tx: &Tx<'_>, job: &Candidate, usage: &mut Usage, claim: &Claim) -> Db<bool> {
    let id = job.row.id;
    let wishes = claim.limits.wishes(&job.row.job_type, job.address);
    if !limits::has_room(tx, usage, &wishes)? {
        if job.lane.is_some() {
            // Who is held back stands in no line: others pass.
            locks::release_job(tx, id)?;
        }
        limits::park(tx, id, &Class::of(&job.row.job_type, &wishes))?;
        return Ok(false);
    }
    let asker = Asker::of_job(id, &job.row.job_type, &claim.executor);
    if let Some(lane) = &job.lane
        && (pauses::is_lane_paused(tx.conn, &lane.key)?
            || !locks::ask(tx, &asker, std::slice::from_ref(lane))?.is_empty())
    {
        let sql = "UPDATE jobs SET dsm_parked = 1, dsm_waits = NULL WHERE id = ?1";
        tx.conn.prepare_cached(sql)?.execute([P(&id)])?;
        return Ok(false);
    }
    usage.take(&wishes);
    locks::hold(tx, &asker, &wishes)?;
    Ok(true)
}

/// A job that is due, with all that its attempt is told.
#[derive(Debug)]
pub(super) struct Candidate {
    row: JobRow,
    rowid: i64,
    lane: Option<Wish>,
    address: Option<IpAddr>,
    rank: i64,
    turn: Timestamp,
    run: u32,
    /// Attempts before that count.
    attempts: u32,
    checkpoint: Option<Bytes>,
    has_tasks: bool,
    has_steps: bool,
}

impl Candidate {
    pub(super) fn order(&self) -> (i64, Timestamp, Timestamp) {
        (self.rank, self.turn, self.row.created_at)
    }
}

/// In the order [`candidate`] reads them; to be followed by the rest of a WHERE.
pub(super) static CANDIDATES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {JOB_COLUMNS}, jobs.rowid, dsm_lane, dsm_lane_among, dsm_address, priority_rank, dsm_turn, dsm_run,
                coalesce(l.attempt, 0), l.checkpoint,
                EXISTS (SELECT 1 FROM job_tasks WHERE job_id = jobs.id),
                EXISTS (SELECT 1 FROM workflow_executions WHERE job_id = jobs.id)
         FROM jobs LEFT JOIN dsm_lease l ON l.job_id = jobs.id WHERE"
    )
});

pub(super) fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    let mut cells = Cursor::new(row);
    let job = job_from(&mut cells)?;
    let rowid = cells.take()?;
    let (lane, among): (Option<String>, u32) = (cells.take()?, cells.take()?);
    let address: Option<String> = cells.take()?;
    Ok(Candidate {
        row: job,
        rowid,
        lane: lane.map(|key| Wish { key, share: locks::share(among) }),
        address: address.and_then(|text| text.parse().ok()),
        rank: cells.take()?,
        turn: cells.take()?,
        run: cells.take()?,
        attempts: cells.take()?,
        checkpoint: cells.take()?,
        has_tasks: cells.take()?,
        has_steps: cells.take()?,
    })
}

fn candidates(tx: &Tx<'_>, rank: i64, types: &str, slots: usize) -> Db<Vec<Candidate>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{} {CLAIMABLE} AND priority_rank = ?1 AND job_type IN (SELECT value FROM json_each(?2))
             ORDER BY dsm_turn, created_at, jobs.rowid
             LIMIT ?3",
            *CANDIDATES
        )
    });
    let mut select = tx.conn.prepare_cached(&SQL)?;
    let window = i64::try_from(window(slots)).unwrap_or(i64::MAX);
    let rows = select.query_map(params![rank, types, window], candidate)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives those their turns that have fallen due.
fn queue(tx: &Tx<'_>, types: &str) -> Db<()> {
    let mut select = tx.conn.prepare_cached(&format!(
        "SELECT id, due_at FROM jobs
         WHERE {COMING} AND due_at <= ?1 AND job_type IN (SELECT value FROM json_each(?2))
         ORDER BY due_at, created_at, rowid LIMIT ?3"
    ))?;
    let rows = select
        .query_map(params![P(&tx.now), types, MOST_QUEUED], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?;
    let coming = rows.collect::<rusqlite::Result<Vec<(JobId, Timestamp)>>>()?;
    let mut set = tx.conn.prepare_cached("UPDATE jobs SET dsm_turn = ?2 WHERE id = ?1")?;
    let (mut last, mut before) = (None, 0);
    for (id, due) in &coming {
        before = if last == Some(*due) { before + 1 } else { 0 };
        last = Some(*due);
        set.execute(params![P(id), P(&turn(*due, before))])?;
    }
    if coming.len() >= MOST_QUEUED as usize {
        tx.wake();
    }
    Ok(())
}

fn next_due(tx: &Tx<'_>, types: &str) -> Db<Option<Timestamp>> {
    let mut select = tx.conn.prepare_cached(&format!(
        "SELECT due_at FROM jobs
         WHERE {COMING} AND due_at > ?1 AND job_type IN (SELECT value FROM json_each(?2))
         ORDER BY due_at LIMIT 1"
    ))?;
    Ok(select.query_row(params![P(&tx.now), types], |row| cell(row, 0)).optional()?)
}

/// The jobs are this executor's from now on: a few statements for all of them.
fn take(tx: &Tx<'_>, won: Vec<Candidate>, claim: &Claim) -> Db<Vec<ClaimedJob>> {
    if won.is_empty() {
        return Ok(Vec::new());
    }
    let rowids: Vec<i64> = won.iter().map(|job| job.rowid).collect();
    let rowids = json_text(&rowids);
    let (executor, incarnation) = (&claim.executor.id, &claim.executor.incarnation);
    tx.conn
        .prepare_cached(
            "UPDATE jobs SET status = 'running', started_at = coalesce(started_at, ?2), dsm_parked = 0
             WHERE rowid IN (SELECT value FROM json_each(?1))",
        )?
        .execute(params![rowids, P(&tx.now)])?;
    let mut parents: Vec<JobId> = won.iter().filter_map(|job| job.row.parent_job_id).collect();
    parents.dedup();
    parents.into_iter().try_for_each(|parent| family::part_begins(tx, parent))?;
    // The key of the attempt is the fence: AUTOINCREMENT never gives one twice.
    let first: i64 = tx
        .conn
        .prepare_cached(
            "SELECT 1 + coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'dsm_attempt'), 0)",
        )?
        .query_row([], |row| row.get(0))?;
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_attempt (fence, job_id, run, number, executor, incarnation, started_at)
             SELECT ?2 + e.key, j.id, j.dsm_run, 1 + coalesce(l.attempt, 0), ?3, ?4, ?5
             FROM json_each(?1) e CROSS JOIN jobs j ON j.rowid = e.value LEFT JOIN dsm_lease l ON l.job_id = j.id",
        )?
        .execute(params![rowids, first, executor, P(incarnation), P(&tx.now)])?;
    let until = lease_end(tx.now, claim.ttl);
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_lease (job_id, fence, attempt, executor, incarnation, until)
             SELECT j.id, ?2 + e.key, 1, ?3, ?4, ?5 FROM json_each(?1) e CROSS JOIN jobs j ON j.rowid = e.value
             WHERE true
             ON CONFLICT (job_id) DO UPDATE SET
                 fence = excluded.fence, attempt = attempt + 1,
                 executor = excluded.executor, incarnation = excluded.incarnation, until = excluded.until,
                 cancel_requested = 0, cancel_reason = NULL",
        )?
        .execute(params![rowids, first, executor, P(incarnation), P(&until)])?;
    (first..).zip(won).map(|(fence, job)| claimed(tx, job, fence, until, claim)).collect()
}

fn claimed(tx: &Tx<'_>, won: Candidate, fence: i64, until: Timestamp, claim: &Claim) -> Db<ClaimedJob> {
    let (id, run) = (won.row.id, won.run);
    let key = LeaseKey { job_id: id, fence };
    let started_at = won.row.started_at.or(Some(tx.now));
    Ok(ClaimedJob {
        job: JobRow { status: JobStatus::Running, started_at, ..won.row },
        tasks: if won.has_tasks { tasks(tx.conn, id)? } else { Vec::new() },
        lease: Lease { key, run, attempt: won.attempts + 1, until, ttl: claim.ttl },
        checkpoint: won.checkpoint,
        lane: won.lane.map(|wish| wish.key),
        steps: if won.has_steps { steps::of_run(tx.conn, id, run)? } else { Vec::new() },
    })
}

/// A lease that ran out but was not taken back is still its holder's: the job was not given to anybody else.
pub(super) fn renew(tx: &Tx<'_>, beat: &Beat) -> Db<BeatReply> {
    let until = P(&lease_end(tx.now, beat.ttl));
    tx.conn
        .prepare_cached("UPDATE dsm_executor SET beat_at = ?2, alive_until = ?3 WHERE incarnation = ?1")?
        .execute(params![P(&beat.executor.incarnation), P(&tx.now), until])?;
    locks::extend_calls_of(tx, beat.executor.incarnation, lease_end(tx.now, beat.ttl))?;
    let mut extend = tx.conn.prepare_cached(
        "UPDATE dsm_lease SET until = max(until, ?4)
         WHERE job_id = ?1 AND fence = ?2 AND incarnation = ?3 AND until IS NOT NULL
           AND (SELECT status FROM jobs WHERE id = ?1) IN ('running', 'cancelled')",
    )?;
    let mut reply = BeatReply::default();
    let mut held = Vec::new();
    for key in &beat.leases {
        let done =
            extend.execute(params![P(&key.job_id), key.fence, P(&beat.executor.incarnation), until])?;
        if done == 0 {
            reply.lost.push(key.job_id);
        } else {
            held.push(key.job_id);
        }
    }
    reply.cancel = cancel_requests(tx.conn, &held)?;
    Ok(reply)
}

/// Reads the few jobs that are held. One whose row another program set to cancelled counts as well.
pub(super) fn cancel_requests(conn: &Connection, jobs: &[JobId]) -> Db<Vec<JobId>> {
    let mut select = conn.prepare_cached(
        "SELECT l.job_id FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
         WHERE l.until IS NOT NULL AND (l.cancel_requested OR j.status = 'cancelled')",
    )?;
    let rows = select.query_map([], |row| cell(row, 0))?;
    let mut wanted = rows.collect::<rusqlite::Result<Vec<JobId>>>()?;
    wanted.retain(|job| jobs.contains(job));
    Ok(wanted)
}

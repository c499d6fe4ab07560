//! Winning jobs and holding them.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Cursor, P, cell, json_text};
use super::fault::Db;
use super::jobs::{JOB_COLUMNS, job_row, tasks};
use super::locks::{self, Asker};
use super::writer::Tx;
use super::{executor, family, limits, pauses, steps};
use crate::id::JobId;
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
            for candidate in found {
                if claimed.jobs.len() == claim.slots {
                    break 'ranks;
                }
                if enter(tx, &candidate, &mut usage, claim)? {
                    claimed.jobs.push(take(tx, candidate.id, claim)?);
                } else {
                    parked += 1;
                }
            }
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
    let wishes = claim.limits.wishes(&job.job_type, job.address);
    if !limits::has_room(tx, usage, &wishes)? {
        if job.lane.is_some() {
            // Who is held back stands in no line: others pass.
            locks::release_job(tx, job.id)?;
        }
        limits::park(tx, job.id, &Class::of(&job.job_type, &wishes))?;
        return Ok(false);
    }
    let asker = Asker::of_job(job.id, &job.job_type, &claim.executor);
    if let Some(lane) = &job.lane
        && (pauses::is_lane_paused(tx.conn, &lane.key)?
            || !locks::ask(tx, &asker, std::slice::from_ref(lane))?.is_empty())
    {
        let sql = "UPDATE jobs SET dsm_parked = 1, dsm_waits = NULL WHERE id = ?1";
        tx.conn.prepare_cached(sql)?.execute([P(&job.id)])?;
        return Ok(false);
    }
    usage.take(&wishes);
    locks::hold(tx, &asker, &wishes)?;
    Ok(true)
}

/// A job that is due.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: JobId,
    job_type: String,
    lane: Option<Wish>,
    address: Option<IpAddr>,
    rank: i64,
    turn: Timestamp,
    created_at: Timestamp,
}

impl Candidate {
    pub(super) fn order(&self) -> (i64, Timestamp, Timestamp) {
        (self.rank, self.turn, self.created_at)
    }
}

/// In the order [`candidate`] reads them.
pub(super) const CANDIDATE: &str =
    "id, job_type, dsm_lane, dsm_lane_among, dsm_address, priority_rank, dsm_turn, created_at";

pub(super) fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    let mut cells = Cursor::new(row);
    let (id, job_type) = (cells.take()?, cells.take()?);
    let (lane, among): (Option<String>, u32) = (cells.take()?, cells.take()?);
    let address: Option<String> = cells.take()?;
    Ok(Candidate {
        id,
        job_type,
        lane: lane.map(|key| Wish { key, share: locks::share(among) }),
        address: address.and_then(|text| text.parse().ok()),
        rank: cells.take()?,
        turn: cells.take()?,
        created_at: cells.take()?,
    })
}

fn candidates(tx: &Tx<'_>, rank: i64, types: &str, slots: usize) -> Db<Vec<Candidate>> {
    let mut select = tx.conn.prepare_cached(&format!(
        "SELECT {CANDIDATE} FROM jobs
         WHERE {CLAIMABLE} AND priority_rank = ?1 AND job_type IN (SELECT value FROM json_each(?2))
         ORDER BY dsm_turn, created_at, rowid
         LIMIT ?3",
    ))?;
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

fn take(tx: &Tx<'_>, id: JobId, claim: &Claim) -> Db<ClaimedJob> {
    let (executor, incarnation) = (&claim.executor.id, &claim.executor.incarnation);
    let job = tx
        .conn
        .prepare_cached(&format!(
            "UPDATE jobs SET status = 'running', started_at = coalesce(started_at, ?2), dsm_parked = 0
             WHERE id = ?1 AND status = 'pending' RETURNING {JOB_COLUMNS}"
        ))?
        .query_row(params![P(&id), P(&tx.now)], job_row)?;
    if let Some(parent) = job.parent_job_id {
        family::part_begins(tx, parent)?;
    }
    // The key of the attempt is the fence: AUTOINCREMENT never gives one twice.
    let fence = tx
        .conn
        .prepare_cached(
            "INSERT INTO dsm_attempt (job_id, run, number, executor, incarnation, started_at)
             VALUES (?1, (SELECT dsm_run FROM jobs WHERE id = ?1),
                     1 + coalesce((SELECT attempt FROM dsm_lease WHERE job_id = ?1), 0), ?2, ?3, ?4)",
        )?
        .insert(params![P(&id), executor, P(incarnation), P(&tx.now)])?;
    let until = lease_end(tx.now, claim.ttl);
    let (attempt, checkpoint) = tx
        .conn
        .prepare_cached(
            "INSERT INTO dsm_lease (job_id, fence, attempt, executor, incarnation, until)
             VALUES (?1, ?2, 1, ?3, ?4, ?5)
             ON CONFLICT (job_id) DO UPDATE SET
                 fence = excluded.fence, attempt = attempt + 1,
                 executor = excluded.executor, incarnation = excluded.incarnation, until = excluded.until,
                 cancel_requested = 0, cancel_reason = NULL
             RETURNING attempt, checkpoint",
        )?
        .query_row(params![P(&id), fence, executor, P(incarnation), P(&until)], |row| {
            Ok((cell(row, 0)?, cell(row, 1)?))
        })?;
    let (lane, run) = tx
        .conn
        .prepare_cached("SELECT dsm_lane, dsm_run FROM jobs WHERE id = ?1")?
        .query_row([P(&id)], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?;
    let lease = Lease { key: LeaseKey { job_id: id, fence }, run, attempt, until, ttl: claim.ttl };
    Ok(ClaimedJob {
        job,
        tasks: tasks(tx.conn, id)?,
        lease,
        checkpoint,
        lane,
        steps: steps::of_run(tx.conn, id, run)?,
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

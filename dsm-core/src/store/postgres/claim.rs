//! Winning jobs and holding them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::future::{try_join, try_join3, try_join4};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::codec::{Cursor, cell, column, text, uuids};
use super::executor;
use super::fault::Db;
use super::jobs::{JOB_COLUMNS, job_row};
use super::limits::{self, WAITING};
use super::link::Link;
use super::locks;
use super::pauses::{free_types, has_news};
use super::stepped;
use super::steps;
use super::tasks;
use super::tx::{NOW, Tx};
use crate::id::JobId;
use crate::store::clock::lease_end;
use crate::store::limits::{Class, Usage};
use crate::store::turn::APART_SQL;
use crate::store::{Beat, BeatReply, Claim, Claimed, ClaimedJob, Lease, LeaseKey, Wish};

/// The expressions of the index of claimable jobs: a statement that words them otherwise does not use it.
pub(super) const RANK: &str =
    "CASE j.priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'low' THEN 3 ELSE 2 END";
pub(super) const DUE: &str = "coalesce(j.schedule_at, j.created_at)";

/// What may be claimed at rank `r.rank`, in order.
pub(super) const CLAIMABLE: &str = "j.status = 'pending' AND j.dsm_turn IS NOT NULL AND NOT j.dsm_parked";

/// What has no turn yet.
const COMING: &str =
    "j.status = 'pending' AND j.dsm_turn IS NULL AND coalesce(j.dsm_ready, j.parent_job_id IS NULL)";

/// Jobs that are due, most urgent first. Rows that somebody else is taking are passed by.
/// `gated`: the parameter of that name.
fn due_jobs(gated: &str) -> String {
    format!(
        "SELECT c.id, r.rank::bigint, c.due, c.created_at, c.dsm_lane, c.job_type, c.dsm_lane_among, c.dsm_address
         FROM generate_series(0, 3) r (rank) CROSS JOIN LATERAL (
             SELECT j.id, j.dsm_turn AS due, j.created_at, j.dsm_lane, j.job_type::text, j.dsm_lane_among, j.dsm_address
             FROM jobs j
             WHERE {CLAIMABLE} AND {RANK} = r.rank AND j.job_type::text = ANY({}) AND {NOW} IS NOT NULL
             ORDER BY j.dsm_turn, j.created_at, j.id
             LIMIT $3
             FOR NO KEY UPDATE OF j SKIP LOCKED
         ) c
         LIMIT $3",
        free_types(gated)
    )
}

/// The types that nothing holds back.
static FREE_TYPES: LazyLock<String> =
    LazyLock::new(|| format!("SELECT unnest({}) WHERE $1::timestamptz IS NOT NULL", free_types("$3")));

pub(super) static DUE_JOBS: LazyLock<String> = LazyLock::new(|| due_jobs("$4"));

/// The rest of a claim, for the jobs `due`: they are won, with fences, leases and attempts. Written to by key only,
/// whatever the statistics say.
static TAKE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "won AS (
             UPDATE jobs j SET status = 'running', started_at = coalesce(j.started_at, {NOW}), dsm_parked = false
             WHERE j.id = ANY (ARRAY(SELECT id FROM due))
             RETURNING {JOB_COLUMNS}, j.dsm_lane, j.dsm_run::bigint
         ), leases AS (
             INSERT INTO dsm_lease AS l (job_id, fence, attempt, executor, incarnation, ticket, until)
             SELECT id, nextval('dsm_fence'), 1, $5, $6, $7, {NOW} + $4 * interval '1 millisecond' FROM won
             ON CONFLICT (job_id) DO UPDATE SET
                 fence = excluded.fence, attempt = l.attempt + 1, executor = excluded.executor,
                 incarnation = excluded.incarnation, ticket = excluded.ticket, until = excluded.until,
                 cancel_requested = false, cancel_reason = NULL
             RETURNING l.job_id, l.fence, l.attempt::bigint AS attempt, l.until, l.checkpoint
         ), parents AS (
             UPDATE jobs p SET status = 'running', started_at = coalesce(p.started_at, {NOW})
             WHERE p.id = ANY (ARRAY(SELECT w.parent_job_id FROM won w WHERE w.parent_job_id IS NOT NULL))
               AND p.status = 'pending' AND p.dsm_children IS NOT NULL
         ), attempts AS (
             INSERT INTO dsm_attempt (fence, job_id, run, number, executor, incarnation, started_at)
             SELECT l.fence, l.job_id, w.dsm_run, l.attempt, $5, $6, {NOW} FROM leases l JOIN won w ON w.id = l.job_id
         )
         SELECT w.*, l.fence, l.attempt, l.until, l.checkpoint
         FROM due d JOIN won w ON w.id = d.id JOIN leases l ON l.job_id = d.id"
    )
});

/// One statement, and so one step: all that is due and needs no lane, up to the first that does.
pub(super) static CLAIM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "/* dsm claim */ WITH seen AS MATERIALIZED ({}), marked AS (
             SELECT s.*, bool_or(s.dsm_lane IS NOT NULL) OVER (ORDER BY s.rank, s.due, s.created_at, s.id) AS is_behind
             FROM seen s
         ), due AS MATERIALIZED (
             SELECT * FROM marked WHERE NOT is_behind
         ), {} ORDER BY d.rank, d.due, d.created_at, d.id",
        due_jobs("$8"),
        *TAKE
    )
});

/// The same for jobs that were chosen, in their order.
static CLAIM_CHOSEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS MATERIALIZED (
             SELECT id, place FROM unnest($2::uuid[]) WITH ORDINALITY c (id, place) WHERE $3::bigint > 0
         ), {} ORDER BY d.place",
        *TAKE
    )
});

/// When the next job falls due, and whether a claim has to look closer: at lanes, at jobs behind limits, or at locks
/// whose time is over; and whether work on iDRACs was paused or goes on since the last one.
pub(super) static NEXT_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT (SELECT {DUE} FROM jobs j
                 WHERE {COMING} AND {DUE} > {NOW} AND j.job_type::text = ANY({types})
                 ORDER BY {DUE}
                 LIMIT 1),
                EXISTS (SELECT 1 FROM jobs j
                        WHERE {CLAIMABLE} AND j.dsm_lane IS NOT NULL AND j.job_type::text = ANY({types}))
                OR EXISTS (SELECT 1 FROM jobs j WHERE {WAITING})
                OR EXISTS (SELECT 1 FROM dsm_lock WHERE until IS NOT NULL AND until <= {NOW}),
                {},
                EXISTS (SELECT 1 FROM jobs j
                        WHERE {COMING} AND {DUE} <= {NOW} AND j.job_type::text = ANY({types}))",
        has_news("$3"),
        types = free_types("$3")
    )
});

/// What an earlier try of this very claim won, whose answer was lost on the way.
pub(super) static WON_BEFORE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {JOB_COLUMNS}, j.dsm_lane, j.dsm_run::bigint, l.fence, l.attempt::bigint, l.until, l.checkpoint
         FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
         WHERE l.until IS NOT NULL AND l.ticket = $1 ORDER BY l.fence"
    )
});

/// `ticket` names this claim; `repeated`: its first answer may have been lost. Whether there are lanes to look at for
/// the rest of it,
/// and whether work on iDRACs was paused or goes on.
pub(super) async fn claim(
    link: &Link,
    manual: Option<Timestamp>,
    claim: &Claim,
    ticket: Uuid,
    repeated: bool,
) -> Db<(Claimed, bool, bool)> {
    if repeated {
        let won = link.query(&WON_BEFORE, &[&ticket]).await?;
        if !won.is_empty() {
            return Ok((
                Claimed { jobs: with_more(link, &won, claim.ttl).await?, next_due: None },
                false,
                false,
            ));
        }
    }
    // Where there are limits, every job is looked at.
    let at_once = if claim.limits.is_none() { claim.slots } else { 0 };
    let slots = i64::try_from(at_once).unwrap_or(i64::MAX);
    let terms = Terms::of(claim, ticket);
    let (won, next, _) = try_join3(
        link.query(
            &CLAIM,
            &[
                &manual,
                &claim.job_types,
                &slots,
                &terms.ttl,
                &terms.executor,
                &terms.incarnation,
                &ticket,
                &claim.gated,
            ],
        ),
        link.query_opt(&NEXT_DUE, &[&manual, &claim.job_types, &claim.gated]),
        executor::hear(link, manual, claim, terms.ttl),
    )
    .await?;
    let (mut next_due, mut has_lanes, mut has_news, mut has_coming) = (None, false, false, false);
    if let Some(row) = &next {
        (next_due, has_lanes, has_news, has_coming) =
            (cell(row, 0)?, cell(row, 1)?, cell(row, 2)?, cell(row, 3)?);
    }
    let claimed = Claimed { jobs: with_more(link, &won, claim.ttl).await?, next_due };
    // What was won is committed: the rest is another transaction.
    let has_room = claimed.jobs.len() < claim.slots;
    let is_more_wanted = has_coming || (has_room && (has_lanes || !claim.limits.is_none()));
    Ok((claimed, is_more_wanted, has_news))
}

/// What every row of a claim is given.
struct Terms<'c> {
    ttl: f64,
    executor: Cow<'c, str>,
    incarnation: Uuid,
    ticket: Uuid,
}

impl<'c> Terms<'c> {
    fn of(claim: &'c Claim, ticket: Uuid) -> Self {
        let (executor, incarnation) = (text(&claim.executor.id), claim.executor.incarnation);
        Self { ttl: milliseconds(claim.ttl), executor, incarnation, ticket }
    }
}

/// Jobs looked at in one go: more than are free, for some will be found waiting for their lane.
fn window(room: usize) -> usize {
    room.max(64)
}

/// Jobs put aside in one transaction at most: others write there, too.
const MOST_PARKED: usize = 2_000;

/// The rest of a claim where lanes have a say: job by job, each with its lane, or put aside until it is its turn there.
/// `ticket` and `repeated` as for [`claim`].
pub(super) async fn claim_lanes(
    tx: &Tx<'_>,
    claim: &Claim,
    ticket: Uuid,
    repeated: bool,
    room: usize,
) -> Db<Vec<ClaimedJob>> {
    if repeated {
        let won = tx.link.query(&WON_BEFORE, &[&ticket]).await?;
        if !won.is_empty() {
            return with_more(tx.link, &won, claim.ttl).await;
        }
    }
    queue(tx, claim).await?;
    if room == 0 {
        return Ok(Vec::new());
    }
    locks::expire(tx).await?;
    if !claim.limits.is_none() {
        limits::hold(tx).await?;
    }
    let mut usage = Usage::default();
    let types = column(&tx.link.query(&FREE_TYPES, &[&Some(tx.now), &claim.job_types, &claim.gated]).await?)?;
    let mut heads = limits::heads(tx, claim, &types, &mut usage).await?;
    let mut chosen: Vec<JobId> = Vec::new();
    let mut seen = 0;
    while chosen.len() < room && seen < MOST_PARKED {
        let window = window(room);
        let limit = i64::try_from(window).unwrap_or(i64::MAX);
        // Those chosen before are locked by ourselves, and so found again: they come first.
        let more = i64::try_from(chosen.len()).unwrap_or_default().saturating_add(limit);
        let rows = tx.link.query(&DUE_JOBS, &[&Some(tx.now), &claim.job_types, &more, &claim.gated]).await?;
        let mut found = rows.iter().map(candidate).collect::<Db<Vec<_>>>()?;
        found.retain(|candidate| !chosen.contains(&candidate.id));
        let is_last = found.len() < window;
        seen += found.len();
        let last = found.last().filter(|_| !is_last).map(Candidate::order);
        found.extend(heads.extract_if(.., |head| last.is_none_or(|last| head.order() <= last)));
        found.sort_by_key(Candidate::order);
        chosen.extend(enter(tx, &found, room - chosen.len(), claim, &mut usage).await?);
        if is_last {
            break;
        }
    }
    if seen >= MOST_PARKED {
        tx.wake();
    }
    let terms = Terms::of(claim, ticket);
    let (ids, some) = (uuids!(chosen), 1_i64);
    let won = tx
        .link
        .query(
            &CLAIM_CHOSEN,
            &[&Some(tx.now), &ids, &some, &terms.ttl, &terms.executor, &terms.incarnation, &terms.ticket],
        )
        .await?;
    with_more(tx.link, &won, claim.ttl).await
}

/// Jobs that are given their turn in one claim at most.
pub(super) const MOST_QUEUED: i64 = 2_000;

pub(super) static QUEUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE jobs j SET dsm_turn = q.turn FROM (
             SELECT c.id, c.due + (row_number() OVER (PARTITION BY c.due ORDER BY c.created_at, c.id) - 1) * {APART_SQL}
                        AS turn
             FROM (
                 SELECT j.id, {DUE} AS due, j.created_at FROM jobs j
                 WHERE {COMING} AND {DUE} <= {NOW} AND j.job_type::text = ANY({})
                 ORDER BY {DUE}, j.created_at
                 LIMIT $3
                 FOR NO KEY UPDATE OF j SKIP LOCKED
             ) c
         ) q
         WHERE j.id = q.id",
        free_types("$4")
    )
});

/// Gives those their turns that have fallen due.
async fn queue(tx: &Tx<'_>, claim: &Claim) -> Db<()> {
    let values: [&(dyn ToSql + Sync); 4] = [&Some(tx.now), &claim.job_types, &MOST_QUEUED, &claim.gated];
    let queued = tx.link.execute(&QUEUE, &values).await?;
    if queued >= MOST_QUEUED as u64 {
        tx.wake();
    }
    Ok(())
}

/// A job that is due.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) id: JobId,
    pub(super) job_type: String,
    pub(super) lane: Option<Wish>,
    pub(super) address: Option<IpAddr>,
    rank: i64,
    due: Timestamp,
    created_at: Timestamp,
}

impl Candidate {
    fn order(&self) -> (i64, Timestamp, Timestamp, JobId) {
        (self.rank, self.due, self.created_at, self.id)
    }
}

/// In the order [`candidate`] reads them, of the rows called `c`.
pub(super) const CANDIDATE: &str = "c.id, c.rank::bigint, c.due, c.created_at, c.dsm_lane, c.job_type::text, c.dsm_lane_among, c.dsm_address";

pub(super) fn candidate(row: &Row) -> Db<Candidate> {
    let mut cells = Cursor::new(row);
    let (id, rank, due, created_at) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
    let (lane, job_type): (Option<String>, String) = (cells.take()?, cells.take()?);
    let among: u32 = cells.take()?;
    let address: Option<String> = cells.take()?;
    Ok(Candidate {
        id,
        job_type,
        lane: lane.map(|key| Wish { key, share: locks::share(among) }),
        address: address.and_then(|text| text.parse().ok()),
        rank,
        due,
        created_at,
    })
}

/// Lets candidates in, in order, as long as there is room; the rest is put aside: with its class until there is room under
/// its limits, and with its lane until its turn, or until the lane is not paused any more. Those that may run.
async fn enter(
    tx: &Tx<'_>,
    candidates: &[Candidate],
    room: usize,
    claim: &Claim,
    usage: &mut Usage,
) -> Db<Vec<JobId>> {
    let wishes = |job: &Candidate| claim.limits.wishes(&job.job_type, job.address);
    let keys = candidates.iter().flat_map(&wishes).map(|wish| wish.key).collect();
    limits::load(tx, usage, keys).await?;
    let mut lanes = locks::Lanes::of(tx, candidates, &claim.executor).await?;
    let (mut ready, mut aside) = (Vec::new(), Vec::new());
    for job in candidates {
        if ready.len() == room {
            break;
        }
        let wishes = wishes(job);
        if !usage.has_room(&wishes) {
            lanes.leave(job);
            aside.push((job.id, Class::of(&job.job_type, &wishes)));
        } else if lanes.enter(job, &wishes) {
            usage.take(&wishes);
            ready.push(job.id);
        }
    }
    lanes.write().await?;
    if !aside.is_empty() {
        limits::park(tx, &aside).await?;
    }
    Ok(ready)
}

/// What comes with the jobs: their tasks and steps.
async fn with_more(link: &Link, won: &[Row], ttl: Duration) -> Db<Vec<ClaimedJob>> {
    if won.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = column(won)?;
    let (mut tasks, mut steps) = try_join(tasks::of_jobs(link, &ids), steps::of_jobs(link, &ids)).await?;
    won.iter()
        .map(|row| {
            let mut cells = Cursor::new(row);
            let job = job_row(&mut cells)?;
            let (lane, run) = (cells.take()?, cells.take()?);
            let key = LeaseKey { job_id: job.id, fence: cells.take()? };
            let lease = Lease { key, run, attempt: cells.take()?, until: cells.take()?, ttl };
            Ok(ClaimedJob {
                tasks: tasks.remove(&job.id).unwrap_or_default(),
                steps: steps::of_run(steps.remove(&job.id).unwrap_or_default(), run),
                job,
                lease,
                checkpoint: cells.take()?,
                lane,
            })
        })
        .collect()
}

fn milliseconds(time: Duration) -> f64 {
    // An interval is counted in fractions as well; a lease of more than a hundred years is as good as that.
    time.as_secs_f64().min(3.0e9) * 1000.0
}

/// A lease that ran out but was not taken back is still its holder's: the job was not given to anybody else.
pub(super) async fn renew(tx: &Tx<'_>, beat: &Beat) -> Db<BeatReply> {
    let until = lease_end(tx.now, beat.ttl);
    stepped::mend(tx).await?;
    let jobs = uuids!(beat.leases.iter().map(|key| key.job_id));
    let fences: Vec<i64> = beat.leases.iter().map(|key| key.fence).collect();
    let incarnation = beat.executor.incarnation;
    let (_, extended, wanted, _) = try_join4(
        tx.link.execute(
            "UPDATE dsm_executor SET beat_at = $2, alive_until = $3 WHERE incarnation = $1",
            &[&incarnation, &tx.now, &until],
        ),
        tx.link.query(
            // Locked in order of their ids first, as settling does it: neither waits for the other in a ring.
            "WITH mine AS MATERIALIZED (
                 SELECT l.job_id FROM unnest($1::uuid[], $2::bigint[]) k (job_id, fence)
                 JOIN dsm_lease l ON l.job_id = k.job_id AND l.fence = k.fence
                 JOIN jobs j ON j.id = l.job_id
                 WHERE l.incarnation = $3 AND l.until IS NOT NULL AND j.status IN ('running', 'cancelled')
                 ORDER BY l.job_id FOR NO KEY UPDATE OF l
             )
             UPDATE dsm_lease SET until = greatest(until, $4) WHERE job_id = ANY (ARRAY(SELECT job_id FROM mine))
             RETURNING job_id",
            &[&jobs, &fences, &incarnation, &until],
        ),
        tx.link.query(CANCEL_REQUESTS, &[&jobs]),
        tx.link.execute(
            "UPDATE dsm_lock SET until = greatest(until, $2) WHERE until IS NOT NULL AND incarnation = $1",
            &[&incarnation, &until],
        ),
    )
    .await?;
    let held: HashSet<JobId> = column(&extended)?.into_iter().collect();
    let mut reply = BeatReply { lost: Vec::new(), cancel: column(&wanted)? };
    reply.cancel.retain(|job| held.contains(job));
    reply.lost = beat.leases.iter().map(|key| key.job_id).filter(|job| !held.contains(job)).collect();
    Ok(reply)
}

/// One whose row another program set to cancelled counts as well.
const CANCEL_REQUESTS: &str = "SELECT l.job_id FROM dsm_lease l JOIN jobs j ON j.id = l.job_id
     WHERE l.job_id = ANY($1) AND l.until IS NOT NULL AND (l.cancel_requested OR j.status = 'cancelled')";

pub(super) async fn cancel_requests(link: &Link, jobs: &[JobId]) -> Db<Vec<JobId>> {
    let jobs = uuids!(jobs.iter().copied());
    column(&link.query(CANCEL_REQUESTS, &[&jobs]).await?)
}

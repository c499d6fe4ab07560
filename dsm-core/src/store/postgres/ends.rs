//! Ends of attempts and jobs, gathered one by one and written together: a few statements for a whole batch, each
//! joined on keys alone.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::try_join;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, column, some_text, text, uuids};
use super::family;
use super::fault::Db;
use super::locks;
use super::pauses::paused_jobs;
use super::tx::Tx;
use crate::credential::details;
use crate::error::{Error, ErrorKind};
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::LeaseKey;
use crate::store::rules::{self, CANCELLATION_REASON, parent_ended};

/// A job and the lease on it, locked.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) job: JobId,
    pub(super) status: JobStatus,
    pub(super) lease: Option<HeldLease>,
    /// Another one may run by it.
    is_part: bool,
}

#[derive(Debug, Clone)]
pub(super) struct HeldLease {
    pub(super) fence: i64,
    pub(super) orphaned: u32,
    pub(super) until: Option<Timestamp>,
    pub(super) incarnation: Option<Uuid>,
    /// Why it is to be cancelled, if it is.
    pub(super) cancel: Option<String>,
}

impl Held {
    /// Whether the attempt of this fence holds the job and the job runs.
    pub(super) fn is_held_under(&self, fence: i64) -> bool {
        self.status == JobStatus::Running
            && self.lease.as_ref().is_some_and(|lease| lease.fence == fence && lease.until.is_some())
    }

    fn cancel(&self) -> Option<&str> {
        self.lease.as_ref()?.cancel.as_deref()
    }

    pub(super) fn is_to_be_cancelled(&self) -> bool {
        self.cancel().is_some()
    }
}

/// Locks jobs and their leases, in order of their ids; jobs that are not there are left out.
pub(super) async fn lock(tx: &Tx<'_>, jobs: &[JobId]) -> Db<HashMap<JobId, Held>> {
    let ids = uuids!(jobs.iter().copied());
    let (rows, leases) = try_join(
        tx.link.query(
            "/* dsm lock */ SELECT id, status::text, dsm_ready IS NOT NULL AND parent_job_id IS NOT NULL FROM jobs WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            &[&ids],
        ),
        tx.link.query(
            "SELECT job_id, fence, orphaned::bigint, until, incarnation,
                    CASE WHEN cancel_requested THEN coalesce(cancel_reason, '') END
             FROM dsm_lease WHERE job_id = ANY($1) ORDER BY job_id FOR NO KEY UPDATE",
            &[&ids],
        ),
    )
    .await?;
    let mut held = HashMap::with_capacity(rows.len());
    for row in &rows {
        let mut cells = Cursor::new(row);
        let job = cells.take()?;
        held.insert(job, Held { job, status: cells.take()?, is_part: cells.take()?, lease: None });
    }
    for row in &leases {
        let mut cells = Cursor::new(row);
        if let Some(job) = held.get_mut(&cells.take()?) {
            job.lease = Some(HeldLease {
                fence: cells.take()?,
                orphaned: cells.take()?,
                until: cells.take()?,
                incarnation: cells.take()?,
                cancel: cells.take()?,
            });
        }
    }
    Ok(held)
}

/// The attempt must be the last one, still hold the job, and the job must still run. Until the commit it stays so:
/// its rows are locked.
pub(super) async fn check_fence(tx: &Tx<'_>, key: LeaseKey) -> Db<()> {
    match lock(tx, &[key.job_id]).await?.get(&key.job_id) {
        Some(held) if held.is_held_under(key.fence) => Ok(()),
        _ => Err(rules::lease_lost(key.job_id).into()),
    }
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Ends {
    attempts: Vec<AttemptEnd>,
    moves: BTreeMap<&'static str, Vec<Move>>,
    leases: Vec<LeaseEnd>,
    lanes: Vec<(JobId, String)>,
    parts: Vec<(JobId, JobStatus)>,
    /// Ended by another program: what they still carry goes.
    ended_elsewhere: Vec<JobId>,
}

#[derive(Debug)]
struct AttemptEnd {
    fence: i64,
    word: &'static str,
    error: Option<String>,
}

#[derive(Debug)]
struct Move {
    job: JobId,
    details: Map<String, Value>,
    due: Option<Timestamp>,
}

/// Nobody holds the job any more.
#[derive(Debug)]
struct LeaseEnd {
    job: JobId,
    /// The attempt counts.
    counted: bool,
    /// Orphanings in a row from now on; `None` leaves them as they are.
    orphaned: Option<u32>,
    /// There will be no other attempt to read the checkpoint.
    is_over: bool,
}

impl Ends {
    pub(super) fn end_attempt(&mut self, fence: i64, word: &'static str, error: Option<&str>) {
        self.attempts.push(AttemptEnd { fence, word, error: error.map(str::to_owned) });
    }

    pub(super) fn clean_up(&mut self, held: &Held) {
        self.ended_elsewhere.push(held.job);
    }

    pub(super) fn free_lease(&mut self, held: &Held, counted: bool, orphaned: Option<u32>) {
        let is_over = held.status.is_terminal();
        self.leases.push(LeaseEnd { job: held.job, counted, orphaned, is_over });
    }

    /// The job ends.
    pub(super) fn end_job(&mut self, held: &mut Held, to: JobStatus, details: Map<String, Value>) -> Db<()> {
        let transition = match held.status {
            JobStatus::Pending if to == JobStatus::Cancelled => Transition::Cancel,
            _ => Transition::End(to),
        };
        self.move_job(held, moved(transition, held.status)?, details, None);
        Ok(())
    }

    /// A held job goes back to pending; one that is to be cancelled ends here instead.
    pub(super) fn give_back(
        &mut self,
        held: &mut Held,
        due: Option<Timestamp>,
        mut details: Map<String, Value>,
    ) -> Db<()> {
        if let Some(reason) = held.cancel() {
            details.extend(cancellation(reason));
            return self.end_job(held, JobStatus::Cancelled, details);
        }
        self.move_job(held, moved(Transition::Release, held.status)?, details, due);
        Ok(())
    }

    fn move_job(
        &mut self,
        held: &mut Held,
        to: JobStatus,
        details: Map<String, Value>,
        due: Option<Timestamp>,
    ) {
        held.status = to;
        if held.is_part && to.is_terminal() {
            self.parts.push((held.job, to));
        }
        self.moves.entry(to.as_str()).or_default().push(Move { job: held.job, details, due });
    }

    /// The job needs this lane from now on.
    pub(super) fn send_to(&mut self, held: &Held, lane: &str) {
        self.lanes.push((held.job, lane.to_owned()));
    }

    /// A job that is over or comes back later gives its locks up; one that is to go on at once stays first in line.
    async fn leave_lanes(&self, tx: &Tx<'_>) -> Db<()> {
        let (mut back, mut gone) = (Vec::new(), Vec::new());
        for (word, moves) in &self.moves {
            for one in moves {
                let goes_on = *word == JobStatus::Pending.as_str() && one.due.is_none();
                if goes_on { back.push(one.job) } else { gone.push(one.job) }
            }
        }
        if !self.lanes.is_empty() {
            let jobs = uuids!(self.lanes.iter().map(|(job, _)| *job));
            let lanes: Vec<_> = self.lanes.iter().map(|(_, lane)| text(lane)).collect();
            let sql = "UPDATE jobs j SET dsm_lane = r.lane FROM unnest($1::uuid[], $2::text[]) r (id, lane) WHERE j.id = r.id";
            tx.link.execute(sql, &[&jobs, &lanes]).await?;
        }
        // Who is held back stands in no line.
        let paused =
            if back.is_empty() { Vec::new() } else { paused_jobs(tx, &uuids!(back.iter().copied())).await? };
        back.retain(|job| !paused.contains(job));
        gone.extend(paused);
        if !back.is_empty() {
            locks::back_to_line(tx, &back).await?;
        }
        if !gone.is_empty() {
            locks::release_jobs(tx, &gone).await?;
        }
        Ok(())
    }

    /// Writes all of it.
    pub(super) async fn apply(self, tx: &Tx<'_>) -> Db<()> {
        for (word, moves) in &self.moves {
            write_moves(tx, word, moves).await?;
        }
        try_join(write_attempts(tx, &self.attempts), write_leases(tx, &self.leases)).await?;
        self.leave_lanes(tx).await?;
        if !self.ended_elsewhere.is_empty() {
            scrub(tx, &uuids!(self.ended_elsewhere.iter().copied())).await?;
        }
        for status in [JobStatus::Failed, JobStatus::Cancelled] {
            let parents = self.moves.get(status.as_str()).map(Vec::as_slice).unwrap_or_default();
            cancel_below(tx, parents, status).await?;
        }
        if !self.parts.is_empty() {
            family::parts_ended(tx, &self.parts).await?;
        }
        if self.moves.contains_key(JobStatus::Pending.as_str()) {
            tx.wake();
        }
        Ok(())
    }
}

pub(super) fn cancellation(reason: &str) -> Map<String, Value> {
    Map::from_iter([(CANCELLATION_REASON.to_owned(), Value::from(reason))])
}

/// The table of moves has the last word; a move it does not know here is a defect of this store.
fn moved(transition: Transition, from: JobStatus) -> Db<JobStatus> {
    transition.apply(from).ok_or_else(|| {
        Error::new(ErrorKind::Store, format!("no move {transition:?} from {from}"))
            .hint("this is a defect of the store: report it")
            .into()
    })
}

/// Keys laid over `details`: what is there is not taken apart below the top level.
pub(super) const MERGED: &str =
    "CASE WHEN jsonb_typeof(j.details) = 'object' THEN j.details ELSE '{}'::jsonb END || r.details";

/// The status is a word of the statement, not a parameter: the column may be of a type of the database's own.
async fn write_moves(tx: &Tx<'_>, word: &str, moves: &[Move]) -> Db<()> {
    let jobs = uuids!(moves.iter().map(|one| one.job));
    let details: Vec<Option<Jsonb>> =
        moves.iter().map(|one| (!one.details.is_empty()).then(|| Jsonb::of(&one.details))).collect();
    let due: Vec<Option<Timestamp>> = moves.iter().map(|one| one.due).collect();
    let is_over = word != JobStatus::Pending.as_str();
    let over = if is_over {
        "completed_at = $4"
    } else {
        "schedule_at = coalesce(r.due, j.schedule_at),
                dsm_turn = CASE WHEN r.due IS NULL THEN j.dsm_turn END"
    };
    let sql = format!(
        "/* dsm settle */ UPDATE jobs j SET status = '{word}', {over},
                details = CASE WHEN r.details IS NULL THEN j.details ELSE {MERGED} END
         FROM unnest($1::uuid[], $2::jsonb[], $3::timestamptz[]) r (id, details, due)
         WHERE j.id = r.id AND $4::timestamptz IS NOT NULL"
    );
    let tasks = match word {
        "pending" => {
            "status = 'pending' WHERE job_id = ANY($1) AND status = 'running' AND $2::timestamptz IS NOT NULL"
        }
        "completed" => {
            "status = 'completed', progress = 100, completed_at = $2
             WHERE job_id = ANY($1) AND status IN ('pending', 'running')"
        }
        "failed" => {
            "status = 'failed', completed_at = $2 WHERE job_id = ANY($1) AND status IN ('pending', 'running')"
        }
        _ => {
            "status = 'cancelled', completed_at = $2 WHERE job_id = ANY($1) AND status IN ('pending', 'running')"
        }
    };
    try_join(
        tx.link.execute(&sql, &[&jobs, &details, &due, &tx.now]),
        tx.link.execute(&format!("UPDATE job_tasks SET {tasks}"), &[&jobs, &tx.now]),
    )
    .await?;
    // What goes well is settled by an executor, which brings its details clean.
    let is_bad_end = is_over && word != JobStatus::Completed.as_str();
    if is_bad_end { scrub(tx, &jobs).await } else { Ok(()) }
}

/// Takes passwords out of the details of jobs that are over. Few carry any: the others are not taken apart.
async fn scrub(tx: &Tx<'_>, jobs: &[Uuid]) -> Db<()> {
    let sql = "SELECT id, details FROM jobs WHERE id = ANY($1) AND details::text ILIKE ANY
                   (ARRAY['%dsm1:%', '%pass%', '%secret%', '%pwd%', '%token%', '%key%'])";
    for row in &tx.link.query(sql, &[&jobs]).await? {
        let mut cells = Cursor::new(row);
        let (job, details): (JobId, Option<Value>) = (cells.take()?, cells.take()?);
        let Some(Value::Object(mut details)) = details else { continue };
        let changed = details::scrub(&mut details);
        details.retain(|key, _| changed.contains(key));
        if !details.is_empty() {
            let sql = "UPDATE jobs SET details = details || $2 WHERE id = $1";
            tx.link.execute(sql, &[&job.0, &Jsonb::of(&details)]).await?;
        }
    }
    Ok(())
}

async fn write_attempts(tx: &Tx<'_>, ends: &[AttemptEnd]) -> Db<()> {
    if ends.is_empty() {
        return Ok(());
    }
    let fences: Vec<i64> = ends.iter().map(|end| end.fence).collect();
    let words: Vec<&str> = ends.iter().map(|end| end.word).collect();
    let errors: Vec<_> = ends.iter().map(|end| some_text(end.error.as_deref())).collect();
    tx.link
        .execute(
            "UPDATE dsm_attempt a SET ended_at = $4, outcome = r.word, error = r.error
             FROM unnest($1::bigint[], $2::text[], $3::text[]) r (fence, word, error) WHERE a.fence = r.fence",
            &[&fences, &words, &errors, &tx.now],
        )
        .await?;
    Ok(())
}

async fn write_leases(tx: &Tx<'_>, ends: &[LeaseEnd]) -> Db<()> {
    if ends.is_empty() {
        return Ok(());
    }
    let jobs = uuids!(ends.iter().map(|end| end.job));
    let back: Vec<i32> = ends.iter().map(|end| i32::from(!end.counted)).collect();
    let orphaned: Vec<Option<i32>> =
        ends.iter().map(|end| end.orphaned.and_then(|count| i32::try_from(count).ok())).collect();
    let over: Vec<bool> = ends.iter().map(|end| end.is_over).collect();
    tx.link
        .execute(
            "UPDATE dsm_lease l SET until = NULL, executor = NULL, incarnation = NULL, ticket = NULL,
                    attempt = l.attempt - r.back, orphaned = coalesce(r.orphaned, l.orphaned),
                    checkpoint = CASE WHEN r.is_over THEN NULL ELSE l.checkpoint END
             FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bool[]) r (job_id, back, orphaned, is_over)
             WHERE l.job_id = r.job_id",
            &[&jobs, &back, &orphaned, &over],
        )
        .await?;
    Ok(())
}

/// What was to come below jobs that did not end well does not come.
async fn cancel_below(tx: &Tx<'_>, parents: &[Move], to: JobStatus) -> Db<()> {
    if parents.is_empty() {
        return Ok(());
    }
    let roots = uuids!(parents.iter().map(|one| one.job));
    let rows = tx
        .link
        .query(
            "WITH RECURSIVE below (id, root) AS (
                 SELECT id, parent_job_id FROM jobs WHERE parent_job_id = ANY($1)
                 UNION
                 SELECT j.id, b.root FROM jobs j JOIN below b ON j.parent_job_id = b.id
             )
             SELECT DISTINCT ON (j.id) j.id, b.root FROM below b JOIN jobs j ON j.id = b.id
             WHERE j.status IN ('pending', 'running')",
            &[&roots],
        )
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    // Locked before they are written, so that one that ended in between stays as it ended.
    let open = lock(tx, &column::<JobId>(&rows)?).await?;
    let (mut cancelled, mut told) = (Vec::new(), Vec::new());
    for row in &rows {
        let mut cells = Cursor::new(row);
        let (job, root): (JobId, JobId) = (cells.take()?, cells.take()?);
        let Some(held) = open.get(&job).filter(|held| !held.status.is_terminal()) else { continue };
        let why = parent_ended(root, to);
        // One that an executor holds is told, as if it had been cancelled by itself: it keeps its lane until it has stopped.
        let is_held = held.lease.as_ref().is_some_and(|lease| lease.until.is_some());
        if is_held { told.push((job, why)) } else { cancelled.push((job, why)) }
    }
    tell(tx, &told).await?;
    write_cancelled(tx, cancelled).await
}

/// Tells who holds jobs that they are to be cancelled, and why.
async fn tell(tx: &Tx<'_>, jobs: &[(JobId, String)]) -> Db<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let ids = uuids!(jobs.iter().map(|(job, _)| *job));
    let reasons: Vec<_> = jobs.iter().map(|(_, why)| text(why)).collect();
    let sql = "UPDATE dsm_lease l SET cancel_requested = true, cancel_reason = r.why
               FROM unnest($1::uuid[], $2::text[]) r (id, why) WHERE l.job_id = r.id";
    tx.link.execute(sql, &[&ids, &reasons]).await?;
    Ok(())
}

/// Jobs that nobody holds are cancelled, each for its reason.
pub(super) async fn write_cancelled(tx: &Tx<'_>, jobs: Vec<(JobId, String)>) -> Db<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let cancelled: Vec<Move> =
        jobs.into_iter().map(|(job, why)| Move { job, details: cancellation(&why), due: None }).collect();
    write_moves(tx, JobStatus::Cancelled.as_str(), &cancelled).await?;
    let ids = uuids!(cancelled.iter().map(|one| one.job));
    tx.link.execute("UPDATE dsm_lease SET checkpoint = NULL WHERE job_id = ANY($1)", &[&ids]).await?;
    locks::release_jobs(tx, &cancelled.iter().map(|one| one.job).collect::<Vec<_>>()).await
}

//! Locks and lanes.
//!
//! What is asked of a lock is asked by one transaction at a time: each takes the lock's name for itself first. The rows
//! it may touch are read, the list in memory, which is the model of every store, decides, and what changed is written.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::Row as Stored;
use uuid::Uuid;

use super::claim::Candidate;
use super::codec::{Cursor, column, text, uuids};
use super::ends::check_fence;
use super::fault::Db;
use super::limits::GATE;
use super::link::Link;
use super::pauses::paused_lanes;
use super::tx::Tx;
use crate::id::JobId;
use crate::store::clock::lease_end;
use crate::store::limits::{IS_LIMIT, is_limit};
use crate::store::memory::locks::{Asker, Locks, Owner, Row};
use crate::store::why::Line;
use crate::store::{Executor, Holder, LockOwner, LockRequest, Locked, Share, Turn, Wish};

/// In the order [`row`] reads them.
const COLUMNS: &str = "key, job_id, call_id, most, held, label, executor, incarnation, since, until";

/// So many of those who wait for a lock are looked at: more than are ever named or let in at once.
const WINDOW: i64 = 256;

const HOLD: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('dsm.lock.' || current_schema() || '.' || key, 0))
     FROM unnest($1::text[]) key";

/// Whose rows a piece of work may change, beside the heads of the lines.
#[derive(Debug, Default)]
struct Concerned {
    jobs: Vec<Uuid>,
    calls: Vec<Uuid>,
    incarnations: Vec<Uuid>,
}

impl Concerned {
    fn owner(owner: Owner) -> Self {
        match owner {
            Owner::Job(job) => Self { jobs: vec![job.0], ..Self::default() },
            Owner::Call(call) => Self { calls: vec![call], ..Self::default() },
        }
    }
}

/// The lines of some locks: as they are stored, and as they are to be.
pub(super) struct Lines {
    before: Vec<Row>,
    rows: Locks,
}

impl Lines {
    async fn load(tx: &Tx<'_>, keys: &BTreeSet<String>, concerned: &Concerned) -> Db<Self> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        // In one order everywhere; what is read after it is what the one before has left.
        let gates: BTreeSet<&str> = keys.iter().map(|key| if is_limit(key) { GATE } else { *key }).collect();
        tx.link.query(HOLD, &[&gates.into_iter().collect::<Vec<_>>()]).await?;
        let Concerned { jobs, calls, incarnations } = concerned;
        let stored = tx
            .link
            .query(
                &format!(
                    "SELECT seq, {COLUMNS} FROM dsm_lock WHERE key = ANY($1) AND held
                     UNION
                     SELECT w.seq, w.key, w.job_id, w.call_id, w.most, w.held, w.label, w.executor, w.incarnation,
                            w.since, w.until
                     FROM unnest($1::text[]) k (key) CROSS JOIN LATERAL (
                         SELECT * FROM dsm_lock l WHERE l.key = k.key AND NOT l.held ORDER BY l.seq LIMIT $6
                     ) w
                     UNION
                     SELECT seq, {COLUMNS} FROM dsm_lock
                     WHERE key = ANY($1) AND (job_id = ANY($2) OR call_id = ANY($3) OR incarnation = ANY($4) OR until <= $5)
                     ORDER BY seq"
                ),
                &[&keys, jobs, calls, incarnations, &tx.now, &WINDOW],
            )
            .await?;
        let before = stored.iter().map(row).collect::<Db<Vec<_>>>()?;
        Ok(Self { rows: Locks::of(before.clone()), before })
    }

    async fn write(&self, tx: &Tx<'_>) -> Db<()> {
        let stored: HashMap<(Owner, &str), &Row> =
            self.before.iter().map(|row| ((row.owner, row.key.as_str()), row)).collect();
        let kept: BTreeSet<(Uuid, &str)> =
            self.rows.all().iter().map(|row| (id(row.owner), row.key.as_str())).collect();
        let gone: Vec<&Row> =
            self.before.iter().filter(|row| !kept.contains(&(id(row.owner), row.key.as_str()))).collect();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for row in self.rows.all() {
            match stored.get(&(row.owner, row.key.as_str())) {
                None => new.push(row),
                Some(before) if **before == *row => {}
                Some(_) => changed.push(row),
            }
        }
        if !gone.is_empty() {
            let (ids, keys): (Vec<Uuid>, Vec<&str>) =
                gone.iter().map(|row| (id(row.owner), row.key.as_str())).unzip();
            let sql = "DELETE FROM dsm_lock l USING unnest($1::uuid[], $2::text[]) r (id, key)
                       WHERE l.key = r.key AND (l.job_id = r.id OR l.call_id = r.id)";
            tx.link.execute(sql, &[&ids, &keys]).await?;
        }
        put(tx, CHANGE, &changed).await?;
        put(tx, ADD, &new).await
    }
}

const CHANGE: &str = "UPDATE dsm_lock l SET most = r.most, held = r.held, label = r.label, executor = r.executor,
         incarnation = r.incarnation, since = r.since, until = r.until
     FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bool[], $6::text[], $7::text[], $8::uuid[],
                 $9::timestamptz[], $10::timestamptz[])
          r (key, job_id, call_id, most, held, label, executor, incarnation, since, until)
     WHERE l.key = r.key AND (l.job_id = r.job_id OR l.call_id = r.call_id)";

/// In the order of asking: so the places are given.
const ADD: &str = "INSERT INTO dsm_lock (key, job_id, call_id, most, held, label, executor, incarnation, since, until)
     SELECT key, job_id, call_id, most, held, label, executor, incarnation, since, until
     FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bool[], $6::text[], $7::text[], $8::uuid[],
                 $9::timestamptz[], $10::timestamptz[]) WITH ORDINALITY
          r (key, job_id, call_id, most, held, label, executor, incarnation, since, until, place)
     ORDER BY place";

async fn put(tx: &Tx<'_>, sql: &str, rows: &[&Row]) -> Db<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let (jobs, calls): (Vec<Option<Uuid>>, Vec<Option<Uuid>>) = rows.iter().map(|row| ids(row.owner)).unzip();
    let shares: Vec<i64> = rows.iter().map(|row| most(row.share)).collect();
    let held: Vec<bool> = rows.iter().map(|row| row.is_held).collect();
    let labels: Vec<_> = rows.iter().map(|row| text(&row.label)).collect();
    let executors: Vec<_> = rows.iter().map(|row| row.through.as_ref().map(|(name, _)| text(name))).collect();
    let incarnations: Vec<Option<Uuid>> =
        rows.iter().map(|row| row.through.as_ref().map(|(_, by)| *by)).collect();
    let since: Vec<_> = rows.iter().map(|row| row.since).collect();
    let until: Vec<_> = rows.iter().map(|row| row.until).collect();
    tx.link
        .execute(
            sql,
            &[&keys, &jobs, &calls, &shares, &held, &labels, &executors, &incarnations, &since, &until],
        )
        .await?;
    Ok(())
}

fn row(stored: &Stored) -> Db<Row> {
    let mut cells = Cursor::new(stored);
    let _seq: i64 = cells.take()?;
    read_row(&mut cells)
}

fn read_row(cells: &mut Cursor<'_>) -> Db<Row> {
    let key = cells.take()?;
    let (job, call): (Option<JobId>, Option<Uuid>) = (cells.take()?, cells.take()?);
    let (most, is_held, label) = (cells.take::<u32>()?, cells.take()?, cells.take()?);
    let (executor, incarnation): (Option<String>, Option<Uuid>) = (cells.take()?, cells.take()?);
    Ok(Row {
        owner: job.map_or_else(|| Owner::Call(call.unwrap_or_default()), Owner::Job),
        key,
        share: share(most),
        is_held,
        label,
        through: executor.zip(incarnation),
        since: cells.take()?,
        until: cells.take()?,
    })
}

fn most(share: Share) -> i64 {
    match share {
        Share::Alone => 0,
        Share::Among(most) => i64::from(most),
    }
}

pub(super) const fn share(most: u32) -> Share {
    if most == 0 { Share::Alone } else { Share::Among(most) }
}

fn id(owner: Owner) -> Uuid {
    match owner {
        Owner::Job(job) => job.0,
        Owner::Call(call) => call,
    }
}

fn ids(owner: Owner) -> (Option<Uuid>, Option<Uuid>) {
    match owner {
        Owner::Job(job) => (Some(job.0), None),
        Owner::Call(call) => (None, Some(call)),
    }
}

/// An attempt speaks for its job under its fence.
async fn owner_of(tx: &Tx<'_>, owner: LockOwner) -> Db<Owner> {
    match owner {
        LockOwner::Job(key) => {
            check_fence(tx, key).await?;
            Ok(Owner::Job(key.job_id))
        }
        LockOwner::Call(call) => Ok(Owner::Call(call)),
    }
}

pub(super) async fn lock(tx: &Tx<'_>, request: &LockRequest) -> Db<Locked> {
    expire(tx).await?;
    let owner = owner_of(tx, request.owner).await?;
    let wishes: Vec<Wish> = request
        .wishes
        .iter()
        .map(|wish| Wish { key: text(&wish.key).into_owned(), share: wish.share })
        .collect();
    let keys = wishes.iter().map(|wish| wish.key.clone()).collect();
    let mut lines = Lines::load(tx, &keys, &Concerned::owner(owner)).await?;
    let asker = Asker {
        owner,
        label: &request.label,
        through: Some((request.executor.id.clone(), request.executor.incarnation)),
        until: matches!(owner, Owner::Call(_)).then(|| lease_end(tx.now, request.ttl)),
        turn: request.turn,
    };
    let busy = lines.rows.ask(&asker, &wishes, tx.now);
    lines.write(tx).await?;
    Ok(if busy.is_empty() { Locked::Granted } else { Locked::Busy(busy) })
}

pub(super) async fn unlock(tx: &Tx<'_>, owner: LockOwner, keys: &[String]) -> Db<()> {
    let owner = owner_of(tx, owner).await?;
    let named: Vec<String> = keys.iter().map(|key| text(key).into_owned()).collect();
    let (job, call) = ids(owner);
    let sql = "SELECT key FROM dsm_lock WHERE job_id = $1 UNION SELECT key FROM dsm_lock WHERE call_id = $2";
    let mut keys: BTreeSet<String> =
        column(&tx.link.query(sql, &[&job, &call]).await?)?.into_iter().collect();
    keys.retain(|key| named.is_empty() || named.contains(key));
    change(tx, keys, &Concerned::owner(owner), |locks| locks.release(owner, &named)).await
}

/// Takes rows away, and lets in whoever is next.
async fn change(
    tx: &Tx<'_>,
    keys: BTreeSet<String>,
    concerned: &Concerned,
    release: impl FnOnce(&mut Locks) -> Vec<String>,
) -> Db<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut lines = Lines::load(tx, &keys, concerned).await?;
    let freed: BTreeSet<String> = release(&mut lines.rows).into_iter().collect();
    lines.write(tx).await?;
    unpark(tx, &lines, &freed).await
}

/// Everything of jobs that ended or come back later.
pub(super) async fn release_jobs(tx: &Tx<'_>, jobs: &[JobId]) -> Db<()> {
    let concerned = Concerned { jobs: uuids!(jobs.iter().copied()), ..Concerned::default() };
    release_limits(tx, &concerned.jobs).await?;
    let rows = tx.link.query("SELECT key FROM dsm_lock WHERE job_id = ANY($1)", &[&concerned.jobs]).await?;
    let keys = column(&rows)?.into_iter().collect();
    let release =
        |locks: &mut Locks| jobs.iter().flat_map(|job| locks.release(Owner::Job(*job), &[])).collect();
    change(tx, keys, &concerned, release).await
}

/// The locks of calls that went by executors that are gone.
pub(super) async fn release_calls_of(tx: &Tx<'_>, incarnations: &[Uuid]) -> Db<()> {
    let sql = "SELECT key FROM dsm_lock WHERE until IS NOT NULL AND incarnation = ANY($1)";
    let keys = column(&tx.link.query(sql, &[&incarnations]).await?)?.into_iter().collect();
    let concerned = Concerned { incarnations: incarnations.to_vec(), ..Concerned::default() };
    let release =
        |locks: &mut Locks| incarnations.iter().flat_map(|gone| locks.release_calls_of(*gone)).collect();
    change(tx, keys, &concerned, release).await
}

/// Calls whose time is over.
pub(super) async fn expire(tx: &Tx<'_>) -> Db<()> {
    let sql = "SELECT key FROM dsm_lock WHERE until IS NOT NULL AND until <= $1";
    let keys = column(&tx.link.query(sql, &[&tx.now]).await?)?.into_iter().collect();
    let now = tx.now;
    change(tx, keys, &Concerned::default(), move |locks| locks.expire(now)).await
}

/// Shares of limits: no job waits in line for one, claims look who may run.
async fn release_limits(tx: &Tx<'_>, jobs: &[Uuid]) -> Db<()> {
    let sql = format!("DELETE FROM dsm_lock WHERE job_id = ANY($1) AND {IS_LIMIT}");
    if tx.link.execute(&sql, &[&jobs]).await? > 0 {
        tx.wake();
    }
    Ok(())
}

/// Jobs between two attempts hold nothing, and are next where nobody stood before them.
pub(super) async fn back_to_line(tx: &Tx<'_>, jobs: &[JobId]) -> Db<()> {
    let concerned = Concerned { jobs: uuids!(jobs.iter().copied()), ..Concerned::default() };
    release_limits(tx, &concerned.jobs).await?;
    let rows = tx.link.query("SELECT key FROM dsm_lock WHERE job_id = ANY($1)", &[&concerned.jobs]).await?;
    let keys = column(&rows)?.into_iter().collect();
    let back = |locks: &mut Locks| jobs.iter().flat_map(|job| locks.back_to_line(*job)).collect();
    change(tx, keys, &concerned, back).await
}

/// Nobody else is let in at this lock before the commit.
pub(super) async fn hold_line(tx: &Tx<'_>, key: &str) -> Db<()> {
    tx.link.query(HOLD, &[&[key].as_slice()]).await.map(drop)
}

/// The lanes of candidates, as a claim goes through them.
pub(super) struct Lanes<'c> {
    tx: &'c Tx<'c>,
    executor: &'c Executor,
    lines: Lines,
    paused: BTreeSet<String>,
    parked: Vec<JobId>,
    freed: BTreeSet<String>,
}

impl<'c> Lanes<'c> {
    pub(super) async fn of(tx: &'c Tx<'c>, candidates: &[Candidate], executor: &'c Executor) -> Db<Self> {
        let lanes = candidates.iter().filter_map(|job| job.lane.as_ref());
        let keys: BTreeSet<String> = lanes.map(|lane| lane.key.clone()).collect();
        let jobs = uuids!(candidates.iter().map(|job| job.id));
        let lines = Lines::load(tx, &keys, &Concerned { jobs, ..Concerned::default() }).await?;
        let paused = paused_lanes(tx, &keys).await?;
        Ok(Self { tx, executor, lines, paused, parked: Vec::new(), freed: BTreeSet::new() })
    }

    /// Takes the job's lane, if it needs one, and its shares of limits; whether it may run.
    pub(super) fn enter(&mut self, job: &Candidate, shares: &[Wish]) -> bool {
        let asker = Asker {
            owner: Owner::Job(job.id),
            label: &job.job_type,
            through: Some((self.executor.id.clone(), self.executor.incarnation)),
            until: None,
            turn: Turn::InLine,
        };
        let is_free = job.lane.as_ref().is_none_or(|lane| {
            !self.paused.contains(&lane.key)
                && self.lines.rows.ask(&asker, std::slice::from_ref(lane), self.tx.now).is_empty()
        });
        if is_free {
            self.lines.rows.hold(&asker, shares, self.tx.now);
        } else {
            self.parked.push(job.id);
        }
        is_free
    }

    /// The job stands in no line: others pass.
    pub(super) fn leave(&mut self, job: &Candidate) {
        self.freed.extend(self.lines.rows.release(Owner::Job(job.id), &[]));
    }

    pub(super) async fn write(self) -> Db<()> {
        self.lines.write(self.tx).await?;
        if !self.parked.is_empty() {
            let sql = "UPDATE jobs SET dsm_parked = true, dsm_waits = NULL WHERE id = ANY($1)";
            self.tx.link.execute(sql, &[&uuids!(self.parked)]).await?;
        }
        unpark(self.tx, &self.lines, &self.freed).await
    }
}

/// Whoever is next on these locks may be claimed.
async fn unpark(tx: &Tx<'_>, lines: &Lines, freed: &BTreeSet<String>) -> Db<()> {
    if freed.is_empty() {
        return Ok(());
    }
    let next = uuids!(freed.iter().flat_map(|key| lines.rows.next_in_line(key)));
    if !next.is_empty() {
        let sql = "UPDATE jobs SET dsm_parked = false WHERE id = ANY($1) AND dsm_parked";
        tx.link.execute(sql, &[&next]).await?;
    }
    tx.wake();
    Ok(())
}

/// The first of those before a job at its lane, and how many they are; of all there, if it has no place yet.
pub(super) async fn line_before(link: &Link, job: JobId, key: String) -> Db<Option<Line>> {
    let sql = "WITH mine AS MATERIALIZED (SELECT seq FROM dsm_lock WHERE job_id = $1 AND key = $2)
               SELECT min(seq), count(*) FROM dsm_lock
               WHERE key = $2 AND held = $3 AND seq IS DISTINCT FROM (SELECT seq FROM mine)
                 AND ($3 OR seq < coalesce((SELECT seq FROM mine), 9223372036854775807))";
    let (mut first, mut before) = (None, 0);
    for held in [true, false] {
        if let Some(row) = link.query_opt(sql, &[&job.0, &text(&key), &held]).await? {
            let mut cells = Cursor::new(&row);
            first = first.or(cells.take::<Option<i64>>()?);
            before += u64::try_from(cells.take::<i64>()?).unwrap_or_default();
        }
    }
    let Some(first) = first else { return Ok(None) };
    // It may have gone since it was counted: then nobody is in the way.
    let found = link.query_opt(&format!("SELECT {COLUMNS} FROM dsm_lock WHERE seq = $1"), &[&first]).await?;
    let Some(found) = found else { return Ok(None) };
    let shown = Locks::of(vec![read_row(&mut Cursor::new(&found))?]).shown(None).into_iter().next();
    Ok(shown.map(|first| Line { key, first, before }))
}

pub(super) async fn holders(link: &Link, key: Option<&str>) -> Db<Vec<Holder>> {
    let sql =
        "SELECT key, job_id, call_id, most, held, label, executor, incarnation, since, until FROM dsm_lock
               WHERE $1::text IS NULL OR key = $1 ORDER BY seq";
    let stored = link.query(sql, &[&key.map(text)]).await?;
    let rows = stored.iter().map(|row| read_row(&mut Cursor::new(row))).collect::<Db<Vec<_>>>()?;
    Ok(Locks::of(rows).shown(None))
}

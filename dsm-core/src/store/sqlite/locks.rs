//! Locks and lanes.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::attempt::check_fence;
use super::codec::{Cell, Cursor, P, cell};
use super::fault::Db;
use super::writer::Tx;
use crate::id::JobId;
use crate::store::clock::lease_end;
use crate::store::limits::{IS_LIMIT, is_limit};
use crate::store::lock::{MOST_NAMED, is_taken};
use crate::store::why::Line;
use crate::store::{Holder, LockOwner, LockRequest, Locked, Share, Turn, Wish};

/// In the order [`holder_row`] reads them.
const HOLDER_COLUMNS: &str = "key, most, job_id, label, executor, since, held";

/// Whose a row is.
#[derive(Clone, Copy)]
enum Owner {
    Job(JobId),
    Call(Uuid),
}

impl Owner {
    /// The column that names it, to be compared by `=`: a partial index is not used for `IS`, and without it a claim
    /// walks the whole line.
    const fn column(self) -> (&'static str, Uuid) {
        match self {
            Self::Job(job) => ("job_id", job.0),
            Self::Call(call) => ("call_id", call),
        }
    }

    const fn job(self) -> Option<JobId> {
        match self {
            Self::Job(job) => Some(job),
            Self::Call(_) => None,
        }
    }

    const fn call(self) -> Option<Uuid> {
        match self {
            Self::Job(_) => None,
            Self::Call(call) => Some(call),
        }
    }
}

/// Who asks, and on what terms.
pub(super) struct Asker<'a> {
    owner: Owner,
    label: &'a str,
    executor: &'a str,
    incarnation: Uuid,
    until: Option<Timestamp>,
    turn: Turn,
}

impl<'a> Asker<'a> {
    /// A job that needs its lane to be claimed.
    pub(super) fn of_job(job: JobId, label: &'a str, executor: &'a crate::store::Executor) -> Self {
        Self {
            owner: Owner::Job(job),
            label,
            executor: &executor.id,
            incarnation: executor.incarnation,
            until: None,
            turn: Turn::InLine,
        }
    }
}

/// An attempt speaks for its job under its fence.
fn owner_of(tx: &Tx<'_>, owner: LockOwner) -> Db<Owner> {
    match owner {
        LockOwner::Job(key) => {
            check_fence(tx, key)?;
            Ok(Owner::Job(key.job_id))
        }
        LockOwner::Call(call) => Ok(Owner::Call(call)),
    }
}

pub(super) fn lock(tx: &Tx<'_>, request: &LockRequest) -> Db<Locked> {
    expire(tx)?;
    let owner = owner_of(tx, request.owner)?;
    let asker = Asker {
        owner,
        label: &request.label,
        executor: &request.executor.id,
        incarnation: request.executor.incarnation,
        until: owner.call().map(|_| lease_end(tx.now, request.ttl)),
        turn: request.turn,
    };
    let busy = ask(tx, &asker, &request.wishes)?;
    Ok(if busy.is_empty() { Locked::Granted } else { Locked::Busy(busy) })
}

pub(super) fn unlock(tx: &Tx<'_>, owner: LockOwner, keys: &[String]) -> Db<()> {
    let owner = owner_of(tx, owner)?;
    if keys.is_empty() {
        return release(tx, owner);
    }
    let (column, id) = owner.column();
    for key in keys {
        tx.conn
            .prepare_cached(&format!("DELETE FROM dsm_lock WHERE key = ?1 AND {column} = ?2"))?
            .execute(params![key, P(&id)])?;
        unpark(tx, key)?;
    }
    Ok(())
}

/// All or none; who stands in line keeps the place, or gets one.
pub(super) fn ask(tx: &Tx<'_>, asker: &Asker<'_>, wishes: &[Wish]) -> Db<Vec<Holder>> {
    let mut busy = Vec::new();
    for wish in wishes {
        busy.extend(blockers(tx.conn, asker, wish)?);
    }
    busy.truncate(MOST_NAMED);
    if busy.is_empty() || asker.turn == Turn::InLine {
        for wish in wishes {
            put(tx, asker, wish, busy.is_empty())?;
        }
    }
    Ok(busy)
}

/// Gives shares of limits, whatever others hold.
pub(super) fn hold(tx: &Tx<'_>, asker: &Asker<'_>, wishes: &[Wish]) -> Db<()> {
    wishes.iter().try_for_each(|wish| put(tx, asker, wish, true))
}

/// The place that one named in this column has in a line.
pub(super) fn place_of(column: &str) -> String {
    format!("SELECT seq, held, most FROM dsm_lock WHERE key = ?1 AND {column} = ?2")
}

fn blockers(conn: &Connection, asker: &Asker<'_>, wish: &Wish) -> Db<Vec<Holder>> {
    let (job, call) = (asker.owner.job(), asker.owner.call());
    let (column, id) = asker.owner.column();
    let mine: Option<(i64, bool, u32)> = conn
        .prepare_cached(&place_of(column))?
        .query_row(params![wish.key, P(&id)], |row| Ok((cell(row, 0)?, cell(row, 1)?, cell(row, 2)?)))
        .optional()?;
    if mine.is_some_and(|(_, held, share)| held && share == most(wish.share)) {
        return Ok(Vec::new());
    }
    let mut others = conn.prepare_cached(&format!(
        "SELECT {HOLDER_COLUMNS} FROM dsm_lock
         WHERE key = ?1 AND held = ?2 AND seq < ?3 AND NOT (job_id IS ?4 AND call_id IS ?5)
         ORDER BY seq LIMIT ?6"
    ))?;
    let mut read = |held: bool, before: i64, limit: i64| -> Db<Vec<Holder>> {
        let rows = others.query_map(params![wish.key, held, before, Id(job), Id(call), limit], holder_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let held = read(true, i64::MAX, -1)?;
    if is_taken(wish.share, held.iter().map(|one| one.share)) {
        return Ok(held);
    }
    if asker.turn == Turn::Now {
        return Ok(Vec::new());
    }
    read(false, mine.map_or(i64::MAX, |(seq, ..)| seq), MOST_NAMED as i64)
}

fn put(tx: &Tx<'_>, asker: &Asker<'_>, wish: &Wish, held: bool) -> Db<()> {
    let (job, call) = (asker.owner.job(), asker.owner.call());
    let conflict = if job.is_some() {
        "(job_id, key) WHERE job_id IS NOT NULL"
    } else {
        "(call_id, key) WHERE call_id IS NOT NULL"
    };
    // What is held stays held while more is asked for.
    tx.conn
        .prepare_cached(&format!(
            "INSERT INTO dsm_lock (key, job_id, call_id, most, held, label, executor, incarnation, since, until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT {conflict} DO UPDATE SET
                 since = CASE WHEN held = max(held, excluded.held) THEN since ELSE excluded.since END,
                 most = excluded.most, held = max(held, excluded.held), label = excluded.label,
                 executor = excluded.executor, incarnation = excluded.incarnation, until = excluded.until"
        ))?
        .execute(params![
            wish.key,
            Id(job),
            Id(call),
            most(wish.share),
            held,
            asker.label,
            asker.executor,
            P(&asker.incarnation),
            P(&tx.now),
            Id(asker.until),
        ])?;
    Ok(())
}

/// Everything of a job that ended.
pub(super) fn release_job(tx: &Tx<'_>, job: JobId) -> Db<()> {
    release(tx, Owner::Job(job))
}

fn release(tx: &Tx<'_>, owner: Owner) -> Db<()> {
    let (column, id) = owner.column();
    let keys = drop_where(tx, &format!("{column} = ?1"), &P(&id))?;
    keys.iter().try_for_each(|key| unpark(tx, key))
}

/// The locks of calls that went by an executor that is gone.
pub(super) fn release_calls_of(tx: &Tx<'_>, incarnation: Uuid) -> Db<()> {
    let keys = drop_where(tx, "call_id IS NOT NULL AND incarnation = ?1", &P(&incarnation))?;
    keys.iter().try_for_each(|key| unpark(tx, key))
}

/// Calls whose time is over.
pub(super) fn expire(tx: &Tx<'_>) -> Db<()> {
    let keys = drop_where(tx, "until IS NOT NULL AND until <= ?1", &P(&tx.now))?;
    keys.iter().try_for_each(|key| unpark(tx, key))
}

fn drop_where(tx: &Tx<'_>, condition: &str, with: &dyn rusqlite::ToSql) -> Db<Vec<String>> {
    let mut delete =
        tx.conn.prepare_cached(&format!("DELETE FROM dsm_lock WHERE {condition} RETURNING key"))?;
    let rows = delete.query_map([with], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A job between two attempts holds nothing, and is next where nobody stood before it.
pub(super) fn back_to_line(tx: &Tx<'_>, job: JobId) -> Db<()> {
    let keys: Vec<String> = {
        let mut held = tx.conn.prepare_cached("SELECT key FROM dsm_lock WHERE job_id = ?1 AND held = 1")?;
        let rows = held.query_map([P(&job)], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    tx.conn
        .prepare_cached(&format!("DELETE FROM dsm_lock WHERE job_id = ?1 AND {IS_LIMIT}"))?
        .execute([P(&job)])?;
    tx.conn
        .prepare_cached(
            "UPDATE dsm_lock SET held = 0, executor = NULL, incarnation = NULL WHERE job_id = ?1",
        )?
        .execute([P(&job)])?;
    keys.iter().try_for_each(|key| unpark(tx, key))
}

pub(super) fn extend_calls_of(tx: &Tx<'_>, incarnation: Uuid, until: Timestamp) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE dsm_lock SET until = max(until, ?2) WHERE until IS NOT NULL AND incarnation = ?1",
        )?
        .execute(params![P(&incarnation), P(&until)])?;
    Ok(())
}

/// Whoever is next on this lock may be claimed.
pub(super) fn unpark(tx: &Tx<'_>, key: &str) -> Db<()> {
    if is_limit(key) {
        // No job waits in line for it: claims look who may run.
        tx.wake();
        return Ok(());
    }
    let mut held: Vec<Share> = {
        let mut select = tx.conn.prepare_cached("SELECT most FROM dsm_lock WHERE key = ?1 AND held = 1")?;
        let rows = select.query_map([key], |row| cell(row, 0).map(share))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    let mut line = tx
        .conn
        .prepare_cached("SELECT most, job_id FROM dsm_lock WHERE key = ?1 AND held = 0 ORDER BY seq")?;
    let mut rows = line.query([key])?;
    while let Some(row) = rows.next()? {
        let wanted = share(cell(row, 0)?);
        if is_taken(wanted, held.iter().copied()) {
            break;
        }
        held.push(wanted);
        if let Some(job) = cell::<Option<JobId>>(row, 1)? {
            tx.conn
                .prepare_cached("UPDATE jobs SET dsm_parked = 0 WHERE id = ?1 AND dsm_parked = 1")?
                .execute([P(&job)])?;
        }
    }
    tx.wake();
    Ok(())
}

/// The first of those before a job at its lane, and how many they are; of all there, if it has no place yet.
pub(super) fn line_before(conn: &Connection, job: JobId, key: String) -> Db<Option<Line>> {
    let place: Option<i64> = conn
        .prepare_cached("SELECT seq FROM dsm_lock WHERE job_id = ?1 AND key = ?2")?
        .query_row(params![P(&job), key], |row| cell(row, 0))
        .optional()?;
    let mut range = conn.prepare_cached(
        "SELECT min(seq), count(*) FROM dsm_lock
         WHERE key = ?1 AND held = ?2 AND seq < ?3 AND seq IS NOT ?4",
    )?;
    let mut range = |held: bool, end: i64| -> Db<(Option<i64>, u32)> {
        Ok(range.query_row(params![key, held, end, place], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?)
    };
    let (holder, held) = range(true, i64::MAX)?;
    let (next, waiting) = range(false, place.unwrap_or(i64::MAX))?;
    let Some(first) = holder.or(next) else { return Ok(None) };
    let first = conn
        .prepare_cached(&format!("SELECT {HOLDER_COLUMNS} FROM dsm_lock WHERE seq = ?1"))?
        .query_row([first], holder_row)?;
    Ok(Some(Line { key, first, before: u64::from(held) + u64::from(waiting) }))
}

pub(super) fn holders(conn: &Connection, key: Option<&str>) -> Db<Vec<Holder>> {
    let filter = if key.is_some() { "key = ?1" } else { "?1 IS NULL" };
    let mut select =
        conn.prepare_cached(&format!("SELECT {HOLDER_COLUMNS} FROM dsm_lock WHERE {filter} ORDER BY seq"))?;
    let rows = select.query_map([key], holder_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn holder_row(row: &Row<'_>) -> rusqlite::Result<Holder> {
    let mut cells = Cursor::new(row);
    Ok(Holder {
        key: cells.take()?,
        share: share(cells.take()?),
        job_id: cells.take()?,
        label: cells.take()?,
        executor: cells.take()?,
        since: cells.take()?,
        is_waiting: !cells.take::<bool>()?,
    })
}

const fn most(share: Share) -> u32 {
    match share {
        Share::Alone => 0,
        Share::Among(most) => most,
    }
}

pub(super) const fn share(most: u32) -> Share {
    if most == 0 { Share::Alone } else { Share::Among(most) }
}

/// A parameter that may be missing.
struct Id<T>(Option<T>);

impl<T: Cell> rusqlite::ToSql for Id<T> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match &self.0 {
            Some(value) => Ok(value.bind()),
            None => Ok(rusqlite::types::ToSqlOutput::Owned(rusqlite::types::Value::Null)),
        }
    }
}

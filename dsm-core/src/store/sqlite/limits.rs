//! Jobs that limits hold back, and what is used of the limits.

use rusqlite::{Connection, params};

use super::claim::{CANDIDATE, Candidate, candidate};
use super::codec::{P, cell};
use super::fault::Db;
use super::locks::share;
use super::writer::Tx;
use crate::id::JobId;
use crate::store::limits::{Class, Reached, Usage, Used, reached};
use crate::store::{Claim, Share, Wish};

/// The jobs that a limit holds back, as the index has them.
pub(super) const WAITING: &str = "status = 'pending' AND dsm_parked = 1 AND dsm_waits IS NOT NULL";

/// The next class after `?1` that has jobs waiting: one look into the index.
pub(super) fn next_class() -> String {
    format!("SELECT dsm_waits FROM jobs WHERE {WAITING} AND dsm_waits > ?1 ORDER BY dsm_waits LIMIT 1")
}

/// Those of each class that may run now as far as limits go, most urgent first: so many that all slots could be theirs.
pub(super) fn heads(tx: &Tx<'_>, claim: &Claim, types: &[String], usage: &mut Usage) -> Db<Vec<Candidate>> {
    let mut heads = Vec::new();
    let mut next = tx.conn.prepare_cached(&next_class())?;
    let mut first = tx.conn.prepare_cached(&format!(
        "SELECT {CANDIDATE} FROM jobs WHERE {WAITING} AND dsm_waits = ?1
         ORDER BY priority_rank, dsm_turn, created_at LIMIT ?2"
    ))?;
    let mut at = String::new();
    while let Some(text) = next.query_map([&at], |row| row.get::<_, String>(0))?.next().transpose()? {
        let class = Class::parse(&text);
        if types.contains(&class.job_type) {
            load(tx.conn, usage, &class.keys)?;
            let room = usage.room_of(&class, &claim.limits, claim.slots);
            if room > 0 {
                let room = i64::try_from(room).unwrap_or(i64::MAX);
                let rows = first.query_map(params![text, room], candidate)?;
                heads.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
            }
        }
        at = text;
    }
    heads.sort_by_key(Candidate::order);
    Ok(heads)
}

/// Whether there is room under every limit of a job.
pub(super) fn has_room(tx: &Tx<'_>, usage: &mut Usage, wishes: &[Wish]) -> Db<bool> {
    if wishes.is_empty() {
        return Ok(true);
    }
    let keys: Vec<String> = wishes.iter().map(|wish| wish.key.clone()).collect();
    load(tx.conn, usage, &keys)?;
    Ok(usage.has_room(wishes))
}

/// The job waits with its class.
pub(super) fn park(tx: &Tx<'_>, job: JobId, class: &Class) -> Db<()> {
    let sql = "UPDATE jobs SET dsm_parked = 1, dsm_waits = ?2 WHERE id = ?1";
    tx.conn.prepare_cached(sql)?.execute(params![P(&job), class.to_string()])?;
    Ok(())
}

/// The limits that keep a job waiting.
pub(super) fn in_the_way(conn: &Connection, job: JobId) -> Db<Vec<Reached>> {
    let mut select =
        conn.prepare_cached(&format!("SELECT dsm_waits FROM jobs WHERE id = ?1 AND {WAITING}"))?;
    let text: Option<String> = select.query_map([P(&job)], |row| row.get(0))?.next().transpose()?;
    let keys = text.map(|text| Class::parse(&text).keys).unwrap_or_default();
    let mut limits = Vec::new();
    for key in keys {
        limits.extend(reached(&key, rows(conn, &key)?));
    }
    Ok(limits)
}

fn load(conn: &Connection, usage: &mut Usage, keys: &[String]) -> Db<()> {
    for key in keys {
        if !usage.knows(key) {
            usage.note(key, Used::count(rows(conn, key)?));
        }
    }
    Ok(())
}

fn rows(conn: &Connection, key: &str) -> Db<Vec<(Share, bool)>> {
    let mut select = conn.prepare_cached("SELECT most, held FROM dsm_lock WHERE key = ?1")?;
    let rows = select.query_map([key], |row| Ok((share(cell(row, 0)?), cell(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

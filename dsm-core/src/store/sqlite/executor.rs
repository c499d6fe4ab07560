//! Executors coming and going.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::codec::{P, cell, json_text};
use super::fault::Db;
use super::locks;
use super::presence::{Life, Presence};
use super::settle::{orphan, release};
use super::writer::Tx;
use crate::store::clock::lease_end;
use crate::store::why::FIRST_WORD;
use crate::store::{Claim, Executor, LeaseKey, Registered};

/// After this long without a beat, one whose life cannot be proved either way (a file copied from elsewhere, say) is
/// not counted as alive any more. Its leases ran out long ago.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// The lock comes before the row: whoever finds the row finds a lock to try. Those who proved dead are told beside, for
/// their locks to be removed once this is committed: a row whose lock is gone would count as alive.
pub(super) fn register(tx: &Tx<'_>, presence: &Presence, executor: &Executor) -> Db<(Registered, Vec<Uuid>)> {
    let locked = presence.announce(executor.incarnation)?;
    let (mut registered, mut dead) = (Registered::default(), Vec::new());
    for (incarnation, beat_at) in others(tx, executor.incarnation)? {
        match presence.life(incarnation) {
            Life::Dead => {
                for key in held_by(tx, incarnation)? {
                    if orphan(tx, key, None)?.is_some() {
                        registered.released.push(key.job_id);
                    }
                }
                forget(tx, incarnation)?;
                dead.push(incarnation);
            }
            Life::Unknown if tx.now.duration_since(beat_at) > FORGOTTEN => forget(tx, incarnation)?,
            Life::Alive | Life::Unknown => registered.alive.push(incarnation),
        }
    }
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_executor (incarnation, id, locked, registered_at, beat_at)
             VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT (incarnation) DO UPDATE SET id = excluded.id, beat_at = excluded.beat_at",
        )?
        .execute(params![P(&executor.incarnation), executor.id, locked, P(&tx.now)])?;
    Ok((registered, dead))
}

pub(super) fn unregister(tx: &Tx<'_>, executor: &Executor) -> Db<()> {
    for key in held_by(tx, executor.incarnation)? {
        release(tx, key)?;
    }
    forget(tx, executor.incarnation)
}

/// What it runs, for those who ask why a job does not run. Written only when that is news.
pub(super) fn hear(tx: &Tx<'_>, claim: &Claim) -> Db<()> {
    tx.conn
        .prepare_cached(
            "UPDATE dsm_executor SET job_types = ?2, alive_until = ?3
             WHERE incarnation = ?1 AND (job_types IS NOT ?2 OR alive_until <= ?4)",
        )?
        .execute(params![
            P(&claim.executor.incarnation),
            json_text(&claim.served()),
            P(&lease_end(tx.now, claim.ttl)),
            P(&tx.now)
        ])?;
    Ok(())
}

/// Whether one that is alive runs this type; `None` where one has not said yet what it runs.
pub(super) fn is_served(conn: &Connection, job_type: &str, now: Timestamp) -> Db<Option<bool>> {
    let first_word = now.checked_sub(FIRST_WORD).unwrap_or(Timestamp::MIN);
    let mut select = conn.prepare_cached(
        "SELECT count(*) FILTER (WHERE ?1 IN (SELECT value FROM json_each(job_types))),
                count(*) FILTER (WHERE job_types IS NULL)
         FROM dsm_executor WHERE alive_until > ?2 OR (alive_until IS NULL AND beat_at > ?3)",
    )?;
    let (serving, silent): (u32, u32) = select
        .query_row(params![job_type, P(&now), P(&first_word)], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?;
    Ok(if serving > 0 { Some(true) } else { (silent == 0).then_some(false) })
}

fn others(tx: &Tx<'_>, but: Uuid) -> Db<Vec<(Uuid, Timestamp)>> {
    let mut select =
        tx.conn.prepare_cached("SELECT incarnation, beat_at FROM dsm_executor WHERE incarnation <> ?1")?;
    let rows = select.query_map([P(&but)], |row| Ok((cell(row, 0)?, cell(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn held_by(tx: &Tx<'_>, incarnation: Uuid) -> Db<Vec<LeaseKey>> {
    let mut select = tx
        .conn
        .prepare_cached("SELECT job_id, fence FROM dsm_lease WHERE until IS NOT NULL AND incarnation = ?1")?;
    let rows = select
        .query_map([P(&incarnation)], |row| Ok(LeaseKey { job_id: cell(row, 0)?, fence: cell(row, 1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn forget(tx: &Tx<'_>, incarnation: Uuid) -> Db<()> {
    locks::release_calls_of(tx, incarnation)?;
    tx.conn.prepare_cached("DELETE FROM dsm_executor WHERE incarnation = ?1")?.execute([P(&incarnation)])?;
    Ok(())
}

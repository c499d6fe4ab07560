//! What is held back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{P, cell, json_text};
use super::fault::Db;
use super::locks;
use super::writer::Tx;
use crate::id::JobId;
use crate::store::pause::{free_types, said};
use crate::store::{Claim, Pause, PauseScope};

pub(super) fn pause(tx: &Tx<'_>, scope: &PauseScope, reason: &str, by: &str) -> Db<Pause> {
    if *scope == PauseScope::Idracs {
        set(tx.conn, true)?;
    }
    note(tx, scope, said(reason).as_deref(), said(by).as_deref())?;
    match scope {
        PauseScope::All => leave_lines(tx, "?1 = ''", "")?,
        // Which types these are is said by the claims.
        PauseScope::Idracs => tx.wake(),
        PauseScope::JobType(name) => leave_lines(tx, "job_type = ?1", name)?,
        PauseScope::Lane(key) => leave_lines(tx, "dsm_lane = ?1", key)?,
    }
    let (kind, name) = scope.parts();
    let mut select = tx.conn.prepare_cached(&format!("{SELECT} WHERE scope = ?1 AND name = ?2"))?;
    Ok(select.query_row([kind, name], pause_row)?)
}

fn note(tx: &Tx<'_>, scope: &PauseScope, reason: Option<&str>, by: Option<&str>) -> Db<()> {
    let (kind, name) = scope.parts();
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_pause (scope, name, reason, paused_by, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (scope, name) DO UPDATE SET reason = excluded.reason, paused_by = excluded.paused_by",
        )?
        .execute(params![kind, name, reason, by, P(&tx.now)])?;
    Ok(())
}

pub(super) fn resume(tx: &Tx<'_>, scope: &PauseScope) -> Db<bool> {
    let mut was_paused = forget(tx, scope)?;
    match scope {
        PauseScope::Idracs => was_paused = set(tx.conn, false)?,
        PauseScope::Lane(key) => {
            tx.conn
                .prepare_cached("UPDATE jobs SET dsm_parked = 0 WHERE dsm_parked = 1 AND dsm_lane = ?1")?
                .execute([key])?;
        }
        PauseScope::All | PauseScope::JobType(_) => {}
    }
    tx.wake();
    Ok(was_paused)
}

fn forget(tx: &Tx<'_>, scope: &PauseScope) -> Db<bool> {
    let (kind, name) = scope.parts();
    let mut delete = tx.conn.prepare_cached("DELETE FROM dsm_pause WHERE scope = ?1 AND name = ?2")?;
    Ok(delete.execute([kind, name])? > 0)
}

/// The setting of the existing database. Whether that changed it.
fn set(conn: &Connection, paused: bool) -> Db<bool> {
    let mut update = conn.prepare_cached(
        "UPDATE activity_settings SET pause_idrac_operations = ?1 WHERE id = 1 AND pause_idrac_operations <> ?1",
    )?;
    Ok(update.execute([paused])? > 0)
}

fn is_set(conn: &Connection) -> Db<bool> {
    let mut select =
        conn.prepare_cached("SELECT pause_idrac_operations FROM activity_settings WHERE id = 1")?;
    Ok(select.query_row([], |row| row.get(0)).optional()?.unwrap_or(false))
}

const SELECT: &str = "SELECT scope, name, reason, paused_by, since FROM dsm_pause";

fn pause_row(row: &Row<'_>) -> rusqlite::Result<Pause> {
    let (kind, name): (String, String) = (cell(row, 0)?, cell(row, 1)?);
    let scope = PauseScope::from_parts(&kind, name).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(Pause { scope, reason: cell(row, 2)?, by: cell(row, 3)?, since: cell(row, 4)? })
}

/// All pauses; or with a lane named none of other lanes.
pub(super) fn pauses(conn: &Connection, lane: Option<Option<&str>>) -> Db<Vec<Pause>> {
    let filter = if lane.is_some() { "WHERE scope <> 'lane' OR name = ?1" } else { "WHERE ?1 IS NULL" };
    let mut select = conn.prepare_cached(&format!("{SELECT} {filter} ORDER BY scope, name"))?;
    let rows = select.query_map([lane.flatten()], pause_row)?;
    let mut pauses: Vec<Pause> = rows.collect::<rusqlite::Result<_>>()?;
    let is_noted = pauses.iter().any(|pause| pause.scope == PauseScope::Idracs);
    match is_set(conn)? {
        false => pauses.retain(|pause| pause.scope != PauseScope::Idracs),
        true if !is_noted => {
            pauses.push(Pause { scope: PauseScope::Idracs, reason: None, by: None, since: None });
        }
        true => {}
    }
    pauses.sort_by(|a, b| a.scope.cmp(&b.scope));
    Ok(pauses)
}

/// The types of a claim that nothing holds back, lanes apart.
pub(super) fn free(tx: &Tx<'_>, claim: &Claim) -> Db<Vec<String>> {
    meet_setting(tx, &claim.gated)?;
    Ok(free_types(&pauses(tx.conn, Some(None))?, &claim.job_types, &claim.gated))
}

/// Another program may have changed the setting: claims are where that is seen.
fn meet_setting(tx: &Tx<'_>, gated: &[String]) -> Db<()> {
    let mut select = tx.conn.prepare_cached("SELECT job_types FROM dsm_pause WHERE scope = 'idracs'")?;
    let known: Option<String> = select.query_row([], |row| row.get(0)).optional()?;
    if !is_set(tx.conn)? {
        return if known.is_some() { forget(tx, &PauseScope::Idracs).map(drop) } else { Ok(()) };
    }
    if known.is_none() {
        note(tx, &PauseScope::Idracs, None, None)?;
    }
    let mut types: Vec<String> =
        known.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let new: Vec<String> = gated.iter().filter(|kind| !types.contains(kind)).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    leave_lines(tx, "job_type IN (SELECT value FROM json_each(?1))", &json_text(&new))?;
    types.extend(new);
    tx.conn
        .prepare_cached("UPDATE dsm_pause SET job_types = ?1 WHERE scope = 'idracs'")?
        .execute([json_text(&types)])?;
    Ok(())
}

/// Who is held back stands in no line: others pass.
fn leave_lines(tx: &Tx<'_>, jobs: &str, with: &str) -> Db<()> {
    let mut keys: Vec<String> = {
        let mut delete = tx.conn.prepare_cached(&format!(
            "DELETE FROM dsm_lock
             WHERE job_id IN (SELECT id FROM jobs WHERE status = 'pending' AND {jobs}) RETURNING key"
        ))?;
        let rows = delete.query_map([with], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    tx.conn
        .prepare_cached(&format!(
            "UPDATE jobs SET dsm_parked = 0 WHERE dsm_parked = 1 AND status = 'pending' AND {jobs}"
        ))?
        .execute([with])?;
    keys.sort_unstable();
    keys.dedup();
    keys.iter().try_for_each(|key| locks::unpark(tx, key))
}

pub(super) fn is_lane_paused(conn: &Connection, lane: &str) -> Db<bool> {
    let mut select = conn.prepare_cached("SELECT 1 FROM dsm_pause WHERE scope = 'lane' AND name = ?1")?;
    Ok(select.exists([lane])?)
}

/// Whether a job that comes back is held back.
pub(super) fn is_paused(conn: &Connection, job: JobId) -> Db<bool> {
    let mut select = conn.prepare_cached(
        "SELECT 1 FROM dsm_pause p JOIN jobs j ON j.id = ?1
         WHERE p.scope = 'all' OR (p.scope = 'job_type' AND p.name = j.job_type)
            OR (p.scope = 'lane' AND p.name = j.dsm_lane)
            OR (p.scope = 'idracs' AND j.job_type IN (SELECT value FROM json_each(p.job_types))
                AND (SELECT pause_idrac_operations FROM activity_settings WHERE id = 1))",
    )?;
    Ok(select.exists([P(&job)])?)
}

//! What is remembered about iDRACs, and small values of the engine.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::codec::{Cursor, P, cell, json_text};
use super::fault::Db;
use super::writer::Tx;
use crate::store::{HeartbeatRow, PinRow, SessionRow};

pub(super) fn pins(conn: &Connection) -> Db<Vec<PinRow>> {
    let mut select = conn.prepare_cached("SELECT host, sha256, first_seen FROM dsm_pin ORDER BY host")?;
    let rows = select.query_map([], |row| {
        let mut cells = Cursor::new(row);
        Ok(PinRow { host: cells.take()?, sha256: cells.take()?, first_seen: cells.take()? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put_pins(tx: &Tx<'_>, pins: &[PinRow]) -> Db<()> {
    let mut put = tx.conn.prepare_cached(
        "INSERT INTO dsm_pin (host, sha256, first_seen) VALUES (?1, ?2, ?3)
         ON CONFLICT (host) DO UPDATE SET sha256 = excluded.sha256, first_seen = excluded.first_seen",
    )?;
    for pin in pins {
        put.execute(params![pin.host, pin.sha256, P(&pin.first_seen)])?;
    }
    Ok(())
}

pub(super) fn forget_pin(tx: &Tx<'_>, host: &str) -> Db<bool> {
    Ok(tx.conn.prepare_cached("DELETE FROM dsm_pin WHERE host = ?1")?.execute([host])? > 0)
}

pub(super) fn put_session(tx: &Tx<'_>, session: &SessionRow) -> Db<()> {
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_session (id, host, username, location, opened_at, incarnation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET
                 host = excluded.host, username = excluded.username,
                 location = coalesce(excluded.location, dsm_session.location),
                 opened_at = excluded.opened_at, incarnation = excluded.incarnation",
        )?
        .execute(params![
            P(&session.id),
            session.host,
            session.username,
            P(&session.location),
            P(&session.opened_at),
            P(&session.incarnation),
        ])?;
    Ok(())
}

pub(super) fn locate_session(tx: &Tx<'_>, id: Uuid, location: &str) -> Db<()> {
    tx.conn
        .prepare_cached("UPDATE dsm_session SET location = ?2 WHERE id = ?1")?
        .execute(params![P(&id), location])?;
    Ok(())
}

pub(super) fn remove_session(tx: &Tx<'_>, id: Uuid) -> Db<()> {
    tx.conn.prepare_cached("DELETE FROM dsm_session WHERE id = ?1")?.execute([P(&id)])?;
    Ok(())
}

pub(super) fn sessions(conn: &Connection) -> Db<Vec<SessionRow>> {
    let mut select = conn.prepare_cached(
        "SELECT id, host, username, location, opened_at, incarnation FROM dsm_session ORDER BY opened_at, id",
    )?;
    let rows = select.query_map([], |row| {
        let mut cells = Cursor::new(row);
        Ok(SessionRow {
            id: cells.take()?,
            host: cells.take()?,
            username: cells.take()?,
            location: cells.take()?,
            opened_at: cells.take()?,
            incarnation: cells.take()?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put_heartbeat(tx: &Tx<'_>, row: &HeartbeatRow) -> Db<()> {
    tx.conn
        .prepare_cached(
            "INSERT INTO executor_heartbeats
                 (id, executor_id, hostname, ip_address, version, last_seen_at, poll_count, jobs_processed,
                  startup_time, last_error, capabilities)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (executor_id) DO UPDATE SET
                 hostname = excluded.hostname, ip_address = excluded.ip_address, version = excluded.version,
                 last_seen_at = excluded.last_seen_at, poll_count = excluded.poll_count,
                 jobs_processed = excluded.jobs_processed, startup_time = excluded.startup_time,
                 last_error = excluded.last_error, capabilities = excluded.capabilities",
        )?
        .execute(params![
            P(&Uuid::now_v7()),
            row.executor_id,
            row.hostname,
            row.ip_address.map(|address| address.to_string()),
            row.version,
            P(&row.last_seen_at),
            row.poll_count,
            row.jobs_processed,
            P(&row.startup_time),
            row.last_error,
            json_text(&row.capabilities),
        ])?;
    Ok(())
}

pub(super) fn heartbeats(conn: &Connection) -> Db<Vec<HeartbeatRow>> {
    let mut select = conn.prepare_cached(
        "SELECT executor_id, hostname, ip_address, version, last_seen_at, poll_count, jobs_processed, startup_time,
                last_error, capabilities
         FROM executor_heartbeats ORDER BY executor_id",
    )?;
    let rows = select.query_map([], |row| {
        let (address, capabilities): (Option<String>, String) = (row.get(2)?, row.get(9)?);
        Ok(HeartbeatRow {
            executor_id: cell(row, 0)?,
            hostname: cell(row, 1)?,
            ip_address: address.and_then(|text| text.parse().ok()),
            version: cell(row, 3)?,
            last_seen_at: cell(row, 4)?,
            poll_count: row.get(5)?,
            jobs_processed: row.get(6)?,
            startup_time: cell(row, 7)?,
            last_error: cell(row, 8)?,
            capabilities: serde_json::from_str(&capabilities).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keys of the engine, kept apart from those of the schema.
fn value_key(key: &str) -> String {
    format!("value.{key}")
}

pub(super) fn get_meta(conn: &Connection, key: &str) -> Db<Option<Bytes>> {
    let mut select = conn.prepare_cached("SELECT value FROM dsm_meta WHERE key = ?1")?;
    Ok(select.query_row([value_key(key)], |row| cell(row, 0)).optional()?)
}

pub(super) fn put_meta(tx: &Tx<'_>, key: &str, value: &Bytes) -> Db<()> {
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![value_key(key), P(value)])?;
    Ok(())
}

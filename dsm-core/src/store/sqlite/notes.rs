//! What is remembered about iDRACs, and small values of the engine.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::codec::{Cursor, P, cell};
use super::fault::Db;
use super::writer::Tx;
use crate::store::{PinRow, SessionRow};

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

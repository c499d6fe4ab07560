//! What is remembered about iDRACs, and small values of the engine.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, cell, some_text, text};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::store::{HeartbeatRow, PinRow, SessionRow};

pub(super) async fn pins(link: &Link) -> Db<Vec<PinRow>> {
    let rows =
        link.query("SELECT host, sha256, first_seen FROM dsm_pin ORDER BY host COLLATE \"C\"", &[]).await?;
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        Ok(PinRow { host: cells.take()?, sha256: cells.take()?, first_seen: cells.take()? })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn put_pins(tx: &Tx<'_>, pins: &[PinRow]) -> Db<()> {
    for pin in pins {
        tx.link
            .execute(
                "INSERT INTO dsm_pin (host, sha256, first_seen) VALUES ($1, $2, $3)
                 ON CONFLICT (host) DO UPDATE SET sha256 = excluded.sha256, first_seen = excluded.first_seen",
                &[&text(&pin.host), &text(&pin.sha256), &pin.first_seen],
            )
            .await?;
    }
    Ok(())
}

pub(super) async fn forget_pin(tx: &Tx<'_>, host: &str) -> Db<bool> {
    Ok(tx.link.execute("DELETE FROM dsm_pin WHERE host = $1", &[&text(host)]).await? > 0)
}

pub(super) async fn put_session(tx: &Tx<'_>, session: &SessionRow) -> Db<()> {
    tx.link
        .execute(
            "INSERT INTO dsm_session (id, host, username, location, opened_at, incarnation)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET
                 host = excluded.host, username = excluded.username,
                 location = coalesce(excluded.location, dsm_session.location),
                 opened_at = excluded.opened_at, incarnation = excluded.incarnation",
            &[
                &session.id,
                &text(&session.host),
                &text(&session.username),
                &some_text(session.location.as_deref()),
                &session.opened_at,
                &session.incarnation,
            ],
        )
        .await?;
    Ok(())
}

pub(super) async fn locate_session(tx: &Tx<'_>, id: Uuid, location: &str) -> Db<()> {
    tx.link.execute("UPDATE dsm_session SET location = $2 WHERE id = $1", &[&id, &text(location)]).await?;
    Ok(())
}

pub(super) async fn remove_session(tx: &Tx<'_>, id: Uuid) -> Db<()> {
    tx.link.execute("DELETE FROM dsm_session WHERE id = $1", &[&id]).await?;
    Ok(())
}

pub(super) async fn sessions(link: &Link) -> Db<Vec<SessionRow>> {
    let sql =
        "SELECT id, host, username, location, opened_at, incarnation FROM dsm_session ORDER BY opened_at, id";
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        Ok(SessionRow {
            id: cells.take()?,
            host: cells.take()?,
            username: cells.take()?,
            location: cells.take()?,
            opened_at: cells.take()?,
            incarnation: cells.take()?,
        })
    };
    link.query(sql, &[]).await?.iter().map(read).collect()
}

pub(super) async fn put_heartbeat(tx: &Tx<'_>, row: &HeartbeatRow) -> Db<()> {
    let sql = "INSERT INTO executor_heartbeats AS e
                   (executor_id, hostname, ip_address, version, last_seen_at, poll_count, jobs_processed, startup_time,
                    last_error, capabilities)
               SELECT executor_id, hostname, ip_address, version, last_seen_at, poll_count, jobs_processed,
                      startup_time, last_error, capabilities
               FROM jsonb_populate_record(NULL::executor_heartbeats, $1)
               ON CONFLICT (executor_id) DO UPDATE SET
                   hostname = excluded.hostname, ip_address = excluded.ip_address, version = excluded.version,
                   last_seen_at = excluded.last_seen_at, poll_count = excluded.poll_count,
                   jobs_processed = excluded.jobs_processed, startup_time = excluded.startup_time,
                   last_error = excluded.last_error, capabilities = excluded.capabilities";
    tx.link.execute(sql, &[&Jsonb::of(row)]).await?;
    Ok(())
}

pub(super) async fn heartbeats(link: &Link) -> Db<Vec<HeartbeatRow>> {
    let sql = "SELECT executor_id, hostname, ip_address::text, version, last_seen_at, poll_count::bigint,
                      jobs_processed::bigint, startup_time, last_error, coalesce(capabilities::jsonb, '[]')
               FROM executor_heartbeats ORDER BY executor_id";
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        let (executor_id, hostname): (String, Option<String>) = (cells.take()?, cells.take()?);
        let address: Option<String> = cells.take()?;
        let version: Option<String> = cells.take()?;
        Ok(HeartbeatRow {
            executor_id,
            hostname,
            ip_address: address.and_then(|text| text.split('/').next()?.parse().ok()),
            version: version.unwrap_or_default(),
            last_seen_at: cells.take()?,
            poll_count: cells.take::<Option<i64>>()?.unwrap_or_default(),
            jobs_processed: cells.take::<Option<i64>>()?.unwrap_or_default(),
            startup_time: cells.take::<Option<Timestamp>>()?.unwrap_or_default(),
            last_error: cells.take()?,
            capabilities: serde_json::from_value(cells.take::<Value>()?).unwrap_or_default(),
        })
    };
    link.query(sql, &[]).await?.iter().map(read).collect()
}

/// Keys of the engine, kept apart from those of the schema.
fn value_key(key: &str) -> String {
    format!("value.{}", text(key))
}

pub(super) async fn get_meta(link: &Link, key: &str) -> Db<Option<Bytes>> {
    let row = link.query_opt("SELECT value FROM dsm_meta WHERE key = $1", &[&value_key(key)]).await?;
    row.map(|row| cell(&row, 0)).transpose()
}

pub(super) async fn put_meta(tx: &Tx<'_>, key: &str, value: &Bytes) -> Db<()> {
    tx.link
        .execute(
            "INSERT INTO dsm_meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[&value_key(key), &value.as_ref()],
        )
        .await?;
    Ok(())
}

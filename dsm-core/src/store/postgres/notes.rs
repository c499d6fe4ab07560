//! What is remembered about iDRACs, and small values of the engine.

use bytes::Bytes;
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, cell, some_text, text};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::store::{PinRow, SessionRow};

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

//! Named documents.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::codec::{Cursor, P, cell};
use super::fault::Db;
use super::writer::Tx;
use crate::store::Entry;
use crate::store::entry::{Verdict, judge};

pub(super) fn entries(conn: &Connection, kind: &str) -> Db<Vec<Entry>> {
    let mut select =
        conn.prepare_cached("SELECT name, revision, body FROM dsm_entry WHERE kind = ?1 ORDER BY name")?;
    let rows = select.query_map([kind], |row| {
        let mut cells = Cursor::new(row);
        Ok(Entry { name: cells.take()?, revision: cells.take()?, body: cells.take()? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put(
    tx: &Tx<'_>,
    kind: &str,
    name: &str,
    body: &Value,
    expected: Option<i64>,
) -> Db<Option<i64>> {
    let mut select =
        tx.conn.prepare_cached("SELECT revision, body FROM dsm_entry WHERE kind = ?1 AND name = ?2")?;
    let stored: Option<(i64, Value)> =
        select.query_row([kind, name], |row| Ok((cell(row, 0)?, cell(row, 1)?))).optional()?;
    let verdict = judge(stored.as_ref().map(|(revision, body)| (*revision, body)), expected, body);
    if let Verdict::Write(revision) = verdict {
        tx.conn
            .prepare_cached(
                "INSERT INTO dsm_entry (kind, name, revision, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (kind, name) DO UPDATE SET revision = excluded.revision, body = excluded.body",
            )?
            .execute(params![kind, name, revision, P(body)])?;
    }
    Ok(verdict.revision())
}

pub(super) fn remove(tx: &Tx<'_>, kind: &str, name: &str) -> Db<bool> {
    let mut delete = tx.conn.prepare_cached("DELETE FROM dsm_entry WHERE kind = ?1 AND name = ?2")?;
    Ok(delete.execute([kind, name])? > 0)
}

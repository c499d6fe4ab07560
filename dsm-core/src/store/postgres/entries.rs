//! Named documents.

use serde_json::Value;

use super::codec::{Cursor, Jsonb, cell, text};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::store::Entry;
use crate::store::entry::{Verdict, judge};

pub(super) async fn entries(link: &Link, kind: &str) -> Db<Vec<Entry>> {
    let sql = "SELECT name, revision, body FROM dsm_entry WHERE kind = $1 ORDER BY name COLLATE \"C\"";
    let rows = link.query(sql, &[&text(kind)]).await?;
    let read = |row| {
        let mut cells = Cursor::new(row);
        Ok(Entry { name: cells.take()?, revision: cells.take()?, body: cells.take()? })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn put(
    tx: &Tx<'_>,
    kind: &str,
    name: &str,
    body: &Value,
    expected: Option<i64>,
) -> Db<Option<i64>> {
    let (kind, name) = (text(kind), text(name));
    let sql = "SELECT revision, body FROM dsm_entry WHERE kind = $1 AND name = $2 FOR UPDATE";
    let stored = tx.link.query_opt(sql, &[&kind, &name]).await?;
    let stored: Option<(i64, Value)> =
        stored.map(|row| Ok::<_, super::fault::Fault>((cell(&row, 0)?, cell(&row, 1)?))).transpose()?;
    let verdict = judge(stored.as_ref().map(|(revision, body)| (*revision, body)), expected, body);
    let Verdict::Write(revision) = verdict else { return Ok(verdict.revision()) };
    let sql = if stored.is_some() {
        "UPDATE dsm_entry SET revision = $3, body = $4 WHERE kind = $1 AND name = $2"
    } else {
        // Somebody else may be making it at the same time.
        "INSERT INTO dsm_entry (kind, name, revision, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
    };
    let written = tx.link.execute(sql, &[&kind, &name, &revision, &Jsonb::of(body)]).await?;
    Ok((written > 0).then_some(revision))
}

pub(super) async fn remove(tx: &Tx<'_>, kind: &str, name: &str) -> Db<bool> {
    let sql = "DELETE FROM dsm_entry WHERE kind = $1 AND name = $2";
    Ok(tx.link.execute(sql, &[&text(kind), &text(name)]).await? > 0)
}

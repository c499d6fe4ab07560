//! A backend in one SQLite table: five calls, and it is a whole store.
//!
//! `cargo run -p dsm-core --features conformance --example doc_store -- documents.db` examines it.
#![allow(clippy::print_stdout, reason = "a report is there to be read")]

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::store::conformance::check_docs;
use dsm_core::store::{Doc, DocFacts, DocStore, Expected, Put};
use dsm_core::{Error, ErrorKind, Result};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS document (key TEXT PRIMARY KEY, rev INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;";

/// Documents in a table.
#[derive(Debug)]
pub(crate) struct Table(Mutex<Connection>);

impl Table {
    /// Opens the file, made at first use.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(failed)?;
        connection.execute_batch(SCHEMA).map_err(failed)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(cause: rusqlite::Error) -> Error {
    Error::new(ErrorKind::Store, "the table of documents failed").with_source(cause)
}

#[async_trait]
impl DocStore for Table {
    fn facts(&self) -> DocFacts {
        DocFacts { backend: "one SQLite table", durable: true, shared: true }
    }

    async fn now(&self) -> Result<Timestamp> {
        // One machine, one clock.
        Ok(std::time::SystemTime::now().try_into().unwrap_or_default())
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        let sql = "SELECT rev, value FROM document WHERE key = ?1";
        let read =
            |row: &rusqlite::Row<'_>| Ok(Doc { rev: row.get(0)?, value: row.get::<_, Vec<u8>>(1)?.into() });
        self.db().query_row(sql, [key], read).optional().map_err(failed)
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        let (sql, rev) = match expected {
            Expected::Absent => ("INSERT INTO document VALUES (?1, ?3 + 1, ?2) ON CONFLICT DO NOTHING", 0),
            Expected::Rev(rev) => {
                ("UPDATE document SET rev = rev + 1, value = ?2 WHERE key = ?1 AND rev = ?3", rev)
            }
        };
        let written = self.db().execute(sql, params![key, &value[..], rev]).map_err(failed)?;
        Ok(if written == 1 { Put::Stored(rev + 1) } else { Put::Conflict })
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        let sql = "DELETE FROM document WHERE key = ?1 AND rev = ?2";
        Ok(self.db().execute(sql, params![key, rev]).map_err(failed)? == 1)
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        // Keys have no letter after `z`.
        let sql = "SELECT key, rev, value FROM document WHERE key >= ?1 AND key < ?1 || '~' AND key > ?2
                   ORDER BY key LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let db = self.db();
        let mut select = db.prepare_cached(sql).map_err(failed)?;
        let rows = select.query_map(params![prefix, after.unwrap_or_default(), limit], |row| {
            Ok((row.get(0)?, Doc { rev: row.get(1)?, value: row.get::<_, Vec<u8>>(2)?.into() }))
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).unwrap_or_else(|| "documents.db".into());
    let report = check_docs(Arc::new(Table::open(Path::new(&path))?), 1).await;
    print!("{report}");
    Ok(())
}

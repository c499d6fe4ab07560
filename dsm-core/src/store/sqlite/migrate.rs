//! Brings a database of ours to the schema of this build; never back, and never over a drifted past.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::fault::Db;
use crate::error::{Error, ErrorKind};

/// In the header of every file of ours ("dsm1").
pub(super) const APPLICATION_ID: u32 = 0x6473_6d31;

/// In order; a released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_locks_and_steps.sql"),
    include_str!("migrations/0003_control.sql"),
    include_str!("migrations/0004_limits.sql"),
    include_str!("migrations/0005_results.sql"),
];

/// The newest version this build knows.
pub(super) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// Applies what is missing, one transaction each.
pub(super) fn migrate(conn: &mut Connection, now: Timestamp) -> Db<()> {
    for (version, sql) in (1..).zip(MIGRATIONS) {
        // Immediate: of two processes that open a new file at once, one waits here and then finds the work done.
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if at > NEWEST {
            return Err(newer(at).into());
        }
        if at >= version {
            check_drift(&tx, version, sql)?;
            continue;
        }
        tx.execute_batch(sql)?;
        tx.execute(
            "INSERT INTO dsm_meta (key, value) VALUES (?1, ?2)",
            params![format!("schema.{version}"), format!("{} {now}", checksum(sql))],
        )?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(())
}

fn check_drift(conn: &Connection, version: u32, sql: &str) -> Db<()> {
    let stored: Option<String> = conn
        .query_row("SELECT value FROM dsm_meta WHERE key = ?1", [format!("schema.{version}")], |row| {
            row.get(0)
        })
        .optional()
        .map_err(|cause| foreign_schema().with_source(cause))?;
    let same = stored.as_deref().and_then(|line| line.split(' ').next()) == Some(checksum(sql).as_str());
    if same {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::StoreNotOurs,
        format!("migration {version} in the file is not the one of this build"),
    )
    .hint("open it with the build that made it, or move it away to start with an empty one")
    .into())
}

fn foreign_schema() -> Error {
    Error::new(ErrorKind::StoreNotOurs, "the file carries our mark but not our tables")
        .hint("name another file, or move this one away to start with an empty one")
}

pub(super) fn newer(version: u32) -> Error {
    Error::new(
        ErrorKind::StoreNotOurs,
        format!("the file has schema version {version}, this build knows up to {NEWEST}"),
    )
    .hint("use a newer build, or another file")
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The stores of this crate, made anew for each case of a suite, on a clock of the test's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Subject};
use dsm_core::store::{ManualClock, MemoryStore, SqliteOptions, SqliteStore, StorageClock, Store};
use jiff::Timestamp;
use tempfile::TempDir;

/// When every clock begins.
pub(crate) const START: Timestamp = Timestamp::constant(1_780_000_000, 0);

pub(crate) struct Memory;

#[async_trait]
impl Factory for Memory {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(START);
        let store = Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone())));
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

pub(crate) struct InMemorySqlite;

#[async_trait]
impl Factory for InMemorySqlite {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(START);
        let store = Arc::new(SqliteStore::open_in_memory(options(&clock))?);
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

/// Files in a folder that goes with this; a case may open its own once more.
pub(crate) struct Sqlite {
    folder: TempDir,
    made: AtomicU32,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), made: AtomicU32::new(0) }
    }
}

#[async_trait]
impl Factory for Sqlite {
    async fn fresh(&self) -> Result<Subject> {
        let path = self.folder.path().join(format!("{}.db", self.made.fetch_add(1, Ordering::Relaxed)));
        let clock = ManualClock::at(START);
        let store = open(path.clone(), &clock)?;
        let again = clock.clone();
        let reopen = Box::new(move || {
            let reopened = open(path.clone(), &again);
            Box::pin(async move { reopened }) as _
        });
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

fn options(clock: &ManualClock) -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.clock = StorageClock::Manual(clock.clone());
    options
}

fn open(path: PathBuf, clock: &ManualClock) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(path, options(clock))?))
}

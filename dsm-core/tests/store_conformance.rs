//! The stores of this crate under the suite that outsiders use.
#![cfg(all(feature = "conformance", feature = "sqlite"))]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Subject, check};
use dsm_core::store::{ManualClock, MemoryStore, SqliteOptions, SqliteStore, StorageClock, Store};
use jiff::Timestamp;

fn clock() -> ManualClock {
    ManualClock::at(Timestamp::constant(1_780_000_000, 0))
}

struct Memory;

#[async_trait]
impl Factory for Memory {
    async fn fresh(&self) -> Result<Subject> {
        let clock = clock();
        let store = Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone())));
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

struct InMemorySqlite;

#[async_trait]
impl Factory for InMemorySqlite {
    async fn fresh(&self) -> Result<Subject> {
        let clock = clock();
        let store = Arc::new(SqliteStore::open_in_memory(options(&clock))?);
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

struct Sqlite {
    directory: PathBuf,
    made: AtomicU32,
}

#[async_trait]
impl Factory for Sqlite {
    async fn fresh(&self) -> Result<Subject> {
        let path = self.directory.join(format!("{}.db", self.made.fetch_add(1, Ordering::Relaxed)));
        let clock = clock();
        let store = open(path.clone(), clock.clone())?;
        let again = clock.clone();
        let reopen = Box::new(move || {
            let reopened = open(path.clone(), again.clone());
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

fn open(path: PathBuf, clock: ManualClock) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(path, options(&clock))?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let report = check(&Memory).await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.skipped.len(), 4, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_file() {
    let directory = tempfile::tempdir().unwrap();
    let report = check(&Sqlite { directory: directory.path().into(), made: AtomicU32::new(0) }).await;
    assert!(report.is_ok(), "{report}");
    assert!(report.skipped.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_in_memory() {
    let report = check(&InMemorySqlite).await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.skipped.len(), 4, "{report}");
}

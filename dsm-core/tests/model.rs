//! The stores of this crate under the model test: `DSM_MODEL_SEED` and `DSM_MODEL_LISTS` say from where and how many.
#![cfg(all(feature = "conformance", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::model::{Breach, Held, Model};
use dsm_core::store::conformance::{Factory, Subject};
use dsm_core::store::{ManualClock, MemoryStore, SqliteOptions, SqliteStore, StorageClock, Store};
use jiff::Timestamp;

const START: Timestamp = Timestamp::constant(1_780_000_000, 0);

struct Memory;

#[async_trait]
impl Factory for Memory {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(START);
        let store = Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone())));
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

struct InMemorySqlite;

#[async_trait]
impl Factory for InMemorySqlite {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(START);
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
        let clock = ManualClock::at(START);
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

/// A number from the environment, or this one.
fn set(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn model(lists: u64) -> Model {
    let lists = set("DSM_MODEL_LISTS", lists);
    let model =
        Model { seed: set("DSM_MODEL_SEED", 20_261_123), lists: lists as u32, length: 40, sets_back: true };
    eprintln!("{model:?}");
    model
}

#[track_caller]
fn holds(outcome: Result<Held, Box<Breach>>, model: Model) {
    let held = outcome.unwrap_or_else(|breach| panic!("{breach}"));
    eprintln!("{held:?}");
    assert_eq!(held.lists, model.lists);
    assert!(held.jobs > u64::from(held.lists), "the lists enqueue nothing");
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    let model = model(1000);
    holds(model.check(&Memory).await, model);
}

#[tokio::test]
async fn sqlite_answers_as_memory_does() {
    let model = model(60);
    holds(model.compare(&InMemorySqlite, START).await, model);
}

#[tokio::test]
async fn sqlite_keeps_its_promises_over_crashes() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(12);
    let sqlite = Sqlite { directory: directory.path().into(), made: AtomicU32::new(0) };
    holds(model.check(&sqlite).await, model);
}

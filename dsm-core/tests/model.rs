//! The stores of this crate under the model test: `DSM_MODEL_SEED` and `DSM_MODEL_LISTS` say from where and how many.
#![cfg(all(feature = "conformance", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs, reason = "tests")]

mod common;

use common::{InMemorySqlite, Memory, START, Sqlite};
use dsm_core::store::conformance::model::{Breach, Held, Model};

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
    let model = model(12);
    holds(model.check(&Sqlite::new()).await, model);
}

//! The model test: random lists of calls, judged, and compared with the store in memory. `DSM_MODEL_SEED` and
//! `DSM_MODEL_LISTS` say from where and how many.

use dsm_core::store::conformance::model::Model;
use dsm_suite::postgres::Postgres;

use crate::conformance::{START, Schemas};

fn set(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn model(lists: u64) -> Model {
    let lists = u32::try_from(set("DSM_MODEL_LISTS", lists)).unwrap();
    let model = Model { seed: set("DSM_MODEL_SEED", 20_261_123), lists, length: 40, sets_back: false };
    eprintln!("{model:?}");
    model
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_its_promises() {
    let Some(server) = Postgres::shared() else { return };
    let held = model(6).check(&Schemas::of(server.database().unwrap())).await;
    eprintln!("{:?}", held.unwrap_or_else(|breach| panic!("{breach}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_as_memory_does() {
    let Some(server) = Postgres::shared() else { return };
    let held = model(6).compare(&Schemas::of(server.database().unwrap()), START).await;
    eprintln!("{:?}", held.unwrap_or_else(|breach| panic!("{breach}")));
}

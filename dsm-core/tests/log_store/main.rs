//! A whole store out of a few primitives: the suite, several processes at once, faults, cuts, damage.
#![cfg(feature = "conformance")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod conformance;
mod damage;
#[cfg(feature = "sqlite")]
#[allow(dead_code, reason = "its main is not run here")]
#[path = "../../examples/doc_store.rs"]
mod doc_store;
mod docs;
mod faults;
mod flaws;
mod forgets;
mod races;

use dsm_core::NewJob;
use dsm_core::store::{Claim, Executor, LogOptions};
use std::time::Duration;
use uuid::Uuid;

const TTL: Duration = Duration::from_secs(60);

/// Everything happens early: a tail is full after two batches or so, a log long after ten.
fn tiny() -> LogOptions {
    let mut options = LogOptions::default();
    options.tail_bytes = 600;
    options.snapshot_bytes = 4000;
    options
}

fn executor(id: &str) -> Executor {
    Executor { id: id.into(), incarnation: Uuid::now_v7() }
}

fn claim(executor: &Executor, slots: usize) -> Claim {
    Claim {
        executor: executor.clone(),
        job_types: vec!["work".into()],
        gated: Vec::new(),
        slots,
        ttl: TTL,
        limits: dsm_core::store::Limits::default(),
        others: Vec::new(),
    }
}

fn work(count: usize) -> Vec<NewJob> {
    vec![NewJob::new("work"); count]
}

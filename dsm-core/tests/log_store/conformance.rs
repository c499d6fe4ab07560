//! Few primitives, the whole suite.

use std::sync::Arc;

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Report, Subject, check};
use dsm_core::store::{DocStore, LogOptions, LogStore, Store};

use crate::docs::Docs;
use crate::faults::{Faulty, Plan};
use crate::tiny;

/// Stores over documents in memory, which something may happen to on the way.
struct Logs {
    options: LogOptions,
    plan: Option<Plan>,
}

#[async_trait]
impl Factory for Logs {
    async fn fresh(&self) -> Result<Subject> {
        let kept = Docs::new();
        let clock = kept.clock.clone();
        let docs: Arc<dyn DocStore> = match self.plan {
            Some(plan) => Faulty::over(kept, plan),
            None => kept,
        };
        let store: Arc<dyn Store> = Arc::new(LogStore::open_with(docs.clone(), self.options.clone()).await?);
        let options = self.options.clone();
        let reopen = Box::new(move || {
            let (docs, options) = (docs.clone(), options.clone());
            Box::pin(async move {
                let store: Arc<dyn Store> = Arc::new(LogStore::open_with(docs, options).await?);
                Ok(store)
            }) as _
        });
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

fn holds(report: &Report, skipped: &[&str]) {
    assert!(report.is_ok(), "{report}");
    let names: Vec<_> = report.skipped.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, skipped, "{report}");
}

/// What a store skips that cannot prove a death.
const UNPROVED: [&str; 1] = ["ends::a_crash_is_proved_and_its_jobs_released"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_a_store() {
    holds(&check(&Logs { options: LogOptions::default(), plan: None }).await, &UNPROVED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_cut_all_the_time_is_a_store() {
    holds(&check(&Logs { options: tiny(), plan: None }).await, &UNPROVED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_replies_get_lost_is_a_store() {
    for seed in 1..=3 {
        let report = check(&Logs { options: tiny(), plan: Some(Plan { seed, lost: 5 }) }).await;
        println!("seed {seed}");
        holds(&report, &UNPROVED);
    }
}

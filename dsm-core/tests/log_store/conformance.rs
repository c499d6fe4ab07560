//! Few primitives, the whole suite.

use std::sync::Arc;

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Report, Subject, check, check_docs};
use dsm_core::store::{DocStore, LogOptions, LogStore, Store};

use crate::docs::Docs;
use crate::faults::{Faulty, Plan};
use crate::flaws::{Flaw, Flawed};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_is_examined_from_its_primitives_on() {
    let docs = Docs::new();
    docs.overwrite("not-ours", "stays", 7);
    let report = check_docs(docs.clone(), 1).await;
    holds(&report, &UNPROVED);
    assert!(report.passed.len() > 110, "{report}");
    assert_eq!(docs.keys(""), ["not-ours"], "documents were left behind");
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_is_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let table = crate::doc_store::Table::open(&directory.path().join("documents.db")).unwrap();
    holds(&check_docs(Arc::new(table), 2).await, &UNPROVED);
}

/// Backends that hold all but one promise, and the case that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_breaks_a_promise_is_told_which() {
    for (flaw, case) in [
        (Flaw::PutsUnconditionally, "primitives::a_write_wants_its_revision"),
        (Flaw::LosesUpdates, "primitives::one_of_many_wins"),
        (Flaw::KeepsRevisions, "primitives::a_write_wants_its_revision"),
        (Flaw::DeletesUnconditionally, "primitives::a_removal_wants_its_revision"),
        (Flaw::ScansOutOfOrder, "primitives::a_scan_goes_in_order"),
        (Flaw::ScansFromInclusive, "primitives::a_scan_goes_in_order"),
        (Flaw::TimeRunsBack, "primitives::time_does_not_run_back"),
    ] {
        let report = check_docs(Flawed::with(flaw), 3).await;
        assert!(report.failed.iter().any(|(name, _)| *name == case), "{flaw:?}: {report}");
        assert!(report.skipped.iter().any(|(name, _)| *name == "the cases of stores"), "{flaw:?}: {report}");
    }
}

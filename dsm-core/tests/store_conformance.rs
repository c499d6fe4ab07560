//! The stores of this crate under the suite that outsiders use.
#![cfg(all(feature = "conformance", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::{InMemorySqlite, Memory, Sqlite};
use dsm_core::store::conformance::check;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let report = check(&Memory).await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.skipped.len(), 5, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_file() {
    let report = check(&Sqlite::new()).await;
    assert!(report.is_ok(), "{report}");
    assert!(report.skipped.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_in_memory() {
    let report = check(&InMemorySqlite).await;
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.skipped.len(), 5, "{report}");
}

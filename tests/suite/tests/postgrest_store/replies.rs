//! Answers that are lost, refused, or not what was asked for.

use std::sync::Arc;

use dsm_core::store::{PostgrestStore, Store};
use dsm_core::{ErrorKind, JobStatus};

use super::{Bench, claim, count, executor, options, scans};

#[tokio::test]
async fn the_key_is_in_no_error() {
    let Some(bench) = Bench::new().await else { return };
    let mut impatient = options();
    impatient.outage = std::time::Duration::from_millis(100);
    let url = bench.service.url();
    let error = PostgrestStore::connect(&url, "hunter2-key", impatient.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{}", error.chain());
    assert!(error.chain().contains("SERVICE_ROLE_KEY"), "{}", error.chain());
    let nowhere = PostgrestStore::connect("http://127.0.0.1:1", "hunter2-key", impatient).await.unwrap_err();
    assert!(nowhere.chain().contains("DSM_URL"), "{}", nowhere.chain());
    let store = bench.store().await;
    for text in [error.chain(), nowhere.chain(), format!("{error:?} {nowhere:?} {store:?} {:?}", options())] {
        assert!(!text.contains("hunter2") && !text.contains(bench.service.key()), "{text}");
    }
}

#[tokio::test]
async fn lists_go_past_the_row_cap() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    bench.service.set_max_rows(Some(3));
    store.enqueue(scans(20)).await.unwrap();
    assert_eq!(count(&*store, JobStatus::Pending).await, 20);
    let newest = dsm_core::store::JobQuery { limit: Some(5), ..Default::default() };
    assert_eq!(store.jobs(newest).await.unwrap().len(), 5);
    let me = executor("here");
    let store: Arc<dyn Store> = store;
    let mut won = 0;
    loop {
        let jobs = store.claim(claim(&me, 20)).await.unwrap().jobs;
        if jobs.is_empty() {
            break;
        }
        won += jobs.len();
    }
    assert_eq!((won, count(&*store, JobStatus::Running).await), (20, 20));
}

//! What is taken out of a job is in no document any more, and whoever is behind goes on all the same.

use std::sync::Arc;

use dsm_core::store::{DocStore, JobQuery, LogStore, Outcome, Settlement, Store};
use dsm_core::{JobId, JobStatus};
use lz4_flex::frame::FrameDecoder;
use serde_json::{Map, json};

use crate::docs::Docs;
use crate::{claim, executor, work};

const SECRET: &str = "planted-4711";

/// Documents that hold the secret, packed or not.
fn found(docs: &Docs) -> Vec<String> {
    let has = |key: &String| {
        let value = docs.read(key).unwrap().value;
        let mut text = value.to_vec();
        if key.starts_with("snapshot/") {
            text.clear();
            std::io::copy(&mut FrameDecoder::new(&value[..]), &mut text).unwrap();
        }
        String::from_utf8(text).unwrap().contains(SECRET)
    };
    docs.keys("").into_iter().filter(has).collect()
}

/// A job that ended with the secret.
async fn ended(store: &LogStore) -> JobId {
    store.enqueue(work(1)).await.unwrap();
    let lease = store.claim(claim(&executor("here"), 1)).await.unwrap().jobs.remove(0).lease.key;
    let details = Map::from_iter([("url".to_owned(), json!(SECRET)), ("rest".to_owned(), json!(1))]);
    let outcome = Outcome::End(JobStatus::Completed, None);
    store.settle(vec![Settlement { lease, outcome, details, tasks: Vec::new() }]).await.unwrap();
    lease.job_id
}

async fn take(store: &LogStore, job: JobId) -> Map<String, serde_json::Value> {
    store.take_details(job, &["url".to_owned()]).await.unwrap().unwrap()
}

async fn jobs(store: &LogStore) -> usize {
    store.jobs(JobQuery::default()).await.unwrap().len()
}

#[tokio::test]
async fn what_is_taken_out_is_in_no_document_any_more() {
    for options in [crate::tiny(), dsm_core::store::LogOptions::default()] {
        let docs = Docs::new();
        let open =
            async || LogStore::open_with(docs.clone() as Arc<dyn DocStore>, options.clone()).await.unwrap();
        let (store, behind) = (open().await, open().await);
        let job = ended(&store).await;
        store.enqueue(work(2)).await.unwrap();
        assert!(!found(&docs).is_empty());

        assert_eq!(take(&behind, job).await["url"], SECRET);
        // What is asked next comes after what was left to be done.
        assert_eq!(jobs(&behind).await, 3);
        assert_eq!(found(&docs), [""; 0]);

        assert_eq!(take(&store, job).await, Map::new(), "it was given to one");
        let before = docs.read("tail").unwrap().rev;
        take(&behind, job).await;
        assert_eq!(docs.read("tail").unwrap().rev, before, "what takes nothing writes nothing");
        for (more, here) in [(&store, &behind), (&behind, &store)] {
            more.enqueue(work(1)).await.unwrap();
            assert_eq!(jobs(more).await, jobs(here).await);
        }
        let late = open().await;
        let row = late.jobs(JobQuery { ids: vec![job], ..JobQuery::default() }).await.unwrap().remove(0);
        assert_eq!((row.details, jobs(&late).await), (Map::from_iter([("rest".to_owned(), json!(1))]), 5));
    }
}

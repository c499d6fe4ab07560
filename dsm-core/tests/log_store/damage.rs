//! Backends that do what none may, and documents of another version: found out, said, and nothing goes on.

use std::sync::Arc;

use dsm_core::store::{DocStore, JobQuery, LogOptions, LogStore, Store};
use dsm_core::{Error, ErrorKind};

use crate::docs::Docs;
use crate::work;

async fn open(docs: &Arc<Docs>) -> Result<LogStore, Error> {
    LogStore::open(docs.clone() as Arc<dyn DocStore>).await
}

async fn jobs(store: &LogStore) -> Result<usize, Error> {
    store.jobs(JobQuery::default()).await.map(|jobs| jobs.len())
}

/// The store says what is wrong, and goes on saying it.
async fn stopped(store: &LogStore, what: &str) {
    for _ in 0..2 {
        let error = jobs(store).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(store.enqueue(work(1)).await.unwrap_err().kind(), ErrorKind::StoreNotOurs);
    }
}

#[tokio::test]
async fn writes_that_were_lost_are_found_out() {
    let docs = Docs::new();
    let store = open(&docs).await.unwrap();
    store.enqueue(work(1)).await.unwrap();
    let earlier = docs.read("tail").unwrap();
    store.enqueue(work(1)).await.unwrap();
    docs.overwrite("tail", earlier.value, earlier.rev);
    stopped(&store, "the log has become shorter").await;
}

#[tokio::test]
async fn a_tail_that_is_gone_is_found_out() {
    let docs = Docs::new();
    let store = open(&docs).await.unwrap();
    store.enqueue(work(1)).await.unwrap();
    let tail = docs.read("tail").unwrap();
    assert!(docs.delete_if("tail", tail.rev).await.unwrap());
    stopped(&store, "the end of the log is gone").await;
}

#[tokio::test]
async fn a_value_that_changed_under_its_revision_is_found_out() {
    let docs = Docs::new();
    let store = open(&docs).await.unwrap();
    store.enqueue(work(1)).await.unwrap();
    let mut tail = docs.read("tail").unwrap();
    tail.value = [&tail.value[..], b" "].concat().into();
    docs.overwrite("tail", tail.value, tail.rev);
    stopped(&store, "kept its revision").await;
}

#[tokio::test]
async fn two_who_both_won_are_found_out() {
    let docs = Docs::new();
    let (one, other) = (open(&docs).await.unwrap(), open(&docs).await.unwrap());
    one.enqueue(work(1)).await.unwrap();
    jobs(&other).await.unwrap();
    let before = docs.read("tail").unwrap();
    one.enqueue(work(1)).await.unwrap();
    // As if the other's write had not been conditional.
    docs.overwrite("tail", before.value, before.rev);
    other.enqueue(work(1)).await.unwrap();
    let mut tail = docs.read("tail").unwrap();
    tail.rev += 1;
    docs.overwrite("tail", tail.value, tail.rev);
    stopped(&one, "the log was rewritten").await;
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let docs = Docs::new();
    docs.overwrite("tail", r#"{"format":2,"body":{"shape":"unheard of"}}"#, 1);
    let error = open(&docs).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs);
    assert!(error.to_string().contains("format 2, and this build knows 1"), "{error}");
    assert!(error.way_out().unwrap().contains("newer dsm"));
}

#[tokio::test]
async fn a_newer_format_stops_who_is_at_work() {
    let docs = Docs::new();
    let store = open(&docs).await.unwrap();
    store.enqueue(work(1)).await.unwrap();
    docs.overwrite("tail", r#"{"format":2,"body":{}}"#, 9);
    stopped(&store, "format 2").await;
}

#[tokio::test]
async fn documents_of_others_are_left_alone() {
    for foreign in ["", "hello", "{}", r#"{"format":1}"#, r#"{"format":1,"body":{"batches":[]}}"#, "[1,2]"] {
        let docs = Docs::new();
        docs.overwrite("tail", foreign.as_bytes().to_vec(), 1);
        let error = open(&docs).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{foreign}: {error}");
        assert_eq!(docs.read("tail").unwrap().value, foreign.as_bytes());
    }
}

#[tokio::test]
async fn a_snapshot_that_is_damaged_is_refused() {
    let docs = Docs::new();
    let store = LogStore::open_with(docs.clone() as Arc<dyn DocStore>, crate::tiny()).await.unwrap();
    for _ in 0..60 {
        store.enqueue(work(3)).await.unwrap();
    }
    let part = docs.keys("snapshot/").pop().unwrap();
    let rev = docs.read(&part).unwrap().rev;
    docs.overwrite(&part, "not what it was", rev);
    let error = open(&docs).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{error}");
    // Whoever was there before it goes on.
    assert_eq!(jobs(&store).await.unwrap(), 180);
}

#[tokio::test]
async fn a_part_of_the_log_that_is_gone_is_missed() {
    let docs = Docs::new();
    let behind = open(&docs).await.unwrap();
    let mut options = LogOptions::default();
    options.tail_bytes = 300;
    let store = LogStore::open_with(docs.clone() as Arc<dyn DocStore>, options).await.unwrap();
    for _ in 0..20 {
        store.enqueue(work(1)).await.unwrap();
    }
    let segment = docs.keys("log/").remove(1);
    assert!(docs.delete_if(&segment, docs.read(&segment).unwrap().rev).await.unwrap());
    stopped(&behind, "a part of the log is missing").await;
    assert_eq!(jobs(&store).await.unwrap(), 20);
}

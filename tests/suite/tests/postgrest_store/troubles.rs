//! Answers that are lost and services that are away: every call finds out what an earlier try of it has done.

use std::sync::Arc;
use std::time::Duration;

use dsm_core::store::{AttemptWrite, Beat, ClaimedJob, Enqueued, Outcome, PostgrestStore, Settled, Store};
use dsm_core::{JobStatus, NewJob};
use dsm_suite::postgrest::{Fault, PostgrestOptions as FakeOptions, Trouble};
use hyper::Method;
use serde_json::{Map, json};

use super::whole::adopted;
use super::{Bench, TTL, claim, completed, count, executor, options, scan, scans, settlement};

async fn both() -> Option<[Bench; 2]> {
    let (whole, _native) = adopted().await?;
    Some([Bench::new().await?, whole])
}

/// Loses the answer to the next of these requests, after the deed.
fn lose(bench: &Bench, method: Method, path: &str) {
    bench.service.arm(Fault::once(path, Trouble::DropAfter).of(method));
}

#[tokio::test]
async fn a_lost_answer_adds_nothing_twice() {
    let Some(benches) = both().await else { return };
    for bench in benches {
        let store = bench.store().await;
        let path = if store.is_whole() { "rpc/dsm_write" } else { "rest/v1/jobs" };
        lose(&bench, Method::POST, path);
        let added = store.enqueue(scans(3)).await.unwrap();
        assert!(added.iter().all(|one| matches!(one, Enqueued::Inserted(_))), "{added:?}");
        assert_eq!(count(&*store, JobStatus::Pending).await, 3);
        lose(&bench, Method::POST, path);
        let keyed = NewJob { idempotency_key: Some("nightly".into()), ..scan() };
        let first = store.enqueue(vec![keyed.clone()]).await.unwrap()[0].id();
        assert_eq!(store.enqueue(vec![keyed]).await.unwrap(), [Enqueued::Existing(first)]);
        assert_eq!(count(&*store, JobStatus::Pending).await, 4);
    }
}

#[tokio::test]
async fn a_lost_answer_loses_no_job_that_was_won() {
    let Some(benches) = both().await else { return };
    for bench in benches {
        let store = bench.store().await;
        let me = executor("here");
        store.register(&me).await.unwrap();
        store.enqueue(scans(3)).await.unwrap();
        if store.is_whole() {
            lose(&bench, Method::POST, "rpc/dsm_claim");
        } else {
            lose(&bench, Method::PATCH, "rest/v1/jobs");
        }
        let won = store.claim(claim(&me, 3)).await.unwrap().jobs;
        assert_eq!((won.len(), count(&*store, JobStatus::Running).await), (3, 3));
        assert!(won.iter().all(|one| one.lease.attempt == 1));
        end_with_troubles(&bench, &store, &won).await;
    }
}

/// Every write of these attempts, each with its answer lost once.
async fn end_with_troubles(bench: &Bench, store: &PostgrestStore, won: &[ClaimedJob]) {
    let (method, path) =
        if store.is_whole() { (Method::POST, "rpc/dsm_write") } else { (Method::PATCH, "rest/v1/jobs") };
    lose(bench, method.clone(), path);
    let details = Map::from_iter([("seen".to_owned(), json!(1))]);
    let write = AttemptWrite { lease: Some(won[0].lease.key), details, ..AttemptWrite::default() };
    store.write(write).await.unwrap();
    lose(bench, method.clone(), path);
    let settled = store.settle(vec![settlement(&won[0], Outcome::Release)]).await.unwrap();
    assert!(matches!(settled[..], [Settled::Applied | Settled::AlreadyApplied]), "{settled:?}");
    assert_eq!(count(store, JobStatus::Pending).await, 1);
    lose(bench, method, path);
    let settled = store.settle(won[1..].iter().map(completed).collect()).await.unwrap();
    let is_done = |one: &Settled| matches!(one, Settled::Applied | Settled::AlreadyApplied);
    assert!(settled.iter().all(is_done), "{settled:?}");
    assert_eq!(count(store, JobStatus::Completed).await, 2);
}

#[tokio::test]
async fn a_lost_answer_loses_no_job_that_was_let_into_its_lane() {
    let Some((bench, _native)) = adopted().await else { return };
    let store = bench.store().await;
    let me = executor("here");
    store.register(&me).await.unwrap();
    let laned = |key: &str| NewJob { lane: Some(key.into()), ..scan() };
    store.enqueue(vec![scan(), laned("server:1"), laned("server:1"), laned("server:2")]).await.unwrap();
    lose(&bench, Method::POST, "rpc/dsm_write");
    let won = store.claim(claim(&me, 9)).await.unwrap().jobs;
    assert_eq!((won.len(), count(&*store, JobStatus::Running).await), (3, 3));
    let lanes: Vec<Option<&str>> = won.iter().map(|one| one.lane.as_deref()).collect();
    assert_eq!(lanes, [None, Some("server:1"), Some("server:2")]);
}

#[tokio::test]
async fn a_service_that_is_away_for_a_while_is_waited_for() {
    let Some(benches) = both().await else { return };
    for bench in benches {
        let store = bench.store().await;
        let me = executor("here");
        store.register(&me).await.unwrap();
        for trouble in [Trouble::DropBefore, Trouble::Unavailable] {
            bench.service.arm(Fault::once("rest/v1", trouble).times(2));
            store.enqueue(scans(1)).await.unwrap();
            bench.service.arm(Fault::once("rest/v1", trouble).times(2));
            let won = store.claim(claim(&me, 1)).await.unwrap().jobs;
            bench.service.arm(Fault::once("rest/v1", trouble).times(2));
            let leases = won.iter().map(|one| one.lease.key).collect();
            let beat = Beat { executor: me.clone(), leases, ttl: TTL };
            assert_eq!(store.renew(beat).await.unwrap().lost, []);
            bench.service.arm(Fault::once("rest/v1", trouble).times(2));
            assert_eq!(store.settle(vec![completed(&won[0])]).await.unwrap(), [Settled::Applied]);
            bench.service.disarm();
        }
        assert_eq!(count(&*store, JobStatus::Completed).await, 2);
    }
}

#[tokio::test]
async fn who_wants_to_be_notified_is_and_loses_nothing_by_it() {
    const SECRET: &str = "s3cret ✓";
    let fake = FakeOptions { shared_secret: Some(SECRET.to_owned()), ..FakeOptions::default() };
    let Some(bench) = Bench::with(fake).await else { return };
    let notifying = |secret: &str| {
        let mut options = options();
        options.notify = true;
        options.executor_secret = Some(secret.to_owned().into());
        options
    };
    let run = async |store: Arc<PostgrestStore>| {
        let me = executor("here");
        store.enqueue(scans(1)).await.unwrap();
        let won = store.claim(claim(&me, 1)).await.unwrap().jobs.remove(0);
        let mut end = completed(&won);
        end.details = Map::from_iter([("said".to_owned(), json!("größer ✓ 1.0"))]);
        assert_eq!(store.settle(vec![end]).await.unwrap(), [Settled::Applied]);
        won.job.id
    };
    let id = run(bench.store_with(notifying(SECRET)).await).await;
    let told: Vec<_> = bench.service.notifications();
    let words: Vec<_> = told.iter().map(|one| (one["jobId"].clone(), one["status"].clone())).collect();
    assert_eq!(words, [(json!(id), json!("running")), (json!(id), json!("completed"))]);
    let journal = bench.service.take_journal();
    let edge: Vec<_> = journal.iter().filter(|one| one.path.contains("update-job")).collect();
    assert!(edge.len() == 2 && edge.iter().all(|one| one.status == Some(200)), "{edge:?}");
    assert_eq!(bench.sql("SELECT status, details ->> 'said' FROM jobs"), "completed|größer ✓ 1.0");

    // Signed with another secret, nobody is told, and the job ends all the same.
    run(bench.store_with(notifying("another")).await).await;
    assert_eq!(bench.service.notifications().len(), 2);
    // Nor does it wait for a function that does not answer.
    bench.service.arm(Fault::once("update-job", Trouble::Delay(Duration::from_millis(300))).times(2));
    run(bench.store_with(notifying(SECRET)).await).await;
    assert_eq!(bench.sql("SELECT count(*) FROM jobs WHERE status = 'completed'"), "3");
}

//! Several processes over the same documents.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dsm_core::store::{DocStore, JobQuery, LogStore, Outcome, PauseScope, Settled, Settlement, Store};
use dsm_core::{JobId, JobStatus};
use serde_json::Map;

use crate::docs::Docs;
use crate::faults::{Faulty, Plan};
use crate::{claim, executor, tiny, work};

async fn open(docs: &Arc<impl DocStore>) -> LogStore {
    LogStore::open_with(docs.clone() as Arc<dyn DocStore>, tiny()).await.unwrap()
}

/// Repeats what failed, as every caller may.
macro_rules! insist {
    ($call:expr) => {{
        let mut tries = 0;
        loop {
            match $call.await {
                Ok(answer) => break answer,
                Err(error) if tries == 50 => panic!("{}", error.chain()),
                Err(_) => tries += 1,
            }
        }
    }};
}

/// Works until nothing is left, and says what it ended.
async fn labour(store: LogStore, name: String) -> Vec<JobId> {
    let me = executor(&name);
    insist!(store.register(&me));
    let mut ended = Vec::new();
    loop {
        let won = insist!(store.claim(claim(&me, 3))).jobs;
        if won.is_empty() {
            let left =
                insist!(store.jobs(JobQuery { status: Some(JobStatus::Pending), ..JobQuery::default() }));
            if left.is_empty() {
                return ended;
            }
        }
        for job in won {
            let lease = job.lease.key;
            let outcome = Outcome::End(JobStatus::Completed, None);
            let item = Settlement { lease, outcome, details: Map::new(), tasks: Vec::new() };
            let settled = insist!(store.settle(vec![item.clone()]));
            assert!(matches!(settled[0], Settled::Applied | Settled::AlreadyApplied), "{settled:?}");
            ended.push(lease.job_id);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_share_the_work_and_nothing_is_done_twice() {
    let docs = Docs::new();
    let first = open(&docs).await;
    let added = first.enqueue(work(120)).await.unwrap();
    let workers: Vec<_> = (0..4)
        .map(|number| {
            let docs = docs.clone();
            tokio::spawn(async move { labour(open(&docs).await, format!("p{number}")).await })
        })
        .collect();
    let mut seen = HashMap::<JobId, u32>::new();
    for worker in workers {
        worker.await.unwrap().into_iter().for_each(|job| *seen.entry(job).or_default() += 1);
    }
    assert_eq!(seen.len(), added.len());
    assert!(seen.values().all(|times| *times == 1));
    for job in first.jobs(JobQuery::default()).await.unwrap() {
        assert_eq!(job.status, JobStatus::Completed);
        assert_eq!(first.attempts(job.id).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_replies_late_writes_and_repetitions_do_nothing_twice() {
    for seed in 11..=14 {
        println!("seed {seed}");
        let docs = Docs::new();
        let first = open(&docs).await;
        first.enqueue(work(40)).await.unwrap();
        let mut happened = Vec::new();
        let workers: Vec<_> = (0..3)
            .map(|number| {
                let faulty = Faulty::over(docs.clone(), Plan { seed: seed * 10 + number, lost: 3 });
                happened.push(faulty.clone());
                tokio::spawn(async move { labour(open(&faulty).await, format!("p{number}")).await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        assert!(happened.iter().map(|faulty| faulty.happened.load(Ordering::SeqCst)).sum::<u64>() > 3);
        let jobs = first.jobs(JobQuery::default()).await.unwrap();
        assert_eq!(jobs.len(), 40);
        let mut fences = Vec::new();
        for job in jobs {
            // A claim whose answer was lost stays running until its lease ends; no other may have been given it.
            let attempts = first.attempts(job.id).await.unwrap();
            assert_eq!(attempts.len(), 1, "{attempts:?}");
            fences.push(attempts[0].fence);
        }
        fences.sort_unstable();
        fences.dedup();
        assert_eq!(fences.len(), 40);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_sees_what_another_process_wrote_before() {
    let docs = Docs::new();
    let (one, other) = (open(&docs).await, open(&docs).await);
    for round in 0..20 {
        let added = one.enqueue(work(1)).await.unwrap()[0].id();
        let found = other.jobs(JobQuery { ids: vec![added], ..JobQuery::default() }).await.unwrap();
        assert_eq!(found.len(), 1, "round {round}");
        other.pause(&PauseScope::Lane(format!("server:{round}")), "", "").await.unwrap();
        assert_eq!(one.pauses().await.unwrap().len(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lags_behind_a_cut_goes_on_from_the_snapshot() {
    let docs = Docs::new();
    let (fast, slow) = (open(&docs).await, open(&docs).await);
    slow.enqueue(work(1)).await.unwrap();
    for _ in 0..60 {
        fast.enqueue(work(3)).await.unwrap();
    }
    assert!(!docs.keys("snapshot/").is_empty(), "no snapshot was made");
    let numbers = docs.keys("log/").len();
    assert!(numbers < 30, "{numbers} segments were left");
    // Its first write stands on a tail of long ago.
    let me = executor("slow");
    slow.register(&me).await.unwrap();
    let won = slow.claim(claim(&me, 500)).await.unwrap().jobs;
    assert_eq!(won.len(), 181);
    assert!(fast.claim(claim(&executor("fast"), 500)).await.unwrap().jobs.is_empty());
    let late = open(&docs).await;
    assert_eq!(late.jobs(JobQuery::default()).await.unwrap().len(), 181);
    for store in [&fast, &late] {
        let ids = |jobs: Vec<dsm_core::JobRow>| jobs.iter().map(|job| job.id).collect::<Vec<_>>();
        let all = ids(slow.jobs(JobQuery::default()).await.unwrap());
        assert_eq!(ids(store.jobs(JobQuery::default()).await.unwrap()), all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_wakes_who_waits() {
    let docs = Docs::new();
    let (one, other) = (open(&docs).await, open(&docs).await);
    let waiting = tokio::spawn(async move {
        one.wait_for_work(Duration::from_secs(60)).await;
        one.claim(claim(&executor("one"), 1)).await.unwrap().jobs.len()
    });
    other.enqueue(work(1)).await.unwrap();
    assert_eq!(waiting.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_questions_write_nothing() {
    let docs = Docs::new();
    let store = open(&docs).await;
    let me = executor("idle");
    store.register(&me).await.unwrap();
    store.claim(claim(&me, 1)).await.unwrap();
    let before = docs.read("tail");
    for _ in 0..10 {
        assert!(store.claim(claim(&me, 1)).await.unwrap().jobs.is_empty());
        assert!(store.reap(3).await.unwrap().is_empty());
    }
    assert_eq!(docs.read("tail"), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_share_a_write() {
    let docs = Docs::new();
    let store = Arc::new(open(&docs).await);
    store.enqueue(work(1)).await.unwrap();
    let before = docs.calls.load(Ordering::Relaxed);
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.enqueue(work(1)).await.unwrap() })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(store.jobs(JobQuery::default()).await.unwrap().len(), 201);
    let calls = docs.calls.load(Ordering::Relaxed) - before;
    assert!(calls < 400, "{calls} calls for 200 writes");
}

//! Eight executors with handles of their own on one SQLite file, all at once: what each saw is put together afterwards and
//! held against what a store promises.
#![cfg(all(feature = "conformance", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use dsm_core::store::{
    Beat, Claim, Enqueued, Executor, JobQuery, LeaseKey, Limits, Outcome, Settled, Settlement, SqliteOptions,
    SqliteStore, Store,
};
use dsm_core::{JobId, JobStatus, NewJob};
use uuid::Uuid;

const EXECUTORS: usize = 8;
const JOBS: usize = 400;
const LANES: usize = 8;
const TYPE: &str = "discovery_scan";

/// What an executor saw, with the moments, by one count for all, between which it happened.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// Won not before the first, and known to it at the second.
    Won(LeaseKey),
    /// Its settlement was asked for at the first moment and applied by the second.
    Ended(LeaseKey, bool),
}

type History = Vec<(u64, u64, Seen)>;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).unwrap()
}

/// Claims, beats and settles until all is done; gives every fourth job back once.
async fn work(path: PathBuf, number: usize, moment: Arc<AtomicU64>, done: Arc<AtomicUsize>) -> History {
    let store = open(&path);
    let me = Executor { id: format!("executor {number}"), incarnation: Uuid::now_v7() };
    store.register(&me).await.unwrap();
    let now = || moment.fetch_add(1, Ordering::SeqCst);
    let mut history = Vec::new();
    while done.load(Ordering::SeqCst) < JOBS {
        let ttl = Duration::from_secs(60);
        let (executor, job_types) = (me.clone(), vec![TYPE.to_owned()]);
        let before = now();
        let claim = Claim {
            executor,
            job_types,
            gated: Vec::new(),
            slots: 1 + number % 4,
            ttl,
            limits: Limits::default(),
            others: Vec::new(),
        };
        let won = store.claim(claim).await.unwrap().jobs;
        let after = now();
        history.extend(won.iter().map(|won| (before, after, Seen::Won(won.lease.key))));
        if won.is_empty() {
            store.wait_for_work(Duration::from_millis(5)).await;
            continue;
        }
        let leases: Vec<LeaseKey> = won.iter().map(|won| won.lease.key).collect();
        let beat = store.renew(Beat { executor: me.clone(), leases, ttl }).await.unwrap();
        assert!(beat.lost.is_empty(), "{beat:?}");
        let item = |won: &dsm_core::store::ClaimedJob| {
            let goes_back = won.job.id.0.as_u128().is_multiple_of(4) && won.job.details.get("back").is_none();
            let mut details = serde_json::Map::new();
            if goes_back {
                details.insert("back".into(), true.into());
            }
            let outcome = if goes_back { Outcome::Release } else { Outcome::End(JobStatus::Completed, None) };
            Settlement { lease: won.lease.key, outcome, details, tasks: Vec::new() }
        };
        let items: Vec<Settlement> = won.iter().map(item).collect();
        let before = now();
        let answers = store.settle(items.clone()).await.unwrap();
        let after = now();
        assert!(answers.iter().all(|answer| *answer == Settled::Applied), "{answers:?}");
        for item in items {
            let ends = item.outcome != Outcome::Release;
            history.push((before, after, Seen::Ended(item.lease, ends)));
            done.fetch_add(usize::from(ends), Ordering::SeqCst);
        }
    }
    store.unregister(&me).await.unwrap();
    history
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_executors_share_a_file_and_each_job_has_one_holder_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dsm.db");
    let store = open(&path);
    let job = |at: usize| {
        let lane = at.is_multiple_of(2).then(|| format!("server:{}", at % LANES));
        NewJob { lane, ..NewJob::new(TYPE) }
    };
    let added = store.enqueue((0..JOBS).map(job).collect()).await.unwrap();
    let added: BTreeSet<JobId> = added.into_iter().map(Enqueued::id).collect();
    let (moment, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..EXECUTORS)
        .map(|number| tokio::spawn(work(path.clone(), number, moment.clone(), done.clone())))
        .collect();
    let mut history = Vec::new();
    for worker in workers {
        history.extend(worker.await.unwrap());
    }

    // Each lease: when it was certainly held, and the end of its job, where it was that.
    let mut held: BTreeMap<JobId, BTreeMap<i64, (u64, u64, bool)>> = BTreeMap::new();
    let mut fences = BTreeSet::new();
    for (_, after, seen) in &history {
        if let Seen::Won(key) = seen {
            assert!(fences.insert(key.fence), "fence {} was given twice", key.fence);
            held.entry(key.job_id).or_default().insert(key.fence, (*after, u64::MAX, false));
        }
    }
    for (before, _, seen) in &history {
        if let Seen::Ended(key, ends) = seen {
            let lease = held.get_mut(&key.job_id).and_then(|leases| leases.get_mut(&key.fence)).unwrap();
            (lease.1, lease.2) = (*before, *ends);
        }
    }
    assert_eq!(held.keys().copied().collect::<BTreeSet<_>>(), added, "jobs that nobody ran, or of nobody");
    for (job, leases) in &held {
        let leases: Vec<_> = leases.values().collect();
        for pair in leases.windows(2) {
            assert!(pair[0].1 < pair[1].0, "job {job} had two holders, or its fences went back: {leases:?}");
        }
        let ends = leases.iter().filter(|lease| lease.2).count();
        assert!(
            ends == 1 && leases.last().unwrap().2,
            "job {job} ended {ends} times, or was run after its end"
        );
    }
    let rows = store.jobs(JobQuery::default()).await.unwrap();
    assert!(rows.iter().all(|row| row.status == JobStatus::Completed));
    assert_eq!(store.lock_holders(None).await.unwrap(), []);
}

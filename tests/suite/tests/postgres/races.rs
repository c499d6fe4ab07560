//! Many executors at one table.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use dsm_core::store::{Enqueued, JobQuery, Outcome, Settled, Settlement, Store};
use dsm_core::{JobId, JobStatus, NewJob};

use crate::{claim, completed, count, executor, fresh, open, scans};

const EXECUTORS: usize = 8;
const JOBS: usize = 3000;

/// Claims and settles until nothing is left; every fifth job is given back once. The jobs it ended.
async fn work(address: String, number: usize) -> Vec<(JobId, i64)> {
    let store = open(&address).await;
    let me = executor(&format!("executor {number}"));
    store.register(&me).await.unwrap();
    let mut ended = Vec::new();
    loop {
        let won = store.claim(claim(&me, 20)).await.unwrap().jobs;
        if won.is_empty() {
            if count(&store, JobStatus::Completed).await == JOBS {
                break;
            }
            continue;
        }
        let items: Vec<Settlement> = won
            .iter()
            .map(|won| {
                let is_odd_one = won.job.id.0.as_u128() % 5 == 0 && won.job.details.get("back").is_none();
                let mut item = completed(won);
                if is_odd_one {
                    item.outcome = Outcome::Release;
                    item.details.insert("back".into(), true.into());
                }
                item
            })
            .collect();
        let answers = store.settle(items.clone()).await.unwrap();
        // The repetition of a lost reply.
        let again = store.settle(items.clone()).await.unwrap();
        for ((item, first), second) in items.iter().zip(answers).zip(again) {
            assert_eq!((first, second), (Settled::Applied, Settled::AlreadyApplied));
            if item.outcome != Outcome::Release {
                ended.push((item.lease.job_id, item.lease.fence));
            }
        }
    }
    store.unregister(&me).await.unwrap();
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_done_twice() {
    let Some((address, store)) = fresh().await else { return };
    let added: HashSet<JobId> =
        store.enqueue(scans(JOBS)).await.unwrap().into_iter().map(Enqueued::id).collect();
    let workers: Vec<_> = (0..EXECUTORS).map(|number| tokio::spawn(work(address.clone(), number))).collect();
    let mut ended = HashSet::new();
    let mut fences = HashSet::new();
    for worker in workers {
        for (job, fence) in worker.await.unwrap() {
            assert!(ended.insert(job), "job {job} was ended twice");
            assert!(fences.insert(fence), "fence {fence} was given twice");
        }
    }
    assert_eq!(ended, added);
}

const LANES: usize = 10;
const LANED: usize = 400;

/// Claims and settles laned jobs until none is left; `busy` are the lanes somebody works in.
async fn work_in_lanes(address: String, number: usize, busy: Arc<Mutex<HashSet<String>>>) -> Vec<JobId> {
    let store = open(&address).await;
    let me = executor(&format!("executor {number}"));
    store.register(&me).await.unwrap();
    let mut ended = Vec::new();
    while count(&store, JobStatus::Completed).await < LANED {
        let won = store.claim(claim(&me, 3)).await.unwrap().jobs;
        for won in &won {
            let lane = won.lane.clone().unwrap();
            assert!(busy.lock().unwrap().insert(lane.clone()), "two work in {lane}");
        }
        tokio::task::yield_now().await;
        for won in &won {
            busy.lock().unwrap().remove(won.lane.as_ref().unwrap());
        }
        let answers = store.settle(won.iter().map(completed).collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Settled::Applied), "{answers:?}");
        ended.extend(won.iter().map(|won| won.job.id));
    }
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_at_a_time_in_each_lane_and_none_is_forgotten() {
    let Some((address, store)) = fresh().await else { return };
    let laned =
        |n: usize| NewJob { lane: Some(format!("server:{}", n % LANES)), ..NewJob::new("discovery_scan") };
    let added: HashSet<JobId> =
        store.enqueue((0..LANED).map(laned).collect()).await.unwrap().into_iter().map(Enqueued::id).collect();
    let busy = Arc::new(Mutex::new(HashSet::new()));
    let workers: Vec<_> = (0..EXECUTORS)
        .map(|number| tokio::spawn(work_in_lanes(address.clone(), number, Arc::clone(&busy))))
        .collect();
    let mut ended = HashSet::new();
    for worker in workers {
        for job in worker.await.unwrap() {
            assert!(ended.insert(job), "job {job} was ended twice");
        }
    }
    assert_eq!(ended, added);
    assert_eq!(store.lock_holders(None).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_enqueues_one_job_whoever_is_first() {
    let Some((address, store)) = fresh().await else { return };
    let other = Arc::new(open(&address).await);
    let keyed = || NewJob { idempotency_key: Some("nightly".into()), ..NewJob::new("discovery_scan") };
    let calls = (0..16).map(|n| {
        let store = if n % 2 == 0 { Arc::clone(&store) } else { Arc::clone(&other) };
        tokio::spawn(async move { store.enqueue(vec![keyed()]).await.unwrap()[0] })
    });
    let mut ids = HashSet::new();
    let mut new = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        new += usize::from(matches!(answer, Enqueued::Inserted(_)));
        ids.insert(answer.id());
    }
    assert_eq!((ids.len(), new), (1, 1));
    assert_eq!(store.jobs(JobQuery::default()).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_is_told_of_new_work() {
    let Some((address, store)) = fresh().await else { return };
    let other = open(&address).await;
    // What was told on connecting is taken before the wait.
    let me = executor("waiting");
    other.register(&me).await.unwrap();
    other.wait_for_work(std::time::Duration::from_millis(200)).await;
    let long = std::time::Duration::from_secs(600);
    let (woken, added) = tokio::join!(
        tokio::time::timeout(std::time::Duration::from_secs(60), other.wait_for_work(long)),
        store.enqueue(scans(1))
    );
    added.unwrap();
    assert!(woken.is_ok(), "nobody was woken");
}

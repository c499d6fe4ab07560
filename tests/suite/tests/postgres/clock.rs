//! A server whose clock is set back and forward: only that clock ends leases, whoever beats keeps its jobs, and no fence
//! that was overtaken writes.

use std::time::Duration;

use dsm_core::store::{Beat, Claim, Executor, LeaseKey, Outcome, Settled, Settlement, Store};
use dsm_core::{JobId, JobStatus};
use dsm_suite::postgres::Postgres;

use crate::{executor, open, scans};

const TTL: Duration = Duration::from_secs(20);

async fn take(store: &dyn Store, by: &Executor) -> LeaseKey {
    let claim = Claim { ttl: TTL, ..crate::claim(by, 1) };
    store.claim(claim).await.unwrap().jobs[0].lease.key
}

async fn lost(store: &dyn Store, by: &Executor, lease: LeaseKey) -> Vec<JobId> {
    let beat = Beat { executor: by.clone(), leases: vec![lease], ttl: TTL };
    store.renew(beat).await.unwrap().lost
}

async fn reaped(store: &dyn Store) -> Vec<JobId> {
    store.reap(9).await.unwrap().into_iter().map(|one| one.job_id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_takes_no_job_from_who_beats_and_loses_none() {
    let Some(server) = Postgres::with_clock().unwrap() else { return };
    let store = open(&server.database().unwrap()).await;
    let (here, gone, there) = (executor("here"), executor("gone"), executor("there"));
    for executor in [&here, &gone, &there] {
        store.register(executor).await.unwrap();
    }
    store.enqueue(scans(2)).await.unwrap();
    let (mine, orphan) = (take(&store, &here).await, take(&store, &gone).await);

    let before = store.now().await.unwrap();
    server.set_clock(-3600).unwrap();
    let step = store.now().await.unwrap().duration_since(before);
    assert!(step.as_secs() < -3500, "the clock moved by {step:?}");
    assert_eq!(reaped(&store).await, [], "after a step back");
    assert_eq!(lost(&store, &here, mine).await, []);
    server.set_clock(-3600 + 15).unwrap();
    assert_eq!(lost(&store, &here, mine).await, []);
    server.set_clock(-3600 + 30).unwrap();
    assert_eq!(
        reaped(&store).await,
        [orphan.job_id],
        "who does not beat is missed after a lease, not after the hour"
    );
    server.set_clock(-3600 + 60).unwrap();
    assert_eq!(reaped(&store).await, [mine.job_id]);
    // What was enqueued before the step is due all the same.
    let again = [take(&store, &there).await, take(&store, &there).await];
    assert!(again.iter().all(|one| one.fence > mine.fence && one.fence > orphan.fence), "{again:?}");
    assert_eq!(lost(&store, &here, mine).await, [mine.job_id]);
    for lease in again {
        assert_eq!(store.settle(vec![end(lease)]).await.unwrap(), [Settled::Applied]);
    }

    // A step forward ends every lease that is not renewed first, and the fence keeps the loser from writing.
    store.enqueue(scans(1)).await.unwrap();
    let held = take(&store, &there).await;
    server.set_clock(7200).unwrap();
    assert_eq!(reaped(&store).await, [held.job_id]);
    let next = take(&store, &here).await;
    assert!(next.job_id == held.job_id && next.fence > held.fence);
    assert_eq!(lost(&store, &there, held).await, [held.job_id]);
    assert_eq!(
        store.settle(vec![end(held), end(next)]).await.unwrap(),
        [Settled::LeaseLost, Settled::Applied]
    );
}

fn end(lease: LeaseKey) -> Settlement {
    Settlement {
        lease,
        outcome: Outcome::End(JobStatus::Completed, None),
        details: serde_json::Map::new(),
        tasks: Vec::new(),
    }
}

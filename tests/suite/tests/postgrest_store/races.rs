//! Several executors over one service.

use std::collections::HashMap;

use dsm_core::store::Store;
use dsm_core::{JobId, JobStatus};
use serde_json::{Map, json};

use super::{Bench, claim, completed, count, executor, scans};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_job_is_won_once_and_none_is_lost() {
    let Some(bench) = Bench::new().await else { return };
    let first = bench.store().await;
    first.enqueue(scans(120)).await.unwrap();
    let mut executors = tokio::task::JoinSet::new();
    for n in 0..4 {
        let (store, me) = (bench.store().await, executor(&format!("executor {n}")));
        executors.spawn(async move {
            let mut won: Vec<JobId> = Vec::new();
            let mut idle = 0;
            while idle < 4 {
                let jobs = store.claim(claim(&me, 7)).await.unwrap().jobs;
                idle = if jobs.is_empty() { idle + 1 } else { 0 };
                let ends = jobs.iter().map(|job| {
                    let mut end = completed(job);
                    end.details = Map::from_iter([("by".to_owned(), json!(me.id))]);
                    end
                });
                let settled = store.settle(ends.collect()).await.unwrap();
                assert!(settled.iter().all(|one| *one == dsm_core::store::Settled::Applied), "{settled:?}");
                won.extend(jobs.iter().map(|job| job.job.id));
            }
            won
        });
    }
    let mut won: HashMap<JobId, u32> = HashMap::new();
    for job in executors.join_all().await.into_iter().flatten() {
        *won.entry(job).or_default() += 1;
    }
    assert_eq!(won.len(), 120);
    assert!(won.values().all(|times| *times == 1), "{won:?}");
    assert_eq!(count(&*first, JobStatus::Completed).await, 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_of_others_survive_our_writes() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let me = executor("here");
    store.enqueue(scans(1)).await.unwrap();
    let won = store.claim(claim(&me, 1)).await.unwrap().jobs.remove(0);
    let key = won.lease.key;
    let ours = async {
        for n in 0..20 {
            let details = Map::from_iter([(format!("ours_{n}"), json!(n))]);
            let write = dsm_core::store::AttemptWrite { lease: Some(key), details, ..Default::default() };
            store.write(write).await.unwrap();
        }
    };
    let theirs = tokio::task::spawn_blocking({
        let (server, database) = (bench.server, bench.database.clone());
        move || {
            for n in 0..20 {
                let sql =
                    format!("UPDATE jobs SET details = coalesce(details, '{{}}') || '{{\"theirs_{n}\": 1}}'");
                server.sql(&database, &sql).unwrap();
            }
        }
    });
    let ((), theirs) = tokio::join!(ours, theirs);
    theirs.unwrap();
    let keys = bench.sql(
        "SELECT count(*) FROM jobs, jsonb_object_keys(details) k WHERE k LIKE '%ours%' OR k LIKE 'theirs%'",
    );
    assert_eq!(keys, "40");
}

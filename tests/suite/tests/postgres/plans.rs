//! The hot statements use their indexes, whatever the statistics were taken of.

use dsm_core::store::Store;
use dsm_suite::postgres::Postgres;

use crate::{claim, completed, executor, name, open, scans};

const EXPLAIN: &str = "session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
log_line_prefix = '@@ '";

/// Plans of statements that carry a mark, as the server logged them.
fn plans(log: &str, mark: &str) -> Vec<String> {
    log.split("@@ ")
        .filter(|entry| entry.contains("plan:") && entry.contains(mark))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_and_settlements_read_no_whole_table() {
    let Some(server) = Postgres::own(EXPLAIN, &[]).unwrap() else { return };
    let address = server.database().unwrap();
    let store = open(&address).await;
    let me = executor("here");
    for _ in 0..10 {
        store.enqueue(scans(1000)).await.unwrap();
    }
    // Taken while nothing ran: to the planner every status but one is as good as absent.
    server.sql(name(&address), "ANALYZE").unwrap();
    // More than five times, so that plans for all parameters are made as well.
    for _ in 0..8 {
        let won = store.claim(claim(&me, 100)).await.unwrap().jobs;
        assert_eq!(won.len(), 100);
        store.settle(won.iter().map(completed).collect()).await.unwrap();
    }
    let log = server.log().unwrap();
    for (mark, index, times) in [
        ("/* dsm claim */", "dsm_jobs_claimable", 8),
        ("/* dsm settle */", "jobs_pkey", 8),
        ("/* dsm lock */", "jobs_pkey", 8),
    ] {
        let plans = plans(&log, mark);
        assert!(plans.len() >= times, "{mark}: {} plans", plans.len());
        for plan in plans {
            assert!(plan.contains(index), "{mark} does not use {index}:\n{plan}");
            for table in ["jobs", "dsm_lease", "dsm_attempt"] {
                assert!(
                    !plan.contains(&format!("Seq Scan on {table} ")),
                    "{mark} reads all of {table}:\n{plan}"
                );
            }
        }
    }
}

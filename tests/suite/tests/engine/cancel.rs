//! Told to stop, a scan stops: cancelled, shut down, or its handler panicking.

use std::time::Duration;

use dsm_core::store::Cancelled;
use dsm_core::{EventKind, JobStatus};
use dsm_suite::stand::{scan, to_the_end};
use serde_json::{Value, json};

use crate::{assert_done, fleet, range, stand};

/// Far longer than a test may take: what ends before has been told to.
const AGES: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_scan_ends_cancelled_and_leaves_no_session() {
    let stuck = |s: idrac_sim::ServerSpec| {
        let never = idrac_sim::FaultRule::new(idrac_sim::Effect::Delay { ms: 600_000 });
        s.faults([never.path("*/Memory")])
    };
    let fleet = fleet("127.46.0.0", 8).server(5, stuck).server(6, stuck).start().await.unwrap();
    let mut stand = stand(&fleet).await;
    stand.idrac.request_timeout = AGES;
    let engine = stand.engine().await.unwrap();
    let mut events = engine.events();
    let job = engine.enqueue(scan(json!({"ip_range": range(&fleet)}), Value::Null)).await.unwrap();
    // Six are stored with their inventory, two hang.
    let mut stored = 0;
    while stored < 6 {
        if let EventKind::Inventory { .. } = events.next().await.unwrap().kind {
            stored += 1;
        }
    }
    let started = tokio::time::Instant::now();
    assert_eq!(engine.cancel(job, "enough of it").await.unwrap(), Cancelled::Requested);
    let rest = to_the_end(events, job).await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let Some(EventKind::Ended { status, error }) = rest.last().map(|event| &event.kind) else {
        panic!("no end")
    };
    assert_eq!((*status, error.as_deref()), (JobStatus::Cancelled, Some("enough of it")));
    let row = engine.job(job).await.unwrap();
    assert_eq!(
        (row.status, &row.details["cancelled_reason"]),
        (JobStatus::Cancelled, &json!("enough of it"))
    );
    assert!(stand.servers().await.unwrap().len() >= 6, "what was found stays");
    assert_eq!(engine.cancel(job, "again").await.unwrap(), Cancelled::AlreadyEnded);
    for server in fleet.servers() {
        server.set_faults([]);
    }
    engine.shutdown().await.unwrap();
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_is_cancelled_at_once() {
    let fleet = fleet("127.46.1.0", 1).start().await.unwrap();
    let mut stand = stand(&fleet).await;
    stand.options.slots = 1;
    let engine = stand.engine().await.unwrap();
    let mut later = scan(json!({"ip_range": range(&fleet)}), Value::Null);
    later.schedule_at = Some("2199-01-01T00:00:00Z".parse().unwrap());
    let job = engine.enqueue(later).await.unwrap();
    assert_eq!(engine.cancel(job, "no").await.unwrap(), Cancelled::AtOnce);
    assert_eq!(engine.job(job).await.unwrap().status, JobStatus::Cancelled);
    engine.shutdown().await.unwrap();
    assert_eq!(fleet.totals().connections, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_gives_the_job_back_and_the_next_engine_ends_it() {
    let fleet = fleet("127.46.2.0", 30).latency(Duration::from_millis(10)).start().await.unwrap();
    let mut stand = stand(&fleet).await;
    stand.scan.idrac_width = 4;
    let engine = stand.engine().await.unwrap();
    let mut events = engine.events();
    let job = engine.enqueue(scan(json!({"ip_range": range(&fleet)}), Value::Null)).await.unwrap();
    let mut stored = 0;
    while stored < 5 {
        if let EventKind::Inventory { .. } = events.next().await.unwrap().kind {
            stored += 1;
        }
    }
    engine.shutdown().await.unwrap();
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Pending, "{:#?}", row.details);
    assert_eq!(fleet.open_sessions(), 0, "shut down means logged out");
    let done = stand.servers().await.unwrap();
    assert!(done.len() >= 5 && done.len() < 30, "{}", done.len());
    let before: Vec<u64> = fleet.servers().map(|server| server.connections()).collect();

    let engine = stand.engine().await.unwrap();
    let row = engine.wait(job).await.unwrap();
    engine.shutdown().await.unwrap();
    let ran = dsm_suite::stand::Ran { row, events: Vec::new() };
    assert_done(&ran);
    assert_eq!((ran.count("ips_processed"), ran.count("discovered_count")), (30, 30));
    let after = stand.servers().await.unwrap();
    assert_eq!(after.len(), 30);
    for (server, before) in fleet.servers().zip(before) {
        let known = done.get(&server.address().ip());
        // Stored with its inventory: not visited again.
        if known.is_some_and(|row| row.fields.last_idrac_sync.is_some()) {
            assert_eq!(server.connections(), before, "{} was visited again", server.address());
        }
    }
    for row in after.values() {
        assert!(row.fields.last_idrac_sync.is_some(), "{:?} has no inventory", row.fields.ip_address);
    }
    assert_eq!(fleet.open_sessions(), 0);
}

//! How much goes through. Prints and asserts no time: `cargo test … load -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Instant;

use dsm_core::store::{ActivityRow, Store};
use dsm_core::{JobId, ServerId};
use uuid::Uuid;

use crate::{claim, completed, executor, fresh, scans};

const JOBS: usize = 20_000;
const ROWS: usize = 40_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints a rate, asserts none: cargo test --release --all-features --test postgres load -- --ignored --nocapture"]
async fn claims_and_settlements() {
    let Some((_, store)) = fresh().await else { return };
    for _ in 0..JOBS / 1000 {
        store.enqueue(scans(1000)).await.unwrap();
    }
    let began = Instant::now();
    let pumps = (0..2).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let me = executor(&format!("pump {number}"));
            let mut ended = 0;
            loop {
                let won = store.claim(claim(&me, 500)).await.unwrap().jobs;
                if won.is_empty() {
                    return ended;
                }
                ended += won.len();
                store.settle(won.iter().map(completed).collect()).await.unwrap();
            }
        })
    });
    let mut ended = 0;
    for pump in pumps.collect::<Vec<_>>() {
        ended += pump.await.unwrap();
    }
    println!(
        "{:.0} jobs/s claimed and settled, 2 pumps, batches of 500",
        ended as f64 / began.elapsed().as_secs_f64()
    );
    assert_eq!(ended, JOBS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints a rate, asserts none: cargo test --release --all-features --test postgres load -- --ignored --nocapture"]
async fn activity() {
    let Some((_, store)) = fresh().await else { return };
    let (job_id, server_id) = (Some(JobId::new()), Some(ServerId::new()));
    let row = || ActivityRow {
        id: Uuid::now_v7(),
        timestamp: jiff::Timestamp::now(),
        server_id,
        job_id,
        task_id: None,
        command_type: "GET".into(),
        operation_type: "idrac_api".into(),
        endpoint: "/redfish/v1/Systems/System.Embedded.1/Storage/RAID.Integrated.1-1/Drives".into(),
        full_url: "https://10.0.0.1/redfish/v1/Systems/System.Embedded.1/Storage/RAID.Integrated.1-1/Drives"
            .into(),
        status_code: Some(200),
        success: true,
        response_time_ms: Some(245),
        error_message: None,
        request_body: None,
        response_body: Some(serde_json::json!({"error": {"code": "Base.1.0", "message": "x".repeat(200)}})),
        source: "job_executor".into(),
        initiated_by: None,
    };
    let batches: Vec<Arc<[ActivityRow]>> =
        (0..ROWS / 200).map(|_| (0..200).map(|_| row()).collect()).collect();
    let began = Instant::now();
    for batch in batches {
        store.record_activity(batch).await.unwrap();
    }
    println!("{:.0} activity rows/s, one writer, 200 a commit", ROWS as f64 / began.elapsed().as_secs_f64());
}

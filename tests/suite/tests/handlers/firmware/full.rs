//! `full_server_update`: one plan a server, and the jobs that the existing front end adds as its parts.

use dsm_core::store::JobQuery;
use dsm_core::{JobId, JobRow, JobStatus, NewJob};
use dsm_suite::ward::Ward;
use idrac_sim::{Generation, Kind};
use serde_json::{Value, json};

use super::stock::{ALL, BASE, BIOS, DIAGNOSTICS, IDRAC, RESET, Stock, UPDATE, count, with};
use crate::{assert_done, golden};

const WORDS: [&str; 6] = ["iDRAC", "BIOS", "CPLD", "RAID", "NIC", "Backplane"];

/// As the existing front end adds it: pending parts, with tasks of nobody.
async fn with_parts(ward: &Ward, details: Value) -> JobId {
    let id = JobId::new();
    let parent = NewJob { id: Some(id), ..ward.job("full_server_update", details) };
    let mut jobs = vec![parent];
    for (order, word) in (1..).zip(WORDS) {
        let details = json!({"component": word, "version": "latest", "apply_time": "OnReset"});
        let part = ward.job("firmware_update", details);
        jobs.push(NewJob { parent_job_id: Some(id), component_order: Some(order), ..part });
    }
    ward.stand.store.enqueue(jobs).await.unwrap();
    id
}

async fn parts(ward: &Ward, job: JobId) -> Vec<JobRow> {
    let query = JobQuery { parent_job_id: Some(job), ..JobQuery::default() };
    let mut rows = ward.stand.store.jobs(query).await.unwrap();
    rows.sort_by_key(|row| row.component_order);
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_brought_up_to_date_in_one_job() {
    let ward = Ward::of("127.68.80.0", &Generation::ALL).await.unwrap();
    let stock = Stock::of(&ALL);
    let ran = ward.run("full_server_update", stock.fetched(json!({"component": "BIOS"}))).await.unwrap();
    assert_done(&ran);
    assert_eq!((ran.count("total_components"), &ran.row.details["failed_components"]), (4, &json!([])));
    for place in 0..ward.servers.len() {
        assert_eq!((count(&ward, place, UPDATE), count(&ward, place, RESET)), (4, 2));
    }
    let again = ward.run("full_server_update", stock.fetched(json!({}))).await.unwrap();
    assert_eq!(again.count("skipped_count"), ward.servers.len() as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_parts_say_what_is_meant_and_end_as_their_component_did() {
    let ward = Ward::of("127.68.81.0", &[Generation::ALL[3], Generation::ALL[4]]).await.unwrap();
    let stock = Stock::of(&ALL);
    let id = with_parts(&ward, stock.fetched(json!({}))).await;
    let engine = ward.stand.engine().await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Completed, "{:#?}", row.details);
    assert_eq!(row.details["total_components"], 6);
    let parts = parts(&ward, id).await;
    let words: Vec<_> = parts.iter().map(|part| part.details["component"].as_str().unwrap()).collect();
    assert_eq!(words, WORDS, "their order");
    for part in &parts {
        assert_eq!(part.status, JobStatus::Completed, "{part:#?}");
        assert_eq!((&part.details["total_tasks"], &part.details["failed_tasks"]), (&json!(2), &json!(0)));
        assert!(part.started_at.is_some() && part.completed_at.is_some());
    }
    // Diagnostics is no part of it: one plan for the rest, one restart for the BIOS and one for the CPLD.
    for place in 0..2 {
        assert_eq!((count(&ward, place, UPDATE), count(&ward, place, RESET)), (3, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_fails_fails_its_part_and_a_dead_server_fails_all() {
    let packages = json!({"packages": [
        {"uri": format!("{BASE}/UNSIGNED_159_9.9.9.EXE"), "component": "BIOS", "version": "9.9.9"},
        {"uri": format!("{BASE}/Package_25227_9.99.99.99.EXE"), "component": "iDRAC", "version": "9.99.99.99"},
    ]});
    let ward = Ward::of("127.68.82.0", &[Generation::ALL[3]]).await.unwrap();
    let id = with_parts(&ward, packages.clone()).await;
    let engine = ward.stand.engine().await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!((row.status, &row.details["failed_components"]), (JobStatus::Failed, &json!(["BIOS"])), "{row:#?}");
    for part in parts(&ward, id).await {
        let wanted = if part.details["component"] == "BIOS" { JobStatus::Failed } else { JobStatus::Completed };
        assert_eq!(part.status, wanted, "{part:#?}");
        assert_eq!(part.details.contains_key("error"), wanted == JobStatus::Failed);
    }

    let dead = Ward::start("127.68.83.0", 1, |fleet| fleet.server(0, |server| server.kind(Kind::Dead))).await.unwrap();
    let id = with_parts(&dead, packages).await;
    let engine = dead.stand.engine().await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.details["failed_components"].as_array().unwrap().len(), 6);
    assert!(parts(&dead, id).await.iter().all(|part| part.status == JobStatus::Failed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_wait_for_the_time_of_their_job_and_are_cancelled_with_it() {
    let ward = Ward::of("127.68.84.0", &[Generation::ALL[3]]).await.unwrap();
    let id = JobId::new();
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let details = Stock::of(&[BIOS]).fetched(json!({}));
    let parent = NewJob { id: Some(id), schedule_at: Some(at), ..ward.job("full_server_update", details) };
    let part = ward.job("firmware_update", json!({"component": "BIOS"}));
    let part = NewJob { parent_job_id: Some(id), component_order: Some(1), ..part };
    ward.stand.store.enqueue(vec![parent, part]).await.unwrap();
    // Whatever else runs meanwhile, the part does not.
    assert_done(&ward.run("power_action", json!({"action": "On"})).await.unwrap());
    assert_eq!(parts(&ward, id).await[0].status, JobStatus::Pending);
    ward.stand.store.cancel(id, "not tonight").await.unwrap();
    assert_eq!(parts(&ward, id).await[0].status, JobStatus::Cancelled);
    assert_eq!(count(&ward, 0, UPDATE), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_ends_its_parts_and_changes_nothing() {
    let ward = Ward::of("127.68.85.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::of(&ALL);
    let id = with_parts(&ward, stock.fetched(json!({"dry_run": true}))).await;
    let engine = ward.stand.engine().await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Completed);
    assert!(parts(&ward, id).await.iter().all(|part| part.status == JobStatus::Completed));
    assert!(ward.commands(0).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_are_added_with_it_run_one_after_the_other() {
    let ward = Ward::of("127.68.86.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::of(&[BIOS, IDRAC, DIAGNOSTICS]);
    let part = |word: &str| ward.job("firmware_update", stock.fetched(json!({"component": word})));
    let job = NewJob { children: vec![part("iDRAC"), part("BIOS")], ..ward.job("full_server_update", json!({})) };
    let engine = ward.stand.engine().await.unwrap();
    let id = engine.enqueue(job).await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Completed, "{row:#?}");
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_source_it_says_so() {
    let ward = Ward::of("127.68.87.0", &[Generation::ALL[3]]).await.unwrap();
    let id = with_parts(&ward, with(json!({}), json!({"apply_time": "OnReset"}))).await;
    let engine = ward.stand.engine().await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert!(row.details["error"].as_str().unwrap().contains("nothing says what to install"), "{row:#?}");
    assert!(parts(&ward, id).await.iter().all(|part| part.status == JobStatus::Cancelled));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.68.88.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::of(&[BIOS, IDRAC]);
    let details = stock.fetched(json!({}));
    golden::run("full_server_update", ward, |ward| ward.job("full_server_update", details)).await;
}

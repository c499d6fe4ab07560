//! From a catalogue: what is installed, in which order, and what a second run and a plan leave alone.

use dsm_core::JobStatus;
use dsm_core::store::ActivityQuery;
use dsm_suite::ward::Ward;
use idrac_sim::{Generation, Kind};
use serde_json::json;

use super::stock::{ALL, BIOS, DIAGNOSTICS, IDRAC, RESET, Stock, UPDATE, count, ends, installed};
use crate::{assert_done, assert_failed, golden};

fn good(component: &str, version: &str) -> (String, String, String) {
    (component.to_owned(), version.to_owned(), "installed".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_gets_every_version_and_a_second_run_sends_nothing() {
    let ward = Ward::of("127.68.0.0", &Generation::ALL).await.unwrap();
    let stock = Stock::of(&ALL);
    let ran = ward.run("firmware_update", stock.fetched(json!({}))).await.unwrap();
    assert_done(&ran);
    assert_eq!((ran.count("total_tasks"), ran.count("failed_tasks")), (ward.servers.len() as i64, 0));
    for (place, server) in ward.servers.iter().enumerate() {
        let result = ran.of(*server);
        let wanted =
            [good("BIOS", BIOS.1), good("CPLD", "9.9.9"), good("Lifecycle", DIAGNOSTICS.1), good("iDRAC", IDRAC.1)];
        assert_eq!(ends(result), wanted, "{place}: {result:#}");
        // One restart for what shares one, and one for the CPLD, which shares none.
        assert_eq!((count(&ward, place, UPDATE), count(&ward, place, RESET)), (4, 2), "{:?}", ward.commands(place));
        let row = ward.row(*server).await.unwrap().fields;
        assert_eq!(row.bios_version.as_deref(), Some(BIOS.1));
        assert_eq!(row.idrac_firmware.as_deref(), Some(IDRAC.1));
        assert_eq!(installed(&ward, *server, "CPLD").await, ["9.9.9"]);
    }
    for task in ward.stand.store.tasks(ran.row.id).await.unwrap() {
        assert_eq!((task.status, task.progress), (JobStatus::Completed, 100), "{task:?}");
        let log = task.log.unwrap_or_default();
        assert!(log.contains("✓ Connected to iDRAC") && log.contains("9.9.9"), "{log}");
    }
    let again = ward.run("firmware_update", stock.fetched(json!({}))).await.unwrap();
    assert_done(&again);
    assert_eq!(again.count("skipped_count"), ward.servers.len() as i64);
    for place in 0..ward.servers.len() {
        assert_eq!((count(&ward, place, UPDATE), count(&ward, place, RESET)), (4, 2), "nothing more was sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_idrac_goes_first_and_what_needs_no_restart_causes_none() {
    let ward = Ward::of("127.68.1.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::of(&ALL);
    let narrowed = json!({"components": ["iDRAC", "diagnostics"]});
    let ran = ward.run("firmware_update", stock.fetched(narrowed)).await.unwrap();
    assert_done(&ran);
    assert_eq!(ends(ran.of(ward.servers[0])), [good("Lifecycle", DIAGNOSTICS.1), good("iDRAC", IDRAC.1)]);
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (2, 0));
    // Of the only server, what the existing front end reads.
    let details = &ran.row.details;
    assert!(details["version_after"].as_str().unwrap().contains(IDRAC.1), "{details:#?}");
    assert_eq!(details["idrac_job_queue"].as_array().unwrap().len(), 2);
    assert_eq!(details["current_host_ip"], json!(ward.ip(0).to_string()));
    let query = ActivityQuery { job_id: Some(ran.row.id), ..ActivityQuery::default() };
    let rows = ward.stand.store.activity(query).await.unwrap();
    let mut sent = rows.iter().filter(|row| row.endpoint.ends_with("SimpleUpdate"));
    let first = serde_json::to_string(&sent.next().unwrap().request_body).unwrap();
    assert!(first.contains("_25227_"), "{first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_changes_nothing() {
    let ward = Ward::of("127.68.2.0", &Generation::ALL).await.unwrap();
    let stock = Stock::of(&ALL);
    let ran = ward.run("firmware_update", stock.fetched(json!({"dry_run": true}))).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let result = ran.of(*server);
        let waves = result["plan"]["waves"].as_array().unwrap();
        assert_eq!(waves.len(), 3, "{result:#}");
        assert_eq!(waves[0][0]["component"], "iDRAC");
        assert_eq!(waves[2][0]["component"], "CPLD");
        assert_eq!(result["plan"]["host_restarts"], true);
        assert!(result["preflight"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{result:#}");
        assert!(ward.commands(place).is_empty(), "{:?}", ward.commands(place));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_done() {
    let ward = Ward::start("127.68.3.0", 3, |fleet| fleet.server(1, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let stock = Stock::of(&[DIAGNOSTICS]);
    let ran = ward.run("firmware_update", stock.fetched(json!({}))).await.unwrap();
    assert_failed(&ran, "1 of 3 servers failed");
    assert_eq!(ran.row.details["partial"], true);
    assert_eq!((ran.count("total_tasks"), ran.count("failed_tasks")), (3, 1));
    assert_eq!(ran.row.details["failed_servers"][0]["server_id"], json!(ward.servers[1]));
    for place in [0, 2] {
        assert_eq!(ends(ran.of(ward.servers[place])), [good("Lifecycle", DIAGNOSTICS.1)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.68.4.0", &[Generation::ALL[3]]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({}), "details.firmware_uri"),
        (json!({"firmware_uri": "http://10.9.8.7/a.exe", "catalog": "/nowhere"}), "details.firmware_uri"),
        (json!({"firmware_uri": "http://10.9.8.7/a.exe", "component": "Toaster"}), "details.component"),
        (json!({"packages": ["/a"], "batch_size": 0}), "details.batch_size"),
        (json!({"packages": ["/a"], "dry_run": "yes"}), "details.dry_run"),
    ] {
        for job_type in ["firmware_update", "full_server_update"] {
            let error = engine.enqueue(ward.job(job_type, details.clone())).await.expect_err(field);
            assert_eq!(error.subject(), Some(field), "{job_type} {details}");
        }
    }
    engine.shutdown().await.unwrap();
    // What only the running job can find out.
    let ran = ward.run("firmware_update", json!({"catalog": "/nowhere/Catalog.xml"})).await.unwrap();
    assert_failed(&ran, "Catalog.xml");
    assert!(ward.commands(0).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.68.5.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::of(&[BIOS, IDRAC, DIAGNOSTICS]);
    let details = stock.fetched(json!({}));
    golden::run("firmware_update", ward, |ward| ward.job("firmware_update", details)).await;
}

//! What a scan offers to whom: the last good one first, three an iDRAC at most, each once, and no account locked.

use dsm_core::CredentialSetId;
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::{Stand, scan};
use idrac_sim::LockoutPolicy;
use serde_json::{Value, json};

use crate::{assert_done, assert_partly, fleet, ip, range, scan_all, stand};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_five_refuse_in_a_row_is_sent_to_nobody_else() {
    let fleet = fleet("127.41.0.0", 40).start().await.unwrap();
    let stand = Stand::memory(fleet.port());
    stand.add_set("stale", "CORP\\svc-scan", "last year's", 1).await.unwrap();
    stand.add_set("right", USER, PASSWORD, 2).await.unwrap();
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!(fleet.totals().failed_logins, 5, "exactly five");
    assert!(fleet.servers().all(|server| server.failed_logins() <= 1), "each once an iDRAC");
    assert_eq!((ran.count("discovered_count"), ran.count("auth_failures")), (40, 0));
    let suspended = ran.row.details["suspended_credentials"].as_array().unwrap();
    assert_eq!(suspended.len(), 1);
    assert_eq!((&suspended[0]["name"], &suspended[0]["refused_in_a_row"]), (&json!("stale"), &json!(5)));
    assert!(ran.row.details["error"].as_str().unwrap().contains("stale"), "{:?}", ran.row.details["error"]);
    let row = &stand.servers().await.unwrap()[&ip(&fleet, 0)];
    let right =
        stand.store.credential_sets().await.unwrap().into_iter().find(|set| set.name == "right").unwrap();
    assert_eq!(row.fields.discovered_by_credential_set_id, Some(right.id));
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nothing_but_wrong_ones_every_credential_leaves_five_times() {
    let fleet = fleet("127.41.1.0", 30)
        .lockout(LockoutPolicy { fail_count: 4, ..LockoutPolicy::default() })
        .start()
        .await
        .unwrap();
    let stand = Stand::memory(fleet.port());
    for (number, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        stand.add_set(name, name, "wrong", number as i64).await.unwrap();
    }
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!(ran.count("auth_failures"), 30);
    assert_eq!(fleet.totals().failed_logins, 5 * 5);
    for server in fleet.servers() {
        assert!(server.failed_logins() <= 3, "{} at {}", server.failed_logins(), server.address());
        assert!(!server.is_locked());
    }
    assert_eq!(ran.row.details["suspended_credentials"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_an_idrac_and_the_same_one_twice_is_one() {
    let fleet = fleet("127.41.2.0", 1).start().await.unwrap();
    let stand = Stand::memory(fleet.port());
    for (number, name) in ["a", "b", "c"].into_iter().enumerate() {
        stand.add_set(name, name, "wrong", number as i64).await.unwrap();
        stand.add_set(&format!("{name} again"), name, "wrong", number as i64).await.unwrap();
    }
    stand.add_set("right but fourth", USER, PASSWORD, 9).await.unwrap();
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!((fleet.totals().failed_logins, ran.count("auth_failures")), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_worked_goes_first_the_next_time() {
    let fleet = fleet("127.41.3.0", 12).start().await.unwrap();
    let stand = Stand::memory(fleet.port());
    stand.add_set("wrong", USER, "wrong", 1).await.unwrap();
    stand.add_set("right", USER, PASSWORD, 2).await.unwrap();
    scan_all(&stand, &fleet).await;
    let before = fleet.totals().failed_logins;
    assert!(before <= 5, "{before}");
    let again = scan_all(&stand, &fleet).await;
    assert_done(&again);
    assert_eq!(fleet.totals().failed_logins, before, "nothing is tried in vain a second time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_of_the_job_come_before_default_ones_and_a_missing_one_is_named() {
    let fleet = fleet("127.41.4.0", 6).start().await.unwrap();
    let stand = stand(&fleet).await;
    let wanted = stand.store.credential_sets().await.unwrap().remove(0).id;
    let nobody = CredentialSetId::new();
    let mut job = scan(json!({"ip_range": range(&fleet)}), Value::Null);
    job.credential_set_ids = vec![nobody, wanted];
    let ran = stand.run(job).await.unwrap();
    assert_eq!((ran.count("discovered_count"), fleet.totals().failed_logins), (6, 0));
    let console = ran.row.details["console_log"].to_string();
    assert!(console.contains("credential_set_ids[0]") && console.contains(&nobody.to_string()), "{console}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_credential_idracs_are_found_and_told_apart_from_refusals() {
    let fleet = fleet("127.41.5.0", 3).start().await.unwrap();
    let stand = Stand::memory(fleet.port());
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!((ran.count("stage2_passed"), ran.count("auth_failures")), (3, 3));
    assert_eq!(fleet.totals().failed_logins, 0);
    for (address, row) in stand.servers().await.unwrap() {
        assert_eq!(row.fields.credential_test_status.as_deref(), Some("unknown"), "{address}");
        assert_eq!(row.fields.service_tag, Some(fleet.expected(address).unwrap().service_tag));
    }
}

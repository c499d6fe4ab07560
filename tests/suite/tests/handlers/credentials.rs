//! `test_credentials`.

use std::time::Duration;

use dsm_core::{ErrorKind, JobStatus, NewJob};
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::needles::Needles;
use dsm_suite::stand::to_the_end;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, Exchange, FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, golden};

const WRONG: &str = "no-longer-4711";

fn at(ward: &Ward, places: &[usize], details: Value) -> NewJob {
    let addresses: Vec<String> = places.iter().map(|place| ward.ip(*place).to_string()).collect();
    NewJob::new("test_credentials").with_scope(json!({"ip_address": addresses})).with_details(details)
}

/// Logins that reached iDRACs.
fn logins(ward: &Ward) -> usize {
    let is_login = |one: &&Exchange| one.method == "POST" && one.path.ends_with("/Sessions");
    ward.fleet.journal().iter().filter(is_login).count()
}

async fn test_status(ward: &Ward, place: usize) -> (Option<String>, Option<String>) {
    let fields = ward.row(ward.servers[place]).await.unwrap().fields;
    let is_judged = matches!(fields.credential_test_status.as_deref(), Some("valid" | "invalid"));
    assert_eq!(fields.credential_last_tested.is_some(), is_judged, "{fields:?}");
    (fields.credential_test_status, fields.connection_status)
}

fn words(test: &str, connection: &str) -> (Option<String>, Option<String>) {
    (Some(test.to_owned()), Some(connection.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_says_who_we_are_there() {
    let ward = Ward::of("127.60.10.0", &Generation::ALL).await.unwrap();
    // What was found right is the server's own from then on.
    for source in ["default_set", "credential_set_id"] {
        let ran = ward.run("test_credentials", json!({})).await.unwrap();
        assert_done(&ran);
        assert_eq!(ran.count("success_count"), ward.servers.len() as i64);
        assert_eq!((&ran.row.details["success"], &ran.row.details["error"]), (&json!(true), &Value::Null));
        for (place, server) in ward.servers.iter().enumerate() {
            let found = ran.of(*server);
            assert_eq!(
                (&found["auth_ok"], &found["role"]),
                (&json!(true), &json!("Administrator")),
                "{found:#?}"
            );
            assert_eq!(found["privileges"].as_array().unwrap().len(), 5);
            assert_eq!((&found["tls"], &found["legacy_ssl"]), (&json!("modern"), &json!(false)));
            assert_eq!(
                (&found["credential"], &found["credential_source"]),
                (&json!("right"), &json!(source))
            );
            assert!(found["generation"].as_str().unwrap().starts_with("iDRAC"), "{found:#?}");
            assert!(found["idrac_version"].is_string() && found["response_time_ms"].is_u64(), "{found:#?}");
            assert!(ward.commands(place).is_empty());
            assert_eq!(test_status(&ward, place).await, words("valid", "online"));
        }
        for task in ward.stand.store.tasks(ran.row.id).await.unwrap() {
            assert_eq!((task.status, task.progress), (JobStatus::Completed, 100), "{task:?}");
        }
    }
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_needs_no_server_and_a_typed_password_is_kept_nowhere() {
    let mut ward = Ward::of("127.60.11.0", &[Generation::Idrac9V7, Generation::Idrac8]).await.unwrap();
    // One address is a server's, the other nobody's.
    let known = ward.servers[0];
    let unknown = ward.servers.pop().unwrap();
    let fresh = Ward::of("127.60.12.0", &[Generation::Idrac10]).await.unwrap();
    let _ = unknown;
    let details = json!({"username": USER, "password": PASSWORD});
    let ran = ward.stand.run(at(&ward, &[0], details.clone())).await.unwrap();
    assert_done(&ran);
    assert_eq!((&ran.row.details["server_id"], &ran.row.details["auth_ok"]), (&json!(known), &json!(true)));
    assert_eq!(ran.row.details["credential_source"], "job_details");
    assert_eq!(test_status(&ward, 0).await, words("valid", "online"), "it has none of its own");

    let mut stand = fresh.stand.clone();
    stand.store = std::sync::Arc::new(dsm_core::store::MemoryStore::new());
    let ran = stand.run(at(&fresh, &[0], details)).await.unwrap();
    assert_done(&ran);
    let details = &ran.row.details;
    assert_eq!((&details["server_id"], &details["success"]), (&Value::Null, &json!(true)), "{details:#?}");
    assert_eq!(
        (&details["ip_address"], &details["auth_ok"]),
        (&json!(fresh.ip(0).to_string()), &json!(true))
    );
    assert!(details["message"].as_str().unwrap().contains(USER) && details["response_time_ms"].is_u64());
    let tasks = stand.store.tasks(ran.row.id).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].status, tasks[0].server_id), (1, JobStatus::Completed, None));
    assert!(stand.servers().await.unwrap().is_empty(), "a test adds no server");
    let everything = format!("{:?} {:?} {tasks:?}", ran.row, ran.events);
    assert_eq!(Needles::of("the password", PASSWORD).found_in("the job", everything.as_bytes()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_are_tried_in_the_order_of_the_job_and_say_nothing_about_a_servers_own() {
    let ward = Ward::of("127.60.13.0", &[Generation::Idrac9V6, Generation::Idrac8]).await.unwrap();
    let right = ward.stand.store.credential_sets().await.unwrap()[0].id;
    let wrong = ward.stand.add_set("stale", USER, WRONG, 1).await.unwrap();
    let mut row = ward.row(ward.servers[0]).await.unwrap();
    row.fields.credential_set_id = Some(right);
    let patch = dsm_core::store::ServerPatch { set: row.fields, clear: Vec::new() };
    ward.stand.store.put_servers(vec![(ward.servers[0], patch)]).await.unwrap();

    let mut job = ward.job("test_credentials", json!({}));
    job.credential_set_ids = vec![wrong, right];
    let ran = ward.stand.run(job).await.unwrap();
    assert_done(&ran);
    for server in &ward.servers {
        let tried = ran.of(*server)["tried"].as_array().unwrap();
        let told: Vec<_> = tried.iter().map(|one| (&one["credential"], &one["accepted"])).collect();
        assert_eq!(told, [(&json!("stale"), &json!(false)), (&json!("right"), &json!(true))]);
    }
    assert_eq!(test_status(&ward, 0).await, words("valid", "online"));

    // Somebody else's stale password says nothing about the right one that the server has.
    let mut job = ward.job("test_credentials", json!({}));
    job.credential_set_ids = vec![wrong];
    let ran = ward.stand.run(job).await.unwrap();
    assert_failed(&ran, "2 of 2 servers failed; the first: Authentication failed: the iDRAC refused stale");
    assert_eq!((&ran.row.details["success"], &ran.row.details["partial"]), (&json!(false), &json!(false)));
    let found = ran.of(ward.servers[0]);
    assert_eq!((&found["auth_ok"], &found["message"]), (&json!(false), &found["error"]), "{found:#?}");
    assert_eq!(test_status(&ward, 0).await, words("valid", "online"));
    assert_eq!(test_status(&ward, 1).await, words("invalid", "offline"), "it had none of its own");

    let mut job = ward.job("test_credentials", json!({}));
    job.credential_set_ids = vec![dsm_core::CredentialSetId::new()];
    let ran = ward.stand.run(job).await.unwrap();
    assert_failed(&ran, "there is no credential set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_refused_stops_after_five_of_them() {
    let ward = Ward::start("127.60.14.0", 12, |fleet| fleet.credentials(USER, "changed")).await.unwrap();
    let ran = ward.run("test_credentials", json!({})).await.unwrap();
    assert_failed(&ran, "12 of 12 servers failed");
    assert_eq!(logins(&ward), 5, "no account is locked by a test");
    assert_eq!(ran.row.details["suspended_credentials"][0]["name"], "right");
    let told = |word: &str| {
        let of = |server| ran.of(server)["error"].as_str().unwrap_or_default().contains(word);
        ward.servers.iter().filter(|server| of(**server)).count()
    };
    assert_eq!((told("the iDRAC refused right"), told("no password was sent; 1 not sent")), (5, 7));
    let unknown = ward.servers.iter().filter(|server| ran.of(**server)["auth_ok"].is_null()).count();
    assert_eq!(unknown, 7, "no verdict is no refusal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_password_goes_to_what_is_no_dell_and_one_dead_spoils_no_other() {
    let ward = Ward::start("127.60.15.0", 4, |fleet| {
        fleet
            .server(0, |server| server.kind(Kind::NotDell))
            .server(1, |server| server.kind(Kind::Dead))
            .server(2, |server| server.wants_new_password())
    })
    .await
    .unwrap();
    let ran = ward.run("test_credentials", json!({})).await.unwrap();
    assert_failed(&ran, "3 of 4 servers failed");
    assert_eq!((&ran.row.details["partial"], ran.count("failed_count")), (&json!(true), 3));
    let error = |place: usize| ran.of(ward.servers[place])["error"].as_str().unwrap().to_owned();
    assert!(error(0).contains("no password was sent"), "{}", error(0));
    let to_stranger =
        ward.fleet.journal().into_iter().filter(|one| one.address.ip() == ward.ip(0) && one.method != "GET");
    assert_eq!(to_stranger.count(), 0);
    assert!(error(1).contains("Host unreachable"), "{}", error(1));
    let right_but = ran.of(ward.servers[2]);
    assert_eq!(
        (&right_but["auth_ok"], &right_but["must_change"]),
        (&json!(true), &json!(true)),
        "{right_but:#?}"
    );
    assert_eq!(ran.of(ward.servers[3])["auth_ok"], true);
    assert_eq!(test_status(&ward, 1).await, words("unknown", "offline"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_is_told_to_be_one_and_nobody_without_credentials() {
    let ward = Ward::start("127.60.16.0", 1, |fleet| {
        fleet.server(0, |server| server.account("op", "op-secret-1", "Operator"))
    })
    .await
    .unwrap();
    let ran =
        ward.run("test_credentials", json!({"username": "op", "password": "op-secret-1"})).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.row.details["role"], "Operator");
    assert_eq!(ran.row.details["privileges"], json!(["Login", "ConfigureComponents", "ConfigureSelf"]));
    for set in ward.stand.store.credential_sets().await.unwrap() {
        ward.stand.store.remove_credential_set(set.id).await.unwrap();
    }
    let ran = ward.run("test_credentials", json!({})).await.unwrap();
    assert_failed(&ran, "no idrac credentials");
    assert_eq!(
        (&ran.row.details["auth_ok"], &ran.row.details["error_kind"]),
        (&Value::Null, &json!("credential"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_and_forbidden_addresses_are_refused_before_anything_is_stored() {
    let ward = Ward::of("127.60.17.0", &[Generation::Idrac9V7]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    let job = |scope: Value, details: Value| {
        NewJob::new("test_credentials").with_scope(scope).with_details(details)
    };
    let error = engine.enqueue(job(json!({}), Value::Null)).await.expect_err("nobody");
    assert_eq!(error.subject(), Some("target_scope.ip_address"));
    let error = engine.enqueue(job(json!({"ip_address": "8.8.8.8"}), Value::Null)).await.expect_err("public");
    assert_eq!(error.kind(), ErrorKind::AddressRefused);
    let typed = json!({"username": "root"});
    let error = engine.enqueue(job(json!({"ip_address": "127.60.17.1"}), typed)).await.expect_err("half");
    assert_eq!(error.subject(), Some("details.password"));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_hangs_is_cancelled_and_keeps_what_it_knows() {
    let slow = FaultRule::new(Effect::Delay { ms: 600_000 }).path("*/Systems/System.Embedded.1");
    let mut ward =
        Ward::start("127.60.18.0", 2, |fleet| fleet.server(1, |server| server.faults([slow]))).await.unwrap();
    ward.stand.idrac.request_timeout = Duration::from_secs(600);
    let engine = ward.stand.engine().await.unwrap();
    let events = engine.events();
    let job = engine.enqueue(ward.job("test_credentials", json!({}))).await.unwrap();
    while engine.job(job).await.unwrap().details.get("success_count") != Some(&json!(1)) {
        tokio::task::yield_now().await;
    }
    engine.cancel(job, "enough").await.unwrap();
    to_the_end(events, job).await;
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    assert_eq!(row.details["results"].as_array().unwrap().len(), 1);
    ward.fleet.server(1).unwrap().set_faults([]);
    engine.shutdown().await.unwrap();
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.60.19.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("test_credentials", ward, |ward| ward.job("test_credentials", json!({}))).await;
}

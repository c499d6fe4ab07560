//! `console_launch`.

use std::time::Duration;

use dsm_core::credential::SEALED;
use dsm_core::store::{ActivityQuery, JobQuery};
use dsm_core::{ErrorKind, JobId, JobRow, JobStatus, ServerId};
use dsm_suite::needles::Needles;
use dsm_suite::stand::{Stand, to_the_end};
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, crash, golden};

const SESSION: &str = "*GetKVMSession";

fn is_old(generation: Generation) -> bool {
    matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

/// The temporary password of an address, as far as no two spell it differently.
fn password(url: &Value) -> &str {
    let (_, password) = url.as_str().unwrap().split_once("tempPassword=p%26").expect("one that signs on");
    password.trim_end_matches("%3D")
}

/// The row as the existing front end reads it.
async fn stored(stand: &Stand, job: JobId) -> JobRow {
    let query = JobQuery { ids: vec![job], ..JobQuery::default() };
    stand.store.jobs(query).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_has_an_address_and_its_secret_is_read_once() {
    let ward = Ward::of("127.60.50.0", &Generation::ALL).await.unwrap();
    let mut met: Vec<Value> = Vec::new();
    for (place, server) in ward.servers.iter().enumerate() {
        for _ in 0..2 {
            let ran = ward.stand.run(ward.job_on("console_launch", &[*server], Value::Null)).await.unwrap();
            assert_done(&ran);
            let details = &ran.row.details;
            let url = details["console_url"].clone();
            assert!(url.as_str().unwrap().starts_with(&format!("https://{}", ward.ip(place))), "{url}");
            assert_eq!((&details["server_id"], &details["session_type"]), (&json!(server), &json!("HTML5")));
            assert_eq!(details["ip_address"], json!(ward.ip(place)));
            assert_eq!(details["requires_login"], is_old(Generation::ALL[place]), "{details:#?}");
            let kept = stored(&ward.stand, ran.row.id).await;
            assert!(!kept.details.contains_key("console_url"), "{:#?}", kept.details);
            assert_eq!(kept.details["message"], details["message"]);
            if is_old(Generation::ALL[place]) {
                assert_eq!(details["because"], "unsupported");
                continue;
            }
            assert!(!met.contains(&url), "another one each time");
            let tasks = ward.stand.store.tasks(ran.row.id).await.unwrap();
            let activity = ward.stand.store.activity(ActivityQuery::default()).await.unwrap();
            assert!(activity.iter().any(|row| row.endpoint.ends_with("GetKVMSession") && row.success));
            let told = format!("{:?} {kept:?} {tasks:?} {activity:?}", ran.events);
            let needles = Needles::of("the console's password", password(&url));
            assert_eq!(needles.found_in("what is kept", told.as_bytes()), [""; 0]);
            assert_eq!((tasks[0].status, tasks[0].progress), (JobStatus::Completed, 100));
            met.push(url);
        }
        assert!(!ward.commands(place).iter().any(|one| one.starts_with("PATCH")), "no setting is changed");
        let fields = ward.row(*server).await.unwrap().fields;
        assert_eq!(fields.connection_status.as_deref(), Some("online"));
    }
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_end_finds_it_in_the_row_and_time_takes_it_out_though_the_engine_was_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dsm.db");
    let ward = Ward::of("127.60.51.0", &[Generation::Idrac9V7]).await.unwrap();
    let mut stand = Stand::sqlite(&file, ward.fleet.port()).unwrap();
    // Longer than a launch takes on a busy machine, and no test waits for two minutes.
    stand.options.secret_lifetime = Duration::from_secs(8);
    let ward = ward.on(stand).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    let events = engine.events();
    let job = engine.enqueue(ward.job("console_launch", json!({}))).await.unwrap();
    to_the_end(events, job).await;
    let kept = stored(&ward.stand, job).await;
    assert_eq!(kept.status, JobStatus::Completed);
    assert!(password(&kept.details["console_url"]).len() >= 16);
    let listed = engine.jobs(JobQuery::default()).await.unwrap().remove(0);
    assert_eq!(listed.details["console_url"], SEALED, "a list shows it to nobody");
    engine.shutdown().await.unwrap();

    let mut stand = Stand::sqlite(&file, ward.fleet.port()).unwrap();
    stand.idrac.clock = ward.stand.idrac.clock.clone();
    let engine = stand.engine().await.unwrap();
    while stored(&stand, job).await.details.contains_key("console_url") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let kept = stored(&stand, job).await;
    assert_eq!((kept.status, &kept.details["requires_login"]), (JobStatus::Completed, &json!(false)));
    assert!(!engine.job(job).await.unwrap().details.contains_key("console_url"));
    engine.shutdown().await.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let found = Needles::of("the console", "tempPassword").found_in("the file", &bytes);
    assert_eq!(found, [""; 0], "not even in what the file has freed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_signed_on_gets_the_login_page_and_the_reason() {
    let ward = Ward::start("127.60.52.0", 3, |fleet| {
        fleet
            .server(0, |server| server.credentials("root", "changed"))
            .server(1, |server| server.faults([FaultRule::status(403, "LIC501").path(SESSION)]))
            .server(2, |server| server.kind(Kind::Dead))
    })
    .await
    .unwrap();
    for (place, because) in [(0, "authentication"), (1, "license")] {
        let job = ward.job_on("console_launch", &ward.servers[place..=place], json!({}));
        let ran = ward.stand.run(job).await.unwrap();
        assert_done(&ran);
        let details = &ran.row.details;
        assert_eq!((&details["requires_login"], &details["because"]), (&json!(true), &json!(because)));
        let url = details["console_url"].as_str().unwrap();
        assert!(
            url.starts_with(&format!("https://{}", ward.ip(place))) && url.ends_with("/console"),
            "{url}"
        );
    }
    let status = ward.row(ward.servers[0]).await.unwrap().fields.credential_test_status;
    assert_eq!(status.as_deref(), Some("invalid"));

    let ran = ward.stand.run(ward.job_on("console_launch", &ward.servers[2..], json!({}))).await.unwrap();
    assert_failed(&ran, "Host unreachable");
    assert!(!ran.row.details.contains_key("console_url"));
    assert_eq!(ward.row(ward.servers[2]).await.unwrap().fields.connection_status.as_deref(), Some("offline"));

    let nobody = ServerId::new();
    let ran =
        ward.stand.run(ward.job("console_launch", json!({"server_id": nobody.to_string()}))).await.unwrap();
    assert_failed(&ran, "there is no such server");
    for set in ward.stand.store.credential_sets().await.unwrap() {
        ward.stand.store.remove_credential_set(set.id).await.unwrap();
    }
    let ran = ward.stand.run(ward.job_on("console_launch", &ward.servers[1..2], json!({}))).await.unwrap();
    assert_failed(&ran, "no idrac credentials");
    assert_eq!(ran.row.details["error_kind"], "credential");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kind_of_console_is_changed_only_where_the_job_says_so() {
    let ward = Ward::of("127.60.53.0", &[Generation::Idrac9V6]).await.unwrap();
    for was_set in [true, false] {
        let ran = ward.run("console_launch", json!({"set_plugin": true})).await.unwrap();
        assert_done(&ran);
        assert_eq!(ran.row.details["plugin_was_set"], was_set, "{:#?}", ran.row.details);
    }
    let patches = ward.commands(0).iter().filter(|one| one.starts_with("PATCH")).count();
    assert_eq!(patches, 1, "{:#?}", ward.commands(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.60.54.0", &[Generation::Idrac9V7]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({"server_id": "x"}), "details.server_id"),
        (json!({"set_plugin": "yes"}), "details.set_plugin"),
    ] {
        let error = engine.enqueue(ward.job("console_launch", details)).await.expect_err(field);
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)));
    }
    let error = engine.enqueue(ward.job_on("console_launch", &[], Value::Null)).await.expect_err("nobody");
    assert_eq!(error.subject(), Some("target_scope.server_ids"));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_that_hangs_is_cancelled() {
    let slow = FaultRule::new(Effect::Delay { ms: 600_000 }).path(SESSION);
    let mut ward =
        Ward::start("127.60.55.0", 1, |fleet| fleet.server(0, |server| server.faults([slow]))).await.unwrap();
    ward.stand.idrac.request_timeout = Duration::from_secs(600);
    let engine = ward.stand.engine().await.unwrap();
    let events = engine.events();
    let job = engine.enqueue(ward.job("console_launch", json!({}))).await.unwrap();
    while engine.job(job).await.unwrap().status != JobStatus::Running || ward.fleet.open_sessions() == 0 {
        tokio::task::yield_now().await;
    }
    engine.cancel(job, "enough").await.unwrap();
    to_the_end(events, job).await;
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    assert!(!row.details.contains_key("console_url"));
    assert!(ward.stand.store.tasks(job).await.unwrap().iter().all(|task| task.status.is_terminal()));
    ward.fleet.server(0).unwrap().set_faults([]);
    engine.shutdown().await.unwrap();
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_leaves_an_address_that_goes_and_no_secret_elsewhere() {
    crash::at_each_deed(
        || async { Ward::of("127.60.56.0", &[Generation::Idrac9V7]).await.unwrap() },
        |ward| ward.job("console_launch", json!({})),
        |_, row, name| {
            assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
            let url = &row.details["console_url"];
            // What goes is said in the row that has it.
            assert_eq!(row.details["dsm_expires"]["keys"], json!(["console_url"]), "{name}");
            let mut rest = row.clone();
            rest.details.remove("console_url");
            assert!(!format!("{rest:?}").contains(password(url)), "{name}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let mut ward = Ward::of("127.60.57.0", &[Generation::ALL[3]]).await.unwrap();
    ward.stand.idrac.concurrency = 1;
    let mut ran = ward.run("console_launch", json!({})).await.unwrap();
    let url = ran.row.details.insert("console_url".to_owned(), json!("(read once)")).unwrap();
    assert!(password(&url).len() >= 16);
    golden::hold("console_launch", &ward, &ran).await;
}

//! `power_action`.

use dsm_core::JobStatus;
use dsm_core::credential::EnvCredentials;
use dsm_suite::ward::Ward;
use idrac_sim::{Generation, Kind};
use serde_json::json;

use crate::{assert_done, assert_failed, crash, golden};

const RESET: &str = "POST /redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_switched_off_and_a_second_run_leaves_it_alone() {
    let ward = Ward::of("127.60.0.0", &Generation::ALL).await.unwrap();
    let ran = ward.run("power_action", json!({"action": "ForceOff"})).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.count("success_count"), ward.servers.len() as i64);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(ran.of(*server)["power_state"], "Off", "{:#?}", ran.of(*server));
        assert_eq!(ran.of(*server)["changed"], true);
        assert_eq!(ward.row(*server).await.unwrap().fields.power_state.as_deref(), Some("Off"));
        assert_eq!(ward.commands(place), [RESET]);
    }
    for task in ward.stand.store.tasks(ran.row.id).await.unwrap() {
        assert_eq!((task.status, task.progress), (JobStatus::Completed, 100), "{task:?}");
    }
    let again = ward.run("power_action", json!({"action": "forceoff"})).await.unwrap();
    assert_done(&again);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(again.of(*server)["changed"], false);
        assert_eq!(ward.commands(place), [RESET], "nothing more was sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_changes_nothing() {
    let ward = Ward::of("127.60.1.0", &Generation::ALL).await.unwrap();
    let ran = ward.run("power_action", json!({"action": "ForceRestart", "dry_run": true})).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(ran.of(*server)["plan"]["host"], "certain", "{:#?}", ran.of(*server));
        assert!(ward.commands(place).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_done() {
    let ward = Ward::start("127.60.2.0", 3, |fleet| fleet.server(1, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let ran = ward.run("power_action", json!({"action": "ForceOff"})).await.unwrap();
    assert_failed(&ran, "1 of 3 servers failed");
    assert_eq!(ran.row.details["partial"], true);
    assert_eq!(ran.row.details["failed_servers"][0]["server_id"], json!(ward.servers[1]));
    assert!(ran.of(ward.servers[1])["error"].as_str().unwrap().contains("Host unreachable"));
    assert_eq!(ran.of(ward.servers[2])["power_state"], "Off");
    let rows = [ward.row(ward.servers[1]).await.unwrap(), ward.row(ward.servers[2]).await.unwrap()];
    let status = rows.map(|row| row.fields.connection_status.unwrap_or_default());
    assert_eq!(status, ["offline", "online"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.60.3.0", &[Generation::ALL[3]]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({"action": "Explode"}), "details.action"),
        (json!({"action": 5}), "details.action"),
        (json!({"timeout_seconds": 0}), "details.timeout_seconds"),
        (json!({"batch_size": 0}), "details.batch_size"),
        (json!({"dry_run": "yes"}), "details.dry_run"),
    ] {
        let error = engine.enqueue(ward.job("power_action", details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_credentials_and_wrong_ones_are_told_apart() {
    let ward =
        Ward::start("127.60.4.0", 2, |fleet| fleet.server(0, |server| server.credentials("root", "changed")))
            .await
            .unwrap();
    let ran = ward.run("power_action", json!({"action": "ForceOff"})).await.unwrap();
    assert_failed(&ran, "Authentication failed");
    assert_eq!(
        ward.row(ward.servers[0]).await.unwrap().fields.credential_test_status.as_deref(),
        Some("invalid")
    );
    for set in ward.stand.store.credential_sets().await.unwrap() {
        ward.stand.store.remove_credential_set(set.id).await.unwrap();
    }
    let _ = EnvCredentials::none();
    let ran = ward.stand.run(ward.job_on("power_action", &ward.servers[1..], json!({}))).await.unwrap();
    assert_eq!(ran.of(ward.servers[1])["error_kind"], "credential", "{:#?}", ran.row.details);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_that_fail_leave_the_rest_untouched() {
    let ward = Ward::start("127.60.5.0", 6, |fleet| fleet.server(0, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let ran = ward.run("power_action", json!({"action": "ForceOff", "canary": 2})).await.unwrap();
    assert_failed(&ran, "4 were left untouched because 1 of 2 canaries failed");
    assert_eq!(ran.row.details["untouched"], json!(ward.servers[2..]));
    for place in 2..6 {
        assert!(ward.commands(place).is_empty());
    }
    let tasks = ward.stand.store.tasks(ran.row.id).await.unwrap();
    assert_eq!(tasks.iter().filter(|task| task.status == JobStatus::Cancelled).count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_restarts_no_host_twice() {
    crash::at_each_deed(
        || async { Ward::of("127.60.6.0", &[Generation::ALL[3]]).await.unwrap() },
        |ward| ward.job("power_action", json!({"action": "ForceRestart"})),
        |ward, row, name| {
            let commands: Vec<String> = ward.commands(0).into_iter().filter(|one| one == RESET).collect();
            assert!(commands.len() <= 1, "{name}: {commands:?}");
            // Whoever cannot tell says so; whoever says that it was done has done it.
            match row.status {
                JobStatus::Completed => assert_eq!(commands, [RESET], "{name}: {:#?}", row.details),
                _ => assert!(
                    row.details["error"].as_str().unwrap().contains("look at the host"),
                    "{name}: {:#?}",
                    row.details
                ),
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.60.7.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("power_action", ward, |ward| ward.job("power_action", json!({"action": "GracefulShutdown"})))
        .await;
}

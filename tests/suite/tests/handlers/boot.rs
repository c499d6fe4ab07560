//! `boot_configuration`.

use std::time::Duration;

use dsm_core::store::{RowQuery, Table};
use dsm_core::{JobStatus, ServerId};
use dsm_suite::stand::to_the_end;
use dsm_suite::ward::Ward;
use idrac_sim::{BootWrite, Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, crash, golden};

fn once(target: &str) -> Value {
    json!({"action": "set_one_time_boot", "boot_target": target})
}

fn order(order: &[String]) -> Value {
    json!({"action": "set_boot_order", "boot_order": order})
}

/// Rows of the history of a server.
async fn history(ward: &Ward, server: ServerId) -> usize {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::ServerBootConfigHistory) };
    ward.stand.store.rows(query).await.unwrap().len()
}

/// What each host starts from, as the job reads it.
async fn orders(ward: &Ward) -> Vec<Vec<String>> {
    let ran = ward.run("boot_configuration", json!({})).await.unwrap();
    assert_done(&ran);
    let order = |server: &ServerId| ran.of(*server)["config"]["boot_order"].clone();
    ward.servers.iter().map(|server| serde_json::from_value(order(server)).unwrap()).collect()
}

/// Restarts the hosts and waits until what was staged for that is in force: it comes with the self-test, after the power.
async fn restart_all(ward: &Ward, before: &[Vec<String>]) {
    assert_done(&ward.run("power_action", json!({"action": "ForceRestart"})).await.unwrap());
    while orders(ward).await.iter().zip(before).any(|(now, before)| now == before) {
        ward.stand.idrac.clock.sleep(Duration::from_secs(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_read_and_only_news_goes_into_the_history() {
    let ward = Ward::of("127.60.20.0", &Generation::ALL).await.unwrap();
    for _ in 0..2 {
        let ran = ward.run("boot_configuration", Value::Null).await.unwrap();
        assert_done(&ran);
        assert_eq!(ran.row.details["action"], "fetch_config");
        for (place, server) in ward.servers.iter().enumerate() {
            let config = &ran.of(*server)["config"];
            assert!(config["allowable_targets"].as_array().unwrap().len() > 3, "{config:#}");
            let fields = ward.row(*server).await.unwrap().fields;
            assert_eq!(fields.boot_order.as_ref(), Some(&config["boot_order"]));
            assert_eq!(json!(fields.boot_mode), config["boot_mode"]);
            assert_eq!(fields.boot_source_override_enabled.as_deref(), Some("Disabled"));
            assert!(fields.last_boot_config_check.is_some());
            assert_eq!(history(&ward, *server).await, 1);
            assert!(ward.commands(place).is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_boot_is_set_once_and_taken_back_once() {
    let ward = Ward::of("127.60.21.0", &Generation::ALL).await.unwrap();
    let mut sent = 0;
    for (details, applied, target) in [
        (once("pxe"), "set", "Pxe"),
        (once("Pxe"), "unchanged", "Pxe"),
        (json!({"action": "disable_override"}), "set", "None"),
        (once("None"), "unchanged", "None"),
    ] {
        let ran = ward.run("boot_configuration", details).await.unwrap();
        assert_done(&ran);
        sent += usize::from(applied == "set");
        for (place, server) in ward.servers.iter().enumerate() {
            let found = ran.of(*server);
            assert_eq!(
                (&found["applied"], &found["target"], &found["pending_until_restart"]),
                (&json!(applied), &json!(target), &json!(false)),
                "{found:#?}"
            );
            let word = if target == "None" { "disable_override" } else { "one_time_boot" };
            assert_eq!(found["action"], word);
            let enabled = if target == "None" { "Disabled" } else { "Once" };
            let fields = ward.row(*server).await.unwrap().fields;
            assert_eq!(fields.boot_source_override_enabled.as_deref(), Some(enabled));
            assert_eq!(ward.commands(place).len(), sent, "{:#?}", ward.commands(place));
            assert_eq!(history(&ward, *server).await, sent);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_waits_for_the_restart_with_the_job_that_sets_it() {
    let ward = Ward::of("127.60.22.0", &Generation::ALL).await.unwrap();
    let before = orders(&ward).await;
    for (server, before) in ward.servers.iter().zip(&before) {
        let wanted = [before[2].clone(), before[0].clone()];
        let job = ward.job_on("boot_configuration", &[*server], order(&wanted));
        let ran = ward.stand.run(job).await.unwrap();
        assert_done(&ran);
        let found = ran.of(*server);
        assert_eq!(
            (&found["applied"], &found["pending_until_restart"]),
            (&json!("pending_restart"), &json!(true))
        );
        assert!(found["dell_job_id"].as_str().is_some_and(|id| id.starts_with("JID_")), "{found:#?}");
        assert_eq!((&found["verified_order"], &found["before"]), (&json!(before), &json!(before)));

        let job = ward.job_on("boot_configuration", &[*server], order(&wanted[..1]));
        assert_failed(&ward.stand.run(job).await.unwrap(), "contradicts the present state");
    }
    restart_all(&ward, &before).await;
    for (place, (server, before)) in ward.servers.iter().zip(&before).enumerate() {
        let sent = ward.commands(place).len();
        let wanted = [before[2].clone(), before[0].clone()];
        let job = ward.job_on("boot_configuration", &[*server], order(&wanted));
        let ran = ward.stand.run(job).await.unwrap();
        assert_done(&ran);
        let found = ran.of(*server);
        assert_eq!(
            (&found["applied"], &found["dell_job_id"]),
            (&json!("unchanged"), &Value::Null),
            "{found:#?}"
        );
        assert_eq!(found["verified_order"].as_array().unwrap()[..2], wanted.map(Value::from));
        assert_eq!(ward.commands(place).len(), sent, "nothing more was sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_changes_nothing() {
    let ward = Ward::of("127.60.23.0", &Generation::ALL).await.unwrap();
    let first = orders(&ward).await[0][1].clone();
    for (details, steps) in [(once("Cd"), 1), (order(&[first]), 1), (json!({}), 0)] {
        let mut details = details;
        details["dry_run"] = json!(true);
        let ran =
            ward.stand.run(ward.job_on("boot_configuration", &ward.servers[..1], details)).await.unwrap();
        assert_done(&ran);
        let plan = &ran.of(ward.servers[0])["plan"];
        let planned = plan["steps"].as_array().map_or(0, Vec::len);
        assert!((steps..=2 * steps).contains(&planned), "{plan:#}");
    }
    let ran = ward.run(
        "boot_configuration",
        json!({"action": "set_one_time_boot", "boot_target": "Cd", "dry_run": true}),
    );
    assert_done(&ran.await.unwrap());
    for (place, server) in ward.servers.iter().enumerate() {
        assert!(ward.commands(place).is_empty());
        assert_eq!(history(&ward, *server).await, 1, "only what was read at first");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_not_offered_and_a_write_that_is_lost_are_no_success() {
    let ward = Ward::start("127.60.24.0", 2, |fleet| {
        fleet.generation_mix([Generation::Idrac10, Generation::Idrac9V7]).server(1, |mut server| {
            server.host.boot_override = BootWrite::AcceptedThoughLost;
            server
        })
    })
    .await
    .unwrap();
    let legacy = json!({"action": "set_one_time_boot", "boot_target": "Cd", "boot_mode": "Legacy"});
    let ran = ward.stand.run(ward.job_on("boot_configuration", &ward.servers[..1], legacy)).await.unwrap();
    assert_failed(&ran, "it starts by UEFI only");
    assert!(ward.commands(0).is_empty());

    let ran = ward.run("boot_configuration", once("Pxe")).await.unwrap();
    assert_failed(&ran, "1 of 2 servers failed");
    assert_eq!((&ran.row.details["partial"], ran.count("success_count")), (&json!(true), 1));
    assert!(ran.of(ward.servers[1])["error"].as_str().unwrap().contains("does not show"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_done() {
    let ward = Ward::start("127.60.25.0", 3, |fleet| fleet.server(1, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let ran = ward.run("boot_configuration", once("Pxe")).await.unwrap();
    assert_failed(&ran, "1 of 3 servers failed");
    assert_eq!(ran.row.details["failed_servers"][0]["server_id"], json!(ward.servers[1]));
    for place in [0, 2] {
        assert_eq!(ran.of(ward.servers[place])["applied"], "set");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.60.26.0", &[Generation::Idrac9V7]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({"action": "reboot"}), "details.action"),
        (json!({"action": "set_one_time_boot"}), "details.boot_target"),
        (json!({"action": "set_boot_order", "boot_order": [7]}), "details.boot_order[0]"),
        (json!({"dry_run": 1}), "details.dry_run"),
        (json!({"canary": -1}), "details.canary"),
    ] {
        let error = engine.enqueue(ward.job("boot_configuration", details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    let error = engine.enqueue(ward.job_on("boot_configuration", &[], json!({}))).await.expect_err("nobody");
    assert_eq!(error.subject(), Some("target_scope.server_ids"));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_in_the_middle_it_keeps_what_is_done_and_touches_no_other() {
    let slow = FaultRule::new(Effect::Delay { ms: 600_000 }).method("PATCH").path("*/Systems/*");
    let mut ward =
        Ward::start("127.60.27.0", 3, |fleet| fleet.server(1, |server| server.faults([slow]))).await.unwrap();
    ward.stand.idrac.request_timeout = Duration::from_secs(600);
    let engine = ward.stand.engine().await.unwrap();
    let events = engine.events();
    let mut details = once("Pxe");
    details["batch_size"] = json!(1);
    let job = engine.enqueue(ward.job("boot_configuration", details)).await.unwrap();
    while engine.job(job).await.unwrap().details.get("success_count") != Some(&json!(1)) {
        tokio::task::yield_now().await;
    }
    engine.cancel(job, "enough").await.unwrap();
    to_the_end(events, job).await;
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    assert_eq!(row.details["results"].as_array().unwrap().len(), 1);
    assert!(
        row.details["untouched"].as_array().unwrap().contains(&json!(ward.servers[2])),
        "{:#?}",
        row.details
    );
    assert!(ward.commands(2).is_empty());
    ward.fleet.server(1).unwrap().set_faults([]);
    engine.shutdown().await.unwrap();
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_sets_no_one_time_boot_twice() {
    crash::at_each_deed(
        || async { Ward::of("127.60.28.0", &[Generation::Idrac9V7]).await.unwrap() },
        |ward| ward.job("boot_configuration", once("Pxe")),
        |ward, row, name| {
            assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
            assert_eq!(ward.commands(0), ["PATCH /redfish/v1/Systems/System.Embedded.1"], "{name}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_makes_no_second_job_for_an_order() {
    for generation in [Generation::Idrac8, Generation::Idrac9V7] {
        let ward = Ward::of("127.60.29.0", &[generation]).await.unwrap();
        let wanted = orders(&ward).await.remove(0).remove(2);
        drop(ward);
        crash::at_each_deed(
            || async { Ward::of("127.60.29.0", &[generation]).await.unwrap() },
            |ward| ward.job("boot_configuration", order(std::slice::from_ref(&wanted))),
            |ward, row, name| {
                assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
                let found = &row.details["results"][0];
                assert_eq!(found["applied"], "pending_restart", "{name}: {found:#?}");
                assert!(found["dell_job_id"].is_string(), "{name}: {found:#?}");
                let sent = ward.commands(0);
                // What is staged may be staged again; the job that does it is made once.
                let makes = |one: &&String| match generation {
                    Generation::Idrac8 => one.ends_with("/Jobs"),
                    _ => one.starts_with("PATCH"),
                };
                assert_eq!(sent.iter().filter(makes).count(), 1, "{name}: {sent:#?}");
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.60.30.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("boot_configuration", ward, |ward| ward.job("boot_configuration", once("Pxe"))).await;
}

//! `health_check`.

use dell_redfish::model::Severity;
use dsm_core::JobStatus;
use dsm_core::store::HealthRow;
use dsm_core::{NewJob, ServerId};
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, golden, stop};

const SYSTEM: &str = "GET /redfish/v1/Systems/System.Embedded.1";

async fn health(ward: &Ward, server: ServerId) -> HealthRow {
    ward.stand.store.inventory(server).await.unwrap().health.expect("a row of health")
}

fn words(row: &HealthRow) -> [Option<&str>; 7] {
    [
        &row.overall_health,
        &row.fan_health,
        &row.psu_health,
        &row.storage_health,
        &row.memory_health,
        &row.network_health,
        &row.cpu_health,
    ]
    .map(Option::as_deref)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_well_and_a_second_run_looks_again() {
    let ward = Ward::of("127.61.0.0", &Generation::ALL).await.unwrap();
    let all = ward.servers.len();
    let ran = ward.run("health_check", Value::Null).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.row.details["health"], json!({"OK": all, "Warning": 0, "Critical": 0, "Unknown": 0}));
    let mut looked = Vec::new();
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        assert_eq!(
            (&entry["overall_health"], &entry["power_state"]),
            (&json!("OK"), &json!("On")),
            "{entry:#}"
        );
        assert_eq!((&entry["unread"], &entry["reasons"]), (&json!(0), &json!([])), "{entry:#}");
        let row = health(&ward, *server).await;
        assert_eq!(words(&row), [Some("OK"); 7]);
        assert!(row.temperature_celsius.is_some_and(|celsius| celsius > 0.0), "{row:?}");
        let fields = ward.row(*server).await.unwrap().fields;
        assert_eq!(
            (fields.overall_health.as_deref(), fields.power_state.as_deref()),
            (Some("OK"), Some("On"))
        );
        looked.push(fields.last_health_check.expect("a time"));
        assert!(ward.commands(place).is_empty(), "it only reads");
    }
    for task in ward.stand.store.tasks(ran.row.id).await.unwrap() {
        assert_eq!((task.status, task.progress), (JobStatus::Completed, 100), "{task:?}");
    }
    let again = ward.run("health_check", json!({"depth": "quick"})).await.unwrap();
    assert_done(&again);
    for (server, before) in ward.servers.iter().zip(looked) {
        assert_eq!(again.of(*server)["overall_health"], "OK");
        assert!(ward.row(*server).await.unwrap().fields.last_health_check.unwrap() > before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_fleet_is_asked_only_where_that_is_said() {
    let ward = Ward::of("127.61.1.0", &[Generation::ALL[3]; 3]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for scope in [Value::Null, json!({}), json!({"type": "all"}), json!([]), json!({"server_ids": []})] {
        for details in [Value::Null, json!({"all": false}), json!({"all": null})] {
            let job = NewJob::new("health_check").with_scope(scope.clone()).with_details(details);
            let error = engine.enqueue(job).await.expect_err("nobody is named");
            assert_eq!(error.subject(), Some("target_scope.server_ids"));
        }
    }
    engine.shutdown().await.unwrap();
    assert_eq!(ward.fleet.totals().connections, 0);
    let job = NewJob::new("health_check").with_scope(Value::Null).with_details(json!({"all": true}));
    let ran = ward.stand.run(job).await.unwrap();
    assert_done(&ran);
    assert_eq!((ran.count("total"), &ran.row.details["health"]["OK"]), (3, &json!(3)));
    // Whoever is named is meant, and nobody else.
    ward.fleet.clear_journal();
    let ran = ward.stand.run(ward.job_on("health_check", &ward.servers[..1], json!({"all": true}))).await;
    assert_eq!(ran.unwrap().count("total"), 1);
    assert!(!stop::asked(&ward, 1, "GET "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ill_server_has_been_checked_and_what_ails_it_is_named() {
    let sick = FaultRule::new(Effect::Altered {
        id: "System Board Fan2A".into(),
        set: json!({"Status": {"Health": "Critical", "State": "Enabled"}}),
    });
    let silent = FaultRule::new(Effect::StaleData);
    let ward = Ward::start("127.61.2.0", 3, |fleet| {
        fleet
            .generation_mix([Generation::Idrac9V6])
            .server(0, |server| server.faults([sick]))
            .server(1, |server| server.faults([silent]))
    })
    .await
    .unwrap();
    let ran = ward.run("health_check", Value::Null).await.unwrap();
    assert_done(&ran);
    let counts = json!({"OK": 2, "Warning": 0, "Critical": 1, "Unknown": 0});
    assert_eq!(ran.row.details["health"], counts, "{:#?}", ran.of(ward.servers[1]));
    let entry = ran.of(ward.servers[0]);
    assert_eq!(entry["overall_health"], Severity::Critical.as_str());
    let reason = entry["reasons"][0].as_str().unwrap();
    assert!(reason.contains("System Board Fan2A"), "{reason}");
    assert!(entry["message"].as_str().unwrap().contains(reason), "{entry:#}");
    assert_eq!(health(&ward, ward.servers[0]).await.fan_health.as_deref(), Some("Critical"));
    // What is not known is not well: only the memory's own summary is still told.
    let entry = ran.of(ward.servers[1]);
    assert_eq!((&entry["components"]["fans"], &entry["is_stale"]), (&Value::Null, &json!(true)), "{entry:#}");
    let line = entry["message"].as_str().unwrap();
    assert!(line.contains("nothing is known of") && line.contains("fans"), "{line}");
    let row = health(&ward, ward.servers[1]).await;
    assert_eq!((row.fan_health, row.memory_health.as_deref()), (None, Some("OK")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_told_and_does_not_blank_the_rest() {
    let broken = FaultRule::status(500, "SYS446").path("*/NetworkAdapters").method("GET");
    let ward = Ward::start("127.61.3.0", 1, |fleet| {
        fleet.generation_mix([Generation::Idrac9V6]).defaults(|server| server.faults([broken]))
    })
    .await
    .unwrap();
    let ran = ward.run("health_check", Value::Null).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert!(entry["unread"].as_u64().unwrap() > 0, "{entry:#}");
    assert!(entry["message"].as_str().unwrap().contains("could not be read"), "{entry:#}");
    assert_eq!(health(&ward, ward.servers[0]).await.fan_health.as_deref(), Some("OK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_another_knows_no_such_user() {
    let ward = Ward::start("127.61.4.0", 3, |fleet| {
        fleet
            .server(0, |server| server.credentials("root", "changed"))
            .server(1, |server| server.kind(Kind::Dead))
    })
    .await
    .unwrap();
    let ran = ward.run("health_check", Value::Null).await.unwrap();
    assert_failed(&ran, "2 of 3 servers failed");
    assert_eq!((&ran.row.details["partial"], ran.count("failed_count")), (&json!(true), 2));
    assert!(ran.of(ward.servers[0])["error"].as_str().unwrap().contains("Authentication failed"));
    assert!(ran.of(ward.servers[1])["error"].as_str().unwrap().contains("Host unreachable"));
    assert_eq!(ran.of(ward.servers[2])["overall_health"], "OK");
    for (server, status) in ward.servers.iter().zip(["offline", "offline", "online"]) {
        let fields = ward.row(*server).await.unwrap().fields;
        assert_eq!(fields.connection_status.as_deref(), Some(status));
        assert_eq!(fields.last_health_check.is_some(), status == "online", "nobody looked");
    }
    for set in ward.stand.store.credential_sets().await.unwrap() {
        ward.stand.store.remove_credential_set(set.id).await.unwrap();
    }
    let ran = ward.stand.run(ward.job_on("health_check", &ward.servers[..1], Value::Null)).await.unwrap();
    assert_eq!(ran.of(ward.servers[0])["error_kind"], "credential", "{:#?}", ran.row.details);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.61.5.0", &[Generation::ALL[3]]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({"depth": "deepest"}), "details.depth"),
        (json!({"depth": 1}), "details.depth"),
        (json!({"all": "yes"}), "details.all"),
        (json!({"max_failures": -1}), "details.max_failures"),
    ] {
        let error = engine.enqueue(ward.job("health_check", details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    let job = NewJob::new("health_check").with_scope(json!({"server_ids": ["everything"]}));
    let error = engine.enqueue(job).await.expect_err("no id");
    assert_eq!(error.subject(), Some("target_scope.server_ids[0]"));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_in_the_middle_it_keeps_what_it_knows() {
    let ward = Ward::start("127.61.6.0", 2, |fleet| {
        fleet
            .generation_mix([Generation::Idrac9V6])
            .server(1, |server| server.faults([stop::hold("*/NetworkAdapters")]))
    })
    .await
    .unwrap();
    let row = stop::when(&ward, ward.job("health_check", Value::Null), |ward, row| {
        stop::asked(ward, 1, SYSTEM) && row.details.get("success_count") == Some(&json!(1))
    })
    .await;
    assert_eq!((&row.details["success_count"], &row.details["total"]), (&json!(1), &json!(2)));
    assert_eq!(health(&ward, ward.servers[0]).await.overall_health.as_deref(), Some("OK"));
    assert!(ward.stand.store.inventory(ward.servers[1]).await.unwrap().health.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.61.7.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("health_check", ward, |ward| ward.job("health_check", Value::Null)).await;
}

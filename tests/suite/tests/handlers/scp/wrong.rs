//! `scp_import`, when it must not, cannot, or is told to stop.

use dsm_core::JobStatus;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    BIOS, EXPORT, IDRAC, IMPORT, NTP, PREVIEW, VIRTUALIZATION, cancelled_at, profile, put, setting, times,
};
use crate::{assert_done, assert_failed, crash};

const BOOT_ONCE: &str = "ServerBoot.1#BootOnce";
const VOLUMES: &str = "RAID.Integrated.1-1";

/// A row with these settings.
async fn row(ward: &Ward, settings: &[(&str, &str, &str)]) -> Uuid {
    put(ward, ward.servers[0], json!({"scp_raw_content": profile("", settings)})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_of_another_model_is_refused_unless_forced() {
    let ward = Ward::of("127.80.0.0", &Generation::ALL).await.unwrap();
    let text = profile("PowerEdge R999", &[(IDRAC, NTP, "Enabled")]);
    let id = put(&ward, ward.servers[0], json!({"scp_raw_content": text})).await;
    for is_dry in [false, true] {
        let details = json!({"backup_id": id, "dry_run": is_dry, "max_failures": 100});
        let ran = ward.run("scp_import", details).await.unwrap();
        assert_failed(&ran, "the profile is of a PowerEdge R999");
        assert!((0..ward.servers.len()).all(|place| ward.commands(place).is_empty()), "nothing was sent");
    }
    assert_done(&ward.run("scp_import", json!({"backup_id": id, "force": true})).await.unwrap());
    for place in 0..ward.servers.len() {
        assert_eq!((setting(&ward, place, IDRAC, NTP).as_str(), times(&ward, place, IMPORT)), ("Enabled", 1));
    }
}

/// What the file on a share was made on is known by the row of its server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_another_model_is_refused_too() {
    let ward = Ward::of("127.80.1.0", &[Generation::Idrac9V6, Generation::Idrac9V7]).await.unwrap();
    assert_done(&ward.run("discovery_scan", json!({})).await.unwrap());
    let path = json!({"scp_file_path": "nfs://10.1.2.3/scp/a.xml"});
    let id = put(&ward, ward.servers[0], path).await;
    let job = ward.job_on("scp_import", &ward.servers[1..], json!({"backup_id": id}));
    let before = ward.commands(1).len();
    assert_failed(&ward.stand.run(job).await.unwrap(), "the profile is of a");
    assert_eq!(ward.commands(1).len(), before, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_destroy_data_are_refused_unless_allowed_or_left_out() {
    let ward = Ward::of("127.80.2.0", &[Generation::Idrac9V7]).await.unwrap();
    let id = row(&ward, &[(VOLUMES, "RAIDresetConfig", "True"), (IDRAC, NTP, "Enabled")]).await;
    assert_failed(&ward.run("scp_import", json!({"backup_id": id})).await.unwrap(), "RAIDresetConfig");
    let plan = ward.run("scp_import", json!({"backup_id": id, "dry_run": true})).await.unwrap();
    assert_failed(&plan, "destroy data");
    assert_eq!(plan.of(ward.servers[0])["hazards"][0]["attribute"], "RAIDresetConfig");
    assert_eq!(times(&ward, 0, IMPORT), 0);
    assert_done(&ward.run("scp_import", json!({"backup_id": id, "restore_raid": false})).await.unwrap());
    assert_eq!(setting(&ward, 0, VOLUMES, "RAIDresetConfig"), "False");
    assert_done(&ward.run("scp_import", json!({"backup_id": id, "allow_data_loss": true})).await.unwrap());
    assert_eq!(times(&ward, 0, IMPORT), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_in_some_settings_fail_the_server_and_a_rollback_brings_back_what_was_before() {
    let ward = Ward::of("127.80.3.0", &[Generation::Idrac9V6]).await.unwrap();
    let server = ward.fleet.server(0).unwrap();
    server.refuse_settings(&[BOOT_ONCE]);
    let id = row(&ward, &[(IDRAC, NTP, "Enabled"), (IDRAC, BOOT_ONCE, "Enabled")]).await;
    let ran = ward.run("scp_import", json!({"backup_id": id, "rollback": true})).await.unwrap();
    assert_failed(&ran, "the configuration kept before is in force again");
    let entry = ran.of(ward.servers[0]);
    assert_eq!(
        (&entry["failed_setting_count"], &entry["failed_settings"][0]["name"]),
        (&json!(1), &json!(BOOT_ONCE))
    );
    assert_eq!(
        (&entry["rollback"]["problem"], &entry["rollback"]["backup_id"]),
        (&Value::Null, &entry["backup_before"])
    );
    assert_eq!((setting(&ward, 0, IDRAC, NTP).as_str(), times(&ward, 0, IMPORT)), ("Disabled", 2));

    let ran = ward.run("scp_import", json!({"backup_id": id})).await.unwrap();
    assert_failed(&ran, "1 settings were not set");
    assert_eq!(ran.of(ward.servers[0])["rollback"], Value::Null);
    assert_eq!((setting(&ward, 0, IDRAC, NTP).as_str(), times(&ward, 0, IMPORT)), ("Enabled", 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_fails_needs_a_person_and_none_is_promised_without_a_way_back() {
    let ward = Ward::of("127.80.4.0", &[Generation::Idrac9V7]).await.unwrap();
    let server = ward.fleet.server(0).unwrap();
    let id = row(&ward, &[(IDRAC, NTP, "Enabled"), (IDRAC, BOOT_ONCE, "Enabled")]).await;
    server.refuse_settings(&[BOOT_ONCE]);
    // The way back is refused.
    let fault = FaultRule::status(400, "SYS047").path("*.ImportSystemConfiguration").method("POST").nth(2);
    server.set_faults([fault]);
    let ran = ward.run("scp_import", json!({"backup_id": id, "rollback": true})).await.unwrap();
    assert_failed(&ran, "could not be brought back");
    assert_eq!((&ran.row.details["needs_person"], times(&ward, 0, IMPORT)), (&json!(true), 2));
    assert_eq!(
        ran.of(ward.servers[0])["failed_setting_count"],
        1,
        "what went wrong at first is told as well"
    );

    let old = Ward::of("127.80.5.0", &[Generation::Idrac7]).await.unwrap();
    let id = put(&old, old.servers[0], json!({"scp_content": profile("", &[(IDRAC, NTP, "Enabled")])})).await;
    let ran = old.run("scp_import", json!({"backup_id": id, "rollback": true})).await.unwrap();
    assert_failed(&ran, "there would be no way back");
    assert_eq!(times(&old, 0, IMPORT), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_and_a_row_that_is_not_there_are_named() {
    let ward = Ward::of("127.80.6.0", &[Generation::Idrac9V7]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    let id = Uuid::new_v4();
    for (details, field) in [
        (json!({}), "details.backup_id"),
        (json!({"backup_id": id, "shutdown_type": 3}), "details.shutdown_type"),
        (json!({"backup_id": id, "max_failures": "many"}), "details.max_failures"),
        (json!({"backup_id": id, "restore_nic": 1}), "details.restore_nic"),
    ] {
        let error = engine.enqueue(ward.job("scp_import", details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    engine.shutdown().await.unwrap();
    assert_failed(&ward.run("scp_import", json!({"backup_id": id})).await.unwrap(), "there is no backup");
    let empty = put(&ward, ward.servers[0], json!({})).await;
    assert_failed(&ward.run("scp_import", json!({"backup_id": empty})).await.unwrap(), "holds no profile");
    let bad = put(&ward, ward.servers[0], json!({"scp_content": "<SystemConfiguration><Component>"})).await;
    assert_failed(&ward.run("scp_import", json!({"backup_id": bad})).await.unwrap(), "no usable");
    assert!(ward.commands(0).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_one_lets_nobody_in_and_one_is_done() {
    let ward = Ward::start("127.80.7.0", 3, |fleet| {
        let fleet = fleet.server(0, |server| server.kind(Kind::Dead));
        fleet.server(1, |server| server.credentials("root", "changed"))
    })
    .await
    .unwrap();
    let id = row(&ward, &[(IDRAC, NTP, "Enabled")]).await;
    let ran = ward.run("scp_import", json!({"backup_id": id, "force": true})).await.unwrap();
    assert_eq!((ran.row.status, &ran.row.details["partial"]), (JobStatus::Completed, &json!(true)));
    assert!(ran.of(ward.servers[0])["error"].as_str().unwrap().contains("Host unreachable"));
    assert!(ran.of(ward.servers[1])["error"].as_str().unwrap().contains("Authentication failed"));
    assert_eq!(setting(&ward, 2, IDRAC, NTP), "Enabled");
}

/// At each stage that waits: before the import nothing has changed; the import itself runs to its end on the iDRAC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_at_each_stage() {
    for (network, action) in [("127.80.8.0", PREVIEW), ("127.80.9.0", EXPORT), ("127.80.10.0", IMPORT)] {
        let ward = Ward::of(network, &[Generation::Idrac9V7]).await.unwrap();
        let server = ward.fleet.server(0).unwrap();
        let id = row(&ward, &[(IDRAC, NTP, "Enabled")]).await;
        if action == IMPORT {
            server.stick_next_import();
        } else {
            let slow = FaultRule::new(Effect::Delay { ms: 600_000 });
            server.set_faults([slow.path(format!("*{action}"))]);
        }
        let job = ward.job("scp_import", json!({"backup_id": id}));
        let left = cancelled_at(&ward, job, action).await;
        assert_eq!(times(&ward, 0, IMPORT), usize::from(action == IMPORT), "{action}: {:#?}", left.details);
        assert_eq!(setting(&ward, 0, IDRAC, NTP), "Disabled", "{action}");
        assert_eq!(ward.fleet.open_sessions(), 0, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_rolls_back_once() {
    crash::at_each_deed(
        || async {
            let ward = Ward::of("127.80.11.0", &[Generation::Idrac9V7]).await.unwrap();
            ward.fleet.server(0).unwrap().refuse_settings(&[BOOT_ONCE]);
            ward
        },
        |ward| {
            let settings = [(IDRAC, NTP, "Enabled"), (IDRAC, BOOT_ONCE, "Enabled")];
            let id = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(row(ward, &settings))
            });
            ward.job("scp_import", json!({"backup_id": id, "rollback": true}))
        },
        |ward, row, name| {
            let commands = ward.commands(0);
            assert_eq!(times(ward, 0, IMPORT), 2, "{name}: {commands:?} {:#?}", row.details);
            assert_eq!(row.status, JobStatus::Failed, "{name}: {:#?}", row.details);
            let error = row.details["error"].as_str().unwrap();
            assert!(error.contains("is in force again"), "{name}: {error}");
            assert_eq!(setting(ward, 0, IDRAC, NTP), "Disabled", "{name}");
            assert_eq!(setting(ward, 0, BIOS, VIRTUALIZATION), "Enabled", "{name}");
        },
    )
    .await;
}

//! `scp_export`.

use dsm_core::JobStatus;
use dsm_suite::needles::Needles;
use dsm_suite::stand::run;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::json;

use super::{EXPORT, IDRAC, backups, cancelled_at, everything, opened, sha256, times};
use crate::{assert_done, assert_failed, crash, golden};

/// Those that export to us.
const LOCAL: [Generation; 5] = [
    Generation::Idrac8,
    Generation::Idrac9V5,
    Generation::Idrac9V6,
    Generation::Idrac9V7,
    Generation::Idrac10,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_keeps_its_profile_byte_for_byte_and_a_second_run_keeps_another() {
    let ward = Ward::of("127.78.0.0", &LOCAL).await.unwrap();
    let details = json!({"backup_name": "nightly", "description": "a note"});
    let ran = ward.run("scp_export", details.clone()).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        let rows = backups(&ward, *server).await;
        assert_eq!((rows.len(), entry["backup_id"].as_str()), (1, Some(rows[0].id.to_string().as_str())));
        let (row, raw) = (&rows[0].columns, opened(&ward, &rows[0]));
        let format = if place == 0 { "XML" } else { "JSON" };
        assert_eq!((row["scp_format"].as_str(), entry["format"].as_str()), (Some(format), Some(format)));
        assert!(raw.contains("SystemConfiguration") && raw.starts_with(if place == 0 { '<' } else { '{' }));
        assert_eq!(row["checksum"], json!(sha256(raw.as_bytes())));
        assert_eq!((&row["scp_checksum"], &entry["checksum"]), (&row["checksum"], &row["checksum"]));
        assert_eq!(row["scp_file_size_bytes"], json!(raw.len()));
        assert_eq!(row["backup_name"], json!(format!("nightly - {}", ward.ip(place))));
        assert_eq!(
            (&row["description"], &row["components"]),
            (&json!("a note"), &json!("BIOS,IDRAC,NIC,RAID"))
        );
        assert_eq!((&row["include_raid"], &row["is_valid"]), (&json!(true), &json!(true)));
        let shown = &row["scp_content"]["SystemConfiguration"];
        assert!(shown["Components"].as_array().is_some_and(|all| all.len() >= 3), "{shown:#}");
        assert_eq!(row["export_job_id"], json!(ran.row.id));
        assert!(entry["job_id"].as_str().unwrap().starts_with("JID_"));
        let info = &entry["server_info"];
        assert_eq!(info["service_tag"], json!(ward.fleet.server(place).unwrap().service_tag()));
        assert_eq!(times(&ward, place, EXPORT), 1);
    }
    assert_done(&ward.run("scp_export", details).await.unwrap());
    for server in &ward.servers {
        assert_eq!(backups(&ward, *server).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn classes_and_form_are_the_callers_choice() {
    let ward = Ward::of("127.78.1.0", &[Generation::Idrac9V7]).await.unwrap();
    let details = json!({"include_nic": false, "include_raid": false, "include_idrac": false, "format": "xml",
        "export_use": "Default", "include_in_export": ["IncludeReadOnly"]});
    let ran = ward.run("scp_export", details).await.unwrap();
    assert_done(&ran);
    let rows = backups(&ward, ward.servers[0]).await;
    let raw = opened(&ward, &rows[0]);
    assert!(raw.starts_with("<SystemConfiguration") && raw.contains("BIOS.Setup") && !raw.contains("NIC."));
    assert_eq!(
        (&rows[0].columns["include_bios"], &rows[0].columns["include_nic"]),
        (&json!(true), &json!(false))
    );
    for key in ["backup_id", "file_size_bytes", "components", "checksum", "job_id", "server_info"] {
        assert_eq!(ran.row.details[key], ran.of(ward.servers[0])[key], "{key} stands at the top as well");
    }
    assert_eq!(
        (&ran.row.details["components"], &ran.row.details["current_stage"]),
        (&json!("BIOS"), &json!("scp"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_writes_to_a_share_and_reads_it_back() {
    let ward = Ward::of("127.78.2.0", &Generation::ALL).await.unwrap();
    let share = |name: &str, password: &str| {
        json!({"share_type": "NFS", "share_address": "10.1.2.3", "share_name": name, "share_username": "share",
            "share_password": password, "share_file_name": "all.xml", "format": "XML"})
    };
    let ran = ward.run("scp_export", share("/private/scp", "share-secret")).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let tag = ward.fleet.server(place).unwrap().service_tag();
        let path = format!("10.1.2.3/private/scp/all-{tag}.xml");
        let written = ward.fleet.server(place).unwrap().shared_file(&path).expect("the file");
        assert!(written.contains(&tag));
        let rows = backups(&ward, *server).await;
        assert_eq!(rows[0].columns["scp_file_path"], json!(format!("nfs://{path}")));
        assert_eq!(rows[0].columns["is_valid"], json!(true), "read back");
        assert!(!rows[0].columns.contains_key("scp_raw_content"));
        assert_eq!(ran.of(*server)["scp_file_path"], rows[0].columns["scp_file_path"]);
    }
    let left = everything(&ward, &ran.row).await;
    assert!(Needles::of("share password", "share-secret").found_in("store", left.as_bytes()).is_empty());
    let one = ward.job_on("scp_export", &ward.servers[5..], share("/private/scp", "wrong"));
    assert_failed(&ward.stand.run(one).await.unwrap(), "SYS045");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_one_cannot_and_one_is_kept() {
    let ward = Ward::start("127.78.3.0", 3, |fleet| {
        let fleet = fleet.server(0, |server| server.kind(Kind::Dead));
        fleet.server(1, |server| server.generation(Generation::Idrac7))
    })
    .await
    .unwrap();
    let ran = ward.run("scp_export", json!({})).await.unwrap();
    assert_eq!((ran.row.status, &ran.row.details["partial"]), (JobStatus::Completed, &json!(true)));
    assert!(ran.of(ward.servers[0])["error"].as_str().unwrap().contains("Host unreachable"));
    assert_eq!(ran.of(ward.servers[1])["error_kind"], "unsupported", "{:#?}", ran.of(ward.servers[1]));
    assert_eq!(backups(&ward, ward.servers[2]).await.len(), 1);
    assert_failed(
        &ward.stand.run(ward.job_on("scp_export", &ward.servers[..2], json!({}))).await.unwrap(),
        "2 of 2",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_and_wrong_credentials_are_named() {
    let ward =
        Ward::start("127.78.4.0", 1, |fleet| fleet.server(0, |server| server.credentials("root", "changed")))
            .await
            .unwrap();
    let engine = ward.stand.engine().await.unwrap();
    let none =
        json!({"include_bios": false, "include_idrac": false, "include_nic": false, "include_raid": false});
    for (details, field) in [
        (none, "details.include_bios"),
        (json!({"share_type": "NFS", "share_address": "10.1.2.3"}), "details.share_name"),
        (json!({"targets": ["GPU"]}), "details.targets"),
    ] {
        let error = engine.enqueue(ward.job("scp_export", details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    engine.shutdown().await.unwrap();
    assert_failed(&ward.run("scp_export", json!(null)).await.unwrap(), "Authentication failed");
}

/// A refresh has the servers it read backed up, those that have no fresh backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_enqueues_backups_where_there_is_no_fresh_one() {
    let ward = Ward::start("127.78.10.0", 2, |fleet| fleet.server(0, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let engine = ward.stand.engine().await.unwrap();
    let refresh = json!({"fetch_options": {"scp_backup": true, "inventory": false}});
    let ran = run(&engine, ward.job("discovery_scan", refresh.clone())).await.unwrap();
    assert_eq!(ran.count("backups_queued"), 1, "{:#?}", ran.row.details);
    let id = ran.row.details["scp_backup_job_id"].as_str().unwrap().parse().unwrap();
    let backup = engine.wait(id).await.unwrap();
    assert_eq!((backup.job_type.as_str(), backup.status), ("scp_export", JobStatus::Completed));
    assert!(backups(&ward, ward.servers[0]).await.is_empty());
    assert_eq!(backups(&ward, ward.servers[1]).await.len(), 1);
    let again = run(&engine, ward.job("discovery_scan", refresh)).await.unwrap();
    assert_eq!((again.count("backups_queued"), &again.row.details["scp_backup_job_id"]), (0, &json!(null)));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_waits_it_keeps_nothing() {
    let ward = Ward::of("127.78.5.0", &[Generation::Idrac9V7]).await.unwrap();
    let slow = FaultRule::new(Effect::Delay { ms: 600_000 }).path("*/Jobs/*");
    ward.fleet.server(0).unwrap().set_faults([slow]);
    let row = cancelled_at(&ward, ward.job("scp_export", json!({})), EXPORT).await;
    assert_eq!(row.details["untouched"], json!([]));
    assert!(backups(&ward, ward.servers[0]).await.is_empty());
    assert_eq!(ward.fleet.open_sessions(), 0);
}

/// A secret that the iDRAC shows (as a hash, or on old firmware) is sealed and nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_of_a_profile_is_anywhere_in_the_open() {
    let secret = "pl4nted/S3cret";
    for (network, generation) in [("127.78.6.0", Generation::Idrac8), ("127.78.7.0", Generation::Idrac10)] {
        let ward = Ward::of(network, &[generation]).await.unwrap();
        ward.fleet.server(0).unwrap().set_profile_setting(IDRAC, "Users.3#Password", secret);
        let ran = ward.run("scp_export", json!({})).await.unwrap();
        assert_done(&ran);
        let rows = backups(&ward, ward.servers[0]).await;
        assert!(opened(&ward, &rows[0]).contains(secret), "the raw profile has it");
        assert_eq!(ran.of(ward.servers[0])["secrets"], 1);
        let left = everything(&ward, &ran.row).await;
        assert!(left.contains("Users.3#Password"), "named, masked");
        let found = Needles::of("planted", secret).found_in("the store", left.as_bytes());
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_exports_once() {
    crash::at_each_deed(
        || async { Ward::of("127.78.8.0", &[Generation::Idrac9V7]).await.unwrap() },
        |ward| ward.job("scp_export", json!({})),
        |ward, row, name| {
            assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
            assert_eq!(times(ward, 0, EXPORT), 1, "{name}: {:?}", ward.commands(0));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.78.9.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("scp_export", ward, |ward| ward.job("scp_export", json!({"backup_name": "golden"}))).await;
}

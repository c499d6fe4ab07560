//! `scp_import`, when all goes well.

use dsm_core::JobStatus;
use dsm_suite::needles::Needles;
use dsm_suite::ward::Ward;
use idrac_sim::Generation;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    BIOS, EXPORT, IDRAC, IMPORT, NTP, PREVIEW, VIRTUALIZATION, backups, everything, opened, profile, put,
    setting, sha256, times,
};
use crate::{assert_done, crash, golden};

/// Keeps the profile of the one server and changes two of its settings.
async fn kept_and_changed(ward: &Ward) -> Uuid {
    assert_done(&ward.run("scp_export", json!({"export_use": "Default"})).await.unwrap());
    change(ward);
    backups(ward, ward.servers[0]).await[0].id
}

fn change(ward: &Ward) {
    let server = ward.fleet.server(0).unwrap();
    server.set_profile_setting(BIOS, VIRTUALIZATION, "Disabled");
    server.set_profile_setting(IDRAC, NTP, "Enabled");
}

/// What the body of the import must have been, to the byte.
fn body(generation: Generation, text: &str) -> String {
    let all = if generation == Generation::Idrac10 { json!(["ALL"]) } else { json!("ALL") };
    let body = json!({"ImportBuffer": text, "ShareParameters": {"Target": all}, "ShutdownType": "Graceful",
        "HostPowerState": "On"});
    sha256(body.to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_gets_the_bytes_of_its_export_back_and_a_second_run_imports_nothing() {
    let networks = ["127.79.0.0", "127.79.1.0", "127.79.2.0", "127.79.3.0", "127.79.4.0"];
    for (network, generation) in networks.into_iter().zip(&Generation::ALL[1..]) {
        let ward = Ward::of(network, &[*generation]).await.unwrap();
        let server = ward.servers[0];
        let id = kept_and_changed(&ward).await;
        let ran = ward.run("scp_import", json!({"backup_id": id})).await.unwrap();
        assert_done(&ran);
        let entry = ran.of(server);
        assert_eq!(setting(&ward, 0, BIOS, VIRTUALIZATION), "Enabled", "{generation:?}");
        assert_eq!(setting(&ward, 0, IDRAC, NTP), "Disabled");
        assert_eq!(
            (&entry["preview"]["changes"], &entry["preview"]["restarts"]),
            (&json!(true), &json!(true))
        );
        assert_eq!((&entry["changed"], &entry["host_as_wanted"]), (&json!(true), &json!(true)));
        assert_eq!(entry["verification"]["verified"], true, "{entry:#}");
        assert_eq!(
            (&entry["verification"]["by"], &entry["failed_setting_count"]),
            (&json!("export"), &json!(0))
        );
        assert_eq!(entry["component_results"].as_array().map(Vec::len), Some(2), "{entry:#}");
        assert_eq!(ran.row.details["verification"], entry["verification"], "at the top as well");

        let rows = backups(&ward, server).await;
        assert_eq!(rows.len(), 2, "what was before is kept");
        let row = rows.iter().find(|row| row.id == id).unwrap();
        assert_eq!(row.columns["import_job_id"], json!(ran.row.id));
        assert!(row.columns.contains_key("last_imported_at"));
        let before = rows.iter().find(|row| row.id != id).unwrap();
        assert_eq!(entry["backup_before"], json!(before.id));
        assert!(opened(&ward, before).contains("Disabled"));

        let raw = opened(&ward, row);
        // Old firmware takes no white space between elements (quirk `compact_profiles`).
        let text = match generation {
            Generation::Idrac8 => {
                dell_redfish::scp::Profile::parse(raw.into_bytes()).unwrap().import_buffer().unwrap()
            }
            _ => raw,
        };
        let journal = ward.fleet.journal();
        let sent: Vec<_> = journal.iter().filter(|one| one.path.ends_with(IMPORT)).collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(
            sent[0].request_sha256.as_deref(),
            Some(body(*generation, &text).as_str()),
            "{generation:?}"
        );

        let again = ward.run("scp_import", json!({"backup_id": id})).await.unwrap();
        assert_done(&again);
        assert_eq!((&again.of(server)["changed"], times(&ward, 0, IMPORT)), (&json!(false), 1));
        assert_eq!(backups(&ward, server).await.len(), 2, "nothing is kept where nothing is changed");
    }
}

/// iDRAC7 has no way to give its profile to us: it goes over a share both ways, and a preview compares.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_on_a_share_comes_back() {
    let ward = Ward::of("127.79.5.0", &[Generation::Idrac7]).await.unwrap();
    let share = json!({"share_type": "NFS", "share_address": "10.1.2.3", "share_name": "/private/scp",
        "share_username": "share", "share_password": "share-secret", "share_file_name": "a.xml"});
    assert_done(&ward.run("scp_export", share.clone()).await.unwrap());
    let row = backups(&ward, ward.servers[0]).await.remove(0);
    for (details, by) in [
        (
            json!({"backup_id": row.id, "share_username": "share", "share_password": "share-secret"}),
            "the row",
        ),
        (share, "its place"),
    ] {
        change(&ward);
        let ran = ward.run("scp_import", details).await.unwrap();
        assert_done(&ran);
        let entry = ran.of(ward.servers[0]);
        assert_eq!(setting(&ward, 0, BIOS, VIRTUALIZATION), "Enabled", "by {by}");
        assert_eq!(
            (&entry["verification"]["by"], &entry["verification"]["verified"]),
            (&json!("preview"), &json!(true))
        );
        assert_eq!(entry["backup_before"], Value::Null, "this firmware has no way to it, which is said");
        let log = ran.row.details["console_log"].to_string();
        assert!(log.contains("was not kept before"), "{log}");
        let left = everything(&ward, &ran.row).await;
        assert!(Needles::of("share password", "share-secret").found_in("store", left.as_bytes()).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_imports_nothing() {
    let ward = Ward::of("127.79.6.0", &[Generation::Idrac9V7]).await.unwrap();
    let id = kept_and_changed(&ward).await;
    let before = ward.commands(0).len();
    let ran = ward.run("scp_import", json!({"backup_id": id, "dry_run": true})).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert_eq!(
        (&entry["plan"]["host"], &entry["preview"]["changes"]),
        (&json!("certain"), &json!(true)),
        "{entry:#}"
    );
    assert_eq!((&entry["changed"], &entry["hazards"]), (&json!(false), &json!([])));
    let asked = ward.commands(0).split_off(before);
    assert!(asked.iter().all(|line| line.ends_with(PREVIEW)), "{asked:?}");
    assert_eq!(setting(&ward, 0, BIOS, VIRTUALIZATION), "Disabled");
    assert_eq!(backups(&ward, ward.servers[0]).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_restored_is_what_was_ticked() {
    let ward = Ward::of("127.79.7.0", &[Generation::Idrac9V6]).await.unwrap();
    let id = kept_and_changed(&ward).await;
    let details =
        json!({"backup_id": id, "restore_bios": false, "include_bios": true, "shutdown_type": "NoReboot"});
    let ran = ward.run("scp_import", details).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.of(ward.servers[0])["components"], "IDRAC,NIC,RAID");
    assert_eq!(setting(&ward, 0, IDRAC, NTP), "Disabled");
    assert_eq!(setting(&ward, 0, BIOS, VIRTUALIZATION), "Disabled", "it was not ticked");
    // Only what is left out differs now: nothing of the ticked classes is to be imported.
    let again = json!({"backup_id": id, "restore_bios": false});
    assert_done(&ward.run("scp_import", again).await.unwrap());
    assert_eq!(times(&ward, 0, IMPORT), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_restart_the_rest_waits_for_one_and_a_host_can_be_left_off() {
    let ward = Ward::of("127.79.8.0", &[Generation::Idrac9V7]).await.unwrap();
    let id = kept_and_changed(&ward).await;
    let ran = ward.run("scp_import", json!({"backup_id": id, "shutdown_type": "NoReboot"})).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert_eq!(
        (&entry["reboot_required"], &entry["host_as_wanted"]),
        (&json!(true), &Value::Null),
        "{entry:#}"
    );
    assert_eq!(entry["verification"], Value::Null, "there is nothing to compare yet");
    assert_eq!(setting(&ward, 0, IDRAC, NTP), "Disabled");
    let off = json!({"backup_id": id, "shutdown_type": "Forced", "host_power_state": "Off", "backup_before": false});
    let ran = ward.run("scp_import", off).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert_eq!((&entry["host_as_wanted"], &entry["backup_before"]), (&json!(true), &Value::Null));
    assert_eq!(ward.fleet.server(0).unwrap().power_state(), "Off");
}

/// Rows of the existing system: a profile in the open, or only as `scp_content`, XML as a JSON string among them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_others_are_understood() {
    let ward = Ward::of("127.79.9.0", &[Generation::Idrac9V7]).await.unwrap();
    let server = ward.fleet.server(0).unwrap();
    let xml = profile("", &[(IDRAC, NTP, "Enabled")]);
    let json = json!({"SystemConfiguration": {"Components": [
        {"FQDD": IDRAC, "Attributes": [{"Name": NTP, "Value": "Enabled", "Set On Import": "True"}]}]}});
    for columns in [
        json!({"scp_raw_content": xml, "scp_format": "XML"}),
        json!({"scp_raw_content": json!(xml).to_string()}),
        json!({"scp_content": xml}),
        json!({"scp_content": json}),
    ] {
        server.set_profile_setting(IDRAC, NTP, "Disabled");
        let id = put(&ward, ward.servers[0], columns.clone()).await;
        assert_done(&ward.run("scp_import", json!({"backup_id": id, "backup_before": false})).await.unwrap());
        assert_eq!(setting(&ward, 0, IDRAC, NTP), "Enabled", "{columns}");
    }
}

/// A profile that changes the password we came with does not shut us out on the way, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_of_our_own_is_told_and_kept_from_all_eyes() {
    let ward = Ward::of("127.79.10.0", &[Generation::Idrac9V7]).await.unwrap();
    let secret = "n3w/S3cret";
    let text = profile("", &[(IDRAC, "Users.2#Password", secret)]);
    let raw = json!({"scp_raw_content": text});
    let id = put(&ward, ward.servers[0], raw).await;
    let ran = ward.run("scp_import", json!({"backup_id": id})).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert_eq!(
        (&entry["own_login"], &entry["verification"]["not_readable"]),
        (&json!("new"), &json!(1)),
        "{entry:#}"
    );
    assert!(entry["warning"].is_string());
    let left = everything(&ward, &ran.row).await.replace(&json!(text).to_string(), "");
    let found = Needles::of("new password", secret).found_in("the store", left.as_bytes());
    assert!(found.is_empty(), "{found:?}");
}

fn with_row(ward: &Ward, details: Value) -> dsm_core::NewJob {
    let text = profile("", &[(IDRAC, NTP, "Enabled"), (BIOS, VIRTUALIZATION, "Disabled")]);
    let put = put(ward, ward.servers[0], json!({"scp_raw_content": text}));
    let id = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(put));
    let mut job = ward.job("scp_import", details);
    job.details.insert("backup_id".to_owned(), json!(id));
    job
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_imports_once() {
    crash::at_each_deed(
        || async { Ward::of("127.79.11.0", &[Generation::Idrac9V7]).await.unwrap() },
        |ward| with_row(ward, json!({})),
        |ward, row, name| {
            assert_eq!(times(ward, 0, IMPORT), 1, "{name}: {:?}", ward.commands(0));
            assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
            assert_eq!(setting(ward, 0, BIOS, VIRTUALIZATION), "Disabled", "{name}");
            let commands = ward.commands(0);
            // One that comes while another runs is refused, and sent again.
            let exports = ward.taken(0).iter().filter(|line| line.ends_with(EXPORT)).count();
            assert!(
                exports <= 3,
                "one before, one to compare, one more of that: {name}: {commands:?} {:#?}",
                row.details
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.79.12.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run("scp_import", ward, |ward| with_row(ward, json!({}))).await;
}

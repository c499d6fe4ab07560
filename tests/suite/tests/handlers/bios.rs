//! `bios_config_read` and `bios_config_write`.

use dsm_core::store::{RowQuery, StoredRow, Table};
use dsm_core::{JobStatus, NewJob, ServerId};
use dsm_suite::stand::Ran;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, FleetBuilder, Generation, HostRules, Kind, ServerSpec, SettingsRules};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, crash, golden, stop};

const READ: &str = "bios_config_read";
const WRITE: &str = "bios_config_write";

const STAGE: &str = "PATCH /redfish/v1/Systems/System.Embedded.1/Bios/Settings";
const MAKE_JOB: &str = "POST /redfish/v1/Managers/iDRAC.Embedded.1/Jobs";
const RESET: &str = "POST /redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";

/// iDRACs that make the job by themselves, and the one after whose PATCH it is made by hand.
const NEW: Generation = Generation::Idrac9V7;
const OLD: Generation = Generation::Idrac8;

async fn snapshots(ward: &Ward, server: ServerId) -> Vec<StoredRow> {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::BiosConfigurations) };
    ward.stand.store.rows(query).await.unwrap()
}

async fn one(network: &str, generation: Generation, change: impl FnOnce(ServerSpec) -> ServerSpec) -> Ward {
    let of = |fleet: FleetBuilder| fleet.generation_mix([generation]).defaults(change);
    Ward::start(network, 1, of).await.unwrap()
}

/// A job that changes one setting, and whatever else its details say.
fn virtualization(ward: &Ward, value: &str, more: Value) -> NewJob {
    let mut details = json!({"attributes": {"ProcVirtualization": value}});
    if let (Some(details), Some(more)) = (details.as_object_mut(), more.as_object()) {
        details.extend(more.clone());
    }
    ward.job(WRITE, details)
}

fn job_id(ran: &Ran, server: ServerId) -> String {
    ran.of(server)["job_id"].as_str().expect("a Dell job").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_read_into_a_row_and_a_second_run_compares() {
    let ward = Ward::of("127.63.0.0", &Generation::ALL).await.unwrap();
    let ran = ward.run(READ, json!({"snapshot_type": "baseline", "notes": "as delivered"})).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        let rows = snapshots(&ward, *server).await;
        let columns = &rows[0].columns;
        assert_eq!((rows.len(), &entry["snapshot_id"]), (1, &json!(rows[0].id)));
        assert_eq!(
            (&columns["snapshot_type"], &columns["notes"]),
            (&json!("baseline"), &json!("as delivered"))
        );
        assert_eq!((&columns["job_id"], &columns["pending_attributes"]), (&json!(ran.row.id), &json!({})));
        let attributes = columns["attributes"].as_object().unwrap();
        assert_eq!((attributes.len(), &attributes["ProcVirtualization"]), (320, &json!("Enabled")));
        assert_eq!((&entry["attribute_count"], &entry["pending_count"]), (&json!(320), &json!(0)));
        // A number stays a number.
        assert_eq!(attributes["AcPwrRcvryUserDelay"], 120);
        assert_eq!((&entry["compared_with"], &entry["changes"]), (&Value::Null, &json!([])));
        let version = entry["bios_version"].as_str().unwrap();
        assert_eq!(columns["bios_version"], version);
        assert_eq!(ward.row(*server).await.unwrap().fields.bios_version.as_deref(), Some(version));
        assert!(ward.commands(place).is_empty(), "it only reads");
    }
    let one = ward.stand.run(ward.job_on(READ, &ward.servers[..1], Value::Null)).await.unwrap();
    assert_done(&one);
    assert_eq!((one.count("attribute_count"), one.count("pending_count")), (320, 0), "at the top as well");
    assert_eq!(one.row.details["snapshot_type"], "current");
    let entry = one.of(ward.servers[0]);
    assert_eq!((&entry["change_count"], snapshots(&ward, ward.servers[0]).await.len()), (&json!(0), 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_brought_to_what_is_wanted_and_a_second_run_sends_nothing() {
    let ward = Ward::of("127.63.1.0", &Generation::ALL).await.unwrap();
    let attributes = json!({"ProcVirtualization": "Disabled", "AcPwrRcvryUserDelay": 120, "BootMode": "Uefi", "AssetTag": "Rack 7"});
    let details = json!({"attributes": attributes, "reboot_type": "graceful", "create_snapshot": true});
    let ran = ward.run(WRITE, details.clone()).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        assert_eq!(entry["settings_applied"], 2, "only what differs: {entry:#}");
        assert_eq!(
            (&entry["reboot_action"], &entry["job_state"]),
            (&json!("GracefulRestart"), &json!("Completed"))
        );
        let verified = &entry["verification"];
        assert_eq!((&verified["verified"], &verified["matches"]), (&json!(true), &json!(4)), "{entry:#}");
        // What was before is kept.
        let rows = snapshots(&ward, *server).await;
        assert_eq!((rows.len(), &entry["snapshot_id"]), (1, &json!(rows[0].id)));
        assert_eq!(rows[0].columns["attributes"]["ProcVirtualization"], "Enabled");
        let is_old = matches!(Generation::ALL[place], Generation::Idrac7 | Generation::Idrac8);
        let expected: &[&str] =
            if is_old { &[STAGE, MAKE_JOB, RESET, RESET] } else { &[STAGE, RESET, RESET] };
        assert_eq!(ward.commands(place), expected, "{:?}", Generation::ALL[place]);
    }
    let before: Vec<_> = (0..ward.servers.len()).map(|place| ward.commands(place)).collect();
    let again = ward.run(WRITE, details).await.unwrap();
    assert_done(&again);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = again.of(*server);
        assert_eq!((&entry["settings_applied"], &entry["job_id"]), (&json!(0), &Value::Null), "{entry:#}");
        assert_eq!(entry["verification"]["verified"], true);
        assert_eq!(ward.commands(place), before[place], "nothing more was sent");
    }
    let read = ward.run(READ, Value::Null).await.unwrap();
    for server in &ward.servers {
        let entry = read.of(*server);
        assert_eq!(entry["change_count"], 0, "the last row is of the second run: {:#}", entry["changes"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_kept_unless_nothing_changes_or_nobody_wants_it() {
    let ward = Ward::of("127.63.2.0", &[NEW; 3]).await.unwrap();
    let wanted = |value: &str, more: Value| virtualization(&ward, value, more);
    assert_done(&ward.stand.run(wanted("Enabled", Value::Null)).await.unwrap());
    for server in &ward.servers {
        assert!(snapshots(&ward, *server).await.is_empty(), "all is as wanted");
    }
    let job = wanted("Enabled", json!({"create_snapshot": true, "snapshot_notes": "my own"}));
    assert_done(&ward.stand.run(job).await.unwrap());
    assert_eq!(snapshots(&ward, ward.servers[0]).await[0].columns["notes"], "my own");
    let ran = ward.stand.run(wanted("Disabled", json!({"create_snapshot": false}))).await.unwrap();
    assert_eq!(ran.of(ward.servers[0])["snapshot_created"], false);
    assert_eq!(snapshots(&ward, ward.servers[0]).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_restart_the_settings_wait_and_a_later_job_takes_the_dell_job_over() {
    let ward = Ward::of("127.63.3.0", &[OLD, NEW]).await.unwrap();
    let ran = ward.stand.run(virtualization(&ward, "Disabled", Value::Null)).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        assert_eq!((&entry["reboot_required"], &entry["reboot_action"]), (&json!(true), &Value::Null));
        assert!(entry["message"].as_str().unwrap().contains(&job_id(&ran, *server)), "{entry:#}");
        assert!(!ward.commands(place).iter().any(|line| line == RESET));
    }
    // Staged values are no values in force.
    let read = ward.run(READ, Value::Null).await.unwrap();
    for server in &ward.servers {
        assert_eq!(read.of(*server)["pending_count"], 1);
        let row = &snapshots(&ward, *server).await[0];
        assert_eq!(row.columns["pending_attributes"], json!({"ProcVirtualization": "Disabled"}));
        assert_eq!(row.columns["attributes"]["ProcVirtualization"], "Enabled");
    }
    // Another wish cannot be added, and is refused with the name of what holds the BIOS; the plan says so, too.
    let other =
        |dry: bool| ward.job(WRITE, json!({"attributes": {"BootSeqRetry": "Disabled"}, "dry_run": dry}));
    let before: Vec<_> = (0..2).map(|place| ward.commands(place)).collect();
    for is_dry in [true, false] {
        let refused = ward.stand.run(other(is_dry)).await.unwrap();
        assert_failed(&refused, "2 of 2 servers failed");
        for server in &ward.servers {
            let entry = refused.of(*server);
            assert!(entry["error"].as_str().unwrap().contains(&job_id(&ran, *server)), "{entry:#}");
        }
    }
    assert_eq!(before, (0..2).map(|place| ward.commands(place)).collect::<Vec<_>>());
    // The same wish takes over what is there.
    let done =
        ward.stand.run(virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}))).await.unwrap();
    assert_done(&done);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = done.of(*server);
        assert_eq!((&entry["job_adopted"], &entry["reboot_action"]), (&json!(true), &json!("ForceRestart")));
        assert_eq!(job_id(&done, *server), job_id(&ran, *server));
        let sent = ward.commands(place);
        assert_eq!(sent.iter().filter(|line| *line == STAGE).count(), 1, "{sent:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_off_is_powered_on() {
    let ward = Ward::of("127.63.4.0", &[OLD, NEW]).await.unwrap();
    assert_done(&ward.run("power_action", json!({"action": "ForceOff"})).await.unwrap());
    let ran =
        ward.stand.run(virtualization(&ward, "Disabled", json!({"reboot_type": "graceful"}))).await.unwrap();
    assert_done(&ran);
    for server in &ward.servers {
        assert_eq!(ran.of(*server)["reboot_action"], "On");
        assert_eq!(ran.of(*server)["verification"]["verified"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_changes_nothing_and_keeps_nothing() {
    let ward = Ward::of("127.63.5.0", &Generation::ALL).await.unwrap();
    let more = json!({"dry_run": true, "reboot_type": "forced", "create_snapshot": true});
    let ran = ward.stand.run(virtualization(&ward, "Disabled", more)).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        assert_eq!((&entry["settings_applied"], &entry["plan"]["host"]), (&json!(0), &json!("certain")));
        let change = &entry["changes"][0];
        assert_eq!(
            (&change["attribute"], &change["from"], &change["to"]),
            (&json!("ProcVirtualization"), &json!("Enabled"), &json!("Disabled"))
        );
        assert_eq!(entry["side_effects"][0]["attribute"], "ProcX2Apic", "{entry:#}");
        let steps: Vec<_> = entry["plan"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["operation"].as_str().unwrap())
            .collect();
        let is_old = matches!(Generation::ALL[place], Generation::Idrac7 | Generation::Idrac8);
        let expected: &[&str] = if is_old {
            &["StageSettings", "CreateJob", "ResetSystem"]
        } else {
            &["StageSettings", "ResetSystem"]
        };
        assert_eq!(steps, expected);
        assert!(ward.commands(place).is_empty() && snapshots(&ward, *server).await.is_empty());
    }
    let wrong = json!({"attributes": {"Nonsense": "x"}, "dry_run": true});
    let ran = ward.run(WRITE, wrong).await.unwrap();
    assert_failed(&ran, "Nonsense does not exist");
    assert_eq!(ran.of(ward.servers[0])["problems"][0]["reason"], "unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_cannot_be_had_is_named_and_nothing_is_sent() {
    let ward = Ward::of("127.63.6.0", &[OLD, NEW, Generation::Idrac10]).await.unwrap();
    for (attributes, named) in [
        (json!({"Bootmode": "Bios"}), "Bootmode does not exist; near to it: BootMode"),
        (json!({"SystemServiceTag": "OTHER"}), "SystemServiceTag is read-only"),
        (json!({"AcPwrRcvryUserDelay": 9999}), "AcPwrRcvryUserDelay"),
        (json!({"AcPwrRcvryUserDelay": "many"}), "AcPwrRcvryUserDelay takes a value of type Integer"),
        (json!({"LogicalProc": "Perhaps"}), "LogicalProc takes one of Enabled, Disabled"),
        (json!({"ProcTurboMode": "Disabled"}), "ProcTurboMode is set to Enabled by the system"),
        // One wrong wish among right ones: none is sent.
        (json!({"ProcVirtualization": "Disabled", "Nonsense": 1}), "Nonsense does not exist"),
    ] {
        let details = json!({"attributes": attributes, "reboot_type": "forced", "create_snapshot": true});
        let ran = ward.run(WRITE, details).await.unwrap();
        assert_failed(&ran, "3 of 3 servers failed");
        for (place, server) in ward.servers.iter().enumerate() {
            let entry = ran.of(*server);
            assert!(entry["error"].as_str().unwrap().contains(named), "{named}: {entry:#}");
            assert_eq!(entry["error_subject"], "details.attributes", "{entry:#}");
            assert!(ward.commands(place).is_empty() && snapshots(&ward, *server).await.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_set_that_was_kept_can_be_given_back() {
    let ward = Ward::of("127.63.7.0", &[NEW]).await.unwrap();
    assert_done(&ward.run(READ, Value::Null).await.unwrap());
    let server = ward.servers[0];
    let mut kept = snapshots(&ward, server).await[0].columns["attributes"].clone();
    let ran = ward.run(WRITE, json!({"attributes": kept, "reboot_type": "forced"})).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.count("settings_applied"), 0, "what is read-only is as wanted");
    // Of another firmware, with a setting that this one has not, and with a change that takes another setting along.
    kept["SystemBiosVersion"] = json!("0.0.1");
    kept["Gone"] = json!("Enabled");
    kept["ProcVirtualization"] = json!("Disabled");
    assert_failed(&ward.run(WRITE, json!({"attributes": kept})).await.unwrap(), "Gone does not exist");
    let details = json!({"attributes": kept, "reboot_type": "forced", "skip_unwritable": true});
    let ran = ward.run(WRITE, details).await.unwrap();
    assert_done(&ran);
    let skipped = ran.of(server)["skipped"].as_object().unwrap();
    assert_eq!(skipped.keys().collect::<Vec<_>>(), ["Gone", "ProcX2Apic", "SystemBiosVersion"]);
    assert_eq!(ran.count("settings_applied"), 1);
    assert_eq!(ran.of(server)["verification"]["verified"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.63.8.0", &[NEW]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({}), "details.attributes"),
        (json!({"attributes": {}}), "details.attributes"),
        (json!({"attributes": {"BootMode": null}}), "details.attributes.BootMode"),
        (json!({"attributes": {"BootMode": ["Uefi"]}}), "details.attributes.BootMode"),
        (json!({"attributes": {"BootMode": "Uefi"}, "reboot_type": "now"}), "details.reboot_type"),
        (json!({"attributes": {"BootMode": "Uefi"}, "dry_run": "yes"}), "details.dry_run"),
        (json!({"attributes": {"BootMode": "Uefi"}, "canary": "one"}), "details.canary"),
    ] {
        let error = engine.enqueue(ward.job(WRITE, details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    for job_type in [READ, WRITE] {
        let job =
            NewJob::new(job_type).with_details(json!({"attributes": {"BootMode": "Uefi"}, "all": true}));
        let error = engine.enqueue(job).await.expect_err("nobody is named");
        assert_eq!(error.subject(), Some("target_scope.server_ids"));
    }
    let error =
        engine.enqueue(ward.job(READ, json!({"snapshot_type": "old"}))).await.expect_err("no such word");
    assert_eq!(error.subject(), Some("details.snapshot_type"));
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_done() {
    let ward = Ward::start("127.63.9.0", 3, |fleet| {
        fleet.generation_mix([NEW]).server(1, |server| server.kind(Kind::Dead))
    })
    .await
    .unwrap();
    for job in
        [ward.job(READ, Value::Null), virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}))]
    {
        let ran = ward.stand.run(job).await.unwrap();
        assert_failed(&ran, "1 of 3 servers failed");
        assert_eq!((&ran.row.details["partial"], ran.count("success_count")), (&json!(true), 2));
        assert!(ran.of(ward.servers[1])["error"].as_str().unwrap().contains("Host unreachable"));
    }
    for place in [0, 2] {
        assert_eq!(ward.commands(place), [STAGE, RESET]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_and_values_that_do_not_come_fail_the_server() {
    let rules = SettingsRules { job_fails: true, ..SettingsRules::default() };
    let stubborn = FaultRule::new(Effect::Altered {
        id: "Bios".into(),
        set: json!({"Attributes": {"ProcVirtualization": "Enabled"}}),
    });
    let ward = Ward::start("127.63.10.0", 2, |fleet| {
        fleet
            .generation_mix([NEW])
            .server(0, move |server| server.settings(rules))
            .server(1, |server| server.faults([stubborn]))
    })
    .await
    .unwrap();
    let ran =
        ward.stand.run(virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}))).await.unwrap();
    assert_failed(&ran, "2 of 2 servers failed");
    let failed = ran.of(ward.servers[0]);
    assert_eq!(
        (&failed["job_state"], &failed["verification"]),
        (&json!("Failed"), &Value::Null),
        "{failed:#}"
    );
    assert!(failed["error"].as_str().unwrap().contains(&job_id(&ran, ward.servers[0])), "{failed:#}");
    let stubborn = ran.of(ward.servers[1]);
    assert_eq!(stubborn["job_state"], "Completed");
    assert_eq!(
        stubborn["verification"]["mismatches"],
        json!([{"attribute": "ProcVirtualization", "requested": "Disabled", "current": "Enabled"}])
    );
    assert!(stubborn["error"].as_str().unwrap().contains("ProcVirtualization"), "{stubborn:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_ignores_the_restart_fails_with_all_that_was_done_until_then() {
    let rules = HostRules { ignores_graceful: true, ..HostRules::default() };
    let ward = one("127.63.11.0", NEW, move |server| server.host(rules)).await;
    let server = ward.servers[0];
    let more = json!({"reboot_type": "graceful", "timeout_seconds": 60});
    let ran = ward.stand.run(virtualization(&ward, "Disabled", more)).await.unwrap();
    assert_eq!(ran.row.status, JobStatus::Failed, "{:#?}", ran.row.details);
    let entry = ran.of(server);
    assert_eq!(
        (&entry["settings_applied"], &entry["snapshot_created"]),
        (&json!(1), &json!(true)),
        "{entry:#}"
    );
    let staged = job_id(&ran, server);
    // A later job finds what is staged, and finishes it.
    let more = json!({"reboot_type": "forced"});
    let done = ward.stand.run(virtualization(&ward, "Disabled", more)).await.unwrap();
    assert_done(&done);
    assert_eq!((job_id(&done, server), &done.of(server)["job_adopted"]), (staged, &json!(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_setting_is_nowhere_to_be_read() {
    const SECRET: &str = "Sesame-open-9";
    let ward = Ward::of("127.63.12.0", &[NEW]).await.unwrap();
    let details =
        json!({"attributes": {"SetupPassword": SECRET}, "reboot_type": "forced", "create_snapshot": true});
    let ran = ward.run(WRITE, details).await.unwrap();
    assert_done(&ran);
    let entry = ran.of(ward.servers[0]);
    assert_eq!((&entry["verification"]["not_readable"], &entry["settings_applied"]), (&json!(1), &json!(1)));
    let store = &ward.stand.store;
    let told = format!(
        "{:?}{:?}{:?}{:?}{:?}",
        ran.row,
        store.steps(ran.row.id).await.unwrap(),
        store.tasks(ran.row.id).await.unwrap(),
        store.activity(Default::default()).await.unwrap(),
        snapshots(&ward, ward.servers[0]).await,
    );
    assert!(told.contains("SetupPassword") && !told.contains(SECRET));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_judges_nothing_was_sent() {
    let ward = one("127.63.13.0", NEW, |server| server.faults([stop::hold("*/Bios/Settings")])).await;
    let job = virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}));
    stop::when(&ward, job, |ward, _| stop::asked(ward, 0, "GET /redfish/v1/Systems/System.Embedded.1/Bios"))
        .await;
    assert!(ward.commands(0).is_empty());
    ward.fleet.server(0).unwrap().set_faults([]);
    // So it can be begun anew.
    assert_done(
        &ward.stand.run(virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}))).await.unwrap(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_before_the_restart_what_was_staged_is_taken_back() {
    for (network, generation) in [("127.63.14.0", OLD), ("127.63.15.0", NEW)] {
        // The look whether the job is scheduled hangs.
        let ward = one(network, generation, |server| server.faults([stop::hold("*/JID_*")])).await;
        let job = virtualization(&ward, "Disabled", json!({"reboot_type": "forced"}));
        let is_old = generation == OLD;
        let row =
            stop::when(&ward, job, |ward, _| stop::asked(ward, 0, if is_old { MAKE_JOB } else { STAGE }))
                .await;
        let sent = ward.commands(0);
        let is_deleted = sent.iter().any(|line| line.starts_with("DELETE ") && line.contains("JID_"));
        assert!(is_deleted, "{sent:?} {:#?}", row.details);
        assert!(!sent.iter().any(|line| line == RESET), "{sent:?}");
        let log = row.details["console_log"].to_string();
        assert!(log.contains("cancelled: JID_"), "{log}");
        let read = ward.run(READ, Value::Null).await.unwrap();
        // Old firmware has no way to drop what is staged; without a job nothing applies it.
        assert_eq!(read.count("pending_count"), i64::from(is_old));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_after_the_restart_was_asked_for_the_dell_job_is_left_alone() {
    let slow = |mut server: ServerSpec| {
        server.shutdown_ms = 1_000_000;
        server
    };
    // While the host shuts down, and while the job runs.
    for (network, resets) in [("127.63.16.0", 1), ("127.63.17.0", 2)] {
        let ward = one(network, NEW, |server| if resets == 1 { slow(server) } else { server }).await;
        let more = json!({"reboot_type": "graceful", "timeout_seconds": 3600});
        let row = stop::when(&ward, virtualization(&ward, "Disabled", more), |ward, _| {
            ward.commands(0).iter().filter(|line| *line == RESET).count() == resets
        })
        .await;
        let sent = ward.commands(0);
        assert_eq!(sent.iter().filter(|line| line.starts_with("DELETE ")).count(), 0, "{sent:?}");
        let log = row.details["console_log"].to_string();
        assert!(log.contains("runs on"), "{log}");
    }
}

/// A process that dies at each deed of a write: nothing is staged, made or restarted twice.
async fn dies(networks: &'static str, generation: Generation) {
    crash::at_each_deed(
        || one(networks, generation, |server| server),
        |ward| virtualization(ward, "Disabled", json!({"reboot_type": "forced", "timeout_seconds": 120})),
        |ward, row, name| {
            let sent = ward.commands(0);
            for command in [STAGE, MAKE_JOB, RESET] {
                assert!(sent.iter().filter(|line| *line == command).count() <= 1, "{name}: {sent:?}");
            }
            let entry = &row.details["results"][0];
            match row.status {
                JobStatus::Completed => {
                    assert_eq!(entry["verification"]["verified"], true, "{name}: {entry:#}");
                    assert!(sent.iter().any(|line| line == STAGE) && sent.iter().any(|line| line == RESET));
                }
                _ => panic!("{name}: {:#?}", row.details),
            }
            let kept = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(snapshots(ward, ward.servers[0]))
            });
            assert_eq!((kept.len(), &entry["snapshot_id"]), (1, &json!(kept[0].id)), "{name}");
            assert_eq!(
                kept[0].columns["attributes"]["ProcVirtualization"], "Enabled",
                "{name}: as it was before"
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_does_nothing_twice() {
    dies("127.63.18.0", NEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_makes_no_second_job_by_hand() {
    dies("127.63.19.0", OLD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_runs() {
    let ward = Ward::of("127.63.20.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run(READ, ward, |ward| ward.job(READ, json!({"notes": "as delivered"}))).await;
    let ward = Ward::of("127.63.21.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run(WRITE, ward, |ward| virtualization(ward, "Disabled", json!({"reboot_type": "graceful"})))
        .await;
}

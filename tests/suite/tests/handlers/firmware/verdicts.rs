//! What keeps a server from being updated, and what is told of an update that went wrong.

use std::time::Duration;

use dsm_core::JobStatus;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, JobRules, JobSpec, ServerSpec};
use serde_json::json;

use super::stock::{BASE, BIOS, CPLD, DIAGNOSTICS, RESET, Stock, UPDATE, count};
use crate::{assert_done, assert_failed};

const NEW: Generation = Generation::ALL[3];

async fn one(network: &str, change: impl FnOnce(ServerSpec) -> ServerSpec) -> Ward {
    Ward::start(network, 1, |fleet| fleet.generation(NEW).defaults(change)).await.unwrap()
}

fn someone_elses(seconds: u64) -> JobSpec {
    JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: "BIOSConfiguration".into(),
        runs_for: Duration::from_secs(seconds),
        ends: "Completed".into(),
    }
}

async fn refused(ward: &Ward, check: &str) {
    let stock = Stock::of(&[BIOS]);
    let ran = ward.run("firmware_update", stock.fetched(json!({"queue_timeout": 120}))).await.unwrap();
    assert_failed(&ran, "nothing was staged");
    assert_eq!(
        ran.of(ward.servers[0])["error_subject"],
        format!("preflight.{check}"),
        "{:#?}",
        ran.row.details
    );
    assert_eq!((count(ward, 0, UPDATE), count(ward, 0, RESET)), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_staged_where_something_is_in_the_way() {
    let off = one("127.68.32.0", |server| server).await;
    assert_done(&off.run("power_action", json!({"action": "ForceOff"})).await.unwrap());
    let ran = off.run("firmware_update", Stock::of(&[BIOS]).fetched(json!({}))).await.unwrap();
    assert_eq!(ran.of(off.servers[0])["error_subject"], "preflight.power");
    assert_eq!(count(&off, 0, UPDATE), 0);

    let busy = one("127.68.33.0", |server| server).await;
    let _ = busy.fleet.server(0).unwrap().add_job(someone_elses(24 * 3600));
    refused(&busy, "job_queue").await;

    let pending = one("127.68.34.0", |server| server).await;
    let _ = pending.fleet.server(0).unwrap().add_job_at_restart(someone_elses(60));
    refused(&pending, "pending_configuration").await;

    let on = json!({"Attributes": {"Lockdown.1.SystemLockdown": "Enabled"}});
    let attributes = "*/Oem/Dell/DellAttributes/iDRAC.Embedded.1";
    let locked = one("127.68.35.0", |server| {
        let rule = |id: &str| FaultRule::new(Effect::Altered { id: id.into(), set: on.clone() });
        server.faults([rule("iDRAC.Embedded.1").path(attributes)])
    })
    .await;
    refused(&locked, "lockdown").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_ends_in_time_is_waited_for() {
    let ward = one("127.68.36.0", |server| server).await;
    let _ = ward.fleet.server(0).unwrap().add_job(someone_elses(300));
    assert_done(&ward.run("firmware_update", Stock::of(&[DIAGNOSTICS]).fetched(json!({}))).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_that_no_idrac_takes_fails_with_its_message() {
    let ward = one("127.68.37.0", |server| server).await;
    let packages = json!([
        {"uri": format!("{BASE}/UNSIGNED_25806_4301A99.EXE"), "component": "25806", "version": "4301A99"},
        {"uri": format!("{BASE}/Package_159_9.9.9.EXE"), "component": "BIOS", "version": "9.9.9"},
    ]);
    let ran = ward.run("firmware_update", json!({"packages": packages})).await.unwrap();
    assert_failed(&ran, "RED007");
    let updates = ran.of(ward.servers[0])["updates"].as_array().unwrap();
    let of = |word: &str| updates.iter().find(|one| one["component"] == word).unwrap();
    // The other is none the worse for it, and what cannot be mended is not tried again.
    assert_eq!(of("BIOS")["status"], "installed");
    assert_eq!(
        (&of("Lifecycle")["status"], &of("Lifecycle")["version_after"]),
        (&json!("failed"), &json!("4301A73"))
    );
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (2, 1));
    let tasks = ward.stand.store.tasks(ran.row.id).await.unwrap();
    assert_eq!(tasks[0].status, JobStatus::Failed);
    assert!(tasks[0].log.as_deref().unwrap().contains("✗ Error"), "{tasks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_asks_for_a_person_ends_the_server_as_needing_one() {
    let rules = JobRules { ends: Some("UserIntervention".into()), ..JobRules::default() };
    let ward = one("127.68.38.0", |server| server.jobs(rules)).await;
    let ran = ward.run("firmware_update", Stock::of(&[CPLD]).fetched(json!({}))).await.unwrap();
    assert_failed(&ran, "a person must");
    assert_eq!(ran.row.details["needs_person"], true);
    assert_eq!(ran.of(ward.servers[0])["updates"][0]["status"], "needs_person");
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (1, 1), "it is not tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_not_prepared_is_deleted_and_tried_once_more() {
    let rules = JobRules { not_prepared: 1, ..JobRules::default() };
    let ward = one("127.68.39.0", |server| server.jobs(rules)).await;
    let ran = ward.run("firmware_update", Stock::of(&[BIOS]).fetched(json!({}))).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.of(ward.servers[0])["passes"], 2);
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (2, 2));
    assert!(ward.commands(0).iter().any(|one| one.starts_with("DELETE") || one.contains("DeleteJobQueue")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_ignores_its_restart_is_told_and_nothing_is_left_behind() {
    let rules = idrac_sim::HostRules { ignores_graceful: true, ..idrac_sim::HostRules::default() };
    let ward = one("127.68.40.0", |server| server.host(rules)).await;
    let stock = Stock::of(&[BIOS]);
    let details = stock.fetched(json!({"restart_timeout": 300, "max_passes": 1}));
    let ran = ward.run("firmware_update", details).await.unwrap();
    assert_eq!(ran.row.status, JobStatus::Failed);
    assert_eq!(count(&ward, 0, RESET), 1);
    // No later restart surprises anybody with what waited for this one.
    assert!(ward.commands(0).iter().any(|one| one.starts_with("DELETE") || one.contains("DeleteJobQueue")));
    let forced = stock.fetched(json!({"restart_timeout": 300, "escalate": "Force"}));
    assert_done(&ward.run("firmware_update", forced).await.unwrap());
}

//! A `bios_config_write` that is cancelled, or whose process dies, in the middle.

use dsm_core::JobStatus;
use idrac_sim::{Generation, ServerSpec};
use serde_json::{Value, json};

use super::{MAKE_JOB, NEW, OLD, READ, RESET, STAGE, one, snapshots, virtualization};
use crate::{assert_done, crash, stop};

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

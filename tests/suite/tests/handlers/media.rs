//! `virtual_media_mount` and `virtual_media_unmount`.

use std::time::Duration;

use dsm_core::credential::{Place, Secret};
use dsm_core::store::{AttemptWrite, RowChange, RowQuery, RowWrite, StoredRow, Table};
use dsm_core::{JobStatus, ServerId};
use dsm_suite::needles::Needles;
use dsm_suite::stand::to_the_end;
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{assert_done, assert_failed, crash, golden};

const ISO: &str = "http://10.1.2.3/images/a.iso";
const OTHER: &str = "http://10.1.2.3/images/b.iso";
const SHARE_PASSWORD: &str = "share-secret";

fn iso() -> Value {
    json!({"image_url": ISO})
}

fn iso_once() -> Value {
    json!({"image_url": ISO, "boot_once": true})
}

fn media(ward: &Ward, place: usize) -> Option<String> {
    ward.fleet.server(place).unwrap().media(0)
}

async fn sessions(ward: &Ward, server: ServerId) -> Vec<StoredRow> {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::VirtualMediaSessions) };
    ward.stand.store.rows(query).await.unwrap()
}

/// A row as the front end makes it before it makes the job.
async fn asked(ward: &Ward, server: ServerId, mut columns: Value) -> Uuid {
    let id = Uuid::now_v7();
    columns["server_id"] = json!(server);
    let Value::Object(columns) = columns else { unreachable!() };
    let row = RowWrite { table: Table::VirtualMediaSessions, id, change: RowChange::Insert(columns) };
    ward.stand.store.write(AttemptWrite { rows: vec![row], ..AttemptWrite::default() }).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_goes_in_and_out_on_every_generation_and_twice_is_no_change() {
    let ward = Ward::of("127.60.32.0", &Generation::ALL).await.unwrap();
    let mut sent = Vec::new();
    for changed in [true, false] {
        let ran = ward.run("virtual_media_mount", iso()).await.unwrap();
        assert_done(&ran);
        assert_eq!((ran.count("success_count"), &ran.row.details["failed_count"]), (6, &json!(0)));
        for (place, server) in ward.servers.iter().enumerate() {
            let found = ran.of(*server);
            assert_eq!(
                (&found["changed"], &found["status"]["inserted"]),
                (&json!(changed), &json!(true)),
                "{found:#?}"
            );
            assert_eq!(media(&ward, place).as_deref(), Some(ISO));
            let rows = sessions(&ward, *server).await;
            assert_eq!(rows[0].columns["is_mounted"], true);
            assert_eq!(rows[0].columns["remote_image_url"], ISO);
            assert_eq!(rows[0].columns["image_name"], "a.iso");
            if changed {
                sent.push(ward.commands(place).len());
            }
            assert_eq!(ward.commands(place).len(), sent[place], "{:#?}", ward.commands(place));
        }
    }
    for changed in [true, false] {
        let ran = ward.run("virtual_media_unmount", Value::Null).await.unwrap();
        assert_done(&ran);
        for (place, server) in ward.servers.iter().enumerate() {
            let found = ran.of(*server);
            assert_eq!(
                (&found["changed"], &found["status"]["inserted"]),
                (&json!(changed), &json!(false)),
                "{found:#?}"
            );
            assert_eq!(media(&ward, place), None);
            assert_eq!(ward.commands(place).len(), sent[place] + 1, "{:#?}", ward.commands(place));
            for row in sessions(&ward, *server).await {
                assert_eq!(row.columns["is_mounted"], false);
                assert!(row.columns["unmounted_at"].is_string());
            }
        }
    }
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_says_what_to_mount_and_its_password_is_kept_nowhere_else() {
    let ward = Ward::of("127.60.33.0", &[Generation::Idrac9V7]).await.unwrap();
    let server = ward.servers[0];
    let columns = json!({
        "media_type": "CD", "remote_image_url": "nfs://10.1.2.3/private/a.iso", "image_name": "a.iso",
        "share_username": "share", "is_mounted": false, "write_protected": true,
    });
    let id = asked(&ward, server, columns).await;
    let place = Place::Row(Table::VirtualMediaSessions, id);
    let sealed = ward.stand.cipher.seal(&Secret::new(SHARE_PASSWORD), place).unwrap().into_string();
    let change =
        RowChange::Patch([("share_password_encrypted".to_owned(), json!(sealed))].into_iter().collect());
    let row = RowWrite { table: Table::VirtualMediaSessions, id, change };
    ward.stand.store.write(AttemptWrite { rows: vec![row], ..AttemptWrite::default() }).await.unwrap();

    // The way the front end asks.
    let details = json!({"session_id": id.to_string()});
    let ran = ward.run("virtual_media_mount", details.clone()).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.of(server)["session_id"], json!(id));
    assert_eq!(media(&ward, 0).as_deref(), Some("10.1.2.3:/private/a.iso"));
    let rows = sessions(&ward, server).await;
    assert_eq!((rows.len(), &rows[0].columns["mount_job_id"]), (1, &json!(ran.row.id)));
    let activity = ward.stand.store.activity(dsm_core::store::ActivityQuery::default()).await.unwrap();
    let told = format!("{:?} {:?} {activity:?} {rows:?}", ran.row, ran.events);
    assert_eq!(
        Needles::of("the share's password", SHARE_PASSWORD).found_in("what is kept", told.as_bytes()),
        [""; 0]
    );

    let ran = ward.run("virtual_media_unmount", details).await.unwrap();
    assert_done(&ran);
    assert_eq!((media(&ward, 0), &ran.of(server)["changed"]), (None, &json!(true)));
    assert_eq!(sessions(&ward, server).await[0].columns["unmount_job_id"], json!(ran.row.id));

    // A password in the job goes before the session's, sealed as every password in a job is.
    let details =
        json!({"session_id": id.to_string(), "share_username": "share", "share_password": "wrong-one"});
    let ran = ward.run("virtual_media_mount", details).await.unwrap();
    assert_failed(&ran, "RAC0720");
    assert!(!format!("{:?} {:?}", ran.row, ran.events).contains("wrong-one"));
    let ran =
        ward.run("virtual_media_mount", json!({"session_id": Uuid::now_v7().to_string()})).await.unwrap();
    assert_failed(&ran, "image");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_image_leaves_only_when_asked() {
    let ward = Ward::of("127.60.34.0", &[Generation::Idrac8, Generation::Idrac9V5]).await.unwrap();
    assert_done(&ward.run("virtual_media_mount", iso()).await.unwrap());
    let ran = ward.run("virtual_media_mount", json!({"image_url": OTHER})).await.unwrap();
    assert_failed(&ran, "no virtual");
    assert_eq!(ran.row.details["success_count"], 0);
    let ran = ward.run("virtual_media_unmount", json!({"image_url": OTHER})).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(ran.of(*server)["status"]["image"], ISO, "{:#?}", ran.of(*server));
        assert_eq!(media(&ward, place).as_deref(), Some(ISO), "it is somebody else's");
    }
    let ran = ward.run("virtual_media_mount", json!({"image_url": OTHER, "replace": true})).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(ran.of(*server)["replaced"], ISO);
        assert_eq!(media(&ward, place).as_deref(), Some(OTHER));
    }
    assert_done(&ward.run("virtual_media_unmount", json!({"image_url": ISO, "force": true})).await.unwrap());
    assert_eq!((media(&ward, 0), media(&ward, 1)), (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_starts_from_it_once_on_every_generation() {
    let ward = Ward::of("127.60.35.0", &Generation::ALL).await.unwrap();
    let ran = ward.run("virtual_media_mount", iso_once()).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        let is_old = matches!(Generation::ALL[place], Generation::Idrac7 | Generation::Idrac8);
        let way = if is_old { "profile" } else { "override" };
        assert_eq!(ran.of(*server)["boot_once"], way, "{:#?}", ran.of(*server));
        assert!(!ward.commands(place).iter().any(|one| one.contains("Reset")), "nobody is restarted");
    }
    assert_done(&ward.run("power_action", json!({"action": "ForceRestart"})).await.unwrap());
    for place in 0..ward.servers.len() {
        let booted = ward.fleet.server(place).unwrap().booted_by_override();
        assert!(matches!(booted.as_deref(), Some("Cd" | "VCD-DVD")), "{booted:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_changes_nothing() {
    let ward = Ward::of("127.60.36.0", &Generation::ALL).await.unwrap();
    let plans = async |job_type: &str, details: Value| {
        let mut details = details;
        details["dry_run"] = json!(true);
        let ran = ward.run(job_type, details).await.unwrap();
        assert_done(&ran);
        let steps = |server: &ServerId| ran.of(*server)["plan"]["steps"].as_array().unwrap().len();
        ward.servers.iter().map(steps).collect::<Vec<_>>()
    };
    assert!(plans("virtual_media_mount", iso_once()).await.iter().all(|steps| *steps >= 1));
    assert_eq!(plans("virtual_media_unmount", json!({})).await, [0; 6]);
    for (place, server) in ward.servers.iter().enumerate() {
        assert!(ward.commands(place).is_empty() && sessions(&ward, *server).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_done() {
    let ward = Ward::start("127.60.37.0", 3, |fleet| fleet.server(1, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    for job_type in ["virtual_media_mount", "virtual_media_unmount"] {
        let ran = ward.run(job_type, iso()).await.unwrap();
        // The rule of these types: one is enough.
        assert_eq!(ran.row.status, JobStatus::Completed, "{:#?}", ran.row.details);
        assert_eq!((&ran.row.details["partial"], ran.count("failed_count")), (&json!(true), 1));
        assert!(ran.row.details["error"].as_str().unwrap().contains("1 of 3 servers failed"));
        assert!(sessions(&ward, ward.servers[1]).await.is_empty());
    }
    let ran = ward.stand.run(ward.job_on("virtual_media_mount", &ward.servers[1..2], iso())).await.unwrap();
    assert_failed(&ran, "Host unreachable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_reached_is_told_and_leaves_no_row() {
    let ward = Ward::of("127.60.38.0", &[Generation::Idrac9V7]).await.unwrap();
    let ran = ward.run("virtual_media_mount", json!({"image_url": "http://192.0.2.7/a.iso"})).await.unwrap();
    assert_failed(&ran, "RAC0904");
    assert!(sessions(&ward, ward.servers[0]).await.is_empty() && media(&ward, 0).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.60.39.0", &[Generation::Idrac9V7]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (job_type, details, field) in [
        ("virtual_media_mount", json!({}), "details.image_url"),
        ("virtual_media_mount", json!({"image_url": "ftp://h/a.iso"}), "details.image_url"),
        ("virtual_media_mount", json!({"session_id": "x"}), "details.session_id"),
        ("virtual_media_mount", json!({"image_url": ISO, "boot_once": 1}), "details.boot_once"),
        ("virtual_media_unmount", json!({"media_type": "Tape"}), "details.media_type"),
        ("virtual_media_unmount", json!({"force": "yes"}), "details.force"),
    ] {
        let error = engine.enqueue(ward.job(job_type, details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_after_it_was_put_in_the_image_is_taken_out_again() {
    let slow = FaultRule::new(Effect::Delay { ms: 600_000 }).method("PATCH").path("*/Systems/*");
    let mut ward =
        Ward::start("127.60.40.0", 1, |fleet| fleet.server(0, |server| server.faults([slow]))).await.unwrap();
    ward.stand.idrac.request_timeout = Duration::from_secs(600);
    let engine = ward.stand.engine().await.unwrap();
    let events = engine.events();
    let job = engine.enqueue(ward.job("virtual_media_mount", iso_once())).await.unwrap();
    while media(&ward, 0).is_none() || ward.stand.store.steps(job).await.unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    engine.cancel(job, "enough").await.unwrap();
    to_the_end(events, job).await;
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    assert_eq!(media(&ward, 0), None, "{:#?}", row.details);
    assert!(row.details["console_log"].to_string().contains("the image was taken out again"));
    ward.fleet.server(0).unwrap().set_faults([]);
    engine.shutdown().await.unwrap();
    assert_eq!(ward.fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_puts_nothing_in_and_chooses_nothing_twice() {
    for generation in [Generation::Idrac8, Generation::Idrac9V7] {
        crash::at_each_deed(
            || async { Ward::of("127.60.41.0", &[generation]).await.unwrap() },
            |ward| ward.job("virtual_media_mount", iso_once()),
            |ward, row, name| {
                let sent = ward.commands(0);
                let of = |end: &str| sent.iter().filter(|one| one.ends_with(end)).count();
                assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
                assert_eq!(media(ward, 0).as_deref(), Some(ISO), "{name}");
                assert_eq!(of("VirtualMedia.InsertMedia"), 1, "{name}: {sent:#?}");
                let chosen = of("ImportSystemConfiguration") + of("Systems/System.Embedded.1");
                assert_eq!(chosen, 1, "{name}: {sent:#?}");
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_takes_out_what_it_was_told_to() {
    crash::at_each_deed(
        || async {
            let ward = Ward::of("127.60.42.0", &[Generation::Idrac9V7]).await.unwrap();
            assert_done(&ward.run("virtual_media_mount", iso()).await.unwrap());
            ward
        },
        |ward| ward.job("virtual_media_unmount", iso()),
        |ward, row, name| {
            assert_eq!(row.status, JobStatus::Completed, "{name}: {:#?}", row.details);
            let ejects = ward.commands(0).iter().filter(|one| one.contains("EjectMedia")).count();
            assert_eq!((media(ward, 0), ejects), (None, 1), "{name}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_runs() {
    let of = || Ward::of("127.60.43.0", &[Generation::ALL[3]]);
    golden::run("virtual_media_mount", of().await.unwrap(), |ward| {
        ward.job("virtual_media_mount", iso_once())
    })
    .await;
    let ward = of().await.unwrap();
    assert_done(&ward.run("virtual_media_mount", iso()).await.unwrap());
    golden::run("virtual_media_unmount", ward, |ward| ward.job("virtual_media_unmount", iso())).await;
}

//! Known servers looked at again.

use dsm_core::credential::{Place, Secret};
use dsm_core::store::{ServerFields, ServerPatch};
use dsm_core::{EventKind, JobStatus, ServerId};
use dsm_suite::stand::{Ran, Stand, scan};
use idrac_sim::{FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_partly, fleet, ip, scan_all, stand};

async fn put(stand: &Stand, id: ServerId, set: ServerFields) {
    stand.store.put_servers(vec![(id, ServerPatch { set, clear: Vec::new() })]).await.unwrap();
}

async fn refresh(stand: &Stand, ids: &[ServerId]) -> Ran {
    let ids: Vec<String> = ids.iter().map(ServerId::to_string).collect();
    stand.run(scan(json!({"server_ids": ids}), Value::Null)).await.unwrap()
}

/// Status, progress and text of each server's task.
async fn tasks(stand: &Stand, ran: &Ran) -> Vec<(Option<ServerId>, JobStatus, u8, String)> {
    let tasks = stand.store.tasks(ran.row.id).await.unwrap();
    tasks
        .into_iter()
        .map(|task| (task.server_id, task.status, task.progress, task.log.unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_server_gets_its_own_end() {
    let fleet = fleet("127.45.0.0", 6)
        .generation_mix(Generation::MIX)
        .server(3, |s| s.kind(Kind::Dead))
        .server(4, |s| s.credentials("root", "changed"))
        .start()
        .await
        .unwrap();
    let stand = stand(&fleet).await;
    let ids: Vec<ServerId> = (0..6).map(|_| ServerId::new()).collect();
    for (index, id) in ids.iter().enumerate() {
        put(&stand, *id, ServerFields { ip_address: Some(ip(&fleet, index)), ..ServerFields::default() })
            .await;
    }
    // A password of its own that no key at hand opens.
    let foreign = dsm_core::credential::Cipher::from_key(zeroize::Zeroizing::new([9; 32]));
    let sealed = foreign.seal(&Secret::new("secret"), Place::Server(ids[5])).unwrap().into_string();
    let own = ServerFields {
        idrac_username: Some("root".to_owned()),
        idrac_password_encrypted: Some(sealed),
        ..ServerFields::default()
    };
    put(&stand, ids[5], own).await;
    let nobody = ServerId::new();
    let mut asked = ids.clone();
    asked.push(nobody);
    let ran = refresh(&stand, &asked).await;

    assert_partly(&ran);
    let counts = ["servers_total", "synced", "failed", "servers_refreshed", "servers_failed"];
    assert_eq!(counts.map(|key| ran.count(key)), [7, 3, 4, 3, 4], "{:#?}", ran.row.details);
    assert_eq!(ran.row.details["current_stage"], "complete");
    assert_eq!(ran.row.details["current_step"], "Complete: 3/7 synced");
    let tasks = tasks(&stand, &ran).await;
    assert_eq!(tasks.len(), 7, "{tasks:#?}");
    assert!(
        tasks.iter().all(|(_, status, progress, _)| status.is_terminal() && *progress == 100),
        "{tasks:#?}"
    );
    let of = |id: ServerId| tasks.iter().find(|(server, ..)| *server == Some(id)).cloned();
    for id in &ids[..3] {
        assert_eq!(of(*id).unwrap().1, JobStatus::Completed);
    }
    assert!(of(ids[3]).unwrap().3.contains("Host unreachable"), "{:?}", of(ids[3]));
    assert!(of(ids[4]).unwrap().3.contains("Authentication failed using"), "{:?}", of(ids[4]));
    assert!(of(ids[5]).unwrap().3.contains("key"), "{:?}", of(ids[5]));
    assert!(tasks.iter().any(|(.., text)| text.contains(&nobody.to_string())), "{tasks:#?}");

    let rows = stand.servers().await.unwrap();
    for index in 0..3 {
        let (row, truth) = (&rows[&ip(&fleet, index)], fleet.expected(index).unwrap());
        assert_eq!(row.fields.service_tag, Some(truth.service_tag));
        assert_eq!(row.fields.connection_status.as_deref(), Some("online"));
    }
    for (index, credential) in [(3, "unknown"), (4, "invalid"), (5, "invalid")] {
        let fields = &rows[&ip(&fleet, index)].fields;
        assert_eq!(fields.connection_status.as_deref(), Some("offline"), "{index}");
        assert!(fields.connection_error.is_some(), "{index}");
        assert_eq!(fields.credential_test_status.as_deref(), Some(credential), "{index}");
    }
    assert_eq!(fleet.totals().failed_logins, 1, "the wrong password once");
    assert_eq!(fleet.server(5).unwrap().requests(), 0, "nothing to log in with, nothing sent");
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_read_is_failed_and_all_read_is_completed() {
    let fleet = fleet("127.45.1.0", 4).start().await.unwrap();
    let stand = stand(&fleet).await;
    scan_all(&stand, &fleet).await;
    let ids: Vec<ServerId> = stand.servers().await.unwrap().values().map(|row| row.id).collect();
    let ran = refresh(&stand, &ids).await;
    assert_done(&ran);
    assert_eq!((ran.count("synced"), ran.count("failed")), (4, 0));
    let told = ran.events.iter().filter(|event| matches!(event.kind, EventKind::Inventory { .. })).count();
    assert_eq!(told, 4);
    fleet.stop().await;

    let ran = refresh(&stand, &ids).await;
    assert_eq!(ran.row.status, JobStatus::Failed);
    assert_eq!((ran.count("synced"), ran.count("failed")), (0, 4));
    for (_, status, progress, text) in tasks(&stand, &ran).await {
        assert_eq!((status, progress), (JobStatus::Failed, 100), "{text}");
    }
    for row in stand.servers().await.unwrap().values() {
        assert!(row.fields.service_tag.is_some(), "what is known stays");
        assert_eq!(row.fields.connection_status.as_deref(), Some("offline"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_read_in_part_is_synced_and_says_so() {
    let fleet = fleet("127.45.2.0", 2).start().await.unwrap();
    let stand = stand(&fleet).await;
    scan_all(&stand, &fleet).await;
    let rows = stand.servers().await.unwrap();
    fleet.server(0).unwrap().set_faults([FaultRule::status(500, "SYS446").path("*/Bios")]);
    let ids: Vec<ServerId> = rows.values().map(|row| row.id).collect();
    let ran = refresh(&stand, &ids).await;
    assert_partly(&ran);
    let counts = ["synced", "failed", "servers_partial"];
    assert_eq!(counts.map(|key| ran.count(key)), [2, 0, 1]);
    let of = tasks(&stand, &ran).await;
    assert!(of.iter().any(|(.., text)| text.contains("bios") && text.contains("Bios")), "{of:#?}");
    let row = &stand.servers().await.unwrap()[&ip(&fleet, 0)];
    assert_eq!(row.fields.boot_mode, rows[&ip(&fleet, 0)].fields.boot_mode);
    assert_eq!(row.fields.connection_status.as_deref(), Some("online"));
    assert_eq!(fleet.open_sessions(), 0);
}

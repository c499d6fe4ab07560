//! The engine and its scan on a server, unchanged.

use dsm_core::JobStatus;
use dsm_core::store::ActivityQuery;
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::postgres::Postgres;
use dsm_suite::stand::{Stand, scan};
use idrac_sim::{Fleet, Generation, InventorySize, Kind};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_is_scanned_and_refreshed() {
    let Some(server) = Postgres::shared() else { return };
    let size =
        InventorySize { drives: 2, dimms: 2, adapters: 1, firmware: 4, gpus: 0, ..InventorySize::default() };
    let fleet = Fleet::builder()
        .network("127.45.0.0", 10)
        .generation_mix(Generation::MIX)
        .credentials(USER, PASSWORD)
        .size(size)
        .server(4, |s| s.kind(Kind::Dead))
        .start()
        .await
        .unwrap();
    let stand = Stand::postgres(&server.database().unwrap(), fleet.port()).await.unwrap();
    stand.add_set("right", USER, PASSWORD, 10).await.unwrap();
    let range = format!("{}-{}", fleet.addresses()[0].ip(), fleet.addresses()[9].ip());
    for round in ["first", "second"] {
        let ran = stand.run(scan(json!({"ip_range": range}), Value::Null)).await.unwrap();
        assert_eq!(ran.row.status, JobStatus::Completed, "{round}: {:#?}", ran.row.details);
        assert_eq!(ran.count("discovered_count"), 9, "{round}: {:#?}", ran.row.details);
        let activity = ActivityQuery { job_id: Some(ran.row.id), ..ActivityQuery::default() };
        assert!(!stand.store.activity(activity).await.unwrap().is_empty(), "{round}: no activity");
    }
    let servers = stand.servers().await.unwrap();
    assert_eq!(servers.len(), 9);
    for row in servers.values() {
        assert!(row.fields.service_tag.is_some() && row.fields.model.is_some(), "{row:?}");
        assert_eq!(stand.store.inventory(row.id).await.unwrap().drives.len(), 2, "{row:?}");
        assert!(!stand.store.documents(row.id).await.unwrap().is_empty(), "{row:?}");
    }
    assert!(stand.store.sessions().await.unwrap().is_empty(), "sessions were left open");
}

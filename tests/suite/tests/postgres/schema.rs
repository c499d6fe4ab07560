//! The schema: made once, by whoever comes first; never over what is not ours.

use dsm_core::ErrorKind;
use dsm_core::store::{
    AttemptWrite, PostgresOptions, PostgresStore, ServerFields, ServerFinding, ServerPatch, ServerQuery,
    Store,
};
use dsm_suite::postgres::Postgres;

use crate::{fresh, name, open};

async fn refused(address: &str) -> dsm_core::Error {
    let error = PostgresStore::connect(address, PostgresOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{}", error.chain());
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_that_open_at_once_find_one_schema() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { open(&address).await.now().await.unwrap() })
        })
        .collect();
    for opener in openers {
        opener.await.unwrap();
    }
    let applied =
        server.sql(name(&address), "SELECT count(*) FROM dsm_meta WHERE key LIKE 'schema.%'").unwrap();
    assert_eq!(applied.trim(), "4");
}

#[tokio::test]
async fn a_table_of_jobs_of_somebody_else_is_left_alone() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    server.sql(name(&address), "CREATE TABLE jobs (id int)").unwrap();
    refused(&address).await;
    let tables =
        server.sql(name(&address), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").unwrap();
    assert_eq!(tables.trim(), "jobs");
}

#[tokio::test]
async fn a_newer_version_and_a_drifted_past_are_refused() {
    let Some((address, store)) = fresh().await else { return };
    drop(store);
    let server = Postgres::shared().unwrap();
    server.sql(name(&address), "INSERT INTO dsm_meta VALUES ('schema.5', 'x')").unwrap();
    assert!(refused(&address).await.message().contains("version 5"));
    server
        .sql(name(&address), "DELETE FROM dsm_meta WHERE key = 'schema.5'; UPDATE dsm_meta SET value = 'x' WHERE key = 'schema.1'")
        .unwrap();
    assert!(refused(&address).await.message().contains("migration 1"));
}

#[tokio::test]
async fn both_spellings_of_a_column_can_be_read() {
    let Some((address, store)) = fresh().await else { return };
    let set = ServerFields {
        idrac_username: Some("operator".into()),
        overall_health: Some("OK".into()),
        ..ServerFields::default()
    };
    let found = ServerFinding {
        ip_address: [10, 0, 0, 1].into(),
        server_id: None,
        patch: ServerPatch { set, clear: vec![] },
        only_if_empty: vec![],
    };
    store.write(AttemptWrite { findings: vec![found], ..AttemptWrite::default() }).await.unwrap();
    let read = "SELECT discovered_username || health_status || idrac_username || overall_health FROM servers";
    assert_eq!(Postgres::shared().unwrap().sql(name(&address), read).unwrap().trim(), "operatorOKoperatorOK");
}

#[tokio::test]
async fn a_text_the_server_cannot_hold_costs_nothing() {
    let Some((_, store)) = fresh().await else { return };
    let set = ServerFields {
        model: Some("Power\0Edge".into()),
        boot_order: Some(serde_json::json!(["a\0b"])),
        ..ServerFields::default()
    };
    let found = ServerFinding {
        ip_address: [10, 0, 0, 1].into(),
        server_id: None,
        patch: ServerPatch { set, clear: vec![] },
        only_if_empty: vec![],
    };
    store.write(AttemptWrite { findings: vec![found], ..AttemptWrite::default() }).await.unwrap();
    let servers = store.servers(ServerQuery::default()).await.unwrap();
    assert_eq!(servers[0].fields.model.as_deref(), Some("Power\u{fffd}Edge"));
    assert_eq!(servers[0].fields.boot_order, Some(serde_json::json!(["a\u{fffd}b"])));
}

#[tokio::test]
async fn debug_shows_no_password() {
    let Some((_, store)) = fresh().await else { return };
    let text = format!("{store:?}");
    assert!(text.contains("127.0.0.1") && !text.contains("elephant"), "{text}");
}

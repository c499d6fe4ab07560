//! Result tables beside an existing system's: its columns, its foreign keys.

use dsm_core::store::{
    AttemptWrite, PostgresOptions, PostgresStore, RowChange, RowQuery, RowWrite, Store, Table,
};
use dsm_core::{JobId, ServerId};
use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::EXISTING_SCHEMA as EXISTING;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{name, open};

fn row(table: Table, columns: &Value) -> RowWrite {
    let columns = columns.as_object().cloned().unwrap();
    RowWrite { table, id: Uuid::now_v7(), change: RowChange::Insert(columns) }
}

#[tokio::test]
async fn a_row_names_only_what_is_there() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let database = name(&address);
    server.sql(database, EXISTING).unwrap();
    let (here, person) = (ServerId::new(), Uuid::now_v7());
    server
        .sql(
            database,
            &format!(
                "ALTER TABLE bios_configurations ADD FOREIGN KEY (created_by) REFERENCES profiles (id);
                 ALTER TABLE audit_logs ADD FOREIGN KEY (user_id) REFERENCES auth.users (id);
                 INSERT INTO auth.users (id) VALUES ('{person}');
                 INSERT INTO profiles (id, email) VALUES ('{person}', 'anna@example.com');
                 INSERT INTO servers (id, ip_address) VALUES ('{here}', '10.0.0.1')"
            ),
        )
        .unwrap();
    let options = PostgresOptions::default();
    let plan = PostgresStore::plan(&address, &options).await.unwrap();
    assert!(!plan.to_string().contains("bios_configurations"), "what is there is enough: {plan}");
    PostgresStore::apply(&address, &options, &plan).await.unwrap();
    let store = open(&address).await;

    let bios = |server: ServerId, by: Uuid| {
        let columns = json!({
            "server_id": server, "captured_at": "2026-05-01T10:00:00Z", "attributes": {}, "job_id": JobId::new(),
            "created_by": by,
        });
        row(Table::BiosConfigurations, &columns)
    };
    let audit = |by: Uuid| {
        let columns =
            json!({"timestamp": "2026-05-01T10:00:00Z", "action": "server_discovery", "user_id": by});
        row(Table::AuditLogs, &columns)
    };
    let rows = vec![
        bios(here, person),
        bios(here, Uuid::now_v7()),
        bios(ServerId::new(), person),
        audit(person),
        audit(Uuid::now_v7()),
    ];
    store.write(AttemptWrite { rows, ..AttemptWrite::default() }).await.unwrap();
    let stored = "SELECT server_id, created_by, job_id FROM bios_configurations ORDER BY id";
    let expected = format!("{here}|{person}|\n{here}||");
    assert_eq!(server.sql(database, stored).unwrap().trim_end(), expected);
    let stored = "SELECT coalesce(user_id::text, 'nobody') FROM audit_logs ORDER BY id";
    assert_eq!(server.sql(database, stored).unwrap().trim_end(), format!("{person}\nnobody"));

    server.sql(database, "DELETE FROM servers").unwrap();
    assert_eq!(store.rows(RowQuery::of(Table::BiosConfigurations)).await.unwrap().len(), 0);
    assert_eq!(store.rows(RowQuery::of(Table::AuditLogs)).await.unwrap().len(), 2);
}

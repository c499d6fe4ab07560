use rusqlite::Connection;
use serde_json::json;
use uuid::Uuid;

use super::{finding, open};
use crate::store::table::Column;
use crate::store::{AttemptWrite, RowChange, RowQuery, RowWrite, Store, Table};

/// What the description says of a column, the table has.
#[test]
fn the_tables_are_as_they_are_described() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    drop(open(&path));
    let conn = Connection::open(&path).unwrap();
    for table in Table::ALL {
        let mut columns = conn.prepare("SELECT name, \"notnull\" FROM pragma_table_info(?1)").unwrap();
        let columns = columns.query_map([table.name()], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut there: Vec<(String, bool)> = columns.collect::<Result<_, _>>().unwrap();
        there.retain(|(name, _)| name != "id" && name != "created_at");
        let described = |column: &Column| (column.name.to_owned(), column.is_required);
        assert_eq!(there, table.columns().iter().map(described).collect::<Vec<_>>(), "{}", table.name());
    }
}

#[tokio::test]
async fn rows_go_with_their_server() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let store = open(&path);
    let write = AttemptWrite { findings: vec![finding(1), finding(2)], ..AttemptWrite::default() };
    let servers = store.write(write).await.unwrap().servers;
    let row = |at: usize| RowWrite {
        table: Table::VirtualMediaSessions,
        id: Uuid::now_v7(),
        change: RowChange::Insert(json!({"server_id": servers[at].server_id}).as_object().cloned().unwrap()),
    };
    let rows = vec![row(0), row(1), row(0)];
    let kept = rows[1].id;
    store.write(AttemptWrite { rows, ..AttemptWrite::default() }).await.unwrap();
    let gone = servers[0].server_id.to_string();
    let delete =
        store.write_now(move |tx| Ok(tx.conn.execute("DELETE FROM servers WHERE id = ?1", [gone])?));
    assert_eq!(delete.await.unwrap(), 1);
    let left = store.rows(RowQuery::of(Table::VirtualMediaSessions)).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [kept]);
}

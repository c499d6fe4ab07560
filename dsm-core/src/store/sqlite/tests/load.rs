use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;

use super::{found, open};
use crate::error::ErrorKind;
use crate::store::sqlite::fault::{Db, Fault};
use crate::store::sqlite::locks::place_of;
use crate::store::{ServerQuery, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_at_once_all_get_their_answer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&dir.path().join("dsm.db")));
    let writers = (0..64).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..8 {
                let number = writer * 8 + round;
                let report = store.write(found(number..number + 1)).await.unwrap();
                let query = ServerQuery { ids: vec![report.servers[0].server_id], ..ServerQuery::default() };
                assert_eq!(store.servers(query).await.unwrap().len(), 1, "what was answered can be read");
            }
        })
    });
    join_all(writers).await.into_iter().for_each(|writer| writer.unwrap());
    assert_eq!(store.servers(ServerQuery::default()).await.unwrap().len(), 512);
}

#[tokio::test]
async fn one_that_fails_hurts_no_other_of_its_group() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("dsm.db"));
    let bad = |key: &'static str| {
        store.write_now(move |tx| -> Db<()> {
            tx.conn.execute("INSERT INTO dsm_meta (key, value) VALUES (?1, 'x')", [key])?;
            Err(Fault::Sql(rusqlite::Error::InvalidQuery))
        })
    };
    // Queued in one go on one thread: they are committed together.
    let (first, good, second) =
        tokio::join!(bad("value.a"), store.put_meta("good", Bytes::from_static(b"1")), bad("value.b"));
    good.unwrap();
    assert_eq!([first.unwrap_err().kind(), second.unwrap_err().kind()], [ErrorKind::Store; 2]);
    assert_eq!(store.get_meta("a").await.unwrap(), None);
    assert_eq!(store.get_meta("good").await.unwrap().as_deref(), Some(&b"1"[..]));
    // Alone it has no savepoint to go back to: the whole transaction goes.
    assert_eq!(bad("value.b").await.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(store.get_meta("b").await.unwrap(), None);
    store.put_meta("after", Bytes::from_static(b"1")).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_one_clear_error_and_what_is_there_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let store = open(&path);
    store.put_meta("before", Bytes::from_static(b"1")).await.unwrap();
    let pages = |most: &'static str| {
        store.write_now(move |tx| -> Db<()> {
            tx.conn.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())).map_err(Fault::from)
        })
    };
    pages("1").await.unwrap();
    let error = store.put_meta("big", Bytes::from(vec![0; 1 << 20])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert_eq!(
        error.to_string(),
        format!("{}: the disk is full; free space on its file system", path.display())
    );
    assert_eq!(store.get_meta("before").await.unwrap().as_deref(), Some(&b"1"[..]));
    pages("1000000").await.unwrap();
    store.put_meta("big", Bytes::from(vec![0; 1 << 20])).await.unwrap();
}

/// A claim asks for it once a job: a walk of the line would make a long one quadratic.
#[tokio::test]
async fn a_place_in_line_is_found_by_its_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("dsm.db"));
    for (column, index) in [("job_id", "dsm_lock_job"), ("call_id", "dsm_lock_call")] {
        let sql = format!("EXPLAIN QUERY PLAN {}", place_of(column));
        let plan = store.read(move |conn| {
            let mut explain = conn.prepare(&sql)?;
            let rows = explain.query_map(["a", "b"], |row| row.get::<_, String>(3))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        let plan = plan.await.unwrap().join("; ");
        assert!(plan.contains(index), "{column}: {plan}");
    }
}

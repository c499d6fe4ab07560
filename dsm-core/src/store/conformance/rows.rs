//! Rows of result tables.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bench::{Bench, Stop, Verdict, completed, executor, finding, holds, keys, same, scan};
use crate::error::ErrorKind;
use crate::id::{JobId, ServerId, TaskId};
use crate::job::TaskUpdate;
use crate::store::{
    AttemptWrite, LeaseKey, Outcome, Prune, RowChange, RowQuery, RowWrite, ServerQuery, StoredRow, Table,
};

const EARLY: &str = "2026-05-01T10:00:00Z";
const LATE: &str = "2026-05-01T10:00:00.25Z";

fn insert(table: Table, id: Uuid, columns: Map<String, Value>) -> RowWrite {
    RowWrite { table, id, change: RowChange::Insert(columns) }
}

fn patch(table: Table, id: Uuid, columns: Map<String, Value>) -> RowWrite {
    RowWrite { table, id, change: RowChange::Patch(columns) }
}

fn entry(server: ServerId, at: &str, message: &str) -> Map<String, Value> {
    keys([("server_id", json!(server)), ("timestamp", json!(at)), ("message", json!(message))])
}

fn audit(action: &str) -> Map<String, Value> {
    keys([("timestamp", json!(EARLY)), ("action", json!(action))])
}

async fn server(bench: &Bench, last: u8) -> Verdict<ServerId> {
    Ok(bench.find_one(finding(last, Some(&format!("ROWS{last:03}")))).await?.server_id)
}

/// Outside any job.
async fn write(bench: &Bench, rows: Vec<RowWrite>) -> Verdict {
    bench.store().write(AttemptWrite { rows, ..AttemptWrite::default() }).await?;
    Ok(())
}

async fn all(bench: &Bench, table: Table) -> Verdict<Vec<StoredRow>> {
    Ok(bench.store().rows(RowQuery::of(table)).await?)
}

async fn found(bench: &Bench, query: RowQuery) -> Verdict<Vec<Uuid>> {
    Ok(bench.store().rows(query).await?.iter().map(|row| row.id).collect())
}

pub(super) async fn a_row_is_added_once_and_amended(bench: Bench) -> Verdict {
    let (here, table, id) = (server(&bench, 1).await?, Table::ServerEventLogs, Uuid::now_v7());
    let first = entry(here, EARLY, "first");
    write(&bench, vec![insert(table, id, first.clone()), insert(table, id, entry(here, LATE, "second"))])
        .await?;
    write(&bench, vec![insert(table, id, entry(here, LATE, "third"))]).await?;
    same!(all(&bench, table).await?, [StoredRow { id, columns: first.clone() }], "added three times");

    let change = keys([("message", Value::Null), ("severity", json!("Critical"))]);
    let again = keys([("severity", json!("OK"))]);
    let absent = patch(table, Uuid::now_v7(), again.clone());
    write(
        &bench,
        vec![patch(table, id, change), patch(table, id, again), absent, patch(table, id, Map::new())],
    )
    .await?;
    let mut amended = first;
    amended.remove("message");
    amended.insert("severity".into(), json!("OK"));
    same!(
        all(&bench, table).await?,
        [StoredRow { id, columns: amended }],
        "amended, and the one that is not there"
    );

    // In the order of the write.
    let new = Uuid::now_v7();
    let late = keys([("message", json!("late"))]);
    let rows = vec![
        patch(table, new, late.clone()),
        insert(table, new, entry(here, EARLY, "new")),
        patch(table, new, keys([("severity", json!("OK"))])),
        patch(table, new, late),
    ];
    write(&bench, rows).await?;
    let query = RowQuery { ids: vec![new], ..RowQuery::of(table) };
    let row = bench
        .store()
        .rows(query)
        .await?
        .pop()
        .map(|row| (row.columns["message"].clone(), row.columns["severity"].clone()));
    same!(row, Some((json!("late"), json!("OK"))), "added and amended in one write");
    Ok(())
}

pub(super) async fn values_of_every_kind_survive(bench: Bench) -> Verdict {
    let here = server(&bench, 1).await?;
    let job = bench.running(&executor("here")).await?;
    let (id, person) = (Uuid::now_v7(), Uuid::now_v7());
    let nested =
        json!({"a": [1, 2.5, null, true, "\u{1f980}"], "big": 18_446_744_073_709_551_615_u64, "": {}});
    let columns = keys([
        ("server_id", json!(here)),
        ("export_job_id", json!(job.job.id)),
        ("exported_at", json!("2026-05-01T12:00:00.123987+02:00")),
        ("backup_name", json!("before")),
        ("description", json!("")),
        ("scp_file_size_bytes", json!(i64::MAX)),
        ("scp_content", nested.clone()),
        ("include_bios", json!(true)),
        ("include_nic", json!(false)),
        ("created_by", json!(person.to_string().to_uppercase())),
        ("checksum", Value::Null),
        ("scp_raw_content", json!("x".repeat(1 << 20))),
        ("scp_format", json!("XML")),
    ]);
    let mut expected = columns.clone();
    expected.remove("checksum");
    expected.insert("exported_at".into(), json!("2026-05-01T10:00:00.123Z"));
    expected.insert("created_by".into(), json!(person));
    let write = AttemptWrite {
        lease: Some(job.lease.key),
        rows: vec![insert(Table::ScpBackups, id, columns)],
        ..AttemptWrite::default()
    };
    bench.store().write(write).await?;
    let rows = all(&bench, Table::ScpBackups).await?;
    holds!(rows == [StoredRow { id, columns: expected }], format!("the row: {rows:?}"));
    let text = json!("a profile as one text");
    write_one(&bench, patch(Table::ScpBackups, id, keys([("scp_content", text.clone())]))).await?;
    same!(all(&bench, Table::ScpBackups).await?[0].columns["scp_content"], text, "JSON that is a text");
    Ok(())
}

async fn write_one(bench: &Bench, row: RowWrite) -> Verdict {
    write(bench, vec![row]).await
}

pub(super) async fn rows_are_found_newest_first(bench: Bench) -> Verdict {
    let (one, two, table) = (server(&bench, 1).await?, server(&bench, 2).await?, Table::VirtualMediaSessions);
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(Uuid::from_u128);
    let session =
        |server: ServerId, at: Option<&str>| keys([("server_id", json!(server)), ("mounted_at", json!(at))]);
    let rows = vec![
        insert(table, a, session(one, Some(LATE))),
        insert(table, b, session(two, None)),
        insert(table, c, session(one, Some(EARLY))),
        insert(table, d, session(one, None)),
        insert(table, e, session(two, Some(EARLY))),
    ];
    write(&bench, rows).await?;
    let query = || RowQuery::of(table);
    same!(found(&bench, query()).await?, [a, e, c, d, b], "all");
    same!(found(&bench, RowQuery { limit: Some(2), ..query() }).await?, [a, e], "the newest two");
    same!(found(&bench, RowQuery { server_id: Some(one), ..query() }).await?, [a, c, d], "of one server");
    let ids = vec![b, c, Uuid::from_u128(9)];
    same!(found(&bench, RowQuery { ids: ids.clone(), ..query() }).await?, [c, b], "by id");
    let both = RowQuery { ids, server_id: Some(two), limit: Some(5), ..query() };
    same!(found(&bench, both).await?, [b], "by id and server");
    same!(
        found(&bench, RowQuery { server_id: Some(ServerId::new()), ..query() }).await?.len(),
        0,
        "of nobody"
    );
    same!(found(&bench, RowQuery::of(Table::AuditLogs)).await?.len(), 0, "of another table");

    let few =
        RowQuery { ids: vec![a], columns: Some(vec!["mounted_at".into(), "image_name".into()]), ..query() };
    let row = StoredRow { id: a, columns: keys([("mounted_at", json!(LATE))]) };
    same!(bench.store().rows(few).await?, [row], "some columns");
    same!(found(&bench, RowQuery { columns: Some(Vec::new()), ..query() }).await?.len(), 5, "no column");
    let odd = RowQuery { columns: Some(vec!["id; DROP TABLE jobs".into()]), ..query() };
    same!(
        bench.store().rows(odd).await.err().map(|error| error.kind()),
        Some(ErrorKind::InvalidInput),
        "no column of it"
    );
    let nowhere = RowQuery { server_id: Some(one), ..RowQuery::of(Table::AuditLogs) };
    holds!(bench.store().rows(nowhere).await.is_err(), "a server was found where there is none");
    Ok(())
}

pub(super) async fn rows_are_written_with_all_else_or_not_at_all(bench: Bench) -> Verdict {
    let (here, table) = (executor("here"), Table::AuditLogs);
    let old = bench.running(&here).await?;
    let other = bench.running(&here).await?;
    let given = |lease: LeaseKey, action: &str| AttemptWrite {
        lease: Some(lease),
        rows: vec![insert(table, Uuid::now_v7(), audit(action))],
        ..AttemptWrite::default()
    };
    let task = TaskUpdate { id: TaskId::new(), server_id: None, status: None, log: None, progress: None };
    let tasks = vec![task.clone()];
    bench.store().write(AttemptWrite { tasks, ..given(other.lease.key, "first") }).await?;
    // A task of another job: the row goes with it.
    let tasks = vec![task];
    holds!(
        bench.store().write(AttemptWrite { tasks, ..given(old.lease.key, "bad") }).await.is_err(),
        "a foreign task"
    );
    let details = keys([("stage", json!("done"))]);
    bench.store().write(AttemptWrite { details, ..given(old.lease.key, "second") }).await?;
    bench.settle(old.lease.key, Outcome::Release).await?;
    match bench.store().write(given(old.lease.key, "lost")).await {
        Err(error) if error.kind() == ErrorKind::LeaseLost => {}
        outcome => return Err(Stop::Fail(format!("{outcome:?} where the lease is lost"))),
    }
    let mut actions: Vec<_> =
        all(&bench, table).await?.iter().map(|row| row.columns["action"].clone()).collect();
    actions.sort_by_key(ToString::to_string);
    same!(actions, [json!("first"), json!("second")], "what was written");
    Ok(())
}

pub(super) async fn what_is_no_row_is_refused(bench: Bench) -> Verdict {
    let (here, table) = (server(&bench, 1).await?, Table::BiosConfigurations);
    let good = || {
        keys([
            ("server_id", json!(here)),
            ("captured_at", json!(EARLY)),
            ("attributes", json!({"BootMode": "Uefi"})),
        ])
    };
    let with = |name: &str, value: Value| {
        let mut columns = good();
        columns.insert(name.to_owned(), value);
        columns
    };
    let new = |columns| insert(table, Uuid::now_v7(), columns);
    for (bad, field) in [
        (new(with("colour", json!("red"))), "bios_configurations.colour"),
        (new(with("snapshot_type", json!("old"))), "bios_configurations.snapshot_type"),
        (new(with("snapshot_type", json!(""))), "bios_configurations.snapshot_type"),
        (new(with("captured_at", json!("yesterday"))), "bios_configurations.captured_at"),
        (new(with("attributes", Value::Null)), "bios_configurations.attributes"),
        (patch(table, Uuid::now_v7(), keys([("server_id", json!(here))])), "bios_configurations.server_id"),
    ] {
        let rows = vec![insert(Table::AuditLogs, Uuid::now_v7(), audit("before")), bad];
        let findings = vec![finding(9, Some("BAD0001"))];
        let error =
            bench.store().write(AttemptWrite { rows, findings, ..AttemptWrite::default() }).await.err();
        same!(error.as_ref().and_then(|error| error.subject()), Some(field), "the field named");
    }
    same!(all(&bench, Table::AuditLogs).await?, [], "rows beside the bad ones");
    same!(bench.store().servers(ServerQuery::default()).await?.len(), 1, "servers");
    write(&bench, vec![new(with("snapshot_type", json!("baseline")))]).await
}

pub(super) async fn a_row_needs_its_server_and_outlives_its_job(bench: Bench) -> Verdict {
    let (here, table) = (server(&bench, 1).await?, Table::ServerBootConfigHistory);
    let job = bench.running(&executor("here")).await?;
    let [mine, odd] = [1, 2].map(Uuid::from_u128);
    let row = |server: ServerId, job: JobId| {
        keys([("server_id", json!(server)), ("timestamp", json!(EARLY)), ("job_id", json!(job))])
    };
    let rows = vec![
        insert(table, mine, row(here, job.job.id)),
        insert(table, odd, row(here, JobId::new())),
        insert(table, Uuid::now_v7(), row(ServerId::new(), job.job.id)),
        insert(Table::AuditLogs, Uuid::now_v7(), audit("x")),
    ];
    bench.store().write(AttemptWrite { lease: Some(job.lease.key), rows, ..AttemptWrite::default() }).await?;
    let job_of = |rows: &[StoredRow]| -> Vec<_> {
        rows.iter().map(|row| (row.id, row.columns.get("job_id").cloned())).collect()
    };
    let rows = all(&bench, table).await?;
    same!(job_of(&rows), [(odd, None), (mine, Some(json!(job.job.id)))], "what stands");
    same!(all(&bench, Table::AuditLogs).await?.len(), 1, "what was beside it");
    write_one(&bench, patch(table, mine, keys([("job_id", json!(JobId::new()))]))).await?;
    write_one(&bench, patch(table, odd, keys([("job_id", json!(job.job.id))]))).await?;
    same!(job_of(&all(&bench, table).await?), [(odd, Some(json!(job.job.id))), (mine, None)], "amended");

    bench.settle(job.lease.key, completed()).await?;
    bench.advance(Duration::from_secs(86_400))?;
    let now = bench.store().now().await?;
    let prune = Prune { jobs_before: Some(now), activity_before: None, health_before: None, limit: 10 };
    same!(bench.store().prune(prune).await?.jobs, 1, "jobs gone");
    same!(job_of(&all(&bench, table).await?), [(odd, None), (mine, None)], "without the job");
    Ok(())
}

pub(super) async fn a_whole_log_is_one_write(bench: Bench) -> Verdict {
    let (here, table) = (server(&bench, 1).await?, Table::ServerEventLogs);
    let id = |n: u32| Uuid::from_u128(u128::from(n) + 1);
    let rows = |range: std::ops::Range<u32>| -> Vec<RowWrite> {
        range.map(|n| insert(table, id(n), entry(here, EARLY, &format!("entry {n}")))).collect()
    };
    write(&bench, rows(0..5000)).await?;
    write(&bench, rows(2500..5001)).await?;
    let newest = RowQuery { server_id: Some(here), limit: Some(1), ..RowQuery::of(table) };
    same!(found(&bench, newest).await?, [id(5000)], "the newest");
    same!(
        found(&bench, RowQuery { columns: Some(Vec::new()), ..RowQuery::of(table) }).await?.len(),
        5001,
        "entries"
    );
    Ok(())
}

pub(super) async fn rows_survive_a_crash(bench: Bench) -> Verdict {
    let job = bench.enqueue(scan()).await?;
    let id = Uuid::now_v7();
    let details = keys([("details", json!({"job": job}))]);
    let columns: Map<String, Value> = audit("kept").into_iter().chain(details).collect();
    write_one(&bench, insert(Table::AuditLogs, id, columns.clone())).await?;
    let bench = bench.crash().await?;
    same!(all(&bench, Table::AuditLogs).await?, [StoredRow { id, columns }], "after the crash");
    Ok(())
}

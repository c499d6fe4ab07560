//! An untouched schema: the suite as far as the store says that it goes, and what it promises beyond.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Subject, check};
use dsm_core::store::{
    AttemptWrite, Beat, Cancelled, JobQuery, Lack, LeaseKey, LockOwner, LockRequest, Outcome, PauseScope,
    PostgrestStore, RowChange, RowQuery, RowWrite, Settled, Store, Table, Turn, Wish,
};
use dsm_core::{ErrorKind, JobId, JobStatus, NewJob, ServerId};
use dsm_suite::postgrest::PostgrestOptions as FakeOptions;
use serde_json::{Map, json};

use super::{Bench, claim, completed, count, executor, options, scan, scans, settlement};

/// A database and a service for each case.
struct Untouched;

#[async_trait]
impl Factory for Untouched {
    async fn fresh(&self) -> Result<Subject> {
        let bench = Bench::with(FakeOptions { max_rows: Some(7), ..FakeOptions::default() }).await.unwrap();
        // Every operation of the log and every type of the suite is a word of ours: the existing enumerations stay.
        bench.sql("ALTER TYPE job_type ADD VALUE IF NOT EXISTS 'of_somebody_else'");
        bench.sql("ALTER TYPE job_type ADD VALUE IF NOT EXISTS 'water_the_plants'");
        bench.service.reload().await.unwrap();
        let (url, key) = (bench.service.url(), bench.service.key().to_owned());
        // As long as the service is used.
        let bench = Arc::new(bench);
        let open = move || {
            let (url, key, bench) = (url.clone(), key.clone(), Arc::clone(&bench));
            async move {
                let store = PostgrestStore::connect(&url, &key, options()).await?;
                let _used = &bench;
                Ok(Arc::new(store) as Arc<dyn Store>)
            }
        };
        let store = open().await?;
        let reopen = Box::new(move || Box::pin(open()) as _);
        Ok(Subject { store, clock: None, reopen: Some(reopen) })
    }
}

/// The existing log takes no row about a server or a job that is not there.
const STRICTER: [&str; 2] =
    ["notes::activity_is_found_by_job_server_and_cursor", "notes::activity_learns_its_server_late_and_once"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_but_those_it_says_it_lacks() {
    if Bench::new().await.is_none() {
        return;
    }
    let report = check(&Untouched).await;
    let failed: BTreeSet<&str> = report.failed.iter().map(|(case, _)| *case).collect();
    assert_eq!(failed, BTreeSet::from(STRICTER), "{report}");
    let by_time = report.skipped.iter().filter(|(_, why)| why.contains("clock")).count();
    assert_eq!((by_time, report.skipped.len() - by_time), (14, 69), "{report}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_way_out() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    assert!(store.caps().lacks(Lack::Fences) && store.caps().lacks(Lack::Locks));
    let me = executor("here");
    let wish = LockRequest {
        owner: LockOwner::Call(uuid::Uuid::now_v7()),
        executor: me,
        wishes: vec![Wish::alone("server:1")],
        label: "a call".into(),
        turn: Turn::Now,
        ttl: Duration::from_secs(20),
    };
    let refused = [
        store.lock(wish).await.map(drop),
        store.pause(&PauseScope::All, "", "").await.map(drop),
        store.enqueue(vec![NewJob { lane: Some("server:1".into()), ..scan() }]).await.map(drop),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreNotOurs, "{}", error.chain());
        assert!(error.chain().contains("PostgresStore::plan"), "{}", error.chain());
    }
    assert_eq!(count(&*store, JobStatus::Pending).await, 0, "nothing was enqueued by half");
}

#[tokio::test]
async fn no_table_is_touched_that_is_not_there_before() {
    let Some(bench) = Bench::new().await else { return };
    let tables = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'";
    let before = bench.sql(tables);
    let store = bench.store().await;
    let me = executor("here");
    store.register(&me).await.unwrap();
    store.enqueue(scans(3)).await.unwrap();
    let won = store.claim(claim(&me, 2)).await.unwrap().jobs;
    store.settle(won.iter().map(completed).collect()).await.unwrap();
    store.unregister(&me).await.unwrap();
    assert_eq!(bench.sql(tables), before);
    assert_eq!(bench.sql("SELECT count(*) FROM executor_heartbeats"), "0");
    assert_eq!(
        bench.sql("SELECT status, count(*) FROM jobs GROUP BY 1 ORDER BY 1"),
        "pending|1\ncompleted|2"
    );
}

#[tokio::test]
async fn an_end_is_final_and_told_alike_when_repeated() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let me = executor("here");
    store.enqueue(scans(1)).await.unwrap();
    let won = store.claim(claim(&me, 1)).await.unwrap().jobs.remove(0);
    let end = |outcome| vec![settlement(&won, outcome)];
    let done = || Outcome::End(JobStatus::Completed, None);
    assert_eq!(store.settle(end(done())).await.unwrap(), [Settled::Applied]);
    assert_eq!(store.settle(end(done())).await.unwrap(), [Settled::AlreadyApplied]);
    let failed = Outcome::End(JobStatus::Failed, None);
    assert_eq!(store.settle(end(failed)).await.unwrap(), [Settled::Terminal(JobStatus::Completed)]);
    assert_eq!(store.settle(end(Outcome::Release)).await.unwrap(), [Settled::Terminal(JobStatus::Completed)]);
    assert_eq!(store.cancel(won.job.id, "late").await.unwrap(), Cancelled::AlreadyEnded);
    let write = AttemptWrite {
        lease: Some(won.lease.key),
        details: Map::from_iter([("late".into(), json!(1))]),
        ..AttemptWrite::default()
    };
    assert_eq!(store.write(write).await.unwrap_err().kind(), ErrorKind::LeaseLost);
    assert_eq!(bench.sql("SELECT status, details FROM jobs"), "completed|{}");
}

#[tokio::test]
async fn a_row_that_another_program_cancelled_stays_so() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let me = executor("here");
    store.enqueue(scans(2)).await.unwrap();
    let won = store.claim(claim(&me, 2)).await.unwrap().jobs;
    bench.sql("UPDATE jobs SET status = 'cancelled', completed_at = now()");
    let beat = Beat { executor: me, leases: won.iter().map(|one| one.lease.key).collect(), ttl: super::TTL };
    assert_eq!(store.renew(beat).await.unwrap().cancel.len(), 2);
    let ids: Vec<JobId> = won.iter().map(|one| one.job.id).collect();
    assert_eq!(store.cancel_requests(&ids).await.unwrap().len(), 2);
    let settled = store.settle(won.iter().map(completed).collect()).await.unwrap();
    assert_eq!(settled, [Settled::Terminal(JobStatus::Cancelled); 2]);
}

#[tokio::test]
async fn a_later_attempt_is_not_written_over() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let (one, two) = (executor("one"), executor("two"));
    store.enqueue(scans(1)).await.unwrap();
    let old = store.claim(claim(&one, 1)).await.unwrap().jobs.remove(0);
    store.settle(vec![settlement(&old, Outcome::Release)]).await.unwrap();
    let new = store.claim(claim(&two, 1)).await.unwrap().jobs.remove(0);
    assert!(new.lease.key.fence > old.lease.key.fence);
    assert_eq!(store.settle(vec![completed(&old)]).await.unwrap(), [Settled::LeaseLost]);
    // The very time counts, not only the state.
    let near = LeaseKey { fence: new.lease.key.fence - 1, ..new.lease.key };
    let write = AttemptWrite {
        lease: Some(near),
        details: Map::from_iter([("x".into(), json!(1))]),
        ..AttemptWrite::default()
    };
    assert_eq!(store.write(write).await.unwrap_err().kind(), ErrorKind::LeaseLost);
    assert_eq!(store.settle(vec![completed(&new)]).await.unwrap(), [Settled::Applied]);
}

#[tokio::test]
async fn what_a_dead_executor_held_comes_back() {
    let Some(bench) = Bench::new().await else { return };
    let (gone, here) = (bench.store().await, bench.store().await);
    let (dead, me) = (executor("dead"), executor("here"));
    gone.enqueue(scans(5)).await.unwrap();
    let mut brief = claim(&dead, 3);
    brief.ttl = Duration::from_millis(200);
    let lost = gone.claim(brief).await.unwrap().jobs;
    assert_eq!(lost.len(), 3);
    drop(gone);
    here.register(&me).await.unwrap();
    // Another program's running job is nobody's orphan.
    bench.sql("INSERT INTO jobs (job_type, status, started_at) VALUES ('discovery_scan', 'running', now() - interval '9 days')");
    bench.sql(
        "UPDATE executor_heartbeats SET last_seen_at = now() - interval '1 second' WHERE hostname = 'dead'",
    );
    let reaped = here.reap(2).await.unwrap();
    assert_eq!(reaped.len(), 3, "{reaped:?}");
    assert_eq!(here.reap(2).await.unwrap(), []);
    let again = here.claim(claim(&me, 9)).await.unwrap().jobs;
    assert_eq!(again.len(), 5);
    let attempts: BTreeSet<u32> = again.iter().map(|one| one.lease.attempt).collect();
    assert_eq!(attempts, BTreeSet::from([1, 2]));
    assert_eq!(count(&*here, JobStatus::Running).await, 6);
    let late = here.settle(vec![completed(&lost[0])]).await.unwrap();
    assert_eq!(late, [Settled::LeaseLost]);
}

#[tokio::test]
async fn a_poison_job_is_set_aside_with_its_evidence() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    let id = store.enqueue(scans(1)).await.unwrap()[0].id();
    for round in 1..=2 {
        let dead = executor(&format!("dead {round}"));
        assert_eq!(store.claim(claim(&dead, 1)).await.unwrap().jobs.len(), 1);
        bench.sql("UPDATE executor_heartbeats SET last_seen_at = now() - interval '1 day'");
        let expected = if round == 2 { JobStatus::Failed } else { JobStatus::Pending };
        let reaped = store.reap(2).await.unwrap();
        assert_eq!(reaped.iter().map(|one| one.status).collect::<Vec<_>>(), [expected]);
    }
    let row = store.jobs(JobQuery { ids: vec![id], ..JobQuery::default() }).await.unwrap().remove(0);
    let error = row.details["error"].as_str().unwrap();
    assert!(error.contains("dead 1") && error.contains("dead 2"), "{error}");
}

#[tokio::test]
async fn the_existing_pause_holds_jobs_and_cancels_none() {
    let Some(bench) = Bench::new().await else { return };
    let store = bench.store().await;
    bench.sql(
        "DELETE FROM activity_settings; INSERT INTO activity_settings (pause_idrac_operations) VALUES (true)",
    );
    store.enqueue(scans(2)).await.unwrap();
    let me = executor("here");
    let mut gated = claim(&me, 9);
    gated.gated = vec!["discovery_scan".into()];
    assert_eq!(store.claim(gated.clone()).await.unwrap().jobs.len(), 0);
    assert_eq!(store.pauses().await.unwrap().len(), 1);
    assert_eq!(count(&*store, JobStatus::Pending).await, 2);
    assert!(store.resume(&PauseScope::Idracs).await.unwrap());
    assert_eq!(store.claim(gated).await.unwrap().jobs.len(), 2);
}

#[tokio::test]
async fn words_and_columns_we_do_not_know_stay() {
    let Some(bench) = Bench::new().await else { return };
    bench.sql("ALTER TYPE job_status ADD VALUE IF NOT EXISTS 'paused'");
    bench.sql(
        "INSERT INTO jobs (job_type, status, details) VALUES ('firmware_update', 'paused', '[1]');
         INSERT INTO jobs (job_type, details) VALUES ('discovery_scan', '{\"theirs\": {\"n\": 1.50}, \"console_log\": [\"x\"]}')",
    );
    let store = bench.store().await;
    let me = executor("here");
    let mut every = claim(&me, 9);
    every.job_types.extend(["firmware_update".to_owned(), "a_type_of_nobody".to_owned()]);
    let won = store.claim(every).await.unwrap().jobs;
    assert_eq!(won.len(), 1);
    let mut end = completed(&won[0]);
    end.details = Map::from_iter([("ours".into(), json!("✓"))]);
    assert_eq!(store.settle(vec![end]).await.unwrap(), [Settled::Applied]);
    assert_eq!(store.jobs(JobQuery::default()).await.unwrap().len(), 2);
    let rows = bench.sql("SELECT status, details FROM jobs ORDER BY status::text");
    assert_eq!(
        rows.lines().collect::<Vec<_>>(),
        [r#"completed|{"ours": "✓", "theirs": {"n": 1.50}, "console_log": ["x"]}"#, "paused|[1]"]
    );
    let error = store.enqueue(vec![NewJob::new("a_type_of_nobody")]).await.unwrap_err();
    assert_eq!(error.subject(), Some("job_type"), "{}", error.chain());
}

#[tokio::test]
async fn rows_of_results_name_only_what_is_there() {
    let Some(bench) = Bench::new().await else { return };
    let (here, person) = (ServerId::new(), uuid::Uuid::now_v7());
    bench.sql(&format!(
        "ALTER TABLE bios_configurations ADD FOREIGN KEY (created_by) REFERENCES profiles (id);
         ALTER TABLE audit_logs ADD FOREIGN KEY (user_id) REFERENCES auth.users (id);
         ALTER TABLE audit_logs DROP COLUMN ip_address;
         DROP TABLE virtual_media_sessions;
         INSERT INTO auth.users (id) VALUES ('{person}');
         INSERT INTO profiles (id, email) VALUES ('{person}', 'anna@example.com');
         INSERT INTO servers (id, ip_address) VALUES ('{here}', '10.0.0.1')"
    ));
    bench.service.reload().await.unwrap();
    let store = bench.store().await;
    let row = |table, columns: serde_json::Value| RowWrite {
        table,
        id: uuid::Uuid::now_v7(),
        change: RowChange::Insert(columns.as_object().cloned().unwrap()),
    };
    let at = "2026-05-01T10:00:00Z";
    let bios = |server: ServerId, by: uuid::Uuid| {
        let columns = json!({"server_id": server, "captured_at": at, "attributes": {}, "job_id": JobId::new(), "created_by": by});
        row(Table::BiosConfigurations, columns)
    };
    let audit = |by: uuid::Uuid| {
        row(
            Table::AuditLogs,
            json!({"timestamp": at, "action": "x", "user_id": by, "ip_address": "10.0.0.9"}),
        )
    };
    let nobody = uuid::Uuid::now_v7();
    let rows = vec![
        bios(here, person),
        bios(here, nobody),
        bios(ServerId::new(), person),
        audit(person),
        audit(nobody),
    ];
    for _ in 0..2 {
        // Said twice, it is written once.
        store.write(AttemptWrite { rows: rows.clone(), ..AttemptWrite::default() }).await.unwrap();
    }
    let stored = "SELECT server_id, created_by, job_id FROM bios_configurations ORDER BY id";
    assert_eq!(bench.sql(stored), format!("{here}|{person}|\n{here}||"));
    let stored = "SELECT coalesce(user_id::text, 'nobody') FROM audit_logs ORDER BY id";
    assert_eq!(bench.sql(stored), format!("{person}\nnobody"));
    assert_eq!(store.rows(RowQuery::of(Table::AuditLogs)).await.unwrap().len(), 2);
    let error = store.rows(RowQuery::of(Table::VirtualMediaSessions)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", error.chain());
}

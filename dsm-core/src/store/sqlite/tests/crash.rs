use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

use super::{found, open};
use crate::job::NewJob;
use crate::store::{AttemptWrite, Claim, Executor, JobQuery, ServerQuery, SessionRow, Store};

const FILE: &str = "DSM_STORE_CRASH_TEST";
const BATCH: u32 = 32;

/// The child: claims a job and writes until it is killed, saying each batch once it is committed.
#[tokio::test]
async fn victim() {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let store = open(&path);
    let executor = Executor { id: "here".into(), incarnation: Uuid::now_v7() };
    store.register(&executor).await.unwrap();
    store.enqueue(vec![NewJob { job_type: "discovery_scan".into(), ..NewJob::default() }]).await.unwrap();
    let claim = Claim {
        executor: executor.clone(),
        job_types: vec!["discovery_scan".into()],
        gated: Vec::new(),
        slots: 1,
        ttl: Duration::from_secs(3600),
        limits: crate::store::Limits::default(),
        others: Vec::new(),
    };
    let lease = store.claim(claim).await.unwrap().jobs[0].lease.key;
    let session = SessionRow {
        id: Uuid::now_v7(),
        host: "10.0.0.1:443".into(),
        username: "operator".into(),
        location: None,
        opened_at: store.now().await.unwrap(),
        incarnation: executor.incarnation,
    };
    store.put_session(session).await.unwrap();
    for batch in 0.. {
        let write = AttemptWrite { lease: Some(lease), ..found(batch * BATCH..(batch + 1) * BATCH) };
        store.write(write).await.unwrap();
        println!("committed {batch}");
    }
}

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::sqlite::tests::crash::victim", "--nocapture"])
        .env(FILE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let mut batches = lines.filter_map(|line| line.strip_prefix("committed ")?.parse::<u32>().ok());
    let seen = batches.find(|batch| *batch >= 20).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let committed = batches.last().unwrap_or(seen) + 1;

    let store = open(&path);
    let check = store.write_now(|tx| {
        Ok(tx.conn.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?)
    });
    assert_eq!(check.await.unwrap(), "ok");
    let servers = store.servers(ServerQuery::default()).await.unwrap().len();
    assert_eq!(servers % BATCH as usize, 0, "a batch is there as a whole or not at all");
    assert!(servers >= (committed * BATCH) as usize, "{servers} servers after {committed} batches");
    assert_eq!(store.sessions().await.unwrap().len(), 1);
    let job = store.jobs(JobQuery::default()).await.unwrap().remove(0);
    let next = Executor { id: "here".into(), incarnation: Uuid::now_v7() };
    assert_eq!(store.register(&next).await.unwrap().released, [job.id]);
}

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::open;
use crate::job::NewJob;
use crate::store::{Claim, ClaimedJob, Executor, JobQuery, PauseScope, Reason, Retried, SqliteStore, Store};

/// As the existing system's settings page does.
fn set(path: &Path, paused: bool) {
    let theirs = rusqlite::Connection::open(path).unwrap();
    theirs.execute("UPDATE activity_settings SET pause_idrac_operations = ?1", [paused]).unwrap();
}

async fn claim(store: &SqliteStore) -> Vec<ClaimedJob> {
    let claim = Claim {
        executor: Executor { id: "here".into(), incarnation: Uuid::now_v7() },
        job_types: vec!["change".into(), "console_launch".into()],
        gated: vec!["change".into()],
        slots: 9,
        ttl: Duration::from_secs(60),
        limits: crate::store::Limits::default(),
        others: Vec::new(),
    };
    store.claim(claim).await.unwrap().jobs
}

fn in_lane(job_type: &str) -> NewJob {
    NewJob { lane: Some("server:a".into()), ..NewJob::new(job_type) }
}

#[tokio::test]
async fn the_setting_of_the_existing_system_is_honoured_whoever_sets_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let store = open(&path);
    let ids: Vec<_> = store
        .enqueue(vec![in_lane("change"), in_lane("change"), in_lane("console_launch")])
        .await
        .unwrap()
        .iter()
        .map(|added| added.id())
        .collect();
    let first = claim(&store).await;
    assert_eq!(first.len(), 1);
    set(&path, true);
    let pause = store.pauses().await.unwrap().remove(0);
    assert_eq!((pause.scope, pause.since, pause.by), (PauseScope::Idracs, None, None));
    assert!(claim(&store).await.is_empty(), "while the lane is taken");
    assert!(store.pauses().await.unwrap()[0].since.is_some(), "a claim has met it");
    store.cancel(first[0].job.id, "enough").await.unwrap();
    let gone = crate::store::Settlement {
        lease: first[0].lease.key,
        outcome: crate::store::Outcome::End(crate::job::JobStatus::Cancelled, None),
        details: serde_json::Map::new(),
        tasks: Vec::new(),
    };
    store.settle(vec![gone]).await.unwrap();
    let passed = claim(&store).await;
    assert_eq!(
        passed.iter().map(|won| won.job.id).collect::<Vec<_>>(),
        [ids[2]],
        "it passes who is held back"
    );
    let why = store.why_not(ids[1], &["change".to_owned()]).await.unwrap().unwrap();
    assert!(matches!(&why.reasons[0], Reason::Paused(pause) if pause.scope == PauseScope::Idracs), "{why}");
    // Nothing was cancelled, as the existing system would have.
    let waiting = store.jobs(JobQuery { ids: vec![ids[1]], ..JobQuery::default() }).await.unwrap().remove(0);
    assert_eq!(waiting.status, crate::job::JobStatus::Pending);
    set(&path, false);
    assert_eq!(store.pauses().await.unwrap(), []);
    assert!(!store.resume(&PauseScope::Idracs).await.unwrap());
}

#[tokio::test]
async fn a_job_that_another_program_ended_is_not_tried_again_while_it_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dsm.db");
    let store = open(&path);
    store.enqueue(vec![NewJob::new("change")]).await.unwrap();
    let won = claim(&store).await.remove(0);
    let theirs = rusqlite::Connection::open(&path).unwrap();
    theirs.execute("UPDATE jobs SET status = 'cancelled'", []).unwrap();
    assert_eq!(store.retry(won.job.id).await.unwrap(), Retried::StillRunning);
    let end = crate::store::Settlement {
        lease: won.lease.key,
        outcome: crate::store::Outcome::End(crate::job::JobStatus::Completed, None),
        details: serde_json::Map::new(),
        tasks: Vec::new(),
    };
    store.settle(vec![end]).await.unwrap();
    assert_eq!(store.retry(won.job.id).await.unwrap(), Retried::Queued(2));
}

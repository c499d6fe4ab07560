//! Processes that are killed, and a server that is.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use dsm_core::JobStatus;
use dsm_core::store::{AttemptWrite, PostgresOptions, PostgresStore, Settled, Store};
use dsm_suite::postgres::Postgres;
use serde_json::{Map, json};

use crate::{claim, completed, count, executor, fresh, open, scans};

const ADDRESS: &str = "DSM_POSTGRES_CRASH_TEST";

/// The child: claims jobs, says so, and holds them until it is killed.
#[tokio::test]
async fn victim() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let store = open(&address).await;
    let me = executor("here");
    store.register(&me).await.unwrap();
    let won = store.claim(claim(&me, 5)).await.unwrap().jobs;
    println!("held {}", won.len());
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_gives_its_jobs_back_at_once() {
    let Some((address, store)) = fresh().await else { return };
    store.enqueue(scans(5)).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture"])
        .env(ADDRESS, &address)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    assert!(lines.any(|line| line.ends_with("held 5")), "the child held nothing");
    let living = store.register(&executor("there")).await.unwrap();
    assert_eq!((living.released.len(), living.alive.len()), (0, 1), "while it lives");
    child.kill().unwrap();
    child.wait().unwrap();
    let next = executor("here");
    let reply = store.register(&next).await.unwrap();
    assert_eq!((reply.released.len(), reply.alive.len()), (5, 1), "once it is dead");
    assert_eq!(store.claim(claim(&next, 9)).await.unwrap().jobs.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_goes_on_after_the_server_crashed() {
    let Some(server) = Postgres::own("", &[]).unwrap() else { return };
    let address = server.database().unwrap();
    let mut options = PostgresOptions::default();
    options.outage = Duration::from_secs(60);
    let store = PostgresStore::connect(&address, options).await.unwrap();
    let me = executor("here");
    store.register(&me).await.unwrap();
    store.enqueue(scans(4)).await.unwrap();
    let won = store.claim(claim(&me, 2)).await.unwrap().jobs;
    let details = Map::from_iter([("stage".to_owned(), json!("before"))]);
    let write = AttemptWrite { lease: Some(won[0].lease.key), details, ..AttemptWrite::default() };
    store.write(write).await.unwrap();

    // While the server goes down and comes up, calls are made all the time.
    let (restarted, more) = std::thread::scope(|scope| {
        let restart = scope.spawn(|| server.restart().map_err(|error| error.to_string()));
        let more = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let mut more = Vec::new();
                for _ in 0..20 {
                    more.extend(store.enqueue(scans(1)).await.unwrap());
                    store.now().await.unwrap();
                }
                more
            })
        });
        (restart.join().unwrap(), more)
    });
    restarted.unwrap();
    assert_eq!(more.len(), 20);
    // The lock went with the server, and that proves nothing about the process.
    let reply = store.register(&executor("there")).await.unwrap();
    assert_eq!((reply.released.len(), reply.alive), (0, vec![me.incarnation]));
    let answers = store.settle(won.iter().map(completed).collect()).await.unwrap();
    assert_eq!(answers, [Settled::Applied; 2]);
    assert_eq!(store.jobs(dsm_core::store::JobQuery::default()).await.unwrap().len(), 24);
    assert_eq!(count(&store, JobStatus::Pending).await, 22);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_one_clear_error() {
    let error =
        PostgresStore::connect("postgres://dsm:hunter2@127.0.0.1:1/dsm", PostgresOptions::default()).await;
    let error = error.unwrap_err();
    let text = format!("{error:?} {}", error.chain());
    assert!(text.contains("127.0.0.1:1/dsm") && text.contains("cannot be reached"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let Some(server) = Postgres::shared() else { return };
    let address =
        server.address("postgres").replace(&dsm_suite::postgres::PASSWORD.replace(' ', "%20"), "hunter2");
    let error = PostgresStore::connect(&address, PostgresOptions::default()).await.unwrap_err();
    let text = format!("{error:?} {}", error.chain());
    assert!(text.contains("refused the login") && !text.contains("hunter2"), "{text}");
}

//! Cancelled where it waits, and dead at each deed.

use std::time::Duration;

use dsm_core::store::ActivityQuery;
use dsm_core::{JobRow, JobStatus};
use dsm_suite::ward::Ward;
use idrac_sim::{Generation, HostRules, JobRules, JobSpec, ServerSpec};
use serde_json::{Value, json};

use super::stock::{BIOS, DIAGNOSTICS, IDRAC, RESET, Stock, UPDATE, UPLOAD, count, installed};
use crate::crash;

const NEW: Generation = Generation::ALL[3];

/// Cancels the job once its task says this, and gives its row.
async fn cancelled_at(ward: &Ward, details: Value, word: &str) -> JobRow {
    let engine = ward.stand.engine().await.unwrap();
    let id = engine.enqueue(ward.job("firmware_update", details)).await.unwrap();
    loop {
        let tasks = ward.stand.store.tasks(id).await.unwrap();
        if tasks.iter().any(|task| task.log.as_deref().is_some_and(|log| log.contains(word))) {
            break;
        }
        let row = engine.job(id).await.unwrap();
        assert!(!row.status.is_terminal(), "it ended before `{word}`: {:#?}", row.details);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.cancel(id, "somebody thought better of it").await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{word}: {:#?}", row.details);
    row
}

async fn one(network: &str, change: impl FnOnce(ServerSpec) -> ServerSpec) -> Ward {
    Ward::start(network, 1, |fleet| fleet.generation(NEW).defaults(change)).await.unwrap()
}

fn standing(server: ServerSpec) -> ServerSpec {
    server.jobs(JobRules { stands_at: Some(40), ..JobRules::default() })
}

/// Jobs that were deleted, each by its own id.
async fn deleted(ward: &Ward, row: &JobRow) -> usize {
    let query = ActivityQuery { job_id: Some(row.id), ..ActivityQuery::default() };
    let rows = ward.stand.store.activity(query).await.unwrap();
    assert!(!format!("{rows:?}").contains("CLEARALL"), "the whole queue was cleared");
    let is_delete = |one: &&String| one.contains("/Jobs/JID_") || one.ends_with("DeleteJobQueue");
    ward.commands(0).iter().filter(is_delete).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_waits_for_others_it_has_sent_nothing() {
    let ward = one("127.68.64.0", |server| server).await;
    let _ = ward.fleet.server(0).unwrap().add_job(JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: "BIOSConfiguration".into(),
        runs_for: Duration::from_secs(24 * 3600),
        ends: "Completed".into(),
    });
    let stock = Stock::of(&[BIOS]);
    let details = stock.fetched(json!({"queue_timeout": 80_000}));
    let row = cancelled_at(&ward, details, "Looking whether").await;
    assert!(ward.commands(0).is_empty(), "{:?}", ward.commands(0));
    assert_eq!(deleted(&ward, &row).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_a_package_is_installed_it_leaves_that_to_its_end() {
    let ward = one("127.68.65.0", standing).await;
    let row = cancelled_at(&ward, Stock::of(&[IDRAC, BIOS]).fetched(json!({})), "Running, 40 %").await;
    // The iDRAC's own update is on its way; nothing after it is begun.
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (1, 0));
    assert_eq!(deleted(&ward, &row).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_before_the_host_restarts_it_takes_back_what_it_staged() {
    let rules = HostRules { ignores_graceful: true, ..HostRules::default() };
    let ward = one("127.68.66.0", |server| server.host(rules)).await;
    let stock = Stock::of(&[BIOS]);
    let details = stock.fetched(json!({"restart_timeout": 80_000}));
    let row = cancelled_at(&ward, details, "Restarting the host").await;
    assert_eq!((count(&ward, 0, UPDATE), deleted(&ward, &row).await), (1, 1), "{:?}", ward.commands(0));
    let console = row.details["console_log"].to_string();
    assert!(console.contains("which had not begun"), "{console}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_after_the_restart_it_leaves_what_runs() {
    let ward = one("127.68.67.0", standing).await;
    let row = cancelled_at(&ward, Stock::of(&[BIOS]).fetched(json!({})), "Running, 40 %").await;
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (1, 1));
    assert_eq!(deleted(&ward, &row).await, 0);
    assert!(row.details["console_log"].to_string().contains("goes on to its end"));
}

/// Each package was sent at most once, and the host restarted at most once.
fn once_each(ward: &Ward, command: &str, packages: usize, name: &str) {
    let journal = ward.fleet.journal();
    let path = command.trim_start_matches("POST ");
    let sent = journal.iter().filter(|one| one.method == "POST" && one.path == path).count();
    assert!(sent <= packages, "{name}: {:?}", ward.commands(0));
    assert!(count(ward, 0, RESET) <= 1, "{name}: {:?}", ward.commands(0));
}

fn judge(ward: &Ward, row: &JobRow, name: &str) {
    match row.status {
        // Whoever says that it was done has done it.
        JobStatus::Completed => assert_eq!(count(ward, 0, RESET), 1, "{name}: {:#?}", row.details),
        // Whoever cannot tell whether the restart was sent says so.
        _ => assert!(
            row.details["error"].as_str().unwrap().contains("not sent again"),
            "{name}: {:#?}",
            row.details
        ),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_sends_no_package_twice_and_restarts_no_host_twice() {
    let stock = Stock::mirror(&[BIOS, DIAGNOSTICS]);
    crash::at_each_deed(
        || async { Ward::of("127.68.68.0", &[NEW]).await.unwrap() },
        |ward| ward.job("firmware_update", stock.sent(json!({}))),
        |ward, row, name| {
            once_each(ward, UPLOAD, 2, name);
            judge(ward, row, name);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_is_an_address_named_twice_to_an_idrac_that_fetches() {
    let stock = Stock::of(&[IDRAC, BIOS]);
    crash::at_each_deed(
        || async { Ward::of("127.68.69.0", &[NEW]).await.unwrap() },
        |ward| ward.job("firmware_update", stock.fetched(json!({}))),
        |ward, row, name| {
            once_each(ward, UPDATE, 2, name);
            judge(ward, row, name);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_leaves_hands_over_and_the_next_one_ends_it() {
    let ward = one("127.68.70.0", |server| server).await;
    let stock = Stock::of(&[IDRAC, BIOS]);
    let engine = ward.stand.engine().await.unwrap();
    let id = engine.enqueue(ward.job("firmware_update", stock.fetched(json!({})))).await.unwrap();
    while count(&ward, 0, UPDATE) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    engine.shutdown().await.unwrap();
    let next = ward.stand.engine().await.unwrap();
    let row = next.wait(id).await.unwrap();
    next.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Completed, "{:#?}", row.details);
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (2, 1));
    assert_eq!(installed(&ward, ward.servers[0], "BIOS").await, [BIOS.1]);
}

//! Kill -9 in the middle of a scan, at many moments; start again; nothing stored is done twice, nothing is lost, and no
//! session is left on any iDRAC.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dsm_core::JobStatus;
use dsm_core::store::{ActivityQuery, JobQuery};
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::Stand;
use idrac_sim::{Fleet, Generation, InventorySize, JournalMode, Kind};
use serde_json::Value;
use tokio::process::{Child, Command};

/// Addresses of each fleet; every sixth is dead.
const COUNT: usize = 36;
const ALIVE: usize = 30;
/// iDRACs at work at a time, so that there is a middle.
const WIDTH: usize = 4;

/// When to kill, by what the iDRACs have seen.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So many sessions have been opened.
    Opened(u64),
    /// So many requests have been answered.
    Requests(u64),
    /// So many sessions have been closed: that many inventories are read.
    Closed(u64),
}

impl Moment {
    fn has_come(self, fleet: &Fleet) -> bool {
        let totals = fleet.totals();
        match self {
            Self::Opened(number) => totals.sessions_opened >= number,
            Self::Requests(number) => totals.requests >= number,
            Self::Closed(number) => totals.sessions_closed >= number,
        }
    }
}

async fn fleet(network: &str) -> Fleet {
    let size =
        InventorySize { drives: 2, dimms: 2, adapters: 1, firmware: 4, gpus: 0, ..InventorySize::default() };
    let mut builder = Fleet::builder()
        .network(network, COUNT)
        .generation_mix(Generation::MIX)
        .credentials(USER, PASSWORD)
        .latency(Duration::from_millis(4))
        .size(size)
        .journal(JournalMode::Full);
    for dead in (0..COUNT).filter(|index| index % 6 == 5) {
        builder = builder.server(dead, |s| s.kind(Kind::Dead));
    }
    builder.start().await.unwrap()
}

fn scanner(file: &Path, fleet: &Fleet) -> Child {
    let range = format!("{}-{}", fleet.addresses()[0].ip(), fleet.addresses()[COUNT - 1].ip());
    Command::new(env!("CARGO_BIN_EXE_scan-once"))
        .arg(file)
        .args([fleet.port().to_string(), range, WIDTH.to_string()])
        .env_remove("IDRAC_USER")
        .env_remove("IDRAC_PASSWORD")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Kills the scanner once the moment has come; false when it ended before.
async fn kill_at(moment: Moment, mut child: Child, fleet: &Fleet) -> bool {
    while !moment.has_come(fleet) {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().await.unwrap();
    true
}

/// What the file says between the kill and the next start, read without an engine.
struct Left {
    /// Addresses whose result is stored, from the checkpoint.
    done: BTreeSet<IpAddr>,
    /// Those of them whose inventory is still missing.
    due: BTreeSet<IpAddr>,
}

fn left_behind(file: &Path, fleet: &Fleet) -> Left {
    let database = rusqlite::Connection::open(file).unwrap();
    let checkpoint: Option<Vec<u8>> = checkpoint(&database);
    let mut left = Left { done: BTreeSet::new(), due: BTreeSet::new() };
    let Some(checkpoint) = checkpoint else { return left };
    let checkpoint: Value = serde_json::from_slice(&checkpoint).unwrap();
    for run in checkpoint["done"].as_array().unwrap() {
        let (start, end) = (run[0].as_u64().unwrap(), run[1].as_u64().unwrap());
        left.done.extend((start..end).map(|at| fleet.addresses()[at as usize].ip()));
    }
    let due = checkpoint["inventory_due"].as_array().unwrap();
    left.due.extend(due.iter().map(|ip| ip.as_str().unwrap().parse::<IpAddr>().unwrap()));
    left
}

/// The checkpoint of the only job, wherever the schema keeps it.
fn checkpoint(database: &rusqlite::Connection) -> Option<Vec<u8>> {
    let table: String = database
        .query_row(
            "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'checkpoint'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    database
        .query_row(&format!("SELECT checkpoint FROM {table} WHERE checkpoint IS NOT NULL"), [], |row| {
            row.get(0)
        })
        .ok()
}

/// Connections so far, by address.
fn connections(fleet: &Fleet) -> BTreeMap<IpAddr, u64> {
    fleet.servers().map(|server| (server.address().ip(), server.connections())).collect()
}

/// Kills a scan at these moments, one after the other, and then lets it end.
async fn survive(network: &str, moments: &[Moment]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dsm.db");
    let fleet = fleet(network).await;
    let stand = Stand::sqlite(&file, fleet.port()).unwrap();
    stand.add_set("right", USER, PASSWORD, 1).await.unwrap();
    drop(stand);

    for moment in moments {
        let before = left_behind(&file, &fleet);
        let seen = connections(&fleet);
        let killed = kill_at(*moment, scanner(&file, &fleet), &fleet).await;
        assert_untouched(&before, &seen, &fleet, &format!("{moments:?}, up to {moment:?}"));
        if !killed {
            break;
        }
    }
    let before = left_behind(&file, &fleet);
    let seen = connections(&fleet);
    let done = scanner(&file, &fleet).wait().await.unwrap();
    assert!(done.success(), "{moments:?}: {done}");
    assert_untouched(&before, &seen, &fleet, &format!("{moments:?}, at the end"));
    assert_eq!(fleet.open_sessions(), 0, "{moments:?}");
    assert_stored(&file, &fleet, moments).await;
}

/// No address whose result was stored is probed again, save for an inventory that is still missing.
fn assert_untouched(before: &Left, seen: &BTreeMap<IpAddr, u64>, fleet: &Fleet, when: &str) {
    // Sessions that a killed scanner left are deleted where they are: over a connection, without probing.
    let cleaned: BTreeSet<IpAddr> = fleet
        .journal()
        .iter()
        .filter(|exchange| exchange.method == "DELETE" && exchange.session.is_none())
        .map(|exchange| exchange.address.ip())
        .collect();
    for (address, count) in connections(fleet) {
        if before.done.contains(&address) && !before.due.contains(&address) && !cleaned.contains(&address) {
            assert_eq!(count, seen[&address], "{when}: {address} was stored and visited again");
        }
    }
}

async fn assert_stored(file: &Path, fleet: &Fleet, moments: &[Moment]) {
    let stand = Stand::sqlite(file, fleet.port()).unwrap();
    let jobs = stand.store.jobs(JobQuery::default()).await.unwrap();
    assert_eq!(jobs.len(), 1);
    let job = &jobs[0];
    assert_eq!(job.status, JobStatus::Completed, "{:#?}", job.details);
    assert_eq!(job.details.get("partial"), None, "{moments:?}: {:#?}", job.details);
    for (key, count) in [("ips_processed", COUNT), ("discovered_count", ALIVE), ("servers_refreshed", ALIVE)]
    {
        assert_eq!(job.details[key], count, "{moments:?}: {key}");
    }
    let results = job.details["server_results"].as_array().unwrap();
    let addresses: BTreeSet<&str> = results.iter().filter_map(|result| result["ip"].as_str()).collect();
    assert_eq!((results.len(), addresses.len()), (COUNT, COUNT), "{moments:?}: each address once");

    let servers = stand.servers().await.unwrap();
    assert_eq!(servers.len(), ALIVE, "{moments:?}");
    let tags: BTreeSet<_> = servers.values().filter_map(|row| row.fields.service_tag.clone()).collect();
    assert_eq!(tags.len(), ALIVE);
    for (address, row) in &servers {
        let truth = fleet.expected(*address).unwrap();
        assert_eq!(row.fields.service_tag.as_ref(), Some(&truth.service_tag));
        assert_eq!(
            stand.store.inventory(row.id).await.unwrap().drives.len(),
            truth.drives.len(),
            "{address}"
        );
    }
    let noted = stand.store.sessions().await.unwrap();
    assert!(noted.is_empty(), "{moments:?}: noted sessions remain: {noted:#?}");
    let activity = stand.store.activity(ActivityQuery::default()).await.unwrap();
    let ids: BTreeSet<_> = activity.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), activity.len(), "{moments:?}");
    drop(stand);
    let database = rusqlite::Connection::open(file).unwrap();
    let check: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_the_first_login() {
    survive("127.50.0.0", &[Moment::Opened(1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_among_the_first_requests() {
    survive("127.50.1.0", &[Moment::Requests(3), Moment::Requests(17)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_inventories() {
    survive("127.50.2.0", &[Moment::Closed(8)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again() {
    survive("127.50.3.0", &[Moment::Opened(6), Moment::Closed(10), Moment::Opened(20), Moment::Closed(22)])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_just_before_the_end() {
    survive("127.50.4.0", &[Moment::Closed(ALIVE as u64 - 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_moments_that_a_seed_picks() {
    for (round, seed) in [17_u64, 4711].into_iter().enumerate() {
        let mut state = seed;
        let mut moments = Vec::new();
        let mut at = 5;
        for _ in 0..3 {
            // A linear congruence is random enough for moments.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            at += state >> 33 & 0x7f;
            moments.push(Moment::Requests(at));
        }
        survive(&format!("127.50.{}.0", 5 + round), &moments).await;
    }
}

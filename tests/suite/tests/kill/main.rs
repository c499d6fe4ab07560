//! Kill -9 at random moments, of engines with short leases that change servers: no job is lost, each ends once, and no
//! server is changed twice for one job, as the journal of the simulator says.
//!
//! `DSM_KILLS` says how many processes are killed (200), `DSM_KILL_SEED` from which seed.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod arena;

use std::time::{Duration, Instant};

use arena::{Arena, Chance};

/// Kills on one store before it is looked over and another one begins.
const ROUND: u64 = 100;

fn set(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Kills as many as are this backend's share, in rounds; says what came of it.
async fn survive(backend: &str, network: u8, kills: u64) {
    let seed = set("DSM_KILL_SEED", 20_261_123) ^ u64::from(network);
    let began = Instant::now();
    let (mut left, mut jobs, mut round) = (kills, 0, 0);
    while left > 0 {
        let now = left.min(ROUND);
        let Some(mut arena) = Arena::open(backend, &format!("127.60.{network}.0")).await else { return };
        eprintln!("{backend}, round {round}: {now} kills, seed {}", seed + round);
        arena.kill_at_random(now, Chance::of(seed + round)).await;
        jobs += arena.end().await;
        (left, round) = (left - now, round + 1);
    }
    let took = began.elapsed();
    eprintln!("{backend}: {kills} kills, {jobs} jobs, seed {seed}, {:.1} s", took.as_secs_f64());
    assert!(jobs > 0 && took > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    survive("sqlite", 1, set("DSM_KILLS", 200) / 2).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    survive("postgres", 2, set("DSM_KILLS", 200) / 2).await;
}

/// A share of them: a service in this process takes its time.
#[cfg(feature = "postgrest")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgrest() {
    survive("postgrest", 3, set("DSM_KILLS", 200) / 5).await;
}

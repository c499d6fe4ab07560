//! Measures the simulator alone: `cargo run --release -p idrac-sim --example load [SERVERS] [SECONDS]`.
//!
//! Client and servers share the process, so the numbers are a floor for what a client elsewhere gets; with
//! `ADDRESS:PORT` in place of SERVERS only the client runs, against a simulator that was started apart
//! with `--password secret`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a program that prints numbers")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use idrac_sim::{Fleet, Generation, InventorySize, JournalMode};
use support::Client;

const SMALL: &str = "/redfish/v1/Systems/System.Embedded.1/Memory/DIMM.Socket.A1";
const LARGE: &str = "/redfish/v1/UpdateService/FirmwareInventory?$expand=*($levels=1)";

/// Resident memory of this process, MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

async fn hammer(addresses: &[SocketAddr], path: &'static str, connections: usize, time: Duration) {
    let (requests, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut clients = Vec::new();
    for n in 0..connections {
        let address = addresses[n % addresses.len()];
        let mut client = Client::connect(address).await.unwrap();
        let session = client.log_in("root", "secret").await.header("location").unwrap();
        clients.push((client, session));
    }
    let begun = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|(mut client, session)| {
            let (requests, bytes) = (Arc::clone(&requests), Arc::clone(&bytes));
            tokio::spawn(async move {
                while begun.elapsed() < time {
                    let answer = client.get(path).await;
                    requests.fetch_add(1, Ordering::Relaxed);
                    bytes.fetch_add(answer.body.len() as u64, Ordering::Relaxed);
                }
                client.send("DELETE", &session, "").await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (n, seconds) = (requests.load(Ordering::Relaxed), begun.elapsed().as_secs_f64());
    let size = bytes.load(Ordering::Relaxed) / n.max(1);
    println!("{:>8.0} requests/s of {size:>6} bytes, {connections} connections: {path}", n as f64 / seconds);
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if let Some(apart) = std::env::args().nth(1).and_then(|a| a.parse::<SocketAddr>().ok()) {
        let time = Duration::from_secs(3);
        hammer(&[apart], SMALL, 8, time).await;
        hammer(&[apart], LARGE, 8, time).await;
        return;
    }
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<u64>().ok());
    let servers = numbers.next().unwrap_or(2048) as usize;
    let time = Duration::from_secs(numbers.next().unwrap_or(3));
    let empty = resident();
    let begun = Instant::now();
    let fleet = Fleet::builder()
        .network("127.30.0.0", servers)
        .generation_mix(Generation::MIX)
        .credentials("root", "secret")
        .size(InventorySize::benchmark())
        .journal(JournalMode::Off)
        .start()
        .await
        .unwrap();
    println!("{servers} servers in {:?}, {:.1} MiB (empty {empty:.1})", begun.elapsed(), resident());
    hammer(fleet.addresses(), SMALL, 32, time).await;
    hammer(fleet.addresses(), LARGE, 32, time).await;
    let begun = Instant::now();
    let tls = support::tls();
    for address in fleet.addresses() {
        let mut client = Client::connect_with(*address, Arc::clone(&tls)).await.unwrap();
        client.log_in("root", "secret").await;
    }
    println!("each server once: {:?}, {:.1} MiB, {:?}", begun.elapsed(), resident(), fleet.totals());
    fleet.stop().await;
}

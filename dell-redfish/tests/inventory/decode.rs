//! What reading costs: the whole flow over answers in memory, against untyped JSON of the same answers.
//!
//! `cargo test --release -p dell-redfish --test inventory -- --ignored --nocapture decode`

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use dell_redfish::clock::{Clock, SystemClock};
use dell_redfish::flow::inventory::{InventoryOptions, inventory};
use dell_redfish::request::{HeaderMap, Request, Response};
use dell_redfish::{HostFacts, Redfish, Result};
use serde_json::Value;

use crate::folder::{Fake, Tree, captured};
use crate::generations::{idrac9, take};

const ROUNDS: u32 = 300;

struct Replay(HashMap<String, Bytes>);

#[async_trait]
impl Redfish for Replay {
    fn host(&self) -> &str {
        "192.0.2.1"
    }

    async fn send(&self, _operation: &'static str, request: Request) -> Result<Response> {
        // As from a wire: a buffer of its own for every answer.
        let body = Bytes::copy_from_slice(&self.0[&request.path]);
        Ok(Response { status: 200, headers: HeaderMap::new(), body })
    }

    fn facts(&self) -> HostFacts {
        HostFacts { expand: Some(true), ..HostFacts::default() }
    }

    fn learn(&self, _change: &mut (dyn FnMut(&mut HostFacts) + Send)) {}

    fn concurrency(&self) -> usize {
        2
    }

    fn clock(&self) -> &dyn Clock {
        &SystemClock
    }
}

#[tokio::test]
#[ignore = "a measurement; run in release"]
async fn decode_costs_less_than_untyped_json() {
    if let Some(root) = captured() {
        measure("captured R750", Fake::new(Tree::Folder(root))).await;
    }
    measure("synthetic iDRAC9", Fake::new(idrac9(&[2, 0]))).await;
}

async fn measure(name: &str, fake: Fake) {
    take(&fake).await;
    let answers = fake.answers();
    let bytes: usize = answers.values().map(Bytes::len).sum();
    let replay = Replay(answers);
    let (mut typed, mut untyped) = (Duration::MAX, Duration::MAX);
    // Turn about, best of several: the machine is shared.
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(inventory(&replay, InventoryOptions::default()).await.unwrap());
        }
        typed = typed.min(start.elapsed() / ROUNDS);
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for body in replay.0.values() {
                let body = Bytes::copy_from_slice(body);
                black_box(serde_json::from_slice::<Value>(&body).unwrap());
            }
        }
        untyped = untyped.min(start.elapsed() / ROUNDS);
    }
    let all = inventory(&replay, InventoryOptions::default()).await.unwrap();
    let held: usize = all.documents().map(|document| document.raw.len()).sum();
    println!(
        "{name}: {bytes} bytes in {} answers; flow {typed:?}, untyped {untyped:?}, ratio {:.2}; text held {held} bytes",
        replay.0.len(),
        typed.as_secs_f64() / untyped.as_secs_f64()
    );
}

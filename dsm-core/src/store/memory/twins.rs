//! Two copies of a state: one is told the commands, the other reads them where they were written down, and is itself put
//! away and read again. Whatever a store is held to is tried on the pair, and they stay the same.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::MemoryStore;
use super::command::{Act, Command};
use super::host::Host;
use super::stamp::Stamp;
use super::state::State;
use crate::error::Result;
use crate::id::ServerId;
use crate::store::conformance::{Factory, Subject, check};
use crate::store::{ActivityQuery, ActivityRow, Caps, ManualClock, StorageClock};

#[derive(Debug)]
struct Twins {
    states: Mutex<(State, State)>,
    /// Its clock, its signal, its activity.
    beside: MemoryStore,
    seed: AtomicU64,
}

fn shown(state: &State) -> Value {
    serde_json::to_value(state).expect("a state can be put away")
}

impl Host for Twins {
    fn caps(&self) -> Caps {
        Caps { backend: "twins", ..Host::caps(&self.beside) }
    }

    async fn now(&self) -> Result<Timestamp> {
        Host::now(&self.beside).await
    }

    async fn run<C: Act>(&self, command: C) -> Result<C::Answer> {
        let now = Host::now(self).await?;
        let seed = self.seed.fetch_add(1, Ordering::SeqCst);
        let written: Command = command.clone().into();
        let text = serde_json::to_string(&written).expect("a command can be written down");
        let mut states = self.states.lock().unwrap();
        let answer = command.act(&mut states.0, &mut Stamp::seeded(now, seed));
        let read: Command = serde_json::from_str(&text).expect("a command can be read");
        read.follow(&mut states.1, &mut Stamp::seeded(now, seed));
        // Big states are looked at now and then.
        if seed < 40 || seed.is_multiple_of(25) {
            let theirs = shown(&states.1);
            assert_eq!(shown(&states.0), theirs, "after {text}");
            states.1 = serde_json::from_value(theirs).expect("a state can be read");
        }
        drop(states);
        if answer.as_ref().is_ok_and(C::wakes) {
            self.beside.work.notify_waiters();
            self.beside.work.notify_one();
        }
        answer
    }

    async fn look<T: Send + 'static>(&self, look: impl FnOnce(&State) -> T + Send + 'static) -> Result<T> {
        // The one that was put away and read again.
        Ok(look(&self.states.lock().unwrap().1))
    }

    async fn wait_for_work(&self, timeout: Duration) {
        Host::wait_for_work(&self.beside, timeout).await;
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        Host::record_activity(&self.beside, rows).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        Host::attribute_activity(&self.beside, rows).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        Host::activity(&self.beside, query).await
    }

    async fn prune_activity(&self, before: Timestamp, limit: usize) -> Result<u64> {
        Host::prune_activity(&self.beside, before, limit).await
    }
}

struct Pairs;

#[async_trait]
impl Factory for Pairs {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        let beside = MemoryStore::with_clock(StorageClock::Manual(clock.clone()));
        let store = Arc::new(Twins { states: Mutex::default(), beside, seed: AtomicU64::new(0) });
        Ok(Subject { store, clock: Some(clock), reopen: None })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_down_does_the_same_elsewhere() {
    let report = check(&Pairs).await;
    assert!(report.is_ok(), "{report}");
    assert!(report.passed.len() > 90, "{report}");
}

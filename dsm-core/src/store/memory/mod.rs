//! The store that ends with the process, and the reference model of the trait: one mutex around plain maps.

mod activity;
pub(super) mod command;
pub(super) mod host;
pub(super) mod jobs;
pub(super) mod locks;
mod rows;
mod servers;
pub(super) mod stamp;
pub(super) mod state;
#[cfg(all(test, feature = "conformance"))]
mod twins;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

pub(super) use self::activity::Activity;
use self::command::Act;
use self::host::Host;
#[cfg(feature = "postgres")]
pub(super) use self::servers::Servers;
pub(super) use self::stamp::Stamp;
#[cfg(feature = "postgres")]
pub(super) use self::state::Known;
use self::state::State;
use crate::error::Result;
use crate::id::ServerId;
use crate::store::clock::{SteadyClock, StorageClock};
use crate::store::{ActivityQuery, ActivityRow, Caps};

/// A store in memory.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    activity: Mutex<Activity>,
    clock: SteadyClock,
    work: Notify,
}

impl MemoryStore {
    /// An empty store on the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store on a clock of the caller's.
    #[must_use]
    pub fn with_clock(clock: StorageClock) -> Self {
        Self { clock: SteadyClock::new(clock), ..Self::default() }
    }

    fn record(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl Host for MemoryStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "memory",
            durable: false,
            shared: false,
            atomic_claims: true,
            proves_death: false,
            limits: true,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn run<C: Act>(&self, command: C) -> Result<C::Answer> {
        let answer = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            command.act(&mut state, &mut Stamp::at(self.clock.now()))?
        };
        if C::wakes(&answer) {
            self.work.notify_waiters();
            self.work.notify_one();
        }
        Ok(answer)
    }

    async fn look<T: Send + 'static>(&self, look: impl FnOnce(&State) -> T + Send + 'static) -> Result<T> {
        Ok(look(&self.state.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        let mut activity = self.record();
        rows.iter().for_each(|row| activity.record(row.clone()));
        Ok(())
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        let mut activity = self.record();
        rows.into_iter().for_each(|(id, server)| activity.attribute(id, server));
        Ok(())
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        Ok(self.record().find(&query))
    }

    async fn prune_activity(&self, before: Timestamp, limit: usize) -> Result<u64> {
        Ok(self.record().prune(before, limit))
    }
}

//! A few connections, shared; and the loop that takes a new one where the old one was lost.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::fault::{Db, Fault, Remedy};
use super::link::{Connector, Link};
use crate::clock::instant;
use crate::error::{Error, ErrorKind, Result};

/// Says that what a piece of work borrows (`'a`) outlives the connection it is lent (`'c`).
pub(super) type Within<'c, 'a> = PhantomData<&'c &'a ()>;

/// How often work that another transaction was in the way of is done again.
const REPEATS: u32 = 8;

/// Connections at rest, and the right to have more.
pub(super) struct Pool {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Link>>,
    slots: Semaphore,
    call_limit: Duration,
    outage: Duration,
}

impl Pool {
    pub(super) fn new(
        connector: Arc<Connector>,
        connections: usize,
        call_limit: Duration,
        outage: Duration,
    ) -> Self {
        Self {
            connector,
            idle: Mutex::default(),
            slots: Semaphore::new(connections.max(1)),
            call_limit,
            outage,
        }
    }

    /// Does a piece of work on a connection, again where that may help.
    pub(super) async fn run<'a, T, F>(&self, work: F) -> Result<T>
    where
        T: Send,
        F: Send + Sync + for<'c> Fn(&'c Link, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        let mut patience = Patience::new(self.outage);
        loop {
            match self.once(&work).await {
                Ok(done) => return Ok(done),
                Err(fault) if patience.allows(&fault).await => {}
                Err(fault) => return Err(fault.into_error(&self.connector.label)),
            }
        }
    }

    async fn once<'a, T, F>(&self, work: &F) -> Db<T>
    where
        T: Send,
        F: Send + Sync + for<'c> Fn(&'c Link, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        let lent = self.take().await?;
        let Some(link) = &lent.link else { return Err(closed()) };
        let outcome = match tokio::time::timeout(self.call_limit, work(link, PhantomData)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Fault::Late),
        };
        // One that was left in the middle of something, by an error like this or by a caller that went away, is not
        // lent again.
        if !matches!(&outcome, Err(fault) if fault.remedy() == Remedy::Reconnect) {
            lent.give_back();
        }
        outcome
    }

    async fn take(&self) -> Db<Lent<'_>> {
        let slot = self.slots.acquire().await.map_err(|_| closed())?;
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|link| !link.is_closed());
            idle.pop()
        };
        let link = match idle {
            Some(link) => link,
            None => self.connector.connect(None).await?,
        };
        Ok(Lent { pool: self, link: Some(link), _slot: slot })
    }
}

/// A connection on loan. Dropped and not given back, it is closed, and those at rest with it.
struct Lent<'p> {
    pool: &'p Pool,
    link: Option<Link>,
    _slot: SemaphorePermit<'p>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if self.link.is_some() {
            // It broke, or its call was given up. A line that went dead without a word took those at rest with it.
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

impl Lent<'_> {
    fn give_back(mut self) {
        if let Some(link) = self.link.take() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
    }
}

fn closed() -> Fault {
    Error::new(ErrorKind::Store, "the store is closed").hint("open it again").into()
}

/// How long a call goes on.
struct Patience {
    since: Instant,
    outage: Duration,
    pause: Duration,
    repeats: u32,
}

impl Patience {
    fn new(outage: Duration) -> Self {
        Self { since: instant(), outage, pause: Duration::from_millis(20), repeats: 0 }
    }

    /// Whether to try again; then after a pause that grows.
    async fn allows(&mut self, fault: &Fault) -> bool {
        let goes_on = match fault.remedy() {
            Remedy::None => false,
            Remedy::Reconnect => self.since.elapsed() < self.outage,
            Remedy::Repeat => {
                self.repeats += 1;
                self.repeats <= REPEATS
            }
        };
        if goes_on {
            tokio::time::sleep(self.pause).await;
            self.pause = (self.pause * 2).min(Duration::from_millis(500));
        }
        goes_on
    }
}

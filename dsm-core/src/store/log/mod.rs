//! A whole store out of a few primitives: a log that all share, and a state that each derives from it.
//!
//! [`DocStore`] is what a backend brings: documents under keys, written on condition. Every change of a [`LogStore`] is a
//! command in a log that lives in such documents. Each process follows the log with a copy of the state of its own, and
//! carries out the same commands in the same order as all others; so what holds for the store in memory holds here, for
//! any number of processes.
//!
//! - One document, the tail, holds the end of the log. It is written only over the revision that was read, so one process
//!   at a time appends, and what it appends was decided on all that went before. Commands of many callers go together.
//! - A full tail becomes a segment, and a long log a snapshot: documents that are written once and never changed. What
//!   they replace is removed; whoever is behind goes on from the snapshot.
//! - What is taken out for good is in neither of them any more: the log is cut behind it.
//! - Rows of activity and bodies of inventory documents are documents of their own, so that the state stays small.
//!
//! A read asks for the tail first, so it sees what any process wrote before.

mod activity;
mod asked;
mod bodies;
mod docs;
mod format;
mod once;
mod pages;
mod replica;
mod snapshot;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use uuid::Uuid;

use self::bodies::Place;
pub use self::docs::{Doc, DocFacts, DocStore, Expected, Put};
use self::replica::{Replica, Shared};
use self::writer::{Work, Writer};
use crate::clock::instant;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ServerId;
use crate::store::memory::command::{self, Act};
use crate::store::memory::host::Host;
use crate::store::memory::state::State;
use crate::store::{ActivityQuery, ActivityRow, AttemptReport, AttemptWrite, Caps, DocumentRow, document};

/// So often a document is looked for that others are just replacing.
const LOOKS: usize = 5;

/// How a log is kept. Any process may choose otherwise than the others.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogOptions {
    /// Bytes of commands in the tail before it becomes a segment: what every write carries along.
    pub tail_bytes: u64,
    /// Bytes of commands before the log is cut; it is never cut before it weighs as much as the last snapshot.
    pub snapshot_bytes: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { tail_bytes: 32 * 1024, snapshot_bytes: 1024 * 1024 }
    }
}

/// A store over a [`DocStore`].
///
/// As many processes may share the documents as their backend allows. What a store remembers has to fit into the memory of
/// each of them, activity and inventory documents apart.
pub struct LogStore {
    docs: Arc<dyn DocStore>,
    shared: Arc<Shared>,
    work: UnboundedSender<Work>,
}

impl LogStore {
    /// Opens the store that these documents hold; where there are none, an empty one.
    ///
    /// # Errors
    /// [`ErrorKind::StoreNotOurs`]: the documents are not ours, damaged, or of a version this build does not know.
    /// Whatever the backend reports.
    pub async fn open(docs: Arc<dyn DocStore>) -> Result<Self> {
        Self::open_with(docs, LogOptions::default()).await
    }

    /// [`LogStore::open`], with options.
    ///
    /// # Errors
    /// As there.
    pub async fn open_with(docs: Arc<dyn DocStore>, options: LogOptions) -> Result<Self> {
        let shared = Arc::<Shared>::default();
        let mut replica = Replica::new(docs.clone(), shared.clone());
        replica.catch_up(&mut None).await?;
        let (work, wanted) = unbounded_channel();
        tokio::spawn(Writer { replica, options, broken: None, must_forget: false }.run(wanted));
        Ok(Self { docs, shared, work })
    }

    /// What stands in the state for the bodies that a write is about to replace.
    async fn replaced(&self, write: &AttemptWrite) -> Result<Vec<Vec<DocumentRow>>> {
        let servers: Vec<ServerId> = write.inventories.iter().map(|one| one.server_id).collect();
        self.look(move |state| servers.iter().map(|server| state.documents(*server)).collect()).await
    }

    /// Puts the bodies of a write aside. Says which are new, and which they replace.
    async fn put_aside(&self, write: &mut AttemptWrite) -> Result<(Vec<Place>, Vec<Place>)> {
        let known = self.replaced(write).await?;
        let (mut new, mut old) = (Vec::new(), Vec::new());
        for (inventory, known) in write.inventories.iter_mut().zip(&known) {
            for row in &mut inventory.documents {
                let there = known.iter().find(|known| known.section == row.section);
                let place = there.and_then(|there| Place::read(&there.body));
                let body = match &place {
                    Some(place) if !row.complete => place.fetch(&*self.docs).await?,
                    _ => None,
                };
                let body = document::merge(body.as_deref(), row)?;
                let (made, written) = bodies::put(&*self.docs, body).await?;
                row.body = written;
                new.push(made);
                old.extend(place);
            }
        }
        Ok((new, old))
    }
}

impl fmt::Debug for LogStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogStore").field("docs", &self.docs).finish_non_exhaustive()
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Store, "the store is closed").hint("open it again")
}

impl Host for LogStore {
    fn caps(&self) -> Caps {
        let facts = self.docs.facts();
        Caps {
            backend: facts.backend,
            durable: facts.durable,
            shared: facts.shared,
            atomic_claims: true,
            proves_death: false,
            limits: true,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.shared.steady(self.docs.now().await?))
    }

    async fn run<C: Act>(&self, command: C) -> Result<C::Answer> {
        let (asked, answer) = asked::ask(command)?;
        self.work.send(Work::Act(asked)).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn look<T: Send + 'static>(&self, look: impl FnOnce(&State) -> T + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        // Who asked may have gone.
        let look = move |state: Result<&State>| drop(reply.send(state.map(look)));
        self.work.send(Work::Look(Box::new(look))).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let end = instant() + timeout;
        let mut told = std::pin::pin!(self.shared.work.notified());
        while instant() < end {
            tokio::select! {
                () = &mut told => return,
                () = tokio::time::sleep_until(end) => return,
                () = self.docs.wait(end - instant()) => {}
            }
            // Whatever others wrote is carried out by this, and wakes.
            if self.look(|_| ()).await.is_err() {
                tokio::time::sleep_until(end).await;
            }
        }
    }

    async fn write(&self, mut write: AttemptWrite) -> Result<AttemptReport> {
        if write.inventories.iter().all(|inventory| inventory.documents.is_empty()) {
            return self.run(command::Write { write }).await;
        }
        let (new, old) = self.put_aside(&mut write).await?;
        let report = self.run(command::Write { write }).await;
        let over = match &report {
            Ok(_) => &old,
            // It may have been written all the same.
            Err(error) if error.kind() == ErrorKind::Store => return report,
            Err(_) => &new,
        };
        for place in over {
            place.remove(&*self.docs).await;
        }
        report
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        for _ in 0..LOOKS {
            let rows = self.look(move |state| state.documents(server)).await?;
            let mut read = Vec::new();
            for row in &rows {
                let body = match Place::read(&row.body) {
                    Some(place) => place.fetch(&*self.docs).await?,
                    None => Some(row.body.clone()),
                };
                read.extend(body.map(|body| DocumentRow { body, ..row.clone() }));
            }
            if read.len() == rows.len() {
                return Ok(read);
            }
        }
        Err(Error::new(ErrorKind::StoreNotOurs, "an inventory document is missing")
            .about(format!("server {server}"))
            .hint("take its inventory again"))
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        activity::record(&*self.docs, &rows).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        activity::attribute(&*self.docs, &rows).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        activity::find(&*self.docs, &query).await
    }

    async fn prune_activity(&self, before: Timestamp, limit: usize) -> Result<u64> {
        activity::prune(&*self.docs, before, limit).await
    }
}

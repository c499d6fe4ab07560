//! A copy of the state that follows the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use super::asked::Pending;
use super::docs::{Doc, DocStore, Expected};
use super::format::{self, Batch, SEGMENTS, Segment, TAIL, Tail};
use super::pages::Pages;
use super::snapshot;
use crate::error::{Error, ErrorKind, Result};
use crate::store::memory::Stamp;
use crate::store::memory::command::Command;
use crate::store::memory::state::State;

/// Segments read at a time.
const PAGE: usize = 16;
/// So often it is looked again for what another process is just putting away.
const LOOKS: usize = 8;

/// What is left of all batches up to one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) state: State,
    /// Number of the last batch; 0 before the first.
    pub(super) number: u64,
    /// Its id.
    pub(super) id: Uuid,
    /// The latest time of any.
    pub(super) now: Timestamp,
}

/// A batch of our own whose fate is open.
pub(super) struct Own {
    pub(super) id: Uuid,
    /// Where its ids come from.
    pub(super) seed: u64,
    pub(super) commands: Vec<Box<dyn Pending>>,
    /// It was sent, and what became of it was not said.
    pub(super) is_in_doubt: bool,
    /// Its commands are answered.
    pub(super) is_done: bool,
}

/// The tail as it was last seen.
pub(super) struct Seen {
    pub(super) doc: Doc,
    pub(super) tail: Tail,
}

/// What the readers and the waiting share with the replica.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) work: Notify,
    /// Milliseconds of the latest time seen.
    latest: AtomicI64,
}

impl Shared {
    /// The storage clock never runs backwards.
    pub(super) fn steady(&self, now: Timestamp) -> Timestamp {
        let millis = now.as_millisecond();
        let latest = self.latest.fetch_max(millis, Ordering::SeqCst).max(millis);
        Timestamp::from_millisecond(latest).unwrap_or(Timestamp::MAX)
    }

    fn announce(&self) {
        self.work.notify_waiters();
        self.work.notify_one();
    }
}

pub(super) struct Replica {
    pub(super) docs: Arc<dyn DocStore>,
    pub(super) shared: Arc<Shared>,
    pub(super) position: Position,
    pub(super) seen: Option<Seen>,
}

impl Replica {
    pub(super) fn new(docs: Arc<dyn DocStore>, shared: Arc<Shared>) -> Self {
        Self { docs, shared, position: Position::default(), seen: None }
    }

    /// On what condition the next tail is written.
    pub(super) fn expected(&self) -> Expected {
        self.seen.as_ref().map_or(Expected::Absent, |seen| Expected::Rev(seen.doc.rev))
    }

    /// Carries out whatever others have written since.
    pub(super) async fn catch_up(&mut self, own: &mut Option<Own>) -> Result<()> {
        for _ in 0..LOOKS {
            let Some(doc) = self.docs.get(TAIL).await? else {
                return if self.position.number == 0 {
                    Ok(())
                } else {
                    Err(lost("the end of the log is gone"))
                };
            };
            if let Some(seen) = &self.seen
                && seen.doc.rev == doc.rev
            {
                return if seen.doc.value == doc.value {
                    Ok(())
                } else {
                    Err(lost("a document was changed and kept its revision"))
                };
            }
            let tail: Tail = format::read(TAIL, &doc.value)?;
            if self.reach(&tail, own).await? {
                self.seen = Some(Seen { doc, tail });
                return Ok(());
            }
        }
        Err(lost("a part of the log is missing"))
    }

    /// Whether everything up to the tail could be carried out. If not, others have just put it elsewhere.
    async fn reach(&mut self, tail: &Tail, own: &mut Option<Own>) -> Result<bool> {
        let Some((first, last)) = tail.batches.first().zip(tail.batches.last()) else {
            return Err(lost("the end of the log is empty"));
        };
        if last.number < self.position.number {
            return Err(lost("the log has become shorter"));
        }
        if first.number > self.position.number + 1 {
            self.read_segments(first.number, own).await?;
        }
        if first.number > self.position.number + 1 {
            let Some(snapshot) = tail.snapshot.as_ref().filter(|at| at.number > self.position.number) else {
                return Ok(false);
            };
            let Some(position) = snapshot::load(&*self.docs, snapshot).await? else { return Ok(false) };
            self.jump(position, own);
            self.read_segments(first.number, own).await?;
        }
        if first.number > self.position.number + 1 {
            return Ok(false);
        }
        self.follow(&tail.batches, own)?;
        Ok(true)
    }

    /// Carries out batches before this one, as far as they are there without a gap.
    async fn read_segments(&mut self, before: u64, own: &mut Option<Own>) -> Result<()> {
        let docs = self.docs.clone();
        let mut pages = Pages::new(SEGMENTS, Some(format::segment(self.position.number)), PAGE);
        while self.position.number + 1 < before {
            let Some(page) = pages.next(&*docs).await? else { break };
            for (key, doc) in &page {
                let segment: Segment = format::read(key, &doc.value)?;
                if segment.first().is_none_or(|first| first.number > self.position.number + 1) {
                    return Ok(());
                }
                self.follow(&segment, own)?;
            }
        }
        Ok(())
    }

    /// Carries out those that are new of some batches that begin here or earlier.
    fn follow(&mut self, batches: &[Batch], own: &mut Option<Own>) -> Result<()> {
        for batch in batches {
            if batch.number == self.position.number && batch.id != self.position.id {
                return Err(lost("the log was rewritten"));
            }
            if batch.number <= self.position.number {
                continue;
            }
            if batch.number != self.position.number + 1 || batch.after != self.position.id {
                return Err(lost("the log has a gap"));
            }
            match own.as_mut().filter(|own| own.id == batch.id && !own.is_done) {
                Some(own) => self.answer(batch, own),
                None => self.repeat(batch)?,
            }
        }
        Ok(())
    }

    /// Carries out a batch of our own.
    pub(super) fn answer(&mut self, batch: &Batch, own: &mut Own) {
        let mut stamp = self.begin(batch);
        let mut wakes = false;
        for command in &mut own.commands {
            wakes |= command.act(&mut self.position.state, &mut stamp);
        }
        own.is_done = true;
        self.end(batch, wakes);
    }

    /// Carries out a batch of others.
    fn repeat(&mut self, batch: &Batch) -> Result<()> {
        let commands: Vec<Command> = serde_json::from_str(batch.commands.get()).map_err(|cause| {
            Error::new(ErrorKind::StoreNotOurs, "a command in the log cannot be read")
                .about(format!("batch {}", batch.number))
                .with_source(cause)
        })?;
        let mut stamp = self.begin(batch);
        let mut wakes = false;
        for command in commands {
            wakes |= command.follow(&mut self.position.state, &mut stamp);
        }
        self.end(batch, wakes);
        Ok(())
    }

    fn begin(&self, batch: &Batch) -> Stamp {
        Stamp::seeded(batch.now.max(self.position.now), batch.seed)
    }

    fn end(&mut self, batch: &Batch, wakes: bool) {
        self.position.number = batch.number;
        self.position.id = batch.id;
        self.position.now = self.position.now.max(batch.now);
        self.shared.steady(self.position.now);
        if wakes {
            self.shared.announce();
        }
    }

    /// Goes on from a snapshot. What became of a batch of our own that was in doubt cannot be told any more.
    fn jump(&mut self, position: Position, own: &mut Option<Own>) {
        self.position = position;
        self.shared.steady(self.position.now);
        self.shared.announce();
        if let Some(own) = own.as_mut().filter(|own| own.is_in_doubt && !own.is_done) {
            own.commands.iter_mut().for_each(|command| command.fail(unknown()));
            own.is_done = true;
        }
    }

    /// The tail with one more batch.
    pub(super) fn with(&self, batch: Batch, size: u64, full_at: u64) -> Tail {
        let mut tail = self.seen.as_ref().map(|seen| seen.tail.clone()).unwrap_or_default();
        if tail.is_full {
            tail.batches.clear();
        }
        tail.batches.push(batch);
        tail.weight += size;
        let held: u64 = tail.batches.iter().map(|batch| batch.commands.get().len() as u64).sum();
        tail.is_full = held >= full_at;
        tail
    }

    pub(super) fn see(&mut self, rev: i64, value: Bytes, tail: Tail) {
        self.seen = Some(Seen { doc: Doc { rev, value }, tail });
    }
}

/// The backend did what none may: whoever goes on would diverge from the others.
pub(super) fn lost(what: &str) -> Error {
    Error::new(ErrorKind::StoreNotOurs, what)
        .about(TAIL)
        .hint("its backend has lost or mixed up writes: restore it, then open the store again")
}

fn unknown() -> Error {
    Error::new(ErrorKind::Store, "the answer was lost, and others have put the log away since")
        .hint("ask again: a repetition does no harm")
}

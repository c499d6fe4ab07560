//! What waits to be written, and how callers put it there without waiting.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot, watch};
use uuid::Uuid;

use super::announce::{Announcement, Kept};
use super::row::PendingExchange;
use super::{ActivityListener, ActivitySink};
use crate::error::{Error, ErrorKind};
use crate::id::ServerId;
use crate::store::ActivityRow;

/// What the log did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActivityStats {
    /// Rows recorded.
    pub recorded: u64,
    /// Rows written before their request was sent; they are recorded once more with its end.
    pub announced: u64,
    /// Rows the store took, those from the file among them.
    pub stored: u64,
    /// Rows that went to the file.
    pub spilled: u64,
    /// Rows that came back from it.
    pub replayed: u64,
    /// Rows the store refused for themselves, one by one; kept in a file of their own.
    pub refused: u64,
    /// Rows that were told their server after they had been written.
    pub attributed: u64,
    /// Bodies left out under overload.
    pub bodies_dropped: u64,
    /// Rows waiting now.
    pub waiting: u64,
}

/// Something to make a row of.
pub(super) enum Pending {
    Exchange(Box<PendingExchange>),
    Row(Box<ActivityRow>),
}

impl Pending {
    pub(super) fn body_bytes(&self) -> usize {
        match self {
            Self::Exchange(exchange) => exchange.body_bytes(),
            Self::Row(_) => 0,
        }
    }

    /// Whether somebody may yet find the server it is about. A command is on record at once all the same.
    pub(super) fn awaits_server(&self, unattributed: &Unattributed) -> bool {
        match self {
            Self::Exchange(exchange) => {
                exchange.is_read() && unattributed.is_awaited(&exchange.context.server)
            }
            Self::Row(_) => false,
        }
    }

    /// Whether it may have changed something: its row is not kept waiting.
    fn is_command(&self) -> bool {
        match self {
            Self::Exchange(exchange) => !exchange.is_read(),
            Self::Row(_) => true,
        }
    }

    /// Whether there was a body to leave out.
    fn drop_bodies(&mut self) -> bool {
        match self {
            Self::Exchange(exchange) => exchange.drop_bodies(),
            Self::Row(row) => {
                let (request, response) = (row.request_body.take(), row.response_body.take());
                request.is_some() || response.is_some()
            }
        }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    items: VecDeque<Pending>,
    /// So many of them are commands.
    commands: usize,
    body_bytes: usize,
    pushed: u64,
    /// Somebody waits for everything up to here.
    pub(super) wanted: u64,
    /// Nobody is left who could push.
    pub(super) closed: bool,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn has_command(&self) -> bool {
        self.commands > 0
    }

    pub(super) fn take(&mut self, most: usize) -> Vec<Pending> {
        let taken: Vec<Pending> = self.items.drain(..most.min(self.items.len())).collect();
        self.commands -= taken.iter().filter(|pending| pending.is_command()).count().min(self.commands);
        self.body_bytes -= taken.iter().map(Pending::body_bytes).sum::<usize>().min(self.body_bytes);
        taken
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Rows, in the order they were pushed, that are safe.
    pub(super) rows: u64,
    /// Neither store nor file takes any.
    pub(super) stuck: bool,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) announced: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) spilled: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) attributed: AtomicU64,
    pub(super) bodies_dropped: AtomicU64,
}

pub(super) struct Shared {
    queue: Mutex<Queue>,
    pub(super) wake: Notify,
    pub(super) settled: watch::Sender<Settled>,
    pub(super) counters: Counters,
    /// Held while ids are made and written, so that they are stored in their order and a reader who follows the log misses none.
    pub(super) order: AsyncMutex<()>,
    /// Announced rows went to the file.
    pub(super) has_file: AtomicBool,
    unattributed: Mutex<Unattributed>,
    listener: OnceLock<Arc<dyn ActivityListener>>,
}

/// Rows written before their server was known, by the cell in which it will be found: one reference a cell, so that
/// it shows when nobody else is left who could fill it.
#[derive(Default)]
pub(super) struct Unattributed(HashMap<usize, (Arc<OnceLock<ServerId>>, Vec<Uuid>)>);

fn name(server: &Arc<OnceLock<ServerId>>) -> usize {
    Arc::as_ptr(server).addr()
}

impl Unattributed {
    /// Whether somebody is left who could fill this cell: beside the row that asks, and this.
    pub(super) fn is_awaited(&self, server: &Arc<OnceLock<ServerId>>) -> bool {
        let others = Arc::strong_count(server) - 1;
        server.get().is_none() && others > 0 && others > usize::from(self.0.contains_key(&name(server)))
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> usize {
        self.0.values().map(|(_, rows)| rows.len()).sum()
    }

    fn remember(&mut self, row: Uuid, server: Arc<OnceLock<ServerId>>) {
        self.0.entry(name(&server)).or_insert_with(|| (server, Vec::new())).1.push(row);
    }

    /// Rows whose server has been found. Those whose server nobody can name any more (an address that was none) are
    /// let go.
    fn take_found(&mut self) -> Vec<(Uuid, ServerId)> {
        let mut found = Vec::new();
        self.0.retain(|_, (server, rows)| match server.get() {
            Some(id) => {
                found.extend(rows.drain(..).map(|row| (row, *id)));
                false
            }
            None => Arc::strong_count(server) > 1,
        });
        found
    }
}

impl Shared {
    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything there is has to be written: somebody waits for it, or nobody will be left to write it.
    pub(super) fn wants_all(&self, queue: &Queue) -> bool {
        queue.closed || queue.wanted > self.settled.borrow().rows
    }

    pub(super) fn unattributed(&self) -> MutexGuard<'_, Unattributed> {
        self.unattributed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listen(&self, listener: Arc<dyn ActivityListener>) {
        // The first one stays.
        let _ = self.listener.set(listener);
    }

    /// Makes a row, tells whoever listens, and remembers it if somebody may still find its server.
    pub(super) fn row_of(&self, pending: Pending) -> ActivityRow {
        let context = match &pending {
            Pending::Exchange(exchange) => Some(exchange.context.clone()),
            Pending::Row(_) => None,
        };
        let row = pending.into_row();
        if let Some(listener) = self.listener.get().filter(|listener| listener.is_listening()) {
            listener.recorded(&row);
        }
        if let (Some(context), None) = (context, row.server_id) {
            let mut unattributed = self.unattributed();
            // Found meanwhile counts, too.
            if context.server.get().is_some() || unattributed.is_awaited(&context.server) {
                unattributed.remember(row.id, context.server.clone());
            }
        }
        row
    }

    /// Tells written rows the servers that have been found since.
    pub(super) async fn attribute(&self, sink: &dyn ActivitySink) {
        let known = self.unattributed().take_found();
        if known.is_empty() {
            return;
        }
        match sink.attribute(known.clone()).await {
            Ok(()) => {
                self.counters.attributed.fetch_add(known.len() as u64, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(rows = known.len(), error = %error.chain(), "activity rows were not told their server");
                let mut unattributed = self.unattributed();
                for (row, server) in known {
                    unattributed.remember(row, Arc::new(OnceLock::from(server)));
                }
            }
        }
    }
}

/// The callers' end. When the last one goes, the writing task finishes.
pub(super) struct Producer {
    shared: Arc<Shared>,
    batch: usize,
    capacity: usize,
    body_bytes: usize,
    announce: mpsc::UnboundedSender<Announcement>,
}

impl Producer {
    pub(super) fn new(
        batch: usize,
        capacity: usize,
        body_bytes: usize,
        announce: mpsc::UnboundedSender<Announcement>,
    ) -> Self {
        let shared = Shared {
            queue: Mutex::default(),
            wake: Notify::new(),
            settled: watch::Sender::new(Settled::default()),
            counters: Counters::default(),
            order: AsyncMutex::default(),
            has_file: AtomicBool::default(),
            unattributed: Mutex::default(),
            listener: OnceLock::new(),
        };
        Self { shared: Arc::new(shared), batch, capacity, body_bytes, announce }
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Never waits for anything but the queue's lock, which nobody holds for longer than a move of some pointers.
    pub(super) fn push(&self, mut pending: Pending) {
        let mut bytes = pending.body_bytes();
        let mut queue = self.shared.queue();
        if (queue.len() >= self.capacity || queue.body_bytes + bytes > self.body_bytes)
            && pending.drop_bodies()
        {
            self.shared.counters.bodies_dropped.fetch_add(1, Ordering::Relaxed);
            bytes = 0;
        }
        let shortens = pending.is_command() && !queue.has_command();
        queue.body_bytes += bytes;
        queue.pushed += 1;
        queue.commands += usize::from(pending.is_command());
        queue.items.push_back(pending);
        let len = queue.len();
        drop(queue);
        // The first starts the timer, the first command shortens it, a full batch ends it: nothing in between needs the
        // writer's attention.
        if len == 1 || shortens || len == self.batch {
            self.shared.wake.notify_one();
        }
    }

    /// Waits until a row is durable, and gives its id.
    pub(super) async fn announce(&self, row: ActivityRow) -> Kept {
        let (id, (done, end)) = (row.id, oneshot::channel());
        let sent = self.announce.send(Announcement { row, done }).is_ok();
        let gone = || (id, Error::new(ErrorKind::Store, "the activity log has ended"));
        if sent { end.await.unwrap_or_else(|_| Err(gone())) } else { Err(gone()) }
    }

    /// Whether everything pushed so far became safe; otherwise nothing takes rows.
    pub(super) async fn flush(&self) -> bool {
        let wanted = {
            let mut queue = self.shared.queue();
            queue.wanted = queue.pushed;
            queue.pushed
        };
        self.shared.wake.notify_one();
        let mut settled = self.shared.settled.subscribe();
        let end = settled.wait_for(|settled| settled.rows >= wanted || settled.stuck).await;
        end.is_ok_and(|settled| settled.rows >= wanted)
    }

    pub(super) async fn has_room(&self) {
        let mut settled = self.shared.settled.subscribe();
        // The sender lives in `shared`, so the wait ends with room only.
        let _ = settled.wait_for(|_| self.shared.queue().len() < self.capacity).await;
    }

    pub(super) fn stats(&self) -> ActivityStats {
        let (recorded, waiting) = {
            let queue = self.shared.queue();
            (queue.pushed, queue.pushed - self.shared.settled.borrow().rows)
        };
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ActivityStats {
            recorded,
            waiting,
            announced: read(&counters.announced),
            stored: read(&counters.stored),
            spilled: read(&counters.spilled),
            replayed: read(&counters.replayed),
            refused: read(&counters.refused),
            attributed: read(&counters.attributed),
            bodies_dropped: read(&counters.bodies_dropped),
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.wake.notify_one();
    }
}

//! The activity log: every exchange once, redacted, in batches, never in the caller's way.
//!
//! But for requests that change something: their row is durable *before* they are sent, in the store or, while that is
//! down, in the file; where neither takes it, the request is not sent. The same row is completed when the end is known. One
//! that never was says that its outcome is not known.
//!
//! Recording copies a few words into a queue. A task of its own redacts, makes rows and writes them: 200 at a time, or
//! after 50 ms where a command is among them and 250 ms where all only read; what a scan reads of an iDRAC waits up to a
//! second for its server to be known. When the store is
//! down, rows go to a file beside it and come back when it is up again; row ids make writing twice harmless. Under
//! overload bodies are left out first; a row is never dropped.

mod announce;
mod flusher;
mod held;
mod observer;
mod queue;
mod row;
mod spill;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::Observer;
use dell_redfish::clock::{Clock, SystemClock};
use tokio::sync::mpsc;
use uuid::Uuid;

pub use queue::ActivityStats;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{JobId, ProfileId, ServerId, TaskId};
use crate::store::{ActivityRow, Store};
use announce::Announcer;
use flusher::Flusher;
use observer::ActivityObserver;
use queue::{Pending, Producer};
use spill::Spill;

/// Where activity rows end up: a store, or anything that takes them.
#[async_trait]
pub trait ActivitySink: Send + Sync + fmt::Debug {
    /// Appends rows; one whose id is already there is ignored, unless it completes one that was
    /// [pending](ActivityRow::is_pending). Pending rows are durable when this returns.
    async fn write(&self, rows: Arc<[ActivityRow]>) -> Result<()>;

    /// Says which server rows are about that were written before it was known.
    async fn attribute(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()>;

    /// Whether it answers at all: tells rows it refuses from a sink that is down.
    async fn is_reachable(&self) -> bool;
}

#[async_trait]
impl ActivitySink for Arc<dyn Store> {
    async fn write(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        self.record_activity(rows).await
    }

    async fn attribute(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        self.attribute_activity(rows).await
    }

    async fn is_reachable(&self) -> bool {
        self.now().await.is_ok()
    }
}

/// Told of every row as it is made.
pub trait ActivityListener: Send + Sync + fmt::Debug {
    /// Whether it wants to be told. Asked for each row: it costs nothing while the answer is no.
    fn is_listening(&self) -> bool;

    /// A row on its way to the store. It must not block.
    fn recorded(&self, row: &ActivityRow);
}

/// Which reply bodies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplyBodies {
    /// None.
    Never,
    /// Those of failures and of commands (everything but GET and HEAD).
    #[default]
    FailuresAndCommands,
    /// All: for tracing a problem, at a price.
    Always,
}

/// Which bodies are kept. Those over 100 KiB never are; a note of their size stands for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPolicy {
    /// Bodies sent.
    pub requests: bool,
    /// Bodies received.
    pub replies: ReplyBodies,
}

impl Default for BodyPolicy {
    fn default() -> Self {
        Self { requests: true, replies: ReplyBodies::default() }
    }
}

/// How the log works.
#[derive(Debug, Clone)]
pub struct ActivityOptions {
    /// Which bodies are kept.
    pub bodies: BodyPolicy,
    /// So many rows are written at once.
    pub batch: usize,
    /// No row of a command waits longer than this for its batch.
    pub interval: Duration,
    /// No row of a read or a login does: fewer and larger transactions cost less.
    pub read_interval: Duration,
    /// Longer, but not longer than this, wait rows about an iDRAC whose server is still being found (reads and logins;
    /// commands never). Zero: they are written like all others, and a second time when the server is known.
    pub patience: Duration,
    /// With so many rows waiting, bodies are left out and rows go to the file.
    pub capacity: usize,
    /// Likewise with so many bytes of bodies waiting.
    pub body_bytes: usize,
    /// Where rows go while the store is down: the beginning of a file name, one file a process. `None`: they wait in memory.
    pub spill: Option<PathBuf>,
    /// Largest such file in bytes.
    pub spill_bytes: u64,
}

impl Default for ActivityOptions {
    fn default() -> Self {
        Self {
            bodies: BodyPolicy::default(),
            batch: 200,
            interval: Duration::from_millis(50),
            read_interval: Duration::from_millis(250),
            patience: Duration::from_secs(1),
            capacity: 65_536,
            body_bytes: 64 << 20,
            spill: None,
            spill_bytes: 256 << 20,
        }
    }
}

/// Whether whoever sends may still change something. It must not block.
pub trait Leave: Send + Sync + fmt::Debug {
    /// # Errors
    /// [`ErrorKind::LeaseLost`]: not any more.
    fn check(&self) -> Result<()>;
}

/// On whose account exchanges happen.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    /// The server. A scan learns it late: rows that were written before are told once it is set.
    pub server: Arc<OnceLock<ServerId>>,
    /// The job.
    pub job_id: Option<JobId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// Who sends, e.g. `job_executor`.
    pub source: Arc<str>,
    /// On whose behalf.
    pub initiated_by: Option<ProfileId>,
}

impl Default for ActivityContext {
    fn default() -> Self {
        let source = Arc::from("job_executor");
        Self { server: Arc::default(), job_id: None, task_id: None, source, initiated_by: None }
    }
}

/// The log. Cheap to clone; all clones are the same log.
///
/// Its task ends by itself, everything written, once the last clone and the last observer are gone. A program that
/// ends its runtime awaits [`ActivityLog::flush`] first.
#[derive(Clone)]
pub struct ActivityLog {
    producer: Arc<Producer>,
    sink: Arc<dyn ActivitySink>,
    bodies: BodyPolicy,
}

impl ActivityLog {
    /// Begins to write to a store. Rows that an earlier process left in its file are written first.
    ///
    /// Must be called within a tokio runtime.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, options: ActivityOptions) -> Self {
        Self::over(Arc::new(store), options, Arc::new(SystemClock))
    }

    /// Tells of every row as it is made. The first listener stays.
    #[must_use]
    pub fn with_listener(self, listener: Arc<dyn ActivityListener>) -> Self {
        self.producer.shared().listen(listener);
        self
    }

    /// Begins to write to any sink.
    #[must_use]
    pub fn over(sink: Arc<dyn ActivitySink>, options: ActivityOptions, clock: Arc<dyn Clock>) -> Self {
        let bodies = options.bodies;
        let (announce, announced) = mpsc::unbounded_channel();
        let producer = Arc::new(Producer::new(options.batch, options.capacity, options.body_bytes, announce));
        let spill = options.spill.clone().map(|base| Spill::new(base, options.spill_bytes));
        let spill = spill.map(|spill| Arc::new(Mutex::new(spill)));
        let announcer = Announcer::new(producer.shared(), sink.clone(), spill.clone(), clock.clone());
        tokio::spawn(announcer.run(announced));
        let flusher = Flusher::new(producer.shared(), sink.clone(), options, clock, spill);
        tokio::spawn(flusher.run());
        Self { producer, sink, bodies }
    }

    /// An observer that records every exchange it sees on one account.
    #[must_use]
    pub fn observer(&self, context: ActivityContext) -> Arc<dyn Observer> {
        self.observer_under(context, None)
    }

    /// The same for one who may change something only as long as he has leave to.
    #[must_use]
    pub fn observer_under(
        &self,
        context: ActivityContext,
        leave: Option<Arc<dyn Leave>>,
    ) -> Arc<dyn Observer> {
        Arc::new(ActivityObserver::new(self.producer.clone(), Arc::new(context), self.bodies, leave))
    }

    /// Records a row of another protocol, or of the embedding program. It is redacted like all others.
    pub fn record(&self, row: ActivityRow) {
        self.producer.push(Pending::Row(Box::new(row)));
    }

    /// Waits until everything recorded before this call is in the store, or safe in the file.
    ///
    /// # Errors
    /// [`ErrorKind::Store`]: neither takes rows. They wait in memory and are tried again.
    pub async fn flush(&self) -> Result<()> {
        if self.producer.flush().await {
            self.producer.shared().attribute(self.sink.as_ref()).await;
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Store,
            "the activity log can be written neither to the store nor to its file",
        )
        .hint("see the log for the cause of each; nothing is lost as long as this process lives"))
    }

    /// Waits while so many rows are waiting that more should not be caused: what reads do before they begin.
    pub async fn has_room(&self) {
        self.producer.has_room().await;
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> ActivityStats {
        self.producer.stats()
    }
}

impl fmt::Debug for ActivityLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityLog").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod announce_tests;
#[cfg(test)]
mod tests;

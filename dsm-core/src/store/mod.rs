//! Where jobs, servers, credentials and inventory live: one small object-safe trait, batch-first.
//!
//! Every write of a running attempt carries its fence and is refused once another attempt holds the job;
//! what belongs together (findings, inventory, progress, checkpoint) is written in one transaction, so that
//! a crash leaves either all of it or nothing.
//!
//! A backend of one's own implements [`Store`], or the five calls of [`DocStore`]: then [`LogStore`] is the store.

mod clock;
mod coded;
#[cfg(feature = "conformance")]
pub mod conformance;
mod control;
mod document;
mod entry;
mod family;
mod fields;
mod finding;
mod heartbeat;
pub mod inventory;
mod lease;
mod limits;
mod lock;
mod log;
mod memory;
mod pause;
mod pending;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "postgrest")]
pub mod postgrest;
mod prune;
pub mod record;
mod reseal;
#[cfg(any(feature = "postgres", feature = "postgrest"))]
mod roots;
mod rows;
mod rules;
mod settings;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod step;
pub mod table;
#[cfg(any(feature = "postgres", feature = "postgrest"))]
mod text;
mod turn;
mod why;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

pub use clock::{ManualClock, StorageClock, TimeSource};
pub use control::{Reschedule, Rescheduled, Retried};
pub use entry::Entry;
pub use family::OnFailure;
pub use heartbeat::HeartbeatRow;
pub use inventory::{
    DocumentRow, DriveRow, FirmwareRow, HealthRow, InventoryRows, InventoryWrite, MemoryRow, NicRow,
};
pub use lease::{
    Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Claim, Claimed, ClaimedJob, Enqueued, Executor,
    Lease, LeaseKey, Outcome, PartUpdate, Reaped, Registered, Settled, Settlement,
};
pub use limits::{LIMITS_KEY, Limits};
pub use lock::{Holder, LockOwner, LockRequest, Locked, Share, Turn, Wish, server_lane, server_of_lane};
pub use log::{Doc, DocFacts, DocStore, Expected, LogOptions, LogStore, Put};
pub use memory::MemoryStore;
pub use pause::{Pause, PauseScope};
pub use prune::{Prune, Pruned};
pub use record::{
    ActivityQuery, ActivityRow, CredentialRangeRow, CredentialSetRow, JobQuery, PinRow, ServerChange,
    ServerFields, ServerFinding, ServerOutcome, ServerPatch, ServerQuery, ServerRow, SessionRow,
};

pub use reseal::{Reseal, SealedAt};
pub use settings::{Settings, SettingsPatch};
pub(crate) use step::apply_step;
pub use step::{StepChange, StepRow, StepState, StepWrite};
pub use table::{RowChange, RowQuery, RowWrite, StoredRow, Table};
pub use why::{Reason, WhyNot};

#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore, SchemaPlan};
#[cfg(feature = "postgrest")]
pub use postgrest::{PostgrestOptions, PostgrestStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};

use crate::credential::Secret;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};

/// What a store can do beyond the least; the engine and the conformance suite read this, nobody guesses from names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Name of the backend, for reports.
    pub backend: &'static str,
    /// Rows survive the process.
    pub durable: bool,
    /// Several executors may share it.
    pub shared: bool,
    /// Claims are one atomic step for the whole batch.
    pub atomic_claims: bool,
    /// It can prove that a process is dead, and so release what it held without waiting.
    pub proves_death: bool,
    /// Claims honour [`Limits`].
    pub limits: bool,
    /// Largest batch worth sending.
    pub max_batch: usize,
    /// What it cannot give, whatever is asked of it.
    pub lacks: &'static [Lack],
}

impl Caps {
    /// Whether it cannot give this.
    #[must_use]
    pub fn lacks(&self, lack: Lack) -> bool {
        self.lacks.contains(&lack)
    }
}

/// What a store on tables that are not made for it may be unable to give. What stays holds all the same: at most one
/// winner a claim, ends that are final, claims that honour type, time, parent and the pause of iDRACs, and writes that
/// say which attempt they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Fences that everything an attempt writes is bound to, in one step: the job's own row is, other tables follow it.
    Fences,
    /// Locks and lanes.
    Locks,
    /// Steps that are on record over attempts.
    Steps,
    /// Pauses of anything but work on iDRACs, and who set them.
    Pauses,
    /// A history of attempts, and who runs what.
    History,
    /// Documents, certificates, sessions and values of ours over the life of the process.
    Notes,
}

impl Lack {
    /// All of it.
    pub const ALL: &'static [Self] =
        &[Self::Fences, Self::Locks, Self::Steps, Self::Pauses, Self::History, Self::Notes];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fences => "fences",
            Self::Locks => "locks",
            Self::Steps => "steps",
            Self::Pauses => "pauses",
            Self::History => "history",
            Self::Notes => "notes",
        }
    }
}

/// What becomes of a request to cancel a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It was pending and is cancelled now, its children with it.
    AtOnce,
    /// It is running: its executor has been told.
    Requested,
    /// It had ended before.
    AlreadyEnded,
    /// There is no such job.
    NotFound,
}

/// The storage of `dsm`.
///
/// Time is the store's: only [`Store::now`] decides whether a lease has run out. Every method is safe to repeat
/// after a lost reply. Implementations are held to this by the conformance suite.
#[async_trait]
pub trait Store: Send + Sync + Debug + 'static {
    /// What this store can do.
    fn caps(&self) -> Caps;

    /// The storage clock.
    async fn now(&self) -> Result<Timestamp>;

    // ---- jobs: enqueue, claim, run, end ----

    /// Adds jobs with their tasks, each whole or not at all, in order. The same idempotency key gives the job
    /// that is already there.
    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>>;

    /// Announces an executor. Leases of earlier incarnations whose process is *proved* dead (the proof is the
    /// backend's own: a file lock, a session lock) are released at once; all others run out by themselves.
    async fn register(&self, executor: &Executor) -> Result<Registered>;

    /// Withdraws an executor: its remaining leases are released.
    async fn unregister(&self, executor: &Executor) -> Result<()>;

    /// Moves due pending jobs of the given types to running, most urgent first, oldest first, under new leases. What is
    /// paused stays pending.
    async fn claim(&self, claim: Claim) -> Result<Claimed>;

    /// One call a beat: extends the leases of an executor, and says which are lost and which jobs are to be cancelled.
    async fn renew(&self, beat: Beat) -> Result<BeatReply>;

    /// Takes locks, all or none. An attempt asks under its fence.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`]: the attempt holds its job no more.
    async fn lock(&self, request: LockRequest) -> Result<Locked>;

    /// Gives back locks and places in line: these, or with none named all of the owner's.
    ///
    /// # Errors
    /// As [`Store::lock`].
    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()>;

    /// Who holds locks and who waits for them, in the order in which they came; of one lock, or of all.
    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>>;

    /// Writes an executor's row of `executor_heartbeats`, for front ends that read it. A store without the table has
    /// nothing to write.
    async fn put_heartbeat(&self, row: HeartbeatRow) -> Result<()> {
        let _ = row;
        Ok(())
    }

    /// The rows of `executor_heartbeats`, by executor: who runs jobs on this store, of ours and of others. Shared with
    /// nobody, it has none.
    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        Ok(Vec::new())
    }

    /// Which of these jobs somebody wants cancelled. Cheap: asked twice a second while jobs run.
    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>>;

    /// Writes what an attempt found, in one transaction, fenced.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`]: nothing was written, the attempt must stop.
    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport>;

    /// Ends attempts. Repeating the same settlement answers [`Settled::AlreadyApplied`].
    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>>;

    /// Takes back leases that have run out: the job is pending again with its checkpoint, or failed after
    /// `max_orphanings` orphanings in a row, none of which got further: a checkpoint unlike the one before, or a task
    /// that ended, starts the count anew.
    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>>;

    /// Asks for the end of a job.
    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled>;

    // ---- control ----

    /// Holds pending jobs back from claims, by whom and why as said. What runs goes on; who is held back gives up its
    /// place in line, so that others pass. Repeated, it changes the reason.
    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause>;

    /// Holds back no longer, and wakes who waits. Whether there was such a pause.
    async fn resume(&self, scope: &PauseScope) -> Result<bool>;

    /// What is held back.
    async fn pauses(&self) -> Result<Vec<Pause>>;

    /// Makes an ended job pending again, for another run: due now, with all its tasks, without checkpoint and steps of
    /// the last run and with none of its orphanings held against it. Of a job that runs by its parts, those that did not
    /// complete run once more, and those that did stay done; children that another program enqueued stay as they are.
    async fn retry(&self, job: JobId) -> Result<Retried>;

    /// Changes when a pending job runs.
    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled>;

    /// Why a job is not running now; `None`: there is no such job. `gated`: the types that work on iDRACs. Cheap,
    /// however many wait.
    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>>;

    /// Removes one batch of what is over and old.
    async fn prune(&self, prune: Prune) -> Result<Pruned>;

    /// Takes keys out of a job's `details`, whatever its state, and gives what they said to this caller alone. `None`: there
    /// is no such job. Repeated after a lost reply, it gives nothing any more.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: the store takes nothing out.
    async fn take_details(&self, job: JobId, keys: &[String]) -> Result<Option<Map<String, Value>>> {
        let _ = (job, keys);
        Err(no_place("what is to go again"))
    }

    // ---- reading jobs ----

    /// Jobs by filter, newest last.
    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>>;

    /// The tasks of a job.
    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>>;

    /// The steps of a job over all its runs, in the order in which they were begun.
    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>>;

    /// The attempts of a job, first to last.
    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>>;

    // ---- servers and inventory ----

    /// Servers by filter, ordered by address.
    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>>;

    /// Writes servers outside a job (an operator adds one, sets a credential set). `None` columns stay as they are.
    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()>;

    /// The inventory rows of one server.
    async fn inventory(&self, server: ServerId) -> Result<InventoryRows>;

    /// The raw resource documents of one server, compressed as they were written.
    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>>;

    /// Rows of a [`Table`], newest first. They are written with what an attempt [writes](Store::write).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: the store has no place for them.
    async fn rows(&self, query: RowQuery) -> Result<Vec<StoredRow>> {
        Err(no_place(query.table.name()))
    }

    // ---- activity ----

    /// Appends to `idrac_commands`. A row whose id is already there completes the one that is, if that
    /// [is pending](ActivityRow::is_pending) and this one is not, and is ignored otherwise. What is pending is as durable as
    /// a job's end when this returns: its request is sent only then.
    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()>;

    /// Says which server rows are about that were written before it was known. A row that names one keeps it.
    async fn attribute_activity(&self, rows: Vec<(uuid::Uuid, ServerId)>) -> Result<()>;

    /// Activity by filter, oldest first.
    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>>;

    // ---- credentials ----

    /// All credential sets, passwords sealed, by priority.
    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>>;

    /// Adds or replaces a credential set.
    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()>;

    /// Removes a credential set and its ranges; servers that named it fall back to the rest of the chain.
    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool>;

    /// All ranges, by priority.
    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>>;

    /// Adds or replaces a range.
    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()>;

    /// The key of the existing system that the database is shared with, as its settings have it; nothing in a database of our own.
    async fn old_password_key(&self) -> Result<Option<Secret>> {
        Ok(None)
    }

    /// Puts sealed texts in place of others, each only where the other still is; says for each whether it was. Of jobs, only in
    /// those that have not ended.
    ///
    /// A store that does not bring its own looks first and writes then: what is stored in between is lost. It leaves jobs alone.
    async fn reseal(&self, changes: Vec<Reseal>) -> Result<Vec<bool>> {
        reseal::look_and_write(self, changes).await
    }

    // ---- what is remembered about iDRACs ----

    /// All remembered certificates.
    async fn pins(&self) -> Result<Vec<PinRow>>;

    /// Remembers certificates (by host).
    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()>;

    /// Forgets the certificate of a host, so that the next one seen is trusted anew.
    async fn forget_pin(&self, host: &str) -> Result<bool>;

    /// Notes a session before it is made: no location yet.
    async fn put_session(&self, session: SessionRow) -> Result<()>;

    /// The session noted under this ticket is there now.
    async fn locate_session(&self, id: uuid::Uuid, location: &str) -> Result<()>;

    /// A session is gone.
    async fn remove_session(&self, id: uuid::Uuid) -> Result<()>;

    /// All noted sessions.
    async fn sessions(&self) -> Result<Vec<SessionRow>>;

    /// Small named values of ours that fit nowhere else (the scan's last good credential, cursors).
    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>>;

    /// Writes such a value.
    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()>;

    // ---- schedules, windows, settings ----

    /// The named documents of a kind, by name.
    async fn entries(&self, kind: &str) -> Result<Vec<Entry>> {
        let _ = kind;
        Ok(Vec::new())
    }

    /// Writes a named document where it still has the revision expected, or where none is expected and none is there. Its
    /// revision now; `None`: somebody else was first, and nothing was changed.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: the store has no place for it.
    async fn put_entry(
        &self,
        kind: &str,
        name: &str,
        body: Value,
        expected: Option<i64>,
    ) -> Result<Option<i64>> {
        let _ = (kind, name, body, expected);
        Err(no_place("schedules and windows"))
    }

    /// Removes a named document. Whether it was there.
    async fn remove_entry(&self, kind: &str, name: &str) -> Result<bool> {
        let _ = (kind, name);
        Ok(false)
    }

    /// How long things are kept, as `activity_settings` says.
    async fn settings(&self) -> Result<Settings> {
        Ok(Settings::default())
    }

    /// Changes that; `None` columns stay as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: the store has no place for it.
    async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        let _ = patch;
        Err(no_place("settings"))
    }

    /// Waits until something may have become claimable or `timeout` has passed. Polling is as good as a signal.
    async fn wait_for_work(&self, timeout: Duration);
}

fn no_place(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this store has no place for {what}"))
        .hint("keep them in SQLite, or in PostgreSQL with our tables")
}

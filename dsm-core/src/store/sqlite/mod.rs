//! The embedded store: one SQLite file, one writing thread, a few reading ones.

mod activity;
mod attempt;
mod claim;
mod codec;
mod control;
mod credentials;
mod entries;
mod executor;
mod family;
mod fault;
mod inventory;
mod jobs;
mod limits;
mod locks;
mod migrate;
mod notes;
mod open;
mod pauses;
mod presence;
mod prune;
mod readers;
mod rows;
mod servers;
mod settings;
mod settle;
mod steps;
#[cfg(test)]
mod tests;
mod why;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use uuid::Uuid;

use self::fault::Db;
use self::presence::Presence;
use self::readers::Readers;
use self::writer::{Durability, Tx, Writer};
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::clock::{SteadyClock, StorageClock};
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow,
    Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow, Store,
    StoredRow, WhyNot,
};
use crate::store::{lock, pause, rules};

/// How a store is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// Threads that read.
    pub readers: usize,
    /// Where the time comes from; tests bring their own.
    pub clock: StorageClock,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(10), readers: 2, clock: StorageClock::System }
    }
}

/// A store in one SQLite file.
///
/// Several processes may share the file. Dropping the store finishes what was asked of it and folds the log into
/// the file.
pub struct SqliteStore {
    // Fields fall in this order: the writer closes last, so that it can fold in the log, and only then does this
    // process let go of its executors.
    readers: Option<Readers>,
    writer: Writer,
    presence: Arc<Presence>,
    clock: Arc<SteadyClock>,
    work: Arc<Notify>,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the file, and makes it (mode 0600) where there is none. Blocks for a few milliseconds.
    ///
    /// # Errors
    /// [`ErrorKind::StoreNotOurs`](crate::ErrorKind::StoreNotOurs) for a file that is not SQLite, not ours, damaged
    /// or of a newer build; it is left as it was. [`ErrorKind::Store`](crate::ErrorKind::Store) where it cannot be
    /// read, made or written.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self> {
        let path = path.as_ref();
        let clock = SteadyClock::new(options.clock);
        let conn = open::open_writer(path, options.busy_timeout, clock.now())?;
        let connections = (0..options.readers.max(1)).map(|_| open::open_reader(path, options.busy_timeout));
        let readers = Readers::start(connections.collect::<Result<_>>()?, path.to_owned())?;
        Self::start(conn, Some(readers), Presence::new(Some(path)), clock, path)
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) where no thread can be started.
    pub fn open_in_memory(options: SqliteOptions) -> Result<Self> {
        let clock = SteadyClock::new(options.clock);
        let conn = open::open_in_memory(clock.now())?;
        Self::start(conn, None, Presence::new(None), clock, Path::new(":memory:"))
    }

    fn start(
        conn: Connection,
        readers: Option<Readers>,
        presence: Presence,
        clock: SteadyClock,
        path: &Path,
    ) -> Result<Self> {
        clock.catch_up(writer::seen(&conn).map_err(|fault| fault.into_error(path))?);
        let clock = Arc::new(clock);
        let work = Arc::new(Notify::new());
        let writer = Writer::start(conn, path.to_owned(), Arc::clone(&clock), Arc::clone(&work))?;
        Ok(Self { readers, writer, presence: Arc::new(presence), clock, work, path: path.to_owned() })
    }

    /// Where it is; `:memory:` for one in memory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn write_now<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Db<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.run(Durability::Power, work).await
    }

    async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Db<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.run(Durability::Process, work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Db<T> + Send + 'static,
    ) -> Result<T> {
        match &self.readers {
            Some(readers) => readers.run(read).await,
            None => self.note(move |tx| read(tx.conn)).await,
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn caps(&self) -> Caps {
        let durable = self.readers.is_some();
        Caps {
            backend: "sqlite",
            durable,
            shared: durable,
            atomic_claims: true,
            proves_death: durable,
            limits: true,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        self.write_now(move |tx| jobs::enqueue(tx, &jobs)).await
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        let (presence, executor) = (Arc::clone(&self.presence), executor.clone());
        let (registered, dead) =
            self.write_now(move |tx| executor::register(tx, &presence, &executor)).await?;
        dead.into_iter().for_each(|incarnation| self.presence.withdraw(incarnation));
        Ok(registered)
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        let leaving = executor.clone();
        self.write_now(move |tx| executor::unregister(tx, &leaving)).await?;
        // Only once it is written that nothing is held: until then the lock is what the next start goes by.
        self.presence.withdraw(executor.incarnation);
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        self.write_now(move |tx| claim::claim(tx, &claim)).await
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        self.note(move |tx| claim::renew(tx, &beat)).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        self.write_now(move |tx| locks::lock(tx, &request)).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        let keys = keys.to_vec();
        self.write_now(move |tx| locks::unlock(tx, owner, &keys)).await
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        let key = key.map(str::to_owned);
        self.read(move |conn| locks::holders(conn, key.as_deref())).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        let jobs = jobs.to_vec();
        self.read(move |conn| claim::cancel_requests(conn, &jobs)).await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        // What the next step goes by must outlive even the power supply. Findings without a checkpoint can be found
        // again; the next synced commit makes them safe as well.
        // Rows that belong to no attempt have no settlement to make them safe.
        let is_alone = write.lease.is_none() && !write.rows.is_empty();
        let durability = if is_alone || write.checkpoint.is_some() || !write.steps.is_empty() {
            Durability::Power
        } else {
            Durability::Process
        };
        self.writer.run(durability, move |tx| attempt::write(tx, &write)).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        self.write_now(move |tx| settle::settle(tx, &items)).await
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        self.write_now(move |tx| settle::reap(tx, max_orphanings)).await
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        let reason = reason.to_owned();
        self.write_now(move |tx| settle::cancel(tx, job, &reason)).await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        let (scope, reason, by) = (scope.clone(), reason.to_owned(), by.to_owned());
        self.write_now(move |tx| pauses::pause(tx, &scope, &reason, &by)).await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        let scope = scope.clone();
        self.write_now(move |tx| pauses::resume(tx, &scope)).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.read(|conn| pauses::pauses(conn, None)).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        self.write_now(move |tx| control::retry(tx, job)).await
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        self.write_now(move |tx| control::reschedule(tx, job, change)).await
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        let (gated, now) = (gated.to_vec(), self.clock.now());
        self.read(move |conn| why::why_not(conn, job, &gated, now)).await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        // What a lost second brings back goes with the next batch.
        self.note(move |tx| prune::prune(tx, prune)).await
    }

    async fn take_details(&self, job: JobId, keys: &[String]) -> Result<Option<Map<String, Value>>> {
        let keys = keys.to_vec();
        self.write_now(move |tx| jobs::take_details(tx, job, &keys)).await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        self.read(move |conn| jobs::jobs(conn, &query)).await
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        self.read(move |conn| jobs::tasks(conn, job)).await
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.read(move |conn| steps::steps(conn, job)).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.read(move |conn| jobs::attempts(conn, job)).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        self.read(move |conn| servers::servers(conn, &query)).await
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        self.write_now(move |tx| servers::put_servers(tx, &servers)).await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.read(move |conn| inventory::inventory(conn, server)).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        self.read(move |conn| inventory::documents(conn, server)).await
    }

    async fn rows(&self, query: RowQuery) -> Result<Vec<StoredRow>> {
        let wanted = query.wanted()?;
        self.read(move |conn| rows::rows(conn, &query, &wanted)).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        // What is about to be sent is on record before; what was sent is as safe as the next synced commit makes it.
        let has_pending = rows.iter().any(ActivityRow::is_pending);
        let durability = if has_pending { Durability::Power } else { Durability::Process };
        self.writer.run(durability, move |tx| activity::record(tx, &rows)).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        self.note(move |tx| activity::attribute(tx, &rows)).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        self.read(move |conn| activity::activity(conn, &query)).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.read(credentials::sets).await
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        self.write_now(move |tx| credentials::put_set(tx, &set)).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.write_now(move |tx| credentials::remove_set(tx, set)).await
    }

    async fn reseal(&self, changes: Vec<Reseal>) -> Result<Vec<bool>> {
        self.write_now(move |tx| credentials::reseal(tx, &changes)).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.read(credentials::ranges).await
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        self.write_now(move |tx| credentials::put_range(tx, &range)).await
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        self.read(notes::pins).await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        self.note(move |tx| notes::put_pins(tx, &pins)).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        let host = host.to_owned();
        self.write_now(move |tx| notes::forget_pin(tx, &host)).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        self.note(move |tx| notes::put_session(tx, &session)).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        let location = location.to_owned();
        self.note(move |tx| notes::locate_session(tx, id, &location)).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        self.note(move |tx| notes::remove_session(tx, id)).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        self.read(notes::sessions).await
    }

    async fn put_heartbeat(&self, row: HeartbeatRow) -> Result<()> {
        self.note(move |tx| notes::put_heartbeat(tx, &row)).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.read(notes::heartbeats).await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        let key = key.to_owned();
        self.read(move |conn| notes::get_meta(conn, &key)).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        let key = key.to_owned();
        self.note(move |tx| notes::put_meta(tx, &key, &value)).await
    }

    async fn entries(&self, kind: &str) -> Result<Vec<Entry>> {
        let kind = kind.to_owned();
        self.read(move |conn| entries::entries(conn, &kind)).await
    }

    async fn put_entry(
        &self,
        kind: &str,
        name: &str,
        body: Value,
        expected: Option<i64>,
    ) -> Result<Option<i64>> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.write_now(move |tx| entries::put(tx, &kind, &name, &body, expected)).await
    }

    async fn remove_entry(&self, kind: &str, name: &str) -> Result<bool> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.write_now(move |tx| entries::remove(tx, &kind, &name)).await
    }

    async fn settings(&self) -> Result<Settings> {
        self.read(settings::read).await
    }

    async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        patch.check()?;
        self.write_now(move |tx| settings::put(tx, &patch)).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

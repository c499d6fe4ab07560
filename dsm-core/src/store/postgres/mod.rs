//! The store on a server: PostgreSQL 13 or newer, shared by any number of executors.

mod activity;
mod adopt;
mod attempt;
mod claim;
mod codec;
mod control;
mod credentials;
mod ends;
mod executor;
mod facts;
mod fault;
mod functions;
mod inventory;
mod jobs;
mod keeper;
mod link;
mod locks;
mod migrate;
mod notes;
mod options;
mod pauses;
mod pool;
mod prune;
mod servers;
mod settle;
mod steps;
mod tasks;
mod tls;
mod tx;
mod why;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::adopt::SchemaPlan;
pub use self::options::PostgresOptions;

use self::facts::Facts;
use self::fault::Db;
use self::keeper::Keeper;
use self::link::{Connector, Link};
use self::pool::{Pool, Within};
use self::tx::{Durability, Tx, read_now, transact};
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::clock::SteadyClock;
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Executor, HeartbeatRow,
    Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow, Prune,
    Pruned, Reaped, Registered, Reschedule, Rescheduled, Retried, ServerPatch, ServerQuery, ServerRow,
    SessionRow, Settled, Settlement, StepRow, StorageClock, Store, WhyNot,
};
use crate::store::{lock, pause, rules};

/// A store in one schema of a PostgreSQL database.
///
/// Every executor opens its own. A call whose connection is lost is repeated on a new one for as long as
/// [`PostgresOptions::outage`] says. It needs connections of its own to the server, or a pooler that gives a session
/// to each: locks that prove an executor alive belong to a session.
pub struct PostgresStore {
    pool: Pool,
    keeper: Keeper,
    /// Set where a test moves the time; else the server's clock is asked.
    clock: Option<SteadyClock>,
    work: Arc<Notify>,
    facts: Facts,
    connect_timeout: Duration,
    label: String,
}

impl PostgresStore {
    /// Opens the database at an address (`postgres://user:password@host:5432/database`, or `key=value` pairs) and makes
    /// the tables where there are none.
    ///
    /// Across a network the connection is encrypted and the certificate looked at, unless the address says
    /// `sslmode=disable`; on the same host it is not, unless it says `sslmode=require`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an address that cannot be read;
    /// [`ErrorKind::StoreNotOurs`](crate::ErrorKind::StoreNotOurs) for tables of somebody else's or of a newer build,
    /// which are left as they were; [`ErrorKind::Store`](crate::ErrorKind::Store) where the server cannot be reached or
    /// refuses us; [`ErrorKind::System`](crate::ErrorKind::System) without certificates to trust.
    pub async fn connect(address: &str, options: PostgresOptions) -> Result<Self> {
        let connector = Arc::new(Connector::new(address, &options)?);
        let label = connector.label.clone();
        let facts = prepare(&connector, &options).await.map_err(|fault| fault.into_error(&label))?;
        let work = Arc::new(Notify::new());
        let clock = match options.clock.clone() {
            StorageClock::System => None,
            manual @ StorageClock::Manual(_) => Some(SteadyClock::new(manual)),
        };
        Ok(Self {
            keeper: Keeper::start(Arc::clone(&connector), &options.schema, Arc::clone(&work)),
            pool: Pool::new(connector, options.connections, options.call_limit(), options.outage),
            clock,
            work,
            facts,
            connect_timeout: options.connect_timeout,
            label,
        })
    }

    /// What would have to be added to a schema that others made before the store can work on it. Nothing is changed.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn plan(address: &str, options: &PostgresOptions) -> Result<SchemaPlan> {
        let connector = Connector::new(address, options)?;
        let plan = async { adopt::plan(&connector.connect(None).await?, &options.schema).await };
        plan.await.map_err(|fault| fault.into_error(&connector.label))
    }

    /// Carries a plan out, in one transaction: columns, indexes and tables of ours are added, nothing is removed. Writers
    /// of `jobs` and `job_tasks` wait while their indexes are made.
    ///
    /// # Errors
    /// [`ErrorKind::StoreNotOurs`](crate::ErrorKind::StoreNotOurs) where something is in the way, or the schema has
    /// changed since the plan was made: then nothing was done. Else as [`connect`](Self::connect).
    pub async fn apply(address: &str, options: &PostgresOptions, plan: &SchemaPlan) -> Result<()> {
        let connector = Connector::new(address, options)?;
        let apply = async { adopt::apply(&connector.connect(None).await?, &options.schema, plan).await };
        apply.await.map_err(|fault| fault.into_error(&connector.label))
    }

    /// `None`: the server's clock.
    fn manual(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(SteadyClock::now)
    }

    /// Reads, outside any transaction.
    async fn read<'a, T, F>(&self, read: F) -> Result<T>
    where
        T: Send,
        F: Send + Sync + for<'c> Fn(&'c Link, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        self.pool.run(read).await
    }

    /// Writes, in one transaction.
    async fn write_in<'a, T, F>(&'a self, durability: Durability, work: F) -> Result<T>
    where
        T: Send + 'a,
        F: Send + Sync + for<'c> Fn(&'c Tx<'c>, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        let manual = self.manual();
        let work = &work;
        let (done, wake) = self
            .pool
            .run(|link, _: Within<'_, '_>| Box::pin(transact(link, durability, manual, work)))
            .await?;
        if wake {
            self.announce();
        }
        Ok(done)
    }

    fn announce(&self) {
        self.work.notify_waiters();
        // For one who is about to wait: a permit that the next wait takes at once.
        self.work.notify_one();
        self.keeper.announce();
    }
}

/// Makes the schema and reads from the catalogue what its statements must know.
async fn prepare(connector: &Connector, options: &PostgresOptions) -> Db<Facts> {
    let link = connector.connect(None).await?;
    migrate::migrate(&link, &options.schema).await?;
    facts::read(&link).await
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("at", &self.label).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "postgres",
            durable: true,
            shared: true,
            atomic_claims: true,
            proves_death: true,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        let manual = self.manual();
        self.read(|link, _| Box::pin(read_now(link, manual))).await
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id.unwrap_or_default()).collect();
        let (jobs, ids, facts) = (&jobs, &ids, &self.facts);
        self.write_in(Durability::Server, |tx, _| Box::pin(jobs::enqueue(tx, jobs, ids, facts))).await
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        // The lock comes before the row: whoever finds the row finds a lock to try.
        let epoch = self.keeper.hold(executor.incarnation, self.connect_timeout).await?;
        let dead = self.read(|link, _| Box::pin(executor::dead(link, executor))).await?;
        let dead = &dead;
        self.write_in(Durability::Server, |tx, _| Box::pin(executor::register(tx, executor, epoch, dead)))
            .await
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        self.write_in(Durability::Server, |tx, _| Box::pin(executor::unregister(tx, executor))).await?;
        // Only once it is written that nothing is held: until then the lock is what the next start goes by.
        self.keeper.release(executor.incarnation);
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        let (manual, ticket, claim) = (self.manual(), Uuid::now_v7(), &claim);
        let asked = &AtomicBool::new(false);
        let (mut claimed, has_lanes, has_news) = self
            .read(|link, _| {
                let repeated = asked.swap(true, Ordering::Relaxed);
                Box::pin(claim::claim(link, manual, claim, ticket, repeated))
            })
            .await?;
        if has_news {
            self.write_in(Durability::Server, |tx, _| Box::pin(pauses::meet_setting(tx, &claim.gated)))
                .await?;
        }
        if has_lanes {
            let room = claim.slots - claimed.jobs.len();
            let (ticket, asked) = (Uuid::now_v7(), &AtomicBool::new(false));
            let more = self.write_in(Durability::Server, |tx, _| {
                let repeated = asked.swap(true, Ordering::Relaxed);
                Box::pin(claim::claim_lanes(tx, claim, ticket, repeated, room))
            });
            // What was won stands whatever becomes of the rest: the next claim asks for that again.
            match more.await {
                Ok(jobs) => claimed.jobs.extend(jobs),
                Err(error) if claimed.jobs.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(claimed)
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        let beat = &beat;
        self.write_in(Durability::Process, |tx, _| Box::pin(claim::renew(tx, beat))).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        let request = &request;
        self.write_in(Durability::Server, |tx, _| Box::pin(locks::lock(tx, request))).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.write_in(Durability::Server, |tx, _| Box::pin(locks::unlock(tx, owner, keys))).await
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        self.read(|link, _| Box::pin(locks::holders(link, key))).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        self.read(|link, _| Box::pin(claim::cancel_requests(link, jobs))).await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        let (write, facts) = (&write, &self.facts);
        self.write_in(Durability::Server, |tx, _| Box::pin(attempt::write(tx, write, facts))).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        let items = &items;
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::settle(tx, items))).await
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::reap(tx, max_orphanings))).await
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::cancel(tx, job, reason))).await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        self.write_in(Durability::Server, |tx, _| Box::pin(pauses::pause(tx, scope, reason, by))).await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(pauses::resume(tx, scope))).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.read(|link, _| Box::pin(pauses::pauses(link, None))).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        self.write_in(Durability::Server, |tx, _| Box::pin(control::retry(tx, job))).await
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        self.write_in(Durability::Server, |tx, _| Box::pin(control::reschedule(tx, job, change))).await
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        let manual = self.manual();
        self.read(|link, _| Box::pin(why::why_not(link, manual, job, gated))).await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        // What a lost moment brings back goes with the next batch.
        self.write_in(Durability::Process, |tx, _| Box::pin(prune::prune(tx, prune))).await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(jobs::jobs(link, query))).await
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        self.read(|link, _| Box::pin(tasks::tasks(link, job))).await
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.read(|link, _| Box::pin(steps::steps(link, job))).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.read(|link, _| Box::pin(jobs::attempts(link, job))).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(servers::servers(link, query))).await
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        let servers = &servers;
        self.write_in(Durability::Server, |tx, _| Box::pin(servers::put_servers(tx, servers))).await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.read(|link, _| Box::pin(inventory::inventory(link, server))).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        self.read(|link, _| Box::pin(inventory::documents(link, server))).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        let (rows, facts) = (&rows, &self.facts);
        self.write_in(Durability::Process, |tx, _| Box::pin(activity::record(tx, rows, facts))).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        let (rows, facts) = (&rows, &self.facts);
        self.write_in(Durability::Process, |tx, _| Box::pin(activity::attribute(tx, rows, facts))).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(activity::activity(link, query))).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.read(|link, _| Box::pin(credentials::sets(link))).await
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        let set = &set;
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::put_set(tx, set))).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::remove_set(tx, set))).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.read(|link, _| Box::pin(credentials::ranges(link))).await
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        let range = &range;
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::put_range(tx, range))).await
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        self.read(|link, _| Box::pin(notes::pins(link))).await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        let pins = &pins;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_pins(tx, pins))).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(notes::forget_pin(tx, host))).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        let session = &session;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_session(tx, session))).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::locate_session(tx, id, location))).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::remove_session(tx, id))).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        self.read(|link, _| Box::pin(notes::sessions(link))).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.read(|link, _| Box::pin(notes::heartbeats(link))).await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        self.read(|link, _| Box::pin(notes::get_meta(link, key))).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        let value = &value;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_meta(tx, key, value))).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

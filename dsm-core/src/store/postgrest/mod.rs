//! The store over PostgREST, as Supabase offers it: where nobody gives out a login to the database itself.
//!
//! On a schema with our tables and functions beside the existing ones everything holds that holds on PostgreSQL, and
//! executors of both kinds share it. On an untouched schema it works by conditional changes of single rows;
//! [`Caps::lacks`] says what that cannot give.

mod activity;
mod canonical;
mod change;
mod credentials;
mod fault;
mod http;
mod jobs;
mod look;
mod notify;
mod options;
mod plain;
mod query;
mod records;
mod rest;
mod servers;
mod whole;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::time::sleep;
use uuid::Uuid;

pub use self::options::PostgrestOptions;

use self::activity::Log;
use self::fault::{Remedy, Rest};
use self::http::Http;
use self::look::{Look, plainly};
use self::query::Query;
use self::servers::PartTable;
use crate::clock::instant;
use crate::error::{Error, Result};
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::clock::SteadyClock;
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, DriveRow, Enqueued, Executor,
    FirmwareRow, HeartbeatRow, Holder, InventoryRows, JobQuery, Lack, LockOwner, LockRequest, Locked,
    MemoryRow, MemoryStore, NicRow, Pause, PauseScope, PinRow, Prune, Pruned, Reaped, Registered, Reschedule,
    Rescheduled, Retried, ServerPatch, ServerQuery, ServerRow, SessionRow, Settled, Settlement, StepRow,
    StorageClock, Store, WhyNot, lock, pause, rules,
};

/// What every call works with.
struct Service {
    http: Http,
    options: PostgrestOptions,
    log: Log,
    missing: plain::Missing,
    types: plain::Types,
    leases: plain::Leases,
    /// Our tables and functions are there, and what they say of the rest.
    facts: Option<whole::Facts>,
    /// Set where a test moves the time; else the server's clock is asked.
    clock: Option<SteadyClock>,
}

impl Service {
    /// `None`: the server's clock.
    fn manual(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(SteadyClock::now)
    }
}

/// A store behind a PostgREST service.
///
/// Every executor opens its own. A call that gets no answer is repeated for as long as
/// [`PostgrestOptions::outage`] says: every call finds out what an earlier try of it has done.
pub struct PostgrestStore {
    service: Service,
    /// Certificates, sessions and values of ours that an untouched schema has no place for: they last as long as the
    /// process.
    notes: MemoryStore,
    work: Arc<Notify>,
}

/// Tries where others are in the way.
const REPEATS: u32 = 40;
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

impl PostgrestStore {
    /// Opens the service at an address (`https://<project>.supabase.co`, with or without `/rest/v1`) with the key of its
    /// service role.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an address or a key that cannot be one;
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) where the service cannot be reached or refuses us;
    /// [`ErrorKind::System`](crate::ErrorKind::System) without certificates to trust.
    pub async fn connect(url: &str, key: &str, options: PostgrestOptions) -> Result<Self> {
        let clock = match options.clock.clone() {
            StorageClock::System => None,
            manual @ StorageClock::Manual(_) => Some(SteadyClock::new(manual)),
        };
        let service = Service {
            http: Http::new(url, key, &options)?,
            facts: None,
            clock,
            options,
            log: Log::default(),
            missing: plain::Missing::default(),
            types: plain::Types::default(),
            leases: plain::Leases::default(),
        };
        let mut store = Self { service, notes: MemoryStore::new(), work: Arc::new(Notify::new()) };
        let first = Query::of("jobs").select("id").with("limit", "1");
        store.run(|| store.service.http.look(&first)).await?;
        if !store.service.options.plain {
            store.service.facts = store.run(|| whole::hello(&store.service.http)).await?;
        }
        Ok(store)
    }

    /// Whether our tables and functions are installed there, and used.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.service.facts.is_some()
    }

    /// As [`connect`](Self::connect), with what the existing executor reads from its environment: `DSM_URL` or
    /// `SUPABASE_URL`, `SERVICE_ROLE_KEY` or `SUPABASE_SERVICE_ROLE_KEY`, and for signatures `EXECUTOR_SHARED_SECRET`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), naming the variable that is not set.
    pub async fn from_environment(mut options: PostgrestOptions) -> Result<Self> {
        let url = variable(&["DSM_URL", "SUPABASE_URL"])?;
        let key = zeroize::Zeroizing::new(variable(&["SERVICE_ROLE_KEY", "SUPABASE_SERVICE_ROLE_KEY"])?);
        if options.executor_secret.is_none() {
            options.executor_secret = variable(&["EXECUTOR_SHARED_SECRET"]).ok().map(zeroize::Zeroizing::new);
        }
        Self::connect(&url, &key, options).await
    }

    /// Repeats what got no answer while the service may come back, and what others were in the way of.
    async fn run<T, F, W>(&self, work: F) -> Result<T>
    where
        F: Fn() -> W,
        W: Future<Output = Rest<T>>,
    {
        let since = instant();
        let (mut pause, mut repeats) = (Duration::from_millis(50), 0);
        loop {
            let fault = match work().await {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            match fault.remedy() {
                Remedy::Wait if since.elapsed() + pause < self.service.options.outage => {
                    sleep(jittered(pause)).await;
                    pause = (pause * 2).min(PAUSE);
                }
                Remedy::Repeat if repeats < REPEATS => {
                    repeats += 1;
                    sleep(jittered(Duration::from_millis(u64::from(repeats) * 4))).await;
                }
                _ => return Err(fault.into_error(&self.service.http.label)),
            }
        }
    }

    /// By our functions where they are, else by conditional changes of rows.
    async fn either<T, A, B, WholeWay, PlainWay>(&self, whole: A, plain: B) -> Result<T>
    where
        A: Fn() -> WholeWay,
        B: Fn() -> PlainWay,
        WholeWay: Future<Output = Rest<T>>,
        PlainWay: Future<Output = Rest<T>>,
    {
        if self.is_whole() { self.run(whole).await } else { self.run(plain).await }
    }

    fn announce(&self) {
        self.work.notify_waiters();
        // For one who is about to wait: a permit that the next wait takes at once.
        self.work.notify_one();
    }
}

fn variable(names: &[&str]) -> Result<String> {
    let set = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.trim().is_empty());
    set.ok_or_else(|| Error::invalid(names[0], "it is not set", format!("set {}", names.join(" or "))))
}

/// Somewhere between half of it and all: those who were in each other's way part.
fn jittered(pause: Duration) -> Duration {
    let part = Uuid::new_v4().as_u128() % 1000;
    pause / 2 + pause / 2 * u32::try_from(part).unwrap_or_default() / 1000
}

/// Keys and texts as the database takes them.
fn text_map(map: &Map<String, Value>) -> Map<String, Value> {
    let mut value = Value::Object(map.clone());
    crate::store::text::clean(&mut value);
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl fmt::Debug for PostgrestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgrestStore").field("at", &self.service.http.label).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgrestStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "postgrest",
            durable: true,
            shared: true,
            atomic_claims: true,
            proves_death: false,
            max_batch: self.service.options.page,
            lacks: if self.is_whole() { &[] } else { Lack::ALL },
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        self.either(|| whole::now(&self.service.http, self.service.manual()), || plain::now(&self.service))
            .await
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        let ids = if self.is_whole() { whole::new_ids(&jobs) } else { plain::new_ids(&jobs) };
        let sent = AtomicBool::new(false);
        let added = self
            .either(
                || whole::enqueue(&self.service, &jobs, &ids),
                || plain::enqueue(&self.service, &jobs, &ids, sent.swap(true, Ordering::Relaxed)),
            )
            .await?;
        self.announce();
        Ok(added)
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        self.either(|| whole::register(&self.service, executor), || plain::register(&self.service, executor))
            .await
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        self.either(
            || whole::unregister(&self.service, executor),
            || plain::unregister(&self.service, executor),
        )
        .await?;
        self.announce();
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        let (ticket, asked, taken) = (Uuid::now_v7(), AtomicBool::new(false), AtomicI64::new(0));
        self.either(
            || whole::claim(&self.service, &claim, ticket, &asked),
            || plain::claim(&self.service, &claim, &taken),
        )
        .await
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        self.either(|| whole::renew(&self.service, &beat), || plain::renew(&self.service, &beat)).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        self.either(|| whole::lock(&self.service, &request), || async { Err(plain::lacking("locks")) }).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.either(|| whole::unlock(&self.service, owner, keys), || async { Ok(()) }).await?;
        self.announce();
        Ok(())
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        self.either(|| whole::lock_holders(&self.service, key), || async { Ok(Vec::new()) }).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.run(|| jobs::heartbeats(&self.service.http)).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        self.either(
            || whole::cancel_requests(&self.service, jobs),
            || plain::cancel_requests(&self.service, jobs),
        )
        .await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        self.either(|| whole::write(&self.service, &write), || plain::write(&self.service, &write)).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        let settled = self
            .either(|| whole::settle(&self.service, &items), || plain::settle(&self.service, &items))
            .await?;
        self.announce();
        Ok(settled)
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        let reaped = self
            .either(
                || whole::reap(&self.service, max_orphanings),
                || plain::reap(&self.service, max_orphanings),
            )
            .await?;
        if !reaped.is_empty() {
            self.announce();
        }
        Ok(reaped)
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        self.either(
            || whole::cancel(&self.service, job, reason),
            || plain::cancel(&self.service, job, reason),
        )
        .await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        self.either(
            || whole::pause(&self.service, scope, reason, by),
            || plain::pause(&self.service, scope, reason, by),
        )
        .await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        let was_paused = self
            .either(|| whole::resume(&self.service, scope), || plain::resume(&self.service, scope))
            .await?;
        self.announce();
        Ok(was_paused)
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.either(|| whole::pauses(&self.service), || plain::pauses(&self.service)).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        let retried =
            self.either(|| whole::retry(&self.service, job), || plain::retry(&self.service, job)).await?;
        self.announce();
        Ok(retried)
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        let rescheduled = self
            .either(
                || whole::reschedule(&self.service, job, change),
                || plain::reschedule(&self.service, job, change),
            )
            .await?;
        self.announce();
        Ok(rescheduled)
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        self.either(
            || whole::why_not(&self.service, job, gated),
            || plain::why_not(&self.service, job, gated),
        )
        .await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        self.either(|| whole::prune(&self.service, prune), || plain::prune(&self.service, prune)).await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        let mut jobs = self.run(|| jobs::jobs(&self.service.http, &query)).await?;
        if !self.is_whole() {
            jobs.iter_mut().for_each(|job| plain::without_note(&mut job.details));
        }
        Ok(jobs)
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        let of = [job];
        let mut tasks = self.run(|| jobs::tasks(&self.service.http, &of)).await?;
        Ok(tasks.remove(&job).unwrap_or_default())
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.either(|| whole::steps(&self.service, job), || async { Ok(Vec::new()) }).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.either(|| whole::attempts(&self.service, job), || async { Ok(Vec::new()) }).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        let mut servers = self.run(|| servers(&self.service.http, &query)).await?;
        // As numbers: in text order 10.0.0.10 comes before 10.0.0.9.
        servers
            .sort_by_key(|server| (server.fields.ip_address.is_none(), server.fields.ip_address, server.id));
        servers.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(servers)
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        self.either(
            || whole::put_servers(&self.service, &servers),
            || plain::put_servers(&self.service, &servers),
        )
        .await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.run(|| inventory(&self.service.http, server)).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        self.either(|| whole::documents(&self.service, server), || async { Ok(Vec::new()) }).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        self.run(|| activity::record_all(&self.service.http, &self.service.log, &rows)).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        self.run(|| activity::attribute(&self.service.http, &rows)).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        self.run(|| activity::activity(&self.service.http, &query)).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.run(|| credentials::sets(&self.service.http)).await
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        self.run(|| credentials::put_set(&self.service.http, &set)).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.run(|| credentials::remove_set(&self.service.http, set)).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.run(|| credentials::ranges(&self.service.http)).await
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        self.run(|| credentials::put_range(&self.service.http, &range)).await
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        if self.is_whole() {
            return self.run(|| whole::pins(&self.service)).await;
        }
        self.notes.pins().await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_pins(&self.service, &pins)).await;
        }
        self.notes.put_pins(pins).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        if self.is_whole() {
            return self.run(|| whole::forget_pin(&self.service, host)).await;
        }
        self.notes.forget_pin(host).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_session(&self.service, &session)).await;
        }
        self.notes.put_session(session).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::locate_session(&self.service, id, location)).await;
        }
        self.notes.locate_session(id, location).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::remove_session(&self.service, id)).await;
        }
        self.notes.remove_session(id).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        if self.is_whole() {
            return self.run(|| whole::sessions(&self.service)).await;
        }
        self.notes.sessions().await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        if self.is_whole() {
            return self.run(|| whole::get_meta(&self.service, key)).await;
        }
        self.notes.get_meta(key).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_meta(&self.service, key, &value)).await;
        }
        self.notes.put_meta(key, value).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

async fn servers(http: &Http, query: &ServerQuery) -> Rest<Vec<ServerRow>> {
    if query.ids.is_empty() && query.addresses.is_empty() {
        let rows = http.rows(&Query::of("servers"), &[("id", false)], None).await?;
        return rows.iter().map(servers::server).collect();
    }
    let mut looks = Vec::new();
    if query.ids.is_empty() {
        looks.push(Look::of("servers", "ip_address", query.addresses.iter().map(ToString::to_string)));
    } else {
        looks.push(Look::of("servers", "id", query.ids.iter().map(ToString::to_string)));
    }
    let found = plainly(http, &looks).await?.next();
    let mut rows = found.iter().map(servers::server).collect::<Rest<Vec<_>>>()?;
    rows.retain(|row| {
        query.addresses.is_empty() || row.fields.ip_address.is_some_and(|at| query.addresses.contains(&at))
    });
    Ok(rows)
}

async fn inventory(http: &Http, server: ServerId) -> Rest<InventoryRows> {
    let of = |table| Look::of(table, "server_id", [server.to_string()]);
    let parts = [of(DriveRow::TABLE), of(NicRow::TABLE), of(MemoryRow::TABLE), of(FirmwareRow::TABLE)];
    let latest =
        Query::of("server_health").eq("server_id", server).order("timestamp.desc").with("limit", "1");
    let (mut seen, health) =
        futures_util::future::try_join(plainly(http, &parts), http.look(&latest)).await?;
    seen.push(health);
    servers::inventory(&mut seen)
}

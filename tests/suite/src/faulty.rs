//! A store that fails: it is away, or its answers are lost before or after the deed, late, or come of a deed done twice.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::credential::Secret;
use dsm_core::job::TaskRow;
use dsm_core::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow,
    Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow, Store,
    StoredRow, WhyNot,
};
use dsm_core::{CredentialSetId, Error, ErrorKind, JobId, JobRow, NewJob, Result, ServerId};
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Another store, with faults.
pub struct Faulty {
    inner: Arc<dyn Store>,
    is_away: AtomicBool,
    /// Calls in a thousand that something befalls.
    rate: AtomicU64,
    /// How long a late answer takes.
    late: Duration,
    seed: AtomicU64,
    struck: AtomicU64,
    /// Deeds so far, and at which one the process dies.
    deeds: AtomicU64,
    death: Option<Death>,
}

/// When a process dies: counted in writes of attempts, commands put on record and ends of jobs, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before this deed is done.
    Before(u64),
    /// When it is done.
    After(u64),
}

/// The calls that are counted for it.
const DEEDS: &[&str] = &["write", "record_activity", "settle"];

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    LostBefore,
    LostAfter,
    Twice,
    Late,
}

impl Faulty {
    /// One without faults for now. `late`: how long a late answer takes.
    #[must_use]
    pub fn over(inner: Arc<dyn Store>, seed: u64, late: Duration) -> Self {
        let (is_away, rate, struck) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
        Self {
            inner,
            is_away,
            rate,
            late,
            seed: AtomicU64::new(seed),
            struck,
            deeds: AtomicU64::new(0),
            death: None,
        }
    }

    /// The process dies at this deed, at once and without tidying up.
    #[must_use]
    pub fn dying(self, death: Death) -> Self {
        Self { death: Some(death), ..self }
    }

    /// So many calls in a thousand go wrong from now on.
    pub fn set_rate(&self, per_mille: u64) {
        self.rate.store(per_mille, Ordering::SeqCst);
    }

    /// Cannot be reached from now on, or can again.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// How many calls something befell.
    pub fn struck(&self) -> u64 {
        self.struck.load(Ordering::SeqCst)
    }

    fn draw(&self) -> Fault {
        // Every call moves the state on by an odd constant; mixing makes it random enough.
        let mut state = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
        if state % 1000 >= self.rate.load(Ordering::SeqCst) {
            return Fault::None;
        }
        self.struck.fetch_add(1, Ordering::SeqCst);
        [Fault::LostBefore, Fault::LostAfter, Fault::Twice, Fault::Late][(state / 1000 % 4) as usize]
    }

    async fn pass<T, C: Future<Output = Result<T>>>(&self, name: &str, call: impl Fn() -> C) -> Result<T> {
        if DEEDS.contains(&name)
            && let Some(death) = self.death
        {
            return self.die_at(death, call).await;
        }
        if self.is_away.load(Ordering::SeqCst) {
            return Err(away("it is away"));
        }
        match self.draw() {
            Fault::None => call().await,
            Fault::LostBefore => Err(away("the request was lost")),
            Fault::LostAfter => {
                call().await?;
                Err(away("the answer was lost"))
            }
            Fault::Twice => {
                call().await?;
                call().await
            }
            Fault::Late => {
                let answer = call().await;
                tokio::time::sleep(self.late).await;
                answer
            }
        }
    }

    async fn die_at<T, C: Future<Output = Result<T>>>(
        &self,
        death: Death,
        call: impl Fn() -> C,
    ) -> Result<T> {
        let number = self.deeds.fetch_add(1, Ordering::SeqCst) + 1;
        if death == Death::Before(number) {
            std::process::abort();
        }
        let answer = call().await;
        if death == Death::After(number) {
            std::process::abort();
        }
        answer
    }
}

fn away(message: &str) -> Error {
    Error::new(ErrorKind::Store, message)
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// Every method: its arguments, and how they are handed on, as often as it takes.
macro_rules! methods {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty = ($($given:expr),*);)*) => {
        #[async_trait]
        impl Store for Faulty {
            fn caps(&self) -> Caps {
                self.inner.caps()
            }

            async fn wait_for_work(&self, timeout: Duration) {
                self.inner.wait_for_work(timeout).await;
            }

            $(async fn $name(&self, $($argument: $kind),*) -> Result<$answer> {
                self.pass(stringify!($name), || self.inner.$name($($given),*)).await
            })*
        }
    };
}

methods! {
    now() -> Timestamp = ();
    enqueue(jobs: Vec<NewJob>) -> Vec<Enqueued> = (jobs.clone());
    register(executor: &Executor) -> Registered = (executor);
    unregister(executor: &Executor) -> () = (executor);
    claim(claim: Claim) -> Claimed = (claim.clone());
    renew(beat: Beat) -> BeatReply = (beat.clone());
    lock(request: LockRequest) -> Locked = (request.clone());
    unlock(owner: LockOwner, keys: &[String]) -> () = (owner, keys);
    lock_holders(key: Option<&str>) -> Vec<Holder> = (key);
    cancel_requests(jobs: &[JobId]) -> Vec<JobId> = (jobs);
    write(write: AttemptWrite) -> AttemptReport = (write.clone());
    settle(items: Vec<Settlement>) -> Vec<Settled> = (items.clone());
    reap(max_orphanings: u32) -> Vec<Reaped> = (max_orphanings);
    cancel(job: JobId, reason: &str) -> Cancelled = (job, reason);
    pause(scope: &PauseScope, reason: &str, by: &str) -> Pause = (scope, reason, by);
    resume(scope: &PauseScope) -> bool = (scope);
    pauses() -> Vec<Pause> = ();
    retry(job: JobId) -> Retried = (job);
    reschedule(job: JobId, change: Reschedule) -> Rescheduled = (job, change);
    why_not(job: JobId, gated: &[String]) -> Option<WhyNot> = (job, gated);
    prune(prune: Prune) -> Pruned = (prune);
    take_details(job: JobId, keys: &[String]) -> Option<Map<String, Value>> = (job, keys);
    jobs(query: JobQuery) -> Vec<JobRow> = (query.clone());
    tasks(job: JobId) -> Vec<TaskRow> = (job);
    steps(job: JobId) -> Vec<StepRow> = (job);
    attempts(job: JobId) -> Vec<Attempt> = (job);
    servers(query: ServerQuery) -> Vec<ServerRow> = (query.clone());
    put_servers(servers: Vec<(ServerId, ServerPatch)>) -> () = (servers.clone());
    inventory(server: ServerId) -> InventoryRows = (server);
    documents(server: ServerId) -> Vec<DocumentRow> = (server);
    rows(query: RowQuery) -> Vec<StoredRow> = (query.clone());
    record_activity(rows: Arc<[ActivityRow]>) -> () = (rows.clone());
    attribute_activity(rows: Vec<(Uuid, ServerId)>) -> () = (rows.clone());
    activity(query: ActivityQuery) -> Vec<ActivityRow> = (query.clone());
    credential_sets() -> Vec<CredentialSetRow> = ();
    put_credential_set(set: CredentialSetRow) -> () = (set.clone());
    remove_credential_set(set: CredentialSetId) -> bool = (set);
    credential_ranges() -> Vec<CredentialRangeRow> = ();
    put_credential_range(range: CredentialRangeRow) -> () = (range.clone());
    pins() -> Vec<PinRow> = ();
    put_pins(pins: Vec<PinRow>) -> () = (pins.clone());
    forget_pin(host: &str) -> bool = (host);
    put_session(session: SessionRow) -> () = (session.clone());
    locate_session(id: Uuid, location: &str) -> () = (id, location);
    remove_session(id: Uuid) -> () = (id);
    sessions() -> Vec<SessionRow> = ();
    get_meta(key: &str) -> Option<Bytes> = (key);
    put_meta(key: &str, value: Bytes) -> () = (key, value.clone());
    put_heartbeat(row: HeartbeatRow) -> () = (row.clone());
    heartbeats() -> Vec<HeartbeatRow> = ();
    reseal(changes: Vec<Reseal>) -> Vec<bool> = (changes.clone());
    old_password_key() -> Option<Secret> = ();
    entries(kind: &str) -> Vec<Entry> = (kind);
    put_entry(kind: &str, name: &str, body: Value, expected: Option<i64>) -> Option<i64> = (kind, name, body.clone(), expected);
    remove_entry(kind: &str, name: &str) -> bool = (kind, name);
    settings() -> Settings = ();
    put_settings(patch: SettingsPatch) -> Settings = (patch);
}

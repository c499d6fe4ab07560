//! The store over PostgREST, as Supabase offers it: where nobody gives out a login to the database itself.
//!
//! On a schema with our tables and functions beside the existing ones everything holds that holds on PostgreSQL, and
//! executors of both kinds share it. On an untouched schema it works by conditional changes of single rows;
//! [`Caps::lacks`](crate::store::Caps) says what that cannot give.

mod activity;
mod calls;
mod canonical;
mod change;
mod credentials;
mod fault;
mod http;
mod inventory;
mod jobs;
mod look;
mod notify;
mod options;
mod plain;
mod query;
mod records;
mod rest;
mod rows;
mod servers;
mod settings;
mod whole;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::time::sleep;
use uuid::Uuid;

pub use self::options::PostgrestOptions;

use self::activity::Log;
use self::fault::{Remedy, Rest};
use self::http::Http;
use self::query::Query;
use crate::clock::instant;
use crate::error::{Error, Result};
use crate::store::clock::SteadyClock;
use crate::store::{MemoryStore, StorageClock};

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
            own @ (StorageClock::Manual(_) | StorageClock::Program(_)) => Some(SteadyClock::new(own)),
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

    /// Which service it is, for reports: its host, without the key.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.service.http.label
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

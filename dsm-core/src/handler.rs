//! What a job type is to the engine: a name, a way to read its input, and a way to run it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::ctx::Ctx;
use crate::engine::Fleet;
use crate::error::{Error, Result};
use crate::handlers::{JobCard, idrac};
use crate::job::JobRow;
use crate::retry::Backoff;

/// How a handler's work ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Everything asked for was done.
    Done(Map<String, Value>),
    /// Some of it was done; stored as completed with `partial: true` and `error`.
    Partly(Map<String, Value>, String),
    /// Nothing of it was done; stored as failed with `error`.
    Failed(Map<String, Value>, String),
    /// It went wrong in a way that only a person can settle: stored as failed with `needs_person: true` and `error`.
    NeedsPerson(Map<String, Value>, String),
    /// What it waits for is not there yet: pending again, and not before this time. Not held against it.
    Snooze(Timestamp),
}

impl Verdict {
    pub(crate) const fn details(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Done(details)
            | Self::Partly(details, _)
            | Self::Failed(details, _)
            | Self::NeedsPerson(details, _) => Some(details),
            Self::Snooze(_) => None,
        }
    }
}

/// Runs jobs of one type.
///
/// ```
/// use async_trait::async_trait;
/// use dsm_core::{Ctx, Handler, JobRow, Result, Verdict};
/// use serde_json::{Map, json};
///
/// struct CountTargets;
///
/// #[async_trait]
/// impl Handler for CountTargets {
///     const JOB_TYPE: &'static str = "count_targets";
///     type Args = usize;
///
///     fn decode(&self, job: &JobRow) -> Result<usize> {
///         Ok(job.target_scope["server_ids"].as_array().map_or(0, Vec::len))
///     }
///
///     async fn run(&self, _ctx: &Ctx, targets: usize) -> Result<Verdict> {
///         Ok(Verdict::Done(Map::from_iter([("targets".to_owned(), json!(targets))])))
///     }
/// }
/// ```
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The type's name in `jobs.job_type`.
    const JOB_TYPE: &'static str;

    /// Other names that lead here.
    const ALIASES: &'static [&'static str] = &[];

    /// Whether jobs of this type are left pending while `activity_settings.pause_idrac_operations` is set. Only what
    /// sends an iDRAC nothing that counts (a link to its console, say) does without.
    const WAITS_FOR_IDRACS: bool = true;

    /// Whether jobs of this type never wait for a slot: a console, a power button, whatever somebody sits in front of.
    /// They have slots of their own ([`EngineOptions::interactive_slots`](crate::engine::EngineOptions)), and no limit holds them.
    const INTERACTIVE: bool = false;

    /// Whether it only reads: it shares its lane with other readers, so many as
    /// [`Limits::readers_per_server`](crate::store::Limits) says.
    const READS: bool = false;

    /// The type on paper, for the documentation.
    const CARD: Option<&'static JobCard> = None;

    /// The decoded input.
    type Args: Send + 'static;

    /// How often a job is tried again after an error that may pass ([`Error::is_transient`](crate::Error::is_transient)).
    /// Only for what does no harm twice, or keeps its steps ([`Ctx::step`]). After an error of the store
    /// ([`ErrorKind::Store`](crate::ErrorKind::Store)) every job is tried again, up to its fifth attempt: it goes on as it
    /// would after the end of its process.
    const BACKOFF: Backoff = Backoff::NONE;

    /// How long one attempt may take. Then it is told to stop; what it does not end itself is an error that may pass
    /// ([`ErrorKind::Timeout`](crate::ErrorKind::Timeout)), tried again as [`Handler::BACKOFF`] says.
    const TIMEOUT: Option<Duration> = None;

    /// How long it may take, once somebody cancelled it or its time is over, to take back what has not begun: a job in an
    /// iDRAC's queue that waits for a restart. Whoever has nothing to take back is dropped after a moment.
    const TIDY: Duration = Duration::ZERO;

    /// Reads `target_scope` and `details`. Called when a job is enqueued and again when it runs, so bad input is
    /// refused before anything is tried. Lenient: null, arrays where objects are usual, and unknown keys are fine.
    ///
    /// # Errors
    /// [`Error::invalid`](crate::Error::invalid), naming the field and the way out.
    fn decode(&self, job: &JobRow) -> Result<Self::Args>;

    /// What is wrong with an input only here: addresses this engine's network policy refuses, ranges over its limit.
    /// Called when a job is enqueued; a row that another program inserted meets the same rules when it runs.
    ///
    /// # Errors
    /// As [`Handler::decode`].
    fn admit(&self, args: &Self::Args, fleet: &Fleet) -> Result<()> {
        let _ = (args, fleet);
        Ok(())
    }

    /// The lock the job needs before it may run: [`server_lane`](crate::store::server_lane) for one that changes exactly
    /// one server. One that changes several takes their locks as it comes to them ([`Ctx::lock`]).
    fn lane(&self, args: &Self::Args) -> Option<String> {
        let _ = args;
        None
    }

    /// Whether the job changes a server: what happens twice, or beside another job, does harm then. Refused where the
    /// store cannot keep one attempt from writing beside another, unless
    /// [`EngineOptions::accept_unfenced_changes`](crate::engine::EngineOptions) says otherwise. Unless it is said here, its
    /// card says it, or its lane that is not shared; to be said by one without a card that takes its locks as it comes to
    /// its servers.
    fn changes_servers(&self, args: &Self::Args) -> bool {
        match Self::CARD {
            Some(card) => card.changes,
            None => !Self::READS && self.lane(args).is_some(),
        }
    }

    /// Whether the job stands in line for its lane. One that does not ends at once where others have it, with
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) naming who.
    fn waits(&self, args: &Self::Args) -> bool {
        let _ = args;
        true
    }

    /// Does the work. Returns early once [`Ctx::stop`] says so; what was written stays.
    ///
    /// # Errors
    /// What ends the whole job. Failures of single targets belong into the verdict.
    async fn run(&self, ctx: &Ctx, args: Self::Args) -> Result<Verdict>;
}

/// What a job needs before it may run, as its handler says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The lock.
    pub key: String,
    /// With other readers.
    pub is_shared: bool,
    /// In line, or now and not at all.
    pub waits: bool,
}

/// A handler without its types: what the engine keeps of a [`Handler`], and what a program brings whose job types are only
/// known when it runs.
#[async_trait]
pub trait DynHandler: Send + Sync + 'static {
    /// Its names in `jobs.job_type`, at least one.
    fn job_types(&self) -> Vec<String>;

    /// As [`Handler::WAITS_FOR_IDRACS`].
    fn waits_for_idracs(&self) -> bool {
        true
    }

    /// As [`Handler::BACKOFF`].
    fn backoff(&self) -> Backoff {
        Backoff::NONE
    }

    /// As [`Handler::INTERACTIVE`].
    fn is_interactive(&self) -> bool {
        false
    }

    /// As [`Handler::TIMEOUT`].
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// As [`Handler::TIDY`].
    fn tidy(&self) -> Duration {
        Duration::ZERO
    }

    /// As [`Handler::CARD`].
    fn card(&self) -> Option<&'static JobCard> {
        None
    }

    /// As [`Handler::decode`] and [`Handler::admit`].
    ///
    /// # Errors
    /// [`Error::invalid`](crate::Error::invalid), naming the field and the way out.
    async fn check(&self, job: &JobRow, fleet: &Fleet) -> Result<()>;

    /// As [`Handler::lane`], [`Handler::READS`] and [`Handler::waits`].
    ///
    /// # Errors
    /// As [`DynHandler::check`].
    async fn lane(&self, job: &JobRow) -> Result<Option<Lane>>;

    /// As [`Handler::changes_servers`].
    ///
    /// # Errors
    /// As [`DynHandler::check`].
    async fn changes_servers(&self, job: &JobRow) -> Result<bool> {
        Ok(self.lane(job).await?.is_some_and(|lane| !lane.is_shared))
    }

    /// As [`Handler::run`], on the input it decodes itself.
    ///
    /// # Errors
    /// As [`Handler::run`].
    async fn run(&self, ctx: &Arc<Ctx>) -> Result<Verdict>;
}

/// A [`Handler`] as a [`DynHandler`].
struct Typed<H>(H);

#[async_trait]
impl<H: Handler> DynHandler for Typed<H> {
    fn job_types(&self) -> Vec<String> {
        std::iter::once(&H::JOB_TYPE).chain(H::ALIASES).map(|name| (*name).to_owned()).collect()
    }

    fn waits_for_idracs(&self) -> bool {
        H::WAITS_FOR_IDRACS
    }

    fn backoff(&self) -> Backoff {
        H::BACKOFF
    }

    fn is_interactive(&self) -> bool {
        H::INTERACTIVE
    }

    fn timeout(&self) -> Option<Duration> {
        H::TIMEOUT
    }

    fn tidy(&self) -> Duration {
        H::TIDY
    }

    fn card(&self) -> Option<&'static JobCard> {
        H::CARD
    }

    async fn check(&self, job: &JobRow, fleet: &Fleet) -> Result<()> {
        self.0.admit(&self.0.decode(job)?, fleet)
    }

    async fn lane(&self, job: &JobRow) -> Result<Option<Lane>> {
        let args = self.0.decode(job)?;
        let waits = self.0.waits(&args);
        Ok(self.0.lane(&args).map(|key| Lane { key, is_shared: H::READS, waits }))
    }

    async fn changes_servers(&self, job: &JobRow) -> Result<bool> {
        Ok(self.0.changes_servers(&self.0.decode(job)?))
    }

    async fn run(&self, ctx: &Arc<Ctx>) -> Result<Verdict> {
        let args = self.0.decode(ctx.job())?;
        self.0.run(ctx, args).await
    }
}

/// The handlers of an engine, by job type and alias.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<String, Arc<dyn DynHandler>>);

impl Registry {
    /// No handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every handler of this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self::new()
            .with(idrac::BiosConfigRead)
            .with(idrac::BiosConfigWrite)
            .with(idrac::BootConfiguration)
            .with(idrac::ConsoleLaunch)
            .with(idrac::DiscoveryScan)
            .with(idrac::FetchEventLogs)
            .with(idrac::FirmwareUpdate::default())
            .with(idrac::FullServerUpdate::default())
            .with(idrac::HealthCheck)
            .with(idrac::PowerAction)
            .with(idrac::ScpExport)
            .with(idrac::ScpImport)
            .with(idrac::TestCredentials)
            .with(idrac::VirtualMediaMount)
            .with(idrac::VirtualMediaUnmount)
    }

    /// Adds a handler; a later one of the same name takes its place.
    #[must_use]
    pub fn with<H: Handler>(self, handler: H) -> Self {
        self.with_dyn(Arc::new(Typed(handler)))
    }

    /// Likewise, under the names it has now.
    #[must_use]
    pub fn with_dyn(mut self, handler: Arc<dyn DynHandler>) -> Self {
        for name in handler.job_types() {
            self.0.insert(name, handler.clone());
        }
        self
    }

    /// All names, aliases included.
    #[must_use]
    pub fn job_types(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// These with all their aliases.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] naming `subject`: none is given, or one that no handler has.
    pub(crate) fn with_aliases(&self, wanted: &[String], subject: &str) -> Result<Vec<String>> {
        if wanted.is_empty() {
            return Err(Error::invalid(
                subject,
                "no job type is named",
                "name some, or leave it out for all",
            ));
        }
        let mut names = BTreeSet::new();
        for name in wanted {
            let handler = self.0.get(name).ok_or_else(|| {
                let known = self.job_types().join(", ");
                Error::invalid(
                    subject,
                    format!("there is no handler for {name:?}"),
                    format!("known are {known}"),
                )
            })?;
            names.extend(handler.job_types());
        }
        Ok(names.into_iter().collect())
    }

    /// Those that wait while work on iDRACs is paused, aliases included.
    #[must_use]
    pub fn gated(&self) -> Vec<String> {
        let waiting = self.0.iter().filter(|(_, handler)| handler.waits_for_idracs());
        waiting.map(|(name, _)| name.clone()).collect()
    }

    /// Those that never wait for a slot, aliases included.
    #[must_use]
    pub fn interactive(&self) -> Vec<String> {
        let instant = self.0.iter().filter(|(_, handler)| handler.is_interactive());
        instant.map(|(name, _)| name.clone()).collect()
    }

    /// The types on paper, by name.
    #[must_use]
    pub fn cards(&self) -> Vec<&'static JobCard> {
        let mut cards: Vec<_> = self.0.values().filter_map(|handler| handler.card()).collect();
        cards.sort_by_key(|card| card.job_type);
        cards.dedup();
        cards
    }

    pub(crate) fn find(&self, job_type: &str) -> Result<&Arc<dyn DynHandler>> {
        self.0.get(job_type).ok_or_else(|| {
            crate::Error::new(crate::ErrorKind::NoHandler, format!("no handler runs `{job_type}`"))
                .about("job_type")
                .hint(format!("registered are: {}", self.job_types().join(", ")))
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

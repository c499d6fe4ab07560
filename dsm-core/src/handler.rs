//! What a job type is to the engine: a name, a way to read its input, and a way to run it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::ctx::Ctx;
use crate::engine::Fleet;
use crate::error::Result;
use crate::job::{JobRow, NewJob};
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

    /// The decoded input.
    type Args: Send + 'static;

    /// How often a job is tried again after an error that may pass ([`Error::is_transient`](crate::Error::is_transient)).
    /// Only for what does no harm twice, or keeps its steps ([`Ctx::step`]).
    const BACKOFF: Backoff = Backoff::NONE;

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
    /// [`EngineOptions::accept_unfenced_changes`](crate::engine::EngineOptions) says otherwise. For one that takes its locks
    /// as it comes to its servers, to be said.
    fn changes_servers(&self, args: &Self::Args) -> bool {
        self.lane(args).is_some()
    }

    /// Does the work. Returns early once [`Ctx::stop`] says so; what was written stays.
    ///
    /// # Errors
    /// What ends the whole job. Failures of single targets belong into the verdict.
    async fn run(&self, ctx: &Ctx, args: Self::Args) -> Result<Verdict>;
}

/// A handler without its types, as the engine keeps it.
#[async_trait]
trait Erased: Send + Sync {
    fn check(&self, job: &JobRow, fleet: &Fleet) -> Result<()>;
    fn lane(&self, job: &JobRow) -> Result<Option<String>>;
    fn changes_servers(&self, job: &JobRow) -> Result<bool>;
    fn backoff(&self) -> Backoff;
    fn waits_for_idracs(&self) -> bool;
    async fn run(&self, ctx: &Ctx) -> Result<Verdict>;
}

#[async_trait]
impl<H: Handler> Erased for H {
    fn check(&self, job: &JobRow, fleet: &Fleet) -> Result<()> {
        self.admit(&self.decode(job)?, fleet)
    }

    fn lane(&self, job: &JobRow) -> Result<Option<String>> {
        Ok(Handler::lane(self, &self.decode(job)?))
    }

    fn changes_servers(&self, job: &JobRow) -> Result<bool> {
        Ok(Handler::changes_servers(self, &self.decode(job)?))
    }

    fn backoff(&self) -> Backoff {
        H::BACKOFF
    }

    fn waits_for_idracs(&self) -> bool {
        H::WAITS_FOR_IDRACS
    }

    async fn run(&self, ctx: &Ctx) -> Result<Verdict> {
        let args = self.decode(ctx.job())?;
        Handler::run(self, ctx, args).await
    }
}

/// A registered handler.
#[derive(Clone)]
pub(crate) struct Registered(Arc<dyn Erased>);

impl Registered {
    pub(crate) fn check(&self, job: &JobRow, fleet: &Fleet) -> Result<()> {
        self.0.check(job, fleet)
    }

    pub(crate) fn lane(&self, job: &JobRow) -> Result<Option<String>> {
        self.0.lane(job)
    }

    pub(crate) fn changes_servers(&self, job: &JobRow) -> Result<bool> {
        self.0.changes_servers(job)
    }

    pub(crate) fn backoff(&self) -> Backoff {
        self.0.backoff()
    }

    pub(crate) async fn run(&self, ctx: &Ctx) -> Result<Verdict> {
        self.0.run(ctx).await
    }
}

/// The handlers of an engine, by job type and alias.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Registered>);

impl Registry {
    /// No handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every handler of this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self::new().with(crate::handlers::idrac::DiscoveryScan)
    }

    /// Adds a handler; a later one of the same name takes its place.
    #[must_use]
    pub fn with<H: Handler>(mut self, handler: H) -> Self {
        let handler = Registered(Arc::new(handler));
        for name in std::iter::once(&H::JOB_TYPE).chain(H::ALIASES) {
            self.0.insert(name, handler.clone());
        }
        self
    }

    /// All names, aliases included.
    #[must_use]
    pub fn job_types(&self) -> Vec<String> {
        self.0.keys().map(|name| (*name).to_owned()).collect()
    }

    /// Those that wait while work on iDRACs is paused, aliases included.
    #[must_use]
    pub fn gated(&self) -> Vec<String> {
        let waiting = self.0.iter().filter(|(_, handler)| handler.0.waits_for_idracs());
        waiting.map(|(name, _)| (*name).to_owned()).collect()
    }

    pub(crate) fn find(&self, job_type: &str) -> Result<&Registered> {
        self.0.get(job_type).ok_or_else(|| {
            crate::Error::new(crate::ErrorKind::NoHandler, format!("no handler runs `{job_type}`"))
                .about("job_type")
                .hint(format!("registered are: {}", self.job_types().join(", ")))
        })
    }

    /// Refuses a job that could not run.
    pub(crate) fn check(&self, job: &NewJob, fleet: &Fleet) -> Result<()> {
        self.find(&job.job_type)?.check(&job.preview(), fleet)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

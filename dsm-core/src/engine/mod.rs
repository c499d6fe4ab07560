//! The engine: takes jobs from a store, runs their handlers, ends them once.

mod admission;
pub mod cancel;
mod cleanup;
mod control;
pub mod events;
mod executor;
mod expiry;
pub(crate) mod fence;
pub mod fleet;
mod follow;
mod heartbeat;
pub(crate) mod inner;
mod keys;
mod limits;
mod locks;
mod neighbours;
pub mod options;
pub(crate) mod orphans;
mod patience;
mod pins;
mod prepare;
mod scheduler;
mod schedules;
mod sessions;
mod settler;
mod watch;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;

pub use cancel::{StopReason, StopSignal};
pub use control::Retention;
pub use events::{Event, EventKind, Events};
pub use fleet::{About, Fleet, Login};
pub use follow::Follow;
pub use locks::HeldLocks;
pub use neighbours::{GUARDED_CLAIM, KEEPS};
pub use options::{EngineOptions, IdracOptions, ScanOptions};

use crate::activity::ActivityOptions;
use crate::clock::{SystemUptime, Uptime};
use crate::credential::{Cipher, CredentialResolver, EnvCredentials, OldKey, details};
use crate::error::{Error, ErrorKind, Result};
use crate::handler::{DynHandler, Handler, Registry};
use crate::id::JobId;
use crate::job::{JobRow, NewJob, check_parents};
use crate::network::NetworkPolicy;
use crate::store::{
    Cancelled, Enqueued, Executor, Holder, JobQuery, LockOwner, LockRequest, Store, Turn, Wish,
};
use events::{EventBus, EventKind as Kind};
use fleet::FleetParts;
use inner::Inner;

/// Puts an engine together.
#[derive(Debug)]
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    cipher: Arc<Cipher>,
    registry: Registry,
    network: NetworkPolicy,
    env: EnvCredentials,
    engine: EngineOptions,
    idrac: IdracOptions,
    scan: ScanOptions,
    activity: ActivityOptions,
    executor_id: String,
    resolver: Option<Arc<dyn CredentialResolver>>,
    uptime: Arc<dyn Uptime>,
}

impl EngineBuilder {
    /// Which addresses may be talked to; private networks by default.
    #[must_use]
    pub fn with_network(mut self, network: NetworkPolicy) -> Self {
        self.network = network;
        self
    }

    /// Level 5 of the credential order; taken from the process environment by default.
    #[must_use]
    pub fn with_env_credentials(mut self, env: EnvCredentials) -> Self {
        self.env = env;
        self
    }

    /// How jobs are claimed and held.
    #[must_use]
    pub fn with_options(mut self, options: EngineOptions) -> Self {
        self.engine = options;
        self
    }

    /// How iDRACs are talked to.
    #[must_use]
    pub fn with_idrac(mut self, options: IdracOptions) -> Self {
        self.idrac = options;
        self
    }

    /// How wide and how fast a scan goes.
    #[must_use]
    pub fn with_scan(mut self, options: ScanOptions) -> Self {
        self.scan = options;
        self
    }

    /// How exchanges are recorded; a spill file beside the store keeps them when the store is down.
    #[must_use]
    pub fn with_activity(mut self, options: ActivityOptions) -> Self {
        self.activity = options;
        self
    }

    /// The name this executor keeps over restarts.
    #[must_use]
    pub fn with_executor_id(mut self, id: impl Into<String>) -> Self {
        self.executor_id = id.into();
        self
    }

    /// What leases are counted by on this side; the machine's own by default.
    #[must_use]
    pub fn with_uptime(mut self, uptime: Arc<dyn Uptime>) -> Self {
        self.uptime = uptime;
        self
    }

    /// Adds a handler, or replaces one of this crate's.
    #[must_use]
    pub fn with_handler<H: Handler>(mut self, handler: H) -> Self {
        self.registry = self.registry.with(handler);
        self
    }

    /// Likewise one whose job types are only known when the program runs.
    #[must_use]
    pub fn with_dyn_handler(mut self, handler: Arc<dyn DynHandler>) -> Self {
        self.registry = self.registry.with_dyn(handler);
        self
    }

    /// Asks this resolver before the five-level chain. Where it says [`ErrorKind::NotFound`] the chain goes on; any other
    /// error of it ends the search.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn CredentialResolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Registers with the store, deletes sessions that an earlier process left on iDRACs, and starts to run jobs.
    ///
    /// # Errors
    /// The store cannot be reached, or an option makes no sense (it is named).
    pub async fn start(mut self) -> Result<Engine> {
        if !(1..=4).contains(&self.idrac.concurrency) {
            return Err(Error::invalid(
                "idrac.concurrency",
                format!("{} requests at a time to one iDRAC", self.idrac.concurrency),
                "use 1 to 4: more than four make an iDRAC slower, and some crash",
            ));
        }
        if let Some(limits) = &self.engine.limits {
            limits.check()?;
        }
        if let Some(wanted) = &mut self.engine.job_types {
            *wanted = self.registry.with_aliases(wanted, "options.job_types")?;
        }
        if self.engine.lease_ttl < self.engine.heartbeat * 2 {
            return Err(Error::invalid(
                "options.lease_ttl",
                "a lease must outlast at least two heartbeats",
                "raise lease_ttl or lower heartbeat",
            ));
        }
        let executor = Executor { id: self.executor_id, incarnation: Uuid::now_v7() };
        let registered = self.store.register(&executor).await?;
        for job in &registered.released {
            tracing::warn!(job_id = %job, "took over a job of a process that died");
        }
        // A job that has now been orphaned too often is set aside before anyone claims it again.
        self.store.reap(self.engine.max_orphanings).await?;
        accept_old_key(self.store.as_ref(), &self.cipher).await?;
        let events = EventBus::new();
        let fleet = Fleet::start(FleetParts {
            store: self.store.clone(),
            cipher: self.cipher,
            network: self.network,
            env: self.env,
            resolver: self.resolver,
            idrac: self.idrac,
            scan: self.scan,
            activity: self.activity,
            incarnation: executor.incarnation,
            alive: registered.alive,
            events: events.clone(),
        })
        .await?;
        let inner = Arc::new(Inner::new(
            self.store,
            self.registry,
            fleet,
            events,
            self.engine,
            executor,
            self.uptime,
        ));
        match inner.options.limits.clone() {
            Some(limits) => inner.publish_limits(limits).await?,
            None => inner.meet_limits().await?,
        }
        let loops = inner.start_loops();
        Ok(Engine { inner, loops: Arc::new(Mutex::new(Some(loops))) })
    }
}

/// What the existing system has stored in the same database opens with its key.
async fn accept_old_key(store: &dyn Store, cipher: &Cipher) -> Result<()> {
    if cipher.has_old() {
        return Ok(());
    }
    let Some(key) = store.old_password_key().await? else { return Ok(()) };
    match OldKey::parse(key.expose()) {
        Ok(key) => cipher.accept_old(key),
        // Its passwords do not open then, each with an error of its own.
        Err(error) => tracing::warn!("{}", error.chain()),
    }
    Ok(())
}

fn hidden(mut row: JobRow) -> JobRow {
    details::hide(&mut row.details);
    row
}

/// A running engine. Cheap to clone; all clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
    loops: Arc<Mutex<Option<JoinSet<()>>>>,
}

impl Engine {
    /// An engine on a store; `cipher` opens the passwords in it.
    #[must_use]
    pub fn builder(store: Arc<dyn Store>, cipher: Arc<Cipher>) -> EngineBuilder {
        EngineBuilder {
            store,
            cipher,
            registry: Registry::builtin(),
            network: NetworkPolicy::default(),
            env: EnvCredentials::from_process(),
            engine: EngineOptions::default(),
            idrac: IdracOptions::default(),
            scan: ScanOptions::default(),
            activity: ActivityOptions::default(),
            executor_id: "dsm".to_owned(),
            resolver: None,
            uptime: Arc::new(SystemUptime),
        }
    }

    /// Adds a job, with all its parts if it has any: those run, in order, and it ends as they did ([`NewJob::children`]).
    /// Input that could not run is refused here and nothing of it stored. A job of the existing system's types for which
    /// this engine has no handler waits for an executor that has one. Passwords
    /// in its details are sealed on the way: only its handler gets them to see ([`Ctx::secret`](crate::Ctx::secret)), and they
    /// go when it ends.
    ///
    /// # Errors
    /// [`ErrorKind::NoHandler`] or [`ErrorKind::InvalidInput`], naming the field; or the store's error.
    pub async fn enqueue(&self, job: NewJob) -> Result<JobId> {
        let added = self.enqueue_all(vec![job]).await?.into_iter().next();
        added.ok_or_else(|| Error::new(ErrorKind::Store, "the store did not say what became of the job"))
    }

    /// Adds several jobs, parents before their parts: all of them or none.
    ///
    /// # Errors
    /// As [`Engine::enqueue`].
    pub async fn enqueue_all(&self, jobs: Vec<NewJob>) -> Result<Vec<JobId>> {
        check_parents(&jobs)?;
        let mut admitted = Vec::with_capacity(jobs.len());
        for job in jobs {
            self.inner.check_time(&job).await?;
            admitted.push(self.inner.admit(job).await?);
        }
        let types: Vec<String> = admitted.iter().map(|job| job.job_type.clone()).collect();
        let added = self.inner.store.enqueue(admitted).await?;
        for (one, job_type) in added.iter().zip(types) {
            if let Enqueued::Inserted(id) = one {
                self.inner.events.emit(*id, || Kind::Queued { job_type });
            }
        }
        self.inner.wake();
        Ok(added.into_iter().map(Enqueued::id).collect())
    }

    /// Takes locks for something done outside any job, so that no job changes the same server meanwhile. They last as
    /// long as the guard, or until this engine has not beaten for the time of a lease; [`Fleet::under`] gives clients that
    /// change nothing after that.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`], naming who has them, with [`Turn::Now`]; with [`Turn::InLine`] it waits.
    pub async fn lock(&self, wishes: Vec<Wish>, label: impl Into<String>, turn: Turn) -> Result<HeldLocks> {
        let request = LockRequest {
            owner: LockOwner::Call(Uuid::now_v7()),
            executor: self.inner.executor.clone(),
            wishes,
            label: label.into(),
            turn,
            ttl: self.inner.options.lease_ttl,
        };
        HeldLocks::take(self.inner.store.clone(), request, None, || Some(self.inner.call_fence())).await
    }

    /// Who holds locks and who waits for them; of one lock ([`server_lane`](crate::store::server_lane)), or of all.
    ///
    /// # Errors
    /// The store's.
    pub async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        self.inner.store.lock_holders(key).await
    }

    /// Everything that happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        self.inner.events.subscribe(None)
    }

    /// What happens to one job from now on, up to its end.
    #[must_use]
    pub fn job_events(&self, job: JobId) -> Events {
        self.inner.events.subscribe(Some(job))
    }

    /// The job's row. In place of passwords in its details there is a placeholder. A secret that its handler lets be read
    /// ([`Ctx::expires`](crate::Ctx::expires)) is in it once: whoever reads the ended job first, by this or by
    /// [`Engine::wait`], takes it out.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], or the store's error.
    pub async fn job(&self, job: JobId) -> Result<JobRow> {
        let row = self.read_once(self.row(job).await?).await?;
        Ok(hidden(row))
    }

    /// The job's row as a list shows it: nothing is taken out by looking.
    pub(crate) async fn look(&self, job: JobId) -> Result<JobRow> {
        let mut row = self.row(job).await?;
        expiry::hide(&mut row);
        Ok(hidden(row))
    }

    async fn row(&self, job: JobId) -> Result<JobRow> {
        let query = JobQuery { ids: vec![job], ..JobQuery::default() };
        let row = self.inner.store.jobs(query).await?.into_iter().next();
        row.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such job").about(format!("job {job}")))
    }

    /// Jobs by filter, newest last; a placeholder stands for passwords in their details, and for what can be read once.
    ///
    /// # Errors
    /// The store's.
    pub async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        let mut rows = self.inner.store.jobs(query).await?;
        rows.iter_mut().for_each(expiry::hide);
        Ok(rows.into_iter().map(hidden).collect())
    }

    /// Waits for the end of a job, whoever runs it, and gives its row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], or the store's error.
    pub async fn wait(&self, job: JobId) -> Result<JobRow> {
        let mut events = self.job_events(job);
        loop {
            let row = self.job(job).await?;
            if row.status.is_terminal() {
                return Ok(row);
            }
            // Another executor's events do not reach us, so the row is looked at again in any case.
            let look_again = tokio::time::sleep(self.inner.options.poll_interval);
            tokio::pin!(look_again);
            loop {
                tokio::select! {
                    event = events.next() => match event {
                        Some(Event { kind: EventKind::Ended { .. }, .. }) => break,
                        Some(_) => {}
                        None => { look_again.as_mut().await; break }
                    },
                    () = &mut look_again => break,
                }
            }
        }
    }

    /// Cancels a job: at once while it waits, within a second while it runs.
    ///
    /// # Errors
    /// The store's error.
    pub async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        let answer = self.inner.store.cancel(job, reason).await?;
        match answer {
            Cancelled::Requested => self.inner.stop_job(job, &StopReason::Cancelled(reason.to_owned())),
            Cancelled::AtOnce => self.inner.events.emit(job, || Kind::Ended {
                status: crate::job::JobStatus::Cancelled,
                error: Some(reason.to_owned()),
            }),
            Cancelled::AlreadyEnded | Cancelled::NotFound => {}
        }
        Ok(answer)
    }

    /// Forgets the certificate remembered for an iDRAC, so that the next one it shows is trusted anew.
    /// For after an iDRAC got a new certificate on purpose.
    ///
    /// # Errors
    /// The store's error.
    pub async fn trust_anew(&self, address: IpAddr) -> Result<bool> {
        self.inner.fleet.trust_anew(address).await
    }

    /// iDRACs, credentials and addresses, for work outside jobs.
    #[must_use]
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.inner.fleet
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// Why this engine claims nothing: somebody beside it takes jobs without a condition and is alive, or was within a
    /// day. `None`: it claims. What runs goes on.
    #[must_use]
    pub fn standing_back(&self) -> Option<Error> {
        self.inner.neighbours.refusal()
    }

    /// How many jobs run here now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.inner.running_count()
    }

    /// Stops: claims nothing more, lets running jobs go on for [`EngineOptions::drain_time`], gives those that are left
    /// back with their checkpoints, not counting the attempt, closes every session, writes
    /// what is still in memory. The engine is of no use afterwards.
    ///
    /// # Errors
    /// The store's error; everything that could be closed is closed all the same.
    pub async fn shutdown(&self) -> Result<()> {
        let loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(loops) = loops else { return Ok(()) };
        self.inner.stop_claiming();
        let _ = tokio::time::timeout(self.inner.options.drain_time, self.inner.until_idle()).await;
        self.inner.begin_stop();
        // Handlers get a grace of less than a second each, and a few to be dropped, all at the same time.
        let _ = tokio::time::timeout(Duration::from_secs(15), self.inner.until_idle()).await;
        let mut loops = loops;
        loops.shutdown().await;
        self.inner.fleet.close().await;
        self.inner.store.unregister(&self.inner.executor).await
    }
}

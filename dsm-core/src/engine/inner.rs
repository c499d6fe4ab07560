//! What all parts of a running engine share, and its loops: claim, beat, watch for cancels, take back orphans.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::clock;
use crate::engine::cancel::{StopReason, StopSwitch};
use crate::engine::events::EventBus;
use crate::engine::executor;
use crate::engine::fleet::Fleet;
use crate::engine::neighbours::Neighbourhood;
use crate::engine::options::EngineOptions;
use crate::engine::settler::Settler;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Registry;
use crate::id::JobId;
use crate::job::JobRow;
use crate::store::{Beat, Claim, Executor, Lack, LeaseKey, PauseScope, Store};

/// How often running jobs are asked about in case somebody cancelled them from another process.
const CANCEL_WATCH: Duration = Duration::from_millis(400);

/// Shared state of an engine.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) settler: Arc<Settler>,
    pub(crate) registry: Registry,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) events: EventBus,
    pub(crate) options: EngineOptions,
    pub(crate) executor: Executor,
    pub(crate) neighbours: Neighbourhood,
    running: Mutex<HashMap<JobId, Running>>,
    /// Something was enqueued here, or a slot became free.
    wake: Notify,
    /// The last running job ended.
    idle: Notify,
    stopping: AtomicBool,
}

#[derive(Debug)]
struct Running {
    lease: LeaseKey,
    switch: StopSwitch,
}

impl Inner {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        registry: Registry,
        fleet: Arc<Fleet>,
        options: EngineOptions,
        executor: Executor,
    ) -> Self {
        Self {
            settler: Arc::new(Settler::new(store.clone())),
            store,
            registry,
            fleet,
            events: EventBus::new(),
            options,
            executor,
            neighbours: Neighbourhood::default(),
            running: Mutex::default(),
            wake: Notify::new(),
            idle: Notify::new(),
            stopping: AtomicBool::new(false),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<JobId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may be claimable.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// How many jobs run here.
    pub(crate) fn running_count(&self) -> usize {
        self.running().len()
    }

    /// Waits until no job runs here.
    pub(crate) async fn until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.running_count() == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Refuses what changes a server where nothing keeps two attempts apart.
    pub(crate) fn check_fences(&self, job: &JobRow) -> Result<()> {
        if !self.store.caps().lacks(Lack::Fences) || self.options.accept_unfenced_changes {
            return Ok(());
        }
        if !self.registry.find(&job.job_type)?.changes_servers(job)? {
            return Ok(());
        }
        let backend = self.store.caps().backend;
        Err(Error::new(
            ErrorKind::StoreNotOurs,
            format!("it changes a server, and {backend} has no fences here"),
        )
        .about(format!("job type {}", job.job_type))
        .hint(
            "install the tables and functions of dsm in the database, or accept the risk with \
                 EngineOptions::accept_unfenced_changes",
        ))
    }

    /// Whether lanes are of any account.
    pub(crate) fn has_locks(&self) -> bool {
        !self.store.caps().lacks(Lack::Locks)
    }

    /// Whether jobs that need this lane are held back.
    pub(crate) async fn is_paused(&self, lane: &str) -> Result<bool> {
        let pauses = self.store.pauses().await?;
        Ok(pauses.iter().any(|pause| matches!(&pause.scope, PauseScope::Lane(key) if key == lane)))
    }

    /// Tells a job that runs here to stop.
    pub(crate) fn stop_job(&self, job: JobId, reason: StopReason) {
        if let Some(running) = self.running().get(&job) {
            running.switch.stop(reason);
        }
    }

    /// No more claims; every running job is told to stop and goes back to pending.
    pub(crate) fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Release);
        for running in self.running().values() {
            running.switch.stop(StopReason::Shutdown);
        }
        self.wake();
    }

    /// Whether the engine shuts down.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Claims as many jobs as there are free slots and starts them; none beside somebody who would run them, too.
    pub(crate) async fn claim_once(self: &Arc<Self>) -> Result<usize> {
        if self.is_stopping() {
            return Ok(0);
        }
        let free = self.options.slots.saturating_sub(self.running_count());
        if free == 0 {
            return Ok(0);
        }
        let Some(job_types) = self.claimable_types().await? else { return Ok(0) };
        let claimed = self
            .store
            .claim(Claim {
                executor: self.executor.clone(),
                job_types,
                gated: self.registry.gated(),
                slots: free,
                ttl: self.options.lease_ttl,
            })
            .await?;
        let count = claimed.jobs.len();
        for job in claimed.jobs {
            let switch = StopSwitch::new();
            let id = job.job.id;
            self.running().insert(id, Running { lease: job.lease.key, switch: switch.clone() });
            let inner = self.clone();
            tokio::spawn(async move {
                // A guard, not a line after the await: the slot is freed even if settling panics.
                let _slot = Slot { inner: inner.clone(), id };
                executor::run(inner, job, switch).await;
            });
        }
        Ok(count)
    }

    /// The engine's loops; they end when the set is dropped.
    pub(crate) fn start_loops(self: &Arc<Self>) -> JoinSet<()> {
        let mut loops = JoinSet::new();
        loops.spawn(self.clone().claim_loop());
        loops.spawn(self.clone().beat_loop());
        loops.spawn(self.clone().cancel_loop());
        loops
    }

    async fn claim_loop(self: Arc<Self>) {
        while !self.is_stopping() {
            if let Err(error) = self.claim_once().await {
                tracing::error!("cannot claim jobs: {}", error.chain());
                tokio::time::sleep(self.options.poll_interval).await;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.store.wait_for_work(self.options.poll_interval) => {}
            }
        }
    }

    /// Extends all leases in one call; takes back those of executors that stopped beating.
    async fn beat_loop(self: Arc<Self>) {
        let mut last_ok = clock::instant();
        loop {
            tokio::time::sleep(self.options.heartbeat).await;
            let leases: Vec<LeaseKey> = self.running().values().map(|running| running.lease).collect();
            let beat = Beat { executor: self.executor.clone(), leases, ttl: self.options.lease_ttl };
            match self.store.renew(beat).await {
                Ok(reply) => {
                    last_ok = clock::instant();
                    for job in reply.lost {
                        self.stop_job(job, StopReason::LeaseLost);
                    }
                    for job in reply.cancel {
                        self.cancel_here(job).await;
                    }
                }
                Err(error) => {
                    tracing::error!("heartbeat failed: {}", error.chain());
                    // Stop by ourselves before anyone may believe us dead and start the same work.
                    if last_ok.elapsed() + self.options.heartbeat >= self.options.lease_ttl {
                        for running in self.running().values() {
                            running.switch.stop(StopReason::LeaseLost);
                        }
                    }
                }
            }
            match self.store.reap(self.options.max_orphanings).await {
                Ok(reaped) if !reaped.is_empty() => {
                    for orphan in &reaped {
                        tracing::warn!(job_id = %orphan.job_id, status = %orphan.status, "took back an orphaned job");
                    }
                    self.wake();
                }
                Ok(_) => {}
                Err(error) => tracing::error!("cannot look for orphaned jobs: {}", error.chain()),
            }
        }
    }

    async fn cancel_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(CANCEL_WATCH).await;
            let jobs: Vec<JobId> = self.running().keys().copied().collect();
            if jobs.is_empty() {
                continue;
            }
            match self.store.cancel_requests(&jobs).await {
                Ok(wanted) => {
                    for job in wanted {
                        self.cancel_here(job).await;
                    }
                }
                Err(error) => tracing::warn!("cannot look for cancelled jobs: {}", error.chain()),
            }
        }
    }

    async fn cancel_here(&self, job: JobId) {
        self.stop_job(job, StopReason::Cancelled("cancelled by request".to_owned()));
    }
}

/// A slot in use; dropping it frees the slot and wakes who waits for one.
struct Slot {
    inner: Arc<Inner>,
    id: JobId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let left = {
            let mut running = self.inner.running();
            running.remove(&self.id);
            running.len()
        };
        self.inner.wake();
        if left == 0 {
            self.inner.idle.notify_waiters();
        }
    }
}

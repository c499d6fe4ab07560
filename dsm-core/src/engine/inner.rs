//! What all parts of a running engine share, and its loops: claim, beat, watch for cancels, take back orphans.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::activity::Leave as _;
use crate::clock::Uptime;
use crate::engine::cancel::{StopReason, StopSwitch};
use crate::engine::events::EventBus;
use crate::engine::executor;
use crate::engine::fence::Fence;
use crate::engine::fleet::Fleet;
use crate::engine::heartbeat::Tally;
use crate::engine::limits::InForce;
use crate::engine::neighbours::Neighbourhood;
use crate::engine::options::EngineOptions;
use crate::engine::settler::Settler;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Registry;
use crate::id::JobId;
use crate::meter;
use crate::store::{Beat, Claim, Executor, LeaseKey, Limits, Pause, PauseScope, Store};

/// How often running jobs are asked about in case somebody cancelled them from another process.
const CANCEL_WATCH: Duration = Duration::from_millis(400);

/// How long a claim waits for more slots where few are free. What ends together is stored together, so slots come free in
/// crowds: one claim then fills them, and not one for each few.
const GATHER: Duration = Duration::from_millis(1);

/// How often running jobs are looked at for leases that have run out by our own count.
const FENCE_WATCH: Duration = Duration::from_millis(250);

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
    uptime: Arc<dyn Uptime>,
    /// The rights of calls that hold locks, which go by this engine's beats.
    calls: Mutex<Vec<Weak<Fence>>>,
    running: Mutex<HashMap<LeaseKey, Running>>,
    /// Something was enqueued here, or a slot became free.
    wake: Notify,
    /// A schedule was changed here.
    pub(crate) replanned: Notify,
    /// A job has ended here whose row may show a secret for a while.
    pub(crate) secrets: Notify,
    /// The last running job ended.
    idle: Notify,
    stopping: AtomicBool,
    pub(crate) limits: InForce,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
struct Running {
    is_interactive: bool,
    switch: StopSwitch,
    fence: Arc<Fence>,
    /// Held while its end is written and told.
    telling: Arc<Telling>,
}

/// One attempt of a job tells its end before the next one begins to tell anything.
pub(crate) type Telling = tokio::sync::Mutex<()>;

impl Inner {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        registry: Registry,
        fleet: Arc<Fleet>,
        events: EventBus,
        options: EngineOptions,
        executor: Executor,
        uptime: Arc<dyn Uptime>,
    ) -> Self {
        Self {
            uptime,
            calls: Mutex::default(),
            settler: Arc::new(Settler::new(store.clone())),
            store,
            registry,
            fleet,
            events,
            options,
            executor,
            neighbours: Neighbourhood::default(),
            running: Mutex::default(),
            wake: Notify::new(),
            replanned: Notify::new(),
            secrets: Notify::new(),
            idle: Notify::new(),
            stopping: AtomicBool::new(false),
            limits: InForce::default(),
            tally: Tally::default(),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<LeaseKey, Running>> {
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

    /// What holds back jobs that need this lane.
    pub(crate) async fn pause_of(&self, lane: &str) -> Result<Option<Pause>> {
        let pauses = self.store.pauses().await?;
        Ok(pauses.into_iter().find(|pause| matches!(&pause.scope, PauseScope::Lane(key) if key == lane)))
    }

    /// Tells a job that runs here to stop: each attempt of it, as one whose lease was lost may not have ended yet.
    pub(crate) fn stop_job(&self, job: JobId, reason: &StopReason) {
        let running = self.running();
        for (_, attempt) in running.iter().filter(|(lease, _)| lease.job_id == job) {
            attempt.stop(reason.clone());
        }
    }

    /// What an attempt holds while it tells its end.
    pub(crate) fn telling(&self, lease: &LeaseKey) -> Option<Arc<Telling>> {
        self.running().get(lease).map(|attempt| attempt.telling.clone())
    }

    /// Notes an attempt that begins, and gives what earlier ones of its job may be telling.
    fn begin_attempt(&self, lease: LeaseKey, attempt: Running) -> Vec<Arc<Telling>> {
        let mut running = self.running();
        let earlier = running.iter().filter(|(other, _)| other.job_id == lease.job_id);
        let earlier = earlier.map(|(_, attempt)| attempt.telling.clone()).collect();
        running.insert(lease, attempt);
        earlier
    }

    /// The leases that are to be extended. Of one job the last; earlier attempts that have not ended lost theirs to it.
    fn held(&self) -> Vec<(LeaseKey, Arc<Fence>)> {
        let running = self.running();
        let mut last: HashMap<JobId, i64> = HashMap::new();
        for lease in running.keys() {
            let fence = last.entry(lease.job_id).or_insert(lease.fence);
            *fence = lease.fence.max(*fence);
        }
        let is_last = |lease: &LeaseKey| last.get(&lease.job_id) == Some(&lease.fence);
        for (_, attempt) in running.iter().filter(|(lease, _)| !is_last(lease)) {
            attempt.stop(StopReason::LeaseLost);
        }
        let held = running.iter().filter(|(lease, _)| is_last(lease));
        held.map(|(lease, attempt)| (*lease, attempt.fence.clone())).collect()
    }

    /// No more claims.
    pub(crate) fn stop_claiming(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    /// Every running job is told to stop and goes back to pending.
    pub(crate) fn begin_stop(&self) {
        for running in self.running().values() {
            running.switch.stop(StopReason::Shutdown);
        }
        self.wake();
    }

    /// The job types this engine claims where nobody else keeps them.
    pub(crate) fn job_types(&self) -> Vec<String> {
        self.options.job_types.clone().unwrap_or_else(|| self.registry.job_types())
    }

    /// Whether the engine shuts down.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Claims as many jobs as there are free slots and starts them; first those that never wait for one, and none beside
    /// somebody who would run them, too.
    pub(crate) async fn claim_once(self: &Arc<Self>) -> Result<usize> {
        let Some(all) = self.claimable_types().await? else { return Ok(0) };
        let (interactive, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|name| self.registry.interactive().contains(name));
        let mut count = 0;
        if !interactive.is_empty() {
            count += self.claim_some(true, &interactive, &others).await?;
        }
        if !others.is_empty() {
            count += self.claim_some(false, &others, &interactive).await?;
        }
        Ok(count)
    }

    async fn claim_some(
        self: &Arc<Self>,
        is_interactive: bool,
        job_types: &[String],
        others: &[String],
    ) -> Result<usize> {
        let slots = if is_interactive { self.options.interactive_slots } else { self.options.slots };
        let taken = self.running().values().filter(|one| one.is_interactive == is_interactive).count();
        let free = slots.saturating_sub(taken);
        if free == 0 || self.is_stopping() {
            return Ok(0);
        }
        let sent = self.uptime.uptime();
        let claimed = self
            .store
            .claim(Claim {
                executor: self.executor.clone(),
                job_types: job_types.to_vec(),
                gated: self.registry.gated(),
                slots: free,
                ttl: self.options.lease_ttl,
                limits: if is_interactive { Limits::default() } else { self.limits.get() },
                others: others.to_vec(),
            })
            .await?;
        let count = claimed.jobs.len();
        if count > 0 {
            meter::claimed(count);
        }
        for job in claimed.jobs {
            let switch = StopSwitch::new();
            let fence = Arc::new(Fence::new(self.uptime.clone(), sent, job.lease.ttl, switch.clone()));
            let lease = job.lease.key;
            let attempt = Running {
                is_interactive,
                switch: switch.clone(),
                fence: fence.clone(),
                telling: Arc::default(),
            };
            let earlier = self.begin_attempt(lease, attempt);
            if self.is_stopping() {
                // Won while the engine began to leave.
                switch.stop(StopReason::Shutdown);
            }
            let inner = self.clone();
            tokio::spawn(async move {
                // A guard, not a line after the await: the slot is freed even if settling panics.
                let _slot = Slot { inner: inner.clone(), lease };
                for telling in earlier {
                    drop(telling.lock().await);
                }
                executor::run(inner, job, switch, fence).await;
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
        loops.spawn(self.clone().schedule_loop());
        loops.spawn(self.clone().cleanup_loop());
        loops.spawn(self.clone().expiry_loop());
        loops.spawn(self.clone().heartbeat_loop());
        loops.spawn(self.clone().fence_loop());
        loops
    }

    async fn claim_loop(self: Arc<Self>) {
        while !self.is_stopping() {
            self.tally.polled();
            if let Err(error) = self.claim_once().await {
                self.tally.failed(&error.chain());
                tracing::error!("cannot claim jobs: {}", error.chain());
                tokio::time::sleep(self.options.poll_interval).await;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.store.wait_for_work(self.options.poll_interval) => {}
            }
            if self.running_count() > self.options.slots / 2 {
                tokio::time::sleep(GATHER).await;
            }
        }
    }

    /// Extends all leases in one call; takes back those of executors that stopped beating.
    async fn beat_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.options.heartbeat).await;
            let held = self.held();
            let leases = held.iter().map(|(lease, _)| *lease).collect();
            let beat = Beat { executor: self.executor.clone(), leases, ttl: self.options.lease_ttl };
            let sent = self.uptime.uptime();
            match self.answered(self.store.renew(beat)).await {
                Ok(reply) => {
                    for (lease, fence) in held {
                        if !reply.lost.contains(&lease.job_id) {
                            fence.extend(sent);
                        }
                    }
                    self.extend_calls(sent);
                    if let Err(error) = self.meet_limits().await {
                        tracing::warn!("cannot look for the limits in force: {}", error.chain());
                    }
                    for job in reply.lost {
                        meter::lease_lost();
                        self.stop_job(job, &StopReason::LeaseLost);
                    }
                    for job in reply.cancel {
                        self.cancel_here(job).await;
                    }
                }
                Err(error) => {
                    self.tally.failed(&error.chain());
                    tracing::error!("heartbeat failed: {}", error.chain());
                }
            }
            match self.answered(self.store.reap(self.options.max_orphanings)).await {
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

    /// A store that does not answer at all is as good as one that says no.
    async fn answered<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.options.lease_ttl / 2;
        let late = |_| Err(Error::new(ErrorKind::Timeout, "the store did not answer in time"));
        tokio::time::timeout(limit, call).await.unwrap_or_else(late)
    }

    /// Stops by ourselves before anyone may believe us dead and start the same work. Asks nobody, so that nothing can
    /// hold it up.
    async fn fence_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(FENCE_WATCH.min(self.options.heartbeat)).await;
            for running in self.running().values().filter(|running| running.fence.is_over()) {
                running.fence.lose();
            }
        }
    }

    /// The right of a call that is about to ask for locks.
    pub(crate) fn call_fence(&self) -> Arc<Fence> {
        let (sent, ttl) = (self.uptime.uptime(), self.options.lease_ttl);
        let fence = Arc::new(Fence::new(self.uptime.clone(), sent, ttl, StopSwitch::new()));
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Arc::downgrade(&fence));
        fence
    }

    /// A beat does not say whether a call's locks were still there: one that was over by our count is lost.
    fn extend_calls(&self, sent: Duration) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| {
            let Some(fence) = call.upgrade() else { return false };
            if fence.check().is_ok() {
                fence.extend(sent);
            }
            true
        });
    }

    async fn cancel_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(CANCEL_WATCH).await;
            let jobs: Vec<JobId> = self.running().keys().map(|lease| lease.job_id).collect();
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
        self.stop_job(job, &StopReason::Cancelled("cancelled by request".to_owned()));
    }
}

impl Running {
    fn stop(&self, reason: StopReason) {
        if reason == StopReason::LeaseLost {
            self.fence.lose();
        }
        self.switch.stop(reason);
    }
}

/// A slot in use; dropping it frees the slot and wakes who waits for one.
struct Slot {
    inner: Arc<Inner>,
    lease: LeaseKey,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let left = {
            let mut running = self.inner.running();
            running.remove(&self.lease);
            running.len()
        };
        self.inner.wake();
        if left == 0 {
            self.inner.idle.notify_waiters();
        }
    }
}

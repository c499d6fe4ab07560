//! All that a handler may touch: its job, the stop signal, fenced writes, events, and the fleet.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::clock;
use crate::credential::{Secret, details};
use crate::engine::HeldLocks;
use crate::engine::cancel::{StopReason, StopSignal, StopSwitch};
use crate::engine::events::{EventBus, EventKind};
use crate::engine::fleet::{About, Fleet, Login};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ServerId, TaskId};
use crate::job::{JobRow, TaskRow, TaskUpdate};
use crate::store::{
    AttemptReport, AttemptWrite, ClaimedJob, Executor, Lack, LeaseKey, Limits, LockOwner, LockRequest, Share,
    StepChange, StepRow, StepState, StepWrite, Store, Turn, Wish, apply_step,
};

/// Lines of `console_log` that are kept, as the existing front end expects.
const CONSOLE_LINES: usize = 100;

/// Tries of a write that the store refuses for reasons of its own.
const WRITE_TRIES: u32 = 6;

/// One attempt at one job, as its handler sees it. Clones are the same attempt, for work done side by side.
#[derive(Debug, Clone)]
pub struct Ctx(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    job: JobRow,
    tasks: Vec<TaskRow>,
    checkpoint: Option<Bytes>,
    steps: Mutex<Vec<StepRow>>,
    attempt: u32,
    run: u32,
    lease: LeaseKey,
    lane: OnceLock<String>,
    executor: Executor,
    store: Arc<dyn Store>,
    fleet: Arc<Fleet>,
    events: EventBus,
    switch: StopSwitch,
    console: Mutex<VecDeque<String>>,
    limits: Limits,
    expiring: Mutex<Vec<String>>,
    /// It may go without locks where the store has none.
    is_unfenced: AtomicBool,
}

impl Ctx {
    pub(crate) fn new(
        claimed: ClaimedJob,
        executor: Executor,
        store: Arc<dyn Store>,
        fleet: Arc<Fleet>,
        events: EventBus,
        switch: StopSwitch,
        limits: Limits,
    ) -> Self {
        let console = claimed
            .job
            .details
            .get("console_log")
            .and_then(Value::as_array)
            .map(|lines| lines.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        Self(Arc::new(Parts {
            job: claimed.job,
            tasks: claimed.tasks,
            checkpoint: claimed.checkpoint,
            steps: Mutex::new(claimed.steps),
            attempt: claimed.lease.attempt,
            run: claimed.lease.run,
            lease: claimed.lease.key,
            lane: claimed.lane.map(OnceLock::from).unwrap_or_default(),
            executor,
            store,
            fleet,
            events,
            switch,
            console: Mutex::new(console),
            limits,
            expiring: Mutex::default(),
            is_unfenced: AtomicBool::new(false),
        }))
    }

    /// The job's row as it was claimed.
    #[must_use]
    pub fn job(&self) -> &JobRow {
        &self.0.job
    }

    /// Opens a password in the job's details, by its JSON pointer (`/share/password`); nothing where there is none. In
    /// [`Ctx::job`] there is a sealed text in its place, which goes when the job ends.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the place and the way out: no key at hand opens it, or it went with the end of an earlier
    /// run.
    pub fn secret(&self, pointer: &str) -> Result<Option<Secret>> {
        details::open(&self.0.job.details, pointer, self.0.job.id, self.0.fleet.chain().cipher())
    }

    /// Its tasks as they were claimed.
    #[must_use]
    pub fn tasks(&self) -> &[TaskRow] {
        &self.0.tasks
    }

    /// What an earlier attempt left for this one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Bytes> {
        self.0.checkpoint.as_ref()
    }

    pub(crate) fn known_step(&self, name: &str) -> Option<StepRow> {
        let steps = self.0.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.iter().find(|step| step.name == name).cloned()
    }

    /// The store has it: so does this attempt.
    pub(crate) fn note_step(&self, write: &StepWrite) {
        let mut steps = self.0.steps.lock().unwrap_or_else(PoisonError::into_inner);
        apply_step(&mut steps, self.0.run, write, clock::now());
    }

    /// 1 for the first attempt of its run; an explicit retry of the job begins another run.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Says when to stop; to be awaited beside every wait.
    #[must_use]
    pub fn stop(&self) -> StopSignal {
        self.0.switch.signal()
    }

    /// iDRACs, credentials and addresses. Its clients change something only while this attempt holds its job: before each
    /// request that does, the lease is looked at, and the request put on record.
    #[must_use]
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.0.fleet
    }

    /// A client for the iDRAC of a known server with the credentials that are its own; its exchanges are on record for this
    /// job, and for this task of it. Nothing is sent yet. What the iDRAC makes of the login is to be
    /// [reported](Fleet::report).
    ///
    /// # Errors
    /// As [`Fleet::idrac`].
    pub async fn idrac(&self, server: ServerId, task: Option<TaskId>) -> Result<Login> {
        let about = About {
            job_id: Some(self.0.job.id),
            task_id: task,
            initiated_by: self.0.job.created_by,
            ..About::default()
        };
        self.0.fleet.idrac(server, about).await
    }

    /// Which run of the job this is: 1, and one more for each explicit retry.
    #[must_use]
    pub fn run(&self) -> u32 {
        self.0.run
    }

    pub(crate) fn stop_for(&self, reason: StopReason) {
        self.0.switch.stop(reason);
    }

    /// The store, for reading. Writes of an attempt go through [`Ctx::write`].
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    /// Takes locks while the job runs, in line behind those who came before. The job's own lane is there already and
    /// stays when the rest is let go.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`]: told to stop while waiting. [`ErrorKind::LeaseLost`].
    pub async fn lock(&self, wishes: Vec<Wish>) -> Result<Option<HeldLocks>> {
        self.take(wishes, Turn::InLine).await
    }

    /// Likewise, at once or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] naming who has them. [`ErrorKind::LeaseLost`].
    pub async fn try_lock(&self, wishes: Vec<Wish>) -> Result<Option<HeldLocks>> {
        self.take(wishes, Turn::Now).await
    }

    async fn take(&self, mut wishes: Vec<Wish>, turn: Turn) -> Result<Option<HeldLocks>> {
        wishes.retain(|wish| self.lane() != Some(&wish.key));
        if wishes.is_empty() || self.goes_without(&wishes) {
            return Ok(None);
        }
        let request = LockRequest { turn, ..self.lock_request(wishes) };
        HeldLocks::take(self.0.store.clone(), request, Some(self.stop()), || None).await.map(Some)
    }

    /// Whether the store has no locks, and the job may do without these: it shares them, or was let go unfenced.
    fn goes_without(&self, wishes: &[Wish]) -> bool {
        let is_shared = |wish: &Wish| matches!(wish.share, Share::Among(_));
        let may = self.0.is_unfenced.load(Ordering::Relaxed) || wishes.iter().all(is_shared);
        may && self.0.store.caps().lacks(Lack::Locks)
    }

    /// It does no harm without fences and locks, or its owner accepts that it may.
    pub(crate) fn go_unfenced(&self) {
        self.0.is_unfenced.store(true, Ordering::Relaxed);
    }

    /// Takes a share of the limit of a subnet while the job works at this address, for jobs that work at many; `None`
    /// where there is no such limit. A job of one server has its share already.
    ///
    /// # Errors
    /// As [`Ctx::lock`].
    pub async fn enter_subnet(&self, address: IpAddr) -> Result<Option<HeldLocks>> {
        match self.0.limits.subnet_wish(address) {
            Some(wish) => self.lock(vec![wish]).await,
            None => Ok(None),
        }
    }

    /// What this attempt asks the store for, to be told at once.
    pub(crate) fn lock_request(&self, wishes: Vec<Wish>) -> LockRequest {
        LockRequest {
            owner: LockOwner::Job(self.0.lease),
            executor: self.0.executor.clone(),
            wishes,
            label: self.0.job.job_type.clone(),
            turn: Turn::InLine,
            ttl: Duration::ZERO,
        }
    }

    /// The lane it has.
    pub(crate) fn lane(&self) -> Option<&str> {
        self.0.lane.get().map(String::as_str)
    }

    /// A lane it got after all.
    pub(crate) fn entered(&self, lane: String) {
        // Set once: only an attempt without one asks.
        let _ = self.0.lane.set(lane);
    }

    /// Writes what was found, all or nothing, under this attempt's fence. `console_log` goes along where details do.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`]: nothing was written; the stop signal is thrown as well.
    pub async fn write(&self, mut write: AttemptWrite) -> Result<AttemptReport> {
        if let Some(StopReason::LeaseLost) = self.stop().reason() {
            return Err(Error::new(ErrorKind::LeaseLost, "another attempt may hold this job"));
        }
        write.lease = Some(self.0.lease);
        if !write.details.is_empty() {
            self.add_console(&mut write.details);
        }
        let moved = self.is_watched().then(|| (write.tasks.clone(), write.steps.clone()));
        if self.0.store.caps().lacks(Lack::Steps) {
            // They last as long as the attempt.
            write.steps.clear();
        }
        let result = self.0.store.write(write).await;
        if let (Ok(_), Some((tasks, steps))) = (&result, moved) {
            self.tell(tasks, steps);
        }
        if let Err(error) = &result
            && error.kind() == ErrorKind::LeaseLost
        {
            self.0.switch.stop(StopReason::LeaseLost);
        }
        result
    }

    /// Likewise, and again while the store is out of reach: what was found or done is not thrown away for a hiccup.
    ///
    /// # Errors
    /// As [`Ctx::write`], after six tries over some seconds.
    pub async fn write_patiently(&self, write: AttemptWrite) -> Result<AttemptReport> {
        let mut pause = Duration::from_millis(100);
        for tries in 1..WRITE_TRIES {
            match self.write(write.clone()).await {
                Err(error) if error.kind() == ErrorKind::Store => {
                    tracing::warn!(tries, "a write waits for the store: {}", error.chain());
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                result => return result,
            }
        }
        self.write(write).await
    }

    /// Adds a line to the job's `console_log` (stored with the next write) and to the events.
    pub fn log(&self, level: &'static str, text: impl Into<String>) {
        let text = text.into();
        let line = format!("[{}] [{level}] {text}", clock::now().strftime("%H:%M:%S"));
        {
            let mut console = self.0.console.lock().unwrap_or_else(PoisonError::into_inner);
            if console.len() == CONSOLE_LINES {
                console.pop_front();
            }
            console.push_back(line);
        }
        match level {
            "ERROR" => tracing::error!(job_id = %self.0.job.id, "{text}"),
            "WARN" => tracing::warn!(job_id = %self.0.job.id, "{text}"),
            _ => tracing::info!(job_id = %self.0.job.id, "{text}"),
        }
        self.0.events.emit(self.0.job.id, || EventKind::Log { level, text });
    }

    /// Tells whoever listens. The value is made only when somebody does.
    pub fn emit(&self, kind: impl FnOnce() -> EventKind) {
        self.0.events.emit(self.0.job.id, kind);
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.0.events.is_watched()
    }

    fn tell(&self, tasks: Vec<TaskUpdate>, steps: Vec<StepWrite>) {
        for TaskUpdate { id: task_id, server_id, status, progress, .. } in tasks {
            self.emit(|| EventKind::Task { task_id, server_id, status, progress });
        }
        for StepWrite { name, change } in steps {
            let state = match change {
                StepChange::Begin(_) => StepState::Begun,
                StepChange::Done(_) => StepState::Done,
            };
            self.emit(|| EventKind::Step { name, state });
        }
    }

    /// Says which keys of its verdict's details are secrets that the ended job may show for a while: to the first who reads
    /// it through [`Engine::job`](crate::Engine::job) or [`Engine::wait`](crate::Engine::wait), and to others who read the
    /// row, until [`EngineOptions::secret_lifetime`](crate::engine::EngineOptions::secret_lifetime) is over; restarts change
    /// nothing about that. To be said before the handler returns, of keys at the top that no [write](Ctx::write) stored
    /// before. A store that cannot take them out again never gets them.
    ///
    /// Keys that are a password's by their name go with the end of the job in any case.
    pub fn expires(&self, keys: &[&str]) {
        let mut expiring = self.0.expiring.lock().unwrap_or_else(PoisonError::into_inner);
        expiring.extend(keys.iter().map(|key| (*key).to_owned()));
    }

    pub(crate) fn expiring(&self) -> Vec<String> {
        let mut keys = self.0.expiring.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub(crate) fn lease(&self) -> LeaseKey {
        self.0.lease
    }

    pub(crate) fn add_console(&self, details: &mut Map<String, Value>) {
        let console = self.0.console.lock().unwrap_or_else(PoisonError::into_inner);
        if !console.is_empty() {
            details.insert(
                "console_log".to_owned(),
                console.iter().map(|line| Value::String(line.clone())).collect(),
            );
        }
    }
}

//! The store that ends with the process, and the reference model of the trait: one mutex around plain maps.

pub(super) mod jobs;
pub(super) mod locks;
mod servers;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use self::jobs::Jobs;
pub(super) use self::servers::Servers;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::clock::{SteadyClock, StorageClock, lease_end};
use crate::store::why::FIRST_WORD;
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Executor, Holder,
    InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow, Prune, Pruned,
    Reaped, Registered, Reschedule, Rescheduled, Retried, ServerPatch, ServerQuery, ServerRow, SessionRow,
    Settled, Settlement, StepRow, Store, WhyNot, finding, lock, pause, rules,
};

/// A store in memory.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    clock: SteadyClock,
    work: Notify,
}

/// Everything. A method that may fail half-way works on a copy and puts it in place at the end.
#[derive(Default)]
struct State {
    jobs: Jobs,
    servers: Servers,
    executors: BTreeSet<Uuid>,
    activity: BTreeMap<Uuid, ActivityRow>,
    sets: BTreeMap<CredentialSetId, CredentialSetRow>,
    ranges: Vec<CredentialRangeRow>,
    pins: BTreeMap<String, PinRow>,
    sessions: BTreeMap<Uuid, SessionRow>,
    meta: HashMap<String, Bytes>,
}

impl MemoryStore {
    /// An empty store on the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store on a clock of the caller's.
    #[must_use]
    pub fn with_clock(clock: StorageClock) -> Self {
        Self { clock: SteadyClock::new(clock), ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.work.notify_waiters();
        self.work.notify_one();
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl State {
    fn attempt_write(&mut self, write: &AttemptWrite, now: Timestamp) -> Result<AttemptReport> {
        if let Some(key) = write.lease {
            self.jobs.check_fence(key)?;
        }
        let known = Known { sets: self.sets.keys().copied().collect(), jobs: self.jobs.ids() };
        let mut servers = self.servers.clone();
        let mut table = servers.table(&known, now);
        let report = AttemptReport { servers: finding::write_findings(&mut table, &write.findings)? };
        for inventory in &write.inventories {
            table.put_inventory(inventory)?;
        }
        if let Some(key) = write.lease {
            let mut jobs = self.jobs.clone();
            jobs.write(key.job_id, write, now)?;
            self.jobs = jobs;
        }
        self.servers = servers;
        Ok(report)
    }
}

impl State {
    fn prune(&mut self, prune: Prune) -> Pruned {
        let mut pruned = Pruned::default();
        if let Some(before) = prune.jobs_before {
            let gone = self.jobs.prune(before, prune.limit, &mut pruned);
            self.servers.forget_jobs(&gone);
        }
        if let Some(before) = prune.activity_before {
            let old = self.activity.values().filter(|row| row.timestamp < before).map(|row| row.id);
            let old: Vec<Uuid> = old.take(prune.limit).collect();
            old.iter().for_each(|id| drop(self.activity.remove(id)));
            pruned.activity = old.len() as u64;
        }
        if let Some(before) = prune.health_before {
            pruned.health = self.servers.prune_health(before, prune.limit) as u64;
        }
        let full = prune.limit as u64;
        pruned.has_more |= pruned.activity >= full || pruned.health >= full;
        pruned
    }
}

/// What other tables a row may refer to.
pub(super) struct Known {
    pub(super) sets: HashSet<CredentialSetId>,
    pub(super) jobs: HashSet<JobId>,
}

fn limited<T>(rows: impl Iterator<Item = T>, limit: Option<usize>) -> Vec<T> {
    rows.take(limit.unwrap_or(usize::MAX)).collect()
}

#[async_trait]
impl Store for MemoryStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "memory",
            durable: false,
            shared: false,
            atomic_claims: true,
            proves_death: false,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        let now = self.clock.now();
        let added = {
            let mut state = self.state();
            let mut table = state.jobs.clone();
            let added = jobs.iter().map(|job| table.enqueue(job, now)).collect::<Result<_>>()?;
            state.jobs = table;
            added
        };
        self.announce();
        Ok(added)
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        // All executors of this store live in this process: none can be proved dead.
        let mut state = self.state();
        let until = lease_end(self.clock.now(), FIRST_WORD);
        state.jobs.meet(executor, until);
        let executors = &mut state.executors;
        let alive = executors.iter().filter(|other| **other != executor.incarnation).copied().collect();
        executors.insert(executor.incarnation);
        Ok(Registered { released: Vec::new(), alive })
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        let mut state = self.state();
        state.jobs.unregister(executor.incarnation, self.clock.now());
        state.executors.remove(&executor.incarnation);
        drop(state);
        self.announce();
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        Ok(self.state().jobs.claim(&claim, self.clock.now()))
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        Ok(self.state().jobs.renew(&beat, self.clock.now()))
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        self.state().jobs.lock(&request, self.clock.now())
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.state().jobs.unlock(owner, keys)?;
        self.announce();
        Ok(())
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        Ok(self.state().jobs.lock_holders(key))
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        Ok(self.state().jobs.cancel_requests(jobs))
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        self.state().attempt_write(&write, self.clock.now())
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        let now = self.clock.now();
        let settled = {
            let mut state = self.state();
            let mut table = state.jobs.clone();
            let settled = items.iter().map(|item| table.settle(item, now)).collect::<Result<_>>()?;
            state.jobs = table;
            settled
        };
        self.announce();
        Ok(settled)
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        let reaped = self.state().jobs.reap(max_orphanings, self.clock.now());
        if !reaped.is_empty() {
            self.announce();
        }
        Ok(reaped)
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        let cancelled = self.state().jobs.cancel(job, reason, self.clock.now());
        // Its lane may be another's now.
        self.announce();
        Ok(cancelled)
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        let pause = self.state().jobs.pause(scope, reason, by, self.clock.now());
        // Others may have become first in their lanes.
        self.announce();
        Ok(pause)
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        let was_paused = self.state().jobs.resume(scope);
        self.announce();
        Ok(was_paused)
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        Ok(self.state().jobs.pauses())
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        let retried = self.state().jobs.retry(job, self.clock.now());
        self.announce();
        Ok(retried)
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        let rescheduled = self.state().jobs.reschedule(job, change, self.clock.now());
        self.announce();
        Ok(rescheduled)
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        Ok(self.state().jobs.why_not(job, gated, self.clock.now()))
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        Ok(self.state().prune(prune))
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        Ok(self.state().jobs.query(&query))
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        Ok(self.state().jobs.tasks(job))
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        Ok(self.state().jobs.steps(job))
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        Ok(self.state().jobs.attempts(job))
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        Ok(self.state().servers.query(&query))
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        let mut state = self.state();
        let known = Known { sets: state.sets.keys().copied().collect(), jobs: state.jobs.ids() };
        let mut table = state.servers.clone();
        for (id, patch) in &servers {
            table.table(&known, self.clock.now()).put(*id, patch)?;
        }
        state.servers = table;
        Ok(())
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        Ok(self.state().servers.inventory(server))
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        Ok(self.state().servers.documents(server))
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        let mut state = self.state();
        for row in rows.iter() {
            state.activity.entry(row.id).or_insert_with(|| row.clone());
        }
        Ok(())
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        let mut state = self.state();
        for (id, server) in rows {
            if let Some(row) = state.activity.get_mut(&id) {
                row.server_id.get_or_insert(server);
            }
        }
        Ok(())
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        let state = self.state();
        let rows = state.activity.values().filter(|row| {
            (query.job_id.is_none() || row.job_id == query.job_id)
                && (query.server_id.is_none() || row.server_id == query.server_id)
                && query.after.is_none_or(|after| row.id > after)
        });
        Ok(limited(rows.cloned(), query.limit))
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        let mut sets: Vec<_> = self.state().sets.values().cloned().collect();
        sets.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        Ok(sets)
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        let mut state = self.state();
        if state.sets.values().any(|other| other.name == set.name && other.id != set.id) {
            return Err(rules::set_name_taken(&set.name));
        }
        state.sets.insert(set.id, set);
        Ok(())
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        let mut state = self.state();
        state.ranges.retain(|range| range.credential_set_id != set);
        state.servers.forget_set(set);
        Ok(state.sets.remove(&set).is_some())
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        let mut ranges = self.state().ranges.clone();
        ranges.sort_by_key(|range| range.priority);
        Ok(ranges)
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        let mut state = self.state();
        if !state.sets.contains_key(&range.credential_set_id) {
            return Err(rules::no_such_set("credential_set_id", range.credential_set_id));
        }
        match state.ranges.iter_mut().find(|known| known.id == range.id) {
            Some(known) => *known = range,
            None => state.ranges.push(range),
        }
        Ok(())
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        Ok(self.state().pins.values().cloned().collect())
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        self.state().pins.extend(pins.into_iter().map(|pin| (pin.host.clone(), pin)));
        Ok(())
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        Ok(self.state().pins.remove(host).is_some())
    }

    async fn put_session(&self, mut session: SessionRow) -> Result<()> {
        let mut state = self.state();
        if let Some(known) = state.sessions.get(&session.id) {
            session.location = session.location.or_else(|| known.location.clone());
        }
        state.sessions.insert(session.id, session);
        Ok(())
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        if let Some(session) = self.state().sessions.get_mut(&id) {
            session.location = Some(location.to_owned());
        }
        Ok(())
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        self.state().sessions.remove(&id);
        Ok(())
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        let mut sessions: Vec<_> = self.state().sessions.values().cloned().collect();
        sessions.sort_by_key(|session| (session.opened_at, session.id));
        Ok(sessions)
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.state().meta.get(key).cloned())
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        self.state().meta.insert(key.to_owned(), value);
        Ok(())
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

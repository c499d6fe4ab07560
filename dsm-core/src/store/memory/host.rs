//! Who keeps a state is a store: it carries out commands, lets others look, and keeps what is too much for a state.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::command::{self, Act};
use super::state::State;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::coded::Coded;
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow,
    Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow, Store,
    StoredRow, WhyNot, lock, pause, rules,
};

/// Keeps a [`State`].
pub(in crate::store) trait Host: Send + Sync + Debug + 'static {
    /// See [`Store::caps`].
    fn caps(&self) -> Caps;

    /// See [`Store::now`].
    fn now(&self) -> impl Future<Output = Result<Timestamp>> + Send;

    /// Carries out a command, now.
    fn run<C: Act>(&self, command: C) -> impl Future<Output = Result<C::Answer>> + Send;

    /// Looks at the state as it is now.
    fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// See [`Store::wait_for_work`].
    fn wait_for_work(&self, timeout: Duration) -> impl Future<Output = ()> + Send;

    /// See [`Store::write`].
    fn write(&self, write: AttemptWrite) -> impl Future<Output = Result<AttemptReport>> + Send {
        self.run(command::Write { write })
    }

    /// See [`Store::documents`].
    fn documents(&self, server: ServerId) -> impl Future<Output = Result<Vec<DocumentRow>>> + Send {
        self.look(move |state| state.documents(server))
    }

    /// See [`Store::record_activity`].
    fn record_activity(&self, rows: Arc<[ActivityRow]>) -> impl Future<Output = Result<()>> + Send;

    /// See [`Store::attribute_activity`].
    fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> impl Future<Output = Result<()>> + Send;

    /// See [`Store::activity`].
    fn activity(&self, query: ActivityQuery) -> impl Future<Output = Result<Vec<ActivityRow>>> + Send;

    /// Forgets so many rows of activity at most, and says how many went.
    fn prune_activity(&self, before: Timestamp, limit: usize) -> impl Future<Output = Result<u64>> + Send;
}

#[async_trait]
impl<H: Host> Store for H {
    fn caps(&self) -> Caps {
        Host::caps(self)
    }

    async fn now(&self) -> Result<Timestamp> {
        Host::now(self).await
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        self.run(command::Enqueue { jobs }).await
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        self.run(command::Register { executor: executor.clone() }).await
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        self.run(command::Unregister { executor: executor.clone() }).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        self.run(command::Claim { claim }).await
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        self.run(command::Renew { beat }).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        self.run(command::Lock { request }).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.run(command::Unlock { owner, keys: keys.to_vec() }).await
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        let key = key.map(str::to_owned);
        self.look(move |state| state.jobs.lock_holders(key.as_deref())).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        let jobs = jobs.to_vec();
        self.look(move |state| state.jobs.cancel_requests(&jobs)).await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        Host::write(self, write).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        self.run(command::Settle { items }).await
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        self.run(command::Reap { max_orphanings }).await
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        self.run(command::Cancel { job, reason: reason.to_owned() }).await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        let (scope, reason, by) = (scope.clone(), reason.to_owned(), by.to_owned());
        self.run(command::Pause { scope, reason, by }).await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        self.run(command::Resume { scope: scope.clone() }).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.look(|state| state.jobs.pauses()).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        self.run(command::Retry { job }).await
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        self.run(command::Reschedule { job, change }).await
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        let gated = gated.to_vec();
        let now = Host::now(self).await?;
        self.look(move |state| state.jobs.why_not(job, &gated, now)).await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        let mut pruned = self.run(command::Prune { prune }).await?;
        if let Some(before) = prune.activity_before {
            pruned.activity = self.prune_activity(before, prune.limit).await?;
            pruned.has_more |= pruned.activity >= prune.limit as u64;
        }
        Ok(pruned)
    }

    async fn take_details(&self, job: JobId, keys: &[String]) -> Result<Option<Map<String, Value>>> {
        self.run(command::TakeDetails { job, keys: keys.to_vec() }).await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        self.look(move |state| state.jobs.query(&query)).await
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        self.look(move |state| state.jobs.tasks(job)).await
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.look(move |state| state.jobs.steps(job)).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.look(move |state| state.jobs.attempts(job)).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        self.look(move |state| state.servers.query(&query)).await
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        self.run(command::PutServers { servers }).await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.look(move |state| state.servers.inventory(server)).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        Host::documents(self, server).await
    }

    async fn rows(&self, query: RowQuery) -> Result<Vec<StoredRow>> {
        let wanted = query.wanted()?;
        self.look(move |state| state.rows.find(&query, &wanted)).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        Host::record_activity(self, rows).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        Host::attribute_activity(self, rows).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        Host::activity(self, query).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        let mut sets: Vec<_> = self.look(|state| state.sets.values().cloned().collect()).await?;
        sets.sort_by(|a: &CredentialSetRow, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        Ok(sets)
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        self.run(command::PutCredentialSet { set }).await
    }

    async fn reseal(&self, changes: Vec<Reseal>) -> Result<Vec<bool>> {
        self.run(command::Reseal { changes }).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.run(command::RemoveCredentialSet { set }).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        let mut ranges = self.look(|state| state.ranges.clone()).await?;
        ranges.sort_by_key(|range| range.priority);
        Ok(ranges)
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        self.run(command::PutCredentialRange { range }).await
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        self.look(|state| state.pins.values().cloned().collect()).await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        self.run(command::PutPins { pins }).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        self.run(command::ForgetPin { host: host.to_owned() }).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        self.run(command::PutSession { session }).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        self.run(command::LocateSession { id, location: location.to_owned() }).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        self.run(command::RemoveSession { id }).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        let mut sessions: Vec<SessionRow> =
            self.look(|state| state.sessions.values().cloned().collect()).await?;
        sessions.sort_by_key(|session| (session.opened_at, session.id));
        Ok(sessions)
    }

    async fn put_heartbeat(&self, row: HeartbeatRow) -> Result<()> {
        self.run(command::PutHeartbeat { row }).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.look(|state| state.heartbeats.values().cloned().collect()).await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        let key = key.to_owned();
        self.look(move |state| state.meta.get(&key).map(|value| value.0.clone())).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        self.run(command::PutMeta { key: key.to_owned(), value: Coded(value) }).await
    }

    async fn entries(&self, kind: &str) -> Result<Vec<Entry>> {
        let kind = kind.to_owned();
        self.look(move |state| state.entries(&kind)).await
    }

    async fn put_entry(
        &self,
        kind: &str,
        name: &str,
        body: Value,
        expected: Option<i64>,
    ) -> Result<Option<i64>> {
        self.run(command::PutEntry { kind: kind.to_owned(), name: name.to_owned(), body, expected }).await
    }

    async fn remove_entry(&self, kind: &str, name: &str) -> Result<bool> {
        self.run(command::RemoveEntry { kind: kind.to_owned(), name: name.to_owned() }).await
    }

    async fn settings(&self) -> Result<Settings> {
        self.look(|state| state.settings).await
    }

    async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        patch.check()?;
        self.run(command::PutSettings { patch }).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        Host::wait_for_work(self, timeout).await;
    }
}

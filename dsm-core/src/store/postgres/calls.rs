//! Each call of the store as a transaction, or a read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::tx::{Durability, read_now};
use super::{
    PostgresStore, activity, attempt, claim, control, credentials, entries, executor, inventory, jobs, locks,
    notes, pauses, prune, rows, servers, settings, settle, steps, tasks, why,
};
use crate::credential::Secret;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow,
    Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow, Store,
    StoredRow, WhyNot,
};
use crate::store::{lock, pause, rules};

#[async_trait]
impl Store for PostgresStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "postgres",
            durable: true,
            shared: true,
            atomic_claims: true,
            proves_death: true,
            limits: true,
            max_batch: 1000,
            lacks: &[],
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        let manual = self.manual();
        self.read(|link, _| Box::pin(read_now(link, manual))).await
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id.unwrap_or_default()).collect();
        let (jobs, ids, facts) = (&jobs, &ids, &self.facts);
        self.write_in(Durability::Server, |tx, _| Box::pin(jobs::enqueue(tx, jobs, ids, facts))).await
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        // The lock comes before the row: whoever finds the row finds a lock to try.
        let epoch = self.keeper.hold(executor.incarnation, self.connect_timeout).await?;
        let dead = self.read(|link, _| Box::pin(executor::dead(link, executor))).await?;
        let dead = &dead;
        self.write_in(Durability::Server, |tx, _| Box::pin(executor::register(tx, executor, epoch, dead)))
            .await
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        self.write_in(Durability::Server, |tx, _| Box::pin(executor::unregister(tx, executor))).await?;
        // Only once it is written that nothing is held: until then the lock is what the next start goes by.
        self.keeper.release(executor.incarnation);
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        let (manual, ticket, claim) = (self.manual(), Uuid::now_v7(), &claim);
        let asked = &AtomicBool::new(false);
        let (mut claimed, is_more_wanted, has_news) = self
            .read(|link, _| {
                let repeated = asked.swap(true, Ordering::Relaxed);
                Box::pin(claim::claim(link, manual, claim, ticket, repeated))
            })
            .await?;
        if has_news {
            self.write_in(Durability::Server, |tx, _| Box::pin(pauses::meet_setting(tx, &claim.gated)))
                .await?;
        }
        if is_more_wanted {
            let room = claim.slots - claimed.jobs.len();
            let (ticket, asked) = (Uuid::now_v7(), &AtomicBool::new(false));
            let more = self.write_in(Durability::Server, |tx, _| {
                let repeated = asked.swap(true, Ordering::Relaxed);
                Box::pin(claim::claim_lanes(tx, claim, ticket, repeated, room))
            });
            // What was won stands whatever becomes of the rest: the next claim asks for that again.
            match more.await {
                Ok(jobs) => claimed.jobs.extend(jobs),
                Err(error) if claimed.jobs.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(claimed)
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        let beat = &beat;
        self.write_in(Durability::Process, |tx, _| Box::pin(claim::renew(tx, beat))).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        let request = &request;
        self.write_in(Durability::Server, |tx, _| Box::pin(locks::lock(tx, request))).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.write_in(Durability::Server, |tx, _| Box::pin(locks::unlock(tx, owner, keys))).await
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        self.read(|link, _| Box::pin(locks::holders(link, key))).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        self.read(|link, _| Box::pin(claim::cancel_requests(link, jobs))).await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        let (write, facts) = (&write, &self.facts);
        self.write_in(Durability::Server, |tx, _| Box::pin(attempt::write(tx, write, facts))).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        let items = &items;
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::settle(tx, items))).await
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::reap(tx, max_orphanings))).await
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        self.write_in(Durability::Server, |tx, _| Box::pin(settle::cancel(tx, job, reason))).await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        self.write_in(Durability::Server, |tx, _| Box::pin(pauses::pause(tx, scope, reason, by))).await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(pauses::resume(tx, scope))).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.read(|link, _| Box::pin(pauses::pauses(link, None))).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        self.write_in(Durability::Server, |tx, _| Box::pin(control::retry(tx, job))).await
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        self.write_in(Durability::Server, |tx, _| Box::pin(control::reschedule(tx, job, change))).await
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        let manual = self.manual();
        self.read(|link, _| Box::pin(why::why_not(link, manual, job, gated))).await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        // What a lost moment brings back goes with the next batch.
        self.write_in(Durability::Process, |tx, _| Box::pin(prune::prune(tx, prune))).await
    }

    async fn take_details(&self, job: JobId, keys: &[String]) -> Result<Option<Map<String, Value>>> {
        self.write_in(Durability::Server, |tx, _| Box::pin(jobs::take_details(tx, job, keys))).await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(jobs::jobs(link, query))).await
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        self.read(|link, _| Box::pin(tasks::tasks(link, job))).await
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.read(|link, _| Box::pin(steps::steps(link, job))).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.read(|link, _| Box::pin(jobs::attempts(link, job))).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(servers::servers(link, query))).await
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        let servers = &servers;
        self.write_in(Durability::Server, |tx, _| Box::pin(servers::put_servers(tx, servers))).await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.read(|link, _| Box::pin(inventory::inventory(link, server))).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        self.read(|link, _| Box::pin(inventory::documents(link, server))).await
    }

    async fn rows(&self, query: RowQuery) -> Result<Vec<StoredRow>> {
        let (wanted, query) = (&query.wanted()?, &query);
        self.read(|link, _| Box::pin(rows::rows(link, query, wanted))).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        let (rows, facts) = (&rows, &self.facts);
        let has_pending = rows.iter().any(ActivityRow::is_pending);
        let durability = if has_pending { Durability::Server } else { Durability::Process };
        self.write_in(durability, |tx, _| Box::pin(activity::record(tx, rows, facts))).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        let (rows, facts) = (&rows, &self.facts);
        self.write_in(Durability::Process, |tx, _| Box::pin(activity::attribute(tx, rows, facts))).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        let query = &query;
        self.read(|link, _| Box::pin(activity::activity(link, query))).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.read(|link, _| Box::pin(credentials::sets(link))).await
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        let set = &set;
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::put_set(tx, set))).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::remove_set(tx, set))).await
    }

    async fn old_password_key(&self) -> Result<Option<Secret>> {
        self.read(|link, _| Box::pin(credentials::old_password_key(link))).await
    }

    async fn reseal(&self, changes: Vec<Reseal>) -> Result<Vec<bool>> {
        let changes = &changes;
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::reseal(tx, changes))).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.read(|link, _| Box::pin(credentials::ranges(link))).await
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        let range = &range;
        self.write_in(Durability::Server, |tx, _| Box::pin(credentials::put_range(tx, range))).await
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        self.read(|link, _| Box::pin(notes::pins(link))).await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        let pins = &pins;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_pins(tx, pins))).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(notes::forget_pin(tx, host))).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        let session = &session;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_session(tx, session))).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::locate_session(tx, id, location))).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::remove_session(tx, id))).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        self.read(|link, _| Box::pin(notes::sessions(link))).await
    }

    async fn put_heartbeat(&self, row: HeartbeatRow) -> Result<()> {
        let row = &row;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_heartbeat(tx, row))).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.read(|link, _| Box::pin(notes::heartbeats(link))).await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        self.read(|link, _| Box::pin(notes::get_meta(link, key))).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        let value = &value;
        self.write_in(Durability::Process, |tx, _| Box::pin(notes::put_meta(tx, key, value))).await
    }

    async fn entries(&self, kind: &str) -> Result<Vec<Entry>> {
        self.read(|link, _| Box::pin(entries::entries(link, kind))).await
    }

    async fn put_entry(
        &self,
        kind: &str,
        name: &str,
        body: Value,
        expected: Option<i64>,
    ) -> Result<Option<i64>> {
        let body = &body;
        self.write_in(Durability::Server, |tx, _| Box::pin(entries::put(tx, kind, name, body, expected)))
            .await
    }

    async fn remove_entry(&self, kind: &str, name: &str) -> Result<bool> {
        self.write_in(Durability::Server, |tx, _| Box::pin(entries::remove(tx, kind, name))).await
    }

    async fn settings(&self) -> Result<Settings> {
        self.read(|link, _| Box::pin(settings::read(link))).await
    }

    async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        patch.check()?;
        let patch = &patch;
        self.write_in(Durability::Server, |tx, _| Box::pin(settings::put(tx, patch))).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

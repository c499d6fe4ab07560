//! Each call of the store: by our functions where they are installed, else by conditional changes of rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{PostgrestStore, activity, credentials, inventory, jobs, plain, rows, settings, whole};
use crate::credential::Secret;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::{JobRow, NewJob, TaskRow};
use crate::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, Lack, LockOwner, LockRequest, Locked, Pause, PauseScope,
    PinRow, Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, SealedAt,
    ServerPatch, ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow,
    Store, StoredRow, WhyNot, no_place,
};
use crate::store::{lock, pause, rules};

#[async_trait]
impl Store for PostgrestStore {
    fn caps(&self) -> Caps {
        Caps {
            backend: "postgrest",
            durable: true,
            shared: true,
            atomic_claims: true,
            proves_death: false,
            limits: self.is_whole(),
            max_batch: self.service.options.page,
            lacks: if self.is_whole() { &[] } else { Lack::ALL },
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        self.either(|| whole::now(&self.service.http, self.service.manual()), || plain::now(&self.service))
            .await
    }

    async fn enqueue(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(rules::check_job)?;
        let ids = if self.is_whole() { whole::new_ids(&jobs) } else { plain::new_ids(&jobs) };
        let sent = AtomicBool::new(false);
        let added = self
            .either(
                || whole::enqueue(&self.service, &jobs, &ids),
                || plain::enqueue(&self.service, &jobs, &ids, sent.swap(true, Ordering::Relaxed)),
            )
            .await?;
        self.announce();
        Ok(added)
    }

    async fn register(&self, executor: &Executor) -> Result<Registered> {
        self.either(|| whole::register(&self.service, executor), || plain::register(&self.service, executor))
            .await
    }

    async fn unregister(&self, executor: &Executor) -> Result<()> {
        self.either(
            || whole::unregister(&self.service, executor),
            || plain::unregister(&self.service, executor),
        )
        .await?;
        self.announce();
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed> {
        let (ticket, asked, taken) = (Uuid::now_v7(), AtomicBool::new(false), AtomicI64::new(0));
        self.either(
            || whole::claim(&self.service, &claim, ticket, &asked),
            || plain::claim(&self.service, &claim, &taken),
        )
        .await
    }

    async fn renew(&self, beat: Beat) -> Result<BeatReply> {
        self.either(|| whole::renew(&self.service, &beat), || plain::renew(&self.service, &beat)).await
    }

    async fn lock(&self, request: LockRequest) -> Result<Locked> {
        lock::check_request(&request)?;
        self.either(|| whole::lock(&self.service, &request), || async { Err(plain::lacking("locks")) }).await
    }

    async fn unlock(&self, owner: LockOwner, keys: &[String]) -> Result<()> {
        self.either(|| whole::unlock(&self.service, owner, keys), || async { Ok(()) }).await?;
        self.announce();
        Ok(())
    }

    async fn lock_holders(&self, key: Option<&str>) -> Result<Vec<Holder>> {
        self.either(|| whole::lock_holders(&self.service, key), || async { Ok(Vec::new()) }).await
    }

    async fn put_heartbeat(&self, row: HeartbeatRow) -> Result<()> {
        self.run(|| jobs::put_heartbeat(&self.service.http, &row)).await
    }

    async fn heartbeats(&self) -> Result<Vec<HeartbeatRow>> {
        self.run(|| jobs::heartbeats(&self.service.http)).await
    }

    async fn cancel_requests(&self, jobs: &[JobId]) -> Result<Vec<JobId>> {
        self.either(
            || whole::cancel_requests(&self.service, jobs),
            || plain::cancel_requests(&self.service, jobs),
        )
        .await
    }

    async fn write(&self, write: AttemptWrite) -> Result<AttemptReport> {
        rules::check_write(&write)?;
        self.either(|| whole::write(&self.service, &write), || plain::write(&self.service, &write)).await
    }

    async fn settle(&self, items: Vec<Settlement>) -> Result<Vec<Settled>> {
        items.iter().try_for_each(|item| rules::check_outcome(&item.outcome))?;
        let settled = self
            .either(|| whole::settle(&self.service, &items), || plain::settle(&self.service, &items))
            .await?;
        self.announce();
        Ok(settled)
    }

    async fn reap(&self, max_orphanings: u32) -> Result<Vec<Reaped>> {
        let reaped = self
            .either(
                || whole::reap(&self.service, max_orphanings),
                || plain::reap(&self.service, max_orphanings),
            )
            .await?;
        if !reaped.is_empty() {
            self.announce();
        }
        Ok(reaped)
    }

    async fn cancel(&self, job: JobId, reason: &str) -> Result<Cancelled> {
        self.either(
            || whole::cancel(&self.service, job, reason),
            || plain::cancel(&self.service, job, reason),
        )
        .await
    }

    async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        pause::check_scope(scope)?;
        self.either(
            || whole::pause(&self.service, scope, reason, by),
            || plain::pause(&self.service, scope, reason, by),
        )
        .await
    }

    async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        let was_paused = self
            .either(|| whole::resume(&self.service, scope), || plain::resume(&self.service, scope))
            .await?;
        self.announce();
        Ok(was_paused)
    }

    async fn pauses(&self) -> Result<Vec<Pause>> {
        self.either(|| whole::pauses(&self.service), || plain::pauses(&self.service)).await
    }

    async fn retry(&self, job: JobId) -> Result<Retried> {
        let retried =
            self.either(|| whole::retry(&self.service, job), || plain::retry(&self.service, job)).await?;
        self.announce();
        Ok(retried)
    }

    async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        let rescheduled = self
            .either(
                || whole::reschedule(&self.service, job, change),
                || plain::reschedule(&self.service, job, change),
            )
            .await?;
        self.announce();
        Ok(rescheduled)
    }

    async fn why_not(&self, job: JobId, gated: &[String]) -> Result<Option<WhyNot>> {
        self.either(
            || whole::why_not(&self.service, job, gated),
            || plain::why_not(&self.service, job, gated),
        )
        .await
    }

    async fn prune(&self, prune: Prune) -> Result<Pruned> {
        self.either(|| whole::prune(&self.service, prune), || plain::prune(&self.service, prune)).await
    }

    async fn take_details(&self, job: JobId, keys: &[String]) -> Result<Option<Map<String, Value>>> {
        self.either(
            || whole::take_details(&self.service, job, keys),
            || plain::take_details(&self.service, job, keys),
        )
        .await
    }

    async fn jobs(&self, query: JobQuery) -> Result<Vec<JobRow>> {
        let mut jobs = self.run(|| jobs::jobs(&self.service.http, &query)).await?;
        if !self.is_whole() {
            jobs.iter_mut().for_each(|job| plain::without_note(&mut job.details));
        }
        Ok(jobs)
    }

    async fn tasks(&self, job: JobId) -> Result<Vec<TaskRow>> {
        let of = [job];
        let mut tasks = self.run(|| jobs::tasks(&self.service.http, &of)).await?;
        Ok(tasks.remove(&job).unwrap_or_default())
    }

    async fn steps(&self, job: JobId) -> Result<Vec<StepRow>> {
        self.either(|| whole::steps(&self.service, job), || async { Ok(Vec::new()) }).await
    }

    async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.either(|| whole::attempts(&self.service, job), || async { Ok(Vec::new()) }).await
    }

    async fn servers(&self, query: ServerQuery) -> Result<Vec<ServerRow>> {
        self.run(|| inventory::servers(&self.service.http, &query)).await
    }

    async fn put_servers(&self, servers: Vec<(ServerId, ServerPatch)>) -> Result<()> {
        self.either(
            || whole::put_servers(&self.service, &servers),
            || plain::put_servers(&self.service, &servers),
        )
        .await
    }

    async fn inventory(&self, server: ServerId) -> Result<InventoryRows> {
        self.run(|| inventory::inventory(&self.service.http, server)).await
    }

    async fn documents(&self, server: ServerId) -> Result<Vec<DocumentRow>> {
        self.either(|| whole::documents(&self.service, server), || async { Ok(Vec::new()) }).await
    }

    async fn rows(&self, query: RowQuery) -> Result<Vec<StoredRow>> {
        let wanted = query.wanted()?;
        self.run(|| rows::rows(&self.service.http, &query, &wanted)).await
    }

    async fn record_activity(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        self.run(|| activity::record_all(&self.service.http, &self.service.log, &rows)).await
    }

    async fn attribute_activity(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        self.run(|| activity::attribute(&self.service.http, &rows)).await
    }

    async fn activity(&self, query: ActivityQuery) -> Result<Vec<ActivityRow>> {
        self.run(|| activity::activity(&self.service.http, &query)).await
    }

    async fn credential_sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.run(|| credentials::sets(&self.service.http)).await
    }

    async fn put_credential_set(&self, set: CredentialSetRow) -> Result<()> {
        rules::check_credential_set(&set)?;
        self.run(|| credentials::put_set(&self.service.http, &set)).await
    }

    async fn remove_credential_set(&self, set: CredentialSetId) -> Result<bool> {
        self.run(|| credentials::remove_set(&self.service.http, set)).await
    }

    async fn credential_ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.run(|| credentials::ranges(&self.service.http)).await
    }

    async fn put_credential_range(&self, range: CredentialRangeRow) -> Result<()> {
        self.run(|| credentials::put_range(&self.service.http, &range)).await
    }

    async fn old_password_key(&self) -> Result<Option<Secret>> {
        self.run(|| settings::old_password_key(&self.service.http)).await
    }

    async fn reseal(&self, changes: Vec<Reseal>) -> Result<Vec<bool>> {
        let mut done = Vec::with_capacity(changes.len());
        for change in &changes {
            let Reseal { at, from, to } = change;
            done.push(match *at {
                SealedAt::Set(_) | SealedAt::Server(_) => {
                    self.run(|| credentials::reseal(&self.service.http, change)).await?
                }
                SealedAt::Job(job) => {
                    self.either(
                        || whole::reseal(&self.service, job, from, to),
                        || plain::reseal(&self.service, job, from, to),
                    )
                    .await?
                }
                SealedAt::Row(table, id) => {
                    self.either(
                        || whole::reseal_row(&self.service, table, id, from, to),
                        || rows::reseal(&self.service.http, table, id, from, to),
                    )
                    .await?
                }
            });
        }
        Ok(done)
    }

    async fn pins(&self) -> Result<Vec<PinRow>> {
        if self.is_whole() {
            return self.run(|| whole::pins(&self.service)).await;
        }
        self.notes.pins().await
    }

    async fn put_pins(&self, pins: Vec<PinRow>) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_pins(&self.service, &pins)).await;
        }
        self.notes.put_pins(pins).await
    }

    async fn forget_pin(&self, host: &str) -> Result<bool> {
        if self.is_whole() {
            return self.run(|| whole::forget_pin(&self.service, host)).await;
        }
        self.notes.forget_pin(host).await
    }

    async fn put_session(&self, session: SessionRow) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_session(&self.service, &session)).await;
        }
        self.notes.put_session(session).await
    }

    async fn locate_session(&self, id: Uuid, location: &str) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::locate_session(&self.service, id, location)).await;
        }
        self.notes.locate_session(id, location).await
    }

    async fn remove_session(&self, id: Uuid) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::remove_session(&self.service, id)).await;
        }
        self.notes.remove_session(id).await
    }

    async fn sessions(&self) -> Result<Vec<SessionRow>> {
        if self.is_whole() {
            return self.run(|| whole::sessions(&self.service)).await;
        }
        self.notes.sessions().await
    }

    async fn get_meta(&self, key: &str) -> Result<Option<Bytes>> {
        if self.is_whole() {
            return self.run(|| whole::get_meta(&self.service, key)).await;
        }
        self.notes.get_meta(key).await
    }

    async fn put_meta(&self, key: &str, value: Bytes) -> Result<()> {
        if self.is_whole() {
            return self.run(|| whole::put_meta(&self.service, key, &value)).await;
        }
        self.notes.put_meta(key, value).await
    }

    async fn entries(&self, kind: &str) -> Result<Vec<Entry>> {
        self.either(|| whole::entries(&self.service, kind), || async { Ok(Vec::new()) }).await
    }

    async fn put_entry(
        &self,
        kind: &str,
        name: &str,
        body: Value,
        expected: Option<i64>,
    ) -> Result<Option<i64>> {
        if !self.is_whole() {
            return Err(no_place("schedules and windows"));
        }
        self.run(|| whole::put_entry(&self.service, kind, name, &body, expected)).await
    }

    async fn remove_entry(&self, kind: &str, name: &str) -> Result<bool> {
        self.either(|| whole::remove_entry(&self.service, kind, name), || async { Ok(false) }).await
    }

    async fn settings(&self) -> Result<Settings> {
        self.run(|| settings::read(&self.service.http)).await
    }

    async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        patch.check()?;
        self.run(|| settings::put(&self.service.http, &patch)).await
    }

    async fn wait_for_work(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.work.notified()).await;
    }
}

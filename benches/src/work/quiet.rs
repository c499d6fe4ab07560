//! A store that forgets the activity log and is otherwise the store below: what the log costs is the difference.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::credential::Secret;
use dsm_core::job::{JobRow, NewJob, TaskRow};
use dsm_core::store::{
    ActivityQuery, ActivityRow, Attempt, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Caps,
    Claim, Claimed, CredentialRangeRow, CredentialSetRow, DocumentRow, Enqueued, Entry, Executor,
    HeartbeatRow, Holder, InventoryRows, JobQuery, LockOwner, LockRequest, Locked, Pause, PauseScope, PinRow,
    Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Reseal, Retried, RowQuery, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, SettingsPatch, Settled, Settlement, StepRow, Store,
    StoredRow, WhyNot,
};
use dsm_core::{CredentialSetId, JobId, Result, ServerId};
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Quiet(pub(super) Arc<dyn Store>);

macro_rules! pass_on {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl Store for Quiet {
            fn caps(&self) -> Caps {
                self.0.caps()
            }

            async fn record_activity(&self, _rows: Arc<[ActivityRow]>) -> Result<()> {
                Ok(())
            }

            async fn attribute_activity(&self, _rows: Vec<(Uuid, ServerId)>) -> Result<()> {
                Ok(())
            }

            async fn wait_for_work(&self, timeout: Duration) {
                self.0.wait_for_work(timeout).await;
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$result> {
                self.0.$name($($argument),*).await
            })*
        }
    };
}

pass_on! {
    fn now() -> Timestamp;
    fn enqueue(jobs: Vec<NewJob>) -> Vec<Enqueued>;
    fn register(executor: &Executor) -> Registered;
    fn unregister(executor: &Executor) -> ();
    fn claim(claim: Claim) -> Claimed;
    fn renew(beat: Beat) -> BeatReply;
    fn lock(request: LockRequest) -> Locked;
    fn unlock(owner: LockOwner, keys: &[String]) -> ();
    fn lock_holders(key: Option<&str>) -> Vec<Holder>;
    fn put_heartbeat(row: HeartbeatRow) -> ();
    fn heartbeats() -> Vec<HeartbeatRow>;
    fn cancel_requests(jobs: &[JobId]) -> Vec<JobId>;
    fn write(write: AttemptWrite) -> AttemptReport;
    fn settle(items: Vec<Settlement>) -> Vec<Settled>;
    fn reap(max_orphanings: u32) -> Vec<Reaped>;
    fn cancel(job: JobId, reason: &str) -> Cancelled;
    fn pause(scope: &PauseScope, reason: &str, by: &str) -> Pause;
    fn resume(scope: &PauseScope) -> bool;
    fn pauses() -> Vec<Pause>;
    fn retry(job: JobId) -> Retried;
    fn reschedule(job: JobId, change: Reschedule) -> Rescheduled;
    fn why_not(job: JobId, gated: &[String]) -> Option<WhyNot>;
    fn prune(prune: Prune) -> Pruned;
    fn take_details(job: JobId, keys: &[String]) -> Option<Map<String, Value>>;
    fn jobs(query: JobQuery) -> Vec<JobRow>;
    fn tasks(job: JobId) -> Vec<TaskRow>;
    fn steps(job: JobId) -> Vec<StepRow>;
    fn attempts(job: JobId) -> Vec<Attempt>;
    fn servers(query: ServerQuery) -> Vec<ServerRow>;
    fn put_servers(servers: Vec<(ServerId, ServerPatch)>) -> ();
    fn inventory(server: ServerId) -> InventoryRows;
    fn documents(server: ServerId) -> Vec<DocumentRow>;
    fn rows(query: RowQuery) -> Vec<StoredRow>;
    fn activity(query: ActivityQuery) -> Vec<ActivityRow>;
    fn credential_sets() -> Vec<CredentialSetRow>;
    fn put_credential_set(set: CredentialSetRow) -> ();
    fn reseal(changes: Vec<Reseal>) -> Vec<bool>;
    fn old_password_key() -> Option<Secret>;
    fn remove_credential_set(set: CredentialSetId) -> bool;
    fn credential_ranges() -> Vec<CredentialRangeRow>;
    fn put_credential_range(range: CredentialRangeRow) -> ();
    fn pins() -> Vec<PinRow>;
    fn put_pins(pins: Vec<PinRow>) -> ();
    fn forget_pin(host: &str) -> bool;
    fn put_session(session: SessionRow) -> ();
    fn locate_session(id: Uuid, location: &str) -> ();
    fn remove_session(id: Uuid) -> ();
    fn sessions() -> Vec<SessionRow>;
    fn get_meta(key: &str) -> Option<Bytes>;
    fn put_meta(key: &str, value: Bytes) -> ();
    fn entries(kind: &str) -> Vec<Entry>;
    fn put_entry(kind: &str, name: &str, body: Value, expected: Option<i64>) -> Option<i64>;
    fn remove_entry(kind: &str, name: &str) -> bool;
    fn settings() -> Settings;
    fn put_settings(patch: SettingsPatch) -> Settings;
}

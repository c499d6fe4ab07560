//! What the cases work with: the store, its clock, and rows to try it on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use lz4_flex::frame::FrameEncoder;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Subject;
use crate::error::Error;
use crate::id::{JobId, ServerId};
use crate::job::{JobRow, JobStatus, NewJob};
use crate::store::{
    AttemptWrite, Claim, ClaimedJob, Enqueued, Executor, JobQuery, LeaseKey, Limits, Outcome, ServerFields,
    ServerFinding, ServerOutcome, ServerPatch, ServerQuery, ServerRow, Settled, Settlement, Store,
};

/// Why a case did not pass.
#[derive(Debug)]
pub(super) enum Stop {
    Fail(String),
    Skip(&'static str),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fail(format!("unexpected error: {}", error.chain()))
    }
}

pub(super) type Verdict<T = ()> = Result<T, Stop>;

/// Fails the case unless two values are the same.
macro_rules! same {
    ($left:expr, $right:expr, $what:expr) => {
        match (&$left, &$right) {
            (left, right) if left == right => {}
            (left, right) => {
                return Err($crate::store::conformance::bench::Stop::Fail(format!(
                    "{}: {left:?} where {right:?} was expected",
                    $what
                )));
            }
        }
    };
}
pub(super) use same;

/// Fails the case unless something holds.
macro_rules! holds {
    ($condition:expr, $what:expr) => {
        if !$condition {
            return Err($crate::store::conformance::bench::Stop::Fail($what.to_string()));
        }
    };
}
pub(super) use holds;

/// How long leases last here.
pub(super) const TTL: Duration = Duration::from_secs(20);
/// The job type of most cases.
pub(super) const SCAN: &str = "discovery_scan";

pub(super) struct Bench {
    subject: Subject,
}

impl Bench {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject }
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.subject.store
    }

    pub(super) fn shared(&self) -> Arc<dyn Store> {
        Arc::clone(&self.subject.store)
    }

    /// Moves the storage clock.
    pub(super) fn advance(&self, by: Duration) -> Verdict {
        match &self.subject.clock {
            Some(clock) => {
                clock.advance(by);
                Ok(())
            }
            None => Err(Stop::Skip("the storage clock cannot be moved")),
        }
    }

    /// Lets go of the store as a crash would, and opens its data again.
    pub(super) async fn crash(self) -> Verdict<Self> {
        let Subject { store, clock, reopen } = self.subject;
        let Some(reopen) = reopen else { return Err(Stop::Skip("the store ends with its process")) };
        drop(store);
        let store = reopen().await?;
        Ok(Self::new(Subject { store, clock, reopen: Some(reopen) }))
    }

    pub(super) async fn enqueue(&self, job: NewJob) -> Verdict<JobId> {
        let added = self.store().enqueue(vec![job]).await?;
        same!(added.len(), 1, "answers to one job");
        Ok(added[0].id())
    }

    pub(super) async fn claim(&self, executor: &Executor, slots: usize) -> Verdict<Vec<ClaimedJob>> {
        Ok(self.store().claim(claim(executor, slots)).await?.jobs)
    }

    /// Enqueues a scan and claims it.
    pub(super) async fn running(&self, executor: &Executor) -> Verdict<ClaimedJob> {
        let id = self.enqueue(scan()).await?;
        self.claim_one(executor, id).await
    }

    pub(super) async fn claim_one(&self, executor: &Executor, id: JobId) -> Verdict<ClaimedJob> {
        let mut jobs = self.claim(executor, 1).await?;
        match jobs.pop() {
            Some(job) if job.job.id == id => Ok(job),
            other => Err(Stop::Fail(format!("claimed {other:?} where job {id} was due"))),
        }
    }

    pub(super) async fn settle(&self, lease: LeaseKey, outcome: Outcome) -> Verdict<Settled> {
        let settled = self.store().settle(vec![settlement(lease, outcome)]).await?;
        same!(settled.len(), 1, "answers to one settlement");
        Ok(settled[0])
    }

    pub(super) async fn job(&self, id: JobId) -> Verdict<JobRow> {
        let mut jobs = self.store().jobs(JobQuery { ids: vec![id], ..JobQuery::default() }).await?;
        jobs.pop().ok_or_else(|| Stop::Fail(format!("job {id} is not there")))
    }

    pub(super) async fn server(&self, id: ServerId) -> Verdict<ServerRow> {
        let query = ServerQuery { ids: vec![id], ..ServerQuery::default() };
        let mut servers = self.store().servers(query).await?;
        servers.pop().ok_or_else(|| Stop::Fail(format!("server {id} is not there")))
    }

    /// Writes findings outside any job.
    pub(super) async fn find(&self, findings: Vec<ServerFinding>) -> Verdict<Vec<ServerOutcome>> {
        let expected = findings.len();
        let report = self.store().write(AttemptWrite { findings, ..AttemptWrite::default() }).await?;
        same!(report.servers.len(), expected, "outcomes of the findings");
        Ok(report.servers)
    }

    pub(super) async fn find_one(&self, finding: ServerFinding) -> Verdict<ServerOutcome> {
        let mut outcomes = self.find(vec![finding]).await?;
        outcomes.pop().ok_or_else(|| Stop::Fail("no outcome".into()))
    }
}

pub(super) fn executor(name: &str) -> Executor {
    Executor { id: name.into(), incarnation: Uuid::now_v7() }
}

pub(super) fn job(job_type: &str) -> NewJob {
    NewJob { job_type: job_type.into(), ..NewJob::default() }
}

pub(super) fn scan() -> NewJob {
    job(SCAN)
}

pub(super) fn claim(executor: &Executor, slots: usize) -> Claim {
    Claim {
        executor: executor.clone(),
        job_types: vec![SCAN.into()],
        gated: Vec::new(),
        slots,
        ttl: TTL,
        limits: Limits::default(),
        others: Vec::new(),
    }
}

pub(super) fn settlement(lease: LeaseKey, outcome: Outcome) -> Settlement {
    Settlement { lease, outcome, details: Map::new(), tasks: Vec::new() }
}

pub(super) fn completed() -> Outcome {
    Outcome::End(JobStatus::Completed, None)
}

pub(super) fn address(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

pub(super) fn finding(last: u8, tag: Option<&str>) -> ServerFinding {
    let set = ServerFields { service_tag: tag.map(str::to_owned), ..ServerFields::default() };
    ServerFinding {
        ip_address: address(last),
        server_id: None,
        patch: ServerPatch { set, clear: Vec::new() },
        only_if_empty: Vec::new(),
    }
}

pub(super) fn keys<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Milliseconds are the finest a store keeps.
pub(super) fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A body as handlers make it.
pub(super) fn compressed(document: &Value) -> Verdict<Bytes> {
    let mut encoder = FrameEncoder::new(Vec::new());
    let fail = |cause: &dyn std::error::Error| Stop::Fail(cause.to_string());
    serde_json::to_writer(&mut encoder, document).map_err(|cause| fail(&cause))?;
    Ok(encoder.finish().map_err(|cause| fail(&cause))?.into())
}

pub(super) fn is_new(enqueued: Enqueued) -> bool {
    matches!(enqueued, Enqueued::Inserted(_))
}

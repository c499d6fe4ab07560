//! All that a store says of jobs at one moment.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::Result;
use crate::id::JobId;
use crate::job::{JobRow, TaskRow};
use crate::store::{ActivityQuery, Attempt, Holder, JobQuery, Pause, StepRow, Store};

/// What is on record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    pub(super) now: Timestamp,
    pub(super) jobs: BTreeMap<JobId, Record>,
    pub(super) locks: Vec<Holder>,
    pub(super) pauses: Vec<Pause>,
    /// Running jobs that somebody wants cancelled.
    pub(super) cancels: Vec<JobId>,
    pub(super) activity: Vec<(uuid::Uuid, String)>,
}

/// One job and all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) row: JobRow,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) steps: Vec<StepRow>,
    pub(super) attempts: Vec<Attempt>,
}

impl Snapshot {
    pub(super) async fn of(store: &dyn Store) -> Result<Self> {
        let mut jobs = BTreeMap::new();
        for row in store.jobs(JobQuery::default()).await? {
            let id = row.id;
            let (tasks, steps) = (store.tasks(id).await?, store.steps(id).await?);
            let attempts = store.attempts(id).await?;
            jobs.insert(id, Record { row, tasks, steps, attempts });
        }
        let ids: Vec<JobId> = jobs.keys().copied().collect();
        let mut cancels = store.cancel_requests(&ids).await?;
        cancels.sort_unstable();
        let activity = store.activity(ActivityQuery::default()).await?;
        Ok(Self {
            now: store.now().await?,
            jobs,
            locks: store.lock_holders(None).await?,
            pauses: store.pauses().await?,
            cancels,
            activity: activity.into_iter().map(|row| (row.id, row.endpoint)).collect(),
        })
    }

    /// The latest time on record.
    pub(super) fn written(&self) -> Timestamp {
        let attempts = self.jobs.values().flat_map(|record| &record.attempts);
        attempts.map(|attempt| attempt.ended_at.unwrap_or(attempt.started_at)).max().unwrap_or(Timestamp::MIN)
    }

    /// Whether calls outside jobs hold locks, or wait.
    pub(super) fn has_calls(&self) -> bool {
        self.locks.iter().any(|row| row.job_id.is_none())
    }

    /// The rows of one lock, in order.
    pub(super) fn line(&self, key: &str) -> Vec<&Holder> {
        self.locks.iter().filter(|row| row.key == key).collect()
    }

    /// The same, told so that two stores can be compared: numbers in place of what each makes up for itself.
    pub(super) fn shown(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for Record { row, tasks, steps, attempts } in self.jobs.values() {
            let mut attempts = attempts.clone();
            (0..).zip(&mut attempts).for_each(|(at, attempt)| attempt.fence = at);
            lines.push(format!("{row:?}"));
            lines.push(format!("{:?} {steps:?} {attempts:?}", plain(tasks)));
        }
        // Calls whose time is over are taken away when somebody asks, which need not be every claim. The order within one
        // lock counts, that among locks does not.
        let mut locks: Vec<Holder> = self.locks.iter().filter(|row| row.job_id.is_some()).cloned().collect();
        locks.sort_by(|a, b| a.key.cmp(&b.key));
        lines.extend(locks.into_iter().map(|row| format!("{:?}", through_nobody(row))));
        let mut pauses: Vec<String> = self.pauses.iter().map(|pause| format!("{pause:?}")).collect();
        pauses.sort_unstable();
        lines.extend(pauses);
        lines.push(format!("{:?} {:?} {:?}", self.now, self.cancels, self.activity));
        lines
    }
}

/// Tasks without the ids that a store made, in an order that does not depend on them.
pub(super) fn plain(tasks: &[TaskRow]) -> Vec<String> {
    let mut shown: Vec<String> = tasks
        .iter()
        .map(|task| {
            let TaskRow { id: _, job_id, server_id, status, log, progress, .. } = task;
            let times = (task.started_at, task.completed_at, task.created_at);
            format!("{job_id} {server_id:?} {status} {log:?} {progress} {times:?}")
        })
        .collect();
    shown.sort_unstable();
    shown
}

/// Who asked last for one that waits is told by no promise.
pub(super) fn through_nobody(mut row: Holder) -> Holder {
    if row.is_waiting {
        row.executor = None;
    }
    row
}

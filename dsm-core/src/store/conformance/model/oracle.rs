//! The judge: what a store promises, worked out from what it was asked and what it answered, and from nothing else. It
//! shares no rule with any store.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::snapshot::Snapshot;
use super::world::{Call, Reply};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob, Priority};
use crate::store::{Executor, Holder, LeaseKey, Pause, PauseScope};

/// What is wrong, in a sentence.
pub(super) type Check<T = ()> = Result<T, String>;

/// Fails unless something holds.
macro_rules! ensure {
    ($condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err(format!($($what)+));
        }
    };
}
pub(super) use ensure;

/// A job as it has to be.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) kind: String,
    pub(super) status: JobStatus,
    pub(super) priority: Priority,
    pub(super) due: Timestamp,
    pub(super) created: Timestamp,
    pub(super) lane: Option<String>,
    pub(super) parent: Option<JobId>,
    /// Place among all that were enqueued.
    pub(super) place: usize,
    pub(super) holder: Option<Hold>,
    pub(super) run: u32,
    pub(super) attempt: u32,
    pub(super) orphaned: u32,
    pub(super) is_cancel_wanted: bool,
    pub(super) checkpoint: Option<Bytes>,
    pub(super) details: Map<String, Value>,
}

/// The right to run a job.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    pub(super) fence: i64,
    pub(super) incarnation: Uuid,
    pub(super) until: Timestamp,
}

/// How an attempt ended, as its settlement is known again.
pub(super) type Word = &'static str;

/// What has to be true of a store now.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) jobs: BTreeMap<JobId, View>,
    pub(super) keys: BTreeMap<String, JobId>,
    /// Every fence ever given, to which job, and how its attempt ended.
    pub(super) fences: BTreeMap<i64, (JobId, Option<Word>)>,
    pub(super) pauses: BTreeSet<PauseScope>,
    pub(super) activity: BTreeMap<Uuid, String>,
    /// Incarnations whose process died: their jobs may be taken over at once.
    pub(super) dead: BTreeSet<Uuid>,
    pub(super) alive: BTreeSet<Uuid>,
    pub(super) enqueued: usize,
    /// Jobs that the call at hand may have changed.
    pub(super) touched: BTreeSet<JobId>,
}

impl Oracle {
    pub(super) fn new(executors: &[Executor]) -> Self {
        Self { alive: executors.iter().map(|one| one.incarnation).collect(), ..Self::default() }
    }

    /// Judges one call by what was on record before and after it.
    pub(super) fn judge(&mut self, call: &Call, reply: &Reply, before: &Snapshot, after: &Snapshot) -> Check {
        self.touched.clear();
        self.follow(call, reply, before, after)?;
        self.compare(call, before, after)
    }

    pub(super) fn view(&mut self, id: JobId) -> Check<&mut View> {
        self.touched.insert(id);
        self.jobs.get_mut(&id).ok_or_else(|| format!("job {id} was never enqueued"))
    }

    /// Whether this attempt may write.
    pub(super) fn is_held(&self, key: LeaseKey) -> bool {
        self.jobs.get(&key.job_id).is_some_and(|job| job.is_held_under(key.fence))
    }

    pub(super) fn add(&mut self, id: JobId, job: &NewJob, now: Timestamp) {
        self.enqueued += 1;
        let view = View {
            kind: job.job_type.clone(),
            status: JobStatus::Pending,
            priority: job.priority,
            due: job.schedule_at.unwrap_or(now),
            created: now,
            lane: job.lane.clone(),
            parent: job.parent_job_id,
            place: self.enqueued,
            holder: None,
            run: 1,
            attempt: 0,
            orphaned: 0,
            is_cancel_wanted: false,
            checkpoint: None,
            details: job.details.clone(),
        };
        self.jobs.insert(id, view);
        self.touched.insert(id);
        if let Some(key) = &job.idempotency_key {
            self.keys.insert(key.clone(), id);
        }
    }

    /// The attempt is over.
    pub(super) fn end_attempt(&mut self, id: JobId, word: Word) -> Check {
        let holder = self.view(id)?.holder.take();
        if let Some(fence) = holder.and_then(|hold| self.fences.get_mut(&hold.fence)) {
            fence.1 = Some(word);
        }
        Ok(())
    }

    /// The job waits again, unless somebody wants it cancelled.
    pub(super) fn give_back(&mut self, id: JobId, due: Option<Timestamp>) -> Check {
        let job = self.view(id)?;
        if job.is_cancel_wanted {
            return self.end(id, JobStatus::Cancelled);
        }
        job.status = JobStatus::Pending;
        job.due = due.unwrap_or(job.due);
        Ok(())
    }

    /// The job ends, and what is part of it with it, unless it did all.
    pub(super) fn end(&mut self, id: JobId, status: JobStatus) -> Check {
        let job = self.view(id)?;
        job.status = status;
        job.checkpoint = None;
        if status == JobStatus::Completed {
            return Ok(());
        }
        for child in self.children(id) {
            if !self.view(child)?.status.is_terminal() {
                self.end(child, JobStatus::Cancelled)?;
            } else {
                self.end_below(child)?;
            }
        }
        Ok(())
    }

    fn end_below(&mut self, id: JobId) -> Check {
        for child in self.children(id) {
            if !self.view(child)?.status.is_terminal() {
                self.end(child, JobStatus::Cancelled)?;
            } else {
                self.end_below(child)?;
            }
        }
        Ok(())
    }

    fn children(&self, id: JobId) -> Vec<JobId> {
        self.jobs.iter().filter(|(_, job)| job.parent == Some(id)).map(|(child, _)| *child).collect()
    }

    pub(super) fn is_paused(&self, job: &View, gated: &[String]) -> bool {
        self.pauses.iter().any(|scope| match scope {
            PauseScope::All => true,
            PauseScope::Idracs => gated.contains(&job.kind),
            PauseScope::JobType(kind) => *kind == job.kind,
            PauseScope::Lane(lane) => job.lane.as_ref() == Some(lane),
        })
    }

    /// What is on record is what has to be.
    fn compare(&self, call: &Call, before: &Snapshot, after: &Snapshot) -> Check {
        // What a process that died had seen and not written, nobody knows.
        let least = if matches!(call, Call::Crash) { before.written() } else { before.now };
        ensure!(after.now >= least, "I9: the storage clock ran back from {least} to {}", after.now);
        let there: Vec<JobId> = after.jobs.keys().copied().collect();
        let wanted: Vec<JobId> = self.jobs.keys().copied().collect();
        ensure!(
            there == wanted,
            "I6: jobs {there:?} are on record where {wanted:?} were enqueued and not pruned"
        );
        for (id, job) in &self.jobs {
            let record = &after.jobs[id];
            job.compare(*id, record).map_err(|what| format!("job {id}: {what}"))?;
            if let Some(earlier) = before.jobs.get(id) {
                ensure!(
                    self.touched.contains(id) || earlier == record,
                    "job {id} changed though the call was about others: {earlier:?} became {record:?}"
                );
                let is_new_run = job.run > earlier.attempts.last().map_or(1, |attempt| attempt.run)
                    || matches!(call, Call::Retry(retried) if retried == id);
                super::history::grows(earlier, record, is_new_run)
                    .map_err(|what| format!("job {id}: {what}"))?;
            }
        }
        let wanted: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.holder.is_some() && job.is_cancel_wanted)
            .map(|(id, _)| *id)
            .collect();
        ensure!(
            after.cancels == wanted,
            "I11: {:?} are to be cancelled where {wanted:?} were asked for",
            after.cancels
        );
        let paused: BTreeSet<&PauseScope> = after.pauses.iter().map(|Pause { scope, .. }| scope).collect();
        ensure!(paused == self.pauses.iter().collect(), "paused are {paused:?} where {:?} were", self.pauses);
        let rows: BTreeMap<Uuid, String> = after.activity.iter().cloned().collect();
        ensure!(
            rows == self.activity && rows.len() == after.activity.len(),
            "I13: activity {:?} where {:?} was recorded",
            after.activity,
            self.activity
        );
        self.check_locks(after)
    }

    /// I5, and that only who may stands in a line.
    fn check_locks(&self, after: &Snapshot) -> Check {
        let mut held: BTreeMap<&str, Vec<&Holder>> = BTreeMap::new();
        for row in &after.locks {
            if !row.is_waiting {
                held.entry(&row.key).or_default().push(row);
            }
            let Some(job) = row.job_id else { continue };
            let Some(view) = self.jobs.get(&job) else {
                return Err(format!("a lock of job {job}, which is gone"));
            };
            ensure!(!view.status.is_terminal(), "job {job} has ended and stands at {}", row.key);
            ensure!(
                row.is_waiting || view.holder.is_some(),
                "I1: job {job} holds {} and nobody runs it",
                row.key
            );
        }
        for (key, rows) in held {
            let most = rows.iter().map(|row| super::calls::most(row.share)).min().unwrap_or(1);
            ensure!(rows.len() <= most, "I5: {} hold {key} where {most} may: {rows:?}", rows.len());
        }
        Ok(())
    }
}

impl View {
    pub(super) fn is_held_under(&self, fence: i64) -> bool {
        self.holder.as_ref().is_some_and(|hold| hold.fence == fence)
    }

    /// The order in which jobs come, as far as it is promised: within a priority, turns and families have a say as well.
    pub(super) fn rank(&self) -> Reverse<Priority> {
        Reverse(self.priority)
    }

    /// Since when it waits, and its place among all.
    pub(super) fn age(&self) -> (Timestamp, Timestamp, usize) {
        (self.due, self.created, self.place)
    }

    fn compare(&self, id: JobId, record: &super::snapshot::Record) -> Check {
        let row = &record.row;
        ensure!(row.status == self.status, "it is {} where it has to be {}", row.status, self.status);
        ensure!(
            (row.status == JobStatus::Running) == self.holder.is_some(),
            "I1: it is {} and held by {:?}",
            row.status,
            self.holder
        );
        ensure!(row.completed_at.is_some() == row.status.is_terminal(), "it ended at {:?}", row.completed_at);
        let due = row.schedule_at.unwrap_or(row.created_at);
        ensure!(due == self.due, "it is due at {due} where it has to be at {}", self.due);
        ensure!(
            row.priority == self.priority && row.created_at == self.created,
            "its row is another's: {row:?}"
        );
        ensure!(row.parent_job_id == self.parent, "it is part of {:?}", row.parent_job_id);
        for (key, value) in &self.details {
            ensure!(row.details.get(key) == Some(value), "I15: details.{key} is {:?}", row.details.get(key));
        }
        let open = record.attempts.iter().filter(|attempt| attempt.ended_at.is_none());
        let open: Vec<i64> = open.map(|attempt| attempt.fence).collect();
        let wanted: Vec<i64> = self.holder.iter().map(|hold| hold.fence).collect();
        ensure!(open == wanted, "I1: attempts {open:?} are open where {wanted:?} holds it");
        for task in &record.tasks {
            ensure!(task.job_id == id, "a task of another job");
            ensure!(
                task.status.is_terminal() || !row.status.is_terminal(),
                "a task is open after the end: {task:?}"
            );
        }
        Ok(())
    }
}

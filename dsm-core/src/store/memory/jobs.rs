//! Jobs, leases and attempts in memory.

mod control;
mod idle;
mod lanes;
mod prune;
#[cfg(feature = "postgrest")]
mod stored;
mod why;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[cfg(feature = "postgrest")]
pub(in crate::store) use self::stored::StoredJob;
use super::locks::{Locks, Owner};
use super::stamp::Stamp;
use crate::error::Result;
use crate::id::{JobId, TaskId};
use crate::job::{JobRow, JobStatus, NewJob, TaskRow, TaskUpdate, Transition};
use crate::store::clock::lease_end;
use crate::store::coded;
use crate::store::pause::free_types;
use crate::store::rules::{self, CANCELLATION_REASON, ORPHANED, outcome_word};
use crate::store::step::apply_step;
use crate::store::{
    Attempt, AttemptWrite, Beat, BeatReply, Cancelled, Claim, Claimed, ClaimedJob, Enqueued, JobQuery, Lease,
    LeaseKey, Outcome, Pause, PauseScope, Reaped, Settled, Settlement, StepRow,
};

/// The tables of jobs. Rows stand in the order they were added.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::store) struct Jobs {
    rows: Vec<Held>,
    tasks: Vec<TaskRow>,
    keys: HashMap<String, JobId>,
    locks: Locks,
    #[serde(with = "coded::pairs")]
    pauses: BTreeMap<PauseScope, Pause>,
    executors: HashMap<Uuid, Heard>,
    last_fence: i64,
}

/// What an executor that registered said when it was last heard.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Heard {
    /// `None` until it claims.
    job_types: Option<Vec<String>>,
    until: Timestamp,
}

/// A job and all that is known of who ran it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Held {
    row: JobRow,
    holder: Option<Holder>,
    /// 1, and one more for each explicit retry.
    run: u32,
    /// Attempts of this run that count.
    attempt: u32,
    /// Orphanings in a row.
    orphaned: u32,
    cancel: Option<String>,
    #[serde(with = "coded::some_bytes")]
    checkpoint: Option<Bytes>,
    /// Of this run.
    steps: Vec<StepRow>,
    /// Of the runs before.
    past_steps: Vec<StepRow>,
    history: Vec<Attempt>,
    /// The lock it needs before it may run.
    lane: Option<String>,
    /// Others are before it there.
    is_parked: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Holder {
    fence: i64,
    incarnation: Uuid,
    until: Timestamp,
}

impl Held {
    fn is_held_under(&self, fence: i64) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.fence == fence)
    }

    /// Whether a claim looks at it once its time has come.
    fn is_offered(&self, free_types: &[String]) -> bool {
        self.row.status == JobStatus::Pending
            && !self.is_parked
            && self.row.parent_job_id.is_none()
            && free_types.contains(&self.row.job_type)
    }

    fn due_at(&self) -> Timestamp {
        self.row.schedule_at.unwrap_or(self.row.created_at)
    }

    fn end_attempt(&mut self, word: &str, error: Option<&str>, now: Timestamp) {
        if let Some(attempt) = self.history.last_mut() {
            attempt.ended_at = Some(now);
            attempt.outcome = Some(word.to_owned());
            attempt.error = error.filter(|error| !error.is_empty()).map(str::to_owned);
        }
        self.holder = None;
    }

    fn note_reason(&mut self, reason: &str) {
        self.row.details.insert(CANCELLATION_REASON.to_owned(), Value::from(reason));
    }
}

impl Jobs {
    pub(in crate::store) fn ids(&self) -> HashSet<JobId> {
        self.rows.iter().map(|held| held.row.id).collect()
    }

    fn at(&self, id: JobId) -> Option<usize> {
        self.rows.iter().position(|held| held.row.id == id)
    }

    pub(super) fn enqueue(&mut self, job: &NewJob, stamp: &mut Stamp) -> Result<Enqueued> {
        let by_key = job.idempotency_key.as_ref().and_then(|key| self.keys.get(key)).copied();
        let by_id = job.id.filter(|id| self.at(*id).is_some());
        if let Some(known) = by_key.or(by_id) {
            return Ok(Enqueued::Existing(known));
        }
        if let Some(parent) = job.parent_job_id
            && self.at(parent).is_none()
        {
            return Err(rules::no_such_parent(parent));
        }
        let now = stamp.now;
        let id = job.id.unwrap_or_else(|| JobId(stamp.next_id()));
        let row = JobRow {
            id,
            job_type: job.job_type.clone(),
            status: JobStatus::Pending,
            target_scope: job.target_scope.clone(),
            details: job.details.clone(),
            created_by: job.created_by,
            credential_set_ids: job.credential_set_ids.clone(),
            priority: job.priority,
            schedule_at: job.schedule_at,
            created_at: now,
            started_at: None,
            completed_at: None,
            parent_job_id: job.parent_job_id,
            component_order: job.component_order,
            notes: job.notes.clone(),
        };
        self.rows.push(Held {
            row,
            holder: None,
            run: 1,
            attempt: 0,
            orphaned: 0,
            cancel: None,
            checkpoint: None,
            steps: Vec::new(),
            past_steps: Vec::new(),
            history: Vec::new(),
            lane: job.lane.clone(),
            is_parked: false,
        });
        for task in &job.tasks {
            let made = TaskUpdate {
                id: TaskId(stamp.next_id()),
                server_id: task.server_id,
                status: None,
                log: None,
                progress: None,
            };
            self.tasks.push(rules::new_task(id, &made, now));
        }
        if let Some(key) = &job.idempotency_key {
            self.keys.insert(key.clone(), id);
        }
        Ok(Enqueued::Inserted(id))
    }

    pub(in crate::store) fn claim(&mut self, claim: &Claim, now: Timestamp) -> Claimed {
        self.expire_locks(now);
        self.hear(claim, now);
        self.leave_lines(&claim.gated);
        let pauses: Vec<Pause> = self.pauses.values().cloned().collect();
        let types = free_types(&pauses, &claim.job_types, &claim.gated);
        let mut due: Vec<usize> = (0..self.rows.len())
            .filter(|at| self.rows[*at].is_offered(&types) && !self.is_lane_paused(*at))
            .collect();
        let next_due = due.iter().map(|at| self.rows[*at].due_at()).filter(|at| *at > now).min();
        due.retain(|at| self.rows[*at].due_at() <= now);
        due.sort_by_key(|at| {
            let held = &self.rows[*at];
            (Reverse(held.row.priority), held.due_at(), held.row.created_at, *at)
        });
        let mut jobs = Vec::new();
        for at in due {
            if jobs.len() == claim.slots {
                break;
            }
            if self.enter_lane(at, claim, now) {
                jobs.push(self.take(at, claim, now));
            }
        }
        Claimed { jobs, next_due }
    }

    fn take(&mut self, at: usize, claim: &Claim, now: Timestamp) -> ClaimedJob {
        self.last_fence += 1;
        let fence = self.last_fence;
        let until = lease_end(now, claim.ttl);
        let held = &mut self.rows[at];
        held.row.status = JobStatus::Running;
        held.row.started_at.get_or_insert(now);
        held.holder = Some(Holder { fence, incarnation: claim.executor.incarnation, until });
        held.attempt += 1;
        held.cancel = None;
        held.history.push(Attempt {
            run: held.run,
            number: held.attempt,
            fence,
            executor: claim.executor.id.clone(),
            started_at: now,
            ended_at: None,
            outcome: None,
            error: None,
        });
        let key = LeaseKey { job_id: held.row.id, fence };
        let lease = Lease { key, run: held.run, attempt: held.attempt, until, ttl: claim.ttl };
        let (job, checkpoint, lane) = (held.row.clone(), held.checkpoint.clone(), held.lane.clone());
        let steps = held.steps.clone();
        ClaimedJob { tasks: self.tasks(job.id), job, lease, checkpoint, lane, steps }
    }

    pub(super) fn renew(&mut self, beat: &Beat, now: Timestamp) -> BeatReply {
        let mut reply = BeatReply::default();
        self.locks.extend_calls_of(beat.executor.incarnation, lease_end(now, beat.ttl));
        if let Some(heard) = self.executors.get_mut(&beat.executor.incarnation) {
            heard.until = lease_end(now, beat.ttl);
        }
        for key in &beat.leases {
            let held = self.rows.iter_mut().find(|held| held.row.id == key.job_id);
            let holder = held.and_then(|held| held.holder.as_mut()).filter(|holder| {
                holder.fence == key.fence && holder.incarnation == beat.executor.incarnation
            });
            match holder {
                Some(holder) => {
                    holder.until = holder.until.max(lease_end(now, beat.ttl));
                    reply.cancel.extend(self.cancel_requests(&[key.job_id]));
                }
                None => reply.lost.push(key.job_id),
            }
        }
        reply
    }

    pub(super) fn cancel_requests(&self, jobs: &[JobId]) -> Vec<JobId> {
        let wanted = self.rows.iter().filter(|held| held.holder.is_some() && held.cancel.is_some());
        wanted.map(|held| held.row.id).filter(|id| jobs.contains(id)).collect()
    }

    pub(in crate::store) fn check_fence(&self, key: LeaseKey) -> Result<()> {
        match self.at(key.job_id) {
            Some(at) if self.rows[at].is_held_under(key.fence) => Ok(()),
            _ => Err(rules::lease_lost(key.job_id)),
        }
    }

    pub(in crate::store) fn write(&mut self, job: JobId, write: &AttemptWrite, now: Timestamp) -> Result<()> {
        let mut progressed = self.update_tasks(job, &write.tasks, now)?;
        if let Some(at) = self.at(job) {
            let held = &mut self.rows[at];
            held.row.details.extend(write.details.clone());
            for step in &write.steps {
                progressed |= apply_step(&mut held.steps, held.run, step, now);
            }
            if write.checkpoint.is_some() {
                progressed |= held.checkpoint != write.checkpoint;
                held.checkpoint.clone_from(&write.checkpoint);
            }
            if progressed {
                held.orphaned = 0;
            }
        }
        Ok(())
    }

    /// Whether a task came to its end.
    fn update_tasks(&mut self, job: JobId, updates: &[TaskUpdate], now: Timestamp) -> Result<bool> {
        let mut ended = false;
        for update in updates {
            let at = match self.tasks.iter().position(|task| task.id == update.id) {
                Some(at) if self.tasks[at].job_id == job => at,
                Some(_) => return Err(rules::foreign_task(update.id)),
                None => {
                    self.tasks.push(rules::new_task(job, update, now));
                    self.tasks.len() - 1
                }
            };
            ended |= rules::apply_task(&mut self.tasks[at], update, now);
        }
        Ok(ended)
    }

    pub(in crate::store) fn settle(&mut self, item: &Settlement, now: Timestamp) -> Result<Settled> {
        let LeaseKey { job_id, fence } = item.lease;
        let Some(at) = self.at(job_id) else { return Ok(Settled::LeaseLost) };
        let word = outcome_word(&item.outcome);
        let held = &self.rows[at];
        let status = held.row.status;
        let earlier = held.history.iter().find(|attempt| attempt.fence == fence);
        match earlier.map(|attempt| attempt.outcome.as_deref()) {
            Some(None) => {}
            Some(Some(earlier)) if earlier == word => return Ok(Settled::AlreadyApplied),
            _ if status.is_terminal() => return Ok(Settled::Terminal(status)),
            _ => return Ok(Settled::LeaseLost),
        }
        self.update_tasks(job_id, &item.tasks, now)?;
        let held = &mut self.rows[at];
        held.row.details.extend(item.details.clone());
        held.orphaned = 0;
        match &item.outcome {
            Outcome::End(to, error) => {
                held.end_attempt(word, error.as_deref(), now);
                self.end(at, *to, now);
            }
            Outcome::Retry(due, error) => {
                held.end_attempt(word, Some(error), now);
                self.give_back(at, Some(*due), now);
            }
            Outcome::Release => {
                held.end_attempt(word, None, now);
                held.attempt -= 1;
                self.give_back(at, None, now);
            }
            Outcome::Snooze(due) => {
                held.end_attempt(word, None, now);
                held.attempt -= 1;
                self.give_back(at, Some(*due), now);
            }
            Outcome::Line(lane) => {
                held.end_attempt(word, None, now);
                held.attempt -= 1;
                held.lane = Some(lane.clone());
                self.give_back(at, None, now);
            }
        }
        Ok(Settled::Applied)
    }

    fn give_back(&mut self, at: usize, due: Option<Timestamp>, now: Timestamp) {
        let held = &mut self.rows[at];
        if let Some(reason) = held.cancel.clone() {
            held.note_reason(&reason);
            self.end(at, JobStatus::Cancelled, now);
            return;
        }
        let id = held.row.id;
        if due.is_some() || self.is_paused(at, &[]) {
            // It comes back later: until then nobody waits for it.
            let freed = self.locks.release(Owner::Job(id), &[]);
            self.unpark(&freed);
        } else {
            self.locks.back_to_line(id);
        }
        let held = &mut self.rows[at];
        if let Some(to) = Transition::Release.apply(held.row.status) {
            held.row.status = to;
            held.row.schedule_at = due.or(held.row.schedule_at);
            for task in
                self.tasks.iter_mut().filter(|task| task.job_id == id && task.status == JobStatus::Running)
            {
                task.status = JobStatus::Pending;
            }
        }
    }

    fn end(&mut self, at: usize, to: JobStatus, now: Timestamp) {
        let id = self.close(at, to, now);
        if to == JobStatus::Completed {
            return;
        }
        for child in (0..self.rows.len()).filter(|child| *child != at).collect::<Vec<_>>() {
            if !self.rows[child].row.status.is_terminal() && self.is_below(child, id) {
                self.rows[child].note_reason(&rules::parent_ended(id, to));
                self.close(child, JobStatus::Cancelled, now);
            }
        }
    }

    fn close(&mut self, at: usize, to: JobStatus, now: Timestamp) -> JobId {
        let held = &mut self.rows[at];
        held.row.status = to;
        held.row.completed_at = Some(now);
        held.checkpoint = None;
        let id = held.row.id;
        self.tasks
            .iter_mut()
            .filter(|task| task.job_id == id)
            .for_each(|task| rules::end_task(task, to, now));
        let freed = self.locks.release(Owner::Job(id), &[]);
        self.unpark(&freed);
        id
    }

    fn is_below(&self, at: usize, ancestor: JobId) -> bool {
        let mut next = self.rows[at].row.parent_job_id;
        while let Some(parent) = next {
            if parent == ancestor {
                return true;
            }
            next = self.at(parent).and_then(|at| self.rows[at].row.parent_job_id);
        }
        false
    }

    pub(in crate::store) fn reap(&mut self, max_orphanings: u32, now: Timestamp) -> Vec<Reaped> {
        let most = max_orphanings.max(1);
        let mut reaped = Vec::new();
        self.expire_locks(now);
        for at in 0..self.rows.len() {
            let held = &mut self.rows[at];
            if held.holder.as_ref().is_none_or(|holder| holder.until > now) {
                continue;
            }
            held.end_attempt(ORPHANED, None, now);
            held.orphaned += 1;
            if held.orphaned >= most && held.cancel.is_none() {
                held.row.details.extend(rules::orphan_evidence(&held.history, held.orphaned));
                self.end(at, JobStatus::Failed, now);
            } else {
                self.give_back(at, None, now);
            }
            reaped.push(Reaped { job_id: self.rows[at].row.id, status: self.rows[at].row.status });
        }
        reaped
    }

    pub(in crate::store) fn unregister(&mut self, incarnation: Uuid, now: Timestamp) {
        self.executors.remove(&incarnation);
        let freed = self.locks.release_calls_of(incarnation);
        self.unpark(&freed);
        for at in 0..self.rows.len() {
            let held = &mut self.rows[at];
            if held.holder.as_ref().is_some_and(|holder| holder.incarnation == incarnation) {
                held.end_attempt(outcome_word(&Outcome::Release), None, now);
                held.attempt -= 1;
                self.give_back(at, None, now);
            }
        }
    }

    pub(in crate::store) fn cancel(&mut self, job: JobId, reason: &str, now: Timestamp) -> Cancelled {
        let Some(at) = self.at(job) else { return Cancelled::NotFound };
        let held = &mut self.rows[at];
        match Transition::Cancel.apply(held.row.status) {
            None => Cancelled::AlreadyEnded,
            Some(JobStatus::Running) => {
                held.cancel = Some(reason.to_owned());
                Cancelled::Requested
            }
            Some(to) => {
                held.note_reason(reason);
                self.end(at, to, now);
                Cancelled::AtOnce
            }
        }
    }

    pub(super) fn query(&self, query: &JobQuery) -> Vec<JobRow> {
        let mut rows: Vec<&JobRow> = self.rows.iter().map(|held| &held.row).collect();
        rows.retain(|row| {
            (query.ids.is_empty() || query.ids.contains(&row.id))
                && query.status.is_none_or(|status| row.status == status)
                && query.job_type.as_ref().is_none_or(|kind| row.job_type == *kind)
        });
        let skipped = query.limit.map_or(0, |limit| rows.len().saturating_sub(limit));
        rows.into_iter().skip(skipped).cloned().collect()
    }

    pub(in crate::store) fn tasks(&self, job: JobId) -> Vec<TaskRow> {
        self.tasks.iter().filter(|task| task.job_id == job).cloned().collect()
    }

    pub(super) fn steps(&self, job: JobId) -> Vec<StepRow> {
        let held = self.at(job).map(|at| &self.rows[at]);
        held.map(|held| held.past_steps.iter().chain(&held.steps).cloned().collect()).unwrap_or_default()
    }

    pub(super) fn attempts(&self, job: JobId) -> Vec<Attempt> {
        self.at(job).map(|at| self.rows[at].history.clone()).unwrap_or_default()
    }
}

//! Jobs, leases and attempts in memory.

mod control;
mod ends;
mod family;
mod idle;
mod lanes;
mod prune;
mod read;
#[cfg(feature = "postgrest")]
mod stored;
mod why;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

#[cfg(feature = "postgrest")]
pub(in crate::store) use self::stored::StoredJob;
use super::locks::Locks;
use super::stamp::Stamp;
use crate::error::Result;
use crate::id::{JobId, TaskId};
use crate::job::{JobRow, JobStatus, NewJob, Priority, TaskRow, TaskUpdate};
use crate::store::clock::lease_end;
use crate::store::coded;
use crate::store::family::parts;
use crate::store::pause::free_types;
use crate::store::rules::{self, CANCELLATION_REASON};
use crate::store::step::apply_step;
use crate::store::turn::turn;
use crate::store::{
    Attempt, AttemptWrite, Beat, BeatReply, Claim, Claimed, ClaimedJob, Enqueued, Lease, LeaseKey, OnFailure,
    Pause, PauseScope, Share, StepRow,
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
    /// With whom it shares it.
    share: Share,
    /// Others are before it there.
    is_parked: bool,
    address: Option<IpAddr>,
    /// The limits that were reached when a claim looked at it.
    waits: Vec<String>,
    /// Where it stands among those that are due, once a claim has seen that it is.
    turn: Option<Timestamp>,
    /// It runs by its parts, so.
    rule: Option<OnFailure>,
    /// Of such jobs and their parts: whether it is its turn.
    ready: Option<bool>,
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
            && self.ready.unwrap_or(self.row.parent_job_id.is_none())
            && free_types.contains(&self.row.job_type)
    }

    fn due_at(&self) -> Timestamp {
        self.row.schedule_at.unwrap_or(self.row.created_at)
    }

    fn order(&self, at: usize) -> (Reverse<Priority>, Timestamp, Timestamp, usize) {
        let turn = self.turn.unwrap_or(self.due_at());
        (Reverse(self.row.priority), turn, self.row.created_at, at)
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

    /// `turns`: given so far in this batch.
    pub(super) fn enqueue(&mut self, job: &NewJob, turns: &mut usize, stamp: &mut Stamp) -> Result<Enqueued> {
        self.enqueue_as(job, None, turns, stamp)
    }

    /// `ready`: of a part, whether it may run at once.
    fn enqueue_as(
        &mut self,
        job: &NewJob,
        ready: Option<bool>,
        turns: &mut usize,
        stamp: &mut Stamp,
    ) -> Result<Enqueued> {
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
        let has_parts = !job.children.is_empty();
        let ready = if has_parts { Some(false) } else { ready };
        let is_queued = ready.is_none() && job.parent_job_id.is_none() && job.schedule_at.is_none();
        let place = *turns;
        *turns += usize::from(is_queued);
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
            share: job.lane_share(),
            is_parked: false,
            address: job.address,
            waits: Vec::new(),
            turn: is_queued.then(|| turn(now, place)),
            rule: has_parts.then_some(job.on_failure),
            ready,
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
        for (part, is_ready) in parts(job, id) {
            self.enqueue_as(&part, Some(is_ready), turns, stamp)?;
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
        self.queue(&due);
        due.sort_by_key(|at| self.rows[*at].order(*at));
        let mut jobs = Vec::new();
        for at in due {
            if jobs.len() == claim.slots {
                break;
            }
            if self.has_room(at, claim) && self.enter_lane(at, claim, now) {
                self.count(at, claim, now);
                jobs.push(self.take(at, claim, now));
            }
        }
        Claimed { jobs, next_due }
    }

    fn take(&mut self, at: usize, claim: &Claim, now: Timestamp) -> ClaimedJob {
        self.last_fence += 1;
        let fence = self.last_fence;
        let until = lease_end(now, claim.ttl);
        if let Some(parent) = self.rows[at].row.parent_job_id {
            self.part_begins(parent, now);
        }
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
        self.tell_parts(job, &write.parts, now);
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

    /// The answer of [`Jobs::take_details`], where it would take nothing.
    pub(super) fn nothing_to_take(&self, job: JobId, keys: &[String]) -> Option<Option<Map<String, Value>>> {
        let Some(at) = self.at(job) else { return Some(None) };
        let details = &self.rows[at].row.details;
        (!keys.iter().any(|key| details.contains_key(key))).then(|| Some(Map::new()))
    }

    pub(in crate::store) fn take_details(
        &mut self,
        job: JobId,
        keys: &[String],
    ) -> Option<Map<String, Value>> {
        let at = self.at(job)?;
        let details = &mut self.rows[at].row.details;
        Some(keys.iter().filter_map(|key| details.remove_entry(key)).collect())
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
}

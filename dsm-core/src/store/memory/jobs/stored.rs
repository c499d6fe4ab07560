//! The tables of jobs as a part of a database: what was read of it goes in, is decided on as in memory, and comes out to
//! be written.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Held, Holder, Jobs};
use crate::credential::details;
use crate::error::Result;
use crate::id::JobId;
use crate::job::{JobRow, JobStatus, TaskRow};
use crate::store::memory::locks::{Locks, Owner};
use crate::store::rules::{ORPHANED, lease_lost, orphan_evidence};
use crate::store::{Attempt, ClaimedJob, LeaseKey, OnFailure, Pause, Share, StepRow};

/// A job and all that is stored of who ran it.
#[derive(Debug, Clone)]
pub(in crate::store) struct StoredJob {
    pub(in crate::store) row: JobRow,
    pub(in crate::store) lane: Option<String>,
    /// With whom it shares it.
    pub(in crate::store) share: Share,
    /// Others are before it there.
    pub(in crate::store) is_parked: bool,
    /// The limits that hold it back.
    pub(in crate::store) waits: Vec<String>,
    pub(in crate::store) address: Option<IpAddr>,
    pub(in crate::store) turn: Option<Timestamp>,
    /// It runs by its parts, so.
    pub(in crate::store) rule: Option<OnFailure>,
    /// Of such jobs and their parts: whether it is its turn.
    pub(in crate::store) ready: Option<bool>,
    pub(in crate::store) run: u32,
    pub(in crate::store) attempt: u32,
    pub(in crate::store) orphaned: u32,
    pub(in crate::store) cancel: Option<String>,
    pub(in crate::store) checkpoint: Option<Bytes>,
    /// Under which fence, by whom, until when.
    pub(in crate::store) holder: Option<(i64, Uuid, Timestamp)>,
    pub(in crate::store) history: Vec<Attempt>,
    /// Of all runs.
    pub(in crate::store) steps: Vec<StepRow>,
}

/// Fences that are given here are of no number space of a database: they are exchanged for real ones.
const PROVISIONAL: i64 = i64::MAX - 1_000_000;

impl Jobs {
    /// These jobs, in their order, with what belongs to them.
    pub(in crate::store) fn of(
        jobs: Vec<StoredJob>,
        tasks: Vec<TaskRow>,
        locks: Locks,
        pauses: Vec<Pause>,
    ) -> Self {
        let rows = jobs.into_iter().map(Held::of).collect();
        let pauses = pauses.into_iter().map(|pause| (pause.scope.clone(), pause)).collect();
        Self { rows, tasks, locks, pauses, last_fence: PROVISIONAL, ..Self::default() }
    }

    /// What is to be stored.
    pub(in crate::store) fn stored(&self) -> impl Iterator<Item = StoredJob> + '_ {
        self.rows.iter().map(Held::stored)
    }

    pub(in crate::store) fn all_tasks(&self) -> &[TaskRow] {
        &self.tasks
    }

    pub(in crate::store) fn all_locks(&self) -> &Locks {
        &self.locks
    }

    /// Exchanges fences that were given here for these.
    pub(in crate::store) fn exchange(&mut self, won: &mut [ClaimedJob], fences: &[i64]) {
        let real = |fence: i64| match usize::try_from(fence - PROVISIONAL - 1) {
            Ok(place) if fence > PROVISIONAL => fences.get(place).copied().unwrap_or(fence),
            _ => fence,
        };
        for held in &mut self.rows {
            if let Some(holder) = &mut held.holder {
                holder.fence = real(holder.fence);
            }
            for attempt in &mut held.history {
                attempt.fence = real(attempt.fence);
            }
        }
        for job in won {
            job.lease.key.fence = real(job.lease.key.fence);
        }
    }

    /// The attempt must be the last one, hold the job, and the job must run: another program may have written to the row.
    pub(in crate::store) fn check_running(&self, key: LeaseKey) -> Result<()> {
        self.check_fence(key)?;
        match self.at(key.job_id) {
            Some(at) if self.rows[at].row.status == JobStatus::Running => Ok(()),
            _ => Err(lease_lost(key.job_id)),
        }
    }

    /// Another program wrote to the row of a job that is held. Its word stands; the attempt is over.
    pub(in crate::store) fn meet_foreign(&mut self, jobs: &[JobId], now: Timestamp) {
        for at in 0..self.rows.len() {
            let held = &mut self.rows[at];
            let status = held.row.status;
            if held.holder.is_none() || status == JobStatus::Running || !jobs.contains(&held.row.id) {
                continue;
            }
            let word = if status.is_terminal() { status.as_str() } else { ORPHANED };
            held.end_attempt(word, None, now);
            if status.is_terminal() {
                held.checkpoint = None;
                details::scrub(&mut held.row.details);
            }
            let freed = self.locks.release(Owner::Job(self.rows[at].row.id), &[]);
            self.unpark(&freed);
        }
    }

    /// Ends jobs that were given back on proof of a death once too often. Those that ended.
    pub(in crate::store) fn set_aside(
        &mut self,
        jobs: &[JobId],
        max_orphanings: u32,
        now: Timestamp,
    ) -> Vec<JobId> {
        let mut ended = Vec::new();
        for at in 0..self.rows.len() {
            let held = &mut self.rows[at];
            let is_poison = jobs.contains(&held.row.id)
                && held.holder.is_none()
                && held.row.status == JobStatus::Pending
                && held.orphaned >= max_orphanings.max(1);
            if is_poison {
                held.row.details.extend(orphan_evidence(&held.history, held.orphaned));
                self.end(at, JobStatus::Failed, now);
                ended.push(self.rows[at].row.id);
            }
        }
        ended
    }

    /// Puts jobs aside whose lane is paused: no claim looks at them until it goes on.
    pub(in crate::store) fn park_paused(&mut self) {
        for at in 0..self.rows.len() {
            if self.rows[at].row.status == JobStatus::Pending && self.is_lane_paused(at) {
                self.rows[at].is_parked = true;
            }
        }
    }

    /// Lets go of the locks of calls whose time is over.
    pub(in crate::store) fn expire(&mut self, now: Timestamp) {
        self.expire_locks(now);
    }

    /// Whether somebody holds it.
    pub(in crate::store) fn is_held(&self, job: JobId) -> bool {
        self.at(job).is_some_and(|at| self.rows[at].holder.is_some())
    }
}

impl Held {
    fn of(stored: StoredJob) -> Self {
        let run = stored.run;
        let (steps, past_steps) = stored.steps.into_iter().partition(|step| step.run == run);
        Self {
            row: stored.row,
            holder: stored.holder.map(|(fence, incarnation, until)| Holder { fence, incarnation, until }),
            run,
            attempt: stored.attempt,
            orphaned: stored.orphaned,
            cancel: stored.cancel,
            checkpoint: stored.checkpoint,
            steps,
            past_steps,
            history: stored.history,
            lane: stored.lane,
            share: stored.share,
            is_parked: stored.is_parked,
            address: stored.address,
            waits: stored.waits,
            turn: stored.turn,
            rule: stored.rule,
            ready: stored.ready,
        }
    }

    fn stored(&self) -> StoredJob {
        StoredJob {
            row: self.row.clone(),
            lane: self.lane.clone(),
            share: self.share,
            is_parked: self.is_parked,
            waits: self.waits.clone(),
            address: self.address,
            turn: self.turn,
            rule: self.rule,
            ready: self.ready,
            run: self.run,
            attempt: self.attempt,
            orphaned: self.orphaned,
            cancel: self.cancel.clone(),
            checkpoint: self.checkpoint.clone(),
            holder: self.holder.as_ref().map(|holder| (holder.fence, holder.incarnation, holder.until)),
            history: self.history.clone(),
            steps: self.past_steps.iter().chain(&self.steps).cloned().collect(),
        }
    }
}

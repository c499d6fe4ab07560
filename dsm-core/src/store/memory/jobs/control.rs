//! Pauses, retries and other times for jobs, in memory.

use jiff::Timestamp;

use super::{Heard, Jobs};
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::clock::lease_end;
use crate::store::control::{VERDICT_KEYS, is_partial, reopen_task};
use crate::store::memory::locks::Owner;
use crate::store::pause::said;
use crate::store::{Claim, Executor, Pause, PauseScope, Reschedule, Rescheduled, Retried};

impl Jobs {
    pub(in crate::store::memory) fn pause(
        &mut self,
        scope: &PauseScope,
        reason: &str,
        by: &str,
        now: Timestamp,
    ) -> Pause {
        let since = self.pauses.get(scope).and_then(|known| known.since).or(Some(now));
        let pause = Pause { scope: scope.clone(), reason: said(reason), by: said(by), since };
        self.pauses.insert(scope.clone(), pause.clone());
        self.leave_lines(&[]);
        pause
    }

    pub(in crate::store::memory) fn resume(&mut self, scope: &PauseScope) -> bool {
        self.pauses.remove(scope).is_some()
    }

    pub(in crate::store::memory) fn pauses(&self) -> Vec<Pause> {
        self.pauses.values().cloned().collect()
    }

    pub(super) fn is_paused(&self, at: usize, gated: &[String]) -> bool {
        let held = &self.rows[at];
        self.pauses.values().any(|pause| pause.is_on(&held.row.job_type, held.lane.as_deref(), gated))
    }

    pub(super) fn is_lane_paused(&self, at: usize) -> bool {
        let Some(lane) = &self.rows[at].lane else { return false };
        !self.pauses.is_empty() && self.pauses.contains_key(&PauseScope::Lane(lane.clone()))
    }

    /// Who is held back stands in no line: others pass.
    pub(super) fn leave_lines(&mut self, gated: &[String]) {
        if self.pauses.is_empty() {
            return;
        }
        for at in 0..self.rows.len() {
            if self.rows[at].row.status == JobStatus::Pending && self.is_paused(at, gated) {
                self.leave_line(at);
            }
        }
    }

    fn leave_line(&mut self, at: usize) {
        let held = &mut self.rows[at];
        held.is_parked = false;
        let freed = self.locks.release(Owner::Job(held.row.id), &[]);
        self.unpark(&freed);
    }

    pub(in crate::store::memory) fn meet(&mut self, executor: &Executor, until: Timestamp) {
        self.executors.insert(executor.incarnation, Heard { job_types: None, until });
    }

    pub(super) fn hear(&mut self, claim: &Claim, now: Timestamp) {
        if let Some(heard) = self.executors.get_mut(&claim.executor.incarnation) {
            heard.until = lease_end(now, claim.ttl);
            heard.job_types = Some(claim.job_types.clone());
        }
    }

    pub(in crate::store) fn retry(&mut self, job: JobId, now: Timestamp) -> Retried {
        let Some(at) = self.at(job) else { return Retried::NotFound };
        let held = &self.rows[at];
        let retry = Transition::Retry { partial: is_partial(&held.row.details) };
        let Some(to) = retry.apply(held.row.status) else {
            return match held.row.status {
                JobStatus::Pending => Retried::AlreadyPending,
                JobStatus::Running => Retried::StillRunning,
                _ => Retried::Complete,
            };
        };
        if let Some((parent, status)) = self.parent(at).filter(|(_, status)| status.is_terminal()) {
            return Retried::ParentEnded(parent, status);
        }
        self.tasks.iter_mut().filter(|task| task.job_id == job).for_each(reopen_task);
        let held = &mut self.rows[at];
        held.row.details.retain(|key, _| !VERDICT_KEYS.contains(&key.as_str()));
        held.row.status = to;
        held.row.schedule_at = Some(now);
        held.row.started_at = None;
        held.row.completed_at = None;
        held.past_steps.append(&mut held.steps);
        held.run += 1;
        (held.attempt, held.orphaned, held.cancel, held.is_parked) = (0, 0, None, false);
        Retried::Queued(held.run)
    }

    pub(super) fn parent(&self, at: usize) -> Option<(JobId, JobStatus)> {
        let parent = self.at(self.rows[at].row.parent_job_id?)?;
        Some((self.rows[parent].row.id, self.rows[parent].row.status))
    }

    pub(in crate::store) fn reschedule(
        &mut self,
        job: JobId,
        change: Reschedule,
        now: Timestamp,
    ) -> Rescheduled {
        let Some(at) = self.at(job) else { return Rescheduled::NotFound };
        let row = &mut self.rows[at].row;
        if row.status != JobStatus::Pending {
            return Rescheduled::NotPending(row.status);
        }
        row.priority = change.priority.unwrap_or(row.priority);
        row.schedule_at = change.schedule_at.or(row.schedule_at);
        if change.schedule_at.is_some_and(|at| at > now) {
            self.leave_line(at);
        }
        Rescheduled::Applied
    }
}

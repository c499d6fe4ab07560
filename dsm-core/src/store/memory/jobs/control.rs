//! Pauses, retries and other times for jobs, in memory.

use jiff::Timestamp;

use super::{Heard, Jobs};
use crate::credential::details;
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::clock::lease_end;
use crate::store::control::{VERDICT_KEYS, is_partial, reopen_task};
use crate::store::memory::locks::Owner;
use crate::store::pause::said;
use crate::store::{Claim, Executor, Pause, PauseScope, Reschedule, Rescheduled, Retried};

impl Jobs {
    /// Puts one sealed text in place of another in a job that has not ended.
    pub(in crate::store) fn reseal(&mut self, job: JobId, from: &str, to: &str) -> bool {
        let open = self.rows.iter_mut().find(|held| held.row.id == job && !held.row.status.is_terminal());
        open.is_some_and(|held| details::replace_text(&mut held.row.details, from, to))
    }

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

    pub(super) fn leave_line(&mut self, at: usize) {
        let held = &mut self.rows[at];
        held.is_parked = false;
        let freed = self.locks.release(Owner::Job(held.row.id), &[]);
        self.unpark(&freed);
    }

    pub(in crate::store::memory) fn meet(&mut self, executor: &Executor, until: Timestamp) {
        self.executors.insert(executor.incarnation, Heard { job_types: None, until });
    }

    pub(super) fn hear(&mut self, claim: &Claim, now: Timestamp) {
        let heard = self.executors.get_mut(&claim.executor.incarnation);
        // Beats say that it lives; a claim does only where that, or what it runs, is news.
        let is_news =
            |heard: &&mut Heard| heard.until <= now || heard.job_types.as_ref() != Some(&claim.served());
        if let Some(heard) = heard.filter(is_news) {
            heard.until = lease_end(now, claim.ttl);
            heard.job_types = Some(claim.served());
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
        let open_parts = self.open_parts(at);
        if open_parts.is_some_and(|open| open > 0) {
            // Told to stop with it, and not there yet.
            return Retried::StillRunning;
        }
        let run = self.reopen(at, to, now);
        if open_parts.is_some() {
            for part in self.parts(at) {
                let row = &self.rows[part].row;
                if row.status != JobStatus::Completed || is_partial(&row.details) {
                    self.reopen(part, to, now);
                }
            }
            self.go_on(at, now);
        } else {
            self.part_returns(at, now);
        }
        Retried::Queued(run)
    }

    /// Pending again, due now, for the run given. A part waits for its turn.
    fn reopen(&mut self, at: usize, to: JobStatus, now: Timestamp) -> u32 {
        let job = self.rows[at].row.id;
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
        (held.turn, held.ready) = (None, held.ready.map(|_| false));
        held.run
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
        if change.schedule_at.is_some() {
            self.rows[at].turn = None;
        }
        if change.schedule_at.is_some_and(|at| at > now) {
            self.leave_line(at);
        }
        Rescheduled::Applied
    }
}

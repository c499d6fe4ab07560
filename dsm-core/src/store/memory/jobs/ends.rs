//! Ends of attempts and of jobs, in memory: by word of the executor, by a lease that ran out, by a request to cancel.

use jiff::Timestamp;
use uuid::Uuid;

use super::Jobs;
use crate::credential::details;
use crate::error::Result;
use crate::id::JobId;
use crate::job::{JobStatus, Transition};
use crate::store::memory::locks::Owner;
use crate::store::rules::{self, ORPHANED, outcome_word};
use crate::store::{Cancelled, LeaseKey, Outcome, Reaped, Settled, Settlement};

impl Jobs {
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
            let freed = self.locks.back_to_line(id);
            self.unpark(&freed);
        }
        let held = &mut self.rows[at];
        if let Some(to) = Transition::Release.apply(held.row.status) {
            held.row.status = to;
            held.row.schedule_at = due.or(held.row.schedule_at);
            held.turn = held.turn.filter(|_| due.is_none());
            for task in
                self.tasks.iter_mut().filter(|task| task.job_id == id && task.status == JobStatus::Running)
            {
                task.status = JobStatus::Pending;
            }
        }
    }

    pub(super) fn end(&mut self, at: usize, to: JobStatus, now: Timestamp) {
        let id = self.close(at, to, now);
        if to != JobStatus::Completed {
            for child in (0..self.rows.len()).filter(|child| *child != at).collect::<Vec<_>>() {
                if !self.rows[child].row.status.is_terminal() && self.is_below(child, id) {
                    self.cancel_child(child, &rules::parent_ended(id, to), now);
                }
            }
        }
        self.part_ended(at, to, now);
    }

    /// One that an executor holds is told, as if it had been cancelled by itself: it keeps its lane until it has stopped.
    pub(super) fn cancel_child(&mut self, at: usize, reason: &str, now: Timestamp) {
        let held = &mut self.rows[at];
        if held.holder.is_some() {
            held.cancel = Some(reason.to_owned());
        } else {
            held.note_reason(reason);
            self.close(at, JobStatus::Cancelled, now);
        }
    }

    pub(super) fn close(&mut self, at: usize, to: JobStatus, now: Timestamp) -> JobId {
        let held = &mut self.rows[at];
        held.row.status = to;
        held.row.completed_at = Some(now);
        held.checkpoint = None;
        details::scrub(&mut held.row.details);
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
            Some(JobStatus::Running) if held.holder.is_some() => {
                held.cancel = Some(reason.to_owned());
                Cancelled::Requested
            }
            Some(_) => {
                held.note_reason(reason);
                self.end(at, JobStatus::Cancelled, now);
                Cancelled::AtOnce
            }
        }
    }
}

//! Jobs that run by their parts, and turns, in memory.

use std::collections::HashMap;

use jiff::Timestamp;

use super::Jobs;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::PartUpdate;
use crate::store::control::is_partial;
use crate::store::family::{Ended, fold, part_ended as reason};
use crate::store::turn::turn;

impl Jobs {
    /// Parts that another program enqueued, told by who runs the job.
    pub(super) fn tell_parts(&mut self, job: JobId, parts: &[PartUpdate], now: Timestamp) {
        for part in parts {
            let Some(at) = self.at(part.job_id) else { continue };
            let held = &mut self.rows[at];
            let is_theirs = held.row.parent_job_id == Some(job) && held.ready.is_none();
            if !is_theirs || held.row.status.is_terminal() {
                continue;
            }
            held.row.details.extend(part.details.clone());
            held.row.started_at.get_or_insert(now);
            held.row.status = JobStatus::Running;
            if part.status.is_terminal() {
                self.close(at, part.status, now);
            }
        }
    }

    /// Gives those their turns that have fallen due.
    pub(super) fn queue(&mut self, due: &[usize]) {
        let mut coming: Vec<usize> = due.iter().copied().filter(|at| self.rows[*at].turn.is_none()).collect();
        coming.sort_by_key(|at| (self.rows[*at].due_at(), self.rows[*at].row.created_at, *at));
        let mut before: HashMap<Timestamp, usize> = HashMap::new();
        for at in coming {
            let held = &mut self.rows[at];
            let place = before.entry(held.due_at()).or_default();
            held.turn = Some(turn(held.due_at(), *place));
            *place += 1;
        }
    }

    /// A part is claimed: the job it is part of runs.
    pub(super) fn part_begins(&mut self, parent: JobId, now: Timestamp) {
        let Some(at) = self.at(parent) else { return };
        let held = &mut self.rows[at];
        if held.rule.is_some() && held.row.status == JobStatus::Pending {
            held.row.status = JobStatus::Running;
            held.row.started_at.get_or_insert(now);
        }
    }

    /// A job ended. Where it is part of one that runs by its parts, that one goes on, or ends.
    pub(super) fn part_ended(&mut self, at: usize, to: JobStatus, now: Timestamp) {
        let Some(parent) = self.open_parent(at) else { return };
        if self.rows[parent].rule.is_some_and(|rule| rule.stops_at(to)) {
            let why = reason(self.rows[at].row.id, to);
            for part in self.parts(parent) {
                if self.rows[part].row.status == JobStatus::Pending && self.rows[part].ready == Some(false) {
                    self.cancel_child(part, &why, now);
                }
            }
        }
        self.go_on(parent, now);
    }

    /// A part is to run once more, while the job it is part of still runs.
    pub(super) fn part_returns(&mut self, at: usize, now: Timestamp) {
        if let Some(parent) = self.open_parent(at) {
            self.go_on(parent, now);
        }
    }

    /// The job that this one is part of, if that one runs by its parts and has not ended.
    fn open_parent(&self, at: usize) -> Option<usize> {
        let parent = self.at(self.rows[at].row.parent_job_id?)?;
        let held = &self.rows[parent];
        (held.rule.is_some() && !held.row.status.is_terminal()).then_some(parent)
    }

    /// Those whose turn it is may be claimed; after the last the job ends.
    pub(super) fn go_on(&mut self, parent: usize, now: Timestamp) {
        let open: Vec<usize> =
            self.parts(parent).into_iter().filter(|at| !self.rows[*at].row.status.is_terminal()).collect();
        if let Some(first) = open.iter().map(|at| self.rows[*at].row.component_order).min() {
            for at in open {
                let held = &mut self.rows[at];
                if held.row.component_order == first && held.row.status == JobStatus::Pending {
                    held.ready = held.ready.map(|_| true);
                }
            }
            return;
        }
        let mut ended = Ended::default();
        for at in self.parts(parent) {
            let row = &self.rows[at].row;
            ended.add(row.status, is_partial(&row.details));
        }
        let (to, details) = fold(ended, self.rows[parent].rule.unwrap_or_default());
        self.rows[parent].row.details.extend(details);
        self.end(parent, to, now);
    }

    /// Of a job that runs by its parts, how many have not ended.
    pub(super) fn open_parts(&self, at: usize) -> Option<u64> {
        self.rows[at].rule?;
        let open = |at: &usize| !self.rows[*at].row.status.is_terminal();
        Some(self.parts(at).into_iter().filter(open).fold(0, |count, _| count + 1))
    }

    pub(super) fn parts(&self, parent: usize) -> Vec<usize> {
        let id = self.rows[parent].row.id;
        (0..self.rows.len()).filter(|at| self.rows[*at].row.parent_job_id == Some(id)).collect()
    }
}

//! Forgetting jobs that are over, in memory.

use std::collections::HashSet;

use jiff::Timestamp;

use super::Jobs;
use crate::id::JobId;
use crate::store::Pruned;

impl Jobs {
    /// Says which went.
    pub(in crate::store::memory) fn prune(
        &mut self,
        before: Timestamp,
        limit: usize,
        pruned: &mut Pruned,
    ) -> HashSet<JobId> {
        let mut gone = HashSet::new();
        // Whole families go in one batch: a job once none is part of it any more.
        while let Some(at) = (0..self.rows.len()).find(|at| self.is_over(*at, before)) {
            if pruned.job_rows() >= limit as u64 {
                pruned.has_more = true;
                break;
            }
            gone.insert(self.remove(at, pruned));
        }
        gone
    }

    fn is_over(&self, at: usize, before: Timestamp) -> bool {
        let held = &self.rows[at];
        let id = held.row.id;
        held.row.status.is_terminal()
            && held.holder.is_none()
            && held.row.completed_at.unwrap_or(held.row.created_at) < before
            && self.parent(at).is_none_or(|(_, status)| status.is_terminal())
            && !self.rows.iter().any(|other| other.row.parent_job_id == Some(id))
    }

    fn remove(&mut self, at: usize, pruned: &mut Pruned) -> JobId {
        let held = self.rows.remove(at);
        let id = held.row.id;
        let (tasks, keys) = (self.tasks.len(), self.keys.len());
        self.tasks.retain(|task| task.job_id != id);
        self.keys.retain(|_, job| *job != id);
        pruned.jobs += 1;
        pruned.tasks += (tasks - self.tasks.len()) as u64;
        pruned.keys += (keys - self.keys.len()) as u64;
        pruned.attempts += held.history.len() as u64;
        pruned.steps += (held.steps.len() + held.past_steps.len()) as u64;
        id
    }
}

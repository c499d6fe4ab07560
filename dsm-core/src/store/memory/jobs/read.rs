//! Reading jobs in memory.

use super::Jobs;
use crate::credential::details;
use crate::id::JobId;
use crate::job::{JobRow, TaskRow};
use crate::store::{Attempt, JobQuery, StepRow};

impl Jobs {
    pub(in crate::store::memory) fn query(&self, query: &JobQuery) -> Vec<JobRow> {
        let mut rows: Vec<&JobRow> = self.rows.iter().map(|held| &held.row).collect();
        rows.retain(|row| {
            (query.ids.is_empty() || query.ids.contains(&row.id))
                && query.status.is_none_or(|status| row.status == status)
                && query.job_type.as_ref().is_none_or(|kind| row.job_type == *kind)
                && query.parent_job_id.is_none_or(|parent| row.parent_job_id == Some(parent))
                && (!query.with_secrets || details::has_sealed(&row.details))
        });
        let skipped = query.limit.map_or(0, |limit| rows.len().saturating_sub(limit));
        rows.into_iter().skip(skipped).cloned().collect()
    }

    pub(in crate::store::memory) fn tasks(&self, job: JobId) -> Vec<TaskRow> {
        self.tasks.iter().filter(|task| task.job_id == job).cloned().collect()
    }

    pub(in crate::store::memory) fn steps(&self, job: JobId) -> Vec<StepRow> {
        let held = self.at(job).map(|at| &self.rows[at]);
        held.map(|held| held.past_steps.iter().chain(&held.steps).cloned().collect()).unwrap_or_default()
    }

    pub(in crate::store::memory) fn attempts(&self, job: JobId) -> Vec<Attempt> {
        self.at(job).map(|at| self.rows[at].history.clone()).unwrap_or_default()
    }
}

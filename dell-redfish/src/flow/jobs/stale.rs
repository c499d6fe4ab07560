//! Deletes the jobs that are in nobody's interest any more.

use std::time::Duration;

use crate::effect::Effect;
use crate::error::{Error, Result};
use crate::flow::wait::{IdracClock, JobStatus};
use crate::id::DellJobId;
use crate::model::JobState;
use crate::operation::Redfish;
use crate::plan::{Plan, Step};
use crate::safeguard::{Safeguard, Safeguards};

use super::delete::delete;
use super::{home, list_jobs};

/// Which jobs count as stale. What is under way never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// Failed ones; yes.
    pub failed: bool,
    /// Those that ended with errors in some parts; yes.
    pub completed_with_errors: bool,
    /// Those that ended well; no.
    pub completed: bool,
    /// Scheduled or new ones that are older than this; none.
    pub waiting_longer_than: Option<Duration>,
}

impl Default for Stale {
    fn default() -> Self {
        Self { failed: true, completed_with_errors: true, completed: false, waiting_longer_than: None }
    }
}

/// A job with the reason why it counts as stale, or why not.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StaleJob {
    /// The job.
    pub job: JobStatus,
    /// Why, in a word or two: `failed`, `older than allowed`, `reboot job`, …
    pub reason: &'static str,
}

/// A stale job that could not be deleted.
#[derive(Debug, serde::Serialize)]
pub struct StaleFailure {
    /// The job.
    pub job: DellJobId,
    /// Why not.
    pub reason: Error,
}

/// What was deleted and what not.
#[derive(Debug, Default, serde::Serialize)]
pub struct StaleReport {
    /// Deleted.
    pub cleared: Vec<StaleJob>,
    /// Left.
    pub skipped: Vec<StaleJob>,
    /// Stale, and not deleted.
    pub failures: Vec<StaleFailure>,
}

impl Stale {
    /// Whether it is stale, and why or why not. `age` is by the iDRAC's own clock.
    fn judge(&self, job: &JobStatus, age: Option<Duration>, on: Safeguards) -> (bool, &'static str) {
        use JobState as S;
        match job.state {
            _ if job.id.is_none() => (false, "no id"),
            _ if job.id.as_ref().is_some_and(DellJobId::is_reboot) && on.has(Safeguard::LeaveRebootJobs) => {
                (false, "reboot job")
            }
            S::Failed | S::RebootFailed | S::Cancelled => (self.failed, "failed"),
            S::CompletedWithErrors => (self.completed_with_errors, "ended with errors"),
            S::Completed | S::RebootCompleted => (self.completed, "ended well"),
            S::Scheduled | S::New => match (self.waiting_longer_than, age) {
                (None, _) => (false, "waits"),
                (Some(_), None) => (false, "of unknown age"),
                (Some(limit), Some(age)) if age > limit => (true, "older than allowed"),
                (Some(_), Some(_)) => (false, "not old enough"),
            },
            _ => (false, "under way"),
        }
    }

    async fn sort(&self, redfish: &dyn Redfish) -> Result<(Vec<StaleJob>, Vec<StaleJob>)> {
        let jobs = list_jobs(redfish).await?;
        let clock = match self.waiting_longer_than {
            Some(_) => IdracClock::read(redfish).await,
            None => None,
        };
        let (mut stale, mut others) = (Vec::new(), Vec::new());
        for job in jobs {
            let made = clock.and_then(|clock| Some((clock, job.started_at(Some(clock.offset))?)));
            let age = made.and_then(|(clock, made)| clock.at.duration_since(made).ok());
            let (is_stale, reason) = self.judge(&job, age, redfish.safeguards());
            if is_stale { &mut stale } else { &mut others }.push(StaleJob { job, reason });
        }
        Ok((stale, others))
    }
}

/// Says what [`clear_stale_jobs`] would delete.
///
/// # Errors
/// Whatever reading the queue says.
pub async fn plan_clear_stale_jobs(redfish: &dyn Redfish, which: Stale) -> Result<Plan> {
    let (stale, others) = which.sort(redfish).await?;
    let mut plan = Plan::new(format!("delete {} stale jobs, leave {}", stale.len(), others.len()));
    plan.steps.extend(stale.iter().filter_map(|found| found.job.id.as_ref()).map(|job| Step {
        operation: "DeleteJob".to_owned(),
        effect: Effect::Change,
        method: "DELETE".to_owned(),
        path: home(redfish).job(job),
        body: None,
    }));
    Ok(plan)
}

/// Deletes the stale jobs, one request each, after one for the queue (where it expands) and, where age counts, one for the
/// iDRAC's clock. One that cannot be deleted does not stop the others.
///
/// # Errors
/// Whatever reading the queue says.
pub async fn clear_stale_jobs(redfish: &dyn Redfish, which: Stale) -> Result<StaleReport> {
    let (stale, skipped) = which.sort(redfish).await?;
    let mut report = StaleReport { skipped, ..StaleReport::default() };
    for found in stale {
        let Some(id) = found.job.id.clone() else { continue };
        match delete(redfish, &id).await {
            Ok(_) => report.cleared.push(found),
            Err(reason) => report.failures.push(StaleFailure { job: id, reason }),
        }
    }
    Ok(report)
}

//! The job queue: what is in it, and what can be done to it.

mod clear;
mod create;
mod delete;
mod list;
mod recover;
mod stale;

pub use clear::{Cleared, clear_jobs, plan_clear_jobs};
pub use create::{
    When, adopt_job, create_job, create_reboot_job, plan_reboot_job, reboot_by_job, setup_job_queue,
};
pub use delete::{Deleted, delete_job};
pub use list::list_jobs;
pub use recover::{Recovered, RecoveryPolicy, run_job};
pub use stale::{Stale, StaleFailure, StaleJob, StaleReport, clear_stale_jobs, plan_clear_stale_jobs};

use crate::actions::Actions;
use crate::capability::{IDRAC, need_at};
use crate::endpoint::{self, JobHome};
use crate::error::Result;
use crate::operation::Redfish;

use super::wait::homes;

/// What Dell's job service offers.
async fn job_service(redfish: &dyn Redfish) -> Result<Actions> {
    let found = need_at(redfish, &endpoint::DELL_JOB_SERVICE, &[IDRAC], "DellJobService").await?;
    Ok(found.actions())
}

/// The best place of the queue that is known.
fn home(redfish: &dyn Redfish) -> JobHome {
    homes(redfish).first().copied().unwrap_or(JobHome::Dell)
}

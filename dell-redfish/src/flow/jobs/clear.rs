//! Clears the whole queue.

use crate::effect::Effect;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::flow::ready::{ReadyOptions, wait_until_ready};
use crate::flow::wait::{JobStatus, WaitOptions, passes};
use crate::id::{DellJobId, ODataId};
use crate::operation::{Redfish, run};
use crate::ops::{Clearing, DeleteJobQueue, ListMembers};
use crate::plan::{Plan, Step};
use crate::safeguard::Safeguard;

use super::{delete_job, job_service, list_jobs};

/// What a clearing left.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Cleared {
    /// Jobs there were before.
    pub before: Vec<JobStatus>,
    /// Jobs there are still: reboot jobs, running ones, new ones.
    pub left: Vec<JobStatus>,
}

/// Says what [`clear_jobs`] would do. It reads the queue and where the action is.
///
/// # Errors
/// As [`clear_jobs`], before anything is changed.
pub async fn plan_clear_jobs(redfish: &dyn Redfish, clearing: Clearing) -> Result<Plan> {
    let jobs = list_jobs(redfish).await?;
    let open = jobs.iter().filter(|job| !job.state.is_end()).count();
    let summary = format!("clear the job queue of {} jobs, {open} of them not over", jobs.len());
    let plan = match job_service(redfish).await {
        Ok(actions) => Plan::new(summary).with_step(&DeleteJobQueue::new(&actions, clearing)?),
        Err(error) if error.kind() == ErrorKind::Unsupported && clearing == Clearing::All => {
            let mut plan = Plan::new(summary);
            plan.steps.extend(deletable(&jobs).map(|job| Step {
                operation: "DeleteJob".to_owned(),
                effect: Effect::Destroy,
                method: "DELETE".to_owned(),
                path: super::home(redfish).job(job),
                body: None,
            }));
            plan
        }
        Err(error) => return Err(error),
    };
    let plan =
        plan.with_warning("What the finished jobs told is lost, and scheduled changes will not be made.");
    Ok(match clearing {
        Clearing::All => plan,
        Clearing::Force => plan
            .with_warning("FORCE kills running jobs, too: a firmware update that is cut off can leave a device unusable.")
            .with_warning(
                "FORCE restarts the Lifecycle Controller's services; for about two minutes collections look empty.",
            ),
    })
}

/// Clears the queue. Without `DellJobService` (iDRAC7 and 8) its jobs are deleted one by one, reboot jobs left out.
///
/// After [`Clearing::Force`] the Lifecycle Controller is waited for, and a collection that is never empty in truth: what is read
/// before that looks like a server without parts.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for [`Clearing::Force`] without `DellJobService`, [`ErrorKind::NotReady`] when the iDRAC does not
/// recover in time; the iDRAC's.
pub async fn clear_jobs(redfish: &dyn Redfish, clearing: Clearing, ready: &ReadyOptions) -> Result<Cleared> {
    let before = list_jobs(redfish).await?;
    match job_service(redfish).await {
        Ok(actions) => run(redfish, &DeleteJobQueue::new(&actions, clearing)?).await?,
        Err(error) if error.kind() == ErrorKind::Unsupported && clearing == Clearing::All => {
            one_by_one(redfish, &before).await?;
        }
        Err(error) => return Err(error),
    }
    if clearing == Clearing::Force && redfish.safeguards().has(Safeguard::DoubtEmptyQueue) {
        wait_until_ready(redfish, ready).await?;
        wait_until_filled(redfish, ready).await?;
    }
    Ok(Cleared { before, left: list_jobs(redfish).await? })
}

async fn one_by_one(redfish: &dyn Redfish, jobs: &[JobStatus]) -> Result<()> {
    let all = jobs.iter().filter_map(|job| job.id.as_ref());
    let leave = redfish.safeguards().has(Safeguard::LeaveRebootJobs);
    for job in all.filter(|job| !(leave && job.is_reboot())) {
        delete_job(redfish, job, &WaitOptions::default()).await?;
    }
    Ok(())
}

fn deletable(jobs: &[JobStatus]) -> impl Iterator<Item = &DellJobId> {
    jobs.iter().filter_map(|job| job.id.as_ref()).filter(|job| !job.is_reboot())
}

/// Waits until the firmware inventory has members again.
async fn wait_until_filled(redfish: &dyn Redfish, ready: &ReadyOptions) -> Result<()> {
    let clock = redfish.clock();
    let end = clock.now() + ready.deadline;
    let inventory = ListMembers::links(&ODataId::parse(endpoint::FIRMWARE_INVENTORY)?);
    loop {
        match run(redfish, &inventory).await {
            Ok(page) if !page.members.is_empty() => return Ok(()),
            // Firmware without an update service has nothing to look empty.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if !passes(&error) => return Err(error),
            Ok(_) | Err(_) => {}
        }
        if clock.now() >= end {
            let message = "collections are still empty after the forced clearing of the job queue";
            let error = Error::new(ErrorKind::NotReady, message).with_permanence(Permanence::Exhausted);
            return Err(error.with_host(redfish.host()));
        }
        clock.sleep(ready.interval).await;
    }
}

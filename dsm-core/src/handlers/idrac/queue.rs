//! The iDRAC's queue of jobs, as it is before a step adds to it.

use dell_redfish::flow::jobs::list_jobs;
use dell_redfish::flow::wait::JobStatus;
use dell_redfish::{Client, DellJobId, ErrorKind};

use crate::error::Result;

/// What is in it. One that has no queue has no jobs in it.
///
/// # Errors
/// The iDRAC's.
pub(super) async fn queue(client: &Client) -> Result<Vec<JobStatus>> {
    match list_jobs(client).await {
        Ok(jobs) => Ok(jobs),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Jobs that are no new ones: of this type, or of firmware that does not name types.
///
/// # Errors
/// The iDRAC's.
pub(super) async fn known_jobs(client: &Client, job_type: &str) -> Result<Vec<DellJobId>> {
    let is_of_type = |job: &JobStatus| job.job_type.as_deref().is_none_or(|own| own == job_type);
    Ok(queue(client).await?.into_iter().filter(is_of_type).filter_map(|job| job.id).collect())
}

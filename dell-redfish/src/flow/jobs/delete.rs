//! Deletes one job.

use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobRef, WaitOptions, homes, remember, wait_for_job};
use crate::id::DellJobId;
use crate::meaning::MessageClass;
use crate::operation::{Redfish, run};
use crate::ops::DeleteJob;
use crate::safeguard::Safeguard;

/// What became of a job that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// It is gone.
    Now,
    /// It ran, was waited for, and is gone.
    AfterItsEnd,
    /// It was not there.
    WasGone,
}

/// Deletes a job. One that runs (JCP015, JCP031) is waited for as these options say, and deleted then.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a reboot job (`RID_`), which no iDRAC deletes: nothing is sent; whatever
/// [`wait_for_job`] says; the iDRAC's.
pub async fn delete_job(redfish: &dyn Redfish, job: &DellJobId, options: &WaitOptions) -> Result<Deleted> {
    if job.is_reboot() && redfish.safeguards().has(Safeguard::LeaveRebootJobs) {
        let message = format!("{job} is a reboot job, which cannot be deleted; it ends by itself");
        return Err(Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host()).unsent());
    }
    let mut waited = false;
    loop {
        match delete(redfish, job).await {
            Ok(true) if waited => return Ok(Deleted::AfterItsEnd),
            Ok(true) => return Ok(Deleted::Now),
            Ok(false) => return Ok(Deleted::WasGone),
            Err(error) if !waited && runs(&error) => {
                wait_for_job(redfish, &JobRef::from(job.clone()), options).await?;
                waited = true;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether it was there to be deleted: at the place of the queue, or, while that is not known, at each it may be.
pub(super) async fn delete(redfish: &dyn Redfish, job: &DellJobId) -> Result<bool> {
    let mut homes = homes(redfish);
    if redfish.facts().jobs_path.is_some() {
        homes.truncate(1);
    }
    for home in homes {
        match run(redfish, &DeleteJob { home, job: job.clone() }).await {
            Ok(()) => {
                remember(redfish, home);
                return Ok(true);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn runs(error: &Error) -> bool {
    MessageClass::decisive(error.extended()) == Some(MessageClass::Busy)
}

//! Starts a job, waits for it, and gives it one more chance where the iDRAC is known to need that.

use std::time::Duration;

use crate::error::{ErrorKind, Result};
use crate::flow::ready::{ReadyOptions, wait_until_ready};
use crate::flow::wait::{JobOutcome, JobRef, Verdict, WaitOptions, wait_for_job};
use crate::meaning::MessageClass;
use crate::operation::Redfish;

use super::delete_job;

/// What may be done for a job that does not get anywhere.
#[derive(Debug, Clone)]
pub struct RecoveryPolicy {
    /// How it is waited for.
    pub wait: WaitOptions,
    /// How often it is made anew, after it was stuck (PR30, or standing still before it began) or cut off by a restart of
    /// the iDRAC (RED108, RED114, RED115); 1.
    pub recreate: u32,
    /// Pause before it is made anew; 30 s.
    pub pause: Duration,
}

impl Default for RecoveryPolicy {
    fn default() -> Self {
        Self { wait: WaitOptions::default(), recreate: 1, pause: Duration::from_secs(30) }
    }
}

/// A job that has come to an end, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// What became of the last one.
    pub outcome: JobOutcome,
    /// How often it was made anew.
    pub recreated: u32,
}

/// Makes a job, waits for it, and makes it anew where it was stuck before it had begun or was cut off by a restart of the iDRAC. The
/// stuck one is deleted before, so that there are never two. `create` is called once for each job, and must be harmless to
/// call again after the deletion of what it made.
///
/// # Errors
/// What `create`, [`wait_for_job`] and the deletion say. A job that stood still while it ran is not touched: its error is given.
pub async fn run_job(
    redfish: &dyn Redfish,
    create: impl AsyncFn() -> Result<JobRef>,
    policy: &RecoveryPolicy,
) -> Result<Recovered> {
    let mut recreated = 0;
    loop {
        let job = create().await?;
        let waited = wait_for_job(redfish, &job, &policy.wait).await;
        let again = recreated < policy.recreate;
        match waited {
            Ok(outcome) if again && was_cut_off(&outcome) => {}
            Ok(outcome) => return Ok(Recovered { outcome, recreated }),
            Err(error) if again && error.kind() == ErrorKind::Stalled => {
                let Some(id) = job.job.as_ref().filter(|id| !id.is_reboot()) else { return Err(error) };
                if !is_before_its_beginning(redfish, &job).await? {
                    return Err(error);
                }
                delete_job(redfish, id, &policy.wait).await?;
            }
            Err(error) => return Err(error),
        }
        recreated += 1;
        redfish.clock().sleep(policy.pause).await;
        settle(redfish).await?;
    }
}

/// Whether nothing of it was carried out yet, so that deleting it loses nothing.
async fn is_before_its_beginning(redfish: &dyn Redfish, job: &JobRef) -> Result<bool> {
    use crate::model::JobState as S;
    let status = crate::flow::wait::fetch_job(redfish, job).await?;
    Ok(matches!(status.state, S::New | S::Scheduling | S::Scheduled | S::ReadyForExecution))
}

/// Whether the iDRAC says that it restarted under the job, or had no room for it.
fn was_cut_off(outcome: &JobOutcome) -> bool {
    outcome.verdict == Verdict::Failed && outcome.has_class(MessageClass::Retry)
}

/// Lets the Lifecycle Controller come to rest, where it can be asked.
async fn settle(redfish: &dyn Redfish) -> Result<()> {
    match wait_until_ready(redfish, &ReadyOptions::default()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        outcome => outcome.map(drop),
    }
}

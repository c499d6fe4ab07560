//! Makes jobs: of settings that wait, and of a restart of the host.

use crate::accepted::Accepted;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{
    JobOutcome, JobRef, JobStatus, Started, Verdict, WaitOptions, follow, homes, remember, wait_for_job,
};
use crate::id::{DellJobId, ODataId};
use crate::meaning::MessageClass;
use crate::operation::{Operation as _, Redfish, run};
use crate::ops::{CreateJob, CreateRebootJob, RebootJobType, SetupJobQueue};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

use super::{job_service, list_jobs};

/// When a job may begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum When {
    /// At the next restart of the host.
    #[default]
    NextRestart,
    /// From this moment on, in the iDRAC's local time without an offset: `2024-08-06T13:46:42`.
    From(String),
}

/// Makes a job for what waits in a settings resource. Where one was made already without being asked for, or by somebody else
/// (SYS011, RED014, JCP029), that job is adopted: a second one would never run. So is the one that is there after a connection
/// that broke over the request.
///
/// # Errors
/// [`ErrorKind::Conflict`] when there is another job in the way that is not for these settings; as [`find_started`](crate::flow::wait::find_started) when
/// the iDRAC does not name the job; the iDRAC's.
pub async fn create_job(redfish: &dyn Redfish, settings: &ODataId, when: &When) -> Result<JobRef> {
    let start = match when {
        When::NextRestart => None,
        When::From(moment) => Some(moment.clone()),
    };
    let started = Started::now(redfish, &[]);
    let started = if start.is_some() { started.later() } else { started };
    let mut last = None;
    for home in homes(redfish) {
        let operation = CreateJob { home, settings: settings.clone(), start: start.clone() };
        match run(redfish, &operation).await {
            Ok(accepted) => {
                remember(redfish, home);
                return follow(redfish, &accepted, &started, &WaitOptions::default()).await;
            }
            Err(error) if is_elsewhere(&error) => last = Some(error),
            Err(error) if broke(&error) => return adopt(redfish, error, |job| is_for(job, settings)).await,
            Err(error) => return adopt_job(redfish, error, |job| is_for(job, settings)).await,
        }
    }
    let missing = || Error::new(ErrorKind::Unsupported, "this iDRAC has no job queue to post to");
    Err(last.unwrap_or_else(missing).with_host(redfish.host()))
}

/// The job that an error is about which says that there is one already; the same error where it says something else, or where no
/// unfinished job fits.
///
/// # Errors
/// The one that was given.
pub async fn adopt_job(
    redfish: &dyn Redfish,
    error: Error,
    fits: impl Fn(&JobStatus) -> bool,
) -> Result<JobRef> {
    let conflicts = MessageClass::decisive(error.extended()) == Some(MessageClass::Conflict);
    if !conflicts || !redfish.safeguards().has(Safeguard::AdoptJob) {
        return Err(error);
    }
    adopt(redfish, error, fits).await
}

/// The one unfinished job that fits, or the error.
async fn adopt(redfish: &dyn Redfish, error: Error, fits: impl Fn(&JobStatus) -> bool) -> Result<JobRef> {
    let Ok(mut jobs) = list_jobs(redfish).await else { return Err(error) };
    jobs.retain(|job| !job.state.is_end() && fits(job));
    match jobs.as_slice() {
        [JobStatus { id: Some(id), .. }] => Ok(id.clone().into()),
        _ => Err(error),
    }
}

/// Whether it applies these settings, as the job itself tells.
fn is_for(job: &JobStatus, settings: &ODataId) -> bool {
    let same = |target: &String| target.trim_end_matches('/') == settings.path().trim_end_matches('/');
    job.target_settings.as_ref().is_some_and(same)
}

/// Whether it is open what became of a request.
fn broke(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout) && !error.is_unsent()
}

fn is_elsewhere(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}

/// Makes a job that restarts the host now, and with it everything that waits for a restart.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `DellJobService` (iDRAC7 and 8) or where it does not offer that kind; as
/// [`find_started`](crate::flow::wait::find_started) when the iDRAC does not name the job; the iDRAC's.
pub async fn create_reboot_job(redfish: &dyn Redfish, kind: RebootJobType) -> Result<JobRef> {
    let operation = CreateRebootJob::new(&job_service(redfish).await?, kind)?;
    let started = Started::now(redfish, &[]);
    let accepted: Accepted = match run(redfish, &operation).await {
        Ok(accepted) => accepted,
        Err(error) if broke(&error) => return adopt(redfish, error, is_reboot).await,
        Err(error) => return Err(error),
    };
    follow(redfish, &accepted, &started, &WaitOptions::default()).await
}

fn is_reboot(job: &JobStatus) -> bool {
    job.id.as_ref().is_some_and(DellJobId::is_reboot)
}

/// Restarts the host by a job and waits for it. Where the host ignores one kind (`RebootFailed`), the next of these is tried, the
/// more forceful last.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] without any kind; as [`create_reboot_job`] and [`wait_for_job`]. A last job that fails is an
/// outcome.
pub async fn reboot_by_job(
    redfish: &dyn Redfish,
    kinds: &[RebootJobType],
    options: &WaitOptions,
) -> Result<JobOutcome> {
    let Some((last, milder)) = kinds.split_last() else {
        return Err(Error::new(ErrorKind::InvalidInput, "no kind of restart to try").unsent());
    };
    for kind in milder {
        let outcome = wait_for_job(redfish, &create_reboot_job(redfish, *kind).await?, options).await?;
        if outcome.verdict != Verdict::Failed || !redfish.safeguards().has(Safeguard::Escalate) {
            return Ok(outcome);
        }
    }
    wait_for_job(redfish, &create_reboot_job(redfish, *last).await?, options).await
}

/// Says what [`create_reboot_job`] would do. One request.
///
/// # Errors
/// As [`create_reboot_job`].
pub async fn plan_reboot_job(redfish: &dyn Redfish, kind: RebootJobType) -> Result<Plan> {
    let operation = CreateRebootJob::new(&job_service(redfish).await?, kind)?;
    let mut plan = operation.plan().with_host(Restart::Certain);
    plan.summary = format!("restart the host by a job: {kind}");
    Ok(match kind {
        RebootJobType::GracefulRebootWithoutForcedShutdown => {
            plan.with_warning("A system that does not shut down by itself lets the job fail.")
        }
        _ => plan.with_warning("A system that does not shut down by itself loses what it has not written."),
    })
}

/// Puts jobs that wait into this order and lets them begin at once; a reboot job at the end makes them take effect.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] without any job; [`ErrorKind::Unsupported`] without `DellJobService`; the iDRAC's.
pub async fn setup_job_queue(redfish: &dyn Redfish, jobs: Vec<DellJobId>) -> Result<()> {
    if jobs.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "no jobs to put into an order").unsent());
    }
    run(redfish, &SetupJobQueue::new(&job_service(redfish).await?, jobs)?).await
}

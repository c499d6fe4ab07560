//! Waits for a job to come to its true end.
//!
//! An iDRAC shows one job in three places, keeps it in each for another time, and says different words for the same
//! end. Dell's queue is asked first, the task where the queue does not know the job, the Lifecycle Controller's log where
//! both have forgotten it. What became of the job is a value ([`JobOutcome`]): errors in some parts and ends that need a
//! restart are neither success nor failure. An error means that the waiting ended, not the job.
//!
//! The waiting outlives a restart of the iDRAC, an expired session, a purged task and a job that is not there yet. It gives
//! up on a job that stands still, an iDRAC that stays away, and a deadline. Dropping the future ends it at once; the
//! job goes on.

mod find;
mod idrac_clock;
mod job_ref;
mod judge;
mod log;
mod look;
mod options;
mod outcome;
mod part;
mod status;
mod watch;

pub use find::{Started, find_started, follow};
pub(in crate::flow) use idrac_clock::IdracClock;
pub use job_ref::JobRef;
pub(in crate::flow) use look::{homes, passes, remember};
pub use options::{HeldBy, JobProgress, OnProgress, Parts, Until, WaitOptions};
pub use outcome::{JobOutcome, SoftEnd, Verdict};
pub use part::PartOutcome;
pub use status::JobStatus;
pub(in crate::flow) use status::message;

use crate::error::{Error, ErrorKind, Result};
use crate::model::JobState;
use crate::operation::Redfish;
use crate::safeguard::Safeguard;

use look::{Looker, Sight};
use watch::{Next, Watch};

/// Waits until a job has come to an end. Each look is one GET while the job is where it should be.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a reference that names nothing, [`ErrorKind::Stalled`] for a job that stands still (PR30
/// among its messages when it could not be prepared), [`ErrorKind::Timeout`] at the deadline, the last connection's error when
/// the iDRAC stays away too long, and at once what no waiting mends: a refused login, a changed certificate.
pub async fn wait_for_job(redfish: &dyn Redfish, job: &JobRef, options: &WaitOptions) -> Result<JobOutcome> {
    if !job.is_known() {
        let message = "no job to wait for: neither Dell's id nor a task is known";
        return Err(Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host()));
    }
    let named = |error: Error| if error.host().is_none() { error.with_host(redfish.host()) } else { error };
    let clock = redfish.clock();
    let mut watch = Watch::new(options, redfish.safeguards(), clock.now());
    let mut looker = Looker::new(redfish);
    if let Some(pause) = job.retry_after {
        clock.sleep(pause.min(options.interval.saturating_mul(10))).await;
    }
    loop {
        let sight = looker.look(job).await.map_err(named)?;
        match watch.take(sight, clock.now()) {
            Next::Again(pause) => clock.sleep(pause).await,
            Next::Ended(verdict) => return Ok(conclude(redfish, &looker, watch, job, verdict, options).await),
            Next::Gone => return gone(redfish, watch, job).await.map_err(named),
            Next::GaveUp(error) => return Err(named(error)),
        }
    }
}

/// The outcome of a job that ended where it could be seen, with the results of its parts.
async fn conclude(
    redfish: &dyn Redfish,
    looker: &Looker<'_>,
    watch: Watch<'_>,
    job: &JobRef,
    verdict: Verdict,
    options: &WaitOptions,
) -> JobOutcome {
    let waited = watch.waited(redfish.clock().now());
    let mut status = watch.into_last().unwrap_or_else(|| unseen(job));
    let wanted = match options.parts {
        Parts::Never => false,
        Parts::WhenNotDone => matches!(verdict, Verdict::Partial | Verdict::Failed),
        Parts::Always => true,
    };
    if wanted
        && status.parts.is_empty()
        && let Some(task) = looker.parts(job).await
    {
        status.parts = task.parts;
        let known = status.messages.clone();
        let new = task
            .messages
            .into_iter()
            .filter(|info| !known.iter().any(|own| own.message_id == info.message_id));
        status.messages.extend(new);
    }
    status.id = status.id.or_else(|| job.job.clone());
    JobOutcome::of(status, verdict, waited)
}

/// The outcome of a job that neither the queue nor the task service knows: as the log tells it, or lost.
async fn gone(redfish: &dyn Redfish, watch: Watch<'_>, job: &JobRef) -> Result<JobOutcome> {
    let waited = watch.waited(redfish.clock().now());
    let mut status = watch.into_last().unwrap_or_else(|| unseen(job));
    status.id = status.id.or_else(|| job.job.clone());
    let on = redfish.safeguards();
    if on.has(Safeguard::JobWhenTaskIsGone)
        && let Some(id) = &status.id
        && let Some((verdict, said)) = log::end_of(redfish, id).await
    {
        status.messages.push(said);
        return Ok(JobOutcome::of(status, verdict, waited));
    }
    if on.has(Safeguard::LostByDesign) {
        return Ok(JobOutcome::of(status, Verdict::Lost, waited));
    }
    let name = outcome::called(status.id.as_ref(), status.name.as_deref());
    Err(Error::new(ErrorKind::NotFound, format!("{name} is not there")))
}

fn unseen(job: &JobRef) -> JobStatus {
    JobStatus {
        id: job.job.clone(),
        state: JobState::Unknown,
        percent: None,
        job_type: None,
        name: None,
        messages: Vec::new(),
        parts: Vec::new(),
        start: None,
        end: None,
        target_settings: None,
    }
}

/// Looks at a job once.
///
/// # Errors
/// [`ErrorKind::NotFound`] where no face of it is there; else whatever reading it says.
pub async fn fetch_job(redfish: &dyn Redfish, job: &JobRef) -> Result<JobStatus> {
    match Looker::new(redfish).look(job).await? {
        Sight::Seen(status, _) => Ok(*status),
        Sight::Away(error) => Err(error),
        Sight::Missing => {
            let name = outcome::called(job.job.as_ref(), None);
            Err(Error::new(ErrorKind::NotFound, format!("{name} is not there")).with_host(redfish.host()))
        }
    }
}

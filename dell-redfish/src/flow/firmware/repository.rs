//! Firmware from a repository that the iDRAC reads itself.

use std::collections::HashSet;

use crate::capability::{SERVER, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::jobs::list_jobs;
use crate::flow::wait::{
    HeldBy, JobOutcome, Started, Until, Verdict, WaitOptions, find_started, follow, wait_for_job,
};
use crate::id::DellJobId;
use crate::operation::{Redfish, run};
use crate::ops::{GetRepoBasedUpdateList, InstallFromRepository, RepositoryInstall};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

use super::cim::{self, RepositoryUpdate};

/// How Dell calls the job that compares.
const JOB_TYPE: &str = "RepositoryUpdate";

/// What came of an installation from a repository.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RepositoryOutcome {
    /// The job that compared and handed out the others; none where the iDRAC said at once that there is nothing to do.
    pub job: Option<JobOutcome>,
    /// The jobs of the single packages, as far as they came: what waits for a restart of the host is told as scheduled.
    pub children: Vec<JobOutcome>,
}

impl RepositoryOutcome {
    /// Whether every package is installed or waits for its moment.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.children.iter().all(|child| matches!(child.verdict, Verdict::Done | Verdict::SoftEnd(_)))
    }

    /// Whether nothing had to be done.
    #[must_use]
    pub fn is_no_change(&self) -> bool {
        self.children.is_empty()
    }
}

/// Lets the iDRAC compare itself with a repository, without installing anything. Four requests and one each look.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) without `DellSoftwareInstallationService` (iDRAC7 and 8),
/// [`JobFailed`](crate::ErrorKind::JobFailed) when the comparison failed; a failure is never told as an empty list.
pub async fn compare_with_repository(
    redfish: &dyn Redfish,
    install: &RepositoryInstall,
    wait: &WaitOptions,
) -> Result<Vec<RepositoryUpdate>> {
    let service = need_at(
        redfish,
        &endpoint::SOFTWARE_INSTALLATION_SERVICE,
        &[SERVER],
        "DellSoftwareInstallationService",
    )
    .await?;
    let install = RepositoryInstall { apply: false, reboot: false, ..install.clone() };
    let operation = InstallFromRepository::new(&service.actions(), install)?;
    let started = Started::now(redfish, &[JOB_TYPE]);
    if begin(redfish, &operation, &started, wait).await?.is_none() {
        return Ok(Vec::new());
    }
    match run(redfish, &GetRepoBasedUpdateList::new(&service.actions())?).await {
        Ok(list) => cim::read(&list).map_err(|error| error.with_host(redfish.host())),
        Err(error) if says_nothing_to_do(redfish, &error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Installs all that a repository has newer, and follows every job that comes of it. Without leave to restart the host the jobs
/// that need it are left scheduled. Four requests, one each look at each job.
///
/// # Errors
/// As [`compare_with_repository`]; a package that failed is no error but an outcome.
pub async fn install_from_repository(
    redfish: &dyn Redfish,
    install: &RepositoryInstall,
    wait: &WaitOptions,
) -> Result<RepositoryOutcome> {
    let started = start_of_repository_install(redfish).await?;
    let (job, made) = start(redfish, install, &started, wait).await?;
    let mut children = Vec::new();
    let wait = match install.reboot {
        true => wait.clone().with_held_by(HeldBy::Restart),
        false => wait.clone().with_held_by(HeldBy::Restart).with_until(Until::Scheduled),
    };
    for child in made {
        children.push(wait_for_job(redfish, &child.into(), &wait).await?);
    }
    Ok(RepositoryOutcome { job, children })
}

/// What an installation that begins now can be told by: written down before it is sent, it finds the job again, and tells the
/// jobs that came of it from those that were there. One request.
///
/// # Errors
/// Whatever reading the queue says.
pub async fn start_of_repository_install(redfish: &dyn Redfish) -> Result<Started> {
    let known = list_jobs(redfish).await?.into_iter().filter_map(|job| job.id).collect();
    Ok(Started { known, ..Started::now(redfish, &[JOB_TYPE]) })
}

/// Lets the iDRAC compare itself with a repository and make a job for each package; gives those jobs, and does not wait for them.
/// Empty where there is nothing to do.
///
/// # Errors
/// As [`install_from_repository`].
pub async fn begin_repository_install(
    redfish: &dyn Redfish,
    install: &RepositoryInstall,
    started: &Started,
    wait: &WaitOptions,
) -> Result<Vec<DellJobId>> {
    Ok(start(redfish, install, started, wait).await?.1)
}

/// What an earlier [`begin_repository_install`] came to whose end nobody saw: the jobs that came of it, or nothing where the iDRAC
/// never took it on.
///
/// # Errors
/// [`JobFailed`](crate::ErrorKind::JobFailed) when the comparison failed, and whatever reading the queue says.
pub async fn adopt_repository_install(
    redfish: &dyn Redfish,
    started: &Started,
    wait: &WaitOptions,
) -> Result<Option<Vec<DellJobId>>> {
    let job = match find_started(redfish, started, wait).await {
        Ok(job) => job,
        Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let job = wait_for_job(redfish, &job, wait).await?.into_result()?;
    children_of(redfish, &job, started).await.map(Some)
}

async fn start(
    redfish: &dyn Redfish,
    install: &RepositoryInstall,
    started: &Started,
    wait: &WaitOptions,
) -> Result<(Option<JobOutcome>, Vec<DellJobId>)> {
    let service = need_at(
        redfish,
        &endpoint::SOFTWARE_INSTALLATION_SERVICE,
        &[SERVER],
        "DellSoftwareInstallationService",
    )
    .await?;
    let operation =
        InstallFromRepository::new(&service.actions(), RepositoryInstall { apply: true, ..install.clone() })?;
    let Some(job) = begin(redfish, &operation, started, wait).await? else { return Ok((None, Vec::new())) };
    let made = children_of(redfish, &job, started).await?;
    Ok((Some(job), made))
}

/// Says what [`install_from_repository`] would send. One request; what would be installed only
/// [`compare_with_repository`] tells.
///
/// # Errors
/// As [`compare_with_repository`] before anything is sent.
pub async fn plan_repository_install(redfish: &dyn Redfish, install: &RepositoryInstall) -> Result<Plan> {
    let service = need_at(
        redfish,
        &endpoint::SOFTWARE_INSTALLATION_SERVICE,
        &[SERVER],
        "DellSoftwareInstallationService",
    )
    .await?;
    let install = RepositoryInstall { apply: true, ..install.clone() };
    let host = if install.reboot { Restart::Possible } else { Restart::Needed };
    let operation = InstallFromRepository::new(&service.actions(), install)?;
    Ok(Plan::new("install all that the repository has newer")
        .with_step(&operation)
        .with_host(host)
        .with_idrac(Restart::Possible))
}

/// Sends it and waits for its own job; nothing where the iDRAC says that there is nothing to do.
async fn begin(
    redfish: &dyn Redfish,
    operation: &InstallFromRepository,
    started: &Started,
    wait: &WaitOptions,
) -> Result<Option<JobOutcome>> {
    let accepted = match run(redfish, operation).await {
        Err(error) if says_nothing_to_do(redfish, &error) => return Ok(None),
        accepted => accepted?,
    };
    let job = follow(redfish, &accepted, started, wait).await?;
    Ok(Some(wait_for_job(redfish, &job, wait).await?.into_result()?))
}

/// The jobs that came of it: those that its messages name, and those of updates that were not there before.
async fn children_of(redfish: &dyn Redfish, job: &JobOutcome, started: &Started) -> Result<Vec<DellJobId>> {
    let told = job.messages.iter().filter_map(|info| DellJobId::find(info.message.as_deref()?));
    let queue = list_jobs(redfish).await?;
    let made = queue
        .into_iter()
        .filter(|job| job.job_type.as_deref() == Some("FirmwareUpdate"))
        .filter_map(|job| job.id);
    let mut seen: HashSet<_> = started.known.iter().cloned().collect();
    seen.extend(job.id.clone());
    Ok(told.chain(made).filter(|id| seen.insert(id.clone())).collect())
}

/// SUP029: the repository has only what is installed, or what does not fit. An error status, but no error.
fn says_nothing_to_do(redfish: &dyn Redfish, error: &Error) -> bool {
    redfish.safeguards().has(Safeguard::SameVersionIsNoChange)
        && error.message_ids().any(|id| id.as_str() == "SUP029")
}

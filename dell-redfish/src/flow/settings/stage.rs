//! From wanted values to exactly one job in the queue.

use crate::attribute::{AttributeValues, Validation, is_same};
use crate::endpoint::JobHome;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::jobs::list_jobs;
use crate::flow::wait::{JobRef, JobStatus, Started, follow, homes, remember};
use crate::operation::{Redfish, run};
use crate::ops::{ApplyTime, CreateJob, StageSettings};
use crate::safeguard::Safeguard;

use super::options::{Afterwards, SettingsOptions};
use super::read::{SettingsState, fetch, values};
use super::target::SettingsTarget;

/// A job is there already for what is staged.
const COMMITTED: &[&str] = &["SYS011", "BIOS006", "BIOS007", "RAC011"];

/// A job, and whether it was there without our asking for it.
pub(super) struct Queued {
    pub(super) job: JobRef,
    pub(super) is_adopted: bool,
}

/// What is to be written, to where.
pub(super) struct Staging<'a> {
    pub(super) redfish: &'a dyn Redfish,
    pub(super) target: &'a SettingsTarget,
    pub(super) state: &'a SettingsState,
    pub(super) options: &'a SettingsOptions,
}

/// Refuses what cannot go together, before anything is sent: whoever restarts the host now does not wait for a window.
pub(super) fn check(options: &SettingsOptions) -> Result<()> {
    let in_window = matches!(options.apply_time, ApplyTime::InMaintenanceWindowOnReset(_));
    if in_window && matches!(options.afterwards, Afterwards::Restart(_)) {
        let message = "a restart at once and one within a window exclude each other: follow the job instead";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(())
}

/// The apply time to send: the wanted one where the iDRAC offers it, none where it offers none (a job is made by hand then).
pub(super) fn apply_time(state: &SettingsState, wanted: &ApplyTime) -> Result<Option<ApplyTime>> {
    let checked = wanted.check("settings", &state.apply_times, &[ApplyTime::OnReset.as_str()]);
    checked.map_err(|error| error.with_path(state.settings.path()))?;
    Ok((!state.apply_times.is_empty()).then(|| wanted.clone()))
}

/// Whether the iDRAC says that a job holds the staged values.
fn is_committed(error: &Error) -> bool {
    error.message_ids().any(|id| COMMITTED.contains(&id.as_str()))
}

/// The job for what is staged, where it is made by hand.
pub(super) fn job_request(redfish: &dyn Redfish, state: &SettingsState) -> CreateJob {
    CreateJob::at_restart(job_home(redfish, state), state.settings.clone())
}

/// Where a job is made: only iDRAC7 and 8 announce no apply times, and DMTF's collection takes none.
fn job_home(redfish: &dyn Redfish, state: &SettingsState) -> JobHome {
    let takes_jobs = |home: &JobHome| *home != JobHome::JobService;
    match state.apply_times.as_slice() {
        [] => JobHome::Manager,
        _ => homes(redfish).into_iter().find(takes_jobs).unwrap_or(JobHome::Dell),
    }
}

/// The job for what an action has staged: made by hand, or the one that is there.
pub(in crate::flow) async fn queue_job(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    state: &SettingsState,
    options: &SettingsOptions,
) -> Result<JobRef> {
    Staging { redfish, target, state, options }.create_job().await.map(|queued| queued.job)
}

impl Staging<'_> {
    /// Sends the changes and sees to it that one job will apply them.
    pub(super) async fn carry_out(&self, validation: &Validation) -> Result<Queued> {
        if validation.changes.is_empty() {
            // All of it is staged already: its job may be there.
            return match self.existing_job().await? {
                Some(job) => Ok(Queued { job, is_adopted: true }),
                None => self.create_job().await,
            };
        }
        let apply_time = apply_time(self.state, &self.options.apply_time)?;
        let by_itself = apply_time.is_some();
        let stage = StageSettings {
            settings: self.state.settings.clone(),
            changes: validation.changes.clone(),
            apply_time,
        };
        let mut started = Started::now(self.redfish, self.target.job_types);
        if !matches!(self.options.apply_time, ApplyTime::Immediate | ApplyTime::OnReset) {
            started = started.later();
        }
        let accepted = match run(self.redfish, &stage).await {
            Ok(accepted) => Some(accepted),
            Err(error) if is_committed(&error) => return Err(self.held_by_a_job(error).await),
            Err(error) if is_uncertain(&error) && self.is_staged(validation).await => None,
            Err(error) => return Err(error),
        };
        if let Some(accepted) = accepted.as_ref().filter(|accepted| accepted.is_followable()) {
            return Ok(Queued { job: JobRef::from(accepted), is_adopted: false });
        }
        if !by_itself || !self.redfish.safeguards().has(Safeguard::AdoptJob) {
            return self.create_job().await;
        }
        // A 202 promises a job; a 200, or a lost answer, leaves it open.
        match accepted.filter(|accepted| accepted.status == 202) {
            Some(accepted) => {
                let job = follow(self.redfish, &accepted, &started, &self.options.wait).await?;
                Ok(Queued { job, is_adopted: true })
            }
            None => match self.existing_job().await? {
                Some(job) => Ok(Queued { job, is_adopted: true }),
                None => self.create_job().await,
            },
        }
    }

    /// Makes the job by hand. One that is there already is taken, never doubled.
    async fn create_job(&self) -> Result<Queued> {
        let create = job_request(self.redfish, self.state);
        let started = Started::now(self.redfish, self.target.job_types);
        match run(self.redfish, &create).await {
            Ok(accepted) => {
                remember(self.redfish, job_home(self.redfish, self.state));
                let is_adopted = !accepted.is_followable();
                let job = follow(self.redfish, &accepted, &started, &self.options.wait).await?;
                Ok(Queued { job, is_adopted })
            }
            Err(error) if is_adoptable(&error) && self.redfish.safeguards().has(Safeguard::AdoptJob) => {
                match self.existing_job().await? {
                    Some(job) => Ok(Queued { job, is_adopted: true }),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The job in the queue for these settings, if there is exactly one.
    async fn existing_job(&self) -> Result<Option<JobRef>> {
        let jobs = list_jobs(self.redfish).await?;
        let mut open = jobs.into_iter().filter(|job| self.is_ours(job));
        let found = open.next();
        match (found, open.next()) {
            (Some(one), None) => Ok(one.id.map(JobRef::from)),
            (None, _) => Ok(None),
            (Some(_), Some(_)) => {
                let message =
                    format!("several jobs could be the one for {}; none is taken", self.target.called);
                Err(Error::new(ErrorKind::Conflict, message).with_host(self.redfish.host()))
            }
        }
    }

    fn is_ours(&self, job: &JobStatus) -> bool {
        let kind = job.job_type.as_ref().is_some_and(|kind| self.target.job_types.contains(&kind.as_str()));
        let settings = job.target_settings.as_ref().is_none_or(|uri| uri == self.state.settings.path());
        kind && settings && !job.state.is_end()
    }

    /// Whether the changes are staged, or in force, after an answer that was lost.
    async fn is_staged(&self, validation: &Validation) -> bool {
        let Ok(resource) = fetch(self.redfish, self.target, &self.state.settings).await else { return false };
        holds(&values(&resource), validation)
    }

    /// The refusal, with the job that is in the way named.
    async fn held_by_a_job(&self, error: Error) -> Error {
        let job = match self.existing_job().await {
            Ok(Some(JobRef { job: Some(job), .. })) => job.to_string(),
            _ => "another job".to_owned(),
        };
        let message = format!(
            "{} is held by {job} until that has run or was deleted; nothing was changed",
            self.target.called
        );
        let said = Error::new(ErrorKind::Conflict, message).with_host(self.redfish.host());
        let said = said.with_path(self.state.settings.path()).with_extended(error.extended().to_vec());
        said.with_source(error)
    }
}

fn holds(staged: &AttributeValues, validation: &Validation) -> bool {
    let mut open = validation.changes.iter().filter(|change| !change.is_secret).peekable();
    open.peek().is_some()
        && open.all(|change| staged.get(&change.attribute).is_some_and(|value| is_same(value, &change.to)))
}

/// The request may have been carried out, and its answer lost.
fn is_uncertain(error: &Error) -> bool {
    let kind = matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol);
    kind && !error.is_unsent()
}

/// The job may be there: the iDRAC says so, or its answer was lost.
fn is_adoptable(error: &Error) -> bool {
    is_committed(error) || is_uncertain(error)
}

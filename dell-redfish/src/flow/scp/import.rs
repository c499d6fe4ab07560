//! Importing a profile.

use std::time::Duration;

use super::outcome::{ImportOutcome, PasswordInForce};
use super::{IMPORT, IMPORT_JOB_TYPE, action, password, stall, start, task};
use crate::actions::Action;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobOutcome, JobRef, PartOutcome, Parts, Verdict, WaitOptions, wait_for_job};
use crate::model::ComputerSystem;
use crate::operation::{Redfish, run};
use crate::ops::share::Share;
use crate::ops::{GetComputerSystem, HostPowerState, ImportSystemConfiguration, ShutdownType};
use crate::scp::{Agreement, Fit, Profile, ScpTarget};

/// Between two looks at the host's power, and how long it may take.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const HOST_PATIENCE: Duration = Duration::from_secs(300);

/// Where the profile is.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// Here.
    Profile(Box<Profile>),
    /// In a file on a share. What is in it is not known here: neither its model nor a password in it is looked at.
    File(Box<Share>, String),
}

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Where the profile is.
    pub source: ImportSource,
    /// Classes of components to apply; everything in the profile when empty.
    pub targets: Vec<ScpTarget>,
    /// What happens to a running host before.
    pub shutdown: ShutdownType,
    /// The host's power after.
    pub host: HostPowerState,
    /// How long a graceful shutdown may take; the iDRAC takes 300 to 3600 s and thinks 300 s by itself.
    pub time_to_wait: Option<Duration>,
    /// Whether a profile of another model is imported all the same.
    pub any_model: bool,
    /// How long other work on the iDRAC is waited for; 10 min.
    pub patience: Duration,
    /// How the job is followed.
    pub wait: WaitOptions,
}

impl ImportOptions {
    /// All of a profile at hand; the host shuts down gracefully and ends up on.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self::of(ImportSource::Profile(Box::new(profile)))
    }

    /// All of a file on a share.
    #[must_use]
    pub fn of_file(share: Share, file_name: impl Into<String>) -> Self {
        Self::of(ImportSource::File(Box::new(share), file_name.into()))
    }

    fn of(source: ImportSource) -> Self {
        Self {
            source,
            targets: Vec::new(),
            shutdown: ShutdownType::default(),
            host: HostPowerState::default(),
            time_to_wait: None,
            any_model: false,
            patience: Duration::from_secs(600),
            wait: WaitOptions::default(),
        }
    }

    /// Applies only these classes of components.
    #[must_use]
    pub fn with_targets(mut self, targets: &[ScpTarget]) -> Self {
        self.targets = targets.to_vec();
        self
    }

    /// What happens to the host.
    #[must_use]
    pub fn with_host(mut self, shutdown: ShutdownType, host: HostPowerState) -> Self {
        self.shutdown = shutdown;
        self.host = host;
        self
    }

    /// A graceful shutdown may take this long.
    #[must_use]
    pub fn with_time_to_wait(mut self, time: Duration) -> Self {
        self.time_to_wait = Some(time);
        self
    }

    /// Takes a profile of another model, too.
    #[must_use]
    pub fn for_any_model(mut self) -> Self {
        self.any_model = true;
        self
    }

    /// Follows the job in another way.
    #[must_use]
    pub fn with_wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// The profile, if it is at hand.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        match &self.source {
            ImportSource::Profile(profile) => Some(profile),
            ImportSource::File(..) => None,
        }
    }

    pub(super) fn operation(
        &self,
        redfish: &dyn Redfish,
        action: &Action,
    ) -> Result<ImportSystemConfiguration> {
        action::check_classes(action, &self.targets)?;
        let operation = match &self.source {
            ImportSource::Profile(profile) => {
                ImportSystemConfiguration::of_text(action, profile, action::text(redfish, profile)?)
            }
            ImportSource::File(share, file) => {
                action::check_transport(action, share.kind().as_str())?;
                ImportSystemConfiguration::of_file(action, (**share).clone(), file.clone())
            }
        };
        let operation = operation.with_targets(&self.targets).with_host(self.shutdown, self.host);
        Ok(match self.time_to_wait {
            Some(time) => operation.with_time_to_wait(time),
            None => operation,
        })
    }

    /// Refuses a profile of another model.
    pub(super) fn check_model(&self, system: &ComputerSystem) -> Result<Option<Fit>> {
        let Some(profile) = self.profile() else { return Ok(None) };
        let fit = profile.fit(system.model.as_deref(), system.sku.as_deref());
        if fit.model == Agreement::Different && !self.any_model {
            let of = fit.profile_model.as_deref().unwrap_or_default();
            let server = system.model.as_deref().unwrap_or_default();
            let message = format!("the profile is of a {of}, the server is a {server}; nothing was sent");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        Ok(Some(fit))
    }
}

/// Imports a profile and follows it to its end. May restart the host; see [`plan_import`](super::plan_import) for what it
/// would do.
///
/// An import that ended with errors in some parts is a value, with each part's result; one that failed is an error.
///
/// # Errors
/// [`ErrorKind::Conflict`] for a profile of another model (unless allowed) and for a job that waits for these settings already
/// (SYS011, SYS074); [`ErrorKind::Busy`] when other work does not end in time; [`ErrorKind::JobFailed`] with the iDRAC's messages
/// and the log's; [`ErrorKind::Stalled`] when the job stood still and was taken out of the queue; and as [`wait_for_job`].
pub async fn import(redfish: &dyn Redfish, options: &ImportOptions) -> Result<ImportOutcome> {
    let (job, own) = begin(redfish, options).await?;
    finish(redfish, &job, options, own).await
}

/// Starts an import and says which job it is: for who keeps that, so that another process can follow it.
///
/// # Errors
/// As [`import`] before it waits for the job.
pub async fn start_import(redfish: &dyn Redfish, options: &ImportOptions) -> Result<JobRef> {
    Ok(begin(redfish, options).await?.0)
}

/// Follows an import that was started with the same options. Sends nothing that changes anything, but for a job that stands
/// still: that is taken out of the queue.
///
/// # Errors
/// As [`import`] from there on.
pub async fn follow_import(
    redfish: &dyn Redfish,
    job: &JobRef,
    options: &ImportOptions,
) -> Result<ImportOutcome> {
    let own = own_password(redfish, options).await;
    password::expect(redfish, &own).await?;
    finish(redfish, job, options, own).await
}

async fn own_password(redfish: &dyn Redfish, options: &ImportOptions) -> password::Own {
    match options.profile() {
        Some(profile) => password::look(redfish, profile).await,
        None => password::Own::Untouched,
    }
}

async fn begin(redfish: &dyn Redfish, options: &ImportOptions) -> Result<(JobRef, password::Own)> {
    let named = |error: Error| error.with_host(redfish.host());
    if options.profile().is_some() {
        let system = run(redfish, &GetComputerSystem).await?;
        options.check_model(&system).map_err(named)?;
    }
    let action = action::find(redfish, IMPORT).await?;
    let operation = options.operation(redfish, &action).map_err(named)?;
    let own = own_password(redfish, options).await;
    password::expect(redfish, &own).await?;
    let wait = options.wait.clone().with_parts(Parts::Never);
    let job = start::start(redfish, &operation, &[IMPORT_JOB_TYPE], options.patience, &wait).await?;
    Ok((job, own))
}

async fn finish(
    redfish: &dyn Redfish,
    job: &JobRef,
    options: &ImportOptions,
    own: password::Own,
) -> Result<ImportOutcome> {
    let wait = options.wait.clone().with_parts(Parts::Never);
    let ended = match wait_for_job(redfish, job, &wait).await {
        Ok(ended) => ended,
        Err(error) => return Err(stall::give_up(redfish, job, error).await),
    };
    let ended = with_parts(redfish, job, ended).await;
    let log = match ended.verdict {
        Verdict::Partial | Verdict::Failed => stall::log_of(redfish, job).await,
        _ => Vec::new(),
    };
    let password = password::settle(redfish, &own).await?;
    if !matches!(ended.verdict, Verdict::Done | Verdict::Partial | Verdict::SoftEnd(_)) {
        return Err(failed(redfish, ended, log, password));
    }
    let mut outcome = ImportOutcome { log, password, ..ImportOutcome::of(ended, options.profile()) };
    if options.shutdown != ShutdownType::NoReboot {
        outcome.host_as_wanted = Some(is_host_as_wanted(redfish, options.host).await?);
    }
    Ok(outcome)
}

/// The same with the results of single settings, as long as the task is there.
async fn with_parts(redfish: &dyn Redfish, job: &JobRef, mut ended: JobOutcome) -> JobOutcome {
    if let Some(task) = task::fetch(redfish, job).await {
        ended.parts = PartOutcome::all_of(&task);
    }
    ended
}

fn failed(
    redfish: &dyn Redfish,
    ended: JobOutcome,
    log: Vec<crate::message::ExtendedInfo>,
    password: PasswordInForce,
) -> Error {
    let mut said = ended.messages.clone();
    said.extend(log);
    let new = if password == PasswordInForce::New { "; the new password is in force" } else { "" };
    match ended.into_result() {
        Err(error) => Error::new(error.kind(), format!("{}{new}", error.message()))
            .with_permanence(error.permanence())
            .with_host(redfish.host())
            .with_extended(said),
        Ok(_) => Error::new(ErrorKind::JobFailed, "the import failed").with_host(redfish.host()),
    }
}

/// Looks at the host until its power is what was asked for, or time is up.
async fn is_host_as_wanted(redfish: &dyn Redfish, wanted: HostPowerState) -> Result<bool> {
    let end = redfish.clock().now() + HOST_PATIENCE;
    loop {
        let system = run(redfish, &GetComputerSystem).await?;
        if system.power_state.as_deref() == Some(wanted.as_str()) {
            return Ok(true);
        }
        if redfish.clock().now() + LOOK_EVERY > end {
            return Ok(false);
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
}

//! Exporting a profile.

use std::time::Duration;

use bytes::Bytes;

use super::{EXPORT, EXPORT_JOB_TYPE, action, start, task};
use crate::error::Result;
use crate::flow::wait::{JobOutcome, JobRef, Parts, WaitOptions, wait_for_job};
use crate::operation::Redfish;
use crate::ops::share::Share;
use crate::ops::{ExportSystemConfiguration, ExportUse, IncludeInExport, PrivateBytes};
use crate::scp::{Profile, ProfileFormat, ScpTarget};

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// XML, which every iDRAC writes, or JSON, from iDRAC9 on.
    pub format: ProfileFormat,
    /// Classes of components; everything when empty.
    pub targets: Vec<ScpTarget>,
    /// What the profile is for.
    pub export_use: ExportUse,
    /// What it holds besides.
    pub include: Vec<IncludeInExport>,
    /// A share and the file in it; without one the profile comes back by the iDRAC's own answer.
    pub share: Option<(Share, String)>,
    /// How long other work on the iDRAC is waited for; 10 min.
    pub patience: Duration,
    /// How long the profile may take to appear after the job has ended; 10 min.
    pub late: Duration,
    /// How the job is followed.
    pub wait: WaitOptions,
}

impl ExportOptions {
    /// Everything, locally, as a snapshot.
    #[must_use]
    pub fn new(format: ProfileFormat) -> Self {
        Self {
            format,
            targets: Vec::new(),
            export_use: ExportUse::Default,
            include: Vec::new(),
            share: None,
            patience: Duration::from_secs(600),
            late: Duration::from_secs(600),
            wait: WaitOptions::default(),
        }
    }

    /// Only these classes of components.
    #[must_use]
    pub fn with_targets(mut self, targets: &[ScpTarget]) -> Self {
        self.targets = targets.to_vec();
        self
    }

    /// To a file on a share.
    #[must_use]
    pub fn with_share(mut self, share: Share, file_name: impl Into<String>) -> Self {
        self.share = Some((share, file_name.into()));
        self
    }

    /// For this use.
    #[must_use]
    pub fn with_use(mut self, export_use: ExportUse) -> Self {
        self.export_use = export_use;
        self
    }

    /// Follows the job in another way.
    #[must_use]
    pub fn with_wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// With this besides.
    #[must_use]
    pub fn with_include(mut self, include: &[IncludeInExport]) -> Self {
        self.include = include.to_vec();
        self
    }
}

/// An export that is done.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Its job.
    pub job: JobOutcome,
    raw: Option<PrivateBytes>,
}

impl Exported {
    /// The profile's bytes as the iDRAC wrote them; nothing where they went to a share.
    #[must_use]
    pub fn raw(&self) -> Option<&Bytes> {
        self.raw.as_ref().map(|raw| &raw.0)
    }

    /// The profile, read.
    ///
    /// # Errors
    /// As [`Profile::parse`]; the bytes are there all the same.
    pub fn profile(&self) -> Result<Option<Profile>> {
        self.raw().cloned().map(Profile::parse).transpose()
    }
}

/// Exports a profile and waits for it. Changes nothing on the server.
///
/// # Errors
/// As [`start_export`] and [`follow_export`].
pub async fn export(redfish: &dyn Redfish, options: &ExportOptions) -> Result<Exported> {
    let job = start_export(redfish, options).await?;
    follow_export(redfish, &job, options).await
}

/// Starts an export and says which job it is: for who keeps that, so that another process can follow it.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a format, class or transport this iDRAC does not know (a local
/// export on iDRAC7, say); [`ErrorKind::Busy`](crate::ErrorKind::Busy) when other work does not end in time.
pub async fn start_export(redfish: &dyn Redfish, options: &ExportOptions) -> Result<JobRef> {
    let action = action::find(redfish, EXPORT).await?;
    let transport = options.share.as_ref().map_or("LOCAL", |(share, _)| share.kind().as_str());
    action::check_transport(&action, transport)
        .and_then(|()| action.check("ExportFormat", options.format.as_str()))
        .and_then(|()| action::check_classes(&action, &options.targets))
        .map_err(|error| error.with_host(redfish.host()))?;
    let mut operation = ExportSystemConfiguration::new(&action, options.format)
        .with_targets(&options.targets)
        .with_use(options.export_use)
        .with_include(&options.include);
    if let Some((share, file_name)) = &options.share {
        operation = operation.with_share(share.clone(), file_name.clone());
    }
    // The task of a local export is the profile itself: it is read once, by us.
    let wait = options.wait.clone().with_parts(Parts::Never);
    start::start(redfish, &operation, &[EXPORT_JOB_TYPE], options.patience, &wait).await
}

/// Follows an export that was started, and reads the profile where it went to no share.
///
/// # Errors
/// [`ErrorKind::JobFailed`](crate::ErrorKind::JobFailed) with the iDRAC's messages when the job did not do all of it;
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the task was purged before it could be read; and as
/// [`wait_for_job`].
pub async fn follow_export(redfish: &dyn Redfish, job: &JobRef, options: &ExportOptions) -> Result<Exported> {
    let wait = options.wait.clone().with_parts(Parts::Never);
    let outcome = wait_for_job(redfish, job, &wait).await?.into_result()?;
    let raw = match options.share {
        Some(_) => None,
        None => Some(task::await_profile(redfish, job, options.late).await?),
    };
    Ok(Exported { job: outcome, raw })
}

/// JSON where this iDRAC writes it, as its action says, and XML elsewhere. One request.
///
/// # Errors
/// There is no such action; the iDRAC's.
pub async fn best_format(redfish: &dyn Redfish) -> Result<ProfileFormat> {
    let action = action::find(redfish, EXPORT).await?;
    let has_json = action.allowable.get("ExportFormat").is_some_and(|formats| {
        formats.iter().any(|format| format.eq_ignore_ascii_case(ProfileFormat::Json.as_str()))
    });
    Ok(if has_json { ProfileFormat::Json } else { ProfileFormat::Xml })
}

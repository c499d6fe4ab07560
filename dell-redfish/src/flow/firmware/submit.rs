//! Hands an update to the iDRAC, each package at most once.

use std::time::Duration;

use crate::accepted::Accepted;
use crate::capability;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::restart::{RestartOptions, restart_idrac};
use crate::flow::wait::{JobRef, Started, WaitOptions, find_started, follow};
use crate::id::{DellJobId, ODataId};
use crate::operation::{Redfish, run};
use crate::ops::{PushPackage, SimpleUpdate, UploadPackage};
use crate::safeguard::Safeguard;
use crate::upload::PackageFile;

use super::access::UpdateAccess;
use super::request::{FirmwareUpdate, PackageSource, UpdateOptions};

/// How Dell calls the jobs of updates.
const JOB_TYPES: &[&str] = &["FirmwareUpdate", "FirmwareRollback", "RepositoryUpdate"];

/// An update that an iDRAC took on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its job.
    pub job: JobRef,
    /// Whether the iDRAC was restarted so that it took the package.
    pub idrac_was_reset: bool,
}

/// What the job of an update that begins now can be told by among others: written down before the update is sent, it finds the
/// job again whatever became of the sender ([`find_started`]). `known` are the jobs that are there already.
#[must_use]
pub fn start_of_update(redfish: &dyn Redfish, known: Vec<DellJobId>) -> Started {
    Started { known, ..Started::now(redfish, JOB_TYPES) }
}

/// Hands an update to the iDRAC and tells its job, without waiting for it: for whoever stages several and restarts the host
/// once. A connection that breaks over it is answered by looking for the job, never by sending it again. One request; three
/// through `HttpPushUri`.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for a way or a protocol that this iDRAC does not offer; a broken connection where no
/// job appeared; the iDRAC's, SUP029 for what is installed already among them.
pub async fn submit_update(
    redfish: &dyn Redfish,
    access: &UpdateAccess,
    update: &FirmwareUpdate,
    started: &Started,
    options: &UpdateOptions,
) -> Result<Submitted> {
    let attempt = async || match send(redfish, access, update, options).await {
        Ok(accepted) => follow(redfish, &accepted, started, &options.wait).await,
        Err(error) if is_open(&error) => adopt(redfish, started, &options.wait, error).await,
        Err(error) => Err(error),
    };
    match attempt().await {
        Ok(job) => Ok(Submitted { job, idrac_was_reset: false }),
        Err(error) if needs_reset(redfish, &error, options) => {
            restart_idrac(redfish, &RestartOptions::default()).await?;
            Ok(Submitted { job: attempt().await?, idrac_was_reset: true })
        }
        Err(error) => Err(error),
    }
}

/// Some iDRACs take no upload any more until they are restarted (RAC964). Nothing was carried out then.
fn needs_reset(redfish: &dyn Redfish, error: &Error, options: &UpdateOptions) -> bool {
    error.message_ids().any(|id| id.as_str() == "RAC964")
        && options.reset_and_upload_again
        && redfish.safeguards().has(Safeguard::ResetAndUploadAgain)
}

/// Whether it is not known what became of the request.
fn is_open(error: &Error) -> bool {
    !error.is_unsent()
        && error.http_status().is_none()
        && matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
}

/// The connection broke: the queue knows whether there is a job of it. If not, the request is not sent again, for the iDRAC may
/// still be about to make one.
async fn adopt(redfish: &dyn Redfish, started: &Started, wait: &WaitOptions, error: Error) -> Result<JobRef> {
    match find_started(redfish, started, wait).await {
        Ok(job) => Ok(job),
        Err(missing) if missing.kind() == ErrorKind::NotFound => Err(error),
        Err(other) => Err(other),
    }
}

async fn send(
    redfish: &dyn Redfish,
    access: &UpdateAccess,
    update: &FirmwareUpdate,
    options: &UpdateOptions,
) -> Result<Accepted> {
    match &update.package {
        PackageSource::Uri(uri) => {
            let careless = !redfish.safeguards().has(Safeguard::NoCredentialsInUri);
            let operation = SimpleUpdate::of_uri(&access.actions, uri.clone())?.careless(careless);
            run(redfish, &complete(operation, update)).await
        }
        PackageSource::Entry(entry) => {
            run(redfish, &complete(SimpleUpdate::of_entry(&access.actions, entry.clone())?, update)).await
        }
        PackageSource::File(file) => upload(redfish, access, update, file, options.standstill).await,
    }
}

fn complete(operation: SimpleUpdate, update: &FirmwareUpdate) -> SimpleUpdate {
    operation.with_targets(update.targets.clone()).with_apply_time(update.apply_time.clone())
}

async fn upload(
    redfish: &dyn Redfish,
    access: &UpdateAccess,
    update: &FirmwareUpdate,
    file: &PackageFile,
    standstill: Duration,
) -> Result<Accepted> {
    if access.max_bytes.is_some_and(|most| file.length() > most) {
        let message = format!("{} is larger than what this iDRAC takes", file.path().display());
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    if let Some(uri) = &access.multipart {
        let operation = UploadPackage {
            uri: uri.clone(),
            file: file.clone(),
            targets: update.targets.clone(),
            apply_time: update.apply_time.clone(),
            standstill,
        };
        return run(redfish, &operation).await;
    }
    let Some(uri) = &access.push else {
        return Err(capability::missing(redfish, "uploads of packages (MultipartHttpPushUri, HttpPushUri)"));
    };
    let entry = push(redfish, uri, file, standstill).await?;
    run(redfish, &complete(SimpleUpdate::of_entry(&access.actions, entry)?, update)).await
}

/// Sends a package alone; it becomes an entry of the inventory.
async fn push(
    redfish: &dyn Redfish,
    uri: &ODataId,
    file: &PackageFile,
    standstill: Duration,
) -> Result<ODataId> {
    let found = capability::find(redfish, uri.path()).await?;
    let etag = found.and_then(|found| found.etag).unwrap_or_else(|| "*".to_owned());
    run(redfish, &PushPackage { uri: uri.clone(), file: file.clone(), etag, standstill }).await
}

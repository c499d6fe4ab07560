//! The whole Lifecycle log as a file.

use bytes::Bytes;

use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::{Redfish, run};
use crate::ops::{ExportLcLog, ExportPlace, Exported, FetchFile};
use crate::plan::Plan;

/// How much of the Lifecycle log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LcLogScope {
    /// What is kept at hand.
    #[default]
    Active,
    /// With all that was archived.
    Complete,
}

impl LcLogScope {
    const fn action(self) -> &'static str {
        match self {
            Self::Active => "DellLCService.ExportLCLog",
            Self::Complete => "DellLCService.ExportCompleteLCLog",
        }
    }
}

/// Exports the Lifecycle log to a share, or on the iDRAC itself ([`ExportPlace::Local`]). Two requests; the work goes on in a job.
/// A file kept on the iDRAC is read with [`fetch_exported`] once the job has ended.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC has no such action or share (iDRAC7/8 have neither); the iDRAC's.
pub async fn export_lc_log(redfish: &dyn Redfish, scope: LcLogScope, place: ExportPlace) -> Result<Exported> {
    run(redfish, &operation(redfish, scope, place).await?).await
}

/// What the export would send. One request, which changes nothing.
///
/// # Errors
/// As [`export_lc_log`].
pub async fn plan_export_lc_log(
    redfish: &dyn Redfish,
    scope: LcLogScope,
    place: ExportPlace,
) -> Result<Plan> {
    let summary = format!("exports the Lifecycle log ({})", place.kind());
    Ok(Plan::new(summary).with_step(&operation(redfish, scope, place).await?))
}

/// Reads a file that an export left on the iDRAC. One request; at most as long as the client's limit for a reply.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a path that is no place for files; the iDRAC's.
pub async fn fetch_exported(redfish: &dyn Redfish, file: &ODataId) -> Result<Bytes> {
    if endpoint::file_path(file.as_str()).is_none() {
        let message = format!("{file} is no place where an export leaves files");
        return Err(Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host()));
    }
    run(redfish, &FetchFile::at(file.clone())).await
}

async fn operation(redfish: &dyn Redfish, scope: LcLogScope, place: ExportPlace) -> Result<ExportLcLog> {
    let actions = need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?.actions();
    let action = actions.need(scope.action())?;
    place.check(action)?;
    Ok(ExportLcLog::to(action.target.clone(), place))
}

//! Dell's diagnostics, and reports for Dell's support.

use crate::accepted::Accepted;
use crate::actions::Actions;
use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Redfish, run};
use crate::ops::{
    AcceptEula, CollectSupportData, DiagnosticsMode, DiagnosticsReboot, ExportDiagnostics, ExportPlace,
    Exported, GetEulaStatus, RunDiagnostics, SupportData,
};
use crate::plan::{Plan, Restart};

/// What running the diagnostics would do. One request, which changes nothing.
///
/// # Errors
/// As [`run_diagnostics`].
pub async fn plan_diagnostics(
    redfish: &dyn Redfish,
    mode: DiagnosticsMode,
    reboot: DiagnosticsReboot,
) -> Result<Plan> {
    let operation = diagnostics(redfish, mode, reboot).await?;
    let plan = Plan::new("restarts the host into the diagnostics");
    Ok(plan.with_step(&operation).with_host(Restart::Certain).with_warning(match mode {
        DiagnosticsMode::Express => "the host is away for half an hour or so",
        DiagnosticsMode::Extended | DiagnosticsMode::ExpressAndExtended => "the host is away for hours",
    }))
}

/// Restarts the host into the diagnostics. Two requests; the work goes on in a job. It is sent once: where a job exists already
/// (SYS098) the error is [`ErrorKind::Conflict`].
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC offers none (iDRAC7/8); the iDRAC's.
pub async fn run_diagnostics(
    redfish: &dyn Redfish,
    mode: DiagnosticsMode,
    reboot: DiagnosticsReboot,
) -> Result<Accepted> {
    run(redfish, &diagnostics(redfish, mode, reboot).await?).await
}

async fn diagnostics(
    redfish: &dyn Redfish,
    mode: DiagnosticsMode,
    reboot: DiagnosticsReboot,
) -> Result<RunDiagnostics> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.RunePSADiagnostics")?;
    action.check("RunMode", mode.as_str())?;
    action.check("RebootJobType", reboot.as_str())?;
    Ok(RunDiagnostics::at(action.target.clone(), mode, reboot))
}

/// Exports the result of the last diagnostics. Two requests; the work goes on in a job, or a file is left on the iDRAC.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC offers none, or not to such a share; the iDRAC's.
pub async fn export_diagnostics(redfish: &dyn Redfish, place: ExportPlace) -> Result<Exported> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.ExportePSADiagnosticsResult")?;
    place.check(action)?;
    run(redfish, &ExportDiagnostics::to(action.target.clone(), place)).await
}

/// A report for Dell's support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportCollection {
    /// What it holds.
    pub data: Vec<SupportData>,
    /// Whether what identifies persons is left out.
    pub filtered: bool,
    /// Where it goes.
    pub place: ExportPlace,
    /// Whether the licence agreement may be accepted in the operator's name where it is not yet.
    pub may_accept_eula: bool,
}

/// Whether the licence agreement of SupportAssist is accepted; nothing where the iDRAC does not tell. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC has no SupportAssist; the iDRAC's.
pub async fn fetch_eula_status(redfish: &dyn Redfish) -> Result<Option<bool>> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.SupportAssistGetEULAStatus")?;
    run(redfish, &GetEulaStatus::at(action.target.clone())).await
}

/// Collects a report for Dell's support. Three requests, and one more where the agreement is accepted on the way; the work goes
/// on in a job. Nothing is sent to Dell.
///
/// # Errors
/// [`ErrorKind::License`] where the agreement is not accepted and may not be; [`ErrorKind::Unsupported`] where this iDRAC does
/// not offer it, or not these data, or not to such a share; the iDRAC's.
pub async fn collect_support_data(redfish: &dyn Redfish, wanted: SupportCollection) -> Result<Exported> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.SupportAssistCollection")?;
    for data in &wanted.data {
        action.check("DataSelectorArrayIn", data.as_str())?;
    }
    wanted.place.check(action)?;
    let status = actions.need("DellLCService.SupportAssistGetEULAStatus")?;
    if run(redfish, &GetEulaStatus::at(status.target.clone())).await? == Some(false) {
        if !wanted.may_accept_eula {
            let message =
                "the licence agreement of SupportAssist is not accepted, and accepting it was not allowed";
            return Err(Error::new(ErrorKind::License, message).with_host(redfish.host()));
        }
        let accept = actions.need("DellLCService.SupportAssistAcceptEULA")?;
        run(redfish, &AcceptEula::at(accept.target.clone())).await?;
    }
    let SupportCollection { data, filtered, place, .. } = wanted;
    run(redfish, &CollectSupportData::to(action.target.clone(), data, filtered, place)).await
}

async fn lc_actions(redfish: &dyn Redfish) -> Result<Actions> {
    Ok(need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?.actions())
}

//! Dell's diagnostics, and reports for Dell's support.

use dell_redfish::flow::diagnostics::{
    SupportCollection, collect_support_data as collect, export_diagnostics, fetch_eula_status,
    plan_diagnostics, run_diagnostics,
};
use dell_redfish::ops::{DiagnosticsMode, DiagnosticsReboot, SupportData};
use serde::Deserialize;

use super::argument::{ShareArgument, place};
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Running {
    #[serde(default)]
    mode: DiagnosticsMode,
    #[serde(default)]
    reboot: DiagnosticsReboot,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    share: Option<ShareArgument>,
    file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collection {
    data: Vec<SupportData>,
    #[serde(default)]
    filtered: bool,
    share: Option<ShareArgument>,
    file: Option<String>,
    #[serde(default)]
    accept_eula: bool,
}

pub(super) async fn run(mut call: Call) -> Outcome {
    let Running { mode, reboot } = call.read()?;
    Reply::json(&run_diagnostics(&call.client, mode, reboot).await?)
}

pub(super) async fn plan_run(mut call: Call) -> Outcome {
    let Running { mode, reboot } = call.read()?;
    Reply::json(&plan_diagnostics(&call.client, mode, reboot).await?)
}

pub(super) async fn export(mut call: Call) -> Outcome {
    let Export { share, file } = call.read()?;
    Reply::json(&export_diagnostics(&call.client, place(share, file)?).await?)
}

pub(super) async fn eula_status(call: Call) -> Outcome {
    Reply::json(&fetch_eula_status(&call.client).await?)
}

pub(super) async fn collect_support_data(mut call: Call) -> Outcome {
    let Collection { data, filtered, share, file, accept_eula } = call.read()?;
    let place = place(share, file)?;
    let wanted = SupportCollection { data, filtered, place, may_accept_eula: accept_eula };
    Reply::json(&collect(&call.client, wanted).await?)
}

//! Configuration profiles: exported, looked at, imported.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dell_redfish::flow::scp::{
    ExportOptions, ImportOptions, export as export_scp, import, plan_import, preview_import as preview,
};
use dell_redfish::ops::{ExportUse, HostPowerState, IncludeInExport, ShutdownType};
use dell_redfish::scp::{Profile, ProfileFormat, ScpTarget};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde::Deserialize;

use super::argument::{Hidden, Seconds, ShareArgument, Wait, invalid, set};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::{Reply, from_json};
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    format: ProfileFormat,
    #[serde(default)]
    targets: Vec<ScpTarget>,
    #[serde(default)]
    export_use: ExportUse,
    #[serde(default)]
    include: Vec<IncludeInExport>,
    share: Option<ShareArgument>,
    file: Option<String>,
    patience: Option<Seconds>,
    wait: Option<Wait>,
}

impl Export {
    fn options(self, call: &Call) -> Result<ExportOptions, Failure> {
        let mut options = ExportOptions::new(self.format);
        options.targets = self.targets;
        options.export_use = self.export_use;
        options.include = self.include;
        options.share = match (self.share, self.file) {
            (Some(share), Some(file)) => Some((share.share()?, file)),
            (None, None) => None,
            _ => return Err(invalid("give `share` and `file` together")),
        };
        set(&mut options.patience, self.patience);
        options.wait = call.wait(self.wait.as_ref());
        Ok(options)
    }
}

/// A profile at hand, its bytes in base64, or a file on a share; and how it is imported.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    profile: Option<Hidden>,
    share: Option<ShareArgument>,
    file: Option<String>,
    #[serde(default)]
    targets: Vec<ScpTarget>,
    #[serde(default)]
    shutdown: ShutdownType,
    #[serde(default)]
    host: HostPowerState,
    time_to_wait: Option<Seconds>,
    #[serde(default)]
    any_model: bool,
    patience: Option<Seconds>,
    wait: Option<Wait>,
}

impl Import {
    fn options(self, call: &Call) -> Result<ImportOptions, Failure> {
        let mut options = match (self.profile, self.share, self.file) {
            (Some(Hidden(text)), None, None) => {
                let raw = STANDARD.decode(text.expose()).map_err(|_| invalid("the profile is no base64"))?;
                ImportOptions::new(Profile::parse(raw)?)
            }
            (None, Some(share), Some(file)) => ImportOptions::of_file(share.share()?, file),
            _ => return Err(invalid("give `profile`, or `share` and `file` together")),
        };
        options.targets = self.targets;
        options.shutdown = self.shutdown;
        options.host = self.host;
        options.time_to_wait = self.time_to_wait.map(|Seconds(time)| time);
        options.any_model = self.any_model;
        set(&mut options.patience, self.patience);
        options.wait = call.wait(self.wait.as_ref());
        Ok(options)
    }
}

/// `dsm.results.ExportedProfile`. The profile itself goes to Python as the bytes it is, not through JSON.
pub(super) async fn export(mut call: Call) -> Outcome {
    let options = call.read::<Export>()?.options(&call)?;
    let exported = export_scp(&call.client, &options).await?;
    let job = serde_json::to_vec(&exported.job).map_err(Failure::Json)?;
    let raw = exported.raw().cloned();
    Ok(Reply::made(move |py| {
        let made = PyDict::new(py);
        made.set_item("job", from_json(py, &job)?)?;
        made.set_item("profile", raw.map(|raw| PyBytes::new(py, &raw)))?;
        Ok(made.into_any().unbind())
    }))
}

pub(super) async fn import_profile(mut call: Call) -> Outcome {
    let options = call.read::<Import>()?.options(&call)?;
    Reply::json(&import(&call.client, &options).await?)
}

pub(super) async fn plan_import_profile(mut call: Call) -> Outcome {
    let options = call.read::<Import>()?.options(&call)?;
    Reply::json(&plan_import(&call.client, &options).await?)
}

pub(super) async fn preview_import(mut call: Call) -> Outcome {
    let options = call.read::<Import>()?.options(&call)?;
    Reply::json(&preview(&call.client, &options).await?)
}

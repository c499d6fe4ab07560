//! Erasing a server. Nothing of it can be taken back.

use dell_redfish::flow::erase::{EraseComponent, EraseSystem, list_erasable};
use serde::{Deserialize, Serialize};

use super::argument::{Wait, invalid};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// By Dell's `SystemErase`, or by DMTF's `Decommission`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct What {
    components: Option<Vec<EraseComponent>>,
    decommission: Option<Vec<String>>,
    #[serde(default)]
    oem: Vec<String>,
    wait: Option<Wait>,
}

impl What {
    fn erasure(&self) -> Result<EraseSystem, Failure> {
        match (&self.components, &self.decommission) {
            (Some(components), None) if self.oem.is_empty() => {
                Ok(EraseSystem::components(components.iter().copied()))
            }
            (None, Some(types)) => Ok(EraseSystem::decommission(types.clone(), self.oem.clone())),
            _ => Err(invalid("give `components`, or `decommission`, with `oem` or without")),
        }
    }
}

/// What an iDRAC can erase.
#[derive(Serialize)]
struct Erasable {
    /// By Dell's `SystemErase`.
    components: Vec<String>,
    /// By DMTF's `Decommission`.
    decommission: Vec<String>,
}

pub(super) async fn list(call: Call) -> Outcome {
    let (components, decommission) = list_erasable(&call.client).await?;
    Reply::json(&Erasable { components, decommission })
}

pub(super) async fn run(mut call: Call) -> Outcome {
    let what: What = call.read()?;
    let wait = call.wait(what.wait.as_ref());
    Reply::json(&what.erasure()?.run(&call.client, &wait).await?)
}

pub(super) async fn start(mut call: Call) -> Outcome {
    let erasure = call.read::<What>()?.erasure()?;
    Reply::json(&erasure.start(&call.client).await?)
}

pub(super) async fn plan_run(mut call: Call) -> Outcome {
    let erasure = call.read::<What>()?.erasure()?;
    Reply::json(&erasure.plan(&call.client).await?)
}

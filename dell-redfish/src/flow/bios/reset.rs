//! All BIOS settings back to their defaults.

use crate::actions::Actions;
use crate::endpoint;
use crate::error::Result;
use crate::flow::power::{ResetOutcome, plan_reset, reset_and_wait};
use crate::flow::settings::Afterwards;
use crate::id::ODataId;
use crate::model::{AttributeResource, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, ResetBios};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

/// What became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BiosReset {
    /// Whether it was asked for already, so that nothing was sent.
    pub was_pending: bool,
    /// The restart, where there was one. The defaults are there once the power-on test is over.
    pub restart: Option<ResetOutcome>,
}

/// Says what [`reset_bios`] would do. One request, and one more to plan a restart.
///
/// # Errors
/// As [`reset_bios`] before it sends anything.
pub async fn plan_reset_bios(redfish: &dyn Redfish, afterwards: &Afterwards) -> Result<Plan> {
    let bios = fetch(redfish).await?;
    let mut plan = Plan::new("all BIOS settings go back to their defaults").with_host(Restart::Needed);
    if is_pending(&bios) {
        plan = plan.with_warning("it was asked for before: the next restart brings the defaults");
    } else {
        plan = plan
            .with_step(&operation(redfish, &bios)?)
            .with_warning("the settings in force are lost: take a snapshot first");
    }
    if let Afterwards::Restart(reset) = afterwards {
        let restart = plan_reset(redfish, reset).await?;
        plan = plan.with_host(restart.host);
        plan.steps.extend(restart.steps);
        plan.warnings.extend(restart.warnings);
    }
    Ok(plan)
}

/// Asks for the defaults at the next restart, and restarts the host where the caller wants it. Its settings are gone for good:
/// [`take_snapshot`](super::take_snapshot) first.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC does not offer it; what the restart says.
pub async fn reset_bios(redfish: &dyn Redfish, afterwards: &Afterwards) -> Result<BiosReset> {
    let bios = fetch(redfish).await?;
    let was_pending = is_pending(&bios);
    if !was_pending {
        run(redfish, &operation(redfish, &bios)?).await?;
    }
    let restart = match afterwards {
        Afterwards::Restart(reset) => Some(reset_and_wait(redfish, reset).await?),
        Afterwards::Leave | Afterwards::Follow => None,
    };
    Ok(BiosReset { was_pending, restart })
}

async fn fetch(redfish: &dyn Redfish) -> Result<Resource<AttributeResource>> {
    run(redfish, &GetResource::at(ODataId::parse(endpoint::SYSTEM_BIOS)?)).await
}

fn is_pending(bios: &AttributeResource) -> bool {
    bios.reset_to_defaults_pending == Some(true)
}

fn operation(redfish: &dyn Redfish, bios: &Resource<AttributeResource>) -> Result<ResetBios> {
    let actions = Actions::of(bios);
    let action = actions.need("Bios.ResetBios").map_err(|error| error.with_host(redfish.host()))?;
    let with_body = redfish.safeguards().has(Safeguard::EmptyObjectBody);
    Ok(ResetBios { target: action.target.clone(), with_body })
}

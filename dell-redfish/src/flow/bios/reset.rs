//! All BIOS settings back to their defaults.

use crate::actions::Actions;
use crate::endpoint;
use crate::error::Result;
use crate::flow::power::{ResetOutcome, reset_and_wait};
use crate::flow::settings::Afterwards;
use crate::id::ODataId;
use crate::model::AttributeResource;
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, ResetBios};
use crate::safeguard::Safeguard;

/// What became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BiosReset {
    /// Whether it was asked for already, so that nothing was sent.
    pub was_pending: bool,
    /// The restart, where there was one. The defaults are there once the power-on test is over.
    pub restart: Option<ResetOutcome>,
}

/// Asks for the defaults at the next restart, and restarts the host where the caller wants it. Its settings are gone for good:
/// [`take_snapshot`](super::take_snapshot) first.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC does not offer it; what the restart says.
pub async fn reset_bios(redfish: &dyn Redfish, afterwards: &Afterwards) -> Result<BiosReset> {
    let bios =
        run(redfish, &GetResource::<AttributeResource>::at(ODataId::parse(endpoint::SYSTEM_BIOS)?)).await?;
    let was_pending = bios.reset_to_defaults_pending == Some(true);
    if !was_pending {
        let actions = Actions::of(&bios);
        let action = actions.need("Bios.ResetBios").map_err(|error| error.with_host(redfish.host()))?;
        let with_body = redfish.safeguards().has(Safeguard::EmptyObjectBody);
        run(redfish, &ResetBios { target: action.target.clone(), with_body }).await?;
    }
    let restart = match afterwards {
        Afterwards::Restart(reset) => Some(reset_and_wait(redfish, reset).await?),
        Afterwards::Leave | Afterwards::Follow => None,
    };
    Ok(BiosReset { was_pending, restart })
}

//! The operator's own name for a server.

use crate::capability::{SERVER, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ComputerSystem;
use crate::operation::{Redfish, run};
use crate::ops::GetComputerSystem;
use crate::ops::plain::PatchProperties;
use crate::safeguard::Safeguard;
use crate::tag::run_tagged;

/// Sets the asset tag; returns whether it was another one. One request where it is so already, else three: a look, the change
/// and a look after it.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a tag that is too long; [`ErrorKind::Server`] when it does not stick.
pub async fn set_asset_tag(redfish: &dyn Redfish, tag: &str) -> Result<bool> {
    let system = need_at(redfish, &endpoint::COMPUTER_SYSTEM, &[SERVER], "a system").await?;
    if system.read::<ComputerSystem>()?.asset_tag.as_deref() == Some(tag) {
        return Ok(false);
    }
    let operation = PatchProperties::asset_tag(system.path.clone(), tag)?;
    run_tagged(redfish, &operation, system.etag.as_deref()).await?;
    if redfish.safeguards().has(Safeguard::ReadBack) {
        let now = run(redfish, &GetComputerSystem).await?;
        if now.asset_tag.as_deref() != Some(tag) {
            let message = "the iDRAC took the asset tag and shows another one";
            return Err(Error::new(ErrorKind::Server, message).with_host(redfish.host()));
        }
    }
    Ok(true)
}

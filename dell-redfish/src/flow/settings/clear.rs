//! Dropping what is staged.

use crate::actions::Actions;
use crate::attribute::AttributeValues;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Redfish, run};
use crate::ops::ClearPending;

use super::read::{fetch, values};
use super::target::SettingsTarget;

/// Nothing is staged: no error for one who wants nothing to be.
const NOTHING_STAGED: &str = "BIOS012";

/// A job holds what is staged.
const HELD: &[&str] = &["BIOS011", "SYS011"];

/// Drops what is staged and not committed to a job, and says what it was. Two requests; one where nothing is staged.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC does not offer the action (iDRAC7 and 8: delete
/// the job, or stage the old values again), [`ErrorKind::Conflict`] where a job holds the values.
pub async fn clear_pending(redfish: &dyn Redfish, target: &SettingsTarget) -> Result<AttributeValues> {
    let settings = target.usual_settings()?;
    let resource = fetch(redfish, target, &settings).await?;
    let staged = values(&resource);
    let actions = Actions::of(&resource);
    let action = actions.need("DellManager.ClearPending").map_err(|error| error.with_host(redfish.host()))?;
    if staged.is_empty() {
        return Ok(staged);
    }
    match run(redfish, &ClearPending { target: action.target.clone() }).await {
        Ok(_) => Ok(staged),
        Err(error) if error.message_ids().any(|id| id.as_str() == NOTHING_STAGED) => {
            Ok(AttributeValues::default())
        }
        Err(error) if error.message_ids().any(|id| HELD.contains(&id.as_str())) => {
            let message = "a job holds what is staged; delete the job first";
            let said = Error::new(ErrorKind::Conflict, message).with_host(redfish.host());
            Err(said.with_extended(error.extended().to_vec()).with_source(error))
        }
        Err(error) => Err(error),
    }
}

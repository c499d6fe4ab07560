//! Whether the server is in lockdown mode, in which it refuses every change.

use super::attribute::fetch_attributes;
use crate::error::{ErrorKind, Result};
use crate::operation::Redfish;
use crate::ops::attribute::AttributeGroup;

/// The attribute that says so, from iDRAC9 3.x.
const LOCKDOWN: &str = "Lockdown.1.SystemLockdown";

/// Reads whether lockdown mode is on; nothing where this iDRAC has no such mode (iDRAC7/8). One request, or two on firmware that
/// keeps its attributes at the older place.
///
/// A change that lockdown mode forbids ends in [`ErrorKind::Lockdown`] by itself; this is for asking before.
///
/// # Errors
/// The iDRAC's.
pub async fn fetch_lockdown(redfish: &dyn Redfish) -> Result<Option<bool>> {
    match fetch_attributes(redfish, AttributeGroup::Idrac).await {
        Ok(group) => {
            let value = group.attributes.as_ref().and_then(|all| all.get(LOCKDOWN)?.as_text());
            Ok(match value {
                Some("Enabled") => Some(true),
                Some("Disabled") => Some(false),
                _ => None,
            })
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

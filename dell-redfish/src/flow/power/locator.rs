//! The light by which a person finds the server.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Chassis;
use crate::operation::{Redfish, run};
use crate::ops::{GetChassis, SetLocator};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocatorOutcome {
    /// Whether the light locates now.
    pub on: bool,
    /// Whether it did not before.
    pub changed: bool,
}

/// Turns the locator light of the chassis on or off, and reads it back. Nothing is sent where it is so already.
///
/// # Errors
/// [`ErrorKind::Unsupported`] when the chassis tells of no light; [`ErrorKind::Server`] when it does not do as it was told.
pub async fn set_locator(idrac: &dyn Redfish, on: bool) -> Result<LocatorOutcome> {
    let (older, now) = locating(&*run(idrac, &GetChassis).await?)?;
    if now == on {
        return Ok(LocatorOutcome { on, changed: false });
    }
    run(idrac, &SetLocator { on, older }).await?;
    let (_, after) = locating(&*run(idrac, &GetChassis).await?)?;
    if after != on {
        let message = "the iDRAC accepted the change of the locator light, and shows it unchanged";
        return Err(Error::new(ErrorKind::Server, message).with_host(idrac.host()));
    }
    Ok(LocatorOutcome { on, changed: true })
}

/// Whether the older property tells, and what.
fn locating(chassis: &Chassis) -> Result<(bool, bool)> {
    match (chassis.location_indicator_active, chassis.indicator_led.as_deref()) {
        (Some(on), _) => Ok((false, on)),
        (None, Some(led)) => Ok((true, led == "Blinking")),
        (None, None) => {
            Err(Error::new(ErrorKind::Unsupported, "this chassis has no locator light that can be set"))
        }
    }
}

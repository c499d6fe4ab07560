//! Taking images out.

use std::time::Duration;

use super::drive::{Drive, MediaDevice, list};
use super::{LOOK_EVERY, PATIENCE, SETTLING, TURN};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::turn;
use crate::id::ODataId;
use crate::meaning::MessageClass;
use crate::operation::{Redfish, run};
use crate::ops::{EjectMedia, GetVirtualMedia, MediaImage, PatchMedia};
use crate::plan::Plan;
use crate::safeguard::Safeguard;

/// Which drives to empty.
#[derive(Debug, Clone)]
pub enum EjectFrom {
    /// All.
    All,
    /// Those that can be such a drive.
    Device(MediaDevice),
    /// Those that hold this image, and no other.
    Image(Box<MediaImage>),
    /// This one.
    Drive(ODataId),
}

impl EjectFrom {
    fn means(&self, drive: &Drive) -> bool {
        match self {
            Self::All => true,
            Self::Device(device) => drive.takes(*device),
            Self::Image(image) => image.is_in(&drive.media),
            Self::Drive(path) => drive.path == *path,
        }
    }
}

/// What was taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ejected {
    /// The drives that are empty now and were not before. None: nothing had to change.
    pub drives: Vec<String>,
}

impl Ejected {
    /// Whether anything changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.drives.is_empty()
    }
}

/// Empties drives, and reads them until they say so. Drives that are empty already are left alone.
///
/// # Errors
/// The iDRAC's; [`ErrorKind::Timeout`] when a drive goes on showing an image.
pub async fn eject(redfish: &dyn Redfish, from: &EjectFrom) -> Result<Ejected> {
    let _turn = match redfish.safeguards().has(Safeguard::SerialiseMedia) {
        true => Some(turn::take(redfish.host(), TURN).await),
        false => None,
    };
    let mut ejected = Ejected::default();
    for drive in list(redfish).await?.iter().filter(|drive| from.means(drive) && drive.is_occupied()) {
        empty(redfish, drive).await?;
        ejected.drives.push(drive.path.as_str().to_owned());
    }
    Ok(ejected)
}

/// What [`eject`] would send.
///
/// # Errors
/// The iDRAC's, while its drives are read.
pub async fn plan_eject(redfish: &dyn Redfish, from: &EjectFrom) -> Result<Plan> {
    let mut plan = Plan::new("take images out of virtual drives");
    for drive in list(redfish).await?.iter().filter(|drive| from.means(drive) && drive.is_occupied()) {
        plan = with_eject(plan, drive);
    }
    Ok(plan)
}

pub(super) fn with_eject(plan: Plan, drive: &Drive) -> Plan {
    match drive.actions.find("VirtualMedia.EjectMedia") {
        Some(action) => plan.with_step(&EjectMedia::at(action.target.clone())),
        None => plan.with_step(&PatchMedia::eject(drive.path.clone())),
    }
}

/// Empties one drive. An answer that leaves it open what became of it (an internal error, a lost connection) is settled by
/// reading the drive.
pub(super) async fn empty(redfish: &dyn Redfish, drive: &Drive) -> Result<()> {
    for last in [false, true] {
        let sent = match drive.actions.find("VirtualMedia.EjectMedia") {
            Some(action) => run(redfish, &EjectMedia::at(action.target.clone())).await,
            None => run(redfish, &PatchMedia::eject(drive.path.clone())).await,
        };
        let unclear = match sent {
            Ok(()) => None,
            Err(error) if is_nothing_connected(&error) => return Ok(()),
            Err(error) if is_unclear(&error) => Some(error),
            Err(error) => return Err(error),
        };
        let patience = if unclear.is_some() { SETTLING } else { PATIENCE };
        if is_empty_soon(redfish, drive, patience).await? {
            return Ok(());
        }
        match unclear {
            Some(error) if last || !redfish.safeguards().has(Safeguard::EjectThenInsert) => {
                return Err(error);
            }
            Some(_) => {}
            None => break,
        }
    }
    let message =
        format!("{} still shows an image {} s after it was ejected", drive.path, PATIENCE.as_secs());
    Err(Error::new(ErrorKind::Timeout, message).with_host(redfish.host()))
}

async fn is_empty_soon(redfish: &dyn Redfish, drive: &Drive, patience: Duration) -> Result<bool> {
    let end = redfish.clock().now() + patience;
    loop {
        let media = run(redfish, &GetVirtualMedia::at(drive.path.clone())).await?;
        if media.inserted != Some(true) {
            return Ok(true);
        }
        if redfish.clock().now() + LOOK_EVERY > end {
            return Ok(false);
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
}

/// VRM0009, VRM0011: no image was in it.
fn is_nothing_connected(error: &Error) -> bool {
    error.message_ids().any(|id| matches!(id.as_str(), "VRM0009" | "VRM0011"))
}

/// Whether it may have been carried out all the same.
pub(super) fn is_unclear(error: &Error) -> bool {
    let said = MessageClass::decisive(error.extended());
    matches!(error.kind(), ErrorKind::Server | ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
        && said != Some(MessageClass::Failed)
        && !error.is_unsent()
}

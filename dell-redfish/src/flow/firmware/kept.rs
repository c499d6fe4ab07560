//! What an iDRAC keeps: back to the version before, and packages taken off it.

use crate::capability::missing;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::{Redfish, run};
use crate::ops::DeletePackage;
use crate::quirk::Generation;

use super::inventory::list_firmware;
use super::request::{Expected, FirmwareUpdate, PackageSource, UpdateOptions};
use super::update::{UpdateOutcome, update_firmware};

/// Installs the version before the present one in a device, from the copy that the iDRAC keeps. One request more than
/// [`update_firmware`].
///
/// # Errors
/// [`ErrorKind::NotFound`] where the iDRAC keeps none for this device, [`ErrorKind::Conflict`] where it keeps several; else as
/// [`update_firmware`].
pub async fn rollback_firmware(
    redfish: &dyn Redfish,
    fqdd: &str,
    options: &UpdateOptions,
) -> Result<UpdateOutcome> {
    let inventory = list_firmware(redfish).await?;
    let kept: Vec<_> = inventory.previous.iter().filter(|item| item.fqdd.as_deref() == Some(fqdd)).collect();
    let refused = |kind, what: &str| {
        Error::new(kind, format!("{fqdd}: the iDRAC keeps {what}")).with_host(redfish.host())
    };
    let previous = match kept.as_slice() {
        [one] => one,
        [] => return Err(refused(ErrorKind::NotFound, "no version to go back to")),
        _ => {
            return Err(refused(
                ErrorKind::Conflict,
                "several versions to go back to; install one of the entries",
            ));
        }
    };
    let entry = ODataId::parse(&endpoint::FIRMWARE.path(&[&previous.id])?)?;
    let update = FirmwareUpdate::new(PackageSource::Entry(entry))
        .expecting(Expected::in_device(previous.version.clone(), fqdd));
    update_firmware(redfish, &update, options).await
}

/// Deletes a package that is kept on the iDRAC. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] on generations before iDRAC10, [`ErrorKind::InvalidInput`] for an entry that is not
/// `Available-…`: what is installed or kept for a rollback is never deleted.
pub async fn delete_package(redfish: &dyn Redfish, id: &str) -> Result<()> {
    if redfish.facts().generation.is_some_and(|generation| generation < Generation::Idrac10) {
        return Err(missing(redfish, "the deletion of packages, which iDRAC10 brought"));
    }
    let inventory = list_firmware(redfish).await?;
    if !inventory.available.iter().any(|item| item.id == id) {
        let message = format!("{id:?} is no package that is kept for installation");
        return Err(Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host()));
    }
    let entry = ODataId::parse(&endpoint::FIRMWARE.path(&[id])?)?;
    run(redfish, &DeletePackage { entry }).await
}

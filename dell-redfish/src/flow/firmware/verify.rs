//! Whether the version is really there.

use crate::catalog::InstalledFirmware;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Redfish;
use crate::safeguard::Safeguard;

use super::inventory::{FirmwareInventory, list_firmware};
use super::request::{Expected, UpdateOptions};

/// Reads the inventory until it has shown these versions so many times in a row: after an update an iDRAC shows old and new
/// entries by turns, and is away for a while itself. Gives the inventory that was read last, at the latest once
/// [`UpdateOptions::settle_limit`] is over, whether they are there or not. One request each reading.
///
/// # Errors
/// The last error when the iDRAC stayed away; at once what no waiting mends.
pub async fn await_versions(
    redfish: &dyn Redfish,
    expected: &[Expected],
    options: &UpdateOptions,
) -> Result<FirmwareInventory> {
    let patient = redfish.safeguards().has(Safeguard::AgreeingReads);
    let wanted = if patient { options.agreeing_reads.max(1) } else { 1 };
    let began = redfish.clock().now();
    let mut agreeing = 0;
    loop {
        let seen = match list_firmware(redfish).await {
            Ok(inventory) => {
                let agrees = expected.iter().all(|one| one.is_met(&inventory.installed));
                agreeing = if agrees { agreeing + 1 } else { 0 };
                if agreeing >= wanted {
                    return Ok(inventory);
                }
                Ok(inventory)
            }
            Err(error) if is_away(&error) => {
                agreeing = 0;
                Err(error)
            }
            Err(error) => return Err(error),
        };
        let is_late = redfish.clock().now().saturating_duration_since(began) >= options.settle_limit;
        if !patient || (is_late && agreeing == 0) {
            return seen;
        }
        redfish.clock().sleep(options.read_interval).await;
    }
}

/// [`await_versions`] of one. Gives what is installed of what was concerned.
///
/// # Errors
/// [`ErrorKind::JobFailed`] with the versions that are there when they never agreed; else as there.
pub(super) async fn verify(
    redfish: &dyn Redfish,
    expected: &Expected,
    options: &UpdateOptions,
) -> Result<Vec<InstalledFirmware>> {
    let inventory = await_versions(redfish, std::slice::from_ref(expected), options).await?;
    let is_met = expected.is_met(&inventory.installed);
    let concerned: Vec<_> = inventory.installed.into_iter().filter(|item| expected.concerns(item)).collect();
    if is_met { Ok(concerned) } else { Err(other_version(redfish, expected, &concerned)) }
}

fn other_version(redfish: &dyn Redfish, expected: &Expected, concerned: &[InstalledFirmware]) -> Error {
    let there: Vec<_> = concerned
        .iter()
        .map(|item| format!("{} {}", item.fqdd.as_deref().unwrap_or(&item.id), item.version))
        .collect();
    let there = if there.is_empty() { "no such device".to_owned() } else { there.join(", ") };
    let message = format!("version {} is not installed: the inventory shows {there}", expected.version);
    Error::new(ErrorKind::JobFailed, message).with_host(redfish.host())
}

/// Whether an error is what an iDRAC that restarts, or has just restarted, answers with.
fn is_away(error: &Error) -> bool {
    use ErrorKind as K;
    matches!(
        error.kind(),
        K::Connect
            | K::Tls
            | K::Timeout
            | K::NotReady
            | K::Busy
            | K::Server
            | K::CircuitOpen
            | K::SessionLimit
            | K::Protocol
    )
}

//! The catalogue of known faults, each proved against its counter-measure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod configure;
mod crawl;
mod host;
mod jobs;
mod login;
mod media;
mod observe;
mod wire;

use dell_redfish::flow::inventory::{Inventory, InventoryOptions, inventory};
use dell_redfish::{Operation, ops::GetComputerSystem};
use idrac_suite::{Failure, Rig};

/// One read that must work.
async fn read(rig: &Rig) -> Result<(), Failure> {
    run(rig, &GetComputerSystem).await.map(drop)
}

async fn run<O: Operation>(rig: &Rig, operation: &O) -> Result<O::Output, Failure> {
    Ok(rig.client().run(operation).await?)
}

/// The full inventory, as complete as the simulator knows it to be.
async fn take(rig: &Rig) -> Result<Inventory, Failure> {
    let found = inventory(rig.client(), InventoryOptions::default()).await?;
    let truth = rig.server().expected();
    if let Some(failure) = found.failures.first() {
        return Err(format!("{} is missing: {}", failure.path, failure.error).into());
    }
    let drives = found.drives.len();
    if drives != truth.drives.len() {
        return Err(format!("{drives} drives of {}", truth.drives.len()).into());
    }
    Ok(found)
}

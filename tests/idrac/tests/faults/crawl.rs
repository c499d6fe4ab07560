//! Faults that a reader of many resources meets.

use dell_redfish::Safeguard;
use idrac_sim::{Effect, ExpandSupport, FaultRule, Generation};
use idrac_suite::Rig;
use idrac_suite::fault::Fault;

use crate::take;

#[tokio::test]
async fn fault_09_two_documents_in_one_body() {
    Fault::new(Safeguard::RefuseTwoDocuments, Generation::Idrac9V5, "two_documents")
        .server(|spec| spec.expand(ExpandSupport::TwoDocuments))
        .prove(async |rig: &Rig| take(rig).await.map(drop))
        .await;
}

#[tokio::test]
async fn fault_38_one_resource_fails_in_a_crawl() {
    Fault::new(Safeguard::PartialInventory, Generation::Idrac9V7, "status")
        .server(|spec| spec.faults([FaultRule::status(500, "SYS446").path("*/Memory*")]))
        .prove(async |rig: &Rig| {
            use dell_redfish::flow::inventory::{InventoryOptions, inventory};
            let found = inventory(rig.client(), InventoryOptions::default()).await?;
            if found.failures.is_empty() {
                return Err("nobody says that the memory is missing".into());
            }
            if found.drives.is_empty() { Err("the drives are missing".into()) } else { Ok(()) }
        })
        .await;
}

#[tokio::test]
async fn fault_40_numbers_as_text() {
    Fault::new(Safeguard::LenientTypes, Generation::Idrac9V6, "numbers_as_text")
        .server(|spec| spec.faults([FaultRule::new(Effect::NumbersAsText).path("*/Memory*")]))
        .prove(async |rig: &Rig| {
            let found = take(rig).await?;
            let sizes = found.memory.iter().filter_map(|module| module.capacity_mib).count();
            if sizes == found.memory.len() && sizes > 0 { Ok(()) } else { Err("sizes are missing".into()) }
        })
        .await;
}

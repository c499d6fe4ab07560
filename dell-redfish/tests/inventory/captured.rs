//! The captured R750: complete, lossless, and in few requests.

use std::collections::BTreeSet;

use dell_redfish::flow::inventory::{Inventory, InventoryOptions, SectionSet, inventory};
use dell_redfish::model::{Resource, Schema, json};
use dell_redfish::{Generation, Redfish};
use serde_json::Value;

use crate::folder::{Fake, Tree, captured};

async fn take(fake: &Fake) -> Inventory {
    inventory(fake, InventoryOptions::default()).await.unwrap()
}

#[tokio::test]
async fn the_captured_r750_is_complete_and_lossless() {
    let Some(root) = captured() else { return };
    let fake = Fake::new(Tree::Folder(root));
    let all = take(&fake).await;
    println!("{} requests: {:#?}", all.requests, fake.asked());
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    assert_eq!(all.generation, Some(Generation::Idrac9));
    assert_eq!(all.cpus().count(), 2);
    assert_eq!(all.memory.len(), 8);
    assert_eq!(all.storage.len(), 3);
    assert_eq!(all.drives.len(), 2);
    assert_eq!(all.volumes.len(), 2);
    assert_eq!(all.adapters.len(), 3);
    assert_eq!(all.ports.len(), 4);
    assert_eq!(all.functions.len(), 4);
    assert_eq!(all.power_supplies().count(), 2);
    assert_eq!(all.fans().count(), 6);
    assert!(all.temperatures().count() >= 4);
    assert_eq!(all.firmware.len(), 23);
    assert!(all.bios.as_ref().unwrap().attributes.as_ref().unwrap().len() > 300);
    // Three subsystems, one of them with volumes; three cards.
    assert_eq!(all.requests, 8 + 3 + 1 + 3);
    assert_eq!(all.requests as usize, fake.asked().len());
    assert_lossless(&fake, &all);

    let row = all.summary();
    assert_eq!(row.service_tag.as_deref(), Some("CLLV0R3"));
    assert_eq!(row.idrac_firmware.as_deref(), Some("7.10.30.00"));
    assert_eq!((row.cpu_count, row.memory_gib, row.total_drives), (Some(2), Some(128), Some(2)));
    assert_eq!(fake.facts().expand, Some(true));
    assert_eq!(fake.facts().expand_refused, Vec::<String>::new());
}

/// All there is: PCIe devices and switch connections cost a request each, field-replaceable units and PCIe slots none.
#[tokio::test]
async fn every_section_of_the_captured_r750_is_lossless() {
    let Some(root) = captured() else { return };
    let fake = Fake::new(Tree::Folder(root));
    let full = take(&fake).await.requests;
    let options = InventoryOptions { sections: SectionSet::ALL, system: None };
    let all = inventory(&fake, options).await.unwrap();
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    assert_eq!((all.pcie_devices.len(), all.switch_connections.len()), (10, 3));
    assert_eq!(all.assembly.as_ref().unwrap().assemblies.as_ref().unwrap().len(), 16);
    assert_eq!(all.pcie_slots.as_ref().unwrap().slots.as_ref().unwrap().len(), 14);
    assert_lossless(&fake, &all);
    let interfaces = 1;
    assert_eq!(all.requests, full + 2 + interfaces);
}

#[tokio::test]
async fn the_same_without_expand_gives_the_same_texts() {
    let Some(root) = captured() else { return };
    let expanded = take(&Fake::new(Tree::Folder(root.clone()))).await;
    let facts = dell_redfish::HostFacts { expand: Some(false), ..Default::default() };
    let fake = Fake::new(Tree::Folder(root)).with_facts(facts);
    let walked = take(&fake).await;
    assert!(walked.failures.is_empty(), "{:?}", walked.failures);
    assert!(fake.asked().iter().all(|path| !path.contains('?')));
    println!("without $expand: {} requests", walked.requests);
    let texts = |all: &Inventory| -> BTreeSet<String> {
        all.documents().map(|document| value(document.raw).to_string()).collect()
    };
    assert_eq!(texts(&expanded), texts(&walked));
}

/// Every document is exactly what the folder holds, and every value of it is in the typed record or its extra.
fn assert_lossless(fake: &Fake, all: &Inventory) {
    let mut met = BTreeSet::new();
    for document in all.documents() {
        let id = document.odata_id.expect("every resource has an id");
        assert!(met.insert(id.to_owned()), "{id} came twice");
        assert_eq!(value(document.raw), fake.tree.read(id).unwrap(), "{id}");
    }
    let mut losses = Vec::new();
    check(&mut losses, std::slice::from_ref(&all.system));
    check(&mut losses, all.manager.as_slice());
    check(&mut losses, all.chassis.as_slice());
    check(&mut losses, all.bios.as_slice());
    check(&mut losses, &all.processors);
    check(&mut losses, &all.memory);
    check(&mut losses, &all.storage);
    check(&mut losses, &all.drives);
    check(&mut losses, &all.volumes);
    check(&mut losses, &all.adapters);
    check(&mut losses, &all.ports);
    check(&mut losses, &all.functions);
    check(&mut losses, all.power.as_slice());
    check(&mut losses, all.thermal.as_slice());
    check(&mut losses, &all.firmware);
    check(&mut losses, &all.pcie_devices);
    check(&mut losses, &all.ethernet_interfaces);
    check(&mut losses, all.assembly.as_slice());
    check(&mut losses, all.pcie_slots.as_slice());
    check(&mut losses, &all.switch_connections);
    assert!(losses.is_empty(), "{losses:?}");
}

fn check<T: Schema>(losses: &mut Vec<String>, resources: &[Resource<T>]) {
    for resource in resources {
        let mut typed = resource.to_json().unwrap();
        let extra = typed.as_object_mut().unwrap().remove("extra");
        let whole = match extra {
            Some(extra) => json::merge(typed, extra),
            None => typed,
        };
        if whole != value(resource.raw()) || !resource.is_lossless().unwrap() {
            losses.push(resource.odata_id().unwrap_or(T::NAME).to_owned());
        }
    }
}

fn value(raw: &[u8]) -> Value {
    serde_json::from_slice(raw).unwrap()
}

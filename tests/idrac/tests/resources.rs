//! What an iDRAC knows beside DMTF's resources, on every generation: switch connections, field-replaceable units, Dell's views.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use dell_redfish::flow::assembly::{fetch_assemblies, fetch_pcie_slots};
use dell_redfish::flow::dell_view::{
    DellView, DellViewKind, list_dell_view, list_dell_view_kinds, list_dell_views, list_switch_connections,
};
use dell_redfish::flow::inventory::{Inventory, InventoryOptions, Section, SectionSet, inventory};
use dell_redfish::model::{
    Assembly, DellMemory, DellNic, DellNumericSensor, DellProcessor, DellPsNumericSensor, DellRollupStatus,
    DellSensor, DellSlot, Resource, Schema, Severity,
};
use dell_redfish::ops::GetResource;
use dell_redfish::{Client, ErrorKind, ODataId, operation};
use idrac_sim::{Effect, FaultRule, Fleet, Generation};
use idrac_suite::capture::Capture;
use idrac_suite::{Rig, on_each};

fn has_views(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

fn has_slots(generation: Generation) -> bool {
    has_views(generation) && generation != Generation::Idrac9V5
}

async fn take(client: &Client, sections: SectionSet) -> Inventory {
    let all = inventory(client, InventoryOptions { sections, system: None }).await.unwrap();
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    all
}

fn assert_lossless<T: Schema>(resources: &[Resource<T>]) {
    for resource in resources {
        assert!(resource.is_lossless().unwrap(), "{:?}", resource.odata_id());
    }
}

#[tokio::test]
async fn the_switch_behind_each_port_is_known() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        if !has_views(rig.generation()) {
            let error = list_switch_connections(client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("DellSwitchConnectionCollection"), "{error}");
            let all = take(client, SectionSet::FULL.with(Section::SwitchConnections)).await;
            return assert!(all.switch_connections.is_empty());
        }
        let found = rig.expecting("switch connections", 2, list_switch_connections(client)).await.unwrap();
        assert_eq!(found.len(), 5);
        let own = found.iter().find(|one| one.fqdd.as_deref() == Some("iDRAC.Embedded.1")).unwrap();
        assert_eq!((own.switch(), own.switch_port()), (Some("5c:16:c7:00:00:ff"), Some("mgmt7")));
        assert_eq!(
            found.iter().filter(|one| one.switch().is_none()).count(),
            2,
            "the word for no link is none"
        );

        // One request more than the same inventory without.
        let plain = take(client, SectionSet::FULL).await;
        let with = SectionSet::FULL.with(Section::SwitchConnections);
        let all = take(client, with).await;
        assert_eq!((all.requests, all.switch_connections.len()), (plain.requests + 1, 5));
        let mut peers: Vec<_> = all
            .functions
            .iter()
            .map(|function| (function.id.clone().unwrap(), all.switch_peer(function)))
            .map(|(id, peer)| (id, peer.map(|peer| (peer.switch, peer.port, peer.is_stale))))
            .collect();
        peers.sort();
        let expected = [
            ("NIC.Embedded.1-1-1", Some(("5c:16:c7:00:00:00", Some("Ethernet1/1"), false))),
            ("NIC.Embedded.2-1-1", None),
            ("NIC.Integrated.1-1-1", Some(("5c:16:c7:00:00:01", Some("Ethernet1/2"), true))),
            ("NIC.Integrated.1-2-1", None),
        ];
        assert_eq!(peers, expected.map(|(id, peer)| (id.to_owned(), peer)));
        // Ports of the newer schema bring what they heard without a further request.
        let heard = plain.functions.iter().filter_map(|function| plain.switch_peer(function)).count();
        assert_eq!(heard, if rig.generation() == Generation::Idrac10 { 2 } else { 0 });
    })
    .await;
}

#[tokio::test]
async fn units_have_part_and_serial_numbers() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let (client, truth) = (rig.client(), rig.server().expected());
        if !has_views(rig.generation()) {
            let error = fetch_assemblies(client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("Assembly"), "{error}");
            return assert_eq!(fetch_pcie_slots(client).await.unwrap_err().kind(), ErrorKind::Unsupported);
        }
        let assembly = rig.expecting("assemblies", 1, fetch_assemblies(client)).await.unwrap();
        let units = assembly.assemblies.as_ref().unwrap();
        let dimms = units.iter().filter(|unit| unit.fqdd().is_some_and(|fqdd| fqdd.starts_with("DIMM.")));
        let mut serials: Vec<_> = dimms.map(|unit| unit.serial().unwrap().to_owned()).collect();
        serials.sort();
        assert_eq!(serials, truth.dimms);
        let card = units.iter().find(|unit| unit.fqdd() == Some("NIC.Embedded.1")).unwrap();
        assert_eq!(card.part_number.as_deref(), Some("0SIM03"));
        assert!(!card.serial().unwrap().ends_with(' '), "padded by the card");
        assert_eq!(card.dell().unwrap().package_type.as_deref(), Some("Module/Card"));

        match fetch_pcie_slots(client).await {
            Ok(found) if has_slots(rig.generation()) => {
                let slots = found.slots.as_ref().unwrap();
                assert_eq!(
                    slots.iter().map(|slot| slot.is_empty()).collect::<Vec<_>>(),
                    [false, false, true]
                );
                let key = slots[0].oem.as_ref().unwrap().dell.as_ref().unwrap().slot_key.as_deref();
                assert_eq!(key, Some("PCIe.Slot.1"));
            }
            other => {
                assert!(!has_slots(rig.generation()));
                assert_eq!(other.unwrap_err().kind(), ErrorKind::Unsupported);
            }
        }
        // With an inventory they cost nothing: the chassis brings them.
        let plain = take(client, SectionSet::FULL).await;
        assert!(plain.assembly.is_none() && plain.pcie_slots.is_none(), "only when asked for");
        let with = SectionSet::FULL.with(Section::Assembly).with(Section::PcieSlots);
        let all = take(client, with).await;
        assert_eq!(all.requests, plain.requests);
        assert_eq!(all.assembly.as_ref().unwrap().raw().len(), assembly.raw().len());
        assert_eq!(all.pcie_slots.is_some(), has_slots(rig.generation()));
        let kept: BTreeSet<_> = all.documents().map(|document| document.schema).collect();
        assert!(kept.contains("Assembly"), "{kept:?}");
    })
    .await;
}

#[tokio::test]
async fn views_are_listed_page_by_page() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        if !has_views(rig.generation()) {
            let error = list_dell_views::<DellSlot>(client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("DellSlotCollection"), "{error}");
            return assert!(list_dell_view_kinds(client).await.unwrap().is_empty());
        }
        // The server, and two pages.
        let slots = rig.expecting("slots", 3, list_dell_views::<DellSlot>(client)).await.unwrap();
        assert_eq!(slots.len(), 56);
        let filled = slots.iter().filter(|slot| slot.is_empty == Some(false)).count();
        assert_eq!(filled, 16 + 24);
        let sensors = rig.expecting("sensors", 3, list_dell_views::<DellSensor>(client)).await.unwrap();
        assert_eq!(sensors.len(), 70);
        assert_eq!(sensors[69].current_state.as_deref(), Some("Good"));
        let readings = list_dell_views::<DellNumericSensor>(client).await.unwrap();
        assert_eq!(readings[1].value(), Some(41.5));
        let currents = list_dell_views::<DellPsNumericSensor>(client).await.unwrap();
        assert!((currents[0].value().unwrap() - 0.6).abs() < 1e-9, "tenths of amperes");
        let health = list_dell_views::<DellRollupStatus>(client).await.unwrap();
        let worst = health.iter().filter_map(|one| one.severity()).max();
        assert_eq!(worst, Some(Severity::Warning));
        assert_lossless(&slots);
        assert_lossless(&readings);
        // By name, as JSON.
        let named = list_dell_view(client, DellViewKind::Slots).await.unwrap();
        assert_eq!((named.len(), &named[0]["NumberDescription"]), (56, &"A1".into()));
        assert!(named[0]["extra"]["@odata.context"].is_string());
    })
    .await;
}

#[tokio::test]
async fn which_views_there_are_is_read_from_the_links() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let kinds = rig.expecting("kinds of views", 3, list_dell_view_kinds(client)).await.unwrap();
        for kind in &kinds {
            list_dell_view(client, *kind).await.unwrap();
        }
        let has = |kind: DellViewKind| kinds.contains(&kind);
        let generation = rig.generation();
        assert_eq!(has(DellViewKind::Slots), has_views(generation));
        assert_eq!(has(DellViewKind::SwitchConnections), has_views(generation));
        assert_eq!(has(DellViewKind::Video), has_views(generation) && generation != Generation::Idrac10);
        // Listed by 5.x; later they stand only inside the resources they are views of, as the same type.
        let is_listed = generation == Generation::Idrac9V5;
        for kind in [DellProcessor::KIND, DellMemory::KIND, DellNic::KIND] {
            assert_eq!(has(kind), is_listed, "{kind:?}");
        }
        let all = take(client, SectionSet::FULL).await;
        let inside: Vec<&DellProcessor> =
            all.cpus().filter_map(|cpu| cpu.oem.as_ref()?.dell.as_ref()?.processor.as_ref()).collect();
        assert_eq!(inside.len(), 2);
        match list_dell_views::<DellProcessor>(client).await {
            Ok(listed) => {
                assert!(is_listed);
                assert_eq!(listed[0].cpu_family, inside[0].cpu_family);
                let path = ODataId::parse(listed[0].odata_id.as_deref().unwrap()).unwrap();
                let alone = operation::run(client, &GetResource::<DellProcessor>::at(path)).await.unwrap();
                assert_eq!(*alone, *listed[0]);
            }
            Err(error) => {
                assert!(!is_listed);
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(error.to_string().contains("DellProcessorCollection"), "{error}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_views_that_lead_in_a_circle_end() {
    on_each([Generation::Idrac9V7, Generation::Idrac10], async |rig: &Rig| {
        for effect in [Effect::NextLinkLoop, Effect::PagesEndless, Effect::PagesOverlap { by: 1_000 }] {
            rig.server().set_faults([FaultRule::new(effect.clone()).path("*/DellSlots")]);
            let (slots, asked) = rig.counting(list_dell_views::<DellSlot>(rig.client())).await;
            let slots = slots.unwrap();
            let ids: BTreeSet<_> = slots.iter().filter_map(|slot| slot.odata_id.clone()).collect();
            assert_eq!(ids.len(), slots.len(), "each once: {effect:?}");
            assert!(slots.len() >= 50 && asked.len() <= 5, "{effect:?}: {asked:#?}");
        }
    })
    .await;
}

/// The captured R750: every view it lists, every value of them, and the units of single parts.
#[tokio::test]
async fn the_views_of_the_captured_r750_lose_nothing() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    let client = rig.client();
    let kinds = list_dell_view_kinds(client).await.unwrap();
    assert_eq!(kinds.len(), 17, "{kinds:?}");
    let mut listed = 0;
    for kind in kinds {
        listed += list_dell_view(client, kind).await.unwrap().len();
    }
    assert_eq!(listed, 67 + 77 + 22 + 3 + 11 + 1 + 3 + 1 + 1);
    let slots = list_dell_views::<DellSlot>(client).await.unwrap();
    assert_eq!(slots.len(), 67);
    assert_lossless(&slots);
    assert_lossless(&list_dell_views::<DellSensor>(client).await.unwrap());
    assert_lossless(&list_dell_views::<DellNumericSensor>(client).await.unwrap());
    assert_lossless(&list_switch_connections(client).await.unwrap());
    let assembly = fetch_assemblies(client).await.unwrap();
    let slots = fetch_pcie_slots(client).await.unwrap();
    assert!(assembly.is_lossless().unwrap() && slots.is_lossless().unwrap());
    assert_eq!(slots.slots.as_ref().unwrap().len(), 14);

    // A single view and a single part by their own paths, and the whole inventory with all of it.
    let nic = "/redfish/v1/Chassis/System.Embedded.1/NetworkAdapters/NIC.Embedded.1/NetworkDeviceFunctions/\
               NIC.Embedded.1-1-1/Oem/Dell/DellNIC/NIC.Embedded.1-1-1";
    let nic = GetResource::<DellNic>::at(ODataId::parse(nic).unwrap());
    assert_eq!(operation::run(client, &nic).await.unwrap().media_type.as_deref(), Some("Base T"));
    let module = "/redfish/v1/Systems/System.Embedded.1/Memory/DIMM.Socket.A1/Assembly";
    let module = GetResource::<Assembly>::at(ODataId::parse(module).unwrap());
    let module = operation::run(client, &module).await.unwrap();
    assert_eq!(module.assemblies.as_ref().unwrap()[0].fqdd(), Some("DIMM.Socket.A1"));
    let all = take(client, SectionSet::ALL).await;
    assert_eq!(all.switch_connections.len(), 3);
    assert!(all.pcie_slots.is_some() && all.assembly.is_some());
    assert!(
        all.functions.iter().all(|function| all.switch_peer(function).is_none()),
        "no NIC of it is plugged in"
    );
    rig.finish().await;
}

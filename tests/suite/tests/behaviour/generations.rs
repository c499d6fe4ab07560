//! Every generation: complete, lossless, within a written budget, on as many connections as allowed, and no session left.

use dell_redfish::Redfish as _;
use idrac_sim::{Generation, InventorySize};

use dsm_suite::inventory::{by_schema, client, differences, losses, take};

use crate::{asked, one, only};

/// Requests of a whole visit on the benchmark's tree (2 controllers, 12 drives, a volume on each controller, 16 DIMMs,
/// 4 cards of 2 ports, 2 GPUs, 40 firmware entries), login and logout counted: of the first visit at most, and of a
/// later one exactly.
///
/// - Login and logout, 2.
/// - iDRAC9: system, BIOS, storage list, iDRAC, chassis with power and thermal, 3 expanded lists, 2 storage subsystems,
///   their 2 volumes, 4 cards: 16.
/// - iDRAC10: 5 more, for 2 controllers, supplies, fans and sensors.
/// - iDRAC7/8: link by link; what they refuse (expansions, the newer place of sessions) is tried a few times on
///   the first visit.
const BUDGETS: [(Generation, usize, usize); 6] = [
    (Generation::Idrac7, 101, 97),
    (Generation::Idrac8, 121, 117),
    (Generation::Idrac9V5, 18, 18),
    (Generation::Idrac9V6, 18, 18),
    (Generation::Idrac9V7, 18, 18),
    (Generation::Idrac10, 23, 23),
];

/// Read in full by every generation that has them.
const WHOLE: [&str; 9] = [
    "ComputerSystem",
    "Manager",
    "Processor",
    "Memory",
    "Storage",
    "Drive",
    "NetworkAdapter",
    "NetworkDeviceFunction",
    "SoftwareInventory",
];

#[tokio::test]
async fn every_generation_is_read_whole_within_its_budget() {
    for (index, (generation, first, later)) in BUDGETS.into_iter().enumerate() {
        let fleet = one(&format!("127.30.{index}.0"), generation)
            .size(InventorySize::benchmark())
            .start()
            .await
            .unwrap();
        let server = only(&fleet);
        let truth = server.expected();

        let visitor = client(&server).build().unwrap();
        let found = take(&visitor).await.unwrap();
        let facts = visitor.facts();
        visitor.close().await;
        assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
        let wrong = differences(&truth, &found);
        assert!(wrong.is_empty(), "{generation:?}: {wrong:#?}");
        let lost = losses(&found, |_| None);
        assert!(lost.is_empty(), "{generation:?}: {lost:#?}");
        let counts = by_schema(&found);
        for schema in WHOLE {
            assert_eq!(counts.get(schema), truth.resources.get(schema), "{generation:?}: {schema}");
        }
        let cards = truth.resources.contains_key("NetworkAdapter");
        assert_eq!(found.ports.len(), if cards { 8 } else { 0 }, "{generation:?}");
        assert!(found.temperatures().count() > 0, "{generation:?}");

        let sent = asked(&fleet);
        // Where something is refused, how many tries were under way by then is a matter of timing.
        assert!(
            (later..=first).contains(&sent.len()),
            "{generation:?}: {} of {first}: {sent:#?}",
            sent.len()
        );
        assert_eq!(found.requests as usize, sent.iter().filter(|line| line.starts_with("GET")).count());
        assert_eq!(server.connections(), 2, "{generation:?}: two requests at a time, each connection kept");
        assert_eq!(server.handshakes(), server.connections(), "{generation:?}");
        let totals = server.totals();
        assert_eq!((totals.sessions_opened, totals.sessions_closed), (1, 1), "{generation:?}");
        assert_eq!((server.open_sessions(), totals.failed_logins), (0, 0), "{generation:?}");
        assert!(totals.most_at_once <= 2, "{generation:?}: {totals:?}");

        // One request at a time is one handshake, and what was learned is not learned again.
        fleet.clear_journal();
        let before = server.handshakes();
        let visitor = client(&server).facts(facts).concurrency(1).build().unwrap();
        let found = take(&visitor).await.unwrap();
        visitor.close().await;
        assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
        assert!(differences(&truth, &found).is_empty(), "{generation:?}");
        let sent = asked(&fleet);
        assert_eq!(sent.len(), later, "{generation:?}: {sent:#?}");
        assert!(fleet.journal().iter().all(|exchange| exchange.status < 400), "{generation:?}");
        assert_eq!(server.handshakes() - before, 1, "{generation:?}");
        assert_eq!(server.open_sessions(), 0, "{generation:?}");
        fleet.stop().await;
    }
}

#[tokio::test]
async fn firmware_without_an_update_service_has_no_firmware_list() {
    for (index, generation) in [Generation::Idrac7, Generation::Idrac8].into_iter().enumerate() {
        let fleet = one(&format!("127.30.{}.0", 10 + index), generation)
            .defaults(|mut server| {
                server.old_firmware = true;
                server
            })
            .start()
            .await
            .unwrap();
        let server = only(&fleet);
        let visitor = client(&server).build().unwrap();
        let found = take(&visitor).await.unwrap();
        visitor.close().await;
        assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
        let wrong = differences(&server.expected(), &found);
        assert!(wrong.is_empty(), "{generation:?}: {wrong:#?}");
        assert!(found.firmware.is_empty());
        assert_eq!(server.open_sessions(), 0);
    }
}

#[tokio::test]
async fn an_empty_server_and_a_full_one_are_read_alike() {
    let bare = InventorySize {
        controllers: 0,
        drives: 0,
        volumes: 0,
        dimms: 1,
        adapters: 0,
        gpus: 0,
        ..InventorySize::default()
    };
    let full = InventorySize {
        drives: 60,
        dimms: 32,
        adapters: 8,
        ports_per_adapter: 4,
        ..InventorySize::default()
    };
    for (index, size) in [bare, full].into_iter().enumerate() {
        for (place, generation) in
            [Generation::Idrac8, Generation::Idrac9V6, Generation::Idrac10].into_iter().enumerate()
        {
            let network = format!("127.30.{}.0", 20 + 3 * index + place);
            let fleet = one(&network, generation).size(size).start().await.unwrap();
            let server = only(&fleet);
            let visitor = client(&server).build().unwrap();
            let found = take(&visitor).await.unwrap();
            visitor.close().await;
            assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
            let wrong = differences(&server.expected(), &found);
            assert!(wrong.is_empty(), "{generation:?}: {wrong:#?}");
        }
    }
}

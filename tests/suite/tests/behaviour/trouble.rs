//! What goes wrong in the middle of an inventory: the rest stands, what failed is named, nothing is tried in vain twice.

use std::time::Duration;

use dell_redfish::flow::inventory::{Inventory, Section};
use dell_redfish::{BreakerPolicy, Client, HostFacts, Redfish as _, RetryPolicy};
use idrac_sim::{Effect, ExpandSupport, FaultRule, Fleet, Generation, ServerHandle};

use dsm_suite::inventory::{client, differences, take};

use crate::{asked, one, only};

const THREE: [Generation; 3] = [Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10];

/// What may be missing in a whole inventory when one resource cannot be read.
const PARTS: [(&str, Section, &[&str]); 4] = [
    ("*/Bios", Section::Bios, &["bios attributes"]),
    ("*/Memory", Section::Memory, &["dimms", "memory"]),
    ("*/Processors", Section::Processors, &["processors", "gpus"]),
    ("*/UpdateService/FirmwareInventory", Section::Firmware, &["firmware"]),
];

async fn visit(server: &ServerHandle, facts: HostFacts) -> (Inventory, HostFacts) {
    let visitor = client(server).facts(facts).build().unwrap();
    let found = take(&visitor).await.unwrap();
    let facts = visitor.facts();
    visitor.close().await;
    (found, facts)
}

fn assert_whole(server: &ServerHandle, found: &Inventory) {
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    let wrong = differences(&server.expected(), found);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(server.open_sessions(), 0);
}

/// Exactly this section is missing, and it is listed.
fn assert_partial(server: &ServerHandle, found: &Inventory, section: Section, missing: &[&str]) {
    assert!(!found.failures.is_empty(), "{section} was read all the same");
    assert!(found.failures.iter().all(|failure| failure.section == section), "{:?}", found.failures);
    assert!(found.failures.iter().all(|failure| failure.error.host().is_some()));
    for wrong in differences(&server.expected(), found) {
        assert!(missing.iter().any(|name| wrong.starts_with(name)), "{section}: {wrong}");
    }
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_part_that_answers_500_or_503_is_listed_and_the_rest_stands() {
    for (index, generation) in THREE.into_iter().enumerate() {
        let fleet = one(&format!("127.31.{index}.0"), generation).start().await.unwrap();
        let server = only(&fleet);
        for (path, section, missing) in PARTS {
            for fault in [FaultRule::status(500, "SYS446"), FaultRule::status(503, "SWC0700")] {
                server.set_faults([fault.path(path)]);
                let (found, facts) = visit(&server, HostFacts::default()).await;
                assert_partial(&server, &found, section, missing);
                // A failure is no refusal: it is asked for again, and is there.
                server.set_faults([]);
                let (found, _) = visit(&server, facts).await;
                assert_whole(&server, &found);
            }
        }
    }
}

#[tokio::test]
async fn what_passes_is_retried_and_nothing_is_missing() {
    let effects = [
        Effect::Status {
            status: 503,
            message_id: Some("SWC0700".into()),
            retry_after_s: None,
            extended_info_object: true,
        },
        Effect::Drop,
        Effect::DropAfter,
        Effect::Truncate { keep: 100 },
        Effect::Html { status: 200 },
        Effect::Garbage,
        Effect::ContentLength { delta: -7 },
        Effect::SlowDrip { chunk: 4096, every_ms: 1 },
        Effect::Delay { ms: 30 },
    ];
    for (index, generation) in THREE.into_iter().enumerate() {
        let fleet = one(&format!("127.31.{}.0", 10 + index), generation).start().await.unwrap();
        let server = only(&fleet);
        for effect in &effects {
            // The third and the seventh GET, whichever they are.
            let fault = || FaultRule::new(effect.clone()).method("GET");
            server.set_faults([fault().nth(3), fault().nth(7)]);
            let (found, _) = visit(&server, HostFacts::default()).await;
            assert!(found.failures.is_empty(), "{generation:?} {effect:?}: {:?}", found.failures);
            assert_whole(&server, &found);
        }
    }
}

#[tokio::test]
async fn a_body_that_never_makes_sense_is_a_part_that_is_missing() {
    let effects = [
        Effect::Html { status: 200 },
        Effect::Garbage,
        Effect::Truncate { keep: 60 },
        Effect::ContentLength { delta: -9 },
    ];
    let fleet = one("127.31.20.0", Generation::Idrac9V6).start().await.unwrap();
    let server = only(&fleet);
    for (path, section, missing) in PARTS {
        for effect in &effects {
            server.set_faults([FaultRule::new(effect.clone()).path(path)]);
            let visitor = client(&server).build().unwrap();
            let found =
                take(&visitor).await.unwrap_or_else(|error| panic!("{path} {effect:?}: {}", error.chain()));
            visitor.close().await;
            assert_partial(&server, &found, section, missing);
        }
    }
}

#[tokio::test]
async fn whatever_expand_meets_is_met_once() {
    let kinds = [
        ExpandSupport::Ignored,
        ExpandSupport::Unsupported,
        ExpandSupport::Unlicensed,
        ExpandSupport::TwoDocuments,
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let fleet = one(&format!("127.31.{}.0", 30 + index), Generation::Idrac9V6)
            .defaults(move |server| server.expand(kind))
            .start()
            .await
            .unwrap();
        let server = only(&fleet);
        let (found, facts) = visit(&server, HostFacts::default()).await;
        assert_whole(&server, &found);
        let vain = asked(&fleet).iter().filter(|line| line.contains("expand")).count();
        assert!((1..=8).contains(&vain), "{kind:?}: {vain}");

        // As it comes back from the column it is stored in.
        let facts: HostFacts = serde_json::from_value(serde_json::to_value(&facts).unwrap()).unwrap();
        fleet.clear_journal();
        let (found, again) = visit(&server, facts.clone()).await;
        assert_whole(&server, &found);
        assert!(asked(&fleet).iter().all(|line| !line.contains("expand")), "{kind:?}: {:#?}", asked(&fleet));
        assert!(fleet.journal().iter().all(|exchange| exchange.status < 400), "{kind:?}");
        assert_eq!(again, facts, "{kind:?}: nothing new to learn");
    }
}

#[tokio::test]
async fn pages_are_followed_and_circles_are_not() {
    let fleet = one("127.31.40.0", Generation::Idrac9V7)
        .defaults(|mut server| {
            server.page_size = Some(5);
            server
        })
        .start()
        .await
        .unwrap();
    let server = only(&fleet);
    let (found, _) = visit(&server, HostFacts::default()).await;
    assert_whole(&server, &found);
    assert!(asked(&fleet).iter().any(|line| line.contains("$skip")));
    fleet.stop().await;

    for (index, generation) in THREE.into_iter().enumerate() {
        let fleet = one(&format!("127.31.{}.0", 41 + index), generation).start().await.unwrap();
        let server = only(&fleet);
        server.set_faults([FaultRule::new(Effect::NextLinkLoop)]);
        let (found, _) = visit(&server, HostFacts::default()).await;
        assert_whole(&server, &found);
        let all = asked(&fleet);
        for list in ["/Memory", "/Processors", "/FirmwareInventory"] {
            let times = all.iter().filter(|line| line.split('?').next().unwrap().ends_with(list)).count();
            assert!(times <= 2, "{generation:?}: {list} was asked for {times} times");
        }
    }
}

/// Patient enough for an iDRAC that is away for a moment.
fn patient(server: &ServerHandle) -> Client {
    let retry =
        RetryPolicy { max_attempts: 40, base: Duration::from_millis(10), cap: Duration::from_millis(50) };
    // The breaker would rather wait half a minute.
    let breaker = BreakerPolicy { threshold: 1000, ..BreakerPolicy::default() };
    client(server).retry(retry).breaker(breaker).build().unwrap()
}

#[tokio::test]
async fn an_idrac_that_restarts_in_the_middle_is_read_to_the_end() {
    for (index, generation) in Generation::ALL.into_iter().enumerate() {
        let fleet = one(&format!("127.31.{}.0", 50 + index), generation).start().await.unwrap();
        let server = only(&fleet);
        for nth in [1, 4, 9] {
            let restart = FaultRule::new(Effect::Restart { for_ms: 40 }).method("GET").nth(nth);
            server.set_faults([restart]);
            let opened = server.totals().sessions_opened;
            let visitor = patient(&server);
            let found =
                take(&visitor).await.unwrap_or_else(|error| panic!("{generation:?}: {}", error.chain()));
            visitor.close().await;
            assert_whole(&server, &found);
            assert_eq!(
                server.totals().sessions_opened - opened,
                2,
                "{generation:?}: one login, and one more"
            );
        }
    }
}

#[tokio::test]
async fn a_slow_idrac_gets_no_more_at_once_than_it_was_promised() {
    for (index, at_once) in [1_usize, 2, 4].into_iter().enumerate() {
        let fleet = one(&format!("127.31.{}.0", 60 + index), Generation::Idrac9V7)
            .latency(Duration::from_millis(15))
            .expand_member_delay(Duration::from_millis(1))
            .start()
            .await
            .unwrap();
        let server = only(&fleet);
        let visitor = client(&server).concurrency(at_once).build().unwrap();
        let found = take(&visitor).await.unwrap();
        visitor.close().await;
        assert_whole(&server, &found);
        let most = usize::try_from(server.totals().most_at_once).unwrap();
        assert_eq!(most, at_once);
        assert_eq!(server.handshakes() as usize, at_once);
    }
}

#[tokio::test]
async fn stale_health_and_empty_lists_are_no_failures() {
    let fleet: Fleet = one("127.31.70.0", Generation::Idrac9V7).start().await.unwrap();
    let server = only(&fleet);
    server.set_faults([FaultRule::new(Effect::NullHealth)]);
    let (found, _) = visit(&server, HostFacts::default()).await;
    assert_whole(&server, &found);
    assert_eq!(found.summary().memory_health, None);
    server.set_faults([FaultRule::new(Effect::EmptyMembers).path("*/Memory")]);
    let (found, _) = visit(&server, HostFacts::default()).await;
    assert!(found.failures.is_empty() && found.memory.is_empty());
    assert!(!found.drives.is_empty());
}

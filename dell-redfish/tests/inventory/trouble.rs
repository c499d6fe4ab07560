//! What iDRACs do wrong: two documents, circles, refusals, parts that fail, restarts on other firmware.

use dell_redfish::flow::inventory::{InventoryOptions, Section, inventory};
use dell_redfish::{Error, ErrorKind, HostFacts, Redfish};
use serde_json::json;

use crate::folder::{Fake, refusal};
use crate::generations::{idrac9, take};

fn fake() -> Fake {
    Fake::new(idrac9(&[2, 0]))
}

#[tokio::test]
async fn two_documents_in_one_body_are_asked_for_again_without_expand() {
    let fake = fake().with_rule(|path, query| {
        let damaged = path.ends_with("/Memory") && !query.is_empty();
        damaged.then(|| Ok(r#"{"Members":[{"@odata.id":"/a","Id":"x"}]}{"Members":[]}"#.into()))
    });
    let all = take(&fake).await;
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    assert_eq!((all.memory.len(), all.requests), (16, 15 + 1 + 16));
    assert_eq!(fake.facts().expand_refused, ["/redfish/v1/Systems/{system}/Memory?$expand=*($levels=1)"]);
    // Remembered: the next time nothing is tried in vain.
    assert_eq!(take(&fake).await.requests, 15 + 16);
}

#[tokio::test]
async fn a_host_that_refuses_expand_is_asked_a_few_times_and_then_walked() {
    let fake =
        fake().with_rule(|_, query| (!query.is_empty()).then(|| Err(refusal(ErrorKind::Unsupported, 501))));
    let all = take(&fake).await;
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    assert_eq!((all.drives.len(), all.ports.len(), all.firmware.len()), (12, 8, 40));
    assert_eq!(fake.facts().expand, Some(false));
    // Two refusals settle it; one more request was under way by then.
    assert_eq!(fake.asked().iter().filter(|path| path.contains('?')).count(), 3);
}

#[tokio::test]
async fn related_links_that_stay_links_are_read_by_collection_and_remembered() {
    let tree = idrac9(&[2, 0]);
    let fake = fake().with_rule(move |path, query| {
        query.contains('~').then(|| Ok(tree.read(path).unwrap().to_string().into()))
    });
    let all = take(&fake).await;
    assert_eq!((all.adapters.len(), all.ports.len(), all.functions.len()), (4, 8, 8));
    let again = take(&fake).await;
    assert_eq!((again.adapters.len(), again.ports.len(), again.functions.len()), (4, 8, 8));
    // One list of cards, two collections for each of four: nothing is tried in vain.
    assert_eq!(again.requests, 11 + 1 + 8);
}

#[tokio::test]
async fn an_expanded_page_with_some_links_is_completed() {
    let tree = idrac9(&[2, 0]);
    let fake = fake().with_rule(move |path, query| {
        (path.ends_with("/Memory") && !query.is_empty()).then(|| {
            let mut page = tree.read(path).unwrap();
            let first = page["Members"][0]["@odata.id"].as_str().unwrap().to_owned();
            page["Members"][0] = tree.read(&first).unwrap();
            Ok(page.to_string().into())
        })
    });
    let all = take(&fake).await;
    assert_eq!((all.memory.len(), all.requests), (16, 15 + 15));
}

fn skip(query: &str) -> u32 {
    let value = query.split("$skip=").nth(1).unwrap_or_default();
    value.split('&').next().unwrap_or_default().parse().unwrap_or(0)
}

#[tokio::test]
async fn pages_are_followed_once_each() {
    let fake = fake().with_rule(|path, query| {
        if !path.ends_with("/Memory") {
            return None;
        }
        let skip = skip(query);
        // The last page leads back to the first but one, and members come twice.
        let next = (skip + 2) % 6;
        let member = |nth: u32| json!({"@odata.id": format!("{path}/DIMM.{nth}"), "Id": nth});
        let page = json!({"Members": [member(skip), member(skip + 1), member(skip)],
            "Members@odata.nextLink": format!("{path}?$skip={next}")});
        Some(Ok(page.to_string().into()))
    });
    let all = take(&fake).await;
    assert_eq!(all.memory.len(), 6, "{:#?}", fake.asked());
    assert!(all.failures.is_empty(), "{:?}", all.failures);
}

#[tokio::test]
async fn pages_without_end_are_cut_off() {
    let fake = fake().with_rule(|path, query| {
        let skip = skip(query);
        path.ends_with("/Memory").then(|| {
            let page = json!({"Members": [], "Members@odata.nextLink": format!("{path}?$skip={}", skip + 1)});
            Ok(page.to_string().into())
        })
    });
    let all = take(&fake).await;
    assert_eq!(all.failures.len(), 1);
    assert_eq!(all.failures[0].section, Section::Memory);
    assert!(all.requests < 100);
}

#[tokio::test]
async fn a_part_that_fails_is_reported_and_the_rest_stands() {
    let fake = fake().with_rule(|path, _| {
        path.ends_with("/Storage/RAID.Slot.2").then(|| Err(refusal(ErrorKind::Server, 500)))
    });
    let all = take(&fake).await;
    assert_eq!((all.storage.len(), all.drives.len(), all.memory.len()), (1, 6, 16));
    let [failure] = &all.failures[..] else { panic!("{:?}", all.failures) };
    assert_eq!((failure.section, failure.error.kind()), (Section::Storage, ErrorKind::Server));
    assert!(failure.path.ends_with("RAID.Slot.2") && failure.error.host().is_some());
    // A failure is no refusal: next time it is asked expanded again.
    assert!(fake.facts().expand_refused.is_empty() && fake.facts().absent.is_empty());
}

#[tokio::test]
async fn a_damaged_member_is_a_failure_of_its_own() {
    let tree = idrac9(&[2, 0]);
    let fake = fake().with_rule(move |path, query| {
        (path.ends_with("/Thermal") || (path.ends_with("Chassis/System.Embedded.1") && !query.is_empty()))
            .then(|| {
                if path.ends_with("/Thermal") {
                    return Ok("<html>503</html>".into());
                }
                Ok(tree.read(path).unwrap().to_string().into())
            })
    });
    let all = take(&fake).await;
    assert_eq!(all.failures.len(), 1, "{:?}", all.failures);
    assert_eq!(all.failures[0].error.kind(), ErrorKind::Protocol);
    assert!(all.power.is_some() && all.thermal.is_none());
}

#[tokio::test]
async fn links_that_lead_away_are_not_followed() {
    for evil in [
        "https://evil.example/redfish/v1/x",
        "/redfish/v1/../../etc/passwd",
        "//evil.example/x",
        "/etc/passwd",
    ] {
        let fake = fake().with_rule(move |path, _| {
            path.ends_with("/Memory")
                .then(|| Ok(json!({"Members": [{"@odata.id": evil}]}).to_string().into()))
        });
        let all = take(&fake).await;
        assert!(all.failures.iter().any(|failure| failure.error.kind() == ErrorKind::NotCanonical), "{evil}");
        assert!(fake.asked().iter().all(|path| !path.contains("evil") && !path.contains("passwd")));
    }
}

#[tokio::test]
async fn what_concerns_the_whole_idrac_ends_the_flow() {
    for kind in [ErrorKind::Authentication, ErrorKind::Connect, ErrorKind::Cancelled, ErrorKind::CircuitOpen]
    {
        let fake = fake().with_rule(move |path, _| {
            path.ends_with("/Memory").then(|| Err(Error::new(kind, "gone").unsent()))
        });
        let error = inventory(&fake, InventoryOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn other_firmware_makes_old_facts_void() {
    let old = HostFacts {
        idrac_version: Some("4.00.00.00".to_owned()),
        expand: Some(true),
        expand_refused: vec!["/redfish/v1/Systems/{system}/Memory?$expand=*($levels=1)".to_owned()],
        absent: vec!["/redfish/v1/UpdateService/FirmwareInventory".to_owned()],
        ..HostFacts::default()
    };
    let fake = fake().with_facts(old);
    let all = take(&fake).await;
    assert_eq!(all.firmware.len(), 40);
    let facts = fake.facts();
    assert_eq!(facts.idrac_version.as_deref(), Some("7.10.30.00"));
    assert!(facts.absent.is_empty());
}

#[tokio::test]
async fn a_system_elsewhere_is_found_by_its_collection() {
    let fake = fake().with_rule(|path, _| match path {
        "/redfish/v1/Systems/System.Embedded.1" => Some(Err(refusal(ErrorKind::NotFound, 404))),
        "/redfish/v1/Systems" => {
            Some(Ok(json!({"Members": [{"@odata.id": "/redfish/v1/Systems/1"}]}).to_string().into()))
        }
        "/redfish/v1/Systems/1" => Some(Ok(json!({"@odata.id": path, "SKU": "X"}).to_string().into())),
        _ => None,
    });
    let all = take(&fake).await;
    assert_eq!(all.system.sku.as_deref(), Some("X"));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_reply_is_that_resources_failure() {
    let fake = fake().with_rule(|path, _| {
        path.ends_with("/Memory").then(|| Err(Error::new(ErrorKind::Connect, "hung up")))
    });
    let all = take(&fake).await;
    let [failure] = &all.failures[..] else { panic!("{:?}", all.failures) };
    assert_eq!((failure.section, failure.error.kind()), (Section::Memory, ErrorKind::Connect));
    assert_eq!((all.memory.len(), all.drives.len()), (0, 12));
}

//! Every generation can be read whole: each link leads somewhere, and the parts are as many as asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::collections::{BTreeSet, VecDeque};

use idrac_sim::{Fleet, Generation, InventorySize, JournalMode};
use serde_json::Value;
use support::Client;

async fn fleet(generations: &[Generation]) -> Fleet {
    Fleet::builder()
        .network("127.20.0.0", generations.len())
        .generation_mix(generations.iter().copied())
        .credentials("root", "secret")
        .size(InventorySize::benchmark())
        .journal(JournalMode::Full)
        .start()
        .await
        .unwrap()
}

fn links(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let (1, Some(Value::String(link))) = (map.len(), map.get("@odata.id")) {
                found.push(link.clone());
            }
            map.values().for_each(|v| links(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| links(v, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_link_of_every_generation_resolves() {
    let fleet = fleet(&Generation::ALL).await;
    for server in fleet.servers() {
        let mut client = Client::basic(server.address(), "root", "secret").await.unwrap();
        let mut queue = VecDeque::from(["/redfish/v1".to_owned()]);
        let mut seen: BTreeSet<String> = queue.iter().cloned().collect();
        while let Some(path) = queue.pop_front() {
            let answer = client.get(&path).await;
            assert_eq!(answer.status, 200, "{:?} {path}", server.generation());
            let body = answer.json();
            assert_eq!(body["@odata.id"], path.as_str(), "{:?}", server.generation());
            assert!(
                !answer.body.contains(&0xc2) && !String::from_utf8_lossy(&answer.body).contains('«'),
                "{path}"
            );
            let mut found = Vec::new();
            links(&body, &mut found);
            queue.extend(found.into_iter().filter(|l| !l.contains('#') && seen.insert(l.clone())));
        }
        assert!(seen.len() > 100, "{:?}: {}", server.generation(), seen.len());
        let expected = server.expected();
        assert_eq!(expected.drives.len(), 12, "{:?}", server.generation());
        assert_eq!(expected.dimms.len(), 16);
        assert_eq!(expected.volumes, 2);
        assert_eq!(expected.firmware.len(), 40);
        assert_eq!((expected.fans, expected.power_supplies), (6, 2));
    }
    fleet.stop().await;
}

#[tokio::test]
async fn expanded_collections_hold_the_members_themselves() {
    let fleet = fleet(&[Generation::Idrac9V7]).await;
    let mut client = Client::connect(fleet.addresses()[0]).await.unwrap();
    assert_eq!(client.log_in("root", "secret").await.status, 201);
    let system = "/redfish/v1/Systems/System.Embedded.1";
    let memory = client.get(&format!("{system}/Memory?$expand=*($levels=1)")).await.json();
    let dimms = memory["Members"].as_array().unwrap();
    let one = client.get(dimms[3]["@odata.id"].as_str().unwrap()).await.json();
    assert_eq!((dimms.len(), &dimms[3]), (16, &one));
    let raid = client.get(&format!("{system}/Storage/RAID.SL.3-1?$expand=.($levels=1)")).await.json();
    assert_eq!(raid["Drives"].as_array().unwrap().len(), 6);
    assert!(raid["Drives"][0]["SerialNumber"].is_string());
    assert!(raid["Volumes"]["Members"].is_array());
    assert!(raid["Links"]["Enclosures"][0].get("Id").is_none());
    let deep = client.get(&format!("{system}/Memory?$expand=*($levels=2)")).await;
    assert_eq!((deep.status.as_u16(), deep.message_id().as_str()), (400, "SYS417"));
    let refused = client.get(&format!("{system}?$expand=*")).await;
    assert_eq!((refused.status.as_u16(), refused.message_id().as_str()), (400, "SYS451"));
    let firmware =
        client.get("/redfish/v1/UpdateService/FirmwareInventory?$expand=*($levels=1)").await.json();
    assert_eq!(firmware["Members"].as_array().unwrap().len(), 40);
    let journal = fleet.journal();
    assert!(journal.iter().all(|e| e.status == 200 || e.status == 201 || e.status == 400));
    assert_eq!(journal.last().unwrap().session.as_deref(), Some("1"));
    assert_eq!(fleet.server(0).unwrap().handshakes(), 1);
}

//! A server is its service tag, wherever it answers.

use dsm_core::store::ServerQuery;
use dsm_suite::stand::Stand;
use idrac_sim::Fleet;
use tempfile::TempDir;

use crate::{assert_done, fleet, ip, scan_all, stand};

/// The same store, the next day's fleet on the same addresses. Certificates go with their servers.
async fn tomorrow(stand: &Stand, kept: &TempDir, network: &str, tags: &[&'static str]) -> (Stand, Fleet) {
    let mut builder = fleet(network, tags.len()).certificates(kept.path());
    for (index, tag) in tags.iter().copied().enumerate() {
        builder = match tag {
            "" => builder.server(index, |s| s.kind(idrac_sim::Kind::Dead)),
            tag => builder.server(index, move |s| s.identity(tag)),
        };
    }
    let fleet = builder.port(stand.idrac.port).start().await.unwrap();
    let mut stand = stand.clone();
    stand.idrac.port = fleet.port();
    (stand, fleet)
}

async fn today(network: &str, tags: &[&'static str]) -> (Stand, TempDir, Fleet) {
    let (blank, kept) = (Stand::memory(0), tempfile::tempdir().unwrap());
    let (_, fleet) = tomorrow(&blank, &kept, network, tags).await;
    (stand(&fleet).await, kept, fleet)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_moved_is_an_update() {
    let (stand, kept, fleet) = today("127.42.0.0", &["AAAAAA1", "BBBBBB2", ""]).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let before = stand.servers().await.unwrap();
    let moved = before[&ip(&fleet, 0)].clone();
    fleet.stop().await;

    let (stand, fleet) = tomorrow(&stand, &kept, "127.42.0.0", &["", "BBBBBB2", "AAAAAA1"]).await;
    let ran = scan_all(&stand, &fleet).await;
    assert_done(&ran);
    assert_eq!(["new_servers", "updated_servers", "moved_servers"].map(|key| ran.count(key)), [0, 1, 1]);
    let rows = stand.store.servers(ServerQuery::default()).await.unwrap();
    assert_eq!(rows.len(), 2);
    let after = stand.servers().await.unwrap();
    let now = &after[&ip(&fleet, 2)];
    assert_eq!((now.id, now.created_at), (moved.id, moved.created_at));
    assert_eq!(now.fields.service_tag.as_deref(), Some("AAAAAA1"));
    assert!(!after.contains_key(&ip(&fleet, 0)));
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_changed_places_keep_their_rows() {
    let (stand, kept, fleet) = today("127.42.1.0", &["CCCCCC1", "DDDDDD2"]).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let before = stand.servers().await.unwrap();
    let (first, second) = (ip(&fleet, 0), ip(&fleet, 1));
    fleet.stop().await;

    let (stand, fleet) = tomorrow(&stand, &kept, "127.42.1.0", &["DDDDDD2", "CCCCCC1"]).await;
    let ran = scan_all(&stand, &fleet).await;
    assert_done(&ran);
    assert_eq!(["new_servers", "moved_servers"].map(|key| ran.count(key)), [0, 2]);
    let after = stand.servers().await.unwrap();
    assert_eq!(stand.store.servers(ServerQuery::default()).await.unwrap().len(), 2);
    assert_eq!(after[&first].id, before[&second].id);
    assert_eq!(after[&second].id, before[&first].id);
    for (address, row) in &after {
        let truth = fleet.expected(*address).unwrap();
        let drives = stand.store.inventory(row.id).await.unwrap().drives;
        let mut serials: Vec<String> = drives.into_iter().filter_map(|drive| drive.serial_number).collect();
        serials.sort();
        assert_eq!(serials, truth.drives, "the drives went with the server");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_at_a_known_address_is_new_and_the_old_one_is_kept() {
    let (stand, kept, fleet) = today("127.42.2.0", &["FFFFFF1"]).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let old = stand.servers().await.unwrap().remove(&ip(&fleet, 0)).unwrap();
    fleet.stop().await;

    let (stand, fleet) = tomorrow(&stand, &kept, "127.42.2.0", &["GGGGGG2"]).await;
    // Its certificate is another one too: that has to be trusted by hand.
    let engine = stand.engine().await.unwrap();
    assert!(engine.trust_anew(ip(&fleet, 0)).await.unwrap());
    engine.shutdown().await.unwrap();
    let ran = scan_all(&stand, &fleet).await;
    assert_done(&ran);
    assert_eq!(["new_servers", "updated_servers"].map(|key| ran.count(key)), [1, 0]);
    let rows = stand.store.servers(ServerQuery::default()).await.unwrap();
    assert_eq!(rows.len(), 2);
    let kept = rows.iter().find(|row| row.id == old.id).unwrap();
    assert_eq!((kept.fields.ip_address, kept.fields.service_tag.as_deref()), (None, Some("FFFFFF1")));
    assert!(!stand.store.inventory(old.id).await.unwrap().drives.is_empty());
}

//! iDRACs that speak TLS 1.0/1.1 only: with the feature detected once, remembered and inventoried like the others;
//! without it told apart, with the way out.

use serde_json::{Value, json};

use dsm_suite::stand::scan;

#[cfg(feature = "legacy-tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_tls_is_detected_stored_and_used_at_once_the_next_time() {
    use crate::{assert_done, fleet, ip, scan_all, stand};
    use idrac_sim::{Generation, Kind};

    let fleet = fleet("127.47.0.0", 3)
        .generation_mix([Generation::Idrac7, Generation::Idrac8, Generation::Idrac9V7])
        .server(0, |s| s.kind(Kind::LegacyTls))
        .server(1, |s| s.kind(Kind::LegacyTls))
        .start()
        .await
        .unwrap();
    let stand = stand(&fleet).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let rows = stand.servers().await.unwrap();
    for index in 0..3 {
        let (row, truth) = (&rows[&ip(&fleet, index)], fleet.expected(index).unwrap());
        assert_eq!(row.fields.service_tag, Some(truth.service_tag));
        assert_eq!(row.fields.requires_legacy_ssl, Some(index < 2));
        assert_eq!(stand.store.inventory(row.id).await.unwrap().drives.len(), truth.drives.len());
    }
    let old = fleet.server(0).unwrap();
    let refused = old.connections() - old.handshakes();
    assert!(refused >= 2, "the port check and the modern hello: {refused}");

    let ids: Vec<String> = rows.values().map(|row| row.id.to_string()).collect();
    let (connections, handshakes) = (old.connections(), old.handshakes());
    assert_done(&stand.run(scan(json!({"server_ids": ids}), Value::Null)).await.unwrap());
    assert_eq!(old.connections() - connections, old.handshakes() - handshakes, "straight to the old way");
    assert_eq!(fleet.open_sessions(), 0);
}

#[cfg(not(feature = "legacy-tls"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_feature_the_error_names_it() {
    use dsm_suite::stand::Stand;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A fatal alert, protocol_version: what a peer says that knows no TLS 1.2.
    const ALERT: [u8; 7] = [0x15, 3, 1, 0, 2, 2, 70];

    let listener = tokio::net::TcpListener::bind("127.47.1.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let old = tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut hello = [0; 2048];
            let _ = tcp.read(&mut hello).await;
            let _ = tcp.write_all(&ALERT).await;
        }
    });
    let stand = Stand::memory(address.port());
    stand.add_set("right", "root", "secret", 1).await.unwrap();
    let ran = stand.run(scan(json!({"ip_range": "127.47.1.1"}), Value::Null)).await.unwrap();
    assert_eq!((ran.count("discovered_count"), ran.count("stage1_passed")), (0, 1));
    let text = ran.result(address.ip()).unwrap().to_string();
    assert!(text.contains("legacy-tls"), "{text}");
    old.abort();
}

//! A certificate that changed on one iDRAC: reported with the way out, the rest done, and one call trusts it anew.

use dsm_suite::stand::{run, scan};
use serde_json::{Value, json};

use crate::{assert_done, assert_partly, fleet, ip, range, scan_all, stand};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_certificate_stops_one_idrac_until_it_is_trusted_anew() {
    let fleet = fleet("127.44.0.0", 6).start().await.unwrap();
    let stand = stand(&fleet).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let before = stand.servers().await.unwrap();

    let server = fleet.server(2).unwrap();
    let shown = server.renew_certificate().unwrap();
    let requests = server.requests();
    let engine = stand.engine().await.unwrap();
    let ran = run(&engine, scan(json!({"ip_range": range(&fleet)}), Value::Null)).await.unwrap();
    assert_partly(&ran);
    assert_eq!((ran.count("discovered_count"), ran.count("stage3_failed")), (5, 1));
    assert_eq!(ran.row.details["certificate_changed_ips"], json!([ip(&fleet, 2).to_string()]));
    let text = ran.error(ip(&fleet, 2)).to_owned();
    let (head, _) = shown.split_at(2);
    assert!(text.contains(&ip(&fleet, 2).to_string()) && text.contains("certificate"), "{text}");
    assert!(text.contains("trust") && text.to_lowercase().contains(&head.to_lowercase()), "{text}");
    assert!(ran.row.details["error"].as_str().unwrap().contains("another certificate"));
    assert!(ran.row.details["console_log"].to_string().contains(&ip(&fleet, 2).to_string()));
    assert_eq!(server.requests(), requests, "nothing was sent to it");
    let row = &stand.servers().await.unwrap()[&ip(&fleet, 2)];
    assert_eq!(row.fields.service_tag, before[&ip(&fleet, 2)].fields.service_tag, "what is known stays");

    assert!(engine.trust_anew(ip(&fleet, 2)).await.unwrap());
    assert_done(&run(&engine, scan(json!({"ip_range": range(&fleet)}), Value::Null)).await.unwrap());
    // And it is remembered from then on, over a restart of the engine too.
    engine.shutdown().await.unwrap();
    assert_done(&scan_all(&stand, &fleet).await);
    server.renew_certificate().unwrap();
    assert_partly(&scan_all(&stand, &fleet).await);
    assert_eq!(fleet.open_sessions(), 0);
}

//! Bad input: the field is named, the way out is told, the rest of the job goes on.

use dsm_core::ErrorKind;
use dsm_suite::stand::{Stand, scan};
use serde_json::{Value, json};

use crate::{assert_partly, fleet, ip, stand};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_entries_are_named_and_the_good_ones_scanned() {
    let fleet = fleet("127.43.0.0", 4).start().await.unwrap();
    let stand = stand(&fleet).await;
    let list = json!([
        ip(&fleet, 0).to_string(),
        "10.0.0.300",
        "8.8.8.8",
        "169.254.1.1",
        "::ffff:127.43.0.2",
        format!("{}-{}", ip(&fleet, 1), ip(&fleet, 3)),
        "fe80::1",
        format!("{}, {}", ip(&fleet, 0), ip(&fleet, 1)),
    ]);
    let ran = stand.run(scan(json!({"ip_list": list}), Value::Null)).await.unwrap();
    assert_partly(&ran);
    assert_eq!((ran.count("scanned_ips"), ran.count("discovered_count")), (4, 4), "each address once");
    let errors: Vec<&str> =
        ran.row.details["target_errors"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(errors.len(), 5, "{errors:#?}");
    for (index, part) in
        [(1, "no address"), (2, "public"), (3, "link-local"), (4, "IPv4-mapped"), (6, "link-local")]
    {
        let field = format!("target_scope.ip_list[{index}]");
        let error = errors.iter().find(|error| error.starts_with(&field));
        assert!(
            error.is_some_and(|error| error.contains(part) && error.contains("; ")),
            "{field}: {errors:#?}"
        );
    }
    assert!(ran.row.details["error"].as_str().unwrap().contains("5 entries"));
}

#[tokio::test]
async fn what_cannot_run_at_all_is_refused_at_once_or_fails_with_its_field() {
    let stand = Stand::memory(1);
    let engine = stand.engine().await.unwrap();
    for (scope, details, field) in [
        (json!({"ip_range": 5}), json!({}), "target_scope.ip_range"),
        (json!({"ip_list": {"a": 1}}), json!({}), "target_scope.ip_list"),
        (json!({"ip_list": ["127.0.0.1", 7]}), json!({}), "target_scope.ip_list[1]"),
        (json!({"server_ids": ["x"]}), json!({}), "target_scope.server_ids[0]"),
        (json!(7), json!({}), "target_scope"),
        (json!({"unknown": true}), json!({}), "target_scope"),
        (Value::Null, json!({}), "target_scope"),
        (
            json!({"ip_range": "127.0.0.1"}),
            json!({"fetch_options": {"bios": 1}}),
            "details.fetch_options.bios",
        ),
    ] {
        let error = engine.enqueue(scan(scope.clone(), details)).await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some(field)), "{scope}");
        assert!(error.way_out().is_some(), "{error}");
    }
    let unknown = dsm_core::NewJob { job_type: "discovery_scam".to_owned(), ..dsm_core::NewJob::default() };
    let error = engine.enqueue(unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoHandler);
    assert!(error.to_string().contains("discovery_scan"), "{error}");
    assert!(stand.store.jobs(dsm_core::store::JobQuery::default()).await.unwrap().is_empty());

    // Well formed, but nothing in it may be scanned. One that another program inserted meets the same when it runs.
    for (range, part) in [
        ("8.8.8.0/24", "public"),
        ("10.0.0.5-1", "ends before"),
        ("10.0.0.0/7", "11.0.0.0"),
        ("10.0.0.0/8", "16777214"),
    ] {
        let job = scan(json!({"ip_range": range}), Value::Null);
        let error = engine.enqueue(job.clone()).await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.way_out().is_some(), "{error}");
        let events = engine.events();
        let added = stand.store.enqueue(vec![job]).await.unwrap();
        dsm_suite::stand::to_the_end(events, added[0].id()).await;
        let row = engine.job(added[0].id()).await.unwrap();
        assert_eq!(row.status, dsm_core::JobStatus::Failed, "{range}");
        assert!(row.details["error"].as_str().unwrap().contains(part), "{:?}", row.details);
        assert!(row.details.contains_key("error_kind"), "{:?}", row.details);
    }
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_keys_exclusions_and_a_bare_list_are_fine() {
    let fleet = fleet("127.43.1.0", 5).start().await.unwrap();
    let stand = stand(&fleet).await;
    let scope = json!({"type": "x", "ip_range": format!("{}-5", ip(&fleet, 0)), "exclude": [ip(&fleet, 2).to_string()]});
    let ran = stand.run(scan(scope, json!({"notes": "kept", "scan_type": 3}))).await.unwrap();
    assert_eq!((ran.count("scanned_ips"), ran.count("discovered_count")), (4, 4));
    assert_eq!(ran.row.details["notes"], "kept", "keys of others stay");
    assert_eq!(fleet.server(2).unwrap().connections(), 0);
    let ran = stand.run(scan(json!([ip(&fleet, 2).to_string()]), Value::Null)).await.unwrap();
    assert_eq!((ran.count("scanned_ips"), ran.count("new_servers")), (1, 1));
}

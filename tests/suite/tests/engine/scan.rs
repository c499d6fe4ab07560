//! A range with everything in it that a real one has.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use dsm_core::{EventKind, JobStatus};
use dsm_suite::stand::{run, scan};
use idrac_sim::{Generation, InventorySize, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_partly, fleet, ip, range, scan_all, stand};

/// The keys that front ends read when a scan has ended, and while it runs.
const AT_THE_END: [&str; 16] = [
    "discovered_count",
    "auth_failures",
    "scanned_ips",
    "auth_failure_ips",
    "auto_refresh_triggered",
    "stage1_passed",
    "stage1_filtered",
    "stage2_passed",
    "stage2_filtered",
    "stage3_passed",
    "stage3_failed",
    "optimization_enabled",
    "server_results",
    "scan_duration_seconds",
    "ip_ranges",
    "console_log",
];
const ON_THE_WAY: [&str; 14] = [
    "ips_total",
    "ips_processed",
    "current_ip",
    "current_stage",
    "in_port_check",
    "in_detecting",
    "in_authenticating",
    "stage1_passed",
    "stage1_filtered",
    "stage2_passed",
    "stage2_filtered",
    "discovered_count",
    "auth_failures",
    "server_results",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mixed_range_is_told_apart_and_taken_in() {
    let fleet = fleet("127.40.0.0", 20)
        .generation_mix(Generation::MIX)
        .server(3, |s| s.kind(Kind::Dead))
        .server(5, |s| s.kind(Kind::Silent))
        .server(7, |s| s.kind(Kind::NotDell))
        .server(9, |s| s.kind(Kind::NotRedfish))
        .server(11, |s| s.kind(Kind::Hangs))
        .server(13, |s| s.credentials("admin", "nobody knows"))
        .server(15, |s| s.credentials("ops", "another"))
        .server(17, |s| s.latency(Duration::from_millis(40)).handshake_delay(Duration::from_millis(100)))
        .start()
        .await
        .unwrap();
    let stand = stand(&fleet).await;
    stand.add_set("second", "ops", "another", 20).await.unwrap();
    let ran = scan_all(&stand, &fleet).await;

    assert_partly(&ran);
    let strangers = [7, 9, 11];
    let found: Vec<usize> = (0..20).filter(|n| ![3, 5, 13].contains(n) && !strangers.contains(n)).collect();
    let counts = ["scanned_ips", "ips_processed", "stage1_passed", "stage1_filtered", "stage2_passed"];
    assert_eq!(counts.map(|key| ran.count(key)), [20, 20, 18, 2, 15], "{:#?}", ran.row.details);
    let counts = ["stage2_filtered", "stage3_passed", "stage3_failed", "discovered_count", "auth_failures"];
    assert_eq!(counts.map(|key| ran.count(key)), [3, 14, 1, 14, 1]);
    assert_eq!(
        ["new_servers", "servers_refreshed", "servers_failed"].map(|key| ran.count(key)),
        [14 + 1, 14, 0]
    );
    for key in AT_THE_END {
        assert!(ran.row.details.contains_key(key), "{key}");
    }
    assert_eq!(ran.row.details["auth_failure_ips"], json!([ip(&fleet, 13).to_string()]));
    assert_eq!(ran.status(ip(&fleet, 13)), "auth_failed");
    for (index, reason) in
        [(3, "port_closed"), (5, "port_closed"), (7, "not_idrac"), (9, "not_idrac"), (11, "timeout")]
    {
        let result = ran.result(ip(&fleet, index)).unwrap();
        assert_eq!(
            (&result["status"], &result["filter_reason"]),
            (&json!("filtered"), &json!(reason)),
            "{index}"
        );
    }

    let rows = stand.servers().await.unwrap();
    let here: BTreeSet<_> = found.iter().chain(&[13]).map(|n| ip(&fleet, *n)).collect();
    assert_eq!(rows.keys().copied().collect::<BTreeSet<_>>(), here);
    for index in found {
        let truth = fleet.expected(index).unwrap();
        let row = &rows[&ip(&fleet, index)];
        assert_eq!(ran.status(ip(&fleet, index)), "synced");
        let fields = &row.fields;
        assert_eq!(fields.service_tag.as_ref(), Some(&truth.service_tag));
        assert_eq!(fields.model.as_ref(), Some(&truth.model));
        assert_eq!(fields.bios_version.as_ref(), Some(&truth.bios_version));
        assert_eq!(fields.idrac_firmware.as_ref(), Some(&truth.idrac_version));
        assert_eq!(fields.redfish_version.as_ref(), Some(&truth.redfish_version));
        assert_eq!(fields.connection_status.as_deref(), Some("online"));
        assert_eq!(fields.credential_test_status.as_deref(), Some("valid"));
        assert_eq!(fields.cpu_count, Some(truth.processors as i64));
        assert_eq!(fields.memory_gb, Some(truth.memory_mib as i64 / 1024));
        assert_eq!(fields.total_drives, Some(truth.drives.len() as i64));
        assert_eq!(fields.discovery_job_id, Some(ran.row.id));
        let inventory = stand.store.inventory(row.id).await.unwrap();
        let mut serials: Vec<String> = inventory.drives.into_iter().filter_map(|d| d.serial_number).collect();
        serials.sort();
        assert_eq!(serials, truth.drives);
        let mut dimms: Vec<String> = inventory.memory.into_iter().filter_map(|d| d.serial_number).collect();
        dimms.sort();
        assert_eq!(dimms, truth.dimms);
        let macs: BTreeSet<String> = inventory.nics.into_iter().filter_map(|nic| nic.mac_address).collect();
        assert_eq!(macs, truth.macs.iter().cloned().collect());
        assert_eq!(inventory.firmware.len(), truth.firmware.len());
        assert!(inventory.health.is_some());
        assert!(!stand.store.documents(row.id).await.unwrap().is_empty());
    }
    let waiting = &rows[&ip(&fleet, 13)].fields;
    assert_eq!(waiting.connection_status.as_deref(), Some("offline"));
    assert_eq!(waiting.credential_test_status.as_deref(), Some("invalid"));
    assert!(waiting.connection_error.as_ref().unwrap().contains("right"), "{:?}", waiting.connection_error);
    assert_eq!(waiting.service_tag.as_ref(), Some(&fleet.expected(13).unwrap().service_tag));

    // No secret, and nothing but the look at the root, for what is not an iDRAC.
    for index in strangers {
        let server = fleet.server(index).unwrap();
        assert_eq!(server.failed_logins(), 0, "a secret was shown to stranger {index}");
        let asked: BTreeSet<String> = fleet
            .journal()
            .iter()
            .filter(|exchange| exchange.address == server.address())
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect();
        assert!(asked.iter().all(|line| line == "GET /redfish/v1"), "{asked:?}");
    }
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_first_and_servers_before_the_end() {
    let slow = |s: idrac_sim::ServerSpec| s.latency(Duration::from_millis(60));
    let fleet = fleet("127.40.1.0", 12).server(11, slow).start().await.unwrap();
    let stand = stand(&fleet).await;
    let engine = stand.engine().await.unwrap();
    let mut events = engine.events();
    let job = engine.enqueue(scan(json!({"ip_range": range(&fleet)}), Value::Null)).await.unwrap();
    let (mut told, mut early, mut inventories) = (Vec::new(), 0, 0);
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Progress { details } => {
                for key in ON_THE_WAY {
                    assert!(details.contains_key(key), "{key}");
                }
                told.push(details);
            }
            EventKind::Server { server_id, ip, change, .. } => {
                assert_eq!(change, "new");
                // Told means stored, and told while the slow one is still at work.
                let rows = stand.servers().await.unwrap();
                assert_eq!(rows[&ip.parse().unwrap()].id, server_id);
                early += u32::from(engine.job(job).await.unwrap().status == JobStatus::Running);
            }
            EventKind::Inventory { server_id, failures, .. } => {
                assert_eq!(failures, 0);
                assert!(!stand.store.inventory(server_id).await.unwrap().drives.is_empty());
                inventories += 1;
            }
            EventKind::Ended { status, .. } => {
                assert_eq!(status, JobStatus::Completed);
                break;
            }
            _ => {}
        }
    }
    assert!(early >= 11, "{early} servers were told of before the end");
    assert_eq!(inventories, 12);
    assert!(told.len() >= 2);
    let row = engine.job(job).await.unwrap();
    assert_eq!(row.details["progress_percent"], 100);
    let percents: Vec<u64> = told.iter().filter_map(|details| details["progress_percent"].as_u64()).collect();
    assert!(percents.is_sorted(), "{percents:?}");
    engine.shutdown().await.unwrap();
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_scan_updates_what_it_finds() {
    let fleet = fleet("127.40.2.0", 10).generation_mix(Generation::MIX).start().await.unwrap();
    let stand = stand(&fleet).await;
    let first = scan_all(&stand, &fleet).await;
    assert_done(&first);
    let before = stand.servers().await.unwrap();
    let requests = fleet.totals().requests;
    let second = scan_all(&stand, &fleet).await;
    assert_done(&second);
    let after = stand.servers().await.unwrap();
    assert_eq!((second.count("new_servers"), second.count("updated_servers")), (0, 10));
    assert_eq!(before.len(), 10);
    for (address, row) in &before {
        let now = &after[address];
        assert_eq!((now.id, now.created_at), (row.id, row.created_at));
        let (a, b) =
            (stand.store.inventory(row.id).await.unwrap(), stand.store.inventory(now.id).await.unwrap());
        assert_eq!(a.drives.len(), b.drives.len());
    }
    assert!(fleet.totals().requests - requests <= requests, "what was learned is not learned again");
    assert_eq!(fleet.totals().failed_logins, 0);
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_inventory_a_scan_reads_who_is_there_and_opens_no_session() {
    let fleet = fleet("127.40.3.0", 10).generation_mix(Generation::MIX).start().await.unwrap();
    let stand = stand(&fleet).await;
    let job = scan(json!({"ip_range": range(&fleet)}), json!({"fetch_options": {"inventory": false}}));
    let ran = stand.run(job).await.unwrap();
    assert_done(&ran);
    assert_eq!((ran.count("discovered_count"), ran.count("servers_refreshed")), (10, 0));
    assert_eq!(fleet.totals().sessions_opened, 0);
    assert!(fleet.journal().len() <= 2 * 10, "{:#?}", fleet.journal());
    for (address, row) in stand.servers().await.unwrap() {
        let truth = fleet.expected(address).unwrap();
        assert_eq!(row.fields.service_tag, Some(truth.service_tag));
        assert_eq!(row.fields.last_idrac_sync, None);
    }
}

/// One request more, so only when asked for; iDRAC10 tells some of it with its ports.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_switch_behind_a_port_is_stored_when_asked_for() {
    let fleet = fleet("127.40.12.0", 2)
        .generation_mix([Generation::Idrac9V7, Generation::Idrac10])
        .size(InventorySize { adapters: 2, ..crate::SMALL })
        .start()
        .await
        .unwrap();
    let stand = stand(&fleet).await;
    let stored = async |ip: IpAddr| {
        let id = stand.servers().await.unwrap()[&ip].id;
        let nics = stand.store.inventory(id).await.unwrap().nics;
        let mut known: Vec<(String, String, String)> = nics
            .into_iter()
            .filter_map(|nic| Some((nic.fqdd, nic.switch_connection_id?, nic.switch_port_description?)))
            .collect();
        known.sort();
        known
    };
    assert_done(&scan_all(&stand, &fleet).await);
    assert!(stored(ip(&fleet, 0)).await.is_empty());
    assert_eq!(stored(ip(&fleet, 1)).await.len(), 2);
    let options = json!({"fetch_options": {"switch_connections": true}});
    assert_done(&stand.run(scan(json!({"ip_range": range(&fleet)}), options)).await.unwrap());
    // What the second card's port said is stale: never stored as if it were known.
    let known = ["NIC.Embedded.1-1-1", "5c:16:c7:00:00:00", "Ethernet1/1"].map(str::to_owned);
    assert_eq!(stored(ip(&fleet, 0)).await, [<(String, String, String)>::from(known)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partial_second_scan_blanks_nothing() {
    use idrac_sim::{Effect, FaultRule};
    let fleet = fleet("127.40.4.0", 2).start().await.unwrap();
    let stand = stand(&fleet).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let before = stand.servers().await.unwrap();
    let known = stand.store.inventory(before[&ip(&fleet, 0)].id).await.unwrap();

    // Storage, BIOS and firmware fail; the memory list is empty; health is stale.
    let server = fleet.server(0).unwrap();
    server.set_faults([
        FaultRule::status(500, "SYS446").path("*/Storage"),
        FaultRule::status(500, "SYS446").path("*/Bios"),
        FaultRule::status(500, "SYS446").path("*/FirmwareInventory"),
        FaultRule::new(Effect::NullHealth),
    ]);
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!(["servers_refreshed", "servers_partial"].map(|key| ran.count(key)), [2, 1]);
    let after = stand.servers().await.unwrap();
    let (old, new) = (&before[&ip(&fleet, 0)].fields, &after[&ip(&fleet, 0)].fields);
    assert_eq!(
        (&new.boot_mode, &new.secure_boot, new.total_drives),
        (&old.boot_mode, &old.secure_boot, old.total_drives)
    );
    assert!(new.boot_mode.is_some() && new.total_drives.is_some());
    let now = stand.store.inventory(before[&ip(&fleet, 0)].id).await.unwrap();
    let ids = |rows: &dsm_core::store::InventoryRows| -> BTreeSet<String> {
        rows.drives.iter().map(|drive| drive.drive_identifier.clone()).collect()
    };
    assert_eq!(ids(&now), ids(&known));
    assert_eq!(now.firmware.len(), known.firmware.len());
    assert_eq!(now.drives[0].serial_number, known.drives[0].serial_number);

    // And an iDRAC that answers nothing keeps all that is known of it.
    server.set_faults([FaultRule::status(500, "SYS446").path("*/Systems*")]);
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!(ran.status(ip(&fleet, 0)), "failed");
    let last = &stand.servers().await.unwrap()[&ip(&fleet, 0)].fields;
    assert_eq!(
        (&last.service_tag, &last.model, last.total_drives),
        (&new.service_tag, &new.model, new.total_drives)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_scans_at_once_do_not_disturb_each_other() {
    let fleet = fleet("127.40.5.0", 12).latency(Duration::from_millis(5)).start().await.unwrap();
    let stand = stand(&fleet).await;
    let engine = stand.engine().await.unwrap();
    let job = || scan(json!({"ip_range": range(&fleet)}), Value::Null);
    let (one, two) = tokio::join!(run(&engine, job()), run(&engine, job()));
    for ran in [one.unwrap(), two.unwrap()] {
        assert_done(&ran);
        assert_eq!(ran.count("discovered_count"), 12);
    }
    engine.shutdown().await.unwrap();
    assert_eq!(stand.servers().await.unwrap().len(), 12);
    assert_eq!(fleet.open_sessions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idrac_that_goes_away_in_the_middle_costs_itself_only() {
    use idrac_sim::{Effect, FaultRule};
    let gone = FaultRule::new(Effect::Restart { for_ms: 3_600_000 }).path("*/Memory").nth(1);
    let fleet = fleet("127.40.6.0", 6).server(4, move |s| s.faults([gone])).start().await.unwrap();
    let stand = stand(&fleet).await;
    let ran = scan_all(&stand, &fleet).await;
    assert_partly(&ran);
    assert_eq!(
        ["discovered_count", "servers_refreshed", "servers_failed"].map(|key| ran.count(key)),
        [6, 5, 1]
    );
    let row = &stand.servers().await.unwrap()[&ip(&fleet, 4)];
    assert_eq!(
        row.fields.service_tag,
        Some(fleet.expected(4).unwrap().service_tag),
        "who it is was known by then"
    );
    let console = ran.row.details["console_log"].to_string();
    assert!(console.contains(&format!("{}: inventory", ip(&fleet, 4))), "{console}");
    assert_eq!(fleet.open_sessions(), 0);
}

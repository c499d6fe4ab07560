//! The captured R750, served whole over TLS: every JSON value of every resource an inventory has is found again.

use std::collections::BTreeSet;

use dell_redfish::Redfish as _;
use idrac_sim::Generation;

use dsm_suite::capture::Capture;
use dsm_suite::inventory::{client, losses, take};

use crate::{asked, one, only};

const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
const CHASSIS: &str = "/redfish/v1/Chassis/System.Embedded.1";
const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
const FIRMWARE: &str = "/redfish/v1/UpdateService/FirmwareInventory";

/// Every resource that a complete inventory of this server has, found in its files.
fn wanted(capture: &Capture) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = [SYSTEM, CHASSIS, MANAGER].map(str::to_owned).into();
    all.extend(["Bios"].map(|name| format!("{SYSTEM}/{name}")));
    all.extend(["Power", "Thermal"].map(|name| format!("{CHASSIS}/{name}")));
    for list in ["Processors", "Memory", "Storage"] {
        all.extend(capture.members(&format!("{SYSTEM}/{list}")));
    }
    all.extend(capture.members(FIRMWARE));
    for storage in capture.members(&format!("{SYSTEM}/Storage")) {
        let unit = capture.resource(&storage).unwrap();
        let drives = unit["Drives"].as_array().unwrap();
        all.extend(drives.iter().map(|drive| drive["@odata.id"].as_str().unwrap().to_owned()));
        all.extend(capture.members(&format!("{storage}/Volumes")));
    }
    for card in capture.members(&format!("{CHASSIS}/NetworkAdapters")) {
        for list in ["NetworkDeviceFunctions", "NetworkPorts"] {
            all.extend(capture.members(&format!("{card}/{list}")));
        }
        all.insert(card);
    }
    all
}

#[tokio::test]
async fn the_captured_r750_loses_nothing() {
    let Some(capture) = Capture::unpack() else { return };
    let folder = capture.path().to_owned();
    let fleet = one("127.34.0.0", Generation::Idrac9V7)
        .defaults(move |server| server.mockup(folder))
        .start()
        .await
        .unwrap();
    let server = only(&fleet);
    let visitor = client(&server).build().unwrap();
    let found = take(&visitor).await.unwrap();
    let facts = visitor.facts();
    visitor.close().await;
    assert!(found.failures.is_empty(), "{:?}", found.failures);

    let lost = losses(&found, |path| Some(capture.resource(path).unwrap_or_default()));
    assert!(lost.is_empty(), "losses: {lost:#?}");
    let read: BTreeSet<String> = found.documents().filter_map(|d| d.odata_id).map(str::to_owned).collect();
    let missing: Vec<String> = wanted(&capture).difference(&read).cloned().collect();
    assert!(missing.is_empty(), "not read: {missing:#?}");
    let values: usize = found.documents().map(|document| count(document.raw)).sum();
    println!("{} resources, {values} JSON values, losses: none", read.len());
    assert!(read.len() > 50 && values > 5_000, "{} resources, {values} values", read.len());

    let row = found.summary();
    assert_eq!(row.service_tag.as_deref(), Some(server.service_tag().as_str()));
    assert_eq!(row.idrac_firmware.as_deref(), Some("7.10.30.00"));
    assert_eq!((row.cpu_count, row.memory_gib, row.total_drives), (Some(2), Some(128), Some(2)));
    assert_eq!(server.open_sessions(), 0);

    // Without $expand the same resources, word for word.
    fleet.clear_journal();
    let plain = dell_redfish::HostFacts { expand: Some(false), ..facts };
    let visitor = client(&server).facts(plain).build().unwrap();
    let walked = take(&visitor).await.unwrap();
    visitor.close().await;
    assert!(walked.failures.is_empty(), "{:?}", walked.failures);
    assert!(asked(&fleet).iter().all(|line| !line.contains("expand")));
    let again: BTreeSet<String> = walked.documents().filter_map(|d| d.odata_id).map(str::to_owned).collect();
    assert_eq!(read, again);
    let lost = losses(&walked, |path| Some(capture.resource(path).unwrap_or_default()));
    assert!(lost.is_empty(), "losses: {lost:#?}");
}

fn count(raw: &[u8]) -> usize {
    fn scalars(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Object(map) => map.values().map(scalars).sum(),
            serde_json::Value::Array(items) => items.iter().map(scalars).sum(),
            _ => 1,
        }
    }
    scalars(&serde_json::from_slice(raw).unwrap())
}

//! The captured R750 through the whole house: what the store holds of it is what was captured.

use std::collections::BTreeMap;
use std::io::Read as _;

use dsm_suite::capture::Capture;
use idrac_sim::Generation;
use serde_json::Value;

use crate::{assert_done, fleet, ip, scan_all, stand};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_of_the_captured_r750_is_the_capture() {
    let Some(capture) = Capture::unpack() else { return };
    let folder = capture.path().to_owned();
    let fleet = fleet("127.48.0.0", 1)
        .generation(Generation::Idrac9V7)
        .defaults(move |server| server.mockup(folder))
        .start()
        .await
        .unwrap();
    let stand = stand(&fleet).await;
    assert_done(&scan_all(&stand, &fleet).await);
    let row = &stand.servers().await.unwrap()[&ip(&fleet, 0)];
    assert_eq!(row.fields.service_tag, Some(fleet.server(0).unwrap().service_tag()));
    assert_eq!(row.fields.idrac_firmware.as_deref(), Some("7.10.30.00"));
    assert_eq!(
        (row.fields.total_drives, row.fields.memory_gb, row.fields.cpu_count),
        (Some(2), Some(128), Some(2))
    );
    let inventory = stand.store.inventory(row.id).await.unwrap();
    assert_eq!((inventory.drives.len(), inventory.memory.len(), inventory.nics.len()), (2, 8, 4));
    assert_eq!(inventory.firmware.len(), 23);

    let mut resources = 0;
    for document in stand.store.documents(row.id).await.unwrap() {
        assert!(document.complete, "{}", document.section);
        let mut text = Vec::new();
        lz4_flex::frame::FrameDecoder::new(&document.body[..]).read_to_end(&mut text).unwrap();
        let section: BTreeMap<String, Value> = serde_json::from_slice(&text).unwrap();
        for (path, stored) in section {
            assert_eq!(Some(stored), capture.resource(&path), "{path}");
            resources += 1;
        }
    }
    assert!(resources > 50, "{resources}");
    assert_eq!(fleet.open_sessions(), 0);
}

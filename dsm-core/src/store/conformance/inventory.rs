//! Inventory of servers.

use serde_json::{Value, json};

use super::bench::{Bench, Stop, Verdict, compressed, finding, same, time};
use crate::error::ErrorKind;
use crate::id::ServerId;
use crate::store::{
    AttemptWrite, DocumentRow, DriveRow, FirmwareRow, HealthRow, InventoryRows, InventoryWrite, MemoryRow,
    NicRow,
};

async fn put(bench: &Bench, inventory: InventoryWrite) -> Verdict<InventoryRows> {
    let server = inventory.server_id;
    bench.store().write(AttemptWrite { inventories: vec![inventory], ..AttemptWrite::default() }).await?;
    Ok(bench.store().inventory(server).await?)
}

fn of(server_id: ServerId, second: i64) -> InventoryWrite {
    InventoryWrite { server_id, collected_at: time(second), ..InventoryWrite::default() }
}

fn drive(key: &str, health: Option<&str>) -> DriveRow {
    DriveRow { drive_identifier: key.into(), health: health.map(str::to_owned), ..DriveRow::default() }
}

pub(super) async fn parts_are_laid_over_what_is_known(bench: Bench) -> Verdict {
    let server = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let mut first = of(server, 1);
    first.drives = vec![
        DriveRow {
            model: Some("PM1733".into()),
            capacity_bytes: Some(3_840_755_982_336),
            capacity_gb: Some(3840.76),
            predicted_failure: Some(false),
            ..drive("sn:1", Some("OK"))
        },
        drive("sn:2", Some("OK")),
    ];
    first.nics = vec![NicRow {
        fqdd: "NIC.Integrated.1-1-1".into(),
        mac_address: Some("00:00:5e:00:53:01".into()),
        ..NicRow::default()
    }];
    first.memory = vec![MemoryRow {
        dimm_identifier: "DIMM.Socket.A1".into(),
        capacity_mb: Some(32768),
        ..MemoryRow::default()
    }];
    first.firmware = vec![FirmwareRow {
        component_id: "Installed-159".into(),
        version: "1.10.2".into(),
        component_name: Some("BIOS".into()),
        ..FirmwareRow::default()
    }];
    first.server.set.total_drives = Some(2);
    put(&bench, first).await?;

    let mut second = of(server, 2);
    second.drives = vec![DriveRow { firmware_version: Some("7.1".into()), ..drive("sn:1", None) }];
    second.memory = vec![MemoryRow {
        dimm_identifier: "DIMM.Socket.A1".into(),
        speed_mhz: Some(3200),
        ..MemoryRow::default()
    }];
    second.firmware = vec![FirmwareRow {
        component_id: "Installed-159".into(),
        version: "1.11.0".into(),
        ..FirmwareRow::default()
    }];
    let rows = put(&bench, second).await?;
    let expected = DriveRow {
        model: Some("PM1733".into()),
        capacity_bytes: Some(3_840_755_982_336),
        capacity_gb: Some(3840.76),
        predicted_failure: Some(false),
        firmware_version: Some("7.1".into()),
        first_seen_at: Some(time(1)),
        ..drive("sn:1", Some("OK"))
    };
    same!(rows.drives.len(), 2, "drives: one not read this time stays");
    same!(rows.drives[0], expected, "the drive");
    same!(rows.nics.len(), 1, "network functions: none read this time");
    same!((rows.memory[0].capacity_mb, rows.memory[0].speed_mhz), (Some(32768), Some(3200)), "the DIMM");
    let firmware = &rows.firmware[0];
    same!(firmware.version, "1.11.0", "the version");
    same!(firmware.component_name.as_deref(), Some("BIOS"), "the component");
    same!(bench.server(server).await?.fields.total_drives, Some(2), "columns of the server");
    Ok(())
}

pub(super) async fn a_failed_drive_is_marked_until_it_recovers(bench: Bench) -> Verdict {
    let server = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let expected = [
        (Some("OK"), None),
        (Some("Critical"), Some(2)),
        (Some("Critical"), Some(2)),
        (None, Some(2)),
        (Some("OK"), None),
    ];
    for ((health, failed), second) in expected.into_iter().zip(1..) {
        let reading = InventoryWrite { drives: vec![drive("sn:1", health)], ..of(server, second) };
        let rows = put(&bench, reading).await?;
        same!(rows.drives[0].failed_at, failed.map(time), format!("since when, in reading {second}"));
    }
    let disabled = DriveRow { status: Some("UnavailableOffline".into()), ..drive("sn:9", Some("OK")) };
    let rows = put(&bench, InventoryWrite { drives: vec![disabled], ..of(server, 9) }).await?;
    same!(rows.drives[1].failed_at, Some(time(9)), "a drive that failed from the start");
    Ok(())
}

fn document(second: i64, complete: bool, body: &Value) -> Verdict<DocumentRow> {
    let body = compressed(body)?;
    Ok(DocumentRow { section: "drives".into(), collected_at: time(second), complete, body })
}

fn opened(row: &DocumentRow) -> Verdict<Value> {
    let fail = |cause: serde_json::Error| Stop::Fail(format!("a stored document cannot be read: {cause}"));
    serde_json::from_reader(lz4_flex::frame::FrameDecoder::new(&row.body[..])).map_err(fail)
}

pub(super) async fn an_incomplete_document_keeps_what_was_not_read(bench: Bench) -> Verdict {
    let server = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let whole = document(1, true, &json!({"/a": {"v": 1}, "/b": {"v": 1}}))?;
    put(&bench, InventoryWrite { documents: vec![whole], ..of(server, 1) }).await?;
    let part = document(2, false, &json!({"/b": {"v": 2}, "/c": {"v": 2}}))?;
    put(&bench, InventoryWrite { documents: vec![part], ..of(server, 2) }).await?;
    let rows = bench.store().documents(server).await?;
    same!((rows.len(), rows[0].complete, rows[0].collected_at), (1, false, time(2)), "the document");
    same!(opened(&rows[0])?, json!({"/a": {"v": 1}, "/b": {"v": 2}, "/c": {"v": 2}}), "its resources");
    let whole = document(3, true, &json!({"/c": {"v": 3}}))?;
    put(&bench, InventoryWrite { documents: vec![whole], ..of(server, 3) }).await?;
    same!(opened(&bench.store().documents(server).await?[0])?, json!({"/c": {"v": 3}}), "a complete one");
    Ok(())
}

pub(super) async fn health_is_a_history_and_repeatable(bench: Bench) -> Verdict {
    let server = bench.find_one(finding(1, Some("AAAA001"))).await?.server_id;
    let health = |word: &str, second| InventoryWrite {
        health: Some(HealthRow {
            overall_health: Some(word.into()),
            temperature_celsius: Some(21.5),
            sensors: Some(json!({})),
            ..HealthRow::default()
        }),
        ..of(server, second)
    };
    put(&bench, health("OK", 1)).await?;
    put(&bench, health("Warning", 2)).await?;
    let rows = put(&bench, health("Warning", 2)).await?;
    same!(rows.health, health("Warning", 2).health, "the latest");
    Ok(())
}

pub(super) async fn inventory_of_nobody_is_refused(bench: Bench) -> Verdict {
    let write = AttemptWrite { inventories: vec![of(ServerId::new(), 1)], ..AttemptWrite::default() };
    let error = bench.store().write(write).await.err();
    same!(error.map(|error| error.kind()), Some(ErrorKind::NotFound), "the error");
    Ok(())
}

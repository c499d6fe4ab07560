//! Rows of `server_drives`.

use std::collections::HashMap;

use dell_redfish::flow::inventory::Inventory;
use dell_redfish::model::{Drive, Resource, Volume};

use super::{filled, signed};
use crate::store::DriveRow;

pub(super) fn rows(inventory: &Inventory) -> Vec<DriveRow> {
    let volumes: HashMap<&str, &Resource<Volume>> =
        inventory.volumes.iter().filter_map(|volume| Some((volume.odata_id.as_deref()?, volume))).collect();
    inventory.drives.iter().map(|drive| row(drive, &volumes)).collect()
}

fn row(drive: &Resource<Drive>, volumes: &HashMap<&str, &Resource<Volume>>) -> DriveRow {
    let status = drive.status.clone().unwrap_or_default();
    let volume = drive
        .links
        .iter()
        .flat_map(|links| links.volumes.iter().flatten())
        .find_map(|link| volumes.get(link.odata_id.as_deref()?));
    let slot = drive.slot().map(|slot| slot.to_string());
    let controller = controller(drive);
    let serial_number = filled(drive.serial_number.as_ref());
    let name = filled(drive.name.as_ref());
    DriveRow {
        // A drive is its serial number; one that does not tell it is the place it sits in.
        drive_identifier: match &serial_number {
            Some(serial) => format!("sn:{serial}"),
            None => format!(
                "loc:{}:{}:{}",
                controller.as_deref().unwrap_or_default(),
                slot.as_deref().unwrap_or_default(),
                name.as_deref().unwrap_or_default()
            ),
        },
        name,
        manufacturer: filled(drive.manufacturer.as_ref()),
        model: filled(drive.model.as_ref()),
        last_known_serial_number: serial_number.clone(),
        serial_number,
        part_number: filled(drive.part_number.as_ref()),
        media_type: filled(drive.media_type.as_ref()),
        protocol: filled(drive.protocol.as_ref()),
        capacity_bytes: drive.capacity_bytes.and_then(signed),
        capacity_gb: drive.capacity_bytes.map(|bytes| (bytes as f64 / 1e7).round() / 100.0),
        slot,
        enclosure: drive.enclosure().map(str::to_owned),
        controller,
        health: filled(status.health.as_ref()),
        status: filled(status.state.as_ref()),
        predicted_failure: Some(drive.is_failure_predicted()),
        life_remaining_percent: drive.life_left_percent.map(|left| left.0 as i64),
        firmware_version: filled(drive.revision.as_ref()),
        rotation_speed_rpm: drive.rotation_speed_rpm.and_then(signed),
        capable_speed_gbps: drive.capable_speed_gbps.map(|speed| speed.0),
        volume_id: volume.and_then(|volume| filled(volume.id.as_ref())),
        volume_name: volume.and_then(|volume| filled(volume.display_name.as_ref().or(volume.name.as_ref()))),
        raid_level: volume
            .and_then(|volume| filled(volume.raid_type.as_ref().or(volume.volume_type.as_ref()))),
        wwn: drive.wwn().map(str::to_owned),
        ..DriveRow::default()
    }
}

/// `RAID.SL.3-1` of `…/Storage/RAID.SL.3-1/Drives/Disk.Bay.6:…`, else the last part of the FQDD.
fn controller(drive: &Drive) -> Option<String> {
    let path = drive.odata_id.as_deref().unwrap_or_default();
    let of_path = path.split_once("/Storage/").and_then(|(_, rest)| rest.split('/').next());
    let of_fqdd = || drive.id.as_deref().and_then(|id| id.rsplit(':').next());
    of_path.filter(|part| !part.is_empty() && *part != "Drives").or_else(of_fqdd).map(str::to_owned)
}

//! Rows of `server_memory`.

use dell_redfish::flow::inventory::Inventory;

use super::{filled, signed};
use crate::store::MemoryRow;

pub(super) fn rows(inventory: &Inventory) -> Vec<MemoryRow> {
    inventory
        .memory
        .iter()
        .filter(|dimm| !dimm.status.as_ref().is_some_and(|status| status.is_absent()))
        .filter_map(|dimm| {
            let status = dimm.status.clone().unwrap_or_default();
            Some(MemoryRow {
                dimm_identifier: filled(dimm.id.as_ref())?,
                slot_name: dimm.slot().map(str::to_owned),
                manufacturer: filled(dimm.manufacturer.as_ref()),
                part_number: filled(dimm.part_number.as_ref()),
                serial_number: filled(dimm.serial_number.as_ref()),
                capacity_mb: dimm.capacity_mib.and_then(signed),
                speed_mhz: dimm.rated_speed_mhz().or(dimm.operating_speed_mhz).and_then(signed),
                memory_type: filled(dimm.device_type.as_ref().or(dimm.memory_type.as_ref())),
                rank_count: dimm.rank_count.and_then(signed),
                health: filled(status.health.as_ref()),
                status: filled(status.state.as_ref()),
                operating_speed_mhz: dimm.operating_speed_mhz.and_then(signed),
                error_correction: filled(dimm.error_correction.as_ref()),
                volatile_size_mb: dimm.volatile_mib.and_then(signed),
                non_volatile_size_mb: dimm.non_volatile_mib.and_then(signed),
            })
        })
        .collect()
}

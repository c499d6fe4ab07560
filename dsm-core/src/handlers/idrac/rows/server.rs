//! Columns of `servers`.

use dell_redfish::flow::inventory::Inventory;
use dell_redfish::model::ComputerSystem;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{filled, health, signed};
use crate::store::{ServerFields, ServerPatch};

/// What the system resource alone says: enough to know which server it is.
pub(crate) fn identity(system: &ComputerSystem) -> ServerFields {
    ServerFields {
        service_tag: service_tag(system),
        manufacturer: filled(system.manufacturer.as_ref()),
        model: filled(system.model.as_ref()),
        product_name: filled(system.model.as_ref()),
        idrac_hostname: filled(system.host_name.as_ref()),
        bios_version: filled(system.bios_version.as_ref()),
        power_state: filled(system.power_state.as_ref()),
        cpu_count: system.processor_summary.as_ref().and_then(|summary| signed(summary.count?)),
        cpu_model: system.processor_summary.as_ref().and_then(|summary| filled(summary.model.as_ref())),
        memory_gb: system
            .memory_summary
            .as_ref()
            .and_then(|summary| summary.total_gib)
            .map(|gib| gib.0.round() as i64),
        overall_health: system
            .status
            .as_ref()
            .and_then(|status| status.rollup())
            .map(|severity| severity.as_str().to_owned()),
        ..ServerFields::default()
    }
}

/// `SKU` is the service tag; the board's serial number stands in where firmware leaves it empty.
fn service_tag(system: &ComputerSystem) -> Option<String> {
    filled(system.sku.as_ref()).or_else(|| filled(system.serial_number.as_ref()))
}

pub(super) fn patch(inventory: &Inventory, at: Timestamp) -> ServerPatch {
    let bios = |name: &str| {
        inventory
            .bios
            .as_ref()?
            .attribute(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let cpu = inventory.cpus().next();
    let drives_read = !inventory.drives.is_empty();
    let bytes: u64 = inventory.drives.iter().filter_map(|drive| drive.capacity_bytes).sum();
    let set = ServerFields {
        idrac_firmware: inventory
            .manager
            .as_ref()
            .and_then(|manager| filled(manager.firmware_version.as_ref())),
        cpu_model: cpu
            .and_then(|cpu| filled(cpu.model.as_ref()))
            .or_else(|| bios("Proc1Brand"))
            .or_else(|| identity(&inventory.system).cpu_model),
        cpu_cores_per_socket: cpu
            .and_then(|cpu| signed(cpu.total_cores?))
            .or_else(|| bios("Proc1NumCores")?.parse().ok()),
        cpu_speed: bios("ProcCoreSpeed"),
        gpu_count: (!inventory.processors.is_empty()).then(|| inventory.gpus().count() as i64),
        boot_mode: bios("BootMode"),
        boot_order: bios("SetBootOrderEn")
            .map(|list| list_of(&list))
            .or_else(|| boot_order(&inventory.system)),
        secure_boot: bios("SecureBoot"),
        virtualization_enabled: bios("ProcVirtualization").map(|value| value == "Enabled"),
        total_drives: drives_read.then_some(inventory.drives.len() as i64),
        total_storage_tb: drives_read.then(|| (bytes as f64 / 1e10).round() / 100.0),
        overall_health: health::overall(inventory),
        last_health_check: Some(at),
        last_idrac_sync: Some(at),
        ..identity(&inventory.system)
    };
    ServerPatch { set, clear: Vec::new() }
}

fn list_of(text: &str) -> Value {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn boot_order(system: &ComputerSystem) -> Option<Value> {
    let order = system.boot.as_ref()?.order.as_ref()?;
    (!order.is_empty()).then(|| json!(order))
}

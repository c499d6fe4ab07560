//! The row of a server, out of its inventory.

use serde::Serialize;

use super::record::Inventory;
use crate::model::{Severity, worst};

/// What the table of servers shows. Nothing is `Some` that the iDRAC did not say, so that an update blanks nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// `Dell Inc.`
    pub manufacturer: Option<String>,
    /// `PowerEdge R750`.
    pub model: Option<String>,
    /// Service tag: `SKU`, else Dell's `NodeID`, else the chassis' `SKU`. Never the serial number, which is the board's.
    pub service_tag: Option<String>,
    /// Serial number of the board.
    pub serial_number: Option<String>,
    /// Host name as the operating system told it.
    pub host_name: Option<String>,
    /// BIOS version.
    pub bios_version: Option<String>,
    /// Firmware of the iDRAC.
    pub idrac_firmware: Option<String>,
    /// `iDRAC9`.
    pub idrac_generation: Option<&'static str>,
    /// `On`, `Off`, …
    pub power_state: Option<String>,
    /// Processors.
    pub cpu_count: Option<u64>,
    /// Model of the first.
    pub cpu_model: Option<String>,
    /// Cores of the first.
    pub cpu_cores_per_socket: Option<u64>,
    /// Clock of the first, in MHz.
    pub cpu_speed_mhz: Option<u64>,
    /// Installed memory in GiB.
    pub memory_gib: Option<u64>,
    /// Drives.
    pub total_drives: Option<u64>,
    /// Their sizes together, in bytes.
    pub total_storage_bytes: Option<u64>,
    /// BIOS boot mode: `Uefi`, `Bios`; else the mode of the boot override.
    pub boot_mode: Option<String>,
    /// Boot order, by boot option reference.
    pub boot_order: Option<Vec<String>>,
    /// BIOS attribute `SecureBoot`.
    pub secure_boot: Option<String>,
    /// BIOS attribute `ProcVirtualization`.
    pub virtualization_enabled: Option<bool>,
    /// The worse of the system's health and rollup.
    pub overall_health: Option<Severity>,
    /// Worst of the processors.
    pub cpu_health: Option<Severity>,
    /// Worst of the modules.
    pub memory_health: Option<Severity>,
    /// Worst of controllers, drives and volumes.
    pub storage_health: Option<Severity>,
    /// Worst of cards, ports and functions.
    pub network_health: Option<Severity>,
    /// Worst of the fans.
    pub fan_health: Option<Severity>,
    /// Worst of the power supplies.
    pub psu_health: Option<Severity>,
    /// Mean of the sensors that read something, in degrees Celsius, to a tenth.
    pub temperature_celsius: Option<f64>,
}

impl Inventory {
    /// The row of this server.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let system = &self.system;
        let bios = |name| self.bios.as_ref().and_then(|bios| bios.attribute(name));
        let boot = system.boot.as_ref();
        let dell = system.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.system.as_ref());
        let cpu = self.cpus().next();
        let cpus = self.cpus().count() as u64;
        let tag = system.sku.as_deref().or_else(|| dell?.node_id.as_deref());
        let chassis_tag = || self.chassis.as_ref()?.sku.as_deref();
        let sizes = self.drives.iter().filter_map(|drive| drive.capacity_bytes);
        Summary {
            manufacturer: filled(system.manufacturer.as_deref()),
            model: filled(system.model.as_deref()),
            service_tag: filled(tag).or_else(|| filled(chassis_tag())),
            serial_number: filled(system.serial_number.as_deref()),
            host_name: filled(system.host_name.as_deref()),
            bios_version: filled(system.bios_version.as_deref()),
            idrac_firmware: filled(
                self.manager.as_ref().and_then(|manager| manager.firmware_version.as_deref()),
            ),
            idrac_generation: self.generation.map(crate::Generation::as_str),
            power_state: filled(system.power_state.as_deref()),
            cpu_count: system
                .processor_summary
                .as_ref()
                .and_then(|all| all.count)
                .or((cpus > 0).then_some(cpus)),
            cpu_model: filled(cpu.and_then(|cpu| cpu.model.as_deref()).or_else(|| bios("Proc1Brand"))),
            cpu_cores_per_socket: cpu.and_then(|cpu| cpu.total_cores),
            cpu_speed_mhz: cpu.and_then(|cpu| cpu.operating_speed_mhz.or(cpu.max_speed_mhz)),
            memory_gib: self.memory_gib(),
            total_drives: (!self.drives.is_empty()).then_some(self.drives.len() as u64),
            total_storage_bytes: sizes.reduce(u64::saturating_add),
            boot_mode: filled(bios("BootMode").or_else(|| boot?.override_mode.as_deref())),
            boot_order: boot.and_then(|boot| boot.order.clone()),
            secure_boot: filled(bios("SecureBoot")),
            virtualization_enabled: bios("ProcVirtualization").map(|value| value == "Enabled"),
            overall_health: system.status.as_ref().and_then(crate::model::Status::rollup),
            cpu_health: worst(self.cpus().map(|cpu| cpu.status.as_ref())),
            memory_health: worst(self.memory.iter().map(|dimm| dimm.status.as_ref())),
            storage_health: self.storage_health(),
            network_health: self.network_health(),
            fan_health: worst(self.fans().map(|fan| fan.status.as_ref())),
            psu_health: worst(self.power_supplies().map(|supply| supply.status.as_ref())),
            temperature_celsius: self.mean_temperature(),
        }
    }

    fn memory_gib(&self) -> Option<u64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let told =
            self.system.memory_summary.as_ref().and_then(|all| all.total_gib).map(|gib| gib.0.round() as u64);
        let summed = self.memory.iter().filter_map(|dimm| dimm.capacity_mib).reduce(u64::saturating_add);
        told.or(summed.map(|mib| mib / 1024))
    }

    fn storage_health(&self) -> Option<Severity> {
        let units = self.storage.iter().map(|unit| unit.status.as_ref());
        let controllers = self.storage_controllers.iter().map(|controller| controller.status.as_ref());
        let drives = self.drives.iter().map(|drive| drive.status.as_ref());
        let volumes = self.volumes.iter().map(|volume| volume.status.as_ref());
        let simple = self.simple_storage.iter().map(|unit| unit.status.as_ref());
        worst(units.chain(controllers).chain(drives).chain(volumes).chain(simple))
    }

    fn network_health(&self) -> Option<Severity> {
        let adapters = self.adapters.iter().map(|adapter| adapter.status.as_ref());
        let ports = self.ports.iter().map(|port| port.status.as_ref());
        let functions = self.functions.iter().map(|function| function.status.as_ref());
        let interfaces = self.ethernet_interfaces.iter().map(|interface| interface.status.as_ref());
        worst(adapters.chain(ports).chain(functions).chain(interfaces))
    }

    fn mean_temperature(&self) -> Option<f64> {
        let read =
            self.temperatures().filter_map(|reading| reading.celsius).filter(|celsius| *celsius != 0.0);
        let (sum, count) = read.fold((0.0, 0.0), |(sum, count), celsius| (sum + celsius, count + 1.0));
        (count > 0.0).then(|| (sum / count * 10.0).round() / 10.0)
    }
}

/// Text that says something, without the blanks some cards pad it with.
fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

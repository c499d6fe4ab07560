//! What an inventory is.

use bytes::Bytes;

use super::section::Section;
use super::stale::Stale;
use crate::error::Error;
use crate::model::{
    Assembly, Bios, Chassis, ComputerSystem, DellSwitchConnection, Drive, EthernetInterface, Fan, Manager,
    Memory, NetworkAdapter, NetworkDeviceFunction, NetworkPort, PcieDevice, PcieSlots, Power, PowerSubsystem,
    PowerSupply, Processor, Resource, Schema, Sensor, SimpleStorage, SoftwareInventory, Status, Storage,
    StorageController, Thermal, ThermalSubsystem, Volume,
};
use crate::quirk::Generation;

/// Everything that was read of one server, typed, with the iDRAC's own text beside it.
///
/// Lists are in the order in which replies came; empty ones were empty or not read (see [`Inventory::failures`]).
#[derive(Debug)]
pub struct Inventory {
    /// The server.
    pub system: Resource<ComputerSystem>,
    /// The iDRAC.
    pub manager: Option<Resource<Manager>>,
    /// Its generation, from `Manager.Model`.
    pub generation: Option<Generation>,
    /// The chassis.
    pub chassis: Option<Resource<Chassis>>,
    /// BIOS attributes.
    pub bios: Option<Resource<Bios>>,
    /// Processors, GPUs among them: see [`Inventory::gpus`].
    pub processors: Vec<Resource<Processor>>,
    /// Memory modules; on some firmware empty slots too (`Status.State` Absent).
    pub memory: Vec<Resource<Memory>>,
    /// Storage subsystems, with their controllers inline up to iDRAC9.
    pub storage: Vec<Resource<Storage>>,
    /// Storage controllers that are resources of their own: where `Storage` has none inline (iDRAC10).
    pub storage_controllers: Vec<Resource<StorageController>>,
    /// Controllers of the oldest schema, where there is nothing else.
    pub simple_storage: Vec<Resource<SimpleStorage>>,
    /// Drives.
    pub drives: Vec<Resource<Drive>>,
    /// Volumes.
    pub volumes: Vec<Resource<Volume>>,
    /// Network cards.
    pub adapters: Vec<Resource<NetworkAdapter>>,
    /// Ports of network cards, of either schema.
    pub ports: Vec<Resource<NetworkPort>>,
    /// Functions of network cards; their id is the NIC's FQDD.
    pub functions: Vec<Resource<NetworkDeviceFunction>>,
    /// The host's interfaces, where cards cannot be read, or when asked for.
    pub ethernet_interfaces: Vec<Resource<EthernetInterface>>,
    /// Power, older schema: see [`Inventory::power_supplies`].
    pub power: Option<Resource<Power>>,
    /// Power, newer schema.
    pub power_subsystem: Option<Resource<PowerSubsystem>>,
    /// Power supplies of the newer schema: see [`Inventory::power_supplies`].
    pub power_supply_resources: Vec<Resource<PowerSupply>>,
    /// Cooling, older schema: see [`Inventory::fans`] and [`Inventory::temperatures`].
    pub thermal: Option<Resource<Thermal>>,
    /// Cooling, newer schema.
    pub thermal_subsystem: Option<Resource<ThermalSubsystem>>,
    /// Fans of the newer schema: see [`Inventory::fans`].
    pub fan_resources: Vec<Resource<Fan>>,
    /// Sensors of the newer schema, temperatures and others: see [`Inventory::temperatures`].
    pub sensors: Vec<Resource<Sensor>>,
    /// Firmware inventory, with rollback and available entries.
    pub firmware: Vec<Resource<SoftwareInventory>>,
    /// PCIe devices, when asked for.
    pub pcie_devices: Vec<Resource<PcieDevice>>,
    /// Field-replaceable units, when asked for.
    pub assembly: Option<Resource<Assembly>>,
    /// PCIe slots, when asked for.
    pub pcie_slots: Option<Resource<PcieSlots>>,
    /// What the ports are plugged into, when asked for: see [`Inventory::switch_peer`].
    pub switch_connections: Vec<Resource<DellSwitchConnection>>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// What was read but may be out of date, by the iDRAC's own word.
    pub stale: Vec<Stale>,
    /// Requests sent, those of fallbacks included, login and logout not.
    pub requests: u32,
}

/// A part that could not be read; the rest of the inventory stands.
#[derive(Debug, serde::Serialize)]
pub struct Failure {
    /// The section it belongs to.
    pub section: Section,
    /// The path asked for.
    pub path: String,
    /// Why.
    #[serde(flatten)]
    pub error: Error,
}

/// A temperature, whichever schema it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<'a> {
    /// What is measured.
    pub name: Option<&'a str>,
    /// Degrees Celsius.
    pub celsius: Option<f64>,
    /// `CPU`, `Intake`, `SystemBoard`, …
    pub context: Option<&'a str>,
    /// State and health.
    pub status: Option<&'a Status>,
}

/// One resource as the iDRAC wrote it, for storage.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// The section it belongs to.
    pub section: Section,
    /// Its schema, e.g. `Drive`.
    pub schema: &'static str,
    /// Its `@odata.id`.
    pub odata_id: Option<&'a str>,
    /// Its text.
    pub raw: &'a Bytes,
}

impl Inventory {
    /// Nothing yet: also no system.
    pub(super) fn empty() -> Self {
        Self {
            system: Resource::empty(),
            manager: None,
            generation: None,
            chassis: None,
            bios: None,
            processors: Vec::new(),
            memory: Vec::new(),
            storage: Vec::new(),
            storage_controllers: Vec::new(),
            simple_storage: Vec::new(),
            drives: Vec::new(),
            volumes: Vec::new(),
            adapters: Vec::new(),
            ports: Vec::new(),
            functions: Vec::new(),
            ethernet_interfaces: Vec::new(),
            power: None,
            power_subsystem: None,
            power_supply_resources: Vec::new(),
            thermal: None,
            thermal_subsystem: None,
            fan_resources: Vec::new(),
            sensors: Vec::new(),
            firmware: Vec::new(),
            pcie_devices: Vec::new(),
            assembly: None,
            pcie_slots: None,
            switch_connections: Vec::new(),
            failures: Vec::new(),
            stale: Vec::new(),
            requests: 0,
        }
    }

    /// GPUs and other accelerators.
    pub fn gpus(&self) -> impl Iterator<Item = &Resource<Processor>> {
        self.processors.iter().filter(|processor| processor.is_accelerator())
    }

    /// CPUs.
    pub fn cpus(&self) -> impl Iterator<Item = &Resource<Processor>> {
        self.processors.iter().filter(|processor| !processor.is_accelerator())
    }

    /// Power supplies, whichever schema.
    pub fn power_supplies(&self) -> impl Iterator<Item = &PowerSupply> {
        let inline = self.power.iter().filter_map(|power| power.supplies.as_ref()).flatten();
        inline.chain(self.power_supply_resources.iter().map(|supply| &**supply))
    }

    /// Fans, whichever schema.
    pub fn fans(&self) -> impl Iterator<Item = &Fan> {
        let inline = self.thermal.iter().filter_map(|thermal| thermal.fans.as_ref()).flatten();
        inline.chain(self.fan_resources.iter().map(|fan| &**fan))
    }

    /// Temperatures, whichever schema.
    pub fn temperatures(&self) -> impl Iterator<Item = Reading<'_>> {
        let inline = self.thermal.iter().filter_map(|thermal| thermal.temperatures.as_ref()).flatten();
        let inline = inline.map(|sensor| Reading {
            name: sensor.name.as_deref(),
            celsius: sensor.reading_celsius.map(|number| number.0),
            context: sensor.physical_context.as_deref(),
            status: sensor.status.as_ref(),
        });
        let sensors = self.sensors.iter().filter(|sensor| sensor.is_temperature()).map(|sensor| Reading {
            name: sensor.name.as_deref(),
            celsius: sensor.reading.map(|number| number.0),
            context: sensor.physical_context.as_deref(),
            status: sensor.status.as_ref(),
        });
        inline.chain(sensors)
    }

    /// Every resource read, as the iDRAC wrote it.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        one(Section::System, Some(&self.system))
            .chain(one(Section::Manager, self.manager.as_ref()))
            .chain(one(Section::Chassis, self.chassis.as_ref()))
            .chain(one(Section::Bios, self.bios.as_ref()))
            .chain(many(Section::Processors, &self.processors))
            .chain(many(Section::Memory, &self.memory))
            .chain(many(Section::Storage, &self.storage))
            .chain(many(Section::Storage, &self.storage_controllers))
            .chain(many(Section::Storage, &self.simple_storage))
            .chain(many(Section::Drives, &self.drives))
            .chain(many(Section::Volumes, &self.volumes))
            .chain(many(Section::Adapters, &self.adapters))
            .chain(many(Section::Ports, &self.ports))
            .chain(many(Section::Functions, &self.functions))
            .chain(many(Section::EthernetInterfaces, &self.ethernet_interfaces))
            .chain(one(Section::Power, self.power.as_ref()))
            .chain(one(Section::Power, self.power_subsystem.as_ref()))
            .chain(many(Section::Power, &self.power_supply_resources))
            .chain(one(Section::Fans, self.thermal.as_ref()))
            .chain(one(Section::Fans, self.thermal_subsystem.as_ref()))
            .chain(many(Section::Fans, &self.fan_resources))
            .chain(many(Section::Temperatures, &self.sensors))
            .chain(many(Section::Firmware, &self.firmware))
            .chain(many(Section::PcieDevices, &self.pcie_devices))
            .chain(one(Section::Assembly, self.assembly.as_ref()))
            .chain(one(Section::PcieSlots, self.pcie_slots.as_ref()))
            .chain(many(Section::SwitchConnections, &self.switch_connections))
    }
}

fn document<T: Schema>(section: Section, resource: &Resource<T>) -> Document<'_> {
    Document { section, schema: T::NAME, odata_id: resource.odata_id(), raw: resource.raw() }
}

fn one<'a, T: Schema + 'a>(
    section: Section,
    resource: Option<&'a Resource<T>>,
) -> impl Iterator<Item = Document<'a>> {
    resource.into_iter().map(move |resource| document(section, resource))
}

fn many<'a, T: Schema + 'a>(
    section: Section,
    resources: &'a [Resource<T>],
) -> impl Iterator<Item = Document<'a>> {
    resources.iter().map(move |resource| document(section, resource))
}

//! Resources that others hang below: system, chassis, iDRAC, storage, network cards.

use bytes::Bytes;

use super::section::Section;
use super::walk::Walk;
use super::work::{Kind, Work};
use crate::endpoint::Expand;
use crate::error::Result;
use crate::model::{
    Chassis, ComputerSystem, Expanded, Link, Manager, NetworkAdapter, Part, PowerSubsystem, Resource,
    Storage, ThermalSubsystem,
};
use crate::quirk::Generation;

/// Sections that are reached by the chassis.
pub(super) const BELOW_CHASSIS: &[Section] = &[
    Section::Chassis,
    Section::Adapters,
    Section::Ports,
    Section::Functions,
    Section::Power,
    Section::Fans,
    Section::Temperatures,
    Section::PcieDevices,
    Section::Assembly,
    Section::PcieSlots,
];

const NETWORK: &[Section] = &[Section::Adapters, Section::Ports, Section::Functions];
const STORAGE: &[Section] = &[Section::Storage, Section::Drives, Section::Volumes];

impl Walk<'_> {
    pub(super) fn system(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        let expanded = self.take_apart(work, body)?;
        let system: Resource<ComputerSystem> = Resource::parse(expanded.own.clone())?;
        if self.has_system {
            return Ok(());
        }
        self.has_system = true;
        if let Some(links) = &system.links {
            self.first(&links.managed_by, |path| Work::one(Kind::Manager, path));
            if self.sections.has_any(BELOW_CHASSIS) {
                self.first(&links.chassis, |path| Work::one(Kind::Chassis, path));
            }
        }
        if self.sections.has(Section::Bios) {
            self.child(&expanded, "Bios", &system.bios, Kind::Bios);
        }
        if self.sections.has(Section::Processors) {
            self.children(&expanded, "Processors", &system.processors, Kind::Processor);
        }
        if self.sections.has(Section::Memory) {
            self.children(&expanded, "Memory", &system.memory, Kind::Memory);
        }
        if self.sections.has_any(STORAGE) {
            match &system.storage {
                Some(_) => self.children(&expanded, "Storage", &system.storage, Kind::Storage),
                None => {
                    self.children(&expanded, "SimpleStorage", &system.simple_storage, Kind::SimpleStorage)
                }
            }
        }
        self.inventory.system = system;
        self.interfaces();
        Ok(())
    }

    pub(super) fn chassis(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        let expanded = self.take_apart(work, body)?;
        let chassis: Resource<Chassis> = Resource::parse(expanded.own.clone())?;
        if self.inventory.chassis.is_some() {
            return Ok(());
        }
        if self.sections.has(Section::Power) {
            // The older schema says all in one resource: fewer requests as long as it is there.
            match &chassis.power {
                Some(_) => self.child(&expanded, "Power", &chassis.power, Kind::Power),
                None => {
                    self.child(&expanded, "PowerSubsystem", &chassis.power_subsystem, Kind::PowerSubsystem)
                }
            }
        }
        if self.sections.has_any(&[Section::Fans, Section::Temperatures]) {
            match &chassis.thermal {
                Some(_) => self.child(&expanded, "Thermal", &chassis.thermal, Kind::Thermal),
                None => {
                    self.child(
                        &expanded,
                        "ThermalSubsystem",
                        &chassis.thermal_subsystem,
                        Kind::ThermalSubsystem,
                    );
                    self.children(&expanded, "Sensors", &chassis.sensors, Kind::Sensor);
                }
            }
        }
        if self.sections.has_any(NETWORK) {
            self.children(&expanded, "NetworkAdapters", &chassis.network_adapters, Kind::Adapter);
        }
        if self.sections.has(Section::PcieDevices) {
            self.children(&expanded, "PCIeDevices", &chassis.pcie_devices, Kind::PcieDevice);
        }
        if self.sections.has(Section::Assembly) {
            self.child(&expanded, "Assembly", &chassis.assembly, Kind::Assembly);
        }
        if self.sections.has(Section::PcieSlots) {
            self.child(&expanded, "PCIeSlots", &chassis.pcie_slots, Kind::PcieSlots);
        }
        self.inventory.chassis = Some(chassis);
        self.interfaces();
        Ok(())
    }

    pub(super) fn manager(&mut self, manager: Resource<Manager>) {
        if self.inventory.manager.is_some() {
            return;
        }
        let generation = manager.model.as_deref().and_then(Generation::from_manager_model);
        self.introduce(generation, manager.firmware_version.as_deref());
        self.inventory.generation = generation;
        if let (true, Some(path)) =
            (self.sections.has(Section::SwitchConnections), manager.switch_connections())
        {
            self.push(Work::list(Kind::SwitchConnection, path));
        }
        self.inventory.manager = Some(manager);
    }

    pub(super) fn storage(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        let expanded = self.take_apart(work, body)?;
        let storage: Resource<Storage> = Resource::parse(expanded.own.clone())?;
        if self.sections.has(Section::Drives) {
            for link in storage.drives.iter().flatten() {
                self.link(&expanded, "Drives", link, Kind::Drive);
            }
        }
        if self.sections.has(Section::Volumes) {
            self.children(&expanded, "Volumes", &storage.volumes, Kind::Volume);
        }
        // Where controllers are inline they are not read again as resources.
        if storage.storage_controllers.as_ref().is_none_or(Vec::is_empty) {
            self.children(&expanded, "Controllers", &storage.controllers, Kind::StorageController);
        }
        self.inventory.storage.push(storage);
        Ok(())
    }

    pub(super) fn adapter(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        let expanded = self.take_apart(work, body)?;
        let adapter: Resource<NetworkAdapter> = Resource::parse(expanded.own.clone())?;
        let chips = || adapter.controllers.iter().flatten().filter_map(|chip| chip.links.as_ref());
        if self.sections.has(Section::Functions) {
            let links =
                chips().filter_map(|links| links.network_device_functions.as_ref()).flatten().collect();
            let (property, list) = ("NetworkDeviceFunctions", &adapter.network_device_functions);
            self.relatives(work, &expanded, property, links, list, Kind::Function);
        }
        if self.sections.has(Section::Ports) {
            let older: Vec<&Link> =
                chips().filter_map(|links| links.network_ports.as_ref()).flatten().collect();
            if older.is_empty()
                && (adapter.network_ports.is_none() || chips().any(|links| links.ports.is_some()))
            {
                let links = chips().filter_map(|links| links.ports.as_ref()).flatten().collect();
                self.relatives(work, &expanded, "Ports", links, &adapter.ports, Kind::Port);
            } else {
                self.relatives(work, &expanded, "NetworkPorts", older, &adapter.network_ports, Kind::Port);
            }
        }
        self.inventory.adapters.push(adapter);
        Ok(())
    }

    pub(super) fn power_subsystem(&mut self, subsystem: Resource<PowerSubsystem>) {
        self.follow(&subsystem.power_supplies, |path| Work::list(Kind::PowerSupply, path));
        self.inventory.power_subsystem = Some(subsystem);
    }

    pub(super) fn thermal_subsystem(&mut self, subsystem: Resource<ThermalSubsystem>) {
        if self.sections.has(Section::Fans) {
            self.follow(&subsystem.fans, |path| Work::list(Kind::Fan, path));
        }
        self.inventory.thermal_subsystem = Some(subsystem);
    }

    /// Without cards to read, the host's interfaces are all that is known of the NICs.
    fn interfaces(&mut self) {
        let cards = self.inventory.chassis.as_ref().is_some_and(|chassis| chassis.network_adapters.is_some());
        let missing = self.sections.has_any(NETWORK) && self.inventory.chassis.is_some() && !cards;
        if self.has_system && (missing || self.sections.has(Section::EthernetInterfaces)) {
            let link = self.inventory.system.ethernet_interfaces.clone();
            self.follow(&link, |path| Work::list(Kind::EthernetInterface, path));
        }
    }

    /// Takes a reply apart and notes whether its expansion worked.
    fn take_apart(&mut self, work: &Work, body: &Bytes) -> Result<Expanded> {
        let expanded = Expanded::parse(body)?;
        if matches!(work.expand, Expand::Subordinate | Expand::All) {
            if expanded.parts.is_empty() {
                self.expansion.failed(self.redfish, work);
            } else {
                self.expansion.worked(self.redfish);
            }
        }
        Ok(expanded)
    }

    /// A single resource below another: it came along, or is asked for.
    fn child(&mut self, expanded: &Expanded, property: &str, link: &Option<Link>, kind: Kind) {
        if let Some(link) = link {
            self.link(expanded, property, link, kind);
        }
    }

    fn link(&mut self, expanded: &Expanded, property: &str, link: &Link, kind: Kind) {
        let Some(path) = link.odata_id.as_deref() else { return };
        match find(expanded, property, path) {
            Some(part) => self.part(part, kind),
            None => self.push(Work::one(kind, path)),
        }
    }

    fn part(&mut self, part: &Part, kind: Kind) {
        if self.came(&part.id) {
            // A copy, so that the rest of the body can go.
            let taken = self.store(kind, Bytes::copy_from_slice(&part.raw));
            if let Err(error) = taken {
                self.fail_at(kind, &part.id, error);
            }
        }
    }

    /// A collection below another resource: its list came along, or is asked for.
    fn children(&mut self, expanded: &Expanded, property: &str, link: &Option<Link>, kind: Kind) {
        let Some(path) = link.as_ref().and_then(|link| link.odata_id.as_deref()) else { return };
        let listed = match find(expanded, property, path) {
            Some(part) => self.listed(kind, path, &part.raw),
            None => {
                self.push(Work::list(kind, path));
                Ok(())
            }
        };
        if let Err(error) = listed {
            self.fail_at(kind, path, error);
        }
    }

    /// A card's ports or functions: they came along, or their collection is asked for, or each of them.
    fn relatives(
        &mut self,
        work: &Work,
        expanded: &Expanded,
        property: &str,
        links: Vec<&Link>,
        list: &Option<Link>,
        kind: Kind,
    ) {
        if links.is_empty() {
            return self.follow(list, |path| Work::list(kind, path));
        }
        let paths: Vec<&str> = links.iter().filter_map(|link| link.odata_id.as_deref()).collect();
        let all_came = paths.iter().all(|path| find(expanded, property, path).is_some());
        if work.expand == Expand::Related {
            if all_came {
                self.expansion.worked(self.redfish);
            } else {
                self.expansion.failed(self.redfish, work);
            }
        }
        if !all_came && paths.len() > 1 && list.is_some() {
            return self.follow(list, |path| Work::list(kind, path));
        }
        for link in links {
            self.link(expanded, property, link, kind);
        }
    }

    fn follow(&mut self, link: &Option<Link>, work: impl FnOnce(String) -> Work) {
        if let Some(path) = link.as_ref().and_then(|link| link.odata_id.clone()) {
            self.push(work(path));
        }
    }

    fn first(&mut self, links: &Option<Vec<Link>>, work: impl FnOnce(String) -> Work) {
        let first = links.as_ref().and_then(|links| links.first().cloned());
        self.follow(&first, work);
    }
}

fn find<'a>(expanded: &'a Expanded, property: &str, path: &str) -> Option<&'a Part> {
    expanded.parts.iter().find(|part| part.property == property && part.id == path)
}

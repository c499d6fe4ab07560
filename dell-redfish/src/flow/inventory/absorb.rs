//! Takes replies in: single resources and collections. Resources that others hang below are in `units`.

use bytes::Bytes;

use super::walk::Walk;
use super::work::{Kind, Shape, Work};
use crate::endpoint::Expand;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Member, Page, Resource, Schema};
use crate::safeguard::Safeguard;

impl Walk<'_> {
    /// Takes a reply in and queues what it leads to.
    ///
    /// # Errors
    /// The reply as a whole does not read; what is wrong with a part of it is noted as a failure.
    pub(super) fn absorb(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        match (work.kind, work.shape) {
            (_, Shape::List) => self.list(work, body),
            (Kind::System, _) => self.system(work, body),
            (Kind::Chassis, _) => self.chassis(work, body),
            (Kind::Storage, _) => self.storage(work, body),
            (Kind::Adapter, _) => self.adapter(work, body),
            (kind, _) => self.store(kind, body.clone()),
        }
    }

    /// A page of a collection: members that came whole are kept, links are followed.
    fn list(&mut self, work: &Work, body: &Bytes) -> Result<()> {
        let page = Page::parse(body)?;
        let links = page.members.iter().filter(|member| matches!(member, Member::Link(_))).count();
        if work.expand != Expand::None && !page.members.is_empty() {
            if links == page.members.len() {
                self.expansion.failed(self.redfish, work);
            } else {
                self.expansion.worked(self.redfish);
            }
        }
        for member in page.members {
            self.member(work.kind, &work.path, member);
        }
        if let Some(next) = page.next {
            self.turn(work, next);
        }
        Ok(())
    }

    fn member(&mut self, kind: Kind, path: &str, member: Member) {
        match member {
            Member::Link(id) => {
                if kind != Kind::System || !self.has_system {
                    self.push(Work::one(kind, id));
                }
            }
            Member::Inline { id, raw } => {
                if !id.is_empty() && !self.came(&id) {
                    return;
                }
                let place = if id.is_empty() { path } else { &id };
                let taken = match kind {
                    // Whole members of these still have links that are to be followed.
                    Kind::Adapter | Kind::Storage | Kind::System => {
                        self.absorb(&Work::one(kind, place), &raw)
                    }
                    _ => self.store(kind, raw),
                };
                if let Err(error) = taken {
                    self.fail_at(kind, place, error);
                }
            }
        }
    }

    /// The collection below a resource that came expanded: its members as links. Says whether there is nothing more to ask.
    pub(super) fn listed(&mut self, kind: Kind, path: &str, body: &Bytes) -> Result<()> {
        let page = Page::parse(body)?;
        if page.members.is_empty() && page.next.is_none() {
            return Ok(());
        }
        let list = Work::list(kind, path);
        // One request for all of them beats one for each, where that works.
        if page.members.len() > 1 && self.choose(&list) != Expand::None {
            self.push(list);
            return Ok(());
        }
        for member in page.members {
            self.member(kind, path, member);
        }
        if let Some(next) = page.next {
            self.turn(&list, next);
        }
        Ok(())
    }

    /// Keeps a resource that nothing hangs below.
    pub(super) fn store(&mut self, kind: Kind, raw: Bytes) -> Result<()> {
        let lenient = self.redfish.safeguards().has(Safeguard::LenientTypes);
        let all = &mut self.inventory;
        match kind {
            Kind::Manager => {
                let manager = Resource::parse(raw)?;
                self.manager(manager);
            }
            Kind::Bios => all.bios = Some(Resource::parse(raw)?),
            Kind::Processor => keep(&mut all.processors, raw, lenient)?,
            Kind::Memory => keep(&mut all.memory, raw, lenient)?,
            Kind::StorageController => keep(&mut all.storage_controllers, raw, lenient)?,
            Kind::SimpleStorage => keep(&mut all.simple_storage, raw, lenient)?,
            Kind::Drive => keep(&mut all.drives, raw, lenient)?,
            Kind::Volume => keep(&mut all.volumes, raw, lenient)?,
            Kind::Port => keep(&mut all.ports, raw, lenient)?,
            Kind::Function => keep(&mut all.functions, raw, lenient)?,
            Kind::EthernetInterface => keep(&mut all.ethernet_interfaces, raw, lenient)?,
            Kind::Power => all.power = Some(Resource::parse(raw)?),
            Kind::Thermal => all.thermal = Some(Resource::parse(raw)?),
            Kind::PowerSubsystem => {
                let subsystem = Resource::parse(raw)?;
                self.power_subsystem(subsystem);
            }
            Kind::ThermalSubsystem => {
                let subsystem = Resource::parse(raw)?;
                self.thermal_subsystem(subsystem);
            }
            Kind::PowerSupply => keep(&mut all.power_supply_resources, raw, lenient)?,
            Kind::Fan => keep(&mut all.fan_resources, raw, lenient)?,
            Kind::Sensor => keep(&mut all.sensors, raw, lenient)?,
            Kind::Firmware => keep(&mut all.firmware, raw, lenient)?,
            Kind::PcieDevice => keep(&mut all.pcie_devices, raw, lenient)?,
            Kind::Assembly => all.assembly = Some(Resource::parse(raw)?),
            Kind::PcieSlots => all.pcie_slots = Some(Resource::parse(raw)?),
            Kind::SwitchConnection => keep(&mut all.switch_connections, raw, lenient)?,
            // Taken in by `absorb` with what hangs below them.
            Kind::System | Kind::Chassis | Kind::Storage | Kind::Adapter => {}
        }
        Ok(())
    }
}

fn keep<T: Schema>(list: &mut Vec<Resource<T>>, raw: Bytes, lenient: bool) -> Result<()> {
    let resource = Resource::<T>::parse(raw)?;
    if !lenient && resource.is_coerced()? {
        return Err(Error::new(ErrorKind::Protocol, "a property has another type than its schema says"));
    }
    list.push(resource);
    Ok(())
}

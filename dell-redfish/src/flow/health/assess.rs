//! From what was read to what is known of each component. No I/O.

use super::component::{Component, ComponentHealth, Reason};
use crate::endpoint::{self, Endpoint};
use crate::flow::inventory::{Inventory, Section};
use crate::model::{DellSystem, Drive, Severity, Status, Volume};
use crate::request::Method;

/// The worst of the components and of what the system says of itself.
pub(super) fn overall(read: &Inventory, components: &[ComponentHealth]) -> Option<Severity> {
    let system = read.system.status.as_ref().and_then(Status::rollup);
    let dell = dell(read).and_then(|dell| severity(dell.system_rollup.as_deref()));
    components.iter().map(|found| found.severity).chain([system, dell]).max().flatten()
}

/// Whether the roll-up of a component says that it is well, so that its parts need not be read.
pub(super) fn is_well(read: &Inventory, component: Component) -> bool {
    let summary = summary(read, component).and_then(Status::rollup);
    let rollup = rollup(read, component).and_then(|(_, text)| severity(text));
    summary.max(rollup) == Some(Severity::Ok)
}

/// Every component that exists. `trusting` takes a part that tells no health for a healthy one.
pub(super) fn components(read: &Inventory, trusting: bool) -> Vec<ComponentHealth> {
    Component::ALL.iter().filter_map(|component| one(read, *component, trusting)).collect()
}

fn one(read: &Inventory, component: Component, trusting: bool) -> Option<ComponentHealth> {
    let mut finding = Finding { trusting, ..Finding::default() };
    if let Some((property, text)) = rollup(read, component) {
        finding.rollup(property, text);
    }
    if let Some(status) = summary(read, component) {
        finding.summary(status);
    }
    parts(read, component, &mut finding);
    for failure in read.failures.iter().filter(|failure| is_of(component, failure.section, &failure.path)) {
        let (path, kind) = (failure.path.clone(), failure.error.kind());
        finding.reasons.push(Reason::Unread { path, kind });
        finding.exists = true;
    }
    for stale in read.stale.iter().filter(|stale| is_of(component, stale.section, &stale.path)) {
        let (path, message_id) = (stale.path.clone(), stale.message_id.to_string());
        finding.reasons.push(Reason::Stale { path, message_id });
        finding.is_stale = true;
    }
    finding.finish(component)
}

/// What is known so far of one component.
#[derive(Default)]
struct Finding {
    trusting: bool,
    exists: bool,
    severity: Option<Severity>,
    reasons: Vec<Reason>,
    known: usize,
    unknown: usize,
    is_stale: bool,
}

impl Finding {
    fn rollup(&mut self, property: &'static str, text: Option<&str>) {
        let Some(severity) = severity(text) else { return };
        self.exists = true;
        self.severity = self.severity.max(Some(severity));
        if severity > Severity::Ok {
            self.reasons.push(Reason::Rollup { property, severity });
        }
    }

    fn summary(&mut self, status: &Status) {
        if let Some(severity) = status.rollup() {
            self.exists = true;
            self.severity = self.severity.max(Some(severity));
            if severity > Severity::Ok && self.reasons.is_empty() {
                self.reasons.push(Reason::Rollup { property: "Status.HealthRollup", severity });
            }
        }
    }

    /// A part with its own status; what is absent is not there.
    fn part(&mut self, name: Option<&str>, status: Option<&Status>) {
        if status.is_some_and(Status::is_absent) {
            return;
        }
        self.exists = true;
        let told = status.and_then(Status::rollup);
        let Some(severity) = told.or(self.trusting.then_some(Severity::Ok)) else {
            self.unknown += 1;
            return;
        };
        self.known += 1;
        self.severity = self.severity.max(Some(severity));
        if severity > Severity::Ok {
            let state = status.and_then(|status| status.state.clone());
            self.reasons.push(Reason::Part { name: name.unwrap_or("?").to_owned(), severity, state });
        }
    }

    fn reason(&mut self, reason: Reason) {
        self.severity = self.severity.max(reason.severity());
        self.reasons.push(reason);
    }

    fn finish(mut self, component: Component) -> Option<ComponentHealth> {
        self.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity()));
        self.exists.then_some(ComponentHealth {
            component,
            severity: self.severity,
            reasons: self.reasons,
            known_parts: self.known,
            unknown_parts: self.unknown,
            is_stale: self.is_stale,
        })
    }
}

fn parts(read: &Inventory, component: Component, finding: &mut Finding) {
    match component {
        Component::Processors => {
            read.processors.iter().for_each(|part| finding.part(part.id.as_deref(), part.status.as_ref()));
        }
        Component::Memory => {
            read.memory.iter().for_each(|part| finding.part(part.id.as_deref(), part.status.as_ref()));
        }
        Component::Storage => storage(read, finding),
        Component::PowerSupplies => read.power_supplies().for_each(|part| {
            finding.part(part.name.as_deref().or(part.id.as_deref()), part.status.as_ref());
        }),
        Component::Fans => read.fans().for_each(|part| finding.part(part.label(), part.status.as_ref())),
        Component::Temperatures => read.temperatures().for_each(|part| finding.part(part.name, part.status)),
        Component::Network => {
            read.adapters.iter().for_each(|part| finding.part(part.id.as_deref(), part.status.as_ref()));
            for part in &read.ethernet_interfaces {
                finding.part(part.id.as_deref(), part.status.as_ref());
            }
        }
        Component::Idrac => {
            if let Some(part) = &read.manager {
                finding.part(part.id.as_deref(), part.status.as_ref());
            }
        }
        Component::Voltages | Component::Batteries | Component::Intrusion => {}
    }
}

fn storage(read: &Inventory, finding: &mut Finding) {
    for storage in &read.storage {
        finding.part(storage.id.as_deref(), storage.status.as_ref());
        for controller in storage.storage_controllers.iter().flatten() {
            finding.part(controller.name.as_deref().or(storage.id.as_deref()), controller.status.as_ref());
        }
    }
    for part in &read.storage_controllers {
        finding.part(part.id.as_deref(), part.status.as_ref());
    }
    for part in &read.simple_storage {
        finding.part(part.id.as_deref(), part.status.as_ref());
    }
    for part in read.drives.iter().filter(|part| !part.status.as_ref().is_some_and(Status::is_absent)) {
        drive(part, finding);
    }
    read.volumes.iter().for_each(|part| volume(part, finding));
}

fn drive(drive: &Drive, finding: &mut Finding) {
    finding.part(drive.id.as_deref(), drive.status.as_ref());
    if drive.is_failure_predicted() {
        finding.reason(Reason::FailurePredicted {
            name: drive.id.clone().unwrap_or_default(),
            life_left_percent: drive.life_left_percent.map(|left| left.0),
        });
    }
}

fn volume(volume: &Volume, finding: &mut Finding) {
    finding.part(volume.id.as_deref(), volume.status.as_ref());
    for work in volume.operations.iter().flatten() {
        let Some(operation) = work.name.clone().filter(|name| !name.is_empty()) else { continue };
        finding.reason(Reason::Operation {
            volume: volume.id.clone().unwrap_or_default(),
            operation,
            percent: work.percent.map(|percent| percent.0),
        });
    }
}

fn dell(read: &Inventory) -> Option<&DellSystem> {
    read.system.oem.as_ref()?.dell.as_ref()?.system.as_ref()
}

/// The roll-up of a component in Dell's view of the system (`DellSystem`), by its property.
fn rollup(read: &Inventory, component: Component) -> Option<(&'static str, Option<&str>)> {
    let dell = dell(read)?;
    let (property, text) = match component {
        Component::Processors => ("CPURollupStatus", &dell.cpu_rollup),
        Component::Memory => ("SysMemPrimaryStatus", &dell.memory_status),
        Component::Storage => ("StorageRollupStatus", &dell.storage_rollup),
        Component::PowerSupplies => ("PSRollupStatus", &dell.power_supply_rollup),
        Component::Fans => ("FanRollupStatus", &dell.fan_rollup),
        Component::Temperatures => ("TempRollupStatus", &dell.temperature_rollup),
        Component::Voltages => ("VoltRollupStatus", &dell.voltage_rollup),
        Component::Batteries => ("BatteryRollupStatus", &dell.battery_rollup),
        Component::Intrusion => ("IntrusionRollupStatus", &dell.intrusion_rollup),
        Component::Network | Component::Idrac => return None,
    };
    Some((property, text.as_deref()))
}

/// The summary of a component in the system itself.
fn summary(read: &Inventory, component: Component) -> Option<&Status> {
    match component {
        Component::Processors => read.system.processor_summary.as_ref()?.status.as_ref(),
        Component::Memory => read.system.memory_summary.as_ref()?.status.as_ref(),
        _ => None,
    }
}

fn severity(text: Option<&str>) -> Option<Severity> {
    text.and_then(Severity::parse)
}

/// Whether something that was read for a section, at this path, belongs to a component.
fn is_of(component: Component, section: Section, path: &str) -> bool {
    // What came expanded with the chassis was read for the chassis; its path says what it is.
    let at = |row: &Endpoint| {
        endpoint::find(&Method::GET, path).is_some_and(|found| found.template == row.template)
    };
    match component {
        Component::Processors => section == Section::Processors,
        Component::Memory => section == Section::Memory,
        Component::Storage => {
            matches!(section, Section::Storage | Section::Drives | Section::Volumes)
        }
        // Without the chassis none of what hangs below it is known.
        Component::PowerSupplies | Component::Fans | Component::Temperatures
            if at(&endpoint::CHASSIS_RESOURCE) =>
        {
            true
        }
        Component::PowerSupplies => section == Section::Power || at(&endpoint::POWER),
        Component::Fans => section == Section::Fans || at(&endpoint::THERMAL),
        Component::Temperatures => {
            matches!(section, Section::Fans | Section::Temperatures) || at(&endpoint::THERMAL)
        }
        Component::Network => {
            matches!(section, Section::Adapters | Section::EthernetInterfaces)
        }
        Component::Idrac => section == Section::Manager,
        Component::Voltages | Component::Batteries | Component::Intrusion => false,
    }
}

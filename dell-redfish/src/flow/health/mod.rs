//! How a server is: one answer, with a reason for each component.
//!
//! # Requests
//!
//! iDRAC9: system, iDRAC, chassis with power and cooling, list of storage, list of cards: 5, and one for each storage subsystem
//! and each that has volumes (`5 + S + V`). [`HealthDepth::Quick`] believes the roll-ups of storage and network: 3. Only where
//! the roll-up of processors or memory is not well are these read one by one, and only where anything is not well is the iDRAC
//! asked for its own list of faults.
//!
//! # What is kept apart
//!
//! Unknown is not OK: a component of which nothing is known is `None`. An empty text is no health. What is absent does not count.
//! What an iDRAC calls stale itself is marked. A part that could not be read is a reason beside the others, not the end.

mod assess;
mod component;

use crate::error::Result;
use crate::flow::inventory::{Failure, Inventory, InventoryOptions, Section, SectionSet, inventory};
use crate::flow::log::{LogKind, LogOptions, fetch_log};
use crate::flow::members;
use crate::model::{ComputerSystem, Link, LogEntry, Resource, Schema, Severity};
use crate::operation::Redfish;
use crate::quirk::Generation;
use crate::safeguard::Safeguard;

pub use component::{Component, ComponentHealth, Reason};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthDepth {
    /// The system, power and cooling; storage by its roll-up only.
    Quick,
    /// Every drive, volume and card: also a rebuild under way, and a failure that is predicted.
    #[default]
    Full,
}

/// How a server is.
#[derive(Debug, serde::Serialize)]
pub struct Health {
    /// The worst that is known; nothing where nothing is.
    pub overall: Option<Severity>,
    /// `On`, `Off`.
    pub power_state: Option<String>,
    /// Each component, in a fixed order. Those that do not exist are left out.
    pub components: Vec<ComponentHealth>,
    /// What the iDRAC lists as wrong, where anything is and it keeps such a list.
    pub faults: Vec<Resource<LogEntry>>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Everything that was read for it.
    #[serde(skip)]
    pub inventory: Inventory,
}

impl Health {
    /// One component.
    #[must_use]
    pub fn component(&self, component: Component) -> Option<&ComponentHealth> {
        self.components.iter().find(|found| found.component == component)
    }

    /// Components of which nothing is known.
    pub fn unknown(&self) -> impl Iterator<Item = Component> {
        self.components.iter().filter(|found| found.severity.is_none()).map(|found| found.component)
    }

    /// Whether anything it rests on may be out of date.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.components.iter().any(|found| found.is_stale)
    }
}

/// Finds out how a server is.
///
/// # Errors
/// Whatever concerns the iDRAC as a whole, as for [`inventory`]; what cannot be read is in [`Health::failures`].
pub async fn fetch_health(redfish: &dyn Redfish, depth: HealthDepth) -> Result<Health> {
    look_over(redfish, depth, None).await
}

/// The same for one who has read the system a moment ago, to prove a login, say: one request fewer.
///
/// # Errors
/// As [`fetch_health`].
pub async fn fetch_health_of(
    redfish: &dyn Redfish,
    system: Resource<ComputerSystem>,
    depth: HealthDepth,
) -> Result<Health> {
    look_over(redfish, depth, Some(system)).await
}

async fn look_over(
    redfish: &dyn Redfish,
    depth: HealthDepth,
    system: Option<Resource<ComputerSystem>>,
) -> Result<Health> {
    let options = InventoryOptions { sections: sections(depth), system };
    let mut read = inventory(redfish, options).await?;
    if !assess::is_well(&read, Component::Processors) {
        let link = read.system.processors.clone();
        read.processors = parts(redfish, &mut read, Section::Processors, link).await;
    }
    if !assess::is_well(&read, Component::Memory) {
        let link = read.system.memory.clone();
        read.memory = parts(redfish, &mut read, Section::Memory, link).await;
    }
    let trusting = !redfish.safeguards().has(Safeguard::EmptyIsUnknown);
    let components = assess::components(&read, trusting);
    let overall = assess::overall(&read, &components);
    let has_list = read.generation.is_none_or(|generation| generation >= Generation::Idrac9);
    let faults = match overall {
        Some(Severity::Warning | Severity::Critical) if has_list => faults(redfish).await,
        _ => Vec::new(),
    };
    Ok(Health {
        overall,
        power_state: read.system.power_state.clone(),
        components,
        faults,
        failures: std::mem::take(&mut read.failures),
        inventory: read,
    })
}

fn sections(depth: HealthDepth) -> SectionSet {
    let quick = SectionSet::IDENTITY
        .with(Section::Chassis)
        .with(Section::Power)
        .with(Section::Fans)
        .with(Section::Temperatures);
    match depth {
        HealthDepth::Quick => quick,
        HealthDepth::Full => {
            quick.with(Section::Storage).with(Section::Drives).with(Section::Volumes).with(Section::Adapters)
        }
    }
}

/// Reads the parts of a component; what fails is noted.
async fn parts<T: Schema>(
    redfish: &dyn Redfish,
    read: &mut Inventory,
    section: Section,
    link: Option<Link>,
) -> Vec<Resource<T>> {
    let Some(path) = link.and_then(|link| link.odata_id) else { return Vec::new() };
    match members::list(redfish, &path).await {
        Ok(members) => members,
        Err(error) => {
            read.failures.push(Failure { section, path, error });
            Vec::new()
        }
    }
}

/// The iDRAC's own list of what is wrong; none where it keeps none.
async fn faults(redfish: &dyn Redfish) -> Vec<Resource<LogEntry>> {
    match fetch_log(redfish, LogKind::FaultList, LogOptions::default()).await {
        Ok(read) => read.entries,
        Err(_) => Vec::new(),
    }
}

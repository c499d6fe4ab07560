//! The resources of a server.
//!
//! Every tree here is **synthetic**: written from the DMTF schemas and from what is publicly known of
//! each generation, with values of our own. Only a mockup folder shows what a real iDRAC said.

mod assembly;
pub(crate) mod bios;
mod builder;
mod chassis;
mod dell_services;
mod job_service;
mod manager;
mod memory;
mod network;
mod network_attributes;
mod pcie;
mod power;
mod processor;
pub(crate) mod profile;
mod scp;
mod service;
pub(crate) mod storage;
mod system;
mod update;
pub(crate) mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::expand::Expand;
use crate::mockup::Mockup;
use crate::spec::{Generation, InventorySize};
use crate::sync::lock;
use crate::template::{Template, View};
use builder::Builder;
use profile::{Profile, profile};

/// The system's resource.
pub(crate) const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
/// The iDRAC's own resource.
pub(crate) const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
/// The chassis' resource.
pub(crate) const CHASSIS: &str = "/redfish/v1/Chassis/System.Embedded.1";
/// The drive bays' resource.
pub(crate) const ENCLOSURE: &str = "/redfish/v1/Chassis/Enclosure.Internal.0-1";

/// Where a server's resources come from.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// A made-up tree, shared by all servers of its generation and size.
    Made(Arc<Template>),
    /// A DMTF mockup folder.
    Mockup(Arc<Mockup>),
}

impl Tree {
    pub(crate) fn has(&self, path: &str) -> bool {
        match self {
            Self::Made(template) => template.has(path),
            Self::Mockup(mockup) => mockup.has(path),
        }
    }

    pub(crate) fn render(&self, path: &str, view: &View<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Made(template) => template.plain(path).map(|c| c.render(view)),
            Self::Mockup(mockup) => mockup.read(path, view),
        }
    }

    /// The expanded resource and how many resources were put in.
    pub(crate) fn render_expanded(
        &self,
        path: &str,
        mode: Expand,
        view: &View<'_>,
    ) -> Option<(Vec<u8>, usize)> {
        match self {
            Self::Made(template) => template.expanded(path, mode).map(|c| (c.render(view), c.members)),
            Self::Mockup(mockup) => mockup.read_expanded(path, mode, view),
        }
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        match self {
            Self::Made(template) => template.paths().map(str::to_owned).collect(),
            Self::Mockup(mockup) => mockup.paths(),
        }
    }
}

type Key = (Generation, bool, InventorySize);

/// Makes each tree once.
#[derive(Debug, Default)]
pub(crate) struct Trees(Mutex<HashMap<Key, Arc<Template>>>);

impl Trees {
    pub(crate) fn made(&self, generation: Generation, old: bool, size: InventorySize) -> Tree {
        let mut made = lock(&self.0);
        let template = made
            .entry((generation, old, size))
            .or_insert_with(|| Arc::new(grow(profile(generation, old), size)));
        Tree::Made(Arc::clone(template))
    }
}

fn grow(profile: Profile, size: InventorySize) -> Template {
    let mut b = Builder::new(profile, size);
    service::add(&mut b);
    system::add(&mut b);
    bios::add(&mut b);
    processor::add(&mut b);
    memory::add(&mut b);
    storage::add(&mut b);
    network::add(&mut b);
    pcie::add(&mut b);
    chassis::add(&mut b);
    power::add(&mut b);
    manager::add(&mut b);
    job_service::add(&mut b);
    update::add(&mut b);
    dell_services::add(&mut b);
    assembly::add(&mut b);
    view::add(&mut b);
    b.finish()
}

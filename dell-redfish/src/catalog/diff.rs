//! A server's firmware against a catalogue: what to install, in which order, and what cannot be told.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde::Serialize;

use super::{
    Catalog, DellVersion, InstalledFirmware, Manifest, Package, PackageSummary, Reboot, Stage, SystemId, Text,
};
use crate::model::{FirmwareState, SoftwareInventory};

/// What a catalogue has for a server. Every entry of the inventory is in exactly one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogDiff {
    /// The model.
    pub system: SystemId,
    /// The model's name, where the catalogue has it.
    pub model: Option<Text>,
    /// Whether the catalogue has anything for the model. Without that, nothing below means "up to date".
    pub is_known: bool,
    /// The catalogue.
    pub catalog: Manifest,
    /// Newer packages, in the order in which they are to be installed.
    pub updates: Vec<Update>,
    /// Installed as the catalogue has it.
    pub current: Vec<InstalledFirmware>,
    /// Another version than the catalogue's, and the two do not order.
    pub differs: Vec<Difference>,
    /// Newer than the catalogue's.
    pub ahead: Vec<Difference>,
    /// The catalogue has a newer one, but the iDRAC does not update this item.
    pub not_updateable: Vec<Difference>,
    /// The catalogue has nothing for it.
    pub no_package: Vec<InstalledFirmware>,
    /// Kept on the iDRAC for a rollback.
    pub previous: Vec<InstalledFirmware>,
    /// Kept on the iDRAC for installation, and copies of what is installed.
    pub available: Vec<InstalledFirmware>,
}

/// One package to install, on one device or on all ports and siblings that it fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Its place in the order.
    pub stage: Stage,
    /// The package.
    pub package: PackageSummary,
    /// What it replaces.
    pub targets: Vec<UpdateTarget>,
    /// Whether the host must restart.
    pub reboot: Reboot,
}

/// One item that an update replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdateTarget {
    /// `Id` of its inventory entry.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// The device.
    pub fqdd: Option<String>,
    /// The version it has.
    pub from: String,
}

/// An installed item beside the catalogue's best package for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What is there.
    pub installed: InstalledFirmware,
    /// What the catalogue has.
    pub package: PackageSummary,
}

/// Updates that may be installed together, after those of the step before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step<'a> {
    /// In the order of their stages.
    pub updates: Vec<&'a Update>,
    /// Whether the host must restart before the next step.
    pub reboot: Reboot,
}

impl CatalogDiff {
    /// The updates in steps: what must be installed alone has a step of its own.
    #[must_use]
    pub fn steps(&self) -> Vec<Step<'_>> {
        let mut steps: Vec<Step<'_>> = Vec::new();
        for update in &self.updates {
            let joins = |step: &&mut Step<'_>| {
                !update.stage.is_alone() && step.updates.iter().all(|other| !other.stage.is_alone())
            };
            match steps.last_mut().filter(joins) {
                Some(step) => {
                    step.updates.push(update);
                    step.reboot = step.reboot.max(update.reboot);
                }
                None => steps.push(Step { updates: vec![update], reboot: update.reboot }),
            }
        }
        steps
    }

    /// Whether the host must restart at all.
    #[must_use]
    pub fn reboot(&self) -> Reboot {
        self.updates.iter().map(|update| update.reboot).max().unwrap_or(Reboot::NotNeeded)
    }
}

pub(super) fn diff<'a>(
    catalog: &Catalog,
    system: SystemId,
    inventory: impl IntoIterator<Item = &'a SoftwareInventory>,
) -> CatalogDiff {
    let mut diff = CatalogDiff {
        system,
        model: catalog.models.get(&system).cloned(),
        is_known: catalog.knows(system),
        catalog: catalog.manifest.clone(),
        updates: Vec::new(),
        current: Vec::new(),
        differs: Vec::new(),
        ahead: Vec::new(),
        not_updateable: Vec::new(),
        no_package: Vec::new(),
        previous: Vec::new(),
        available: Vec::new(),
    };
    for item in diff.set_kept_apart(inventory) {
        match catalog.matches(&item, system).first() {
            Some(package) => diff.place(item, package),
            None => diff.no_package.push(item),
        }
    }
    diff.updates.sort_by_key(|update| update.stage);
    diff
}

impl CatalogDiff {
    /// Takes out what is only kept; gives what is installed. `Current-` entries are copies of installed ones, and stand for
    /// them only where there is no other.
    fn set_kept_apart<'a>(
        &mut self,
        inventory: impl IntoIterator<Item = &'a SoftwareInventory>,
    ) -> Vec<InstalledFirmware> {
        let (mut installed, mut copies) = (Vec::new(), Vec::new());
        for item in inventory.into_iter().map(InstalledFirmware::from) {
            match item.state {
                Some(FirmwareState::Previous) => self.previous.push(item),
                Some(FirmwareState::Available) => self.available.push(item),
                Some(FirmwareState::Current) => copies.push(item),
                Some(FirmwareState::Installed) | None => installed.push(item),
            }
        }
        let there: HashSet<_> = installed.iter().map(|item| item.fqdd.clone()).collect();
        let (doubles, alone): (Vec<_>, Vec<_>) =
            copies.into_iter().partition(|copy| there.contains(&copy.fqdd));
        self.available.extend(doubles);
        installed.extend(alone);
        installed
    }

    fn place(&mut self, installed: InstalledFirmware, package: &Package) {
        let order = DellVersion::new(&installed.version).compare(DellVersion::new(&package.version));
        let list = match order {
            Some(Ordering::Equal) => return self.current.push(installed),
            Some(Ordering::Less) if installed.updateable != Some(false) => {
                return self.update(installed, package);
            }
            Some(Ordering::Less) => &mut self.not_updateable,
            Some(Ordering::Greater) => &mut self.ahead,
            None => &mut self.differs,
        };
        list.push(Difference { installed, package: package.summary() });
    }

    fn update(&mut self, installed: InstalledFirmware, package: &Package) {
        let (stage, reboot) = (Stage::of(&installed), forecast(&installed, package));
        let target = UpdateTarget {
            id: installed.id,
            name: installed.name,
            fqdd: installed.fqdd,
            from: installed.version,
        };
        let known =
            self.updates.iter_mut().find(|known| known.stage == stage && known.package.path == package.path);
        match known {
            Some(known) => {
                known.targets.push(target);
                known.reboot = known.reboot.max(reboot);
            }
            None => {
                self.updates.push(Update { stage, package: package.summary(), targets: vec![target], reboot })
            }
        }
    }
}

/// Whether installing this package on this item restarts the host: the kind of device knows best, then the device itself,
/// then the catalogue.
fn forecast(installed: &InstalledFirmware, package: &Package) -> Reboot {
    match (Stage::of(installed).reboot(), installed.sideband, package.reboot_required) {
        (Reboot::Unknown, Some(true), _) | (Reboot::Unknown, _, Some(false)) => Reboot::NotNeeded,
        (Reboot::Unknown, _, Some(true)) => Reboot::Needed,
        (known, _, _) => known,
    }
}

//! From an installed item to the packages that fit it.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{ComponentId, DellVersion, InstalledFirmware, Package, SystemId};

/// Positions of packages by what they fit. The model is looked at afterwards: a component has a few dozen packages,
/// a model thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_component: HashMap<ComponentId, Vec<u32>>,
    by_pci: HashMap<(u16, u16), Vec<u32>>,
}

impl Index {
    pub(super) fn of(packages: &[Package]) -> Self {
        let mut index = Self::default();
        for (nth, package) in (0..).zip(packages).filter(|(_, package)| package.is_for_idrac()) {
            for device in &*package.devices {
                if let Some(component) = device.component {
                    note(index.by_component.entry(component).or_default(), nth);
                }
                if let Some(pci) = device.pci {
                    note(index.by_pci.entry((pci.vendor, pci.device)).or_default(), nth);
                }
            }
        }
        index
    }

    pub(super) fn matches<'a>(
        &self,
        packages: &'a [Package],
        installed: &InstalledFirmware,
        system: SystemId,
    ) -> Vec<&'a Package> {
        let by_component = installed.component.and_then(|id| self.by_component.get(&id));
        let by_pci = installed.pci.and_then(|pci| self.by_pci.get(&(pci.vendor, pci.device)));
        let mut found: Vec<u32> = by_component.into_iter().chain(by_pci).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        let mut found: Vec<_> = found
            .into_iter()
            .filter_map(|nth| packages.get(usize::try_from(nth).ok()?))
            .filter(|package| package.is_for(system) && fits(package, installed))
            .collect();
        best_first(&mut found);
        found
    }
}

fn note(list: &mut Vec<u32>, nth: u32) {
    if list.last() != Some(&nth) {
        list.push(nth);
    }
}

/// Where both sides have PCI ids these decide, for one component id may stand for several cards; otherwise the component id.
fn fits(package: &Package, installed: &InstalledFirmware) -> bool {
    let listed = || package.devices.iter().filter_map(|device| device.pci);
    match installed.pci {
        Some(pci) if listed().next().is_some() => listed().any(|other| other.fits(pci)),
        _ => {
            let component = installed.component;
            component.is_some() && package.devices.iter().any(|device| device.component == component)
        }
    }
}

/// The newest by date first, and before all of them the best: the newest version, where versions order.
fn best_first(found: &mut [&Package]) {
    found.sort_by(|one, other| (&other.date_time, &other.path).cmp(&(&one.date_time, &one.path)));
    // From the oldest on; one that does not order beats those before it by its date.
    let mut best = found.len().saturating_sub(1);
    for nth in (0..best).rev() {
        if let (Some(one), Some(other)) = (found.get(nth), found.get(best))
            && DellVersion::new(&one.version).compare(DellVersion::new(&other.version))
                != Some(Ordering::Less)
        {
            best = nth;
        }
    }
    if let Some(upto_best) = found.get_mut(..=best) {
        upto_best.rotate_right(1);
    }
}

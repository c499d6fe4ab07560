//! Dell's catalogue of update packages, `Catalog.xml` or `Catalog.xml.gz`: read, searched, and compared with a server.
//!
//! [`Catalog::open`] reads a file or a mirror on a disk, [`Catalog::read`] whatever an operator's [`CatalogSource`] opens:
//! this crate fetches nothing over a network by itself. [`Catalog::diff`] compares a server's firmware inventory with it and
//! gives a plan; [`verify`] holds a downloaded package to its listed hash, and [`Keyring`] a catalogue to its signature.
//!
//! The file is tens of megabytes, so it is read as a stream and only what is used is kept, each text once. It is also
//! somebody else's file: [`CatalogLimits`] bounds what it may cost, and a document type (the door of entity bombs) is refused.

mod bundle;
mod dependency;
mod device;
mod diff;
mod hash;
mod index;
mod installed;
mod limits;
mod openpgp;
mod package;
mod parse;
mod pool;
mod signature;
mod source;
mod stage;
mod text;
mod version;

pub use bundle::Bundle;
pub use dependency::Dependency;
pub use device::{ComponentId, Device, PciId, SystemId};
pub use diff::{CatalogDiff, Difference, Step, Update, UpdateTarget};
pub use hash::{HashAlgorithm, HashStrength, PackageHash, verify, verify_file};
pub use installed::InstalledFirmware;
pub use limits::CatalogLimits;
pub use package::{Criticality, Package, PackageSummary, PackageType, Reboot};
pub use signature::Keyring;
pub use source::{CatalogFile, CatalogSource, Mirror};
pub use stage::Stage;
pub use version::DellVersion;

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::error::Result;
use index::Index;

/// A text of the catalogue; equal texts share their memory.
pub type Text = Arc<str>;

/// A catalogue in memory.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// What it says of itself.
    pub manifest: Manifest,
    packages: Vec<Package>,
    bundles: Vec<Bundle>,
    models: HashMap<SystemId, Text>,
    index: Index,
}

/// What a catalogue says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Manifest {
    /// `version`: release of the catalogue, e.g. `24.03.01`.
    pub version: Option<Text>,
    /// `dateTime`: when it was made.
    pub date_time: Option<Text>,
    /// `releaseID`.
    pub release_id: Option<Text>,
    /// `baseLocation`: host and root of the packages' paths, without a scheme.
    pub base_location: Option<Text>,
}

impl Catalog {
    /// Reads `Catalog.xml` or `Catalog.xml.gz`, or the one in this folder, within the usual limits.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the file cannot be read, is no catalogue, or is larger than allowed.
    pub fn open(path: &Path) -> Result<Self> {
        Self::load(&source::of_path(path)?, &CatalogLimits::default())
    }

    /// Reads what a source opens.
    ///
    /// # Errors
    /// As [`Catalog::open`], and whatever the source says. The source's description is named.
    pub fn load(source: &dyn CatalogSource, limits: &CatalogLimits) -> Result<Self> {
        let reader = source.open()?;
        Self::read(reader, limits).map_err(|error| error.with_path(source.describe()))
    }

    /// Reads a catalogue, packed or not, in whatever encoding it declares.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub fn read(reader: impl Read, limits: &CatalogLimits) -> Result<Self> {
        parse::parse(reader, limits)
    }

    fn new(
        manifest: Manifest,
        packages: Vec<Package>,
        bundles: Vec<Bundle>,
        models: HashMap<SystemId, Text>,
    ) -> Self {
        let index = Index::of(&packages);
        Self { manifest, packages, bundles, models, index }
    }

    /// Every package, in the order of the file.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Every bundle, in the order of the file.
    #[must_use]
    pub fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// The display name of a model, where the catalogue has it: `R750` for 090E.
    #[must_use]
    pub fn model(&self, system: SystemId) -> Option<&str> {
        self.models.get(&system).map(AsRef::as_ref)
    }

    /// The number of a model whose display name ends this one: 0B54 for `PowerEdge R760`, where the catalogue calls it `R760`.
    /// Nothing where several do.
    #[must_use]
    pub fn system_named(&self, model: &str) -> Option<SystemId> {
        let last = model.split_whitespace().next_back()?;
        let mut found = self.models.iter().filter(|(_, name)| name.eq_ignore_ascii_case(last));
        match (found.next(), found.next()) {
            (Some((system, _)), None) => Some(*system),
            _ => None,
        }
    }

    /// Whether any package is meant for this model. A catalogue that does not know a model says nothing about its firmware.
    #[must_use]
    pub fn knows(&self, system: SystemId) -> bool {
        self.packages.iter().any(|package| package.is_for(system))
    }

    /// The packages an iDRAC can install on this item of this model, the best first.
    ///
    /// Matched by the PCI ids where both sides have them, by Dell's component id otherwise. Best is the newest version, and
    /// among versions that do not order the newest `dateTime`.
    #[must_use]
    pub fn matches(&self, installed: &InstalledFirmware, system: SystemId) -> Vec<&Package> {
        self.index.matches(&self.packages, installed, system)
    }

    /// Compares a server's firmware inventory with this catalogue.
    #[must_use]
    pub fn diff<'a>(
        &self,
        system: SystemId,
        inventory: impl IntoIterator<Item = &'a crate::model::SoftwareInventory>,
    ) -> CatalogDiff {
        diff::diff(self, system, inventory)
    }
}

#[cfg(test)]
mod tests;

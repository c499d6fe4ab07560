//! What one server needs: its inventory against what the job has, in the order in which it is installed. No I/O.

use std::path::PathBuf;

use dell_redfish::catalog::{Catalog, ComponentId, InstalledFirmware, Mirror, Reboot, Stage, SystemId};
use dell_redfish::flow::firmware::{
    Expected, FirmwareInventory, FirmwareUpdate, PackageSource, UpdateAccess,
};
use dell_redfish::ops::{ApplyTime, ImageUri};
use dell_redfish::upload::PackageFile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::args::{Aim, Args, PackageInput, Place};
use super::component::Component;
use super::depot::Stock;
use crate::error::{Error, ErrorKind, Result};

/// Longest part of a key: a step is named by it.
const LONGEST_KEY: usize = 90;

/// One package for one server.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The same over all rounds and attempts.
    pub(super) key: String,
    pub(super) stage: Stage,
    /// What it is called.
    pub(super) name: String,
    /// What is installed, each version once.
    pub(super) before: Vec<String>,
    /// What is to be installed, where that is known.
    pub(super) version: Option<String>,
    pub(super) parcel: Parcel,
    pub(super) expected: Option<Expected>,
    pub(super) reboot: Reboot,
}

/// A package where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parcel {
    /// Here, to be sent.
    File {
        path: PathBuf,
        /// Its path in the catalogue.
        listed: Option<String>,
        sha256: Option<String>,
    },
    /// Where the iDRAC fetches it.
    Uri(String),
}

/// What a server needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// In the order of installation.
    pub(super) items: Vec<Item>,
    /// What is left alone, and why, for people.
    pub(super) left: Vec<String>,
}

/// What is kept of an item over attempts, and shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Planned {
    pub(super) key: String,
    pub(super) component: String,
    pub(super) name: String,
    pub(super) version_before: String,
    pub(super) version_wanted: Option<String>,
    pub(super) package: String,
}

impl Item {
    pub(super) fn component(&self) -> Component {
        Component::of(self.stage)
    }

    pub(super) fn planned(&self) -> Planned {
        Planned {
            key: self.key.clone(),
            component: self.component().word().to_owned(),
            name: self.name.clone(),
            version_before: self.before.join(", "),
            version_wanted: self.version.clone(),
            package: self.parcel.name(),
        }
    }

    /// Whether the host may have to restart for it.
    pub(super) fn waits_for_host(&self) -> bool {
        self.reboot != Reboot::NotNeeded
    }

    /// As the library takes it. What needs a restart waits for the one that comes, where this firmware lets it be told so.
    pub(super) fn update(&self, access: &UpdateAccess) -> Result<FirmwareUpdate> {
        let source = match &self.parcel {
            Parcel::File { path, .. } => PackageSource::File(PackageFile::new(path)?),
            Parcel::Uri(uri) => PackageSource::Uri(ImageUri::parse(uri)?),
        };
        let mut update = FirmwareUpdate::new(source).with_reboot(self.reboot);
        update.expected.clone_from(&self.expected);
        let on_reset = ApplyTime::OnReset;
        if self.waits_for_host() && access.apply_times.iter().any(|time| time == on_reset.as_str()) {
            update = update.with_apply_time(on_reset);
        }
        Ok(update)
    }

    /// For a plan that nobody carries out.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!(self.planned());
        shown["host_restart"] = json!(self.reboot);
        shown
    }
}

impl Parcel {
    /// The name of its file.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            Self::Uri(uri) => uri.rsplit('/').next().map(str::to_owned),
        }
        .unwrap_or_default()
    }
}

/// The order in which items are installed: the iDRAC first and alone, because it installs the others; then all that one restart
/// of the host can settle; a CPLD apart, for no iDRAC mixes it with others (RED149).
pub(super) fn waves(items: &[Item]) -> Vec<Vec<String>> {
    let keys = |is_of: fn(Stage) -> bool| -> Vec<String> {
        items.iter().filter(|item| is_of(item.stage)).map(|item| item.key.clone()).collect()
    };
    let waves = [
        keys(|stage| stage == Stage::Idrac),
        keys(|stage| !stage.is_alone()),
        keys(|stage| stage == Stage::Cpld),
    ];
    waves.into_iter().filter(|wave| !wave.is_empty()).collect()
}

/// A server as it is now.
pub(super) struct Present<'a> {
    pub(super) system: Option<SystemId>,
    pub(super) access: &'a UpdateAccess,
    pub(super) inventory: &'a FirmwareInventory,
}

impl Present<'_> {
    /// What it needs of a stock that this job hands out itself.
    ///
    /// # Errors
    /// The catalogue knows nothing of the model; a package cannot be brought to it; a word names several kinds of devices.
    pub(super) fn needs(&self, stock: &Stock, args: &Args) -> Result<Needs> {
        let mut needs = match stock {
            Stock::Catalog { catalog, mirror, base_uri } => {
                self.of_catalog(catalog, mirror.as_ref(), base_uri.as_deref(), args)?
            }
            Stock::Packages(packages) => self.of_packages(packages, args)?,
            Stock::Repository(_) => Needs::default(),
        };
        needs.items.sort_by_key(|item| item.stage);
        Ok(needs)
    }

    fn of_catalog(
        &self,
        catalog: &Catalog,
        mirror: Option<&Mirror>,
        base_uri: Option<&str>,
        args: &Args,
    ) -> Result<Needs> {
        let system = self.system.ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the iDRAC does not tell the number of its model")
                .hint("name the packages themselves (details.packages)")
        })?;
        let diff = self.inventory.diff(catalog, system);
        if !diff.is_known {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("the catalogue has nothing for this model ({system})"),
            ));
        }
        let mut needs = Needs::default();
        for update in diff.updates {
            let component = Component::of(update.stage);
            if !args.means(component) {
                continue;
            }
            let path = update.package.path.to_string();
            let parcel = self.parcel_of(catalog, &path, mirror, base_uri)?;
            let mut before: Vec<String> = update.targets.iter().map(|target| target.from.clone()).collect();
            before.sort_unstable();
            before.dedup();
            let name = update.targets.first().and_then(|target| target.name.clone());
            let version = update.package.version.to_string();
            let source = PackageSource::Uri(ImageUri::parse("https://catalogue/package.exe")?);
            needs.items.push(Item {
                key: key(component, &path, &version),
                stage: update.stage,
                name: name.unwrap_or_else(|| component.word().to_owned()),
                before,
                version: Some(version),
                expected: FirmwareUpdate::of(&update, source).expected,
                reboot: update.reboot,
                parcel,
            });
        }
        let left =
            [("differs from", &diff.differs), ("is not updated by this iDRAC to", &diff.not_updateable)];
        for (how, list) in left {
            needs.left.extend(list.iter().map(|one| {
                format!("{} {} {how} {}", called(&one.installed), one.installed.version, one.package.version)
            }));
        }
        Ok(needs)
    }

    /// A file of the mirror where this iDRAC takes files, else the place where it fetches it.
    fn parcel_of(
        &self,
        catalog: &Catalog,
        path: &str,
        mirror: Option<&Mirror>,
        base_uri: Option<&str>,
    ) -> Result<Parcel> {
        let listed = catalog.packages().iter().find(|package| *package.path == *path);
        let file = match (mirror, listed) {
            (Some(mirror), Some(package)) => Some(mirror.package(package)?).filter(|file| file.is_file()),
            _ => None,
        };
        match (file, base_uri) {
            (Some(path_here), _) if self.access.takes_packages() => {
                Ok(Parcel::File { path: path_here, listed: Some(path.to_owned()), sha256: None })
            }
            (_, Some(base)) => Ok(Parcel::Uri(format!("{}/{path}", base.trim_end_matches('/')))),
            (Some(_), None) => Err(no_uploads()),
            (None, None) => {
                Err(Error::new(ErrorKind::NotFound, "a package of the catalogue is not beside it")
                    .about(path.to_owned())
                    .hint("complete the mirror, or say in details.base_uri where the iDRACs fetch packages"))
            }
        }
    }

    fn of_packages(&self, packages: &[PackageInput], args: &Args) -> Result<Needs> {
        let mut needs = Needs::default();
        for package in packages {
            match self.of_package(package)? {
                Ok(item) if args.means(item.component()) => {
                    if needs.items.iter().all(|known| known.key != item.key) {
                        needs.items.push(item);
                    }
                }
                Ok(_) => {}
                Err(why) => needs.left.push(why),
            }
        }
        Ok(needs)
    }

    /// What a package does here, or why it does nothing.
    fn of_package(&self, package: &PackageInput) -> Result<std::result::Result<Item, String>> {
        let parcel = match &package.place {
            Place::Uri(uri) => Parcel::Uri(uri.clone()),
            Place::File(_) if !self.access.takes_packages() => return Err(no_uploads()),
            Place::File(path) => {
                Parcel::File { path: path.clone(), listed: None, sha256: package.sha256.clone() }
            }
        };
        let file = parcel.name();
        let concerned: Vec<&InstalledFirmware> = match &package.aim {
            Some(aim) => self.inventory.installed.iter().filter(|item| aim.fits(item)).collect(),
            None => Vec::new(),
        };
        let Some(first) = concerned.first() else {
            return Ok(match &package.aim {
                Some(aim) => Err(format!("{file}: this server has no {}", aim.shown())),
                None => Ok(Item {
                    key: key(Component::Other, &file, package.version.as_deref().unwrap_or("-")),
                    stage: Stage::Other,
                    name: file,
                    before: Vec::new(),
                    version: package.version.clone(),
                    expected: None,
                    reboot: Reboot::Unknown,
                    parcel,
                }),
            });
        };
        let expected = match &package.version {
            Some(version) => Some(expected(version, &concerned, package.aim.as_ref())?),
            None => None,
        };
        if expected.as_ref().is_some_and(|expected| expected.is_met(&self.inventory.installed)) {
            return Ok(Err(format!("{}: {} is installed already", called(first), first.version)));
        }
        if concerned.iter().all(|item| item.updateable == Some(false)) {
            return Ok(Err(format!("{}: this iDRAC does not update it", called(first))));
        }
        let mut before: Vec<String> = concerned.iter().map(|item| item.version.clone()).collect();
        before.sort_unstable();
        before.dedup();
        let stage = Stage::of(first);
        Ok(Ok(Item {
            key: key(Component::of(stage), &file, package.version.as_deref().unwrap_or("-")),
            stage,
            name: called(first),
            before,
            version: package.version.clone(),
            expected,
            reboot: concerned.iter().map(|item| forecast(item)).max().unwrap_or(Reboot::Unknown),
            parcel,
        }))
    }
}

impl Aim {
    fn fits(&self, item: &InstalledFirmware) -> bool {
        match self {
            Self::Component(component) => Component::of(Stage::of(item)) == *component,
            Self::Id(id) => item.component == Some(*id),
            Self::Device(fqdd) => item.fqdd.as_deref() == Some(fqdd),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Component(component) => component.word().to_owned(),
            Self::Id(id) => format!("component {id}"),
            Self::Device(fqdd) => fqdd.clone(),
        }
    }
}

/// How success is told. One package fits one kind of device: a word that names several is not enough.
fn expected(version: &str, concerned: &[&InstalledFirmware], aim: Option<&Aim>) -> Result<Expected> {
    if let Some(Aim::Device(fqdd)) = aim {
        return Ok(Expected::in_device(version, fqdd));
    }
    let mut kinds: Vec<Option<ComponentId>> = concerned.iter().map(|item| item.component).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.as_slice() {
        [Some(one)] => Ok(Expected::in_component(version, *one)),
        [None] => Ok(Expected {
            version: version.to_owned(),
            devices: concerned.iter().filter_map(|item| item.fqdd.clone()).collect(),
            component: None,
        }),
        _ => {
            let ids: Vec<_> = kinds.iter().flatten().map(ToString::to_string).collect();
            Err(Error::new(
                ErrorKind::InvalidInput,
                format!("several kinds of devices are meant: components {}", ids.join(", ")),
            )
            .about("details.packages[].component")
            .hint("write the component id or the name of the device"))
        }
    }
}

fn forecast(item: &InstalledFirmware) -> Reboot {
    match (Stage::of(item).reboot(), item.sideband) {
        (Reboot::Unknown, Some(true)) => Reboot::NotNeeded,
        (known, _) => known,
    }
}

fn called(item: &InstalledFirmware) -> String {
    item.name.clone().or_else(|| item.fqdd.clone()).unwrap_or_else(|| item.id.clone())
}

fn key(component: Component, path: &str, version: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let key = format!("{} {version} {file}", component.word());
    key.chars().filter(char::is_ascii).take(LONGEST_KEY).collect()
}

fn no_uploads() -> Error {
    Error::new(ErrorKind::Unsupported, "this iDRAC takes no uploads of packages")
        .hint("say in details.base_uri, or as uri of the package, where it fetches them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(stage: Stage) -> Item {
        Item {
            key: format!("{stage:?}"),
            stage,
            name: String::new(),
            before: Vec::new(),
            version: None,
            parcel: Parcel::Uri(String::new()),
            expected: None,
            reboot: stage.reboot(),
        }
    }

    #[test]
    fn the_idrac_goes_first_and_a_cpld_apart() {
        let items: Vec<Item> = [
            Stage::Idrac,
            Stage::LifecycleController,
            Stage::Bios,
            Stage::Cpld,
            Stage::Network,
            Stage::Drive,
        ]
        .map(item)
        .into();
        assert_eq!(
            waves(&items),
            [vec!["Idrac"], vec!["LifecycleController", "Bios", "Network", "Drive"], vec!["Cpld"]]
        );
        assert!(waves(&[]).is_empty());
    }

    #[test]
    fn keys_are_short_plain_and_tell_what_is_installed() {
        let key = key(Component::Bios, "FOLDER1/ä/BIOS_X.EXE", "2.1");
        assert_eq!(key, "BIOS 2.1 BIOS_X.EXE");
        assert!(super::key(Component::Nic, &"x".repeat(500), "1").len() <= LONGEST_KEY);
    }
}

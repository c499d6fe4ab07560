//! One controller with its drives and volumes, as far as changes need to know it.

use crate::actions::Actions;
use crate::capability::SERVER;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{
    DellController, Drive, Link, Resource, Storage, StorageController, Volume, VolumeCollection,
};
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, GetStorage};
use crate::quirk::NO_EXPAND;

/// Drives that are read of one controller; a hostile iDRAC may list any number.
const MAX_DRIVES: usize = 1000;

/// A controller.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Controller {
    /// Its FQDD.
    pub id: String,
    /// What it is.
    pub name: Option<String>,
    /// The RAID levels it makes (`SupportedRAIDTypes`); absent where it does not say.
    pub raid_types: Option<Vec<String>>,
    /// Whether its security key is set.
    pub has_key: Option<bool>,
    /// Name of the key.
    pub key_id: Option<String>,
    /// Its drives.
    pub drives: Vec<DriveState>,
    /// Its volumes, drives without RAID not among them.
    pub volumes: Vec<VolumeState>,
    #[serde(skip)]
    pub(super) collection: Option<ODataId>,
    /// When its volumes can be changed; empty until it is read, and where the controller does not say.
    #[serde(skip)]
    pub(super) apply_times: Vec<String>,
    #[serde(skip)]
    pub(super) settings: Option<ODataId>,
}

/// A drive.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DriveState {
    /// Its FQDD.
    pub id: String,
    /// What it is.
    pub name: Option<String>,
    /// Size in bytes.
    pub capacity_bytes: Option<u64>,
    /// What no volume takes of it, in bytes.
    pub free_bytes: Option<u64>,
    /// Dell's `RaidStatus`: `Ready`, `Online`, `NonRAID`, `Foreign`, `Failed`, …
    pub raid_status: Option<String>,
    /// `None`, `Global`, `Dedicated`, …
    pub hot_spare: Option<String>,
    /// The volumes on it, by FQDD.
    pub volumes: Vec<String>,
    #[serde(skip)]
    pub(super) path: ODataId,
    #[serde(skip)]
    pub(super) actions: Actions,
}

/// A volume.
#[derive(Debug, Clone, serde::Serialize)]
pub struct VolumeState {
    /// Its FQDD.
    pub id: String,
    /// The operator's name.
    pub name: Option<String>,
    /// Its RAID level.
    pub raid_type: Option<String>,
    /// Size in bytes.
    pub capacity_bytes: Option<u64>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// Its drives, by FQDD.
    pub drives: Vec<String>,
    #[serde(skip)]
    pub(super) path: ODataId,
    #[serde(skip)]
    pub(super) actions: Actions,
}

/// Reads a controller by its FQDD.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a name that is none, [`ErrorKind::NotFound`] where there is no such controller; else whatever the
/// requests meet.
pub async fn fetch_controller(idrac: &dyn Redfish, id: &str) -> Result<Controller> {
    let path = ODataId::parse(&endpoint::STORAGE.path(&[SERVER, id])?)?;
    let (storage, drives) = subsystem(idrac, &path).await?;
    let collection = target(storage.volumes.as_ref());
    let volumes = match &collection {
        Some(home) => members::list::<Volume>(idrac, home.path()).await?,
        None => Vec::new(),
    };
    let inline = storage.storage_controllers.as_ref().and_then(|all| all.first());
    let dell = storage.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.controller.as_ref());
    Ok(Controller {
        id: id.to_owned(),
        name: storage.name.clone(),
        raid_types: inline
            .and_then(|controller| controller.raid_types.clone())
            .filter(|types| !types.is_empty()),
        has_key: dell.and_then(has_key),
        key_id: dell.and_then(|dell| dell.key_id.clone()).filter(|id| !id.is_empty()),
        drives: drives.iter().filter_map(DriveState::of).collect(),
        volumes: volumes.iter().filter_map(VolumeState::of).collect(),
        settings: target(storage.settings.as_ref().and_then(|settings| settings.settings_object.as_ref())),
        collection,
        apply_times: Vec::new(),
    })
}

/// The subsystem, and its drives: in one request where this iDRAC expands.
async fn subsystem(idrac: &dyn Redfish, path: &ODataId) -> Result<(Resource<Storage>, Vec<Resource<Drive>>)> {
    let mut read = None;
    if members::expands(&idrac.facts(), path.path()) {
        match run(idrac, &GetStorage { path: path.clone(), expanded: true }).await {
            Ok(found) => read = Some(found),
            Err(error) if members::is_about_expand(&error) => idrac.learn(&mut |facts| {
                if !facts.expand_refused.iter().any(|known| known == path.path()) {
                    facts.expand_refused.push(path.path().to_owned());
                }
            }),
            Err(error) => return Err(error),
        }
    }
    let found = match read {
        Some(found) => found,
        None => run(idrac, &GetStorage { path: path.clone(), expanded: false }).await?,
    };
    let mut drives = found.drives;
    for link in found.storage.drives.iter().flatten().take(MAX_DRIVES) {
        let Some(path) = target(Some(link)) else { continue };
        if !drives.iter().any(|drive| drive.odata_id.as_deref() == Some(path.as_str())) {
            drives.push(run(idrac, &GetResource::at(path)).await?);
        }
    }
    Ok((found.storage, drives))
}

impl Controller {
    /// Reads the levels it makes where the subsystem does not tell them: newer firmware tells them in the controller's own resource.
    pub(super) async fn learn_raid_types(&mut self, idrac: &dyn Redfish) -> Result<()> {
        if self.raid_types.is_some()
            || idrac.facts().generation.is_some_and(|generation| NO_EXPAND.concerns(Some(generation)))
        {
            return Ok(());
        }
        let path = ODataId::parse(&endpoint::STORAGE_CONTROLLER.path(&[SERVER, &self.id, &self.id])?)?;
        match run(idrac, &GetResource::<StorageController>::at(path)).await {
            Ok(controller) => {
                self.raid_types = controller.into_value().raid_types.filter(|types| !types.is_empty())
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads when its volumes can be changed.
    pub(super) async fn learn_apply_times(&mut self, idrac: &dyn Redfish) -> Result<()> {
        let Some(volumes) = &self.collection else { return Ok(()) };
        let collection = run(idrac, &GetResource::<VolumeCollection>::at(volumes.clone())).await?;
        let support = collection.into_value().apply_times;
        self.apply_times = support.and_then(|times| times.values).unwrap_or_default();
        Ok(())
    }

    /// A drive of this controller.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], naming what there is.
    pub fn drive(&self, id: &str) -> Result<&DriveState> {
        let found = self.drives.iter().find(|drive| drive.id == id);
        found.ok_or_else(|| self.missing("drive", id, self.drives.iter().map(|drive| drive.id.as_str())))
    }

    /// A volume of this controller, by FQDD or by the operator's name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], naming what there is; also where two have the name.
    pub fn volume(&self, id: &str) -> Result<&VolumeState> {
        if let Some(volume) = self.volumes.iter().find(|volume| volume.id == id) {
            return Ok(volume);
        }
        let mut named = self.volumes.iter().filter(|volume| volume.name.as_deref() == Some(id));
        match (named.next(), named.next()) {
            (Some(volume), None) => Ok(volume),
            _ => Err(self.missing("volume", id, self.volumes.iter().map(|volume| volume.id.as_str()))),
        }
    }

    fn missing<'a>(&self, what: &str, id: &str, there: impl Iterator<Item = &'a str>) -> Error {
        let there: Vec<_> = there.collect();
        let message = format!("{} has no {what} {id:?}; it has {}", self.id, there.join(", "));
        Error::new(ErrorKind::InvalidInput, message)
    }
}

impl DriveState {
    fn of(drive: &Resource<Drive>) -> Option<Self> {
        let disk = drive.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.physical_disk.as_ref());
        let volumes = drive.links.as_ref().and_then(|links| links.volumes.as_ref());
        Some(Self {
            id: drive.id.clone()?,
            name: drive.name.clone(),
            capacity_bytes: drive.capacity_bytes,
            free_bytes: disk.and_then(|disk| disk.free_bytes),
            raid_status: disk.and_then(|disk| disk.raid_status.clone()).filter(|status| !status.is_empty()),
            hot_spare: drive.hotspare_type.clone(),
            volumes: volumes.into_iter().flatten().filter_map(name_of).collect(),
            path: ODataId::parse(drive.odata_id.as_deref()?).ok()?,
            actions: Actions::of(drive),
        })
    }

    /// Whether it is a hot spare.
    #[must_use]
    pub fn is_spare(&self) -> bool {
        self.hot_spare.as_deref().is_some_and(|kind| !matches!(kind, "" | "None" | "No"))
    }
}

impl VolumeState {
    /// A drive without RAID shows up as a `RawDevice`: that is no volume.
    fn of(volume: &Resource<Volume>) -> Option<Self> {
        if volume.volume_type.as_deref() == Some("RawDevice") {
            return None;
        }
        let drives = volume.links.as_ref().and_then(|links| links.drives.as_ref());
        Some(Self {
            id: volume.id.clone()?,
            name: volume.display_name.clone().or_else(|| volume.name.clone()),
            raid_type: volume.raid_type.clone(),
            capacity_bytes: volume.capacity_bytes,
            encrypted: volume.encrypted,
            drives: drives.into_iter().flatten().filter_map(name_of).collect(),
            path: ODataId::parse(volume.odata_id.as_deref()?).ok()?,
            actions: Actions::of(volume),
        })
    }
}

fn has_key(dell: &DellController) -> Option<bool> {
    match dell.security_status.as_deref()? {
        "SecurityKeyAssigned" => Some(true),
        "SecurityKeyNotAssigned" => Some(false),
        _ => None,
    }
}

fn target(link: Option<&Link>) -> Option<ODataId> {
    ODataId::parse(link?.odata_id.as_deref()?).ok()
}

fn name_of(link: &Link) -> Option<String> {
    link.odata_id.as_deref()?.rsplit('/').next().map(str::to_owned)
}

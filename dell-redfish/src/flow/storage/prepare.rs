//! From a change to what is sent: checked against the controller, before anything is.

use std::collections::HashSet;

use super::change::Change;
use super::command::Command;
use super::view::{Controller, DriveState};
use crate::actions::{Action, Actions};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::ops::{
    ApplyTime, CheckVolume, CreateVolume, DeleteVolume, EraseDrive, InitializeVolume, NewVolume, RaidAction,
    RaidCommand, RaidType,
};

/// A change that may be sent.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) what: String,
    pub(super) command: Command,
    /// What there is no more afterwards.
    pub(super) loses: Vec<String>,
    pub(super) expect: Expect,
}

/// What shows that a change is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expect {
    /// Nothing that a controller shows.
    Nothing,
    /// A volume on exactly these drives, which is none of those.
    NewVolume {
        drives: Vec<String>,
        before: Vec<String>,
    },
    /// No such volume.
    NoVolume(String),
    /// No volume at all.
    NoVolumes,
    Level(String, RaidType),
    Encrypted(String),
    Spare(String, bool),
    NonRaid(Vec<String>, bool),
    NoForeign,
    Key(bool),
}

impl Expect {
    /// Whether it is so; absent where the controller does not tell.
    pub(super) fn holds(&self, controller: &Controller) -> Option<bool> {
        let status =
            |id: &String| controller.drives.iter().find(|drive| drive.id == *id)?.raid_status.as_deref();
        let volume = |id: &String| controller.volumes.iter().find(|volume| volume.id == *id);
        match self {
            Self::Nothing => None,
            Self::NewVolume { .. } => Some(self.new_volume(controller).is_some()),
            Self::NoVolume(id) => Some(volume(id).is_none()),
            Self::NoVolumes => Some(controller.volumes.is_empty()),
            Self::Level(id, level) => Some(volume(id)?.raid_type.as_deref()? == level.as_str()),
            Self::Encrypted(id) => volume(id)?.encrypted,
            Self::Spare(id, wanted) => {
                Some(controller.drives.iter().find(|drive| drive.id == *id)?.is_spare() == *wanted)
            }
            Self::NonRaid(ids, wanted) => {
                let told: Option<Vec<_>> = ids.iter().map(status).collect();
                told.map(|told| told.iter().all(|status| (*status == "NonRAID") == *wanted))
            }
            Self::NoForeign => {
                let foreign = |drive: &DriveState| drive.raid_status.as_deref() == Some("Foreign");
                Some(!controller.drives.iter().any(foreign))
            }
            Self::Key(wanted) => controller.has_key.map(|has| has == *wanted),
        }
    }

    /// Whether this change, coming after one that expects `earlier`, may undo it on purpose.
    pub(super) fn undoes(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Nothing, _) | (_, Self::Nothing) => false,
            (
                Self::NoVolumes | Self::NoVolume(_),
                Self::NewVolume { .. } | Self::Level(..) | Self::Encrypted(_),
            ) => true,
            (Self::NoVolumes | Self::Spare(..), Self::Spare(..)) | (Self::NonRaid(..), Self::NonRaid(..)) => {
                true
            }
            (Self::NewVolume { .. }, Self::NoVolumes) | (Self::Key(_), Self::Key(_)) => true,
            // A new volume may get the name of one that was deleted.
            (Self::NewVolume { .. }, Self::NoVolume(_)) => true,
            _ => false,
        }
    }

    /// The volume that was made.
    pub(super) fn new_volume(&self, controller: &Controller) -> Option<String> {
        let Self::NewVolume { drives, before } = self else { return None };
        let wanted: HashSet<&String> = drives.iter().collect();
        let fits = |drives: &[String]| drives.iter().collect::<HashSet<_>>() == wanted;
        let mut volumes = controller.volumes.iter();
        volumes
            .find(|volume| !before.contains(&volume.id) && fits(&volume.drives))
            .map(|volume| volume.id.clone())
    }
}

/// Checks a change and makes it ready. `service` is what Dell's RAID service offers, where it was needed.
pub(super) fn prepare(
    controller: &Controller,
    service: Option<&Actions>,
    change: &Change,
    apply: Option<&ApplyTime>,
) -> Result<Prepared> {
    let dell = |action: RaidAction| {
        staged(controller, apply)?;
        dell(service, action)
    };
    let prepared = |command, loses, expect| Prepared { what: change.to_string(), command, loses, expect };
    let volume_name = |id: &str| Ok::<_, Error>(controller.volume(id)?.id.clone());
    let with_drives =
        |drives: &[String]| drives.iter().try_for_each(|drive| controller.drive(drive).map(drop));
    Ok(match change {
        Change::CreateVolume(volume) => create(controller, change, volume, at(controller, None, apply)?)?,
        Change::DeleteVolume { volume } => {
            let volume = controller.volume(volume)?;
            let command = Command::Delete(DeleteVolume {
                volume: volume.path.clone(),
                apply: at(controller, None, apply)?,
            });
            prepared(command, vec![lost_volume(controller, &volume.id)], Expect::NoVolume(volume.id.clone()))
        }
        Change::InitializeVolume { volume, slow } => {
            let volume = controller.volume(volume)?;
            let action = volume.actions.need("Volume.Initialize")?;
            action.check("InitializeType", if *slow { "Slow" } else { "Fast" })?;
            let (target, apply) = (action.target.clone(), at(controller, Some(action), apply)?);
            let loses = vec![lost_volume(controller, &volume.id)];
            prepared(
                Command::Initialize(InitializeVolume { target, slow: *slow, apply }),
                loses,
                Expect::Nothing,
            )
        }
        Change::CheckVolume { volume } => {
            let action = controller.volume(volume)?.actions.need("Volume.CheckConsistency")?;
            let (target, apply) = (action.target.clone(), at(controller, Some(action), apply)?);
            prepared(Command::Check(CheckVolume { target, apply }), Vec::new(), Expect::Nothing)
        }
        Change::ExpandVolume { volume, drives, capacity_bytes } => {
            with_drives(drives)?;
            if drives.is_empty() == capacity_bytes.is_none() {
                return Err(invalid("a volume is expanded either by drives or to a size".to_owned()));
            }
            let volume = controller.volume(volume)?;
            if let (Some(wanted), Some(now)) = (capacity_bytes, volume.capacity_bytes)
                && *wanted <= now
            {
                return Err(invalid(format!(
                    "volume {} has {now} bytes already: it cannot be made smaller",
                    volume.id
                )));
            }
            let size_mb = capacity_bytes.map(|bytes| bytes / (1 << 20));
            let action = RaidAction::Expand { volume: volume.id.clone(), drives: drives.clone(), size_mb };
            prepared(dell(action)?, Vec::new(), Expect::Nothing)
        }
        Change::MigrateVolume { volume, raid_type, drives } => {
            with_drives(drives)?;
            level(controller, *raid_type)?;
            let volume = volume_name(volume)?;
            let action = RaidAction::Migrate {
                volume: volume.clone(),
                raid_type: raid_type.as_str(),
                drives: drives.clone(),
            };
            prepared(dell(action)?, Vec::new(), Expect::Level(volume, *raid_type))
        }
        Change::SecureVolume { volume } => {
            if controller.has_key == Some(false) {
                let message = format!("{} has no key to encrypt a volume with", controller.id);
                return Err(Error::new(ErrorKind::Conflict, message));
            }
            let volume = volume_name(volume)?;
            let command = dell(RaidAction::SecureVolume { volume: volume.clone() })?;
            prepared(command, Vec::new(), Expect::Encrypted(volume))
        }
        Change::AssignSpare { drive, volumes } => {
            free(controller.drive(drive)?, true)?;
            let volumes = volumes.iter().map(|volume| volume_name(volume)).collect::<Result<Vec<_>>>()?;
            let command = dell(RaidAction::AssignSpare { drive: drive.clone(), volumes })?;
            prepared(command, Vec::new(), Expect::Spare(drive.clone(), true))
        }
        Change::UnassignSpare { drive } => {
            controller.drive(drive)?;
            let command = dell(RaidAction::UnassignSpare { drive: drive.clone() })?;
            prepared(command, Vec::new(), Expect::Spare(drive.clone(), false))
        }
        Change::ConvertToRaid { drives } => {
            let loses = drives.iter().map(|drive| lost_drive(controller, drive)).collect::<Result<_>>()?;
            let command = dell(RaidAction::ConvertToRaid { drives: drives.clone() })?;
            prepared(command, loses, Expect::NonRaid(drives.clone(), false))
        }
        Change::ConvertToNonRaid { drives } => {
            for drive in drives {
                let drive = controller.drive(drive)?;
                unused(drive)?;
            }
            let loses = drives.iter().map(|drive| lost_drive(controller, drive)).collect::<Result<_>>()?;
            let command = dell(RaidAction::ConvertToNonRaid { drives: drives.clone() })?;
            prepared(command, loses, Expect::NonRaid(drives.clone(), true))
        }
        Change::EraseDrive { drive } => {
            let state = controller.drive(drive)?;
            unused(state)?;
            let action = state.actions.need("Drive.SecureErase")?;
            let (target, apply) = (action.target.clone(), at(controller, Some(action), apply)?);
            let loses = vec![lost_drive(controller, drive)?];
            prepared(Command::Erase(EraseDrive { target, apply }), loses, Expect::Nothing)
        }
        Change::ResetConfig => {
            let loses = controller.volumes.iter().map(|volume| lost_volume(controller, &volume.id)).collect();
            prepared(
                dell(RaidAction::ResetConfig { controller: controller.id.clone() })?,
                loses,
                Expect::NoVolumes,
            )
        }
        Change::ClearForeign => {
            let foreign =
                controller.drives.iter().filter(|drive| drive.raid_status.as_deref() == Some("Foreign"));
            let loses = foreign.map(|drive| lost_drive(controller, &drive.id)).collect::<Result<_>>()?;
            prepared(
                dell(RaidAction::ClearForeign { controller: controller.id.clone() })?,
                loses,
                Expect::NoForeign,
            )
        }
        Change::ImportForeign => {
            let command = dell(RaidAction::ImportForeign { controller: controller.id.clone() })?;
            prepared(command, Vec::new(), Expect::NoForeign)
        }
        Change::Dell(action) => prepared(dell(action.clone())?, Vec::new(), expected_of(action)),
    })
}

/// What a controller that does not say is taken to offer.
const UNSAID: &[&str] = &[ApplyTime::Immediate.as_str(), ApplyTime::OnReset.as_str()];

/// The wanted moment, where it is offered: by the action itself, else by the collection of volumes.
fn at(
    controller: &Controller,
    action: Option<&Action>,
    apply: Option<&ApplyTime>,
) -> Result<Option<ApplyTime>> {
    let Some(time) = apply else { return Ok(None) };
    let own = action.map(|action| action.apply_times.as_slice()).filter(|times| !times.is_empty());
    let what = format!("changes of {}", controller.id);
    time.check(&what, own.unwrap_or(&controller.apply_times), UNSAID)?;
    Ok(Some(time.clone()))
}

/// Dell's actions carry no moment: what the controller offers decides, and a window cannot be told.
fn staged(controller: &Controller, apply: Option<&ApplyTime>) -> Result<()> {
    let Some(time) = at(controller, None, apply)? else { return Ok(()) };
    time.check("DellRaidService", &[], UNSAID)
}

fn expected_of(action: &RaidAction) -> Expect {
    match action {
        RaidAction::SetKey { .. } => Expect::Key(true),
        RaidAction::RemoveKey { .. } => Expect::Key(false),
        _ => Expect::Nothing,
    }
}

fn create(
    controller: &Controller,
    change: &Change,
    volume: &NewVolume,
    apply: Option<ApplyTime>,
) -> Result<Prepared> {
    level(controller, volume.raid_type)?;
    let Some(volumes) = controller.collection.clone() else {
        let message = format!("{} has no collection of volumes: it makes none", controller.id);
        return Err(Error::new(ErrorKind::Unsupported, message));
    };
    let least = volume.raid_type.least_drives();
    let distinct: HashSet<&String> = volume.drives.iter().collect();
    if distinct.len() < least || distinct.len() < volume.drives.len() {
        let message = format!("{} needs at least {least} drives, each named once", volume.raid_type);
        return Err(invalid(message));
    }
    let mut paths: Vec<ODataId> = Vec::with_capacity(volume.drives.len());
    for drive in &volume.drives {
        let drive = controller.drive(drive)?;
        free(drive, false)?;
        paths.push(drive.path.clone());
    }
    // Where a controller names its levels, it takes them by name; before that there was only the kind of volume.
    let older = controller.raid_types.is_none();
    if older && volume.raid_type.volume_type().is_none() {
        let message = format!("this firmware cannot be told to make {} by Redfish", volume.raid_type);
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let before = controller.volumes.iter().map(|volume| volume.id.clone()).collect();
    let expect = Expect::NewVolume { drives: volume.drives.clone(), before };
    let command =
        Command::Create(CreateVolume { volumes, volume: volume.clone(), drives: paths, apply, older });
    Ok(Prepared { what: change.to_string(), command, loses: Vec::new(), expect })
}

/// Refuses a level that the controller does not make.
fn level(controller: &Controller, level: RaidType) -> Result<()> {
    match &controller.raid_types {
        Some(types) if !types.iter().any(|offered| offered == level.as_str()) => {
            let message = format!("{} does not make {level}; it makes {}", controller.id, types.join(", "));
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        _ => Ok(()),
    }
}

/// Refuses a drive with nothing free on it. A spare may be one already.
fn free(drive: &DriveState, may_be_spare: bool) -> Result<()> {
    if drive.is_spare() && !may_be_spare {
        return Err(conflict(drive, "is a hot spare"));
    }
    let full = !drive.volumes.is_empty() && (may_be_spare || drive.free_bytes.unwrap_or(0) == 0);
    match drive.raid_status.as_deref() {
        _ if full => Err(conflict(drive, "is in use")),
        None | Some("Ready" | "Online" | "Unknown" | "Spare") => Ok(()),
        Some(status) => Err(conflict(drive, &format!("is {status}"))),
    }
}

/// Refuses a drive that a volume lies on.
fn unused(drive: &DriveState) -> Result<()> {
    match drive.volumes.as_slice() {
        [] if drive.is_spare() => Err(conflict(drive, "is a hot spare")),
        [] => Ok(()),
        volumes => Err(conflict(drive, &format!("belongs to {}", volumes.join(", ")))),
    }
}

fn conflict(drive: &DriveState, why: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("drive {} {why}", drive.id))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidInput, message)
}

/// Dell's action, as the service offers it.
fn dell(service: Option<&Actions>, action: RaidAction) -> Result<Command> {
    let wanted = action.names();
    let offered: Option<&Action> =
        service.and_then(|service| wanted.iter().find_map(|name| service.find(name)));
    let Some(offered) = offered else {
        let message = format!("this iDRAC does not offer DellRaidService.{}", wanted.join(" or "));
        return Err(Error::new(ErrorKind::Unsupported, message));
    };
    if let Some((name, value)) = action.parameter() {
        offered.check(name, value)?;
    }
    Ok(Command::Dell(RaidCommand { target: offered.target.clone(), action }))
}

fn lost_volume(controller: &Controller, id: &str) -> String {
    let name =
        controller.volumes.iter().find(|volume| volume.id == id).and_then(|volume| volume.name.clone());
    format!("all data on volume {} ({id}) is lost", name.unwrap_or_else(|| "without a name".to_owned()))
}

fn lost_drive(controller: &Controller, id: &str) -> Result<String> {
    let drive = controller.drive(id)?;
    Ok(format!("all data on drive {} ({id}) is lost", drive.name.as_deref().unwrap_or("without a name")))
}

impl Controller {
    /// What the controller will be like after a change, as far as later changes of a batch depend on it.
    pub(super) fn assume(&mut self, prepared: &Prepared) {
        let freed = |drive: &mut DriveState| {
            if drive.volumes.is_empty() && drive.raid_status.as_deref() == Some("Online") {
                drive.raid_status = Some("Ready".to_owned());
            }
        };
        match &prepared.expect {
            Expect::NoVolume(id) => {
                self.volumes.retain(|volume| volume.id != *id);
                for drive in &mut self.drives {
                    drive.volumes.retain(|volume| volume != id);
                    freed(drive);
                }
            }
            Expect::NoVolumes => {
                self.volumes.clear();
                for drive in &mut self.drives {
                    drive.volumes.clear();
                    drive.hot_spare = None;
                    freed(drive);
                }
            }
            Expect::NewVolume { drives, .. } => {
                for drive in self.drives.iter_mut().filter(|drive| drives.contains(&drive.id)) {
                    drive.volumes.push("a volume of this batch".to_owned());
                    drive.free_bytes = drive.free_bytes.map(|_| 0);
                }
            }
            Expect::Spare(id, on) => {
                for drive in self.drives.iter_mut().filter(|drive| drive.id == *id) {
                    drive.hot_spare = on.then(|| "Global".to_owned());
                }
            }
            Expect::NonRaid(ids, on) => {
                for drive in self.drives.iter_mut().filter(|drive| ids.contains(&drive.id)) {
                    drive.raid_status = Some(if *on { "NonRAID" } else { "Ready" }.to_owned());
                }
            }
            Expect::Key(has) => self.has_key = Some(*has),
            Expect::Nothing | Expect::Level(..) | Expect::Encrypted(_) | Expect::NoForeign => {}
        }
    }
}

//! Volumes, drives and controllers.
//!
//! A controller takes one configuration job at a time (STOR023). iDRAC9 and 10 make a job of each change: at once, or at the next
//! restart where that is asked for; iDRAC8 holds changes until a job is made of them; iDRAC7 takes none.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Value, json};

use super::effect::JobEffect;
use super::job::{self, NewJob, Trigger};
use super::{Area, merge, raid};
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::message;
use crate::read::error;
use crate::reply::Reply;
use crate::server::{Server, ServerHandle};
use crate::spec::Generation;
use crate::tree::{MANAGER, SYSTEM};

/// How long a configuration job runs.
const JOB_TIME: Duration = Duration::from_secs(60);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Volumes that are new, and, as nothing, those that are gone; by path.
    volumes: BTreeMap<String, Option<Value>>,
    /// What is different in other resources, by path.
    patches: BTreeMap<String, Value>,
    /// The passphrases of controllers.
    pub(crate) keys: HashMap<String, String>,
    /// Changes that wait for a job to be made of them, by controller.
    gathered: HashMap<String, Vec<Delta>>,
}

/// One difference that a change makes.
#[derive(Clone, Debug)]
pub(crate) enum Delta {
    /// A volume comes, or goes.
    Volume(String, Option<Value>),
    /// Something of a resource is another.
    Patch(String, Value),
    /// A controller's passphrase.
    Key(String, Option<String>),
}

pub(crate) const AREA: Area = Area { list, get, overlay, gone, change, ..Area::NOTHING };

/// The path of a controller's subsystem.
pub(crate) fn home(controller: &str) -> String {
    format!("{SYSTEM}/Storage/{controller}")
}

fn gone(server: &Server, path: &str) -> bool {
    matches!(server.state().storage.volumes.get(path), Some(None))
}

fn get(server: &Server, path: &str) -> Option<Value> {
    server.state().storage.volumes.get(path).cloned().flatten()
}

/// The controller whose collection of volumes this is.
fn collection_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(SYSTEM)?.strip_prefix("/Storage/")?.strip_suffix("/Volumes")?;
    (!name.contains('/')).then_some(name)
}

fn is_changed(server: &Server, controller: &str) -> bool {
    let end = format!(":{controller}");
    server.state().storage.volumes.keys().any(|path| path.ends_with(&end))
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    let controller = collection_of(path).filter(|name| is_changed(server, name))?;
    Some(Listing {
        path: path.into(),
        kind: "Volume".into(),
        name: "Volume Collection".into(),
        members: volumes(server, controller).into_iter().map(|(_, volume)| volume).collect(),
        embedded: false,
        page: None,
        past_end: None,
    })
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    if let Some(controller) = collection_of(path).filter(|name| is_changed(server, name)) {
        let links: Vec<Value> =
            volumes(server, controller).iter().map(|(path, _)| json!({"@odata.id": path})).collect();
        return Some(json!({"Members@odata.count": links.len(), "Members": links}));
    }
    server.state().storage.patches.get(path).cloned()
}

/// A resource as it is now.
fn now(server: &Server, path: &str) -> Option<Value> {
    if let Some(own) = server.state().storage.volumes.get(path) {
        return own.clone();
    }
    serde_json::from_slice(&server.render(path, &server.view())?).ok()
}

fn linked(value: &Value, pointer: &str) -> Vec<String> {
    let links = value.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    links.filter_map(|link| Some(link.get("@odata.id")?.as_str()?.to_owned())).collect()
}

/// A controller's volumes, by path.
pub(crate) fn volumes(server: &Server, controller: &str) -> Vec<(String, Value)> {
    let collection = server.tree.render(&format!("{}/Volumes", home(controller)), &server.view());
    let first = collection.and_then(|text| serde_json::from_slice::<Value>(&text).ok()).unwrap_or_default();
    let mut paths = linked(&first, "/Members");
    let end = format!(":{controller}");
    let own: Vec<String> =
        server.state().storage.volumes.keys().filter(|path| path.ends_with(&end)).cloned().collect();
    paths.extend(own);
    paths.sort();
    paths.dedup();
    paths.into_iter().filter_map(|path| now(server, &path).map(|volume| (path, volume))).collect()
}

/// A controller's drives, by path.
pub(crate) fn drives(server: &Server, controller: &str) -> Vec<(String, Value)> {
    let storage = now(server, &home(controller)).unwrap_or_default();
    let paths = linked(&storage, "/Drives");
    paths.into_iter().filter_map(|path| now(server, &path).map(|drive| (path, drive))).collect()
}

/// Dell's status of a drive.
pub(crate) fn status(drive: &Value) -> &str {
    drive.pointer("/Oem/Dell/DellPhysicalDisk/RaidStatus").and_then(Value::as_str).unwrap_or_default()
}

/// A drive in another status, with these volumes on it.
pub(crate) fn set_drive(path: &str, drive: &Value, status: &str, volumes: &[&str]) -> Delta {
    let size = drive.get("CapacityBytes").and_then(Value::as_u64).unwrap_or(0);
    let free = if volumes.is_empty() { size } else { 0 };
    let links: Vec<Value> = volumes.iter().map(|path| json!({"@odata.id": path})).collect();
    let patch = json!({
        "Links": {"Volumes": links, "Volumes@odata.count": volumes.len()},
        "HotspareType": "None",
        "Oem": {"Dell": {"DellPhysicalDisk": {"RaidStatus": status, "FreeSizeInBytes": free,
            "UsedSizeInBytes": size - free}}},
    });
    Delta::Patch(path.to_owned(), patch)
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let path = asked.path.as_str();
    if asked.method == Method::POST && path == format!("{MANAGER}/Jobs") {
        let target = body.get("TargetSettingsURI")?.as_str()?;
        let controller = target.strip_prefix(SYSTEM)?.strip_prefix("/Storage/")?.strip_suffix("/Settings")?;
        return Some(start_gathered(server, controller));
    }
    let rest = path.strip_prefix(SYSTEM)?;
    if let Some(action) = rest.strip_prefix("/Oem/Dell/DellRaidService/Actions/DellRaidService.") {
        return server
            .tree
            .has(&format!("{SYSTEM}/Oem/Dell/DellRaidService"))
            .then(|| raid::act(server, action, &body));
    }
    let rest = rest.strip_prefix("/Storage/")?;
    if server.profile.generation == Generation::Idrac7 && server.tree.has(path) {
        return Some(crate::read::not_allowed(server, "GET, HEAD"));
    }
    if let (&Method::POST, Some(controller)) = (&asked.method, collection_of(path)) {
        return Some(create(server, controller, &body));
    }
    let device = |tail: &str| rest.rsplit('/').find(|part| part.contains(tail)).map(str::to_owned);
    let controller =
        || rest.split('/').find_map(|part| part.rsplit_once(':')).map(|(_, name)| name.to_owned());
    match (&asked.method, rest) {
        (&Method::DELETE, _) if device("Disk.Virtual").is_some() => {
            Some(delete(server, &controller()?, path, &body))
        }
        (&Method::POST, rest) if rest.ends_with("/Actions/Volume.Initialize") => {
            let known = ["Fast", "Slow"].contains(&body.get("InitializeType").and_then(Value::as_str)?);
            Some(if known {
                enqueue(server, &controller()?, &body, Vec::new())
            } else {
                refuse(server, "SYS429")
            })
        }
        (&Method::POST, rest) if rest.ends_with("/Actions/Volume.CheckConsistency") => {
            Some(enqueue(server, &controller()?, &body, Vec::new()))
        }
        (&Method::POST, rest) if rest.ends_with("/Actions/Drive.SecureErase") => {
            let drive = now(server, path.strip_suffix("/Actions/Drive.SecureErase")?)?;
            let used = !linked(&drive, "/Links/Volumes").is_empty();
            Some(if used {
                refuse(server, "STOR013")
            } else {
                enqueue(server, &controller()?, &body, Vec::new())
            })
        }
        _ => None,
    }
}

/// 400 with this message.
pub(crate) fn refuse(server: &Server, id: &str) -> Reply {
    error(server, 400, &[id])
}

/// POST to a collection of volumes, in the schema that this firmware knows.
fn create(server: &Server, controller: &str, body: &Value) -> Reply {
    let old = server.profile.flat_drives;
    let (kind, wanted) = if old {
        (body.get("VolumeType").and_then(Value::as_str), linked(body, "/Drives"))
    } else {
        (body.get("RAIDType").and_then(Value::as_str), linked(body, "/Links/Drives"))
    };
    let least = match kind {
        Some("RAID0" | "NonRedundant") => 1,
        Some("RAID1" | "Mirrored") => 2,
        Some("RAID5" | "StripedWithParity") => 3,
        Some("RAID6" | "RAID10" | "SpannedMirrors") => 4,
        Some(_) => return refuse(server, "STOR010"),
        None => return error(server, 400, &["SYS428", "PropertyMissing"]),
    };
    if wanted.len() < least {
        return refuse(server, "STOR090");
    }
    let known = drives(server, controller);
    let mut chosen = Vec::new();
    for path in &wanted {
        match known.iter().find(|(own, _)| own == path) {
            Some((_, drive)) if status(drive) == "Ready" => chosen.push((path, drive)),
            Some(_) => return refuse(server, "STOR012"),
            None => return refuse(server, "STOR029"),
        }
    }
    let taken = volumes(server, controller);
    let pending = server.state().storage.gathered.get(controller).map_or(0, Vec::len);
    let number = (0..).find(|n| !taken.iter().any(|(path, _)| path.contains(&format!("Disk.Virtual.{n}:"))));
    let id = format!("Disk.Virtual.{}:{controller}", number.unwrap_or(0) + pending);
    let path = if old {
        format!("{SYSTEM}/Storage/Volumes/{id}")
    } else {
        format!("{}/Volumes/{id}", home(controller))
    };
    let links: Vec<Value> = wanted.iter().map(|drive| json!({"@odata.id": drive})).collect();
    let name = body.get("Name").and_then(Value::as_str).unwrap_or("Virtual Disk").to_owned();
    let volume = json!({
        "@odata.context": "/redfish/v1/$metadata#Volume.Volume", "@odata.id": path,
        "@odata.type": "#Volume.v1_8_0.Volume", "Id": id, "Name": name, "DisplayName": name,
        "Actions": crate::tree::storage::volume_actions(&path),
        "CapacityBytes": body.get("CapacityBytes").cloned().unwrap_or_else(|| 960_197_124_096_u64.into()),
        "Encrypted": body.get("Encrypted").cloned().unwrap_or(Value::Bool(false)),
        "Links": {"Drives": links, "Drives@odata.count": wanted.len()},
        "RAIDType": body.get("RAIDType"), "VolumeType": body.get("VolumeType"),
        "ReadCachePolicy": body.get("ReadCachePolicy"), "WriteCachePolicy": body.get("WriteCachePolicy"),
        "Status": {"Health": "OK", "State": "Enabled"},
    });
    let mut deltas: Vec<Delta> =
        chosen.iter().map(|(own, drive)| set_drive(own, drive, "Online", &[&path])).collect();
    deltas.push(Delta::Volume(path, Some(volume)));
    enqueue(server, controller, body, deltas)
}

fn delete(server: &Server, controller: &str, path: &str, body: &Value) -> Reply {
    // From 6.00.02 on the annotation is refused here.
    let annotated = body.get("@Redfish.OperationApplyTime").is_some();
    if annotated && server.profile.generation >= Generation::Idrac9V6 {
        return error(server, 400, &["PropertyUnknown", "SYS429"]);
    }
    if !volumes(server, controller).iter().any(|(own, _)| own == path) {
        return error(server, 404, &["SYS403"]);
    }
    enqueue(server, controller, body, without(server, controller, &[path]))
}

/// What is different without these volumes.
pub(crate) fn without(server: &Server, controller: &str, paths: &[&str]) -> Vec<Delta> {
    let mut deltas: Vec<Delta> = paths.iter().map(|path| Delta::Volume((*path).to_owned(), None)).collect();
    for (own, drive) in drives(server, controller) {
        let before = linked(&drive, "/Links/Volumes");
        let after: Vec<&str> =
            before.iter().map(String::as_str).filter(|path| !paths.contains(path)).collect();
        if after.len() < before.len() {
            deltas.push(set_drive(&own, &drive, if after.is_empty() { "Ready" } else { "Online" }, &after));
        }
    }
    deltas
}

/// Makes the job of a change, or holds it for one.
pub(crate) fn enqueue(server: &Server, controller: &str, body: &Value, deltas: Vec<Delta>) -> Reply {
    let at = server.clock.now();
    let settings = format!("{}/Settings", home(controller));
    let mut state = server.state();
    let waits =
        |job: &job::Job| !job.is_done(at) && job.target_settings.as_deref() == Some(settings.as_str());
    if state.jobs.iter().any(waits) {
        drop(state);
        return refuse(server, "STOR023").because("controller_at_work");
    }
    if server.profile.flat_drives {
        state.storage.gathered.entry(controller.to_owned()).or_default().extend(deltas);
        drop(state);
        return Reply::value(
            200,
            &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "STOR094")]}),
        );
    }
    let staged = body.get("@Redfish.OperationApplyTime").and_then(Value::as_str) == Some("OnReset");
    let (kind, trigger) = if staged {
        ("RAIDConfiguration", Trigger::Restart)
    } else {
        ("RealTimeNoRebootConfiguration", Trigger::Now)
    };
    let job = NewJob {
        trigger,
        target_settings: Some(settings),
        effect: JobEffect::Storage(deltas),
        ..NewJob::new(kind, format!("Configure: {controller}"), JOB_TIME)
    };
    let id = job::add(&mut state, server.world(), at, job);
    drop(state);
    let home = if server.profile.generation == Generation::Idrac10 { "TaskMonitors" } else { "Tasks" };
    Reply::empty(202).with(LOCATION, &format!("/redfish/v1/TaskService/{home}/{id}"))
}

fn start_gathered(server: &Server, controller: &str) -> Reply {
    let at = server.clock.now();
    let mut state = server.state();
    let Some(deltas) = state.storage.gathered.remove(controller) else {
        drop(state);
        return refuse(server, "STOR026");
    };
    let job = NewJob {
        trigger: Trigger::Restart,
        target_settings: Some(format!("{}/Settings", home(controller))),
        effect: JobEffect::Storage(deltas),
        ..NewJob::new("RAIDConfiguration", format!("Configure: {controller}"), JOB_TIME)
    };
    let id = job::add(&mut state, server.world(), at, job);
    drop(state);
    Reply::empty(200).with(LOCATION, &format!("{MANAGER}/Jobs/{id}"))
}

/// A job has ended.
pub(crate) fn apply(state: &mut crate::state::State, deltas: Vec<Delta>) {
    let storage = &mut state.storage;
    for delta in deltas {
        match delta {
            Delta::Volume(path, volume) => drop(storage.volumes.insert(path, volume)),
            Delta::Key(controller, Some(key)) => drop(storage.keys.insert(controller, key)),
            Delta::Key(controller, None) => drop(storage.keys.remove(&controller)),
            Delta::Patch(path, patch) => match storage.volumes.get_mut(&path) {
                Some(Some(volume)) => merge(volume, patch),
                _ => merge(storage.patches.entry(path).or_insert_with(|| json!({})), patch),
            },
        }
    }
}

/// Makes a change at once.
pub(crate) fn apply_now(server: &Server, deltas: Vec<Delta>) -> Reply {
    let mut state = server.state();
    apply(&mut state, deltas);
    state.version += 1;
    drop(state);
    Reply::value(200, &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}))
}

impl ServerHandle {
    /// Puts a drive in the place of one that is ready, which brings a configuration of another server along.
    pub fn make_drive_foreign(&self, fqdd: &str) {
        let controller = fqdd.rsplit(':').next().unwrap_or_default();
        let found = drives(&self.0, controller).into_iter().find(|(path, _)| path.ends_with(fqdd));
        if let Some((path, drive)) = found {
            apply_now(&self.0, vec![set_drive(&path, &drive, "Foreign", &[])]);
        }
    }
}

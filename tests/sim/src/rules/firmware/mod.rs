//! Firmware: uploads, updates, the repository, rollback.
//!
//! A package is a made-up file whose first line says what it is: `SIMULATED PACKAGE <component> <version>`, with `UNSIGNED`
//! behind it for one that no iDRAC takes. Of a package that an iDRAC would fetch only the address is known, so its name says the
//! same: `<anything>_<component>_<version>.EXE`, with `UNSIGNED` in it. An update of the iDRAC takes the iDRAC away, what lives on
//! its storage is updated at once, everything else waits for a restart of the host.

mod repository;
mod schedule;

use std::time::Duration;

use hyper::Method;
use hyper::header::{IF_MATCH, LOCATION};
use serde_json::{Value, json};

use super::effect::JobEffect;
use super::job::{self, NewJob, Trigger};
use super::{Area, World};
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::Generation;
use crate::state;
use crate::tree::{MANAGER, SYSTEM, Tree};
use repository::{has_repositories, installation_service, repository, service, update_list};

const HOME: &str = "/redfish/v1/UpdateService/FirmwareInventory";
const SERVICE: &str = "/redfish/v1/UpdateService";
/// The iDRAC's own component number.
const IDRAC: u32 = 25_227;
/// What lives on the iDRAC's storage: driver pack, diagnostics, collector.
const AT_ONCE: [u32; 4] = [IDRAC, 18_981, 25_806, 101_734];
/// How long an update of the iDRAC takes, and of anything else.
const IDRAC_TIME: Duration = Duration::from_secs(300);
const TIME: Duration = Duration::from_secs(120);
/// A moment that never comes: an update that waits for its start.
const HELD: Trigger = Trigger::At(Duration::MAX);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The inventory, once it may differ from the tree's.
    entries: Option<Vec<Value>>,
    /// The inventory before the last update, shown by turns for so many reads.
    before: Vec<Value>,
    flaps: u32,
    showed_old: bool,
    /// When the iDRAC is back from its own update, until somebody notices that it is away.
    away_until: Option<Duration>,
    was_reset: bool,
    /// What the last comparison with a repository found.
    found: Vec<(u32, String)>,
    /// The recurring update, as it is shown.
    schedule: Option<serde_json::Map<String, Value>>,
}

impl State {
    pub(crate) fn idrac_restarted(&mut self) {
        self.was_reset = true;
    }
}

/// Other firmware in the devices of a component, or in one of them.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    component: u32,
    version: String,
    device: Option<String>,
}

/// A package, as far as it can be looked into.
struct Package {
    component: u32,
    version: String,
    is_signed: bool,
    device: Option<String>,
}

pub(crate) const AREA: Area = Area { list, get, overlay, change, ..Area::NOTHING };

/// The iDRAC took itself away since the last request: for how much longer.
pub(crate) fn restart_due(server: &Server) -> Option<Duration> {
    let until = server.state().firmware.away_until.take()?;
    until.checked_sub(server.clock.now()).filter(|left| !left.is_zero())
}

/// Names the fault, where this list was shown as it was before.
pub(crate) fn mark(server: &Server, path: &str, reply: Reply) -> Reply {
    let is_old = path == HOME && std::mem::take(&mut server.state().firmware.showed_old);
    if is_old { reply.because("flapping_inventory") } else { reply }
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    if path != HOME {
        return None;
    }
    let mut state = server.state();
    let firmware = &mut state.firmware;
    let mut members = firmware.entries.clone()?;
    if firmware.flaps > 0 {
        if firmware.flaps % 2 == 1 {
            members.clone_from(&firmware.before);
            firmware.showed_old = true;
        }
        firmware.flaps -= 1;
    }
    Some(Listing {
        path: HOME.into(),
        kind: "SoftwareInventory".into(),
        name: "Firmware Inventory".into(),
        members,
        embedded: false,
        page: server.spec.page_size,
        past_end: None,
    })
}

fn get(server: &Server, path: &str) -> Option<Value> {
    if path == installation_service() && has_repositories(server) {
        return Some(service(path));
    }
    path.strip_prefix(HOME)?.strip_prefix('/')?;
    let state = server.state();
    let firmware = &state.firmware;
    let known = firmware.entries.iter().flatten().chain(&firmware.before);
    known.into_iter().find(|entry| entry["@odata.id"] == path).cloned()
}

/// The versions of the BIOS and of the iDRAC, where their own resources show them.
fn overlay(server: &Server, path: &str) -> Option<Value> {
    let (number, property) = match path {
        SYSTEM => (159, "BiosVersion"),
        MANAGER => (IDRAC, "FirmwareVersion"),
        _ => return None,
    };
    let state = server.state();
    let mut installed = state.firmware.entries.iter().flatten().filter(|entry| parts(entry).0 == "Installed");
    let version = &installed.find(|entry| component(entry) == number)?["Version"];
    Some(json!({property: version}))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if !server.profile.update_service || matches!(server.tree, Tree::Mockup(_)) {
        return None;
    }
    let is_post = asked.method == Method::POST;
    let of_service = asked.path.strip_prefix(SERVICE);
    let of_repository = asked.path.strip_prefix(&installation_service()).filter(|_| has_repositories(server));
    match (of_service, of_repository) {
        (Some("/FirmwareInventory"), _)
            if is_post && server.profile.announces_features && server.profile.legacy_power =>
        {
            Some(push(server, asked))
        }
        (Some("/MultipartUpload"), _) if is_post && server.profile.new_power => Some(upload(server, asked)),
        (Some("/Actions/UpdateService.SimpleUpdate"), _) if is_post => Some(simple_update(server, asked)),
        (Some("/Actions/UpdateService.StartUpdate"), _) if is_post && server.profile.announces_features => {
            Some(start(server))
        }
        (Some(_), _) if asked.method == Method::DELETE => delete(server, &asked.path),
        (_, Some(action)) if is_post => match action.rsplit('.').next()? {
            "InstallFromRepository" => Some(repository(server, asked)),
            "GetRepoBasedUpdateList" => Some(update_list(server)),
            "SetUpdateSchedule" => Some(schedule::set(server, asked)),
            "GetUpdateSchedule" => Some(schedule::get(server)),
            "ClearUpdateSchedule" => Some(schedule::clear(server)),
            _ => None,
        },
        _ => None,
    }
}

/// The inventory as it is now.
fn entries(server: &Server) -> Vec<Value> {
    if let Some(entries) = &server.state().firmware.entries {
        return entries.clone();
    }
    let view = server.view();
    let read = |path: &str| serde_json::from_slice::<Value>(&server.tree.render(path, &view)?).ok();
    let members = read(HOME).and_then(|home| home["Members"].as_array().cloned()).unwrap_or_default();
    members.iter().filter_map(|member| read(member["@odata.id"].as_str()?)).collect()
}

fn component(entry: &Value) -> u32 {
    entry["SoftwareId"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// State and device of `Installed-159-1.13.2__BIOS.Setup.1-1`.
fn parts(entry: &Value) -> (&str, &str) {
    let id = entry["Id"].as_str().unwrap_or_default();
    (id.split('-').next().unwrap_or_default(), id.split_once("__").map_or("", |(_, device)| device))
}

impl Change {
    fn concerns(&self, entry: &Value) -> bool {
        let (state, device) = parts(entry);
        state == "Installed"
            && component(entry) == self.component
            && self.device.as_ref().is_none_or(|only| only == device)
    }
}

/// Another entry like this one.
fn entry_like(entry: &Value, state: &str, version: &str) -> Value {
    let id = format!("{state}-{}-{version}__{}", component(entry), parts(entry).1);
    let mut new = entry.clone();
    new["@odata.id"] = json!(format!("{HOME}/{id}"));
    new["Id"] = json!(id);
    new["Version"] = json!(version);
    new["Oem"]["Dell"]["DellSoftwareInventory"]["Status"] = json!(state);
    new
}

/// The new firmware is in the device, the old one is kept for a rollback.
pub(crate) fn apply(state: &mut state::State, world: World<'_>, change: &Change, at: Duration) {
    let entries = state.firmware.entries.take().unwrap_or_default();
    let mut now = Vec::new();
    for entry in &entries {
        let (kind, device) = parts(entry);
        let replaced = entries.iter().any(|other| change.concerns(other) && parts(other).1 == device);
        if change.concerns(entry) {
            now.push(entry_like(entry, "Installed", &change.version));
            now.push(entry_like(entry, "Previous", entry["Version"].as_str().unwrap_or_default()));
        } else if !(replaced
            && matches!(kind, "Previous" | "Available")
            && component(entry) == change.component)
        {
            now.push(entry.clone());
        }
    }
    state.firmware.before = entries;
    state.firmware.entries = Some(now);
    state.firmware.flaps = world.spec.firmware.flapping_reads;
    if change.component == IDRAC {
        state.sessions.clear();
        state.firmware.away_until = Some(at + Duration::from_millis(world.spec.idrac_restart_ms));
    }
}

/// Takes an update on: a job that starts when its kind and the caller want it.
fn install(server: &Server, package: Package, apply_time: Option<&str>) -> Reply {
    let change = Change { component: package.component, version: package.version, device: package.device };
    let all = entries(server);
    let concerned: Vec<_> = all.iter().filter(|entry| change.concerns(entry)).collect();
    if !concerned.is_empty() && concerned.iter().all(|entry| entry["Version"] == change.version.as_str()) {
        return error(server, 400, &["SUP029"]).because("same_version");
    }
    let name = concerned.first().and_then(|entry| entry["Name"].as_str()).unwrap_or("unknown").to_owned();
    let refused = match (package.is_signed, concerned.is_empty()) {
        (false, _) => Some("RED007"),
        (true, true) => Some("RED097"),
        (true, false) => None,
    };
    let id = add_job(server, all, name, change, apply_time, refused);
    accepted(server, &id)
}

fn add_job(
    server: &Server,
    all: Vec<Value>,
    name: String,
    change: Change,
    apply_time: Option<&str>,
    refused: Option<&'static str>,
) -> String {
    let now = server.clock.now();
    let waits = !AT_ONCE.contains(&change.component);
    let trigger = match apply_time {
        _ if refused.is_some() => Trigger::Now,
        Some("OnReset" | "InMaintenanceWindowOnReset") => Trigger::Restart,
        // The simulator does not read when the window begins: in an hour.
        Some("AtMaintenanceWindowStart") => Trigger::At(now + Duration::from_secs(3600)),
        Some("OnStartUpdateRequest") => HELD,
        _ if waits => Trigger::Restart,
        _ => Trigger::Now,
    };
    let time = if change.component == IDRAC { IDRAC_TIME } else { TIME };
    let job = NewJob {
        trigger,
        ends: if refused.is_some() { "Failed" } else { "Completed" }.into(),
        end_message: Some(refused.unwrap_or("RED001")),
        effect: JobEffect::Firmware(change),
        ..NewJob::new("FirmwareUpdate", format!("Firmware Update: {name}"), time)
    };
    let mut state = server.state();
    state.firmware.entries = Some(all);
    job::add(&mut state, server.world(), now, job)
}

fn accepted(server: &Server, job: &str) -> Reply {
    let location = match server.profile.generation {
        Generation::Idrac7 | Generation::Idrac8 => format!("{MANAGER}/Jobs/{job}"),
        Generation::Idrac10 => format!("/redfish/v1/TaskService/TaskMonitors/{job}"),
        _ => format!("/redfish/v1/TaskService/Tasks/{job}"),
    };
    Reply::empty(202).with(LOCATION, &location)
}

/// The package in a form: its first line, and the parameters beside it.
fn of_form(asked: &Asked) -> Option<(Package, Value)> {
    let text = String::from_utf8_lossy(&asked.body);
    let part = |name: &str| {
        let head = text.find(&format!("name=\"{name}\""))?;
        let start = head + text.get(head..)?.find("\r\n\r\n")? + 4;
        text.get(start..)
    };
    let file = part("UpdateFile").or_else(|| part("file"))?;
    let mut words = file.lines().next()?.strip_prefix("SIMULATED PACKAGE ")?.split(' ');
    let package = Package {
        component: words.next()?.parse().ok()?,
        version: words.next()?.to_owned(),
        is_signed: words.next() != Some("UNSIGNED"),
        device: None,
    };
    let parameters = part("UpdateParameters").and_then(|json| json.lines().next());
    Some((package, parameters.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()))
}

/// Why an upload is not taken at all.
fn refuses_uploads(server: &Server) -> Option<Reply> {
    let refuses = server.spec.firmware.upload_needs_reset && !server.state().firmware.was_reset;
    refuses.then(|| error(server, 500, &["RAC964"]).because("upload_until_reset"))
}

fn upload(server: &Server, asked: &Asked) -> Reply {
    if let Some(refused) = refuses_uploads(server) {
        return refused;
    }
    let Some((package, parameters)) = of_form(asked) else { return error(server, 400, &["RED097"]) };
    if parameters.get("Targets").is_none() {
        return error(server, 400, &["SYS428"]);
    }
    let slow = server.spec.firmware.upload_pause_ms > 0;
    let reply = install(server, package, parameters["@Redfish.OperationApplyTime"].as_str());
    if slow { reply.because("slow_upload") } else { reply }
}

/// The package becomes an entry that waits to be installed.
fn push(server: &Server, asked: &Asked) -> Reply {
    if let Some(refused) = refuses_uploads(server) {
        return refused;
    }
    match asked.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()) {
        None => return error(server, 428, &["SYS404"]),
        Some(tag) if tag != crate::tag::of(server, HOME) => {
            return error(server, 412, &["PreconditionFailed"]);
        }
        Some(_) => {}
    }
    let Some((package, _)) = of_form(asked) else { return error(server, 400, &["RED097"]) };
    let mut all = entries(server);
    let like = |entry: &&Value| parts(entry).0 == "Installed" && component(entry) == package.component;
    let Some(new) = all.iter().find(like).map(|entry| entry_like(entry, "Available", &package.version))
    else {
        return error(server, 400, &["RED097"]);
    };
    let path = new["@odata.id"].as_str().unwrap_or_default().to_owned();
    all.push(new.clone());
    let mut state = server.state();
    state.firmware.entries = Some(all);
    state.version += 1;
    drop(state);
    Reply::value(201, &new).with(LOCATION, &path)
}

fn simple_update(server: &Server, asked: &Asked) -> Reply {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let Some(uri) = body["ImageURI"].as_str() else { return error(server, 400, &["SYS428"]) };
    let apply_time = body["@Redfish.OperationApplyTime"].as_str();
    let all = entries(server);
    if let Some(entry) = all.iter().find(|entry| entry["@odata.id"] == uri) {
        let (state, device) = parts(entry);
        if !matches!(state, "Available" | "Previous") {
            return error(server, 400, &["SYS429"]);
        }
        // A pushed package fits every device of its kind, a kept one its own.
        let device = (state == "Previous").then(|| device.to_owned());
        let version = entry["Version"].as_str().unwrap_or_default().to_owned();
        return install(
            server,
            Package { component: component(entry), version, is_signed: true, device },
            apply_time,
        );
    }
    let Some((protocol, rest)) = uri.split_once("://") else { return error(server, 400, &["SYS429"]) };
    if rest.split('/').next().unwrap_or_default().contains('@') {
        return error(server, 400, &["SYS429"]).because("credentials_in_address");
    }
    let known = ["HTTP", "NFS", "CIFS", "TFTP", "HTTPS"];
    let told = body["TransferProtocol"].as_str().unwrap_or("HTTP");
    if !known.contains(&told) || !protocol.eq_ignore_ascii_case(told) {
        return error(server, 400, &["SYS429"]);
    }
    let name = rest.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut words = stem.rsplit('_');
    let (version, component) =
        (words.next().unwrap_or_default(), words.next().and_then(|id| id.parse().ok()));
    let Some(component) = component else { return error(server, 400, &["RED016"]) };
    let package = Package {
        component,
        version: version.to_owned(),
        is_signed: !stem.contains("UNSIGNED"),
        device: None,
    };
    install(server, package, apply_time)
}

/// Starts what was sent with `OnStartUpdateRequest`.
fn start(server: &Server) -> Reply {
    let now = server.clock.now();
    let mut state = server.state();
    let mut first = None;
    for job in state.jobs.iter_mut().filter(|job| job.started.is_none() && job.trigger == HELD) {
        job.trigger = Trigger::Now;
        job.started = Some(now);
        first.get_or_insert_with(|| job.id.clone());
    }
    state.version += 1;
    drop(state);
    match first {
        Some(job) => accepted(server, &job),
        None => error(server, 400, &["SYS429"]),
    }
}

/// Only iDRAC10 takes packages off, and only those that wait.
fn delete(server: &Server, path: &str) -> Option<Reply> {
    path.strip_prefix(HOME)?.strip_prefix('/')?;
    if server.profile.generation != Generation::Idrac10 {
        return None;
    }
    let mut all = entries(server);
    let at = all.iter().position(|entry| entry["@odata.id"] == path && parts(entry).0 == "Available")?;
    all.remove(at);
    let mut state = server.state();
    state.firmware.entries = Some(all);
    state.version += 1;
    Some(Reply::empty(204))
}

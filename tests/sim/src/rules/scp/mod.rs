//! Server configuration profiles: export, preview, import.
//!
//! Export and import are jobs. What a local export wrote is the body of its task, in place of the task; what an import did to
//! each setting stands in the messages of its task. Lists are texts for the older family of actions and arrays for the newer
//! one.

mod document;
mod task;

use std::collections::HashMap;
use std::time::Duration;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Map, Value};

use self::document::Setting;
use self::task::Result as JobResult;
use super::job::{self, NewJob};
use super::{Area, World, boot, effect, power, reach};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::{Server, ServerHandle};
use crate::spec::Generation;
use crate::tree::MANAGER;

/// How long an export takes, and an import or preview.
const EXPORTING: Duration = Duration::from_secs(40);
const IMPORTING: Duration = Duration::from_secs(120);
/// How much later than its task an XML profile can be read on iDRAC10.
const LATE: Duration = Duration::from_secs(7 * 60);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What is set, once anything was.
    settings: Option<Vec<Setting>>,
    /// What each job has to show.
    results: HashMap<String, JobResult>,
    /// Files on shares, by `address/share/file`.
    files: HashMap<String, String>,
    /// Settings that cannot be set.
    refused: Vec<String>,
    /// The next import stands still for good.
    sticks: bool,
}

/// What an import changes when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    settings: Vec<Setting>,
    restarts: bool,
    stays_off: bool,
}

pub(crate) const AREA: Area = Area { change, raw: task::raw, ..Area::NOTHING };

/// Whether this generation takes lists as arrays only.
fn wants_arrays(generation: Generation) -> bool {
    generation == Generation::Idrac10
}

fn is_old(generation: Generation) -> bool {
    matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let (family, other) = match wants_arrays(server.profile.generation) {
        true => ("OemManager", "EID_674_Manager"),
        false => ("EID_674_Manager", "OemManager"),
    };
    let action = asked.path.strip_prefix(MANAGER)?.strip_prefix("/Actions/Oem/")?;
    if asked.method != Method::POST {
        return None;
    }
    if action.strip_prefix(other).is_some_and(|action| action.contains("SystemConfiguration")) {
        return Some(error(server, 404, &["SYS403"]).because("renamed_action"));
    }
    let action = action.strip_prefix(family)?;
    let known: &[&str] = match action {
        ".ExportSystemConfiguration" => &["ExportFormat", "ExportUse", "IncludeInExport", "ShareParameters"],
        ".ImportSystemConfigurationPreview" => &["ImportBuffer", "ShareParameters"],
        ".ImportSystemConfiguration" => {
            &["ImportBuffer", "ShareParameters", "ShutdownType", "HostPowerState", "TimeToWait"]
        }
        _ => return None,
    };
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&asked.body) else {
        return Some(error(server, 400, &["SYS405"]));
    };
    if body.keys().any(|key| !known.contains(&key.as_str())) {
        return Some(error(server, 400, &["SYS029"]));
    }
    let Some(Value::Object(share)) = body.get("ShareParameters") else {
        return Some(error(server, 400, &["SYS428"]));
    };
    let Some(classes) = classes(server, share) else { return Some(error(server, 400, &["SYS425"])) };
    let busy = {
        let (now, state) = (server.clock.now(), server.state());
        state.jobs.iter().any(|job| !job.is_done(now))
    };
    if busy {
        return Some(error(server, 400, &["LC068"]).because("another_job"));
    }
    Some(match action {
        ".ExportSystemConfiguration" => export(server, &body, share, &classes),
        ".ImportSystemConfigurationPreview" => import(server, &body, share, &classes, true),
        _ => import(server, &body, share, &classes, false),
    })
}

/// `Target`, in the form this generation takes it.
fn classes(server: &Server, share: &Map<String, Value>) -> Option<Vec<String>> {
    let listed = match share.get("Target")? {
        Value::Array(names) if !is_old(server.profile.generation) => {
            names.iter().map(|name| name.as_str().map(str::to_ascii_uppercase)).collect::<Option<Vec<_>>>()?
        }
        Value::String(names) if !wants_arrays(server.profile.generation) => {
            names.split(',').map(|name| name.trim().to_ascii_uppercase()).collect()
        }
        _ => return None,
    };
    (!listed.is_empty()).then_some(listed)
}

fn is_wanted(classes: &[String], fqdd: &str) -> bool {
    let own = document::class(fqdd);
    classes.iter().any(|class| class == "ALL" || *class == own)
}

fn file_of(share: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| share.get(key).and_then(Value::as_str);
    let kind = text("ShareType").filter(|kind| *kind != "LOCAL")?;
    let _ = kind;
    let name = text("ShareName").unwrap_or_default().trim_matches('/');
    Some(format!("{}/{name}/{}", text("IPAddress")?, text("FileName")?))
}

fn reaches(share: &Map<String, Value>) -> bool {
    let file = share.get("FileName").and_then(Value::as_str).unwrap_or_default();
    reach::trial_of(share, file).is_ok()
}

/// The settings as they are now.
fn current(server: &Server, state: &crate::state::State) -> Vec<Setting> {
    state.scp.settings.clone().unwrap_or_else(|| document::factory(&server.spec, &server.profile))
}

fn export(
    server: &Server,
    body: &Map<String, Value>,
    share: &Map<String, Value>,
    classes: &[String],
) -> Reply {
    let json = body.get("ExportFormat").and_then(Value::as_str) == Some("JSON");
    if json && is_old(server.profile.generation) {
        return error(server, 400, &["SYS426"]);
    }
    let file = file_of(share);
    if file.is_none() && server.profile.generation == Generation::Idrac7 {
        // 2.65: the local export came with 2.70.
        return error(server, 400, &["SYS026"]);
    }
    let now = server.clock.now();
    let mut state = server.state();
    let settings: Vec<_> =
        current(server, &state).into_iter().filter(|setting| is_wanted(classes, &setting.fqdd)).collect();
    let text = match json {
        true => document::to_json(&settings, &server.profile, &server.identity),
        false => document::to_xml(&settings, &server.profile, &server.identity),
    };
    let mut job = NewJob::new("ExportConfiguration", "Export: Server Configuration Profile", EXPORTING);
    job.end_message = Some("SYS043");
    let late = if server.profile.generation == Generation::Idrac10 && !json { LATE } else { Duration::ZERO };
    let result = match file {
        None => JobResult::Profile { text, ready: now + EXPORTING + late },
        Some(file) if reaches(share) => {
            state.scp.files.insert(file, text);
            JobResult::Parts(Vec::new())
        }
        Some(_) => {
            job.ends = "Failed".into();
            job.end_message = Some("SYS045");
            JobResult::Parts(Vec::new())
        }
    };
    start(server, &mut state, job, result)
}

fn import(
    server: &Server,
    body: &Map<String, Value>,
    share: &Map<String, Value>,
    classes: &[String],
    preview: bool,
) -> Reply {
    let mut state = server.state();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let source = match (text("ImportBuffer"), file_of(share)) {
        (Some(buffer), _) => Ok(buffer.to_owned()),
        (None, Some(file)) if reaches(share) => state.scp.files.get(&file).cloned().ok_or("SYS075"),
        (None, Some(_)) => Err("SYS046"),
        (None, None) => {
            drop(state);
            return error(server, 400, &["SYS428"]);
        }
    };
    let kind = if preview { "PreviewConfiguration" } else { "ImportConfiguration" };
    let mut job = NewJob::new(kind, "Configure: Import Server Configuration Profile", IMPORTING);
    let old = is_old(server.profile.generation);
    let in_buffer = text("ImportBuffer").is_some();
    let wanted = source.and_then(|text| document::read(&text, old, old && in_buffer));
    let result = match wanted {
        Err(id) => {
            job.ends = "Failed".into();
            job.end_message = Some(id);
            JobResult::Parts(Vec::new())
        }
        Ok(wanted) => {
            let before = current(server, &state);
            let host = Host {
                shutdown: text("ShutdownType").unwrap_or("Graceful").to_owned(),
                stays_off: text("HostPowerState") == Some("Off"),
            };
            let worked =
                task::work(&state.scp.refused, &before, wanted, |fqdd| is_wanted(classes, fqdd), &host);
            let (ends, id) = worked.end(preview);
            job.ends = ends.into();
            job.end_message = Some(id);
            if !preview {
                job.effect = effect::JobEffect::Profile(worked.change.clone());
                job.stands_at = std::mem::take(&mut state.scp.sticks).then_some(99);
            }
            JobResult::Parts(worked.messages(&server.profile, preview))
        }
    };
    start(server, &mut state, job, result)
}

/// What the caller wants done with the host.
struct Host {
    shutdown: String,
    stays_off: bool,
}

fn start(server: &Server, state: &mut crate::state::State, job: NewJob, result: JobResult) -> Reply {
    let id = job::add(state, server.world(), server.clock.now(), job);
    state.scp.results.insert(id.clone(), result);
    let monitors = wants_arrays(server.profile.generation);
    let home = if monitors { "TaskMonitors" } else { "Tasks" };
    Reply::empty(202).with(LOCATION, &format!("/redfish/v1/TaskService/{home}/{id}"))
}

/// Carries an import out.
pub(crate) fn apply(state: &mut crate::state::State, world: World<'_>, change: Change, at: Duration) {
    let mut settings =
        state.scp.settings.take().unwrap_or_else(|| document::factory(world.spec, world.profile));
    for wanted in &change.settings {
        match settings.iter_mut().find(|known| known.fqdd == wanted.fqdd && known.name == wanted.name) {
            Some(known) if wanted.name.ends_with("Password") => known.value = "******".into(),
            Some(known) => known.value.clone_from(&wanted.value),
            None => settings.push(wanted.clone()),
        }
    }
    let is =
        |name: &str, value: &str| change.settings.iter().any(|each| each.name == name && each.value == value);
    if is("ServerBoot.1#BootOnce", "Enabled") && is("ServerBoot.1#FirstBootDevice", "VCD-DVD") {
        boot::choose_virtual_cd(state);
        // Used up by the start, and shown as it was before.
        settings.retain(|each| !each.name.starts_with("ServerBoot.1#"));
    }
    for wanted in change.settings.iter().filter(|wanted| wanted.name == "Users.2#Password") {
        if let Some(account) = world.spec.accounts.first() {
            super::account::set_password(state, world.spec, &account.user, &wanted.value);
        }
    }
    state.scp.settings = Some(settings);
    if change.restarts {
        let kind = match (change.stays_off, power::is_on(state.phase)) {
            (true, true) => "ForceOff",
            (false, true) => "ForceRestart",
            (false, false) => "On",
            (true, false) => return,
        };
        // The host was in a state that allows it.
        let _ = power::reset(state, world.spec, at, kind);
    }
}

impl ServerHandle {
    /// What a setting of a profile stands at.
    #[must_use]
    pub fn profile_setting(&self, fqdd: &str, name: &str) -> Option<String> {
        let settings = current(&self.0, &self.0.state());
        settings.into_iter().find(|each| each.fqdd == fqdd && each.name == name).map(|each| each.value)
    }

    /// Sets a setting of a profile, as somebody at the server would.
    pub fn set_profile_setting(&self, fqdd: &str, name: &str, value: &str) {
        let mut state = self.0.state();
        let mut settings = current(&self.0, &state);
        match settings.iter_mut().find(|each| each.fqdd == fqdd && each.name == name) {
            Some(known) => known.value = value.to_owned(),
            None => settings.push(Setting {
                fqdd: fqdd.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
                silent: false,
            }),
        }
        state.scp.settings = Some(settings);
    }

    /// A file on a share, by `address/share/file`.
    #[must_use]
    pub fn shared_file(&self, place: &str) -> Option<String> {
        self.0.state().scp.files.get(place).cloned()
    }

    /// Puts a file on a share.
    pub fn share_file(&self, place: &str, text: &str) {
        self.0.state().scp.files.insert(place.to_owned(), text.to_owned());
    }

    /// Has imports fail at these settings.
    pub fn refuse_settings(&self, names: &[&str]) {
        self.0.state().scp.refused = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// Has the next import stand still for good at 99 %.
    pub fn stick_next_import(&self) {
        self.0.state().scp.sticks = true;
    }
}

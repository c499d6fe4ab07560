//! BIOS settings and those of network cards: staged in a Settings resource, then applied by a job, for most of them while the host
//! restarts.

mod password;
pub(crate) mod registry;
mod stage;

use std::collections::HashMap;

use hyper::Method;
use serde_json::{Map, Value, json};

use super::Area;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::bios::BIOS;

/// Settings of one resource, as far as they differ from the tree's.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    /// Values a job has applied.
    applied: Map<String, Value>,
    /// Values that wait.
    pending: Map<String, Value>,
    /// The job that will apply them.
    job: Option<String>,
    /// The next restart brings the defaults.
    defaults: bool,
}

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// By the path of the resource that has a `Settings` below it.
    settings: HashMap<String, Staged>,
    /// The setup program's passwords, by attribute.
    passwords: HashMap<String, String>,
}

pub(crate) const AREA: Area = Area { get: live_registry, overlay, change, ..Area::NOTHING };

/// The resource whose settings are staged here.
fn owner<'a>(server: &Server, settings: &'a str) -> Option<&'a str> {
    let owner = settings.strip_suffix("/Settings")?;
    ((owner == BIOS || owner.contains("/DellNetworkAttributes/")) && server.tree.has(owner)).then_some(owner)
}

/// What the tree says of a resource.
fn document(server: &Server, path: &str) -> Option<Value> {
    serde_json::from_slice(&server.tree.render(path, &server.view())?).ok()
}

/// The values a server came with.
fn first_values(server: &Server, owner: &str) -> Map<String, Value> {
    match document(server, owner).map(|mut document| document["Attributes"].take()) {
        Some(Value::Object(values)) => values,
        _ => Map::new(),
    }
}

/// Where the attributes of a resource are explained.
fn registry_path(server: &Server, owner: &str) -> String {
    let last = owner.rsplit('/').next().unwrap_or_default();
    match owner {
        BIOS if server.profile.old_sessions => {
            "/redfish/v1/Registries/BiosAttributeRegistry.v1_0_0/Registry".to_owned()
        }
        BIOS => format!("{BIOS}/BiosRegistry"),
        _ => {
            let name = format!("NetworkAttributesRegistry_{last}");
            format!("/redfish/v1/Registries/{name}/{name}.json")
        }
    }
}

fn is_password(name: &str) -> bool {
    name.ends_with("SysPassword") || name.ends_with("SetupPassword")
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let early = server.spec.settings.shows_pending_early;
    let state = server.state();
    let open = |values: &Map<String, Value>| -> Map<String, Value> {
        let shown = values.iter().filter(|(name, _)| !is_password(name));
        shown.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    if let Some(staged) = state.bios.settings.get(path) {
        let mut values = open(&staged.applied);
        if early {
            values.extend(open(&staged.pending));
        }
        let mut patch = json!({"Attributes": values});
        if path == BIOS && !server.profile.old_sessions {
            patch["ResetBiosToDefaultsPending"] = staged.defaults.into();
        }
        return Some(patch);
    }
    let staged = state.bios.settings.get(path.strip_suffix("/Settings")?)?;
    Some(json!({"Attributes": open(&staged.pending)}))
}

/// A registry's flags tell the state of the moment, as on a real one.
fn live_registry(server: &Server, path: &str) -> Option<Value> {
    if path != registry_path(server, BIOS) || !server.state().bios.settings.contains_key(BIOS) {
        return None;
    }
    let mut live = document(server, path)?;
    let first = first_values(server, BIOS);
    let mut now = first.clone();
    if let Some(staged) = server.state().bios.settings.get(BIOS) {
        now.extend(staged.applied.clone());
    }
    let written = live.clone();
    let flags = registry::Registry::of(&written, &first).flags(&now);
    for attribute in live["RegistryEntries"]["Attributes"].as_array_mut().into_iter().flatten() {
        let found = attribute["AttributeName"].as_str().and_then(|name| flags.get(name)).copied();
        if let Some((read_only, hidden)) = found {
            attribute["ReadOnly"] = read_only.into();
            attribute["Hidden"] = hidden.into();
        }
    }
    Some(live)
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let path = asked.path.as_str();
    if asked.method == Method::PATCH {
        return owner(server, path).map(|owner| stage::patch(server, asked, owner));
    }
    if asked.method != Method::POST {
        return None;
    }
    for name in ["/Actions/DellManager.ClearPending", "/Actions/Oem/DellManager.ClearPending"] {
        if let Some(owner) = path.strip_suffix(name).and_then(|settings| owner(server, settings)) {
            return (!server.profile.old_sessions).then(|| stage::clear(server, owner));
        }
    }
    match path.strip_prefix(BIOS) {
        Some("/Actions/Bios.ResetBios") => Some(reset(server, asked)),
        Some("/Actions/Bios.ChangePassword") => Some(password::change(server, asked)),
        _ => stage::create_job(server, asked),
    }
}

/// The next restart brings the defaults; old firmware takes no request without a body.
fn reset(server: &Server, asked: &Asked) -> Reply {
    if asked.body.is_empty() && server.profile.old_sessions {
        return error(server, 400, &["MalformedJSON"]).because("no_body");
    }
    let mut state = server.state();
    state.bios.settings.entry(BIOS.to_owned()).or_default().defaults = true;
    state.version += 1;
    drop(state);
    done(server)
}

/// 200, and nothing to follow.
fn done(server: &Server) -> Reply {
    let value = json!({"@Message.ExtendedInfo": [crate::message::entry(&server.profile, "SYS413")]});
    Reply::value(200, &value)
}

/// The host restarts: defaults that were asked for are there now.
pub(crate) fn restart(state: &mut crate::state::State) {
    if let Some(staged) = state.bios.settings.get_mut(BIOS)
        && std::mem::take(&mut staged.defaults)
    {
        staged.applied.clear();
    }
}

/// A job has applied these values.
pub(crate) fn apply(state: &mut crate::state::State, owner: &str, values: Map<String, Value>) {
    let (secret, open): (Vec<_>, Vec<_>) = values.into_iter().partition(|(name, _)| is_password(name));
    for (name, value) in secret.into_iter().filter(|(name, _)| !name.starts_with("Old")) {
        match value.as_str() {
            Some(text) if !text.is_empty() => state.bios.passwords.insert(name, text.to_owned()),
            _ => state.bios.passwords.remove(&name),
        };
    }
    let staged = state.bios.settings.entry(owner.to_owned()).or_default();
    staged.applied.extend(open);
    staged.pending.clear();
    staged.job = None;
}

impl State {
    /// Whether a password of the setup program is this; none is the empty one.
    pub(crate) fn has_password(&self, name: &str, password: &str) -> bool {
        self.passwords.get(name).map_or("", String::as_str) == password
    }
}

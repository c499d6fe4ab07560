//! Attributes of the iDRAC, the system board and the Lifecycle Controller: written at once, or by a job in a window.

use std::collections::HashMap;
use std::time::Duration;

use hyper::Method;
use serde_json::{Map, Value, json};

use super::answer;
use super::effect::JobEffect;
use super::job::{self, NewJob, Trigger};
use super::{Area, merge};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::MANAGER;

/// What of it changes while a server runs: what was written, by group.
#[derive(Debug, Default)]
pub(crate) struct State {
    written: HashMap<String, Map<String, Value>>,
}

/// Attributes to be written later.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    group: String,
    values: Map<String, Value>,
}

impl State {
    pub(crate) fn write(&mut self, write: Write) {
        self.written.entry(write.group).or_default().extend(write.values);
    }

    /// An attribute that was written since the start.
    pub(crate) fn written(&self, group: &str, name: &str) -> Option<&Value> {
        self.written.get(group)?.get(name)
    }

    /// Back to what it was delivered with.
    pub(crate) fn reset(&mut self) {
        self.written.clear();
    }
}

pub(crate) const AREA: Area = Area { overlay, change, ..Area::NOTHING };

/// The group that a resource shows.
fn group(path: &str) -> Option<&str> {
    let path = path.strip_suffix("/Settings").unwrap_or(path);
    if let Some(group) =
        path.strip_prefix(MANAGER).and_then(|rest| rest.strip_prefix("/Oem/Dell/DellAttributes/"))
    {
        return (!group.contains('/')).then_some(group);
    }
    let group = path.strip_prefix("/redfish/v1/Managers/")?.strip_suffix("/Attributes")?;
    (!group.contains('/')).then_some(group)
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let group = group(path).filter(|_| !path.ends_with("/Settings"))?;
    let state = server.state();
    let written = state.attribute.written.get(group)?;
    // A merge patch would take a null for "remove".
    let shown: Map<String, Value> =
        written.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
    Some(json!({"Attributes": shown}))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let path = asked.path.as_str();
    let group = group(path).filter(|_| asked.method == Method::PATCH && server.tree.has(path))?;
    Some(patch(server, asked, group).unwrap_or_else(|refused| refused))
}

fn patch(server: &Server, asked: &Asked, group: &str) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let Some(values) = body.get("Attributes").and_then(Value::as_object) else {
        return Err(error(server, 400, &["PropertyMissing", "SYS428"]));
    };
    let current = current(server, asked.path.trim_end_matches("/Settings"));
    for (name, value) in values {
        let now = current.get(name).ok_or_else(|| error(server, 400, &["PropertyUnknown"]))?;
        if name.starts_with("Current") || name.ends_with("ServiceTag") {
            return Err(error(server, 400, &["PropertyNotWritable"]));
        }
        let is_switch = matches!(now.as_str(), Some("Enabled" | "Disabled"));
        if is_switch && !matches!(value.as_str(), Some("Enabled" | "Disabled")) {
            return Err(error(server, 400, &["PropertyValueNotInList", "SYS429"]));
        }
        if now.is_number() && value.as_str().map_or(!value.is_number(), |text| text.parse::<u64>().is_err()) {
            return Err(error(server, 400, &["PropertyValueTypeError"]));
        }
    }
    let write = Write { group: group.to_owned(), values: values.iter().map(stored).collect() };
    match body.get("@Redfish.SettingsApplyTime") {
        Some(apply) => later(server, asked, apply, write),
        None if asked.path.ends_with("/Settings") => Err(error(server, 400, &["PropertyMissing"])),
        None => {
            let mut state = server.state();
            state.attribute.write(write);
            state.version += 1;
            drop(state);
            Ok(answer::done(server))
        }
    }
}

/// A secret is taken and never shown.
fn stored((name, value): (&String, &Value)) -> (String, Value) {
    let secret = name.ends_with("Password") || name.ends_with("Passphrase");
    (name.clone(), if secret { Value::Null } else { value.clone() })
}

fn later(server: &Server, asked: &Asked, apply: &Value, write: Write) -> Result<Reply, Reply> {
    let text = |key: &str| apply.get(key).and_then(Value::as_str);
    let start = text("MaintenanceWindowStartTime").and_then(|start| server.clock.moment(start));
    let (Some("AtMaintenanceWindowStart"), Some(start)) = (text("ApplyTime"), start) else {
        return Err(error(server, 400, &["SYS428"]));
    };
    let kind = if write.group.starts_with("System") { "SystemConfiguration" } else { "iDRACConfiguration" };
    let job = NewJob {
        trigger: Trigger::At(start),
        target_settings: Some(asked.path.clone()),
        effect: JobEffect::Attributes(write),
        ..NewJob::new(kind, format!("Configure: {kind}"), Duration::from_secs(30))
    };
    let id = job::add(&mut server.state(), server.world(), server.clock.now(), job);
    Ok(answer::accepted(server, &id))
}

/// What the resource shows.
fn current(server: &Server, path: &str) -> Map<String, Value> {
    let rendered = server.tree.render(path, &server.view());
    let mut value: Value =
        rendered.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or(Value::Null);
    if let Some(patch) = overlay(server, path) {
        merge(&mut value, patch);
    }
    match value.get_mut("Attributes").map(Value::take) {
        Some(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    }
}

//! Boot order, boot override, boot options.
//!
//! iDRAC7/8 have a boot list of Dell's that waits in a settings resource for a job; iDRAC9 makes the job of a PATCH of the
//! system; iDRAC10 takes all of it at the system's settings resource, and knows no boot mode.

use std::time::Duration;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Value, json};

use super::job::{self, NewJob, Trigger};
use super::{Area, effect::JobEffect};
use crate::handle::Asked;
use crate::message;
use crate::read::error;
use crate::reply::Reply;
use crate::server::{Server, ServerHandle};
use crate::spec::{BootWrite, Generation};
use crate::tree::profile::Profile;
use crate::tree::{MANAGER, SYSTEM};

/// Where the boot override can point.
pub(crate) const TARGETS: [&str; 9] =
    ["None", "Pxe", "Cd", "Hdd", "BiosSetup", "Utilities", "UefiTarget", "SDCard", "UefiHttp"];

/// How long a boot order takes to be set, in the power-on test.
const JOB_TIME: Duration = Duration::from_secs(40);

/// What of it changes while a server runs; absent is as the tree has it.
#[derive(Debug, Default)]
pub(crate) struct State {
    overriding: Option<Override>,
    order: Option<Vec<String>>,
    /// Waits at `BootSources/Settings` for its job.
    pending: Option<Vec<String>>,
    last: Option<String>,
    /// The next start is from the virtual CD, whatever the override says.
    virtual_cd_once: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Override {
    enabled: String,
    target: String,
    mode: String,
    uefi_target: Option<String>,
}

pub(crate) const AREA: Area = Area { overlay, change, ..Area::NOTHING };

/// One entry of the boot list.
pub(crate) struct Source {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) device: &'static str,
}

/// What a server can boot from, in its first order.
pub(crate) fn sources(profile: &Profile) -> Vec<Source> {
    let old = [
        ("HardDisk.List.1-1", "Hard drive C:"),
        ("NIC.Integrated.1-1-1", "PXE Device 1"),
        ("Optical.SATAEmbedded.J-1", "Optical Drive"),
    ];
    let paths = ["PciRoot(0x2)/Pci(0x2,0x0)", "PciRoot(0x0)/Pci(0x1C,0x5)", "PciRoot(0x0)/Pci(0x11,0x5)"];
    let entry = |(nth, (place, name)): (usize, (&str, &'static str))| Source {
        id: if profile.old_sessions {
            format!(
                "BIOS.Setup.1-1#{}#{place}#{:032x}",
                sequence(profile),
                0x5bd1_e995_u64 * (nth as u64 + 1)
            )
        } else {
            format!("Boot{nth:04}")
        },
        name,
        device: paths[nth],
    };
    old.into_iter().enumerate().map(entry).collect()
}

/// The boot list's name on old firmware, after the boot mode.
pub(crate) fn sequence(profile: &Profile) -> &'static str {
    if profile.generation == Generation::Idrac7 { "BootSeq" } else { "UefiBootSeq" }
}

/// The boot mode a server comes with.
pub(crate) fn mode(profile: &Profile) -> &'static str {
    if profile.generation == Generation::Idrac7 { "Legacy" } else { "UEFI" }
}

/// The boot list as old firmware shows it.
pub(crate) fn list(profile: &Profile, order: &[String]) -> Value {
    let sources = sources(profile);
    let place = |id: &str| id.split('#').nth(2).unwrap_or_default().to_owned();
    let known = order.iter().filter(|id| sources.iter().any(|source| source.id == **id));
    known
        .enumerate()
        .map(|(n, id)| json!({"Enabled": true, "Id": id, "Index": n, "Name": place(id)}))
        .collect()
}

/// Where override and order are written.
fn home(profile: &Profile) -> String {
    if profile.legacy_power { SYSTEM.to_owned() } else { format!("{SYSTEM}/Settings") }
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let profile = &server.profile;
    let state = server.state();
    let boot = &state.boot;
    let order = boot.order.as_ref();
    if path == format!("{SYSTEM}/BootSources") {
        return order.map(|order| json!({"Attributes": {sequence(profile): list(profile, order)}}));
    }
    if path == format!("{SYSTEM}/BootSources/Settings") {
        let pending = boot.pending.as_ref()?;
        return Some(json!({"Attributes": {sequence(profile): list(profile, pending)}}));
    }
    let mut patch = json!({});
    if path == SYSTEM
        && !profile.old_sessions
        && let Some(order) = order
    {
        patch["BootOrder"] = json!(order);
    }
    if path == home(profile)
        && let Some(set) = &boot.overriding
    {
        patch["BootSourceOverrideEnabled"] = json!(set.enabled);
        patch["BootSourceOverrideTarget"] = json!(set.target);
        patch["UefiTargetBootSourceOverride"] = json!(set.uefi_target.as_deref().unwrap_or_default());
        if profile.legacy_power {
            patch["BootSourceOverrideMode"] = json!(set.mode);
        }
    }
    patch.as_object().is_some_and(|patch| !patch.is_empty()).then(|| json!({"Boot": patch}))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let profile = &server.profile;
    let body = serde_json::from_slice::<Value>(&asked.body).unwrap_or_default();
    let list = format!("{SYSTEM}/BootSources/Settings");
    if asked.method == Method::PATCH && asked.path == home(profile) && body.get("Boot").is_some() {
        return Some(set(server, &body["Boot"]));
    }
    if asked.method == Method::PATCH && profile.old_sessions && asked.path == list {
        return Some(stage(server, &body));
    }
    let target = body.get("TargetSettingsURI").and_then(Value::as_str);
    if asked.method == Method::POST
        && asked.path == format!("{MANAGER}/Jobs")
        && target == Some(list.as_str())
    {
        return Some(start_staged(server, &list));
    }
    None
}

/// `Boot` of the system or of its settings.
fn set(server: &Server, boot: &Value) -> Reply {
    if let Some(order) = boot.get("BootOrder") {
        if server.profile.old_sessions {
            return error(server, 400, &["PropertyUnknown", "SYS429"]);
        }
        let Some(order) = complete(&server.profile, order.as_array()) else {
            return error(server, 400, &["PropertyValueNotInList", "SYS429"]);
        };
        return make_job(server, order, &home(&server.profile));
    }
    let mut state = server.state();
    let fresh = || Override {
        enabled: "Disabled".into(),
        target: "None".into(),
        mode: mode(&server.profile).into(),
        uefi_target: None,
    };
    let now = state.boot.overriding.clone().unwrap_or_else(fresh);
    let new = match overridden(&server.profile, &now, boot) {
        Ok(new) => new,
        Err(ids) => {
            drop(state);
            return error(server, 400, ids);
        }
    };
    let habit = server.spec.host.boot_override;
    if habit != BootWrite::AcceptedThoughLost {
        state.boot.overriding = Some(new);
        state.version += 1;
    }
    drop(state);
    if habit == BootWrite::RefusedThoughSet {
        return error(server, 400, &["SYS429", "PropertyValueNotInList"]).because("refused_though_set");
    }
    let reply =
        Reply::value(200, &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}));
    if habit == BootWrite::AcceptedThoughLost { reply.because("accepted_though_lost") } else { reply }
}

/// What the override becomes, or why not.
fn overridden(profile: &Profile, now: &Override, boot: &Value) -> Result<Override, &'static [&'static str]> {
    let text = |key: &str| boot.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut new = now.clone();
    if let Some(mode) = text("BootSourceOverrideMode") {
        if !profile.legacy_power {
            return Err(&["PropertyUnknown", "SYS429"]);
        }
        // The mode is a BIOS attribute underneath: some firmware refuses to set what it is.
        if profile.generation == Generation::Idrac9V5 && mode == now.mode {
            return Err(&["PropertyNotWritable", "SYS429"]);
        }
        if !["UEFI", "Legacy"].contains(&mode.as_str()) {
            return Err(&["PropertyValueNotInList", "SYS429"]);
        }
        new.mode = mode;
    }
    if let Some(target) = text("BootSourceOverrideTarget") {
        if !TARGETS.contains(&target.as_str()) {
            return Err(&["PropertyValueNotInList", "SYS429"]);
        }
        new.target = target;
    }
    if let Some(path) = text("UefiTargetBootSourceOverride") {
        new.uefi_target = Some(path);
    }
    if let Some(enabled) = text("BootSourceOverrideEnabled") {
        if !["Disabled", "Once", "Continuous"].contains(&enabled.as_str()) {
            return Err(&["PropertyValueNotInList", "SYS429"]);
        }
        new.enabled = enabled;
    }
    if new.target == "UefiTarget" && new.uefi_target.as_deref().is_none_or(str::is_empty) {
        return Err(&["PropertyMissing", "SYS428"]);
    }
    if new.enabled == "Disabled" || new.target == "None" {
        new.enabled = "Disabled".into();
        new.target = "None".into();
    }
    Ok(new)
}

/// An order that names everything there is, and nothing else.
fn complete(profile: &Profile, order: Option<&Vec<Value>>) -> Option<Vec<String>> {
    let order: Vec<String> = order?.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let sources = sources(profile);
    let whole = order.len() == sources.len() && sources.iter().all(|source| order.contains(&source.id));
    whole.then_some(order)
}

fn current(server: &Server) -> Vec<String> {
    let own = server.state().boot.order.clone();
    own.unwrap_or_else(|| sources(&server.profile).into_iter().map(|source| source.id).collect())
}

/// The job that a new order needs; none when it is the order already.
fn make_job(server: &Server, order: Vec<String>, target: &str) -> Reply {
    if order == current(server) {
        return Reply::value(
            200,
            &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}),
        );
    }
    let now = server.clock.now();
    let mut state = server.state();
    let waits = |job: &job::Job| !job.is_done(now) && job.target_settings.as_deref() == Some(target);
    if state.jobs.iter().any(waits) {
        drop(state);
        return error(server, 400, &["SYS011"]);
    }
    let job = NewJob {
        trigger: Trigger::Restart,
        target_settings: Some(target.to_owned()),
        effect: JobEffect::BootOrder(order),
        ..NewJob::new("BIOSConfiguration", "Configure: BIOS.Setup.1-1", JOB_TIME)
    };
    let id = job::add(&mut state, server.world(), now, job);
    drop(state);
    let location = match server.profile.generation {
        Generation::Idrac7 | Generation::Idrac8 => format!("{MANAGER}/Jobs/{id}"),
        Generation::Idrac10 => format!("/redfish/v1/TaskService/TaskMonitors/{id}"),
        _ => format!("/redfish/v1/TaskService/Tasks/{id}"),
    };
    Reply::empty(if server.profile.old_sessions { 200 } else { 202 }).with(LOCATION, &location)
}

/// Old firmware: the list waits until somebody makes a job of it.
fn stage(server: &Server, body: &Value) -> Reply {
    let list = body.pointer(&format!("/Attributes/{}", sequence(&server.profile))).and_then(Value::as_array);
    let mut entries: Vec<&Value> = list.into_iter().flatten().collect();
    entries.sort_by_key(|entry| entry.get("Index").and_then(Value::as_u64));
    let ids: Vec<Value> = entries.iter().filter_map(|entry| entry.get("Id").cloned()).collect();
    let Some(order) = complete(&server.profile, Some(&ids)) else {
        return error(server, 400, &["PropertyValueNotInList", "SYS429"]);
    };
    let mut state = server.state();
    state.boot.pending = Some(order);
    state.version += 1;
    drop(state);
    Reply::value(200, &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}))
}

fn start_staged(server: &Server, target: &str) -> Reply {
    let pending = server.state().boot.pending.clone();
    match pending {
        Some(order) => make_job(server, order, target),
        None => error(server, 400, &["SYS428"]),
    }
}

/// A job has set the order.
pub(crate) fn set_order(state: &mut crate::state::State, order: Vec<String>) {
    state.boot.pending = None;
    state.boot.order = Some(order);
}

/// The virtual CD is chosen for one start.
pub(crate) fn choose_virtual_cd(state: &mut crate::state::State) {
    state.boot.virtual_cd_once = true;
}

/// The host starts: an override for one time is used up.
pub(crate) fn start(state: &mut crate::state::State) {
    let boot = &mut state.boot;
    boot.last = None;
    if std::mem::take(&mut boot.virtual_cd_once) {
        boot.last = Some("VCD-DVD".into());
        return;
    }
    let Some(set) = &mut boot.overriding else { return };
    if set.enabled == "Disabled" {
        return;
    }
    boot.last = Some(set.target.clone());
    if set.enabled == "Once" {
        set.enabled = "Disabled".into();
        set.target = "None".into();
    }
}

impl ServerHandle {
    /// What override the last start of the host used.
    #[must_use]
    pub fn booted_by_override(&self) -> Option<String> {
        self.0.state().boot.last.clone()
    }
}

//! What an export or import shows in its task.

use std::time::Duration;

use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::document::{Setting, needs_restart};
use super::{Change, Host};
use crate::reply::Reply;
use crate::rules::queue;
use crate::server::Server;
use crate::tree::profile::Profile;

/// What a job has to show.
#[derive(Debug)]
pub(super) enum Result {
    /// A profile in place of the task, from then on.
    Profile { text: String, ready: Duration },
    /// Messages beside the task's own.
    Parts(Vec<Value>),
}

/// The task of one of our jobs, as it is when it has ended.
pub(super) fn raw(server: &Server, path: &str) -> Option<Reply> {
    let id = path.strip_prefix("/redfish/v1/TaskService/Tasks/")?;
    let now = server.clock.now();
    let state = server.state();
    let job = state.jobs.iter().find(|job| job.id == id && queue::is_shown(server, job, true, now))?;
    let result = state.scp.results.get(id)?;
    let mut task = job.as_task(&server.profile, &server.clock, path, server.spec.jobs.frozen_tasks);
    match result {
        Result::Profile { text, ready } if now >= *ready => {
            let kind = if text.starts_with('<') { "application/xml" } else { "application/json" };
            let mut reply = Reply::json(200, text.clone());
            reply.set(CONTENT_TYPE, kind);
            return Some(reply);
        }
        Result::Parts(parts) if job.is_done(now) && !parts.is_empty() => {
            if let Some(messages) = task["Messages"].as_array_mut() {
                messages.extend(parts.iter().cloned());
            }
        }
        _ => {}
    }
    Some(Reply::value(200, &task))
}

/// An import, worked out.
pub(super) struct Worked {
    pub(super) change: Change,
    before: Vec<Setting>,
    failed: Vec<Setting>,
    left_out: bool,
}

/// Compares what is wanted with what is, and says what changes.
pub(super) fn work(
    refused: &[String],
    before: &[Setting],
    wanted: Vec<Setting>,
    chosen: impl Fn(&str) -> bool,
    host: &Host,
) -> Worked {
    let differs = |wanted: &Setting| {
        !before.iter().any(|is| is.fqdd == wanted.fqdd && is.name == wanted.name && is.value == wanted.value)
    };
    let wanted = wanted.into_iter().filter(|each| !each.silent && chosen(&each.fqdd) && differs(each));
    let (failed, mut settings): (Vec<_>, Vec<_>) = wanted.partition(|each| refused.contains(&each.name));
    let mut left_out = false;
    if host.shutdown == "NoReboot" {
        let all = settings.len();
        settings.retain(|each| !needs_restart(&each.fqdd));
        left_out = settings.len() < all;
    }
    let restarts = settings.iter().any(|each| needs_restart(&each.fqdd));
    let change = Change { settings, restarts, stays_off: host.stays_off };
    Worked { change, before: before.to_vec(), failed, left_out }
}

impl Worked {
    /// Dell's final state and message id.
    pub(super) fn end(&self, preview: bool) -> (&'static str, &'static str) {
        let (some, bad) = (!self.change.settings.is_empty(), !self.failed.is_empty());
        match (preview, some, bad) {
            (true, true, false) => ("Completed", "SYS081"),
            (true, true, true) => ("CompletedWithErrors", "SYS082"),
            (true, false, _) => ("Completed", "SYS080"),
            (false, _, true) => ("CompletedWithErrors", "SYS055"),
            (false, _, false) if self.left_out => ("CompletedWithErrors", "SYS070"),
            (false, true, false) => ("Completed", "SYS053"),
            (false, false, false) => ("Completed", "SYS069"),
        }
    }

    /// The result of each setting, and for a preview whether the host would restart and how long it would take.
    pub(super) fn messages(&self, profile: &Profile, preview: bool) -> Vec<Value> {
        let id = |id: &str| format!("{}.{id}", profile.eemi_registry);
        let part = |setting: &Setting, worked: bool| {
            let was = self.before.iter().find(|is| is.fqdd == setting.fqdd && is.name == setting.name);
            let secret = setting.name.ends_with("Password");
            let shown = |value: &str| if secret { "******".to_owned() } else { value.to_owned() };
            let (status, code, message, severity) = match worked {
                true => ("Success", "0", "SYS413", "OK"),
                false => ("Failure", "13", "SYS424", "Critical"),
            };
            json!({
                "Message": "What became of a setting.", "MessageArgs": [], "MessageId": id(message),
                "Severity": severity,
                "Oem": {"Dell": {
                    "@odata.type": "#DellManager.v1_0_0.ServerConfigurationProfileResults",
                    "DisplayValue": setting.name, "ErrCode": code, "FQDD": setting.fqdd, "Name": setting.name,
                    "NewValue": shown(&setting.value), "OldValue": was.map(|was| shown(&was.value)),
                    "Status": status,
                }},
            })
        };
        let worked = self.change.settings.iter().map(|setting| part(setting, true));
        let mut all: Vec<Value> =
            worked.chain(self.failed.iter().map(|setting| part(setting, false))).collect();
        if preview {
            if self.change.restarts {
                all.push(json!({"Message": "The host will restart.", "MessageArgs": [], "MessageId": id("SYS087")}));
            }
            all.push(json!({"Message": "About 120 s.", "MessageArgs": ["120"], "MessageId": id("SYS088")}));
        }
        all
    }
}

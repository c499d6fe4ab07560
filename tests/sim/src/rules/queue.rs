//! What can be done to the job queue, and how it misleads those who look at it.

use std::time::Duration;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Value, json};

use super::Area;
use super::job::{self, Job, NewJob, Trigger};
use super::power;
use crate::dynamic;
use crate::handle::Asked;
use crate::message;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::{Generation, JobNaming};
use crate::tree::{MANAGER, SYSTEM};

/// After a forced clearing every collection looks empty for so long.
const EMPTIED: Duration = Duration::from_secs(120);
/// A job for settings of no area that knows better takes so long.
const JOB_TIME: Duration = Duration::from_secs(60);
/// What a host that ignores a graceful request is given before it is forced.
const BEFORE_FORCE: Duration = Duration::from_secs(300);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    emptied_until: Option<Duration>,
    /// So many jobs will not be prepared when their restart comes.
    pub(crate) not_prepared: u32,
}

impl State {
    pub(crate) fn is_emptied(&self, now: Duration) -> bool {
        self.emptied_until.is_some_and(|until| now < until)
    }
}

pub(crate) const AREA: Area = Area { raw, change, ..Area::NOTHING };

/// A task monitor: no body, and 202 until the end.
fn raw(server: &Server, path: &str) -> Option<Reply> {
    let id = path.strip_prefix("/redfish/v1/TaskService/TaskMonitors/")?;
    let now = server.clock.now();
    let state = server.state();
    let job = state.jobs.iter().find(|job| job.id == id && is_shown(server, job, true, now))?;
    let over = job.is_done(now) && !server.spec.jobs.frozen_tasks;
    Some(Reply::empty(if over { 204 } else { 202 }))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.method == Method::DELETE {
        return delete(server, dynamic::job_id(server, &asked.path)?);
    }
    let below = asked.path.strip_prefix(MANAGER)?;
    if asked.method != Method::POST {
        return None;
    }
    let home = (below == "/Jobs" && server.profile.manager_jobs)
        || (below == "/Oem/Dell/Jobs" && server.profile.oem_jobs);
    let action = below.strip_prefix("/Oem/Dell/DellJobService/Actions/DellJobService.");
    let action = action.filter(|_| server.profile.oem_jobs);
    if !home && action.is_none() {
        return None;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Some(error(server, 400, &["SYS405"]));
    };
    match action {
        None => Some(create(server, &body)),
        Some("DeleteJobQueue") => Some(clear(server, &body)),
        Some("CreateRebootJob") => Some(reboot(server, &body)),
        Some("SetupJobQueue") => Some(set_up(server, &body)),
        Some(_) => None,
    }
}

/// A job for a settings resource that exists and has none yet.
fn create(server: &Server, body: &Value) -> Reply {
    let Some(target) = body.get("TargetSettingsURI").and_then(Value::as_str) else {
        return error(server, 400, &["SYS428", "PropertyMissing"]);
    };
    if !server.tree.has(target) {
        return error(server, 400, &["SYS428"]);
    }
    let now = server.clock.now();
    let mut state = server.state();
    let same = |job: &Job| job.target_settings.as_deref() == Some(target) && !job.is_done(now);
    if state.jobs.iter().any(same) {
        drop(state);
        return error(server, 400, &["SYS011"]).because("second_job");
    }
    let part = target.rsplit('/').nth(1).unwrap_or_default();
    let (kind, name) = match part {
        "Bios" => ("BIOSConfiguration", "Configure: BIOS.Setup.1-1".to_owned()),
        _ => ("RAIDConfiguration", format!("Configure: {part}")),
    };
    let job = NewJob {
        trigger: Trigger::Restart,
        target_settings: Some(target.to_owned()),
        ..NewJob::new(kind, name, JOB_TIME)
    };
    let id = job::add(&mut state, server.world(), now, job);
    drop(state);
    made(server, &id)
}

/// 200 on old firmware and 202 on newer, and where the job is.
fn made(server: &Server, id: &str) -> Reply {
    let location = match server.profile.generation {
        Generation::Idrac7 | Generation::Idrac8 => format!("{MANAGER}/Jobs/{id}"),
        Generation::Idrac10 => format!("/redfish/v1/TaskService/TaskMonitors/{id}"),
        _ => format!("{MANAGER}/Oem/Dell/Jobs/{id}"),
    };
    Reply::empty(if server.profile.oem_jobs { 202 } else { 200 }).with(LOCATION, &location)
}

fn delete(server: &Server, id: &str) -> Option<Reply> {
    let now = server.clock.now();
    let mut state = server.state();
    let Some(at) = state.jobs.iter().position(|job| job.id == id) else {
        drop(state);
        return Some(error(server, 404, &["SYS403"]));
    };
    let refused = match &state.jobs[at] {
        job if job.id.starts_with("RID_") => Some("JCP022"),
        // An import that stands still can be taken out.
        job if job.stands_at.is_some() && job.kind == "ImportConfiguration" => None,
        job if job.started.is_some() && !job.is_done(now) => Some("JCP015"),
        _ => None,
    };
    if let Some(id) = refused {
        drop(state);
        let reply = error(server, 400, &[id]);
        return Some(if id == "JCP022" { reply.because("reboot_job") } else { reply });
    }
    state.jobs.remove(at);
    state.version += 1;
    Some(Reply::empty(204))
}

fn clear(server: &Server, body: &Value) -> Reply {
    let now = server.clock.now();
    let mut state = server.state();
    match body.get("JobID").and_then(Value::as_str) {
        Some("JID_CLEARALL") => {
            state
                .jobs
                .retain(|job| job.id.starts_with("RID_") || (job.started.is_some() && !job.is_done(now)));
        }
        Some("JID_CLEARALL_FORCE") => {
            state.jobs.clear();
            state.queue.emptied_until = Some(now + EMPTIED);
        }
        Some(id) => {
            let id = id.to_owned();
            drop(state);
            return delete(server, &id).unwrap_or_else(|| error(server, 404, &["SYS403"]));
        }
        None => {
            drop(state);
            return error(server, 400, &["SYS428", "ActionParameterMissing"]);
        }
    }
    state.version += 1;
    drop(state);
    Reply::value(200, &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}))
}

/// The host restarts at once, and a job tells of it.
fn reboot(server: &Server, body: &Value) -> Reply {
    let (kind, reset) = match body.get("RebootJobType").and_then(Value::as_str) {
        Some("GracefulRebootWithForcedShutdown") => ("RebootForce", "GracefulRestart"),
        Some("GracefulRebootWithoutForcedShutdown") => ("RebootNoForce", "GracefulRestart"),
        Some("PowerCycle") => ("PowerCycle", "PowerCycle"),
        Some(_) => return error(server, 400, &["ActionParameterNotSupported", "SYS429"]),
        None => return error(server, 400, &["SYS428", "ActionParameterMissing"]),
    };
    let (now, spec) = (server.clock.now(), &server.spec);
    let deaf = spec.host.ignores_graceful && reset == "GracefulRestart";
    let mut state = server.state();
    let reset = match kind {
        _ if !power::is_on(state.phase) => Some("On"),
        "RebootForce" if deaf => Some("ForceRestart"),
        "RebootNoForce" if deaf => None,
        _ => Some(reset),
    };
    let done = reset.is_none_or(|reset| power::reset(&mut state, spec, now, reset).is_ok());
    if !done {
        drop(state);
        return error(server, 409, &["ActionParameterValueConflict", "PSU501"]);
    }
    let patience = if deaf { BEFORE_FORCE } else { Duration::from_millis(spec.shutdown_ms) };
    let job = NewJob {
        ends: if reset.is_some() { "RebootCompleted" } else { "RebootFailed" }.into(),
        ..NewJob::new(kind, "Reboot", patience)
    };
    let id = job::add(&mut state, server.world(), now, job);
    let reboot_id = id.replacen("JID_", "RID_", 1);
    for job in state.jobs.iter_mut().filter(|job| job.id == id) {
        job.id.clone_from(&reboot_id);
    }
    drop(state);
    let reply = made(server, &reboot_id);
    if deaf { reply.because("ignores_graceful") } else { reply }
}

/// Jobs that wait, in this order; a reboot job among them restarts the host.
fn set_up(server: &Server, body: &Value) -> Reply {
    let named = body.get("JobArray").and_then(Value::as_array);
    let ids: Vec<&str> = named.into_iter().flatten().filter_map(Value::as_str).collect();
    if ids.is_empty() || body.get("StartTimeInterval").is_none() {
        return error(server, 400, &["SYS428", "ActionParameterMissing"]);
    }
    let mut state = server.state();
    if ids.iter().any(|id| !state.jobs.iter().any(|job| job.id == *id)) {
        drop(state);
        return error(server, 400, &["JCP022"]);
    }
    state.jobs.sort_by_key(|job| ids.iter().position(|id| *id == job.id).unwrap_or(usize::MAX));
    state.version += 1;
    drop(state);
    Reply::value(200, &json!({"@Message.ExtendedInfo": [message::entry(&server.profile, "SYS413")]}))
}

/// Whether a job is to be seen now: not while it is too new, not after its task's life, not when it was lost.
pub(crate) fn is_shown(server: &Server, job: &Job, as_task: bool, now: Duration) -> bool {
    hides(server, job, as_task, now).is_none()
}

/// The reason why it is not.
fn hides(server: &Server, job: &Job, as_task: bool, now: Duration) -> Option<&'static str> {
    let rules = &server.spec.jobs;
    let lost = rules.lost_after_s.zip(job.started);
    if now < job.created + Duration::from_secs(rules.hidden_s) {
        return Some("job_hidden");
    }
    if lost.is_some_and(|(after, started)| now >= started + Duration::from_secs(after)) {
        return Some("job_lost");
    }
    let life = Duration::from_secs(rules.task_life_s.unwrap_or(match server.profile.generation {
        Generation::Idrac7 | Generation::Idrac8 | Generation::Idrac9V5 => 60,
        _ => 600,
    }));
    // A task that never ends is never purged.
    let purged = as_task && !rules.frozen_tasks && job.ended(now).is_some_and(|end| now >= end + life);
    purged.then_some("task_purged")
}

/// The answer to a request that made a job, with as much of it as this server tells.
pub(crate) fn unname(server: &Server, mut reply: Reply) -> Reply {
    let tells_a_job = reply
        .headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .is_some_and(|location| location.contains("ID_"));
    match server.spec.jobs.naming {
        JobNaming::Untold if tells_a_job => {
            reply.headers.remove(LOCATION);
            reply.body.clear();
        }
        JobNaming::Odd if tells_a_job => {
            reply.set(LOCATION, SYSTEM);
            reply.body.clear();
        }
        _ => return reply,
    }
    reply.because("unnamed_job")
}

/// What a look at jobs, or at any collection, meets of this server's bad habits; and the habit's name for the journal.
pub(crate) fn trouble(server: &Server, path: &str, mut reply: Reply) -> Reply {
    let now = server.clock.now();
    if reply.status == 200 && server.state().queue.is_emptied(now) {
        let Ok(mut value) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
        if value.get("Members").is_some() && !path.ends_with("/Sessions") {
            value["Members"] = json!([]);
            value["Members@odata.count"] = 0.into();
            reply.body = value.to_string().into();
            return reply.because("empty_after_force");
        }
        return reply;
    }
    let as_task = path.starts_with("/redfish/v1/TaskService/");
    let Some(id) = path.rsplit('/').next().filter(|id| id.contains("ID_")) else { return reply };
    let rules = &server.spec.jobs;
    let state = server.state();
    let Some(job) = state.jobs.iter().find(|job| job.id == id) else { return reply };
    let habit = match hides(server, job, as_task, now) {
        Some(why) => Some(why),
        None if as_task && rules.frozen_tasks => Some("frozen_task"),
        None if job.not_prepared => Some("not_prepared"),
        None if rules.stands_at.is_some() => Some("job_stands"),
        None if rules.ends.is_some() && job.is_done(now) => Some("job_ends"),
        None => None,
    };
    drop(state);
    match habit {
        Some(habit) => reply.because(habit),
        None => reply,
    }
}

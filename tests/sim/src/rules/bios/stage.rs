//! Staging values, and the job that applies them.

use std::time::Duration;

use hyper::header::LOCATION;
use serde_json::{Map, Value};

use super::registry::Registry;
use super::{BIOS, Staged, document, done, first_values, is_password, registry_path};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::rules::effect::JobEffect;
use crate::rules::job::{self, NewJob, Trigger};
use crate::server::Server;
use crate::state::State;
use crate::tree::MANAGER;

/// How long such a job takes, in the power-on test mostly.
const RUNS_FOR: Duration = Duration::from_secs(75);

/// PATCH of a Settings resource.
pub(super) fn patch(server: &Server, asked: &Asked, owner: &str) -> Reply {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&asked.body) else {
        return error(server, 400, &["SYS405"]);
    };
    let Some(Value::Object(wanted)) = body.remove("Attributes").filter(|wanted| wanted != &Value::Null)
    else {
        return error(server, 400, &["SYS428"]);
    };
    let trigger = match body.remove("@Redfish.SettingsApplyTime").map(|when| read_time(server, owner, &when))
    {
        None => None,
        Some(Ok(trigger)) => Some(trigger),
        Some(Err(id)) => return error(server, 400, &[id]),
    };
    let first = first_values(server, owner);
    let explained = document(server, &registry_path(server, owner));
    let registry = explained.as_ref().map(|document| Registry::of(document, &first));
    let now = server.clock.now();
    let mut state = server.state();
    if is_committed(&state, owner, now) {
        let same = staged(&state, owner)
            .is_some_and(|staged| wanted.iter().all(|(name, value)| staged.pending.get(name) == Some(value)));
        drop(state);
        // Newer firmware takes what is staged already for done, and makes no second job.
        return if same && server.profile.license_service {
            done(server)
        } else {
            error(server, 400, &["SYS011"])
        };
    }
    if let Err(id) = check(&state, registry.as_ref(), owner, &first, &wanted) {
        drop(state);
        return error(server, 400, &[id]);
    }
    state.bios.settings.entry(owner.to_owned()).or_default().pending.extend(wanted);
    state.version += 1;
    let job = trigger.map(|trigger| commit(server, &mut state, registry.as_ref(), owner, &first, trigger));
    drop(state);
    job.map_or_else(|| done(server), |job| accepted(server, &job, true))
}

fn staged<'a>(state: &'a State, owner: &str) -> Option<&'a Staged> {
    state.bios.settings.get(owner)
}

/// Whether a job holds what is staged.
fn is_committed(state: &State, owner: &str, now: Duration) -> bool {
    let id = staged(state, owner).and_then(|staged| staged.job.as_ref());
    id.is_some_and(|id| state.jobs.iter().any(|job| job.id == *id && !job.is_done(now)))
}

/// What the values would be with the staged and the wanted ones.
fn outcome(
    state: &State,
    owner: &str,
    first: &Map<String, Value>,
    wanted: &Map<String, Value>,
) -> Map<String, Value> {
    let mut values = first.clone();
    if let Some(staged) = staged(state, owner) {
        values.extend(staged.applied.clone());
        values.extend(staged.pending.clone());
    }
    values.extend(wanted.clone());
    values
}

fn check(
    state: &State,
    registry: Option<&Registry<'_>>,
    owner: &str,
    first: &Map<String, Value>,
    wanted: &Map<String, Value>,
) -> Result<(), &'static str> {
    let values = outcome(state, owner, first, wanted);
    for (name, value) in wanted {
        if let Some(registry) = registry {
            registry.check(name, value, &values).map_err(super::registry::Wrong::id)?;
        }
        if is_password(name) && !name.starts_with("Old") {
            let old = wanted.get(&format!("Old{name}")).and_then(Value::as_str).unwrap_or_default();
            if !state.bios.has_password(name, old) {
                return Err("BIOS021");
            }
        }
    }
    Ok(())
}

/// Makes the job that applies what is staged, with what the rules force along.
fn commit(
    server: &Server,
    state: &mut State,
    registry: Option<&Registry<'_>>,
    owner: &str,
    first: &Map<String, Value>,
    trigger: Trigger,
) -> String {
    let now = server.clock.now();
    let pending = staged(state, owner).map(|staged| staged.pending.clone()).unwrap_or_default();
    let mut present = first.clone();
    present.extend(staged(state, owner).map(|staged| staged.applied.clone()).unwrap_or_default());
    let mut values = outcome(state, owner, first, &Map::new());
    if let Some(registry) = registry {
        values = registry.forced(values);
    }
    values.retain(|name, value| present.get(name) != Some(value) || pending.contains_key(name));
    let last = owner.rsplit('/').next().unwrap_or_default();
    let (kind, name) = match owner {
        BIOS => ("BIOSConfiguration", "Configure: BIOS.Setup.1-1".to_owned()),
        _ => ("NICConfiguration", format!("Configure: {last}")),
    };
    let effect = JobEffect::Settings { owner: owner.to_owned(), values };
    let job = NewJob {
        trigger,
        target_settings: Some(format!("{owner}/Settings")),
        effect,
        ends: if server.spec.settings.job_fails { "Failed".into() } else { "Completed".into() },
        ..NewJob::new(kind, name, RUNS_FOR)
    };
    let id = job::add(state, server.world(), now, job);
    if let Some(staged) = state.bios.settings.get_mut(owner) {
        staged.job = Some(id.clone());
    }
    id
}

/// 202, and where to follow it.
fn accepted(server: &Server, job: &str, by_patch: bool) -> Reply {
    let location = match server.profile.manager_jobs {
        _ if server.spec.settings.hides_job => return Reply::empty(202),
        true if !by_patch && server.profile.old_sessions => format!("{MANAGER}/Jobs/{job}"),
        true => format!("/redfish/v1/TaskService/Tasks/{job}"),
        // iDRAC10.
        false => format!("/redfish/v1/TaskService/TaskMonitors/{job}"),
    };
    Reply::empty(202).with(LOCATION, &location)
}

/// When a job is to run.
fn read_time(server: &Server, owner: &str, when: &Value) -> Result<Trigger, &'static str> {
    let offered =
        document(server, owner).map(|mut found| found["@Redfish.Settings"]["SupportedApplyTimes"].take());
    let Some(Value::Array(offered)) = offered else { return Err("PropertyUnknown") };
    let time = when.get("ApplyTime").ok_or("SYS428")?;
    if !offered.contains(time) {
        return Err("SYS425");
    }
    match time.as_str() {
        Some("OnReset") => Ok(Trigger::Restart),
        Some("Immediate") => Ok(Trigger::Now),
        Some(window) => {
            let key = "MaintenanceWindowStartTime";
            let start = when.get(key).and_then(Value::as_str).ok_or("SYS428")?;
            when.get("MaintenanceWindowDurationInSeconds").and_then(Value::as_u64).ok_or("SYS428")?;
            let now = server.clock.now();
            let (start, present) = (seconds(start), seconds(&server.clock.stamp(now)));
            let (Some(start), Some(present)) = (start, present) else { return Err("SYS425") };
            let ahead = u64::try_from(start - present).map_err(|_| "SYS425")?;
            // A window that needs a reset is open when the reset comes.
            Ok(if window == "AtMaintenanceWindowStart" {
                Trigger::At(now + Duration::from_secs(ahead))
            } else {
                Trigger::Restart
            })
        }
        None => Err("SYS424"),
    }
}

/// Seconds since 1970 of `2026-01-31T09:00:00-06:00`.
fn seconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let time = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    let offset = match text.get(19..)? {
        "Z" | "" => 0,
        rest => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            sign * (rest.get(1..3)?.parse::<i64>().ok()? * 3600 + rest.get(4..6)?.parse::<i64>().ok()? * 60)
        }
    };
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era_days = 365 * y + y / 4 - y / 100 + y / 400;
    let days = era_days + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + time - offset)
}

/// The ClearPending action.
pub(super) fn clear(server: &Server, owner: &str) -> Reply {
    let now = server.clock.now();
    let mut state = server.state();
    if is_committed(&state, owner, now) {
        drop(state);
        return error(server, 400, &["BIOS011"]);
    }
    match state.bios.settings.get_mut(owner) {
        Some(staged) if !staged.pending.is_empty() => staged.pending.clear(),
        _ => {
            drop(state);
            return error(server, 400, &["BIOS012"]);
        }
    }
    state.version += 1;
    drop(state);
    done(server)
}

/// POST to the job queue with the settings that wait.
pub(super) fn create_job(server: &Server, asked: &Asked) -> Option<Reply> {
    let home = asked.path.strip_prefix(MANAGER)?;
    let is_there = match home {
        "/Jobs" => server.profile.manager_jobs,
        "/Oem/Dell/Jobs" => server.profile.oem_jobs,
        _ => false,
    };
    let body: Value = serde_json::from_slice(&asked.body).ok()?;
    let target = body.get("TargetSettingsURI")?.as_str()?;
    let owner = super::owner(server, target).filter(|_| is_there)?;
    let first = first_values(server, owner);
    let explained = document(server, &registry_path(server, owner));
    let registry = explained.as_ref().map(|document| Registry::of(document, &first));
    let now = server.clock.now();
    let mut state = server.state();
    let refused = match staged(&state, owner) {
        _ if is_committed(&state, owner, now) => Some("SYS011"),
        Some(staged) if !staged.pending.is_empty() => None,
        _ => Some("BIOS008"),
    };
    if let Some(id) = refused {
        drop(state);
        return Some(error(server, 400, &[id]));
    }
    let job = commit(server, &mut state, registry.as_ref(), owner, &first, Trigger::Restart);
    drop(state);
    Some(accepted(server, &job, false))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn moments_are_read_with_their_offset() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T00:00:00Z"), Some(951_782_400));
        assert_eq!(seconds("1969-12-31T18:00:01-06:00"), Some(1));
        assert_eq!(seconds("soon"), None);
    }
}

//! Erasing: the jobs, the logs and what was asked for are gone afterwards. And the iDRAC back to defaults.

use std::time::Duration;

use hyper::Method;
use hyper::header::CONNECTION;
use serde_json::Value;

use super::effect::JobEffect;
use super::job::{self, NewJob};
use super::{Area, account, answer};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::state::Phase;
use crate::tree::{MANAGER, SYSTEM};

/// How long it takes.
const TAKES: Duration = Duration::from_secs(600);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Parts that were erased, by the names they were asked for.
    pub(crate) erased: Vec<String>,
}

pub(crate) const AREA: Area = Area { change, ..Area::NOTHING };

/// What an erasure leaves: an iDRAC that knows no job, a host that is off.
pub(crate) fn apply(state: &mut crate::state::State, parts: Vec<String>) {
    state.jobs.clear();
    super::log::wipe(state);
    state.sessions.clear();
    state.phase = Phase::Off;
    state.power_touched = true;
    if parts.iter().any(|part| matches!(part.as_str(), "IDRAC" | "All" | "ManagerConfig")) {
        state.attribute.reset();
        account::reset(state);
    }
    state.erase.erased.extend(parts);
    state.version += 1;
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.method != Method::POST {
        return None;
    }
    let path = asked.path.as_str();
    let reply = if path == format!("{MANAGER}/Oem/Dell/DellLCService/Actions/DellLCService.SystemErase") {
        erase(server, asked, &["Component"])
    } else if path == format!("{SYSTEM}/Actions/ComputerSystem.Decommission") && offers_decommission(server) {
        erase(server, asked, &["DecommissionTypes", "OEMDecommissionTypes"])
    } else {
        let action = path.strip_prefix(MANAGER)?.strip_prefix("/Actions/")?;
        let action = action.strip_prefix("Oem/").unwrap_or(action);
        match action {
            "Manager.ResetToDefaults" | "DellManager.ResetToDefaults" => defaults(server, asked),
            "DellManager.SetCustomDefaults" => custom(server, asked),
            _ => return None,
        }
    };
    Some(reply.unwrap_or_else(|refused| refused))
}

fn offers_decommission(server: &Server) -> bool {
    server.profile.generation == crate::spec::Generation::Idrac10
}

fn erase(server: &Server, asked: &Asked, keys: &[&str]) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let parts = keys.iter().filter_map(|key| body.get(*key)?.as_array()).flatten();
    let parts: Vec<String> = parts.filter_map(Value::as_str).map(str::to_owned).collect();
    if parts.is_empty() {
        return Err(error(server, 400, &["RAC1062"]));
    }
    let now = server.clock.now();
    if server.state().jobs.iter().any(|job| !job.is_done(now)) {
        return Err(error(server, 400, &["RAC1064"]));
    }
    let job = NewJob { effect: JobEffect::Erase(parts), ..NewJob::new("SystemErase", "System_Erase", TAKES) };
    let id = job::add(&mut server.state(), server.world(), now, job);
    Ok(answer::accepted(server, &id))
}

fn defaults(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let kind = answer::text(server, &answer::object(server, asked)?, "ResetType")?;
    let known = [
        "ResetAll",
        "PreserveNetworkAndUsers",
        "All",
        "Default",
        "ResetAllWithRootDefaults",
        "CustomDefaults",
    ];
    if !known.contains(&kind.as_str()) {
        return Err(error(server, 400, &["ActionParameterNotSupported", "SYS429"]));
    }
    let mut state = server.state();
    state.attribute.reset();
    if !matches!(kind.as_str(), "PreserveNetworkAndUsers" | "Default") {
        account::reset(&mut state);
        state.certificate.waits_for_restart = true;
    }
    state.version += 1;
    state.restart_when_closed = Some(Duration::from_millis(server.spec.idrac_restart_ms));
    drop(state);
    Ok(answer::said(server, &["Success", "SYS149"], serde_json::Map::new()).with(CONNECTION, "close"))
}

fn custom(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    answer::text(server, &answer::object(server, asked)?, "CustomDefaults")?;
    let new = NewJob::new("CustomDefaults", "Upload: Custom Defaults", Duration::from_secs(30));
    let id = job::add(&mut server.state(), server.world(), server.clock.now(), new);
    Ok(answer::accepted(server, &id))
}

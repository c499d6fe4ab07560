//! Power: of the host (`ComputerSystem.Reset`), of the whole chassis (a virtual loss of mains), and the locator light; on the
//! simulated clock.

use std::time::Duration;

use hyper::Method;
use hyper::header::CONNECTION;
use serde_json::{Value, json};

use super::Area;
use crate::action::reset_type;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::{HostRules, ServerSpec};
use crate::state::{Phase, State};
use crate::tree::{CHASSIS, SYSTEM};

/// The reset types every generation here allows.
pub(crate) const RESET_TYPES: [&str; 8] = [
    "On",
    "ForceOff",
    "ForceRestart",
    "GracefulRestart",
    "GracefulShutdown",
    "PushPowerButton",
    "Nmi",
    "PowerCycle",
];

pub(crate) const AREA: Area = Area { overlay, change, ..Area::NOTHING };

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let locating = server.state().locating;
    let old = json!(if locating { "Blinking" } else { "Lit" });
    match path {
        SYSTEM => Some(json!({"Actions": {"#ComputerSystem.Reset": {
            "ResetType@Redfish.AllowableValues": offered(server.spec.host)}}})),
        CHASSIS if !server.profile.legacy_power => Some(json!({"LocationIndicatorActive": locating})),
        CHASSIS if server.profile.new_power => {
            Some(json!({"IndicatorLED": old, "LocationIndicatorActive": locating}))
        }
        CHASSIS => Some(json!({"IndicatorLED": old})),
        _ => None,
    }
}

fn offered(rules: HostRules) -> Vec<&'static str> {
    let lacking = |kind: &str| rules.lacks_graceful_restart && kind == "GracefulRestart";
    RESET_TYPES.into_iter().filter(|kind| !lacking(kind)).collect()
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let target = asked.path.strip_prefix(SYSTEM).or_else(|| asked.path.strip_prefix(CHASSIS))?;
    match (&asked.method, target) {
        (&Method::POST, "/Actions/ComputerSystem.Reset") => Some(reset_system(server, asked)),
        (&Method::POST, "/Actions/Chassis.Reset") => Some(reset_chassis(server, asked, true)),
        (&Method::POST, "/Actions/Oem/DellOemChassis.ExtendedReset") => {
            Some(reset_chassis(server, asked, false))
        }
        (&Method::PATCH, "") if asked.path == CHASSIS => Some(set_light(server, asked)),
        _ => None,
    }
}

fn reset_system(server: &Server, asked: &Asked) -> Reply {
    let kind = match reset_type(asked) {
        Ok(kind) => kind,
        Err(ids) => return error(server, 400, ids),
    };
    let now = server.clock.now();
    let done = reset(&mut server.state(), &server.spec, now, &kind);
    match done {
        Ok(()) => Reply::empty(204),
        Err(Refused::Unknown) => error(server, 400, &["ActionParameterNotSupported", "SYS429"]),
        Err(Refused::Conflict) => {
            let refused = error(server, 409, &["ActionParameterValueConflict", "PSU501"]);
            // These conflict with nothing but what they ask for.
            let is_there = matches!(kind.as_str(), "On" | "ForceOff" | "GracefulShutdown");
            if is_there { refused.because("there_already") } else { refused }
        }
    }
}

/// Mains gone and back. The host must be off; the iDRAC lives on mains itself and is away for a while.
fn reset_chassis(server: &Server, asked: &Asked, standard: bool) -> Reply {
    if !server.profile.new_power {
        return error(server, 404, &["SYS403"]);
    }
    let kind = match reset_type(asked) {
        Ok(kind) => kind,
        Err(ids) => return error(server, 400, ids),
    };
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let final_state = if standard { Some("On") } else { body.get("FinalPowerState").and_then(Value::as_str) };
    let on = match (kind.as_str(), final_state) {
        ("PowerCycle", Some("On")) => true,
        ("PowerCycle", Some("Off")) => false,
        ("PowerCycle", None) => return error(server, 400, &["SYS428", "ActionParameterMissing"]),
        _ => return error(server, 400, &["ActionParameterNotSupported", "SYS429"]),
    };
    let (now, spec) = (server.clock.now(), &server.spec);
    let mut state = server.state();
    if is_on(state.phase) {
        drop(state);
        return error(server, 409, &["ActionParameterValueConflict", "PSU502"]);
    }
    state.power_touched = true;
    state.version += 1;
    if on {
        enter_post(&mut state, spec, now + Duration::from_millis(spec.idrac_restart_ms));
    }
    state.restart_when_closed = Some(Duration::from_millis(spec.idrac_restart_ms));
    drop(state);
    Reply::empty(204).with(CONNECTION, "close")
}

fn set_light(server: &Server, asked: &Asked) -> Reply {
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return error(server, 400, &["SYS405"]);
    };
    let new = body.get("LocationIndicatorActive").filter(|_| server.profile.new_power);
    let old = body.get("IndicatorLED").filter(|_| server.profile.legacy_power);
    let locating = match (new.and_then(Value::as_bool), old.and_then(Value::as_str)) {
        (Some(on), _) => on,
        (None, Some("Blinking")) => true,
        (None, Some("Lit")) => false,
        _ => return error(server, 400, &["PropertyUnknown", "SYS429"]),
    };
    let mut state = server.state();
    state.locating = locating;
    state.version += 1;
    drop(state);
    Reply::value(200, &json!({"@Message.ExtendedInfo": [crate::message::entry(&server.profile, "SYS413")]}))
}

/// Why a reset was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not one of the reset types.
    Unknown,
    /// The host is in that state already: 409.
    Conflict,
}

/// When the phase changes by itself.
pub(crate) fn next_change(state: &State) -> Option<Duration> {
    match state.phase {
        Phase::Post { until } | Phase::ShuttingDown { until, .. } => Some(until),
        Phase::Off | Phase::Running => None,
    }
}

/// Changes it.
pub(crate) fn step(state: &mut State, spec: &ServerSpec, at: Duration) {
    match state.phase {
        Phase::Post { .. } => state.phase = Phase::Running,
        Phase::ShuttingDown { restart: true, .. } => enter_post(state, spec, at),
        Phase::ShuttingDown { restart: false, .. } => state.phase = Phase::Off,
        Phase::Off | Phase::Running => {}
    }
}

/// The host begins its power-on test. Jobs that waited for a restart run in it, one after the other.
fn enter_post(state: &mut State, spec: &ServerSpec, at: Duration) {
    let taken = super::job::start_at_restart(state, at);
    super::boot::start(state);
    state.last_reset = at;
    state.phase = Phase::Post { until: at + Duration::from_millis(spec.post_ms) + taken };
}

/// Whether the host draws power.
pub(crate) fn is_on(phase: Phase) -> bool {
    phase != Phase::Off
}

/// Carries out a reset, or says why not.
pub(crate) fn reset(state: &mut State, spec: &ServerSpec, now: Duration, kind: &str) -> Result<(), Refused> {
    let on = is_on(state.phase);
    let ignored = match kind {
        "GracefulShutdown" | "GracefulRestart" | "PushPowerButton" => on && spec.host.ignores_graceful,
        "ForceRestart" => on && spec.host.ignores_forced_restart,
        _ => false,
    };
    if ignored {
        return Ok(());
    }
    let down =
        |restart| Phase::ShuttingDown { until: now + Duration::from_millis(spec.shutdown_ms), restart };
    match (kind, on) {
        _ if !offered(spec.host).contains(&kind) => return Err(Refused::Unknown),
        ("On", false) | ("PushPowerButton", false) | ("ForceRestart" | "PowerCycle", true) => {
            enter_post(state, spec, now);
        }
        ("ForceOff", true) => state.phase = Phase::Off,
        ("GracefulShutdown" | "PushPowerButton", true) => state.phase = down(false),
        ("GracefulRestart", true) => state.phase = down(true),
        ("Nmi", true) => {}
        _ => return Err(Refused::Conflict),
    }
    let told = match (kind, on) {
        ("Nmi", _) => None,
        (_, false) => Some("SYS1000"),
        ("ForceRestart" | "PowerCycle" | "GracefulRestart", true) => Some("SYS1003"),
        (_, true) => Some("SYS1001"),
    };
    if let Some(id) = told {
        super::log::note(state, super::log::Line::new(now, id, []));
    }
    state.power_touched = true;
    state.version += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(steps: &[(&str, u64)]) -> Vec<Result<Phase, Refused>> {
        let (mut state, spec) = (State::new(), ServerSpec::default());
        let mut now = Duration::ZERO;
        let settle = |state: &mut State, now| {
            while let Some(at) = next_change(state).filter(|at| *at <= now) {
                step(state, &spec, at);
            }
        };
        steps
            .iter()
            .map(|(kind, wait)| {
                let done = reset(&mut state, &spec, now, kind);
                now += Duration::from_secs(*wait);
                settle(&mut state, now);
                done.map(|()| state.phase)
            })
            .collect()
    }

    #[test]
    fn states_follow_each_other_in_time() {
        assert_eq!(
            run(&[("GracefulShutdown", 14), ("On", 1), ("On", 90)]),
            [
                Ok(Phase::ShuttingDown { until: Duration::from_secs(15), restart: false }),
                Err(Refused::Conflict),
                Ok(Phase::Running),
            ]
        );
        assert_eq!(run(&[("GracefulRestart", 105)]), [Ok(Phase::Running)]);
    }

    #[test]
    fn what_is_done_already_conflicts() {
        assert_eq!(run(&[("On", 0)]), [Err(Refused::Conflict)]);
        assert_eq!(run(&[("ForceOff", 0), ("ForceOff", 0)]), [Ok(Phase::Off), Err(Refused::Conflict)]);
        assert_eq!(run(&[("Fly", 0)]), [Err(Refused::Unknown)]);
    }
}

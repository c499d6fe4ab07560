//! Requests that change something: sessions, power, the iDRAC's restart, jobs.

use std::time::Duration;

use hyper::Method;
use hyper::header::{AUTHORIZATION, CONNECTION, LOCATION};
use serde_json::{Value, json};

use crate::auth::{self, Caller, Denied};
use crate::dynamic;
use crate::handle::{Asked, X_AUTH_TOKEN, unauthorized};
use crate::journal::bump;
use crate::read::{error, not_allowed};
use crate::reply::Reply;
use crate::rules::power::{self, Refused};
use crate::server::Server;

/// POST to a session collection. None when the client is shut out without an answer.
pub(crate) fn create_session(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.headers.contains_key(AUTHORIZATION) {
        return Some(error(server, 400, &["SYS468"]));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Some(error(server, 400, &["SYS405"]));
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let (Some(user), Some(password)) = (text("UserName"), text("Password")) else {
        return Some(error(server, 400, &["SYS428"]));
    };
    let (now, client) = (server.clock.now(), asked.client.ip());
    let token = server.new_token();
    let mut state = server.state();
    if auth::is_shut_out(&state, client, now) {
        drop(state);
        bump(&server.counters.failed_logins);
        let drops = server.spec.lockout.is_some_and(|p| p.drop_connections);
        return (!drops).then(|| unauthorized(server, Denied::ShutOut));
    }
    if auth::check(&server.spec, user, password).is_none() {
        auth::remember_failure(&mut state, &server.spec, client, now);
        drop(state);
        bump(&server.counters.failed_logins);
        return Some(unauthorized(server, Denied::Wrong));
    }
    let opened = auth::open_session(&mut state, &server.spec, user, client, now, token);
    drop(state);
    let Some(session) = opened else { return Some(error(server, 503, &["RAC0218"])) };
    bump(&server.counters.sessions_opened);
    let location = format!("{}/{}", asked.path, session.id);
    let value = json!({
        "@Message.ExtendedInfo": [crate::message::entry(&server.profile, "SYS413")],
        "@odata.context": "/redfish/v1/$metadata#Session.Session", "@odata.id": location,
        "@odata.type": "#Session.v1_5_0.Session", "ClientOriginIPAddress": client,
        "CreatedTime": server.clock.stamp(session.created), "Description": "User Session",
        "Id": session.id, "Name": "User Session", "Password": null, "SessionType": "Redfish",
        "UserName": session.user,
    });
    Some(Reply::value(201, &value).with(LOCATION, &location).with(X_AUTH_TOKEN, &session.token))
}

/// Any other request that is not a GET.
pub(crate) fn change(server: &Server, asked: &Asked, caller: &Caller) -> Reply {
    let path = asked.path.as_str();
    if asked.method == Method::DELETE
        && let Some(reply) = delete_session(server, path, caller)
    {
        return reply;
    }
    if !caller.may_change {
        return error(server, 403, &["SYS479"]);
    }
    match asked.method {
        Method::POST => post(server, asked, path),
        Method::DELETE => delete(server, path),
        _ if exists(server, path) => not_allowed(server, "GET, HEAD"),
        _ => error(server, 404, &["SYS403"]),
    }
}

fn exists(server: &Server, path: &str) -> bool {
    server.tree.has(path)
        || dynamic::listing(server, path).is_some()
        || dynamic::member(server, path).is_some()
}

/// A user ends his own sessions; an administrator anyone's.
fn delete_session(server: &Server, path: &str, caller: &Caller) -> Option<Reply> {
    let (home, id) = path.rsplit_once('/')?;
    if !dynamic::session_homes(server).contains(&home) {
        return None;
    }
    let mut state = server.state();
    let Some(at) = state.sessions.iter().position(|s| s.id == id) else {
        drop(state);
        return Some(error(server, 404, &["SYS403"]));
    };
    if state.sessions[at].user != caller.user && !caller.may_change {
        drop(state);
        return Some(error(server, 403, &["SYS479"]));
    }
    state.sessions.remove(at);
    bump(&server.counters.sessions_closed);
    drop(state);
    let value = json!({"@Message.ExtendedInfo": [crate::message::entry(&server.profile, "SYS413")]});
    Some(Reply::value(200, &value))
}

fn delete(server: &Server, path: &str) -> Reply {
    let Some(id) = dynamic::job_id(server, path) else {
        return if exists(server, path) {
            not_allowed(server, "GET, HEAD")
        } else {
            error(server, 404, &["SYS403"])
        };
    };
    let now = server.clock.now();
    let mut state = server.state();
    match state.jobs.iter().position(|j| j.id == id) {
        Some(at) if state.jobs[at].is_done(now) => {
            state.jobs.remove(at);
            state.version += 1;
            Reply::empty(204)
        }
        found => {
            drop(state);
            match found {
                Some(_) => error(server, 400, &["JCP015"]),
                None => error(server, 404, &["SYS403"]),
            }
        }
    }
}

fn post(server: &Server, asked: &Asked, path: &str) -> Reply {
    let action = |name: &str, home: &str| {
        path.strip_suffix(name)
            .and_then(|owner| owner.strip_prefix(home))
            .is_some_and(|id| !id.contains('/') && server.tree.has(&format!("{home}{id}")))
    };
    if action("/Actions/ComputerSystem.Reset", "/redfish/v1/Systems/") {
        return reset_system(server, asked);
    }
    if action("/Actions/Manager.Reset", "/redfish/v1/Managers/") {
        return reset_manager(server, asked);
    }
    if exists(server, path) { not_allowed(server, "GET, HEAD") } else { error(server, 404, &["SYS403"]) }
}

/// The ResetType of a body, or the message ids that say what is wrong with it.
fn reset_type(asked: &Asked) -> Result<String, &'static [&'static str]> {
    let body: Value = serde_json::from_slice(&asked.body).map_err(|_| &["SYS405"][..])?;
    let kind = body.get("ResetType").and_then(Value::as_str);
    kind.map(str::to_owned).ok_or(&["SYS428", "ActionParameterMissing"])
}

fn reset_system(server: &Server, asked: &Asked) -> Reply {
    let kind = match reset_type(asked) {
        Ok(kind) => kind,
        Err(ids) => return error(server, 400, ids),
    };
    let now = server.clock.now();
    let done = power::reset(&mut server.state(), &server.spec, now, &kind);
    match done {
        Ok(()) => Reply::empty(204),
        Err(Refused::Unknown) => error(server, 400, &["ActionParameterNotSupported", "SYS429"]),
        Err(Refused::Conflict) => error(server, 409, &["ActionParameterValueConflict", "PSU501"]),
    }
}

fn reset_manager(server: &Server, asked: &Asked) -> Reply {
    match reset_type(asked) {
        Ok(kind) if kind == "GracefulRestart" => {
            // The answer must get out before the connections break: the end of this one is the signal.
            let away = Duration::from_millis(server.spec.idrac_restart_ms);
            server.state().restart_when_closed = Some(away);
            Reply::empty(204).with(CONNECTION, "close")
        }
        Ok(_) => error(server, 400, &["ActionParameterNotSupported", "SYS429"]),
        Err(ids) => error(server, 400, ids),
    }
}

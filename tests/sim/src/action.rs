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
use crate::rules;
use crate::rules::log::{self, Line};
use crate::server::Server;

/// POST to a session collection. None when the client is shut out without an answer.
pub(crate) fn create_session(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.headers.contains_key(AUTHORIZATION) {
        return Some(error(server, 400, &["SYS468"]).because("login_with_authorization"));
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
    if auth::check(&state, &server.spec, user, password).is_none() {
        auth::remember_failure(&mut state, &server.spec, client, now);
        drop(state);
        bump(&server.counters.failed_logins);
        let refused = unauthorized(server, Denied::Wrong);
        let is_former = server.spec.accounts.iter().any(|own| own.user == user && own.password == password);
        return Some(if is_former { refused.because("former_password") } else { refused });
    }
    let opened = auth::open_session(&mut state, &server.spec, user, client, now, token);
    if opened.is_some() {
        let args = [user.to_owned(), client.to_string(), "REDFISH".to_owned()];
        log::note(&mut state, Line::new(now, "USR0030", args));
    }
    drop(state);
    let Some(session) = opened else {
        return Some(error(server, 503, &["RAC0218"]).because("session_limit"));
    };
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
    if let Some(refused) = crate::tag::refusal(server, asked) {
        return refused;
    }
    if let Some(reply) = rules::AREAS.iter().find_map(|area| (area.change)(server, asked)) {
        return rules::queue::unname(server, reply);
    }
    match asked.method {
        Method::POST => post(server, asked, path),
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

fn post(server: &Server, asked: &Asked, path: &str) -> Reply {
    let action = |name: &str, home: &str| {
        path.strip_suffix(name)
            .and_then(|owner| owner.strip_prefix(home))
            .is_some_and(|id| !id.contains('/') && server.tree.has(&format!("{home}{id}")))
    };
    if action("/Actions/Manager.Reset", "/redfish/v1/Managers/") {
        return reset_manager(server, asked);
    }
    if exists(server, path) { not_allowed(server, "GET, HEAD") } else { error(server, 404, &["SYS403"]) }
}

/// The ResetType of a body, or the message ids that say what is wrong with it.
pub(crate) fn reset_type(asked: &Asked) -> Result<String, &'static [&'static str]> {
    let body: Value = serde_json::from_slice(&asked.body).map_err(|_| &["SYS405"][..])?;
    let kind = body.get("ResetType").and_then(Value::as_str);
    kind.map(str::to_owned).ok_or(&["SYS428", "ActionParameterMissing"])
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

//! From a request to its answer: faults, authentication, routing, journal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response};
use sha2::{Digest, Sha256};

use crate::action;
use crate::auth::{self, Caller, Denied};
use crate::certificate::hex;
use crate::damage::{self, Sent};
use crate::fault::Effect;
use crate::journal::{Exchange, bump};
use crate::message;
use crate::query::percent_decode;
use crate::read;
use crate::reply::{Reply, SimBody};
use crate::server::Server;
use crate::spec::Kind;
use crate::stranger;

/// Longest request body that is read; firmware images come later and go elsewhere.
const MOST_BODY: usize = 16 << 20;

const UNAUTHORIZED_PAGE: &str =
    "<!DOCTYPE html><html><head><title>401</title></head><body><h1>Unauthorized</h1></body></html>";

/// The connection must close without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the simulated iDRAC closes the connection")]
pub(crate) struct HangUp;

/// A request, read whole.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) client: SocketAddr,
}

pub(crate) async fn handle(
    server: Arc<Server>,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<SimBody>, HangUp> {
    let _in_flight = server.counters.enter();
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let body = if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        Bytes::new()
    } else {
        Limited::new(body, MOST_BODY).collect().await.map_err(|_| HangUp)?.to_bytes()
    };
    let mut path = percent_decode(parts.uri.path());
    while path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Asked { method: parts.method, path, query, headers: parts.headers, body, client };
    let at = server.clock.now();
    let _turn = match &server.gate {
        Some(gate) => gate.acquire().await.ok(),
        None => None,
    };
    if server.spec.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(server.spec.latency_ms)).await;
    }
    let (outcome, caller) = answer(&server, &asked).await;
    note(&server, asked, at, begun.elapsed(), caller, &outcome);
    match outcome {
        Some((reply, body)) => Ok(reply.into_response(body)),
        None => Err(HangUp),
    }
}

/// The answer with the fault that strikes it, and who asked.
async fn answer(server: &Server, asked: &Asked) -> (Sent, Option<Caller>) {
    let effect = server.faults.strike(asked.method.as_str(), &asked.path, &asked.query);
    match &effect {
        Some(Effect::Drop) => return (None, None),
        Some(Effect::Delay { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(Effect::ForgetSessions) => server.state().sessions.clear(),
        Some(Effect::Restart { for_ms }) => {
            server.restart(Duration::from_millis(*for_ms));
            return (None, None);
        }
        Some(Effect::Status { status, message_id, retry_after_s, extended_info_object }) => {
            let id = message_id.as_deref().unwrap_or("SYS446");
            let body = if *extended_info_object {
                message::error_as_object(&server.profile, id)
            } else {
                message::error(&server.profile, &[id])
            };
            let mut reply = Reply::value(*status, &body);
            if let Some(seconds) = retry_after_s {
                reply.set(RETRY_AFTER, &seconds.to_string());
            }
            return (damage::whole(reply), None);
        }
        Some(Effect::Redirect { location }) => {
            return (damage::whole(Reply::empty(302).with(LOCATION, location)), None);
        }
        _ => {}
    }
    let (reply, caller) = match server.spec.kind {
        Kind::NotDell => (stranger::redfish(server, asked), None),
        Kind::NotRedfish => (stranger::web(server, asked), None),
        _ => match route(server, asked) {
            Some(found) => found,
            None => return (None, None),
        },
    };
    let delay = server.spec.expand_member_delay_ms * reply.expanded as u64;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let sent = match effect {
        Some(effect) => damage::apply(reply, effect),
        None => damage::whole(reply),
    };
    (sent, caller)
}

/// None when the connection must close.
fn route(server: &Server, asked: &Asked) -> Option<(Reply, Option<Caller>)> {
    let path = asked.path.as_str();
    let reading = matches!(asked.method, Method::GET | Method::HEAD);
    if server.spec.strict_accept && !asked.headers.contains_key(ACCEPT) {
        return Some((read::error(server, 406, &["GeneralError"]), None));
    }
    if server.spec.host_header_check && !host_is_address(&asked.headers) {
        return Some((Reply::html(400, "<html><body><h1>400 Bad Request</h1></body></html>"), None));
    }
    if reading && path == "/redfish" {
        return Some((read::versions(), None));
    }
    if reading && path == "/redfish/v1" && !has_credentials(&asked.headers) {
        return Some((read::get(server, path, &asked.query), None));
    }
    if asked.method == Method::POST && crate::dynamic::session_homes(server).contains(&path) {
        return action::create_session(server, asked).map(|reply| (reply, None));
    }
    // iDRAC7/8: the home that newer firmware uses refuses the method before it looks at anything else.
    if asked.method == Method::POST
        && server.profile.old_sessions
        && path.starts_with("/redfish/v1/SessionService")
    {
        return Some((read::not_allowed(server, "GET, HEAD"), None));
    }
    let caller = {
        let now = server.clock.now();
        let mut state = server.state();
        auth::authenticate(&mut state, &server.spec, &asked.headers, asked.client.ip(), now)
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(Denied::ShutOut) if server.spec.lockout.is_some_and(|p| p.drop_connections) => return None,
        Err(denied) => {
            if denied != Denied::Missing {
                bump(&server.counters.failed_logins);
            }
            return Some((unauthorized(server, denied), None));
        }
    };
    let reply = if !reading {
        action::change(server, asked, &caller)
    } else {
        let reply = read::get(server, path, &asked.query);
        match (asked.headers.get(IF_NONE_MATCH), reply.headers.get(hyper::header::ETAG)) {
            (Some(known), Some(now)) if known == now => Reply::empty(304),
            _ => reply,
        }
    };
    Some((reply, Some(caller)))
}

/// Whether the request tries to be somebody; then it is checked even where it need not be.
fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key("x-auth-token")
}

fn host_is_address(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    host.parse::<SocketAddr>().is_ok() || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

/// 401 as this server says it.
pub(crate) fn unauthorized(server: &Server, denied: Denied) -> Reply {
    let id = match denied {
        Denied::Missing => "SYS416",
        Denied::Wrong => "SYS415",
        Denied::ShutOut => "RAC0212",
    };
    let mut reply = if server.spec.html_unauthorized {
        Reply::html(401, UNAUTHORIZED_PAGE)
    } else {
        read::error(server, 401, &[id])
    };
    if server.profile.challenges {
        reply.set(WWW_AUTHENTICATE, "Basic realm=\"RedfishService\"");
    }
    reply
}

fn note(
    server: &Server,
    asked: Asked,
    at: Duration,
    duration: Duration,
    caller: Option<Caller>,
    sent: &Sent,
) {
    let (status, bytes) = match sent {
        Some((reply, _)) => (reply.status, reply.body.len()),
        None => (0, 0),
    };
    let counters = &server.counters;
    bump(&counters.requests);
    counters.response_bytes.fetch_add(bytes as u64, std::sync::atomic::Ordering::Relaxed);
    if status >= 400 {
        bump(&counters.errors);
    }
    if server.journal.is_full() {
        let (user, session) = caller.map_or((None, None), |c| (Some(c.user), c.session));
        server.journal.write(Exchange {
            at,
            address: server.address,
            client: asked.client,
            method: asked.method.to_string(),
            path: asked.path,
            query: asked.query,
            status,
            user,
            session,
            duration,
            request_bytes: asked.body.len(),
            request_sha256: (!asked.body.is_empty()).then(|| hex(&Sha256::digest(&asked.body))),
            response_bytes: bytes,
        });
    }
}

/// The header a session's token travels in.
pub(crate) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A Content-Length that hyper must take as it is.
pub(crate) fn set_length(reply: &mut Reply, length: usize) {
    reply.set(CONTENT_LENGTH, &length.to_string());
}

//! From a request to its answer: faults, authentication, routing, journal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
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
use crate::rules::event;
use crate::server::Server;
use crate::spec::Kind;
use crate::stranger;
use crate::upload::{self, Upload};

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
    /// Of a form with a file: how much it was in all. Its body is the beginning only.
    pub(crate) upload: Option<Upload>,
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
    let at = server.clock.now();
    let mut path = percent_decode(parts.uri.path());
    while path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let mut asked = Asked {
        method: parts.method,
        path,
        query,
        headers: parts.headers,
        body: Bytes::new(),
        upload: None,
        client,
    };
    if upload::is_form(&asked.headers) {
        let slow = (server.spec.firmware.upload_pause_ms > 0).then_some("slow_upload");
        // A client that gives a slow upload up leaves nothing but this.
        let mut entry = Entry { server: &server, asked: Some(asked), at, begun, fault: slow };
        let swallowed = upload::swallow(body, &server.spec.firmware).await;
        let Some(whole) = entry.asked.take() else { return Err(HangUp) };
        let (head, upload) = swallowed.map_err(|_| HangUp)?;
        asked = Asked { body: head, upload: Some(upload), ..whole };
    } else if !matches!(asked.method, Method::GET | Method::HEAD) {
        asked.body = Limited::new(body, MOST_BODY).collect().await.map_err(|_| HangUp)?.to_bytes();
    }
    let _turn = match &server.gate {
        Some(gate) => gate.acquire().await.ok(),
        None => None,
    };
    if server.spec.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(server.spec.latency_ms)).await;
    }
    let effect = server.faults.strike(asked.method.as_str(), &asked.path, &asked.query);
    let effect = effect.filter(|effect| *effect != Effect::PackedUnasked || !wants_identity(&asked.headers));
    let fault = effect.as_ref().map(Effect::name);
    let silent = effect == Some(Effect::SilentStream);
    let mut entry = Entry { server: &server, asked: Some(asked), at, begun, fault };
    if let Some(away) = crate::rules::firmware::restart_due(&server) {
        server.restart(away);
        entry.fault = Some("restart_by_update");
        entry.note(None, &None);
        return Err(HangUp);
    }
    let (outcome, caller) = match &entry.asked {
        Some(asked) => answer(&server, asked, effect).await,
        None => (None, None),
    };
    let streams = caller.is_some() && entry.asked.as_ref().is_some_and(|asked| asked.path == event::STREAM);
    entry.note(caller, &outcome);
    match outcome {
        Some((reply, _)) if streams && reply.status == 200 => {
            Ok(reply.into_response(events(&server, silent)))
        }
        Some((reply, body)) => Ok(reply.into_response(body)),
        None => Err(HangUp),
    }
}

/// The stream of events, or one that stays open and never says anything.
fn events(server: &Arc<Server>, silent: bool) -> SimBody {
    if silent {
        return SimBody::fed(Box::new(|_| Poll::Pending));
    }
    let (mut lines, server) = (server.state().event.listen(), Arc::clone(server));
    SimBody::fed(Box::new(move |cx| {
        lines.poll_recv(cx).map(|line| line.map(|line| event::as_event(&server, &line)))
    }))
}

/// The answer with the fault that strikes it, and who asked.
async fn answer(server: &Server, asked: &Asked, effect: Option<Effect>) -> (Sent, Option<Caller>) {
    let mut overlapping = None;
    match &effect {
        Some(Effect::Drop) => return (None, None),
        Some(Effect::Delay { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(Effect::PagesOverlap { by }) => overlapping = read::skipping_less(asked, *by),
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
        _ => match route(server, overlapping.as_ref().unwrap_or(asked)) {
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
        return Some((read::error(server, 406, &["GeneralError"]).because("strict_accept"), None));
    }
    if server.spec.host_header_check && !host_is_address(&asked.headers) {
        return Some((
            Reply::html(400, "<html><body><h1>400 Bad Request</h1></body></html>")
                .because("host_header_check"),
            None,
        ));
    }
    if server.spec.redfish_off {
        return Some((
            Reply::html(404, "<html><body><h1>404</h1></body></html>").because("redfish_off"),
            None,
        ));
    }
    if reading && path == "/redfish" {
        return Some((read::versions(), None));
    }
    if reading && path == "/redfish/v1" && !has_credentials(&asked.headers) {
        let root = crate::tag::conclude(server, asked, read::get(server, path, &asked.query));
        return Some((root, None));
    }
    if asked.method == Method::POST && crate::dynamic::session_homes(server).contains(&path) {
        return action::create_session(server, asked).map(|reply| (reply, None));
    }
    // iDRAC7/8: the home that newer firmware uses refuses the method before it looks at anything else.
    if asked.method == Method::POST
        && server.profile.old_sessions
        && path.starts_with("/redfish/v1/SessionService")
    {
        return Some((read::not_allowed(server, "GET, HEAD").because("old_sessions"), None));
    }
    if !reading && server.is_disturbed() {
        return Some((read::error(server, 500, &["SYS446"]).because("quiet"), None));
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
            let reply = unauthorized(server, denied);
            return Some((if denied == Denied::ShutOut { reply.because("shut_out") } else { reply }, None));
        }
    };
    let reply = if let Some(refused) = crate::rules::account::refusal(server, asked, &caller) {
        refused
    } else if !reading {
        action::change(server, asked, &caller)
    } else {
        crate::tag::conclude(server, asked, read::get(server, path, &asked.query))
    };
    Some((reply, Some(caller)))
}

/// Whether the request tries to be somebody; then it is checked even where it need not be.
fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key("x-auth-token")
}

/// Whether the client asks for an unpacked body.
fn wants_identity(headers: &HeaderMap) -> bool {
    headers.get(hyper::header::ACCEPT_ENCODING).is_some_and(|value| value.as_bytes() == b"identity")
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
        Reply::html(401, UNAUTHORIZED_PAGE).because("html_unauthorized")
    } else {
        read::error(server, 401, &[id])
    };
    if server.profile.challenges {
        reply.set(WWW_AUTHENTICATE, "Basic realm=\"RedfishService\"");
    } else {
        reply = reply.because("no_challenge");
    }
    reply
}

/// One exchange on its way into the journal: also when the client goes away before the answer.
struct Entry<'a> {
    server: &'a Server,
    asked: Option<Asked>,
    at: Duration,
    begun: Instant,
    fault: Option<&'static str>,
}

impl Entry<'_> {
    fn note(&mut self, caller: Option<Caller>, sent: &Sent) {
        let Some(asked) = self.asked.take() else { return };
        let (status, bytes) = match sent {
            Some((reply, _)) => (reply.status, reply.body.len()),
            None => (0, 0),
        };
        let counters = &self.server.counters;
        bump(&counters.requests);
        counters.response_bytes.fetch_add(bytes as u64, std::sync::atomic::Ordering::Relaxed);
        if status >= 400 {
            bump(&counters.errors);
        }
        if status == 304 {
            bump(&counters.not_modified);
        }
        if self.server.journal.is_full() {
            let (user, session) = caller.map_or((None, None), |c| (Some(c.user), c.session));
            self.server.journal.write(Exchange {
                at: self.at,
                address: self.server.address,
                client: asked.client,
                method: asked.method.to_string(),
                path: asked.path,
                query: asked.query,
                status,
                user,
                session,
                duration: self.begun.elapsed(),
                request_bytes: asked.upload.as_ref().map_or(asked.body.len(), |upload| upload.length),
                request_sha256: match &asked.upload {
                    Some(upload) => Some(upload.sha256.clone()),
                    None => (!asked.body.is_empty()).then(|| hex(&Sha256::digest(&asked.body))),
                },
                response_bytes: bytes,
                fault: self.fault.or_else(|| sent.as_ref().and_then(|(reply, _)| reply.fault)),
            });
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.note(None, &None);
    }
}

/// The header a session's token travels in.
pub(crate) const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A Content-Length that hyper must take as it is.
pub(crate) fn set_length(reply: &mut Reply, length: usize) {
    reply.set(CONTENT_LENGTH, &length.to_string());
}

//! One attempt: breaker, per-iDRAC limit, pacing, time-out, transport, observer, verdict.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use crate::address::Target;
use crate::body::{Body, ReplyStream};
use crate::breaker::Breaker;
use crate::clock::{Clock, Instant};
use crate::error::{Error, ErrorKind, Result};
use crate::limit::Limiter;
use crate::observer::{Exchange, ExchangeKind, Observer};
use crate::patience::Patience;
use crate::permit::Permit;
use crate::policy::Timeouts;
use crate::redact::{scrub, secrets_of};
use crate::request::{Request, Response};
use crate::safeguard::{Safeguard, Safeguards};
use crate::transport::{Opened, Transport, WireRequest};
use crate::verdict;

/// What all exchanges with one iDRAC share, whoever sends them.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) target: Target,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) breaker: Breaker,
    pub(crate) limiter: Limiter,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_body: usize,
    pub(crate) safeguards: Safeguards,
    pub(crate) patience: Patience,
}

/// One request to send once.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) kind: ExchangeKind,
    pub(crate) attempt: u32,
    /// The sender's headers: [`common_headers`] and its proof of identity.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) request: &'a Request,
    /// Where it goes: the request's path, but after a redirect.
    pub(crate) path: &'a str,
}

/// What every request carries. Some iDRAC9 versions answer 406 without `Accept`; bodies are never compressed,
/// because some declare it wrongly.
pub(crate) fn common_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0"));
    headers
}

impl Wire {
    /// Sends it once, shows it to the observer and judges the reply. Errors name host, operation and path.
    pub(crate) async fn exchange(&self, call: Call<'_>) -> Result<Response> {
        self.carry(call, false).await.map(|(response, _)| response)
    }

    /// The same, but a successful reply is handed out as it comes. The slot is free again once its head is there.
    pub(crate) async fn open(&self, call: Call<'_>) -> Result<ReplyStream> {
        let (path, operation) = (call.path.to_owned(), call.operation);
        let (_, stream) = self.carry(call, true).await?;
        stream.ok_or_else(|| {
            let error = Error::new(ErrorKind::Protocol, "the reply cannot be read as it comes");
            error.with_host(self.target.label()).with_operation(operation).with_path(path)
        })
    }

    async fn carry(&self, call: Call<'_>, streams: bool) -> Result<(Response, Option<ReplyStream>)> {
        let named = |error: Error| {
            error.with_host(self.target.label()).with_operation(call.operation).with_path(call.path)
        };
        let pass = match self.breaker.admit(self.clock.now()) {
            Ok(pass) => Some(pass),
            // Worth a try all the same: nothing else takes the session off the iDRAC.
            Err(_) if call.kind == ExchangeKind::SessionDelete => None,
            Err(open) => {
                let message = "not sent: the last requests could not reach this iDRAC or log in";
                let error = Error::new(ErrorKind::CircuitOpen, message).temporary().unsent();
                return Err(named(error.with_retry_after(Some(open))));
            }
        };
        let mut request = self.complete(&call).map_err(named)?;
        let slot = self.limiter.enter().await;
        let permit = self.ask(&call).await.map_err(|error| named(error.unsent()))?;
        let mut watch = Watch::new(self, &call, permit.mark());
        request.permit = permit;
        let mut stream = None;
        let result = if streams {
            self.transport.open(request).await.map(|opened| match opened {
                Opened::Refused(response) => response,
                Opened::Stream(opened) => {
                    let head = Response {
                        status: opened.status,
                        headers: opened.headers.clone(),
                        body: Bytes::new(),
                    };
                    stream = Some(opened);
                    head
                }
            })
        } else {
            self.transport.send(request).await
        };
        let result = result.map(|reply| without_echo(call.request, reply));
        drop(slot);
        let elapsed = self.clock.now() - watch.since;
        let (status, body) = match &result {
            Ok(response) => (Some(response.status), Some(response.body.clone())),
            Err(error) => (error.http_status(), None),
        };
        let judged = result
            .and_then(|response| verdict::judge(call.request, response, self.clock.wall(), self.safeguards));
        let judged = judged.map_err(named);
        if judged.as_ref().is_err_and(is_too_slow) && self.safeguards.has(Safeguard::PatientWithSlow) {
            self.patience.grow(&self.limiter);
        }
        if let Some(pass) = pass {
            match &judged {
                Ok(_) => pass.reached(),
                Err(error) if counts(error, call.kind) => pass.failed(self.clock.now()),
                Err(error) if error.http_status().is_some() => pass.reached(),
                // A certificate that changed, say: it says nothing about whether the iDRAC can be reached.
                Err(_) => drop(pass),
            }
        }
        watch.end(elapsed, status, body.as_ref(), judged.as_ref().err());
        judged.map(|response| (response, stream))
    }

    /// Leave for what changes something. A session of ours is no such thing: whoever has to stop must be able to log out.
    async fn ask(&self, call: &Call<'_>) -> Result<Permit> {
        let is_session = matches!(call.kind, ExchangeKind::SessionCreate | ExchangeKind::SessionDelete);
        if is_session || !call.request.is_mutating() {
            return Ok(Permit::new());
        }
        let (request_body, sent_at) = (call.request.shown_body(), self.clock.wall());
        let exchange = Exchange {
            host: self.target.label(),
            operation: call.operation,
            method: &call.request.method,
            path: call.path,
            mark: None,
            kind: call.kind,
            attempt: call.attempt,
            sent_at,
            elapsed: Duration::ZERO,
            status: None,
            success: false,
            error: None,
            error_kind: None,
            request_body,
            response_body: None,
        };
        self.observer.before(&exchange).await
    }

    fn complete(&self, call: &Call<'_>) -> Result<WireRequest> {
        let request = call.request;
        let mut headers = call.headers.clone();
        if !self.safeguards.has(Safeguard::SendAccept) {
            headers.remove(ACCEPT);
        }
        if !self.safeguards.has(Safeguard::BoundedReply) {
            headers.remove(ACCEPT_ENCODING);
        }
        if request.accept != "application/json" {
            headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        }
        match &request.body {
            None => {}
            Some(Body::Json(_)) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Some(Body::Stream(source)) => {
                let kind = HeaderValue::from_str(source.content_type()).map_err(|error| {
                    let message = "the content type does not fit into a header";
                    Error::new(ErrorKind::InvalidInput, message).with_source(error)
                })?;
                headers.insert(CONTENT_TYPE, kind);
            }
        }
        for (name, etag) in [(IF_MATCH, &request.if_match), (IF_NONE_MATCH, &request.if_none_match)] {
            let Some(etag) = etag else { continue };
            let etag = HeaderValue::from_str(etag).map_err(|error| {
                Error::new(ErrorKind::InvalidInput, "the ETag does not fit into a header").with_source(error)
            })?;
            headers.insert(name, etag);
        }
        Ok(WireRequest {
            method: request.method.clone(),
            path: call.path.to_owned(),
            headers,
            body: request.body.clone(),
            timeout: self.patience.stretch(request.timeout.unwrap_or(self.timeouts.attempt)),
            max_body: self.max_body,
            permit: Permit::new(),
        })
    }
}

/// An error reply may repeat the value it rejects: a password among them goes before anybody reads the reply.
fn without_echo(request: &Request, mut reply: Response) -> Response {
    if !reply.is_success()
        && let Some(body) = request.body.as_ref().and_then(Body::whole)
    {
        reply.body = scrub(reply.body, &secrets_of(body, request.secret_keys));
    }
    reply
}

/// It is there and has not answered in time.
fn is_too_slow(error: &Error) -> bool {
    error.kind() == ErrorKind::Timeout && error.http_status().is_none() && !error.is_unsent()
}

/// Whether the breaker counts it: the iDRAC could not be reached, or refused a login. One that breaks off in the middle
/// of its answer is there.
fn counts(error: &Error, kind: ExchangeKind) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Timeout => error.http_status().is_none(),
        ErrorKind::Authentication => kind == ExchangeKind::SessionCreate,
        _ => false,
    }
}

/// Shows one exchange to the observer, also when its future is dropped in the middle.
struct Watch<'a> {
    wire: &'a Wire,
    operation: &'static str,
    kind: ExchangeKind,
    attempt: u32,
    request: &'a Request,
    path: &'a str,
    mark: Option<u128>,
    since: Instant,
    sent_at: SystemTime,
    shown: bool,
}

impl<'a> Watch<'a> {
    fn new(wire: &'a Wire, call: &Call<'a>, mark: Option<u128>) -> Self {
        Self {
            wire,
            operation: call.operation,
            kind: call.kind,
            attempt: call.attempt,
            request: call.request,
            path: call.path,
            mark,
            since: wire.clock.now(),
            sent_at: wire.clock.wall(),
            shown: false,
        }
    }

    fn end(&mut self, elapsed: Duration, status: Option<u16>, body: Option<&Bytes>, error: Option<&Error>) {
        // One line: what an iDRAC says may have several.
        let text = error.map(|error| error.chain().replace(['\r', '\n'], " "));
        let hidden = self.request.private_reply && status.is_some_and(|status| (200..300).contains(&status));
        self.show(elapsed, status, body.filter(|_| !hidden), text.as_deref(), error.map(Error::kind));
    }

    fn show(
        &mut self,
        elapsed: Duration,
        status: Option<u16>,
        response_body: Option<&Bytes>,
        error: Option<&str>,
        error_kind: Option<ErrorKind>,
    ) {
        self.shown = true;
        let host = self.wire.target.label();
        tracing::debug!(
            host,
            operation = self.operation,
            method = %self.request.method,
            path = self.path,
            attempt = self.attempt,
            status,
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            error,
            "exchange"
        );
        self.wire.observer.exchanged(&Exchange {
            host,
            operation: self.operation,
            method: &self.request.method,
            path: self.path,
            mark: self.mark,
            kind: self.kind,
            attempt: self.attempt,
            sent_at: self.sent_at,
            elapsed,
            status,
            success: error_kind.is_none(),
            error,
            error_kind,
            request_body: self.request.shown_body(),
            response_body,
        });
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.shown {
            let elapsed = self.wire.clock.now() - self.since;
            let text = "given up before the reply came: cancelled, or out of time";
            self.show(elapsed, None, None, Some(text), Some(ErrorKind::Cancelled));
        }
    }
}

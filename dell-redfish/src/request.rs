//! A request and a reply as plain values: no connection, no credentials, no policy.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
pub use http::{HeaderMap, Method};

use crate::body::{Body, BodySource};
use crate::effect::Effect;
use crate::redact::redact;

/// What to ask of an iDRAC.
///
/// Credentials, `Host`, tokens and TLS are none of its business: the pipeline adds them.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path and query, beginning with `/redfish`; checked against the canonical endpoint table before it is sent.
    pub path: String,
    /// Body, if any.
    pub body: Option<Body>,
    /// `If-Match` value, if any.
    pub if_match: Option<String>,
    /// `If-None-Match` value of a GET, if any. It may be answered with 304, which is no error then.
    pub if_none_match: Option<String>,
    /// What to accept; `application/json` unless an export says otherwise.
    pub accept: &'static str,
    /// Time for one attempt, where the client's default does not fit (an expanded log on a slow iDRAC, say). For a body that
    /// is a stream it is the longest standstill instead, and the client's deadline does not apply.
    pub timeout: Option<Duration>,
    /// Whether sending it twice does no harm. GET and DELETE are; POST and PATCH only when the operation says so.
    pub idempotent: bool,
    /// How much it can hurt; by the method until the operation says so.
    pub effect: Effect,
    /// Whether it may be sent without credentials: the service root only.
    pub anonymous: bool,
    /// Whether the reply is kept from every observer: a configuration profile, a console's password.
    pub private_reply: bool,
    /// JSON keys of the body whose values never reach a log, beside those that are secret by name.
    pub secret_keys: &'static [&'static str],
}

impl Request {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None, true)
    }

    /// A POST with a JSON body. Not idempotent until [`Request::idempotent`] says so.
    pub fn post(path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self::new(Method::POST, path, Some(Body::Json(Bytes::from(body.to_string()))), false)
    }

    /// A POST whose body is read while it is sent.
    pub fn upload(path: impl Into<String>, source: Arc<dyn BodySource>) -> Self {
        Self::new(Method::POST, path, Some(Body::Stream(source)), false)
    }

    /// A PATCH with a JSON body.
    pub fn patch(path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self::new(Method::PATCH, path, Some(Body::Json(Bytes::from(body.to_string()))), false)
    }

    /// A DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None, true)
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Body>, idempotent: bool) -> Self {
        let effect = if is_look(&method) { Effect::Read } else { Effect::Change };
        Self {
            method,
            effect,
            path: path.into(),
            body,
            if_match: None,
            if_none_match: None,
            accept: "application/json",
            timeout: None,
            idempotent,
            anonymous: false,
            private_reply: false,
            secret_keys: &[],
        }
    }

    /// Marks it as harmless when sent twice.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Says how much it can hurt.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Whether it changes something, so that the observer is asked first: everything but a GET, and but what only looks although
    /// it is a POST. A POST that looks but may not be sent twice makes a job on the iDRAC (an export), and counts.
    #[must_use]
    pub fn is_mutating(&self) -> bool {
        !is_look(&self.method) && (self.effect != Effect::Read || !self.idempotent)
    }

    /// Sends it without credentials.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Gives one attempt this long.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends it only if the resource is still the one this entity tag was read of.
    #[must_use]
    pub fn with_if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }

    /// Asks for the resource only if it is no longer the one this entity tag was read of. Whoever sends it must be ready for a
    /// reply of status 304 without a body; [`run_if_changed`](crate::run_if_changed) is.
    #[must_use]
    pub fn with_if_none_match(mut self, etag: impl Into<String>) -> Self {
        self.if_none_match = Some(etag.into());
        self
    }

    /// Keeps the values of these JSON keys out of every log, beside those that are secret by name.
    #[must_use]
    pub fn with_secret_keys(mut self, keys: &'static [&'static str]) -> Self {
        self.secret_keys = keys;
        self
    }

    /// Keeps the reply from every observer. An error is shown all the same.
    #[must_use]
    pub fn with_private_reply(mut self) -> Self {
        self.private_reply = true;
        self
    }

    /// Accepts something else than JSON.
    #[must_use]
    pub fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// The path without its query.
    #[must_use]
    pub fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or(&self.path)
    }
}

fn is_look(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

impl Request {
    /// The body as an observer may see it: without its secrets, and not at all where it is a stream.
    pub(crate) fn shown_body(&self) -> Option<Bytes> {
        self.body.as_ref()?.whole().map(|body| redact(body, self.secret_keys))
    }
}

impl fmt::Debug for Request {
    /// Shows the body without its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body", &self.shown_body())
            .field("stream", &self.body.as_ref().filter(|body| body.is_stream()))
            .field("if_match", &self.if_match)
            .field("if_none_match", &self.if_none_match)
            .field("accept", &self.accept)
            .field("timeout", &self.timeout)
            .field("idempotent", &self.idempotent)
            .field("effect", &self.effect)
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}

/// What came back, whole.
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, at most as long as the client's limit allows.
    pub body: Bytes,
}

impl fmt::Debug for Response {
    /// Names the reply; a header may be a token, and a body is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header as text, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

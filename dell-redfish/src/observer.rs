//! Who is shown every exchange, once.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use crate::error::{ErrorKind, Result};
use crate::permit::Permit;

/// What an exchange was for, in the words of the activity log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// An ordinary request.
    Api,
    /// A repetition on another way (without `$expand`, with Basic instead of a session).
    Fallback,
    /// A login.
    SessionCreate,
    /// A logout.
    SessionDelete,
}

/// One request that left (or was about to leave) and what became of it. Secrets are already out of the bodies.
#[derive(Debug, Clone)]
pub struct Exchange<'a> {
    /// The iDRAC, `address:port`.
    pub host: &'a str,
    /// The operation's name.
    pub operation: &'static str,
    /// HTTP method.
    pub method: &'a Method,
    /// Path and query.
    pub path: &'a str,
    /// The name it was given by [`Observer::before`].
    pub mark: Option<u128>,
    /// What it was for.
    pub kind: ExchangeKind,
    /// 1 for the first try.
    pub attempt: u32,
    /// When it was sent.
    pub sent_at: SystemTime,
    /// From sending to the end of the reply's body.
    pub elapsed: Duration,
    /// HTTP status, if a reply came.
    pub status: Option<u16>,
    /// Whether the reply was a success as judged by status and message ids.
    pub success: bool,
    /// Why not, in one line without secrets.
    pub error: Option<&'a str>,
    /// The error's kind.
    pub error_kind: Option<ErrorKind>,
    /// The request's body, secrets replaced.
    pub request_body: Option<Bytes>,
    /// The reply's body as received, unless it is [private](crate::Request::private_reply); an observer that stores it must
    /// redact it first.
    pub response_body: Option<&'a Bytes>,
}

/// Sees every exchange of a client exactly once. Called from the pipeline: it must not block.
#[async_trait]
pub trait Observer: Send + Sync + Debug {
    /// Asked before a request that [changes something](crate::Request::is_mutating) is sent, and again before each time that it is
    /// sent again; logins and logouts are not asked about. Nothing is known of a reply yet. It may wait: the iDRAC's slot is
    /// held meanwhile, and the client's deadline goes on.
    ///
    /// # Errors
    /// The request is not sent, and the caller gets this error: [`ErrorKind::Fenced`] for one who may not change things any more.
    async fn before(&self, _exchange: &Exchange<'_>) -> Result<Permit> {
        Ok(Permit::new())
    }

    /// A request and its end.
    fn exchanged(&self, exchange: &Exchange<'_>);
}

/// Sees nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn exchanged(&self, _exchange: &Exchange<'_>) {}
}

//! The seam between the pipeline and the wire.

use std::fmt::{self, Debug};
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, Method};

use crate::body::{Body, ReplyStream};
use crate::certificate::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::permit::Permit;
use crate::request::Response;

/// A request made complete: credentials and headers in, ready to be written.
#[derive(Clone)]
pub struct WireRequest {
    /// HTTP method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// All headers but `Host` and `Content-Length`. Values that hold secrets are marked sensitive.
    pub headers: HeaderMap,
    /// Body, if any.
    pub body: Option<Body>,
    /// Time for the whole attempt, a new connection and the reading of the body included. Where the request's body is a
    /// stream: the longest time in which none of it moves.
    pub timeout: Duration,
    /// Largest reply body that is accepted, in bytes.
    pub max_body: usize,
    /// Leave to send it: [checked](Permit::check) once more when the connection is there.
    pub permit: Permit,
}

impl Debug for WireRequest {
    /// Names the request; headers and body stay unsaid, for they carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What came of opening a stream.
#[derive(Debug)]
pub enum Opened {
    /// A success, to be read as it comes.
    Stream(ReplyStream),
    /// Anything else, whole.
    Refused(Response),
}

/// Carries requests to one iDRAC over at most as many connections as the client allows, holding them open.
///
/// An implementation never follows redirects, never asks a proxy, dials only the address it was made for,
/// and reports a failure as an [`Error`] of kind `Connect`, `Tls`, `Certificate…`, `Timeout` or
/// `Protocol`. It never writes a request twice. Dropping the future ends the exchange and leaves nothing behind.
#[async_trait]
pub trait Transport: Send + Sync + Debug {
    /// Sends one request and reads the whole reply.
    async fn send(&self, request: WireRequest) -> Result<Response>;

    /// Sends one request and hands its reply out as soon as its head is there, over a connection of its own. An error status is
    /// read whole, as by [`Transport::send`].
    async fn open(&self, request: WireRequest) -> Result<Opened> {
        let message = "this transport cannot hand out a reply before it has ended";
        Err(Error::new(ErrorKind::Unsupported, message).with_path(request.path))
    }

    /// The certificate that the peer proved to own on the last connection, where the implementation knows it: what a session that
    /// is handed over is bound to.
    fn certificate(&self) -> Option<Fingerprint> {
        None
    }

    /// Our own address on the last connection, where the implementation knows it: how our sessions are told
    /// from other people's.
    fn local_address(&self) -> Option<IpAddr> {
        None
    }
}

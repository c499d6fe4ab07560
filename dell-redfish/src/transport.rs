//! The seam between the pipeline and the wire.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::error::Result;
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
    pub body: Option<Bytes>,
    /// Time for the whole attempt, reading of the body included.
    pub timeout: Duration,
    /// Largest reply body that is accepted, in bytes.
    pub max_body: usize,
}

/// Carries requests to one iDRAC over at most as many connections as the client allows, holding them open.
///
/// An implementation never follows redirects, never asks a proxy, dials only the address it was made for,
/// and reports a failure as an [`Error`](crate::Error) of kind `Connect`, `Tls`, `Certificate…`, `Timeout` or `Protocol`.
#[async_trait]
pub trait Transport: Send + Sync + Debug {
    /// Sends one request and reads the whole reply.
    async fn send(&self, request: WireRequest) -> Result<Response>;
}

//! HTTP/1.1 to one iDRAC over connections that are held open. The one file that names hyper.
//!
//! A pooling HTTP client gives a connection back some time after the body was read, and a request that comes
//! first dials anew; a handshake costs an iDRAC most of a second. Here a connection is put back in the same
//! breath as its body ends, so sequential use needs exactly one. Nothing here follows a redirect, reads proxy
//! variables or decompresses.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use crate::address::Target;
use crate::body::{Body, ReplyStream};
use crate::certificate::Fingerprint;
use crate::clock::{Clock, Instant, within};
use crate::dial::Dialer;
use crate::error::{Error, ErrorKind, Result};
use crate::outgoing::{Outgoing, Progress};
use crate::request::Response;
use crate::safeguard::{Safeguard, Safeguards};
use crate::transport::{Opened, Transport, WireRequest};

/// A connection that was idle for longer is not trusted: an iDRAC8 drops it after 60 s, firewalls without a word.
const IDLE_LIMIT: Duration = Duration::from_secs(45);

/// How long the end of an exchange may take beyond its last byte.
const SETTLE_LIMIT: Duration = Duration::from_millis(100);

/// Most bytes of a reply read at once, and the longest head of one: a TLS record. hyper's own measure, 400 KiB for each
/// connection, is what hundreds of iDRACs at work at a time would fill.
const READ_BYTES: usize = 16 * 1024;

type Sent = http::Request<Outgoing>;

type Head = http::Response<Incoming>;

/// The real transport.
pub(crate) struct HttpTransport {
    dialer: Dialer,
    host: HeaderValue,
    idle: Mutex<Idle>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<(Connection, Instant)>,
    local: Option<IpAddr>,
}

impl HttpTransport {
    pub(crate) fn new(dialer: Dialer, clock: Arc<dyn Clock>, safeguards: Safeguards) -> Result<Self> {
        let mut authority = dialer.target().authority();
        if !safeguards.has(Safeguard::HostAsDialled) {
            authority = "idrac.invalid".to_owned();
        }
        let host = HeaderValue::from_str(&authority).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "the host name is unusable").with_source(error)
        })?;
        Ok(Self { dialer, host, idle: Mutex::default(), clock })
    }

    fn target(&self) -> &Target {
        self.dialer.target()
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last, if one is open: the others may then age and go.
    async fn held(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.idle().connections.pop()?;
            if self.clock.now() - since < IDLE_LIMIT && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    async fn dial(&self) -> Result<Connection> {
        let (io, local) = self.dialer.dial().await?;
        let connection = Connection::over(io).await.map_err(|error| self.broken(error))?;
        self.idle().local = local;
        Ok(connection)
    }

    /// Sends it over a held connection, or a new one, and waits for the head of the reply.
    async fn write(&self, request: WireRequest, progress: &Progress) -> Result<(Connection, Head)> {
        let permit = request.permit.clone();
        let mut sent = self.complete(request, progress).await?;
        loop {
            let (mut connection, fresh) = match self.held().await {
                Some(connection) => (connection, false),
                None => (self.dial().await?, true),
            };
            // A dial takes its time; leave may have run out meanwhile.
            permit.check().map_err(Error::unsent)?;
            match connection.sender.try_send_request(sent).await {
                Ok(head) => return Ok((connection, head)),
                Err(mut failure) => match failure.take_message() {
                    // Nothing of it was written: the held connection had just died, and another is safe.
                    Some(unsent) if !fresh => sent = unsent,
                    _ => return Err(self.broken(failure.into_error())),
                },
            }
        }
    }

    async fn exchange(&self, request: WireRequest, progress: &Progress) -> Result<Response> {
        let max_body = request.max_body;
        let (connection, head) = self.write(request, progress).await?;
        self.finish(connection, head, max_body).await
    }

    /// Reads the whole reply and puts the connection back.
    async fn finish(&self, mut connection: Connection, head: Head, max_body: usize) -> Result<Response> {
        let (parts, body) = head.into_parts();
        let status = parts.status.as_u16();
        let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let (body, end) = read(body, max_body, declared).await;
        match end {
            // Ready now or closing: either way the next request knows without dialling first.
            BodyEnd::Whole => {
                if connection.settle().await {
                    let now = self.clock.now();
                    self.idle().connections.push((connection, now));
                }
            }
            // An iDRAC may cut off the page that comes with a 401: the status still says it all.
            BodyEnd::Broken(_) if !parts.status.is_success() => {}
            BodyEnd::Broken(error) => return Err(self.broken(error).with_http_status(status)),
            BodyEnd::TooLong => {
                let message = format!("the reply is longer than {max_body} bytes");
                return Err(Error::new(ErrorKind::Protocol, message).with_http_status(status));
            }
        }
        Ok(Response { status, headers: parts.headers, body })
    }

    async fn complete(&self, request: WireRequest, progress: &Progress) -> Result<Sent> {
        let body = match request.body {
            None => Outgoing::whole(Bytes::new()),
            Some(Body::Json(bytes)) => Outgoing::whole(bytes),
            Some(Body::Stream(source)) => {
                Outgoing::stream(source.open().await?, source.length(), progress.clone())
            }
        };
        let mut sent = http::Request::new(body);
        *sent.uri_mut() = request.path.parse().map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "the path is not a valid URI").with_source(error)
        })?;
        *sent.method_mut() = request.method;
        *sent.headers_mut() = request.headers;
        sent.headers_mut().insert(HOST, self.host.clone());
        Ok(sent)
    }

    fn broken(&self, error: hyper::Error) -> Error {
        let host = self.target().label();
        if error.is_parse() {
            let message = "the reply is not HTTP/1.1";
            return Error::new(ErrorKind::Protocol, message).with_host(host).temporary().with_source(error);
        }
        let message = "the connection broke during the exchange";
        Error::new(ErrorKind::Connect, message).with_host(host).temporary().with_source(error)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: WireRequest) -> Result<Response> {
        let limit = request.timeout;
        let progress = Progress::default();
        let streams = request.body.as_ref().is_some_and(Body::is_stream);
        let exchange = self.exchange(request, &progress);
        let outcome =
            if streams { progress.watch(limit, exchange).await } else { within(limit, exchange).await };
        outcome.unwrap_or_else(|| {
            let what = if streams { "nothing moved for" } else { "no complete reply within" };
            let message = format!("{what} {} ms", limit.as_millis());
            Err(Error::new(ErrorKind::Timeout, message).with_host(self.target().label()).temporary())
        })
    }

    async fn open(&self, request: WireRequest) -> Result<Opened> {
        let (limit, max_body) = (request.timeout, request.max_body);
        let progress = Progress::default();
        let opening = async {
            let (connection, head) = self.write(request, &progress).await?;
            if !head.status().is_success() {
                return self.finish(connection, head, max_body).await.map(Opened::Refused);
            }
            let (parts, body) = head.into_parts();
            let body = body.into_data_stream().map_err(io::Error::other);
            // The connection lives as long as the reply, and is not used again.
            let body = body.inspect(move |_| drop_with(&connection));
            let status = parts.status.as_u16();
            Ok(Opened::Stream(ReplyStream { status, headers: parts.headers, body: Box::pin(body) }))
        };
        within(limit, opening).await.unwrap_or_else(|| {
            let message = format!("no reply began within {} ms", limit.as_millis());
            Err(Error::new(ErrorKind::Timeout, message).with_host(self.target().label()).temporary())
        })
    }

    fn certificate(&self) -> Option<Fingerprint> {
        self.dialer.certificate()
    }

    fn local_address(&self) -> Option<IpAddr> {
        self.idle().local
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("target", self.target()).finish_non_exhaustive()
    }
}

/// One open connection and the task that drives it. Dropping it ends both.
struct Connection {
    sender: SendRequest<Outgoing>,
    /// Ends with the connection, so that a peer that never answers holds nothing of ours.
    driver: JoinHandle<()>,
}

impl Connection {
    async fn over(io: Box<dyn Stream>) -> hyper::Result<Self> {
        let (sender, connection) = Builder::new()
            .title_case_headers(true)
            .max_buf_size(READ_BYTES)
            .handshake(TokioIo::new(io))
            .await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection ended");
            }
        });
        Ok(Self { sender, driver })
    }

    /// Waits until the driver has seen the end of the body too. It has read it already, so this is one turn of
    /// the scheduler; only a peer that answered before it had read all of the request takes longer, and that
    /// connection is not worth keeping.
    async fn settle(&mut self) -> bool {
        !self.sender.is_closed()
            && within(SETTLE_LIMIT, self.sender.ready()).await.is_some_and(|ready| ready.is_ok())
    }
}

/// Keeps a connection in a closure without using it.
fn drop_with(_: &Connection) {}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What a connection runs on: TLS of either kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

enum BodyEnd {
    Whole,
    Broken(hyper::Error),
    TooLong,
}

async fn read(mut body: Incoming, limit: usize, declared: Option<usize>) -> (Bytes, BodyEnd) {
    if declared.is_some_and(|length| length > limit) {
        return (Bytes::new(), BodyEnd::TooLong);
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let end = loop {
        match body.frame().await {
            None => break BodyEnd::Whole,
            Some(Err(error)) => break BodyEnd::Broken(error),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                if first.len() + whole.len() + data.len() > limit {
                    break BodyEnd::TooLong;
                }
                // Most replies are one piece, which is then handed on as it is.
                if first.is_empty() && whole.is_empty() {
                    first = data;
                    continue;
                }
                if whole.is_empty() {
                    whole.reserve(declared.unwrap_or((first.len() + data.len()) * 2));
                    whole.extend_from_slice(&std::mem::take(&mut first));
                }
                whole.extend_from_slice(&data);
            }
        }
    };
    (if whole.is_empty() { first } else { whole.freeze() }, end)
}

//! The smallest client of a PostgREST that tests can do with: a connection a request, nothing tried twice.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use crate::Failure;

/// A base address and the key to it.
#[derive(Debug, Clone)]
pub struct RestClient {
    base: Url,
    key: String,
}

/// What came back.
#[derive(Debug)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is empty or no JSON.
    pub body: Value,
}

impl Told {
    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and the error's code.
    #[must_use]
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body.get("code").and_then(Value::as_str).unwrap_or_default())
    }

    /// The rows of the body.
    #[must_use]
    pub fn rows(&self) -> &[Value] {
        self.body.as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

impl RestClient {
    /// `base`: plain HTTP, up to where tables begin (`http://127.0.0.1:3000`, `…/rest/v1`).
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(base: &str, key: &str) -> Result<Self, Failure> {
        let base = Url::parse(base.trim_end_matches('/'))?;
        if base.scheme() == "http" {
            Ok(Self { base, key: key.to_owned() })
        } else {
            Err("only http is spoken here".into())
        }
    }

    /// Sends a request with both keys, a body of JSON where there is one, and headers.
    ///
    /// # Errors
    /// The connection's: nothing is known then of what was done.
    pub async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Told, Failure> {
        let mut head = vec![("apikey", self.key.clone()), ("authorization", format!("Bearer {}", self.key))];
        head.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.send_bare(method, target, body.map(Value::to_string), &head).await
    }

    /// Sends a request with these headers only.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_bare(
        &self,
        method: Method,
        target: &str,
        body: Option<String>,
        headers: &[(&str, String)],
    ) -> Result<Told, Failure> {
        let host = self.base.host_str().ok_or("no host")?;
        let authority = format!("{host}:{}", self.base.port_or_known_default().unwrap_or(80));
        let stream = TcpStream::connect(&authority).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let task = tokio::spawn(connection);
        let path = format!("{}{target}", self.base.path().trim_end_matches('/'));
        let mut request = Request::builder().method(method).uri(path).header("host", authority);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let reply =
            sender.send_request(request.body(Full::new(Bytes::from(body.unwrap_or_default())))?).await;
        let (head, body) = reply?.into_parts();
        let body = body.collect().await?.to_bytes();
        task.abort();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok(Told { status: head.status.as_u16(), headers: head.headers, body })
    }
}

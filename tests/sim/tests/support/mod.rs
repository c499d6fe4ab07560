//! A small HTTPS client for the simulator's own tests: one connection, no certificate check.

#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Accepts any certificate, and keeps the last one seen out of the way.
#[derive(Debug)]
struct Trusting(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The settings all test connections share.
pub fn tls() -> Arc<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting(provider)))
        .with_no_client_auth();
    Arc::new(config)
}

/// One kept-alive connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    /// The Host header.
    pub host: String,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// DER of the certificate the server showed.
    pub certificate: Vec<u8>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|v| v.to_str().unwrap().to_owned())
    }

    /// The first message id of an error, without its registry.
    pub fn message_id(&self) -> String {
        let body = self.json();
        let id =
            body.pointer("/error/@Message.ExtendedInfo/0/MessageId").and_then(Value::as_str).unwrap_or("");
        id.rsplit('.').next().unwrap().to_owned()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        Self::connect_with(address, tls()).await
    }

    pub async fn connect_with(address: SocketAddr, tls: Arc<rustls::ClientConfig>) -> Result<Self, Failure> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let stream = TlsConnector::from(tls).connect(ServerName::from(address.ip()), tcp).await?;
        let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string(), headers: Vec::new(), certificate })
    }

    pub async fn basic(address: SocketAddr, user: &str, password: &str) -> Result<Self, Failure> {
        let mut client = Self::connect(address).await?;
        client.use_basic(user, password);
        Ok(client)
    }

    pub fn use_basic(&mut self, user: &str, password: &str) {
        let value = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.headers = vec![("authorization".into(), format!("Basic {value}"))];
    }

    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, Failure> {
        self.sender.ready().await?;
        let mut request = Request::builder().method(method).uri(path).header("host", &self.host);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.collect().await?.to_bytes() })
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").await.unwrap()
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body).await.unwrap()
    }

    /// Logs in at the collection the service root names, and uses the token from then on.
    pub async fn log_in(&mut self, user: &str, password: &str) -> Answer {
        let root = self.get("/redfish/v1").await.json();
        let home = root.pointer("/Links/Sessions/@odata.id").and_then(Value::as_str).unwrap().to_owned();
        let body = format!(r#"{{"UserName":"{user}","Password":"{password}"}}"#);
        let answer = self.post(&home, &body).await;
        if let Some(token) = answer.header("x-auth-token") {
            self.headers = vec![("x-auth-token".into(), token)];
        }
        answer
    }
}

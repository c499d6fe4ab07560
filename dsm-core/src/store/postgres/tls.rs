//! TLS to the server: rustls, the certificate always looked at.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::error::Result;
use crate::store::roots;

/// Makes TLS connections for the driver.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Trusts the certificates of a file, or the system's where none is named.
    pub(super) fn new(roots: Option<&Path>) -> Result<Self> {
        Self::over(roots::trusted(roots)?)
    }

    /// For connections without TLS: trusts nothing.
    pub(super) fn unused() -> Result<Self> {
        Self::over(RootCertStore::empty())
    }

    fn over(roots: RootCertStore) -> Result<Self> {
        Ok(Self(TlsConnector::from(Arc::new(roots::client(roots)?))))
    }
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Stream;
    type TlsConnect = To;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> io::Result<To> {
        let name = ServerName::try_from(domain.to_owned())
            .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))?;
        Ok(To { connector: self.0.clone(), name })
    }
}

/// A connection to be made to one name.
pub(super) struct To {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsConnect<Socket> for To {
    type Stream = Stream;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Stream>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { self.connector.connect(self.name, socket).await.map(Stream) })
    }
}

/// The encrypted stream.
pub(super) struct Stream(TlsStream<Socket>);

impl tokio_postgres::tls::TlsStream for Stream {
    /// The certificate has been looked at; a binding to it would guard against nothing more.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

//! Opens connections to one iDRAC: TCP, then modern TLS, or OpenSSL for one that is too old for it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::address::Target;
use crate::certificate::Fingerprint;
use crate::clock::within;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::SharedFacts;
use crate::http::Stream;
use crate::tls::{Admission, HandshakeFailure, ModernTls};

/// All it takes to connect to one iDRAC.
pub(crate) struct Dialer {
    target: Target,
    connect_timeout: Duration,
    security: Security,
}

enum Security {
    Tls {
        modern: ModernTls,
        admission: Admission,
        facts: Arc<SharedFacts>,
    },
    /// For tests of the pipeline alone. No build that can be released has it.
    #[cfg(test)]
    None,
}

impl Dialer {
    pub(crate) fn new(
        target: Target,
        connect_timeout: Duration,
        admission: Admission,
        facts: Arc<SharedFacts>,
    ) -> Result<Self> {
        let modern = ModernTls::new(&admission)?;
        Ok(Self { target, connect_timeout, security: Security::Tls { modern, admission, facts } })
    }

    #[cfg(test)]
    pub(crate) fn plain(target: Target) -> Self {
        Self { target, connect_timeout: Duration::from_secs(5), security: Security::None }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The certificate the peer proved to own on the last connection, or must show on the next.
    pub(crate) fn certificate(&self) -> Option<Fingerprint> {
        match &self.security {
            Security::Tls { admission, .. } => admission.certificate(),
            #[cfg(test)]
            Security::None => None,
        }
    }

    /// A connection whose peer has been admitted, and our own address on it. Every error is an unsent one.
    pub(crate) async fn dial(&self) -> Result<(Box<dyn Stream>, Option<IpAddr>)> {
        self.connect().await.map_err(Error::unsent)
    }

    async fn connect(&self) -> Result<(Box<dyn Stream>, Option<IpAddr>)> {
        let (modern, admission, facts) = match &self.security {
            Security::Tls { modern, admission, facts } => (modern, admission, facts),
            #[cfg(test)]
            Security::None => {
                return self.tcp().await.map(|(tcp, local)| (Box::new(tcp) as Box<dyn Stream>, local));
            }
        };
        let (tcp, local) = self.tcp().await?;
        if facts.read(|facts| facts.requires_legacy_ssl) {
            return Ok((self.legacy(admission, tcp).await?, local));
        }
        let handshake = within(self.connect_timeout, modern.handshake(&self.target, tcp)).await;
        match handshake.ok_or_else(|| self.late("TLS handshake"))? {
            Ok(stream) => {
                let peer = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                admission.judge(&self.target, peer.map(AsRef::as_ref))?;
                Ok((Box::new(stream), local))
            }
            Err(HandshakeFailure::Final(error)) => Err(error),
            Err(HandshakeFailure::TooOld(modern_error)) => {
                tracing::debug!(host = self.target.label(), error = %modern_error, "trying the legacy TLS transport");
                let (tcp, local) = self.tcp().await?;
                let stream = self.legacy(admission, tcp).await.map_err(|error| {
                    // Where this build has no legacy transport, its error says so and the cause stays visible.
                    if std::error::Error::source(&error).is_none() {
                        error.with_source(modern_error)
                    } else {
                        error
                    }
                })?;
                facts.write(|facts| facts.requires_legacy_ssl = true);
                Ok((stream, local))
            }
        }
    }

    async fn tcp(&self) -> Result<(TcpStream, Option<IpAddr>)> {
        let connected = within(self.connect_timeout, TcpStream::connect(self.target.socket())).await;
        let tcp = connected.ok_or_else(|| self.late("TCP connection"))?.map_err(|error| {
            let message = format!("no connection: {}", error.kind());
            Error::new(ErrorKind::Connect, message)
                .with_host(self.target.label())
                .temporary()
                .with_source(error)
        })?;
        // Requests are single small writes: waiting for more to send costs 40 ms each and gains nothing.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::trace!(%error, "TCP_NODELAY refused");
        }
        let local = tcp.local_addr().ok().map(|local| local.ip());
        Ok((tcp, local))
    }

    #[cfg(feature = "legacy-tls")]
    async fn legacy(&self, admission: &Admission, tcp: TcpStream) -> Result<Box<dyn Stream>> {
        let handshake =
            within(self.connect_timeout, crate::legacy::handshake(&self.target, admission, tcp)).await;
        let stream = handshake.ok_or_else(|| self.late("legacy TLS handshake"))??;
        Ok(Box::new(stream))
    }

    #[cfg(not(feature = "legacy-tls"))]
    async fn legacy(&self, _admission: &Admission, _tcp: TcpStream) -> Result<Box<dyn Stream>> {
        let message = "this iDRAC speaks only TLS older than 1.2 or ciphers of that time: update its firmware, or \
                       build dell-redfish with its feature `legacy-tls`";
        Err(Error::new(ErrorKind::Tls, message).with_host(self.target.label()))
    }

    fn late(&self, what: &str) -> Error {
        let message = format!("no {what} within {} ms", self.connect_timeout.as_millis());
        Error::new(ErrorKind::Timeout, message).with_host(self.target.label()).temporary()
    }
}

//! Whom to believe: certificate policies, and the TLS 1.2/1.3 connections that apply them (rustls on ring).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::Target;
use crate::certificate::{CertificateMemory, CertificateVerdict, Fingerprint};
use crate::error::{Error, ErrorKind, Result};

/// Which certificate an iDRAC must show. Plain HTTP is not among the choices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    /// One that the machine's roots vouch for, with the dialled name (or address) in it.
    SystemRoots,
    /// One that the roots in this PEM file vouch for, with the dialled name (or address) in it.
    CaFile(PathBuf),
    /// Exactly the one with this SHA-256 fingerprint.
    Pinned(Fingerprint),
    /// Whichever it shows the first time, and the same one from then on (see [`CertificateMemory`]).
    #[default]
    TrustOnFirstUse,
    /// Any. Whoever sits between may read the password.
    InsecureNoVerification,
}

impl TlsPolicy {
    /// Whether the chain is verified against roots during the handshake.
    #[cfg(feature = "legacy-tls")]
    pub(crate) fn roots(&self) -> bool {
        matches!(self, Self::SystemRoots | Self::CaFile(_))
    }
}

/// Judges the peer's certificate once the handshake has proved that the peer owns it, before any byte is sent.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    policy: TlsPolicy,
    memory: Arc<dyn CertificateMemory>,
    /// What a session that was handed over is bound to, beside the policy.
    bound: Option<Fingerprint>,
    /// What the last peer proved to own.
    proved: Arc<Mutex<Option<Fingerprint>>>,
}

impl Admission {
    pub(crate) fn new(
        policy: TlsPolicy,
        memory: Arc<dyn CertificateMemory>,
        bound: Option<Fingerprint>,
    ) -> Self {
        Self { policy, memory, bound, proved: Arc::default() }
    }

    /// Whether the peer has to prove that it owns the certificate it shows.
    fn wants_proof(&self) -> bool {
        self.bound.is_some() || self.policy != TlsPolicy::InsecureNoVerification
    }

    /// The certificate the last peer proved to own, or the next one must.
    pub(crate) fn certificate(&self) -> Option<Fingerprint> {
        self.proved.lock().unwrap_or_else(PoisonError::into_inner).or(self.bound)
    }

    pub(crate) fn policy(&self) -> &TlsPolicy {
        &self.policy
    }

    /// `der` is the end-entity certificate.
    pub(crate) fn judge(&self, target: &Target, der: Option<&[u8]>) -> Result<()> {
        let seen = der.map(Fingerprint::of).filter(|_| self.wants_proof());
        if let Some(bound) = &self.bound {
            let seen = seen.as_ref().ok_or_else(|| nameless(target))?;
            if seen != bound {
                let then = "log in anew, without the session that was handed over";
                return Err(changed(target, bound, seen, "bound to the session", then));
            }
        }
        self.judge_by_policy(target, der)?;
        *self.proved.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }

    fn judge_by_policy(&self, target: &Target, der: Option<&[u8]>) -> Result<()> {
        let expected = match &self.policy {
            TlsPolicy::SystemRoots | TlsPolicy::CaFile(_) | TlsPolicy::InsecureNoVerification => {
                return Ok(());
            }
            TlsPolicy::Pinned(pin) => Some(*pin),
            TlsPolicy::TrustOnFirstUse => None,
        };
        let seen = Fingerprint::of(der.ok_or_else(|| nameless(target))?);
        match expected {
            Some(pin) if pin == seen => Ok(()),
            Some(pin) => Err(changed(target, &pin, &seen, "pinned", "pin the new one")),
            None => match self.memory.judge(target.label(), &seen) {
                CertificateVerdict::Trusted => Ok(()),
                CertificateVerdict::FirstUse => {
                    tracing::debug!(host = target.label(), fingerprint = %seen, "certificate remembered on first use");
                    Ok(())
                }
                CertificateVerdict::Changed { expected } => {
                    Err(changed(target, &expected, &seen, "remembered", "trust it anew"))
                }
            },
        }
    }
}

fn nameless(target: &Target) -> Error {
    Error::new(ErrorKind::Tls, "the peer showed no certificate").with_host(target.label())
}

fn changed(target: &Target, expected: &Fingerprint, seen: &Fingerprint, how: &str, then: &str) -> Error {
    Error::new(
        ErrorKind::CertificateChanged,
        format!(
            "the certificate changed: SHA-256 {expected} was {how}, {seen} was shown; nothing was sent. If the \
             iDRAC was replaced, reset or given a new certificate, check the new fingerprint and {then}; if not, \
             somebody may be in between"
        ),
    )
    .with_host(target.label())
}

/// Verifies that the peer holds the key of the certificate it shows, and leaves the rest to [`Admission`].
#[derive(Debug)]
struct PossessionOnly {
    provider: Arc<CryptoProvider>,
    /// False only for [`TlsPolicy::InsecureNoVerification`] without anything to bind to.
    signatures: bool,
}

impl ServerCertVerifier for PossessionOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.signatures {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if !self.signatures {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// Where Linux distributions, the BSDs and macOS' OpenSSL keep their bundle.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The bundle that `SSL_CERT_FILE` names, or else the first of the usual ones that exists.
pub(crate) fn system_bundle() -> Result<PathBuf> {
    std::env::var_os("SSL_CERT_FILE")
        .map(PathBuf::from)
        .into_iter()
        .chain(SYSTEM_BUNDLES.iter().map(PathBuf::from))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "no bundle of system roots was found; name one in SSL_CERT_FILE",
            )
        })
}

fn load_roots(path: &Path) -> Result<RootCertStore> {
    let unreadable = |error| {
        Error::new(ErrorKind::InvalidInput, format!("CA file {} cannot be read", path.display()))
            .with_source(error)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        // A bundle may hold a certificate that webpki cannot read; the others still count.
        if let Err(error) = roots.add(certificate.map_err(unreadable)?) {
            tracing::debug!(path = %path.display(), %error, "root certificate left out");
        }
    }
    if roots.is_empty() {
        let message = format!("CA file {} holds no usable certificate", path.display());
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(roots)
}

fn system_roots() -> Result<Arc<RootCertStore>> {
    // Read once a process: it takes milliseconds and hundreds of kilobytes, and a fleet has thousands of clients.
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(Arc::clone(roots));
    }
    let roots = Arc::new(load_roots(&system_bundle()?)?);
    Ok(Arc::clone(ROOTS.get_or_init(|| roots)))
}

/// Makes modern TLS connections to one iDRAC.
pub(crate) struct ModernTls {
    connector: TlsConnector,
}

impl ModernTls {
    pub(crate) fn new(admission: &Admission) -> Result<Self> {
        let provider = provider();
        let verifier: Arc<dyn ServerCertVerifier> = match admission.policy() {
            TlsPolicy::SystemRoots => webpki(system_roots()?, &provider)?,
            TlsPolicy::CaFile(path) => webpki(Arc::new(load_roots(path)?), &provider)?,
            TlsPolicy::Pinned(_) | TlsPolicy::TrustOnFirstUse | TlsPolicy::InsecureNoVerification => {
                let signatures = admission.wants_proof();
                Arc::new(PossessionOnly { provider: Arc::clone(&provider), signatures })
            }
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // One server name a client: the default cache of 256 would be the largest thing in it.
        config.resumption = Resumption::in_memory_sessions(1);
        Ok(Self { connector: TlsConnector::from(Arc::new(config)) })
    }

    pub(crate) async fn handshake(
        &self,
        target: &Target,
        tcp: TcpStream,
    ) -> Result<TlsStream<TcpStream>, HandshakeFailure> {
        let name = target.server_name().map_err(HandshakeFailure::Final)?;
        self.connector.connect(name, tcp).await.map_err(|error| classify(target, error))
    }
}

fn webpki(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    let verifier =
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build().map_err(setup)?;
    Ok(verifier)
}

fn setup(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Tls, "TLS cannot be set up").with_source(error)
}

/// Why a handshake failed.
#[derive(Debug)]
pub(crate) enum HandshakeFailure {
    /// The peer does not speak TLS 1.2, or shares no cipher with us: OpenSSL may still reach it.
    TooOld(Error),
    /// Anything else.
    Final(Error),
}

fn classify(target: &Target, error: std::io::Error) -> HandshakeFailure {
    let host = target.label();
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        let failure = Error::new(ErrorKind::Connect, "the connection ended during the TLS handshake");
        return HandshakeFailure::Final(failure.with_host(host).temporary().with_source(error));
    };
    let too_old = match tls {
        rustls::Error::PeerIncompatible(_) => true,
        rustls::Error::AlertReceived(alert) => matches!(
            alert,
            AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity
        ),
        _ => false,
    };
    let failure = match tls {
        rustls::Error::InvalidCertificate(_) => Error::new(
            ErrorKind::CertificateInvalid,
            "the certificate does not verify: have it issued for this name or address by a trusted CA, or pin it",
        ),
        _ => Error::new(ErrorKind::Tls, "the TLS handshake failed"),
    };
    let failure = failure.with_host(host).with_source(error);
    if too_old { HandshakeFailure::TooOld(failure) } else { HandshakeFailure::Final(failure) }
}

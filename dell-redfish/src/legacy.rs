//! TLS 1.0 and 1.1, old ciphers and legacy renegotiation for iDRAC7/8, on OpenSSL. Feature `legacy-tls`.
//!
//! Used only for a host that refused modern TLS. The certificate is judged as strictly as anywhere else.

use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslConnector, SslMethod, SslOptions, SslVerifyMode, SslVersion};
use openssl::x509::X509VerifyResult;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::address::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::tls::{Admission, TlsPolicy, system_bundle};

/// `SSL_OP_LEGACY_SERVER_CONNECT`, which the bindings do not name: OpenSSL 3 no longer sets it by itself.
const LEGACY_SERVER_CONNECT: u64 = 0x4;

pub(crate) async fn handshake(
    target: &Target,
    admission: &Admission,
    tcp: TcpStream,
) -> Result<SslStream<TcpStream>> {
    let setup = |error: ErrorStack| {
        Error::new(ErrorKind::Tls, "legacy TLS cannot be set up").with_host(target.label()).with_source(error)
    };
    let ssl = configure(target, admission.policy())?;
    let mut stream = SslStream::new(ssl, tcp).map_err(setup)?;
    if let Err(error) = Pin::new(&mut stream).connect().await {
        let verified = !admission.policy().roots() || stream.ssl().verify_result() == X509VerifyResult::OK;
        let kind = match (error.io_error().is_some(), verified) {
            (true, _) => ErrorKind::Connect,
            (false, true) => ErrorKind::Tls,
            (false, false) => ErrorKind::CertificateInvalid,
        };
        let failure = Error::new(kind, "the legacy TLS handshake failed").with_host(target.label());
        let failure = if kind == ErrorKind::Connect { failure.temporary() } else { failure };
        return Err(failure.with_source(error));
    }
    let peer =
        stream.ssl().peer_certificate().map(|certificate| certificate.to_der()).transpose().map_err(setup)?;
    admission.judge(target, peer.as_deref())?;
    Ok(stream)
}

fn configure(target: &Target, policy: &TlsPolicy) -> Result<Ssl> {
    let setup = |error: ErrorStack| {
        Error::new(ErrorKind::Tls, "legacy TLS cannot be set up").with_host(target.label()).with_source(error)
    };
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(setup)?;
    // Above level 0 OpenSSL 3 has no signature algorithm left for TLS 1.0 and 1.1.
    builder.set_cipher_list("DEFAULT@SECLEVEL=0").map_err(setup)?;
    builder.set_min_proto_version(Some(SslVersion::TLS1)).map_err(setup)?;
    builder.set_options(SslOptions::from_bits_retain(LEGACY_SERVER_CONNECT));
    match policy {
        TlsPolicy::SystemRoots => builder.set_ca_file(system_bundle()?).map_err(setup)?,
        TlsPolicy::CaFile(path) => builder.set_ca_file(path).map_err(setup)?,
        // Judged by fingerprint after the handshake, which has proved that the peer holds the key.
        TlsPolicy::Pinned(_) | TlsPolicy::TrustOnFirstUse | TlsPolicy::InsecureNoVerification => {}
    }
    builder.set_verify(if policy.roots() { SslVerifyMode::PEER } else { SslVerifyMode::NONE });
    let mut configuration = builder.build().configure().map_err(setup)?;
    configuration.set_verify_hostname(policy.roots());
    let name = match target.server_name()? {
        rustls::pki_types::ServerName::DnsName(name) => name.as_ref().to_owned(),
        _ => target.socket().ip().to_string(),
    };
    configuration.into_ssl(&name).map_err(setup)
}

//! Self-signed P-256 certificates, one for each server, made at its first connection.
//!
//! All servers of a process share one key pair; subject and serial number differ, so every server has
//! a fingerprint of its own, and thousands cost nothing until they are talked to. With a folder to keep
//! them in, a fleet that is started again shows the certificates it showed before, and a server that has moved
//! brings its own along.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType, SerialNumber};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::identity::{Identity, mix64};

/// The key pair of the process, and TLS settings without a certificate.
pub(crate) struct Mint {
    key: KeyPair,
    signer: Arc<dyn rustls::sign::SigningKey>,
    base: ServerConfig,
    folder: Option<PathBuf>,
}

/// A server's certificate, ready to serve.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) config: Arc<ServerConfig>,
    /// Hexadecimal SHA-256 of the certificate's DER.
    pub(crate) sha256: String,
}

/// Keeps rustls from ever resuming a session: every connection must show its price.
#[derive(Debug)]
struct Nothing;

impl rustls::server::ResolvesServerCert for Nothing {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

fn fail(why: impl std::fmt::Display) -> Error {
    Error::Certificate(why.to_string())
}

impl Mint {
    /// Keeps key and certificates in `folder`, when there is one.
    pub(crate) fn new(folder: Option<PathBuf>) -> Result<Self, Error> {
        let key = key(folder.as_deref())?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let signer = provider.key_provider.load_private_key(der).map_err(fail)?;
        let mut base = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(fail)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Nothing));
        base.session_storage = Arc::new(NoServerSessionStorage {});
        base.send_tls13_tickets = 0;
        base.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { key, signer, base, folder })
    }

    /// `edition` tells a renewed certificate from the one before.
    pub(crate) fn issue(&self, id: &Identity, address: IpAddr, edition: u64) -> Result<Issued, Error> {
        let der = self.certificate(id, address, edition)?;
        let sha256 = hex(&Sha256::digest(&der));
        let mut config = self.base.clone();
        let certified = CertifiedKey::new(vec![der], Arc::clone(&self.signer));
        config.cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        Ok(Issued { config: Arc::new(config), sha256 })
    }

    fn certificate(
        &self,
        id: &Identity,
        address: IpAddr,
        edition: u64,
    ) -> Result<CertificateDer<'static>, Error> {
        let file = self.folder.as_ref().map(|f| f.join(format!("{}-{edition}.der", id.tag())));
        if let Some(Ok(kept)) = file.as_ref().map(fs::read) {
            return Ok(kept.into());
        }
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, format!("idrac-{}", id.tag()));
        name.push(DnType::OrganizationName, "Simulated iDRAC");
        params.distinguished_name = name;
        params.subject_alt_names = vec![SanType::IpAddress(address)];
        params.serial_number = Some(SerialNumber::from(mix64(id.seed() ^ edition) >> 1));
        let certificate = params.self_signed(&self.key).map_err(fail)?;
        if let Some(file) = file {
            fs::write(&file, certificate.der()).map_err(fail)?;
        }
        Ok(certificate.der().clone())
    }
}

/// The key that is kept in the folder, or a new one.
fn key(folder: Option<&std::path::Path>) -> Result<KeyPair, Error> {
    let Some(folder) = folder else { return KeyPair::generate().map_err(fail) };
    let file = folder.join("key.der");
    if let Ok(kept) = fs::read(&file) {
        return KeyPair::try_from(kept).map_err(fail);
    }
    let key = KeyPair::generate().map_err(fail)?;
    fs::create_dir_all(folder).map_err(fail)?;
    fs::write(&file, key.serialize_der()).map_err(fail)?;
    Ok(key)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

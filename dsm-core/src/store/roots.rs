//! Whom a database server's certificate may come from, and TLS that looks at it.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

/// The certificates of a file, or the system's where none is named.
pub(crate) fn trusted(roots: Option<&Path>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(roots)? {
        store.add(certificate).map_err(|cause| no_roots(roots).with_source(cause))?;
    }
    if store.is_empty() { Err(no_roots(roots)) } else { Ok(store) }
}

/// A client that trusts these.
pub(crate) fn client(roots: RootCertStore) -> Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Error::new(ErrorKind::System, "TLS cannot be set up").with_source(cause))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn certificates(roots: Option<&Path>) -> Result<Vec<CertificateDer<'static>>> {
    match roots {
        // The system's list may hold a few that cannot be read; what is left of it is what there is.
        None => Ok(rustls_native_certs::load_native_certs().certs),
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|cause| no_roots(roots).with_source(cause)),
    }
}

fn no_roots(roots: Option<&Path>) -> Error {
    let subject = roots.map_or_else(|| "the system's list".to_owned(), |path| path.display().to_string());
    Error::new(ErrorKind::System, "there are no certificates to trust")
        .about(subject)
        .hint("name a PEM file with the server's authority in `tls_roots`")
}

//! Which certificates there are.

use futures_util::future::join_all;

use crate::capability::{IDRAC, find, missing, need_at};
use crate::endpoint;
use crate::error::{ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{Certificate, CertificateLocations, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;

/// Certificates that are listed; a hostile reply may name any number.
const MAX_CERTIFICATES: usize = 512;

/// All certificates that `CertificateService` knows: the web server's, and those of secure boot.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `CertificateService`.
pub async fn list_certificates(redfish: &dyn Redfish) -> Result<Vec<Resource<Certificate>>> {
    let found = need_at(redfish, &endpoint::CERTIFICATE_LOCATIONS, &[], "CertificateService").await?;
    let locations: Resource<CertificateLocations> = found.read()?;
    let links = locations.links.as_ref().and_then(|links| links.certificates.as_ref());
    let links: Vec<ODataId> = links
        .into_iter()
        .flatten()
        .filter_map(|link| ODataId::parse(link.odata_id.as_deref()?).ok())
        // A place that may not be asked says nothing we could show.
        .filter(|link| endpoint::find(&http::Method::GET, link.path()).is_some())
        .take(MAX_CERTIFICATES)
        .collect();
    let mut all = Vec::with_capacity(links.len());
    for chunk in links.chunks(redfish.concurrency().clamp(1, 4)) {
        let reads: Vec<_> = chunk.iter().cloned().map(GetResource::at).collect();
        for read in join_all(reads.iter().map(|operation| run(redfish, operation))).await {
            all.push(read?);
        }
    }
    Ok(all)
}

/// The web server's certificates.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the iDRAC has no such collection (iDRAC7, 8, early 9).
pub async fn list_web_certificates(redfish: &dyn Redfish) -> Result<Vec<Resource<Certificate>>> {
    let home = endpoint::HTTPS_CERTIFICATE_COLLECTION.path(&[IDRAC])?;
    members::list(redfish, &home).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(redfish, "HTTPS certificates").with_source(error),
        _ => error,
    })
}

/// The certificate the iDRAC was made with (`FACTORY_IDENTITY_CERT`): its proof of origin.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the iDRAC has none.
pub async fn fetch_factory_identity(redfish: &dyn Redfish) -> Result<Resource<Certificate>> {
    let place = endpoint::HARDWARE_CERTIFICATE.path(&[IDRAC, "SecurityCertificate.2"])?;
    find(redfish, &place).await?.ok_or_else(|| missing(redfish, "a factory identity certificate"))?.read()
}

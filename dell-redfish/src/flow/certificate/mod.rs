//! Certificates of the iDRAC: what there is, requests, new ones, back to the self-signed one.
//!
//! A new web certificate is one that a client which trusts on first use, or pins, does not know. After a change of it the
//! connection to this iDRAC fails with [`ErrorKind::CertificateChanged`] until the memory of the old one is cleared: that is
//! the caller's to decide, because from here a changed certificate looks like a stranger in the middle. Some firmware shows
//! the new certificate at once, some only after the iDRAC has restarted: [`CertificateInstalled::idrac`] tells which.

mod csr;
mod import;
mod installed;
mod list;

use serde_json::json;

use crate::capability::{Found, IDRAC, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::{Redfish, run};
use crate::ops::certificate::{
    DeleteCertificate, DeleteSslCertificate, ExportCertificate, ExportSslCertificate, ReplaceCertificate,
    SslResetCfg,
};
use crate::plan::{Plan, Restart};

pub use csr::{CertificateSubject, generate_csr};
pub use import::CertificateImport;
pub use installed::CertificateInstalled;
pub use list::{fetch_factory_identity, list_certificates, list_web_certificates};

/// A certificate of the iDRAC, by its purpose (Dell `CertificateType`, `SSLCertType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificatePurpose {
    /// The web server's.
    Server,
    /// The web server's with its key, from a PKCS#12 file.
    CustomCertificate,
    /// The signer of the iDRAC's own requests, with its key, from a PKCS#12 file.
    CustomSigning,
    /// The authority that signs directory servers.
    Authority,
    /// The authority that signs users' smart cards and other clients.
    ClientTrust,
    /// The authority that signs the key management server.
    KeyManagementAuthority,
    /// The iDRAC's own at the key management server.
    KeyManagementClient,
    /// The authority that signs the syslog server.
    SyslogAuthority,
}

impl CertificatePurpose {
    /// Dell's name, and whether it is one of the web server's actions (`…SSLCertificate`) that serve it.
    const fn dell(self) -> (&'static str, bool) {
        match self {
            Self::Server => ("Server", true),
            Self::CustomCertificate => ("CustomCertificate", true),
            Self::CustomSigning => ("CSC", true),
            Self::Authority => ("CA", true),
            Self::ClientTrust => ("ClientTrustCertificate", true),
            Self::KeyManagementAuthority => ("KMS_SERVER_CA", false),
            Self::KeyManagementClient => ("SEKM_SSL_CERT", false),
            Self::SyslogAuthority => ("RSYSLOG_SERVER_CA", false),
        }
    }

    /// Whether it changes what a client of the iDRAC sees.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        matches!(self, Self::Server | Self::CustomCertificate | Self::CustomSigning)
    }
}

async fn card_service(redfish: &dyn Redfish) -> Result<Found> {
    need_at(redfish, &endpoint::IDRAC_CARD_SERVICE, &[IDRAC], "DelliDRACCardService").await
}

/// Reads a certificate as PEM. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the iDRAC does not give it out.
pub async fn export_certificate(redfish: &dyn Redfish, purpose: CertificatePurpose) -> Result<String> {
    let actions = card_service(redfish).await?.actions();
    let (name, is_ssl) = purpose.dell();
    if is_ssl {
        run(redfish, &ExportSslCertificate::new(&actions, json!({"SSLCertType": name}))?).await
    } else {
        run(redfish, &ExportCertificate::new(&actions, json!({"CertificateType": name}))?).await
    }
}

/// Deletes a certificate that was installed. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this one cannot be deleted.
pub async fn delete_certificate(
    redfish: &dyn Redfish,
    purpose: CertificatePurpose,
) -> Result<CertificateInstalled> {
    let actions = card_service(redfish).await?.actions();
    let (name, is_ssl) = purpose.dell();
    let body = json!({"CertificateType": name});
    let messages = if is_ssl {
        run(redfish, &DeleteSslCertificate::new(&actions, body)?).await?
    } else {
        run(redfish, &DeleteCertificate::new(&actions, body)?).await?
    };
    Ok(CertificateInstalled::read(purpose, messages))
}

/// What going back to the self-signed certificate would do.
///
/// # Errors
/// As [`reset_certificate`].
pub async fn plan_reset_certificate(redfish: &dyn Redfish) -> Result<Plan> {
    let operation = SslResetCfg::new(&card_service(redfish).await?.actions(), json!({}))?;
    Ok(with_trust(Plan::new("back to the self-signed certificate").with_step(&operation)))
}

/// Goes back to a self-signed web certificate, a new one. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `DelliDRACCardService.SSLResetCfg`.
pub async fn reset_certificate(redfish: &dyn Redfish) -> Result<CertificateInstalled> {
    let operation = SslResetCfg::new(&card_service(redfish).await?.actions(), json!({}))?;
    let messages = run(redfish, &operation).await?;
    Ok(CertificateInstalled::read(CertificatePurpose::Server, messages))
}

/// Replaces a certificate at its own place by `CertificateService.ReplaceCertificate`. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without that action; [`ErrorKind::InvalidInput`] for what is no certificate.
pub async fn replace_certificate(
    redfish: &dyn Redfish,
    place: &ODataId,
    text: &str,
) -> Result<CertificateInstalled> {
    pem(text, "CERTIFICATE")?;
    let service = need_at(redfish, &endpoint::CERTIFICATE_SERVICE, &[], "CertificateService").await?;
    let body = json!({"CertificateType": "PEM", "CertificateString": text,
        "CertificateUri": {"@odata.id": place.path()}});
    let messages = run(redfish, &ReplaceCertificate::new(&service.actions(), body)?).await?;
    Ok(CertificateInstalled::read(CertificatePurpose::Server, messages))
}

fn with_trust(plan: Plan) -> Plan {
    plan.with_idrac(Restart::Possible).with_warning(
        "the iDRAC shows another certificate afterwards: what is remembered or pinned of it must be renewed",
    )
}

/// A look at the armour only: what is inside is the iDRAC's to judge.
fn pem(text: &str, label: &str) -> Result<()> {
    let begins = text.contains(&format!("-----BEGIN {label}-----"));
    if begins && text.contains(&format!("-----END {label}-----")) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, format!("that is no {label} in PEM")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pem_is_taken_for_pem() {
        assert!(pem("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "CERTIFICATE").is_ok());
        assert!(pem("MII", "CERTIFICATE").is_err());
    }
}

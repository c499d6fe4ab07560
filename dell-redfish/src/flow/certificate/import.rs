//! Installing a certificate.

use serde_json::json;

use super::{CertificateInstalled, CertificatePurpose, card_service, pem, with_trust};
use crate::capability::Found;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Redfish, run};
use crate::ops::certificate::{ImportCertificate, ImportSslCertificate, UploadSslKey};
use crate::plan::Plan;
use crate::secret::Secret;

/// Longest text that is taken for a certificate, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// A certificate to be installed.
#[derive(Debug, Clone)]
pub struct CertificateImport {
    purpose: CertificatePurpose,
    text: Secret,
    key: Option<Secret>,
    passphrase: Option<Secret>,
}

impl CertificateImport {
    /// A certificate as PEM, which belongs to the last request of this iDRAC, or is an authority's.
    pub fn pem(purpose: CertificatePurpose, text: impl Into<Secret>) -> Self {
        Self { purpose, text: text.into(), key: None, passphrase: None }
    }

    /// A certificate and its key, from a PKCS#12 file in base64.
    pub fn pkcs12(
        purpose: CertificatePurpose,
        base64: impl Into<Secret>,
        passphrase: impl Into<Secret>,
    ) -> Self {
        Self { passphrase: Some(passphrase.into()), ..Self::pem(purpose, base64) }
    }

    /// With its key as PEM, which is installed first. For the web server's certificate.
    #[must_use]
    pub fn with_key(self, key: impl Into<Secret>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    fn check(&self) -> Result<()> {
        let text = self.text.expose();
        if text.is_empty() || text.len() > MAX_TEXT {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "that is too short or too long for a certificate",
            ));
        }
        // What has a pass phrase is no text but a file in base64.
        if self.passphrase.is_none() { pem(text, "CERTIFICATE") } else { Ok(()) }
    }

    /// What would be sent. Reads only: one request.
    ///
    /// # Errors
    /// As [`CertificateImport::run`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        let service = card_service(redfish).await?;
        let mut plan = Plan::new(format!("install a certificate as {}", self.purpose.dell().0));
        if let Some(key) = self.key_operation(&service)? {
            plan = plan.with_step(&key);
        }
        plan = match self.operation(&service)? {
            Import::Ssl(operation) => plan.with_step(&operation),
            Import::Other(operation) => plan.with_step(&operation),
        };
        Ok(if self.purpose.is_shown() { with_trust(plan) } else { plan })
    }

    /// Installs it: one look, and one request or two.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] without `DelliDRACCardService` or where it does not take this purpose;
    /// [`ErrorKind::InvalidInput`] for what is no certificate; [`ErrorKind::BadRequest`] where the iDRAC finds it does not match
    /// its key (RAC1284), or is invalid (RAC0160, RAC0622).
    pub async fn run(&self, redfish: &dyn Redfish) -> Result<CertificateInstalled> {
        let service = card_service(redfish).await?;
        let (key, operation) = (self.key_operation(&service)?, self.operation(&service)?);
        if let Some(key) = key {
            run(redfish, &key).await?;
        }
        let messages = match operation {
            Import::Ssl(operation) => run(redfish, &operation).await?,
            Import::Other(operation) => run(redfish, &operation).await?,
        };
        Ok(CertificateInstalled::read(self.purpose, messages))
    }

    fn key_operation(&self, service: &Found) -> Result<Option<UploadSslKey>> {
        let key = self.key.as_ref();
        key.map(|key| UploadSslKey::new(&service.actions(), json!({"SSLKeyString": key.expose()})))
            .transpose()
    }

    fn operation(&self, service: &Found) -> Result<Import> {
        self.check()?;
        let (name, is_ssl) = self.purpose.dell();
        let file = if is_ssl { "SSLCertificateFile" } else { "CertificateFile" };
        let mut body = json!({"CertificateType": name, file: self.text.expose()});
        if let Some(passphrase) = &self.passphrase {
            body["Passphrase"] = passphrase.expose().into();
        }
        Ok(if is_ssl {
            Import::Ssl(ImportSslCertificate::new(&service.actions(), body)?)
        } else {
            Import::Other(ImportCertificate::new(&service.actions(), body)?)
        })
    }
}

enum Import {
    Ssl(ImportSslCertificate),
    Other(ImportCertificate),
}

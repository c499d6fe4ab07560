//! Requests to sign the iDRAC's web certificate.

use serde_json::{Map, Value, json};

use super::pem;
use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Redfish, run};
use crate::ops::certificate::GenerateCsr;

/// Whose a certificate is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateSubject {
    /// CN: the name clients will ask for.
    pub common_name: String,
    /// O.
    pub organization: String,
    /// OU.
    pub organizational_unit: String,
    /// L.
    pub city: String,
    /// ST.
    pub state: String,
    /// C: two letters.
    pub country: String,
    /// Mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Other names and addresses it is to hold for.
    #[serde(default)]
    pub alternative_names: Vec<String>,
}

impl CertificateSubject {
    fn parameters(&self) -> Result<Map<String, Value>> {
        let mut parameters = Map::new();
        for (key, value) in [
            ("CommonName", &self.common_name),
            ("Organization", &self.organization),
            ("OrganizationalUnit", &self.organizational_unit),
            ("City", &self.city),
            ("State", &self.state),
            ("Country", &self.country),
        ] {
            if value.is_empty() {
                let message = format!("an iDRAC's certificate request needs {key}");
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
            parameters.insert(key.to_owned(), value.as_str().into());
        }
        if let Some(email) = &self.email {
            parameters.insert("Email".to_owned(), email.as_str().into());
        }
        if !self.alternative_names.is_empty() {
            parameters.insert("AlternativeNames".to_owned(), json!(self.alternative_names));
        }
        Ok(parameters)
    }
}

/// Lets the iDRAC make a key and a request to sign its web certificate, as PEM. The key stays on the iDRAC. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `CertificateService.GenerateCSR`; [`ErrorKind::InvalidInput`] for an incomplete subject.
pub async fn generate_csr(redfish: &dyn Redfish, subject: &CertificateSubject) -> Result<String> {
    let mut body = subject.parameters()?;
    let service = need_at(redfish, &endpoint::CERTIFICATE_SERVICE, &[], "CertificateService").await?;
    let home = endpoint::HTTPS_CERTIFICATE_COLLECTION.path(&[IDRAC])?;
    body.insert("CertificateCollection".to_owned(), json!({"@odata.id": home}));
    let csr = run(redfish, &GenerateCsr::new(&service.actions(), Value::Object(body))?).await?;
    pem(&csr, "CERTIFICATE REQUEST").map(|()| csr)
}

//! Certificates of the iDRAC.

use dell_redfish::ODataId;
use dell_redfish::flow::certificate::{
    CertificateImport, CertificatePurpose, CertificateSubject, delete_certificate, export_certificate,
    fetch_factory_identity, generate_csr as make_csr, list_certificates, list_web_certificates,
    plan_reset_certificate, replace_certificate, reset_certificate,
};
use serde::Deserialize;

use super::argument::{Hidden, invalid};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    purpose: CertificatePurpose,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    subject: CertificateSubject,
}

/// A certificate as PEM, with its key or without, or both in a PKCS#12 file in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    purpose: CertificatePurpose,
    pem: Option<Hidden>,
    key: Option<Hidden>,
    pkcs12: Option<Hidden>,
    passphrase: Option<Hidden>,
}

impl Import {
    fn import(self) -> Result<CertificateImport, Failure> {
        match (self.pem, self.key, self.pkcs12, self.passphrase) {
            (Some(Hidden(pem)), None, None, None) => Ok(CertificateImport::pem(self.purpose, pem)),
            (Some(Hidden(pem)), Some(Hidden(key)), None, None) => {
                Ok(CertificateImport::pem(self.purpose, pem).with_key(key))
            }
            (None, None, Some(Hidden(file)), Some(Hidden(passphrase))) => {
                Ok(CertificateImport::pkcs12(self.purpose, file, passphrase))
            }
            _ => Err(invalid("give `pem`, with `key` or without, or `pkcs12` and `passphrase`")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replace {
    place: ODataId,
    pem: String,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_certificates(&call.client).await?)
}

pub(super) async fn list_web(call: Call) -> Outcome {
    Reply::json(&list_web_certificates(&call.client).await?)
}

pub(super) async fn factory_identity(call: Call) -> Outcome {
    Reply::json(&fetch_factory_identity(&call.client).await?)
}

pub(super) async fn generate_csr(mut call: Call) -> Outcome {
    let Subject { subject } = call.read()?;
    Ok(Reply::Text(make_csr(&call.client, &subject).await?))
}

pub(super) async fn export(mut call: Call) -> Outcome {
    let Which { purpose } = call.read()?;
    Ok(Reply::Text(export_certificate(&call.client, purpose).await?))
}

pub(super) async fn import_certificate(mut call: Call) -> Outcome {
    let import = call.read::<Import>()?.import()?;
    Reply::json(&import.run(&call.client).await?)
}

pub(super) async fn plan_import_certificate(mut call: Call) -> Outcome {
    let import = call.read::<Import>()?.import()?;
    Reply::json(&import.plan(&call.client).await?)
}

pub(super) async fn delete(mut call: Call) -> Outcome {
    let Which { purpose } = call.read()?;
    Reply::json(&delete_certificate(&call.client, purpose).await?)
}

pub(super) async fn replace(mut call: Call) -> Outcome {
    let Replace { place, pem } = call.read()?;
    Reply::json(&replace_certificate(&call.client, &place, &pem).await?)
}

pub(super) async fn reset(call: Call) -> Outcome {
    Reply::json(&reset_certificate(&call.client).await?)
}

pub(super) async fn plan_reset(call: Call) -> Outcome {
    Reply::json(&plan_reset_certificate(&call.client).await?)
}

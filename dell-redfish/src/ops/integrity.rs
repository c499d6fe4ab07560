//! Signed measurements of a part.

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::ops::action::action;
use crate::request::Response;

action! {
    /// `ComponentIntegrity.SPDMGetSignedMeasurements`.
    SpdmGetSignedMeasurements = "ComponentIntegrity.SPDMGetSignedMeasurements", Read, [],
        |response| read(&response) => SignedMeasurements
}

/// What a part measured of itself, signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SignedMeasurements {
    /// The measurements and their signature, in base64, as SPDM defines them.
    pub signed_measurements: String,
    /// Version of SPDM.
    pub version: Option<String>,
    /// How it was hashed.
    pub hashing_algorithm: Option<String>,
    /// How it was signed.
    pub signing_algorithm: Option<String>,
    /// The key that verifies it, as PEM.
    pub public_key: Option<String>,
    /// Where the certificate of that key is.
    pub certificate: Option<String>,
}

fn read(response: &Response) -> Result<SignedMeasurements> {
    let body: Value = serde_json::from_slice(&response.body).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the measurements are no JSON document").with_source(error)
    })?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let certificate = body.get("Certificate").and_then(|link| link.get("@odata.id")).and_then(Value::as_str);
    Ok(SignedMeasurements {
        signed_measurements: text("SignedMeasurements")
            .ok_or_else(|| Error::new(ErrorKind::Protocol, "the reply has no SignedMeasurements"))?,
        version: text("Version"),
        hashing_algorithm: text("HashingAlgorithm"),
        signing_algorithm: text("SigningAlgorithm"),
        public_key: text("PublicKey"),
        certificate: certificate.map(str::to_owned),
    })
}

//! Whether the parts of a server are what they say: SPDM, and the roots of trust.

use serde_json::{Map, Value, json};

use crate::capability::{SERVER, find, is_missing, missing};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{Certificate, ComponentIntegrity, Resource, TrustedComponent};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;
use crate::ops::integrity::{SignedMeasurements, SpdmGetSignedMeasurements};

/// Parts that can prove what they are. One request where the iDRAC expands collections. A server without such parts has an
/// empty list.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `ComponentIntegrity` (before 7.x).
pub async fn list_component_integrity(redfish: &dyn Redfish) -> Result<Vec<Resource<ComponentIntegrity>>> {
    let home = endpoint::COMPONENT_INTEGRITY_COLLECTION.path(&[])?;
    let all = members::list(redfish, &home).await;
    all.map_err(|error| {
        if is_missing(&error) { missing(redfish, "ComponentIntegrity").with_source(error) } else { error }
    })
}

/// The certificate a part proves itself with.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a part that names none.
pub async fn fetch_component_certificate(
    redfish: &dyn Redfish,
    component: &ComponentIntegrity,
) -> Result<Resource<Certificate>> {
    let responder = component.spdm.as_ref().and_then(|spdm| spdm.identity.as_ref()?.responder.as_ref());
    let link = responder.and_then(|responder| responder.certificate.as_ref()?.odata_id.as_deref());
    let link = link.ok_or_else(|| missing(redfish, "a certificate of this component"))?;
    run(redfish, &GetResource::at(ODataId::parse(link)?)).await
}

/// What is asked of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeasurementRequest {
    /// Which measurements; all when empty.
    pub indices: Vec<u8>,
    /// 32 bytes in hexadecimal that the answer must be signed with, so that it is no old one. The iDRAC makes one up without.
    pub nonce: Option<String>,
    /// Slot of the part's certificate.
    pub slot: Option<u8>,
}

/// Lets a part sign what it measured of itself. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a part without `SPDMGetSignedMeasurements`; [`ErrorKind::InvalidInput`] for a nonce that is
/// none.
pub async fn fetch_signed_measurements(
    redfish: &dyn Redfish,
    component: &ODataId,
    request: &MeasurementRequest,
) -> Result<SignedMeasurements> {
    let mut body = Map::new();
    if !request.indices.is_empty() {
        body.insert("MeasurementIndices".to_owned(), json!(request.indices));
    }
    if let Some(nonce) = &request.nonce {
        if nonce.len() != 64 || !nonce.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Error::new(ErrorKind::InvalidInput, "a nonce is 32 bytes in hexadecimal"));
        }
        body.insert("Nonce".to_owned(), nonce.as_str().into());
    }
    if let Some(slot) = request.slot {
        body.insert("SlotId".to_owned(), slot.into());
    }
    let found = find(redfish, component.path()).await?;
    let found = found.ok_or_else(|| missing(redfish, "this ComponentIntegrity"))?;
    run(redfish, &SpdmGetSignedMeasurements::new(&found.actions(), Value::Object(body))?).await
}

/// Roots of trust of the server: the TPM. One request where the iDRAC expands collections.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `TrustedComponents` (before 7.x; `ComputerSystem.TrustedModules` tells of the TPM there).
pub async fn list_trusted_components(redfish: &dyn Redfish) -> Result<Vec<Resource<TrustedComponent>>> {
    let home = endpoint::TRUSTED_COMPONENT_COLLECTION.path(&[SERVER])?;
    let all = members::list(redfish, &home).await;
    all.map_err(|error| {
        if is_missing(&error) { missing(redfish, "TrustedComponents").with_source(error) } else { error }
    })
}

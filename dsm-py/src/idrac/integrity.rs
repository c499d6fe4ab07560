//! Whether the parts of a server are what they say (SPDM).

use dell_redfish::ODataId;
use dell_redfish::flow::integrity::{
    MeasurementRequest, fetch_component_certificate, fetch_signed_measurements, list_component_integrity,
    list_trusted_components as list_trusted,
};
use dell_redfish::model::ComponentIntegrity;
use dell_redfish::ops::GetResource;
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    component: ODataId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measuring {
    component: ODataId,
    #[serde(default)]
    request: MeasurementRequest,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_component_integrity(&call.client).await?)
}

pub(super) async fn list_trusted_components(call: Call) -> Outcome {
    Reply::json(&list_trusted(&call.client).await?)
}

pub(super) async fn fetch_certificate(mut call: Call) -> Outcome {
    let Part { component } = call.read()?;
    let component = call.client.run(&GetResource::<ComponentIntegrity>::at(component)).await?;
    Reply::json(&fetch_component_certificate(&call.client, &component).await?)
}

pub(super) async fn fetch_measurements(mut call: Call) -> Outcome {
    let Measuring { component, request } = call.read()?;
    Reply::json(&fetch_signed_measurements(&call.client, &component, &request).await?)
}

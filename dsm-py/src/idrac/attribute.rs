//! Attributes of the iDRAC, the system board and the Lifecycle Controller.

use std::collections::BTreeMap;

use dell_redfish::flow::attribute::{SetAttributes, fetch_attribute_registry, fetch_attributes};
use dell_redfish::model::Scalar;
use dell_redfish::ops::attribute::AttributeGroup;
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    group: AttributeGroup,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    group: AttributeGroup,
    attributes: BTreeMap<String, Scalar>,
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let Group { group } = call.read()?;
    let found = fetch_attributes(&call.client, group).await?;
    Reply::json(&found.into_value().attributes.unwrap_or_default())
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Setting { group, attributes } = call.read()?;
    Reply::json(&SetAttributes::new(group, attributes).run(&call.client).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Setting { group, attributes } = call.read()?;
    Reply::json(&SetAttributes::new(group, attributes).plan(&call.client).await?)
}

/// What explains the attributes of a group; nothing where the iDRAC has no registry.
pub(super) async fn registry(mut call: Call) -> Outcome {
    let Group { group } = call.read()?;
    let found = fetch_attributes(&call.client, group).await?;
    let registry = fetch_attribute_registry(&call.client, &found).await?;
    Reply::json(&registry.as_ref().map(|registry| registry.attributes()))
}

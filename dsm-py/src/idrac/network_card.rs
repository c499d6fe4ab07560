//! Settings of a function of a network card: staged, applied by a job, compared after it.

use dell_redfish::Fqdd;
use dell_redfish::attribute::AttributeValues;
use dell_redfish::flow::settings::{
    SettingsTarget, clear_pending as clear, fetch_settings, plan_settings, set_settings,
};
use serde::{Deserialize, Serialize};

use super::bios::Applying;
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    adapter: Fqdd,
    function: Fqdd,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    adapter: Fqdd,
    function: Fqdd,
    attributes: AttributeValues,
    #[serde(default)]
    apply: Applying,
}

/// The settings of a function of a network card as they stand.
#[derive(Serialize)]
struct NetworkCardState {
    /// In force.
    current: AttributeValues,
    /// Staged.
    pending: AttributeValues,
    /// When staged values may be applied; empty where a job has to be made by hand.
    apply_times: Vec<String>,
    /// Whether the iDRAC explains its attributes: without that values are sent unchecked.
    has_registry: bool,
}

fn target(adapter: &Fqdd, function: &Fqdd) -> Result<SettingsTarget, Failure> {
    Ok(SettingsTarget::network(adapter, function)?)
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let Which { adapter, function } = call.read()?;
    let target = target(&adapter, &function)?;
    let state = fetch_settings(&call.client, &target, &call.registries).await?;
    Reply::json(&NetworkCardState {
        current: state.current,
        pending: state.pending,
        apply_times: state.apply_times,
        has_registry: state.registry.is_some(),
    })
}

pub(super) async fn registry(mut call: Call) -> Outcome {
    let Which { adapter, function } = call.read()?;
    let target = target(&adapter, &function)?;
    let state = fetch_settings(&call.client, &target, &call.registries).await?;
    Reply::json(&state.registry.as_ref().map(|registry| registry.attributes()))
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Setting { adapter, function, attributes, apply } = call.read()?;
    let (target, options) = (target(&adapter, &function)?, apply.options(&call));
    Reply::json(&set_settings(&call.client, &target, &attributes, &options).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Setting { adapter, function, attributes, apply } = call.read()?;
    let (target, options) = (target(&adapter, &function)?, apply.options(&call));
    Reply::json(&plan_settings(&call.client, &target, &attributes, &options).await?)
}

pub(super) async fn clear_pending(mut call: Call) -> Outcome {
    let Which { adapter, function } = call.read()?;
    Reply::json(&clear(&call.client, &target(&adapter, &function)?).await?)
}

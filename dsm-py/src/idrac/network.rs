//! The iDRAC's own network.

use dell_redfish::flow::network::{NetworkSettings, fetch_network_settings};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    settings: NetworkSettings,
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_network_settings(&call.client).await?)
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Setting { settings } = call.read()?;
    Reply::json(&settings.set(&call.client).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Setting { settings } = call.read()?;
    Reply::json(&settings.plan(&call.client).await?)
}

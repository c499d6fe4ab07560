//! The iDRAC back to defaults.

use dell_redfish::flow::defaults::{
    IdracDefaults, plan_reset_to_defaults, reset_to_defaults, set_custom_defaults,
};
use serde::Deserialize;

use super::argument::Hidden;
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    defaults: IdracDefaults,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custom {
    profile: Hidden,
}

pub(super) async fn reset(mut call: Call) -> Outcome {
    let Which { defaults } = call.read()?;
    Reply::json(&reset_to_defaults(&call.client, defaults).await?)
}

pub(super) async fn plan_reset(mut call: Call) -> Outcome {
    let Which { defaults } = call.read()?;
    Reply::json(&plan_reset_to_defaults(&call.client, defaults).await?)
}

pub(super) async fn set_custom(mut call: Call) -> Outcome {
    let Custom { profile: Hidden(profile) } = call.read()?;
    Reply::json(&set_custom_defaults(&call.client, &profile).await?)
}

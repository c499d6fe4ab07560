//! How a server is.

use dell_redfish::flow::health::{HealthDepth, fetch_health};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    #[serde(default)]
    depth: HealthDepth,
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let Look { depth } = call.read()?;
    Reply::json(&fetch_health(&call.client, depth).await?)
}

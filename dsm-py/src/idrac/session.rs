//! Who is logged in, and what failed logins cost.

use dell_redfish::ODataId;
use dell_redfish::flow::lockout::{delete_session, fetch_lockout_policy, list_sessions};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    session: ODataId,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_sessions(&call.client).await?)
}

pub(super) async fn delete(mut call: Call) -> Outcome {
    let One { session } = call.read()?;
    delete_session(&call.client, &session).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn lockout_policy(call: Call) -> Outcome {
    Reply::json(&fetch_lockout_policy(&call.client).await?)
}

//! Who events are sent to. The stream of events is in `stream`.

use dell_redfish::ODataId;
use dell_redfish::flow::event::{
    list_subscriptions as list, plan_subscribe as plan, submit_test_event as submit, subscribe as begin,
    unsubscribe as end,
};
use dell_redfish::ops::{EventFormat, Subscription};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribing {
    destination: String,
    context: String,
    #[serde(default)]
    format: EventFormat,
}

impl From<Subscribing> for Subscription {
    fn from(given: Subscribing) -> Self {
        Self { destination: given.destination, context: given.context, format: given.format }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    subscription: ODataId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    message_id: String,
}

pub(super) async fn list_subscriptions(call: Call) -> Outcome {
    Reply::json(&list(&call.client).await?)
}

pub(super) async fn subscribe(mut call: Call) -> Outcome {
    let wanted = Subscription::from(call.read::<Subscribing>()?);
    Reply::json(&begin(&call.client, &wanted).await?)
}

pub(super) async fn plan_subscribe(mut call: Call) -> Outcome {
    let wanted = Subscription::from(call.read::<Subscribing>()?);
    Reply::json(&plan(&call.client, &wanted).await?)
}

pub(super) async fn unsubscribe(mut call: Call) -> Outcome {
    let One { subscription } = call.read()?;
    Ok(Reply::Flag(end(&call.client, &subscription).await?))
}

pub(super) async fn submit_test_event(mut call: Call) -> Outcome {
    let Test { message_id } = call.read()?;
    submit(&call.client, &message_id).await?;
    Ok(Reply::Nothing)
}

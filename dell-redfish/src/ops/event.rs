//! Event subscriptions.

use serde_json::{Value, json};

use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::request::{Request, Response};

/// A listener that events are to be sent to (DMTF `EventDestination`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where: `https://…`.
    pub destination: String,
    /// The subscriber's own words, sent with each event; tells ours from other people's.
    pub context: String,
    /// `Event` or `MetricReport`.
    pub format: EventFormat,
}

/// What a subscription brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
pub enum EventFormat {
    /// Alerts.
    #[default]
    Event,
    /// Telemetry.
    MetricReport,
}

impl EventFormat {
    /// As `EventFormatType` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::MetricReport => "MetricReport",
        }
    }

    /// The type of event that belongs to it.
    #[must_use]
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Event => "Alert",
            Self::MetricReport => "MetricReport",
        }
    }
}

impl Subscription {
    /// Alerts to this listener.
    pub fn alerts(destination: impl Into<String>, context: impl Into<String>) -> Self {
        Self { destination: destination.into(), context: context.into(), format: EventFormat::Event }
    }

    fn body(&self) -> Value {
        json!({
            "Destination": self.destination,
            "Context": self.context,
            "Protocol": "Redfish",
            "SubscriptionType": "RedfishEvent",
            "EventFormatType": self.format.as_str(),
            "EventTypes": [self.format.event_type()],
        })
    }
}

/// Creates a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSubscription {
    collection: ODataId,
    subscription: Subscription,
}

impl CreateSubscription {
    /// In this collection.
    #[must_use]
    pub fn of(collection: ODataId, subscription: Subscription) -> Self {
        Self { collection, subscription }
    }
}

/// What came of creating a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// Its path, where the iDRAC told it.
    pub path: Option<ODataId>,
    /// What the iDRAC said beside it (LC113: licensed events are left out).
    pub messages: Vec<ExtendedInfo>,
}

impl Operation for CreateSubscription {
    type Output = Created;

    const NAME: &'static str = "CreateSubscription";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.collection.path(), &self.subscription.body())
    }

    fn parse(&self, response: Response) -> Result<Created> {
        let path = response.header("location").and_then(endpoint::own_path);
        Ok(Created {
            path: path.and_then(|path| ODataId::parse(&path).ok()),
            messages: read_extended(&response.body),
        })
    }
}

/// Ends a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteSubscription {
    path: ODataId,
}

impl DeleteSubscription {
    /// This one.
    #[must_use]
    pub fn at(path: ODataId) -> Self {
        Self { path }
    }
}

impl Operation for DeleteSubscription {
    type Output = ();

    const NAME: &'static str = "DeleteSubscription";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::delete(self.path.path())
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// Has a test event sent to all subscribers (DMTF `EventService.SubmitTestEvent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitTestEvent {
    target: ODataId,
    message_id: String,
}

impl SubmitTestEvent {
    /// With this message, by the target the service names.
    pub fn at(target: ODataId, message_id: impl Into<String>) -> Self {
        Self { target, message_id: message_id.into() }
    }
}

impl Operation for SubmitTestEvent {
    type Output = ();

    const NAME: &'static str = "SubmitTestEvent";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"EventType": "Alert", "MessageId": self.message_id}))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

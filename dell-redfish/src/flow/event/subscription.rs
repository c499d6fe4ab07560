//! Listeners of one's own: the iDRAC sends events to them.

use crate::actions::Actions;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{EventDestination, EventService, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{CreateSubscription, DeleteSubscription, GetResource, SubmitTestEvent, Subscription};
use crate::plan::Plan;

/// What came of subscribing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Subscribed {
    /// The subscription.
    pub path: Option<ODataId>,
    /// Whether it had to be created.
    pub changed: bool,
    /// What is not as it should be, by message id: SYS554 (alerts are off, so nothing will come), LC113 (licensed events are
    /// left out).
    pub warnings: Vec<String>,
}

/// All subscriptions, other people's among them. One request, or one more for each where `$expand` does not work.
///
/// # Errors
/// The iDRAC's.
pub async fn list_subscriptions(redfish: &dyn Redfish) -> Result<Vec<Resource<EventDestination>>> {
    members::list(redfish, endpoint::SUBSCRIPTION_COLLECTION.template).await
}

/// What subscribing would send. It reads only.
///
/// # Errors
/// The iDRAC's.
pub async fn plan_subscribe(redfish: &dyn Redfish, wanted: &Subscription) -> Result<Plan> {
    let plan = Plan::new(format!("sends events to {}", wanted.destination));
    let present = list_subscriptions(redfish).await?;
    if present.iter().any(|present| is_same(present, wanted)) {
        return Ok(plan);
    }
    Ok(plan.with_step(&create(wanted)?))
}

/// Subscribes a listener, unless it is subscribed already: the same destination, context and format is the same subscription.
/// Three requests, two where it was there. Where the connection breaks before the answer comes, the subscriptions are read
/// again; it is not sent twice.
///
/// # Errors
/// The iDRAC's.
pub async fn subscribe(redfish: &dyn Redfish, wanted: &Subscription) -> Result<Subscribed> {
    let service = ODataId::parse(endpoint::EVENT_SERVICE.template)?;
    let service = run(redfish, &GetResource::<EventService>::at(service)).await?;
    let mut warnings = conditions(&service);
    if let Some(path) = find(redfish, wanted).await? {
        return Ok(Subscribed { path, changed: false, warnings });
    }
    match run(redfish, &create(wanted)?).await {
        Ok(created) => {
            // What it says of success is no warning.
            let told = created.messages.iter().filter_map(|info| info.message_id.as_ref());
            warnings.extend(told.map(ToString::to_string).filter(|id| id == "LC113" || id == "SYS554"));
            Ok(Subscribed { path: created.path, changed: true, warnings })
        }
        Err(error) if is_ambiguous(&error) => match find(redfish, wanted).await? {
            Some(path) => Ok(Subscribed { path, changed: true, warnings }),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Ends a subscription; one that is gone is no error. Says whether it was there.
///
/// # Errors
/// The iDRAC's.
pub async fn unsubscribe(redfish: &dyn Redfish, path: &ODataId) -> Result<bool> {
    match run(redfish, &DeleteSubscription::at(path.clone())).await {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Has a test event sent to everybody who listens, with this message id (`TST100`). Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC offers none; the iDRAC's (SYS423: nobody listens).
pub async fn submit_test_event(redfish: &dyn Redfish, message_id: &str) -> Result<()> {
    let service = ODataId::parse(endpoint::EVENT_SERVICE.template)?;
    let service = run(redfish, &GetResource::<EventService>::at(service)).await?;
    let target = Actions::of(&service).need("EventService.SubmitTestEvent")?.target.clone();
    run(redfish, &SubmitTestEvent::at(target, message_id)).await
}

fn create(wanted: &Subscription) -> Result<CreateSubscription> {
    let collection = ODataId::parse(endpoint::SUBSCRIPTION_COLLECTION.template)?;
    Ok(CreateSubscription::of(collection, wanted.clone()))
}

/// The path of a subscription that is the same, if there is one.
async fn find(redfish: &dyn Redfish, wanted: &Subscription) -> Result<Option<Option<ODataId>>> {
    let present = list_subscriptions(redfish).await?;
    let same = present.iter().find(|present| is_same(present, wanted));
    Ok(same.map(|same| same.odata_id.as_deref().and_then(|path| ODataId::parse(path).ok())))
}

fn is_same(present: &EventDestination, wanted: &Subscription) -> bool {
    let format = present.format.as_deref().unwrap_or("Event");
    present.destination.as_deref() == Some(wanted.destination.as_str())
        && present.context.as_deref().unwrap_or_default() == wanted.context
        && format == wanted.format.as_str()
}

fn conditions(service: &EventService) -> Vec<String> {
    let conditions = service.status.as_ref().and_then(|status| status.conditions.as_ref());
    let ids = conditions.into_iter().flatten().filter_map(|condition| condition.message_id.as_deref());
    ids.map(|id| id.rsplit('.').next().unwrap_or_default().to_owned()).collect()
}

fn is_ambiguous(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
        && !error.is_unsent()
}

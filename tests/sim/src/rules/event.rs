//! Event subscriptions and the stream of events.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Area;
use super::log::Line;
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::identity::mix64;
use crate::read::{error, not_allowed};
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::Tree;

const SERVICE: &str = "/redfish/v1/EventService";
const SUBSCRIPTIONS: &str = "/redfish/v1/EventService/Subscriptions";
/// Where events are streamed.
pub(crate) const STREAM: &str = "/redfish/v1/SSE";

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    subscriptions: Vec<Value>,
    made: u64,
    listeners: Vec<UnboundedSender<Line>>,
}

impl State {
    /// Tells everybody who listens.
    pub(crate) fn publish(&mut self, line: &Line) {
        self.listeners.retain(|listener| listener.send(line.clone()).is_ok());
    }

    /// A new listener.
    pub(crate) fn listen(&mut self) -> UnboundedReceiver<Line> {
        let (sender, receiver) = unbounded_channel();
        self.listeners.push(sender);
        receiver
    }

    /// How many listen.
    pub(crate) fn listeners(&mut self) -> usize {
        self.listeners.retain(|listener| !listener.is_closed());
        self.listeners.len()
    }

    /// Ends every stream.
    pub(crate) fn hang_up(&mut self) {
        self.listeners.clear();
    }
}

pub(crate) const AREA: Area = Area { list, get, raw, change, ..Area::NOTHING };

fn is_mine(server: &Server) -> bool {
    !matches!(server.tree, Tree::Mockup(_))
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    (path == SUBSCRIPTIONS && is_mine(server)).then(|| Listing {
        path: path.into(),
        kind: "EventDestination".into(),
        name: "Event Subscriptions Collection".into(),
        members: server.state().event.subscriptions.clone(),
        embedded: false,
        page: None,
        past_end: None,
    })
}

/// The service says when alerts are off: SYS554.
fn get(server: &Server, path: &str) -> Option<Value> {
    if path != SERVICE || server.spec.alerts || !is_mine(server) {
        return None;
    }
    let rendered = server.tree.render(path, &server.view())?;
    let mut service: Value = serde_json::from_slice(&rendered).ok()?;
    let condition = crate::message::entry(&server.profile, "SYS554");
    let status =
        json!({"Status": {"Health": "Warning", "HealthRollup": "Warning", "Conditions": [condition]}});
    super::merge(&mut service, status);
    Some(service)
}

/// The head of the stream; what follows is fed into it.
fn raw(server: &Server, path: &str) -> Option<Reply> {
    let mut reply = Reply::empty(200);
    reply.set(CONTENT_TYPE, "text/event-stream");
    (path == STREAM && server.profile.is_idrac9_or_later()).then_some(reply)
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if !is_mine(server) {
        return None;
    }
    match asked.path.as_str() {
        SUBSCRIPTIONS if asked.method == Method::POST => Some(subscribe(server, asked)),
        SUBSCRIPTIONS => Some(not_allowed(server, "GET, HEAD, POST")),
        "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent" if asked.method == Method::POST => {
            Some(test_event(server))
        }
        path => {
            let id = path.strip_prefix(SUBSCRIPTIONS)?.strip_prefix('/')?;
            Some(if asked.method == Method::DELETE {
                unsubscribe(server, id)
            } else {
                not_allowed(server, "GET, DELETE")
            })
        }
    }
}

fn subscribe(server: &Server, asked: &Asked) -> Reply {
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&asked.body) else {
        return error(server, 400, &["SYS405"]);
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let Some(destination) = text("Destination") else { return error(server, 400, &["SYS428"]) };
    if !destination.starts_with("https://") || text("Protocol") != Some("Redfish") {
        return error(server, 400, &["SYS425"]);
    }
    let mut state = server.state();
    state.event.made += 1;
    let id = format!("{:016x}", mix64(server.identity.seed() ^ state.event.made));
    let path = format!("{SUBSCRIPTIONS}/{id}");
    let subscription = json!({
        "@odata.context": "/redfish/v1/$metadata#EventDestination.EventDestination", "@odata.id": path,
        "@odata.type": "#EventDestination.v1_6_0.EventDestination", "Context": text("Context"),
        "DeliveryRetryPolicy": "RetryForever", "Description": "Event Subscription Details",
        "Destination": destination, "EventFormatType": text("EventFormatType").unwrap_or("Event"),
        "EventTypes": body.get("EventTypes"), "Id": id, "Name": format!("EventSubscription {id}"),
        "Protocol": "Redfish", "Status": {"Health": "OK", "State": "Enabled"},
        "SubscriptionType": text("SubscriptionType").unwrap_or("RedfishEvent"),
    });
    state.event.subscriptions.push(subscription.clone());
    drop(state);
    Reply::value(201, &subscription).with(LOCATION, &path)
}

fn unsubscribe(server: &Server, id: &str) -> Reply {
    let mut state = server.state();
    let before = state.event.subscriptions.len();
    state.event.subscriptions.retain(|one| one.get("Id").and_then(Value::as_str) != Some(id));
    let gone = state.event.subscriptions.len() < before;
    drop(state);
    if gone { Reply::empty(204) } else { error(server, 404, &["SYS403"]) }
}

fn test_event(server: &Server) -> Reply {
    let now = server.clock.now();
    let mut state = server.state();
    if state.event.subscriptions.is_empty() && state.event.listeners() == 0 {
        drop(state);
        return error(server, 400, &["SYS423"]);
    }
    state.event.publish(&Line::new(now, "TST100", []));
    Reply::empty(204)
}

/// A line as the stream carries it.
pub(crate) fn as_event(server: &Server, line: &Line) -> Bytes {
    let (message, severity, _) = line.wording();
    let event = json!({
        "@odata.type": "#Event.v1_5_0.Event", "Context": "", "Id": "1", "Name": "Event Array",
        "Events": [{
            "EventId": line.at.as_millis().to_string(), "EventTimestamp": server.clock.stamp(line.at),
            "EventType": "Alert", "MemberId": "1", "Message": message, "MessageArgs": line.args,
            "MessageId": format!("{}.{}", server.profile.eemi_registry, line.id),
            "MessageSeverity": severity, "Severity": severity,
        }],
    });
    Bytes::from(format!("id: {}\ndata: {event}\n\n", line.at.as_millis()))
}

//! What a fault does to an answer on its way out.

use std::time::Duration;

use serde_json::Value;

use crate::fault::Effect;
use crate::handle::set_length;
use crate::reply::{Reply, SimBody};

/// What leaves the server: an answer, whose reply still knows its undamaged body for the journal, or
/// nothing when the connection closes.
pub(crate) type Sent = Option<(Reply, SimBody)>;

const PAGE: &str = "<!DOCTYPE html><html><head><title>iDRAC</title></head><body>Please wait.</body></html>";

/// The answer as it is.
pub(crate) fn whole(reply: Reply) -> Sent {
    let body = SimBody::whole(reply.body.clone());
    Some((reply, body))
}

/// The answer with what is wrong with it.
pub(crate) fn apply(mut reply: Reply, effect: Effect) -> Sent {
    let length = reply.body.len();
    match effect {
        Effect::DropAfter => None,
        Effect::Truncate { keep } => {
            set_length(&mut reply, length);
            let body = SimBody::of_untrue_length(reply.body.slice(..keep.min(length)));
            Some((reply, body))
        }
        Effect::ContentLength { delta } => {
            let claimed = usize::try_from(length as i64 + delta).unwrap_or(0);
            set_length(&mut reply, claimed);
            let body = SimBody::of_untrue_length(reply.body.slice(..claimed.min(length)));
            Some((reply, body))
        }
        Effect::Html { status } => whole(Reply::html(status, PAGE)),
        Effect::Garbage => {
            let mut bytes = reply.body.slice(..length / 2).to_vec();
            bytes.extend_from_slice(b"\x00\xff}{,,");
            reply.body = bytes.into();
            whole(reply)
        }
        Effect::TwoDocuments => {
            let mut bytes = reply.body.to_vec();
            bytes.extend_from_slice(br#"{"error":{"code":"Base.1.0.GeneralError"}}"#);
            reply.body = bytes.into();
            whole(reply)
        }
        Effect::NextLinkLoop => edited(reply, |value| {
            let own = value.get("@odata.id").cloned();
            if let (Value::Object(map), Some(own)) = (value, own)
                && map.contains_key("Members")
            {
                map.insert("Members@odata.nextLink".into(), own);
            }
        }),
        Effect::EmptyMembers => edited(reply, |value| {
            if let Value::Object(map) = value
                && map.contains_key("Members")
            {
                map.insert("Members".into(), Value::Array(Vec::new()));
                map.insert("Members@odata.count".into(), 0.into());
            }
        }),
        Effect::NullHealth => edited(reply, no_health),
        Effect::StaleData => edited(reply, stale),
        Effect::Altered { id, set } => edited(reply, |value| alter(value, &id, &set)),
        Effect::PagesEndless => edited(reply, endless),
        Effect::NumbersAsText => edited(reply, as_text),
        Effect::PackedUnasked => {
            // What gzip begins with, and nothing a JSON reader could use.
            reply.body = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0][..], &reply.body].concat().into();
            whole(reply)
        }
        Effect::SlowDrip { chunk, every_ms } => {
            let body = SimBody::dripping(reply.body.clone(), chunk, Duration::from_millis(every_ms));
            Some((reply, body))
        }
        _ => whole(reply),
    }
}

fn edited(mut reply: Reply, edit: impl FnOnce(&mut Value)) -> Sent {
    if let Ok(mut value) = serde_json::from_slice(&reply.body) {
        edit(&mut value);
        reply.body = value.to_string().into();
    }
    whole(reply)
}

fn as_text(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Object(map) => map.values_mut().for_each(as_text),
        Value::Array(items) => items.iter_mut().for_each(as_text),
        _ => {}
    }
}

fn no_health(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, child) in map.iter_mut() {
                if key == "Health" || key == "HealthRollup" {
                    *child = Value::Null;
                } else {
                    no_health(child);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(no_health),
        _ => {}
    }
}

/// As a service answers whose data sources are away.
fn stale(value: &mut Value) {
    fn empty(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, child) in map.iter_mut() {
                    match key.as_str() {
                        "Health" | "HealthRollup" | "LinkStatus" => *child = "".into(),
                        _ if key.ends_with("RollupStatus") => *child = Value::Null,
                        _ => empty(child),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(empty),
            _ => {}
        }
    }
    empty(value);
    if let Value::Object(map) = value {
        let said = serde_json::json!([{"MessageId": "IDRAC.2.9.SYS519", "Severity": "Informational",
            "Message": "Some data may be stale.", "MessageArgs": []}]);
        map.insert("@Message.ExtendedInfo".into(), said);
    }
}

/// Changes a resource, at the top or expanded into another.
fn alter(value: &mut Value, id: &str, set: &Value) {
    let named = |key: &str| value.get(key).and_then(Value::as_str) == Some(id);
    let wanted = if value.get("Id").is_some() { named("Id") } else { named("Name") };
    if wanted {
        crate::rules::merge(value, set.clone());
        return;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(|child| alter(child, id, set)),
        Value::Array(items) => items.iter_mut().for_each(|item| alter(item, id, set)),
        _ => {}
    }
}

/// A collection that always goes on.
fn endless(value: &mut Value) {
    let own = value.get("@odata.id").and_then(Value::as_str).map(str::to_owned);
    if let (Value::Object(map), Some(own)) = (value, own)
        && map.contains_key("Members")
    {
        let next = map.get("Members@odata.nextLink").cloned();
        let next = next.unwrap_or_else(|| format!("{own}?$skip=100000").into());
        map.insert("Members@odata.nextLink".into(), next);
    }
}

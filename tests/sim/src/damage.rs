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

//! How requests that change something are answered.

use hyper::header::LOCATION;
use serde_json::{Map, Value, json};

use crate::handle::Asked;
use crate::message;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::Generation;

/// 200, with Dell's word that it was done.
pub(crate) fn done(server: &Server) -> Reply {
    said(server, &["Success", "SYS413"], Map::new())
}

/// 200 with these messages and these properties.
pub(crate) fn said(server: &Server, ids: &[&str], mut body: Map<String, Value>) -> Reply {
    let entries: Vec<Value> = ids.iter().map(|id| message::entry(&server.profile, id)).collect();
    body.insert("@Message.ExtendedInfo".into(), entries.into());
    Reply::value(200, &Value::Object(body))
}

/// 202: a job does it.
pub(crate) fn accepted(server: &Server, job: &str) -> Reply {
    let home = if server.profile.generation == Generation::Idrac10 { "TaskMonitors" } else { "Tasks" };
    Reply::empty(202).with(LOCATION, &format!("/redfish/v1/TaskService/{home}/{job}"))
}

/// The JSON object of a body.
pub(crate) fn object(server: &Server, asked: &Asked) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(&asked.body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(error(server, 400, &["SYS405"])),
    }
}

/// A text that must be in it.
pub(crate) fn text(server: &Server, body: &Map<String, Value>, key: &str) -> Result<String, Reply> {
    let text = body.get(key).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| error(server, 400, &["SYS428", "ActionParameterMissing"]))
}

/// An action, and the values its parameters take.
pub(crate) type Offer<'a> = (&'a str, &'a [(&'a str, &'a [&'a str])]);

/// The actions of a resource, below this path, with the values their parameters take.
pub(crate) fn actions(path: &str, actions: &[Offer<'_>]) -> Value {
    let one = |(name, parameters): &(&str, &[(&str, &[&str])])| {
        let mut action = json!({"target": format!("{path}/Actions/{name}")});
        for (parameter, values) in *parameters {
            action[format!("{parameter}@Redfish.AllowableValues")] = json!(values);
        }
        (format!("#{name}"), action)
    };
    Value::Object(actions.iter().map(one).collect())
}

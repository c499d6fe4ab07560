//! Small things: the asset tag, the clock, whether a share is reached.

use hyper::Method;
use serde_json::{Map, Value, json};

use super::{Area, answer, reach};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::{MANAGER, SYSTEM};

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    asset_tag: Option<String>,
    /// The time it was set to, as text: it does not run on from there.
    time: Option<String>,
}

pub(crate) const AREA: Area = Area { overlay, change, ..Area::NOTHING };

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let state = server.state();
    match path {
        SYSTEM => Some(json!({"AssetTag": state.plain.asset_tag.as_ref()?})),
        MANAGER => Some(json!({"DateTime": state.plain.time.as_ref()?})),
        _ => None,
    }
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let path = asked.path.as_str();
    if asked.method == Method::PATCH && (path == SYSTEM || path == MANAGER) {
        let body: Value = serde_json::from_slice(&asked.body).ok()?;
        let key = if path == SYSTEM { "AssetTag" } else { "DateTime" };
        let text = body.as_object().filter(|body| body.len() == 1)?.get(key)?.as_str()?.to_owned();
        let mut state = server.state();
        if path == SYSTEM {
            state.plain.asset_tag = Some(text);
        } else {
            state.plain.time = Some(text);
        }
        state.version += 1;
        drop(state);
        return Some(answer::done(server));
    }
    let action = path.strip_prefix(MANAGER)?.strip_prefix("/Oem/Dell/")?;
    let (service, action) = action.split_once("/Actions/")?;
    if asked.method != Method::POST || !server.tree.has(&format!("{MANAGER}/Oem/Dell/{service}")) {
        return None;
    }
    let reply = match action {
        "DellTimeService.ManageTime" => manage_time(server, asked),
        "DellLCService.TestNetworkShare" => test_share(server, asked),
        _ => return None,
    };
    Some(reply.unwrap_or_else(|refused| refused))
}

fn manage_time(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    if body.get("GetRequest").and_then(Value::as_bool) == Some(true) {
        let set = server.state().plain.time.clone();
        let mut reply = Map::new();
        reply.insert("TimeData".into(), set.unwrap_or_else(|| server.clock.stamp(server.clock.now())).into());
        return Ok(answer::said(server, &["Success"], reply));
    }
    let time = answer::text(server, &body, "TimeData")?;
    let mut state = server.state();
    state.plain.time = Some(time);
    state.version += 1;
    drop(state);
    Ok(answer::done(server))
}

fn test_share(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    for key in ["ShareType", "IPAddress", "ShareName"] {
        answer::text(server, &body, key)?;
    }
    match reach::trial_of(&body, "") {
        Ok(()) => Ok(answer::done(server)),
        Err(id) => Err(error(server, 400, &[id])),
    }
}

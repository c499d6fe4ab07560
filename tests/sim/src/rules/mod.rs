//! What actions do to the state, and when.
//!
//! Each area of an iDRAC is a file: its part of the [`State`](crate::state::State), the resources it shows in place of (or
//! over) the tree's, the requests it carries out, and what its jobs change when they end. An area knows no other's
//! state but through the job queue and the power phases.

pub(crate) mod account;
pub(crate) mod answer;
pub(crate) mod attribute;
pub(crate) mod bios;
pub(crate) mod boot;
pub(crate) mod certificate;
pub(crate) mod effect;
pub(crate) mod erase;
pub(crate) mod event;
pub(crate) mod firmware;
pub(crate) mod job;
pub(crate) mod lc_service;
pub(crate) mod license;
pub(crate) mod lifecycle;
pub(crate) mod log;
pub(crate) mod media;
pub(crate) mod plain;
pub(crate) mod power;
pub(crate) mod queue;
pub(crate) mod raid;
pub(crate) mod reach;
pub(crate) mod scp;
pub(crate) mod security;
pub(crate) mod storage;
pub(crate) mod telemetry;
pub(crate) mod view;

use std::time::Duration;

use serde_json::Value;

use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::identity::Identity;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::ServerSpec;
use crate::state::State;
use crate::tree::profile::Profile;

/// One area. Each function says `None` to what is not its own.
pub(crate) struct Area {
    /// A collection whose members change.
    pub(crate) list: fn(&Server, &str) -> Option<Listing>,
    /// A single resource that is not part of the tree.
    pub(crate) get: fn(&Server, &str) -> Option<Value>,
    /// What is different by now in a resource of the tree, as a merge patch (RFC 7386).
    pub(crate) overlay: fn(&Server, &str) -> Option<Value>,
    /// Whether a resource of the tree is there no more.
    pub(crate) gone: fn(&Server, &str) -> bool,
    /// A GET whose answer is no plain resource.
    pub(crate) raw: fn(&Server, &str) -> Option<Reply>,
    /// POST, PATCH, DELETE.
    pub(crate) change: fn(&Server, &Asked) -> Option<Reply>,
}

impl Area {
    /// An area that does nothing: the rest of a struct literal.
    pub(crate) const NOTHING: Self = Self {
        list: |_, _| None,
        get: |_, _| None,
        overlay: |_, _| None,
        gone: |_, _| false,
        raw: |_, _| None,
        change: |_, _| None,
    };
}

/// All areas, asked in this order.
pub(crate) const AREAS: &[Area] = &[
    account::AREA,
    attribute::AREA,
    bios::AREA,
    boot::AREA,
    certificate::AREA,
    erase::AREA,
    event::AREA,
    firmware::AREA,
    license::AREA,
    lifecycle::AREA,
    lc_service::AREA,
    log::AREA,
    media::AREA,
    plain::AREA,
    power::AREA,
    scp::AREA,
    security::AREA,
    storage::AREA,
    telemetry::AREA,
    view::AREA,
    // Last: it makes the jobs of settings that no other area makes.
    queue::AREA,
];

/// What of a server stays the same while its state changes.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) spec: &'a ServerSpec,
    pub(crate) profile: &'a Profile,
    pub(crate) identity: &'a Identity,
}

/// Lets the time pass that has passed: phases of the power, starts and ends of jobs, in the order of their times.
pub(crate) fn settle(state: &mut State, world: World<'_>, now: Duration) {
    loop {
        let phase = power::next_change(state).filter(|at| *at <= now);
        let job = job::next_change(state).filter(|(at, _)| *at <= now);
        match (phase, job) {
            (Some(at), Some((job_at, _))) if at <= job_at => power::step(state, world.spec, at),
            (_, Some((at, index))) => job::step(state, world, index, at),
            (Some(at), None) => power::step(state, world.spec, at),
            (None, None) => return,
        }
        state.version += 1;
    }
}

/// All that the areas say is different in a resource of the tree.
pub(crate) fn overlay(server: &Server, path: &str, rendered: Vec<u8>) -> Vec<u8> {
    let mut patches = AREAS.iter().filter_map(|area| (area.overlay)(server, path)).peekable();
    if patches.peek().is_none() {
        return rendered;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&rendered) else { return rendered };
    patches.for_each(|patch| merge(&mut value, patch));
    value.to_string().into_bytes()
}

/// The same for a resource and all that was expanded into it.
pub(crate) fn overlay_all(server: &Server, rendered: Vec<u8>) -> Vec<u8> {
    fn walk(server: &Server, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| walk(server, item)),
            Value::Object(map) => {
                map.values_mut().for_each(|child| walk(server, child));
                let path = map.get("@odata.id").and_then(Value::as_str).map(str::to_owned);
                // A bare link stays one.
                if let (Some(path), true) = (path, map.len() > 1) {
                    let patches = AREAS.iter().filter_map(|area| (area.overlay)(server, &path));
                    patches.for_each(|patch| merge(value, patch));
                }
            }
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&rendered) else { return rendered };
    walk(server, &mut value);
    value.to_string().into_bytes()
}

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (key, value) in patch {
        match value {
            Value::Null => drop(target.remove(&key)),
            value => merge(target.entry(key).or_insert(Value::Null), value),
        }
    }
}

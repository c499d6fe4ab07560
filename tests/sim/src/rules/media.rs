//! Virtual media: two drives, shown at both homes where a generation has both.
//!
//! Connecting takes a while after the answer. Until it is over every other request about media meets VRM0021, which is what
//! parallel mounts meet on a real iDRAC.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::{Area, reach};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::{Server, ServerHandle};
use crate::tree::{MANAGER, SYSTEM};

/// How long connecting takes.
const CONNECTING: Duration = Duration::from_secs(3);

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    drives: [Drive; 2],
    /// Ejects that are carried out but answered with an internal error.
    failing_ejects: u32,
}

#[derive(Debug, Default)]
struct Drive {
    inside: Option<Inside>,
}

#[derive(Debug)]
struct Inside {
    image: String,
    user: Option<String>,
    write_protected: bool,
    connected_at: Duration,
    /// The flag stands, the connection does not.
    stale: bool,
}

pub(crate) const AREA: Area = Area { overlay, raw: moved, change, ..Area::NOTHING };

/// The drives' old home, where they are below the system only.
fn moved(server: &Server, path: &str) -> Option<Reply> {
    let is_old_home = path == format!("{MANAGER}/VirtualMedia") && !server.tree.has(path);
    let has_moved = is_old_home && server.tree.has(&format!("{SYSTEM}/VirtualMedia"));
    has_moved.then(|| error(server, 404, &["SYS403"]).because("moved_media"))
}

/// Which of the two drives a path is, and the path of the drive itself.
fn drive_of<'a>(server: &Server, path: &'a str) -> Option<(usize, &'a str)> {
    let homes = [(SYSTEM, "1", 0), (SYSTEM, "2", 1), (MANAGER, "CD", 0), (MANAGER, "RemovableDisk", 1)];
    homes.into_iter().find_map(|(owner, id, nth)| {
        let length = owner.len() + "/VirtualMedia/".len() + id.len();
        let own = path.get(..length).filter(|own| *own == format!("{owner}/VirtualMedia/{id}"))?;
        let ends = path.len() == length || path[length..].starts_with('/');
        (ends && server.tree.has(own)).then_some((nth, own))
    })
}

fn overlay(server: &Server, path: &str) -> Option<Value> {
    let (nth, own) = drive_of(server, path)?;
    if own != path {
        return None;
    }
    let now = server.clock.now();
    let state = server.state();
    let inside = state.media.drives[nth].inside.as_ref()?;
    let connected = now >= inside.connected_at && !inside.stale;
    Some(json!({
        "ConnectedVia": if connected { "URI" } else { "NotConnected" },
        "Image": inside.image,
        "ImageName": inside.image.rsplit('/').next(),
        "Inserted": now >= inside.connected_at,
        "TransferMethod": "Stream",
        "UserName": inside.user,
        "WriteProtected": inside.write_protected,
    }))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.method == Method::POST && asked.path.ends_with("/DellLCService.TestNetworkShare") {
        return test_share(server, asked);
    }
    let (nth, own) = drive_of(server, &asked.path)?;
    let action = &asked.path[own.len()..];
    let offered = server.profile.media_actions;
    match (&asked.method, action) {
        (&Method::POST, "/Actions/VirtualMedia.InsertMedia") if offered => {
            Some(insert(server, asked, nth, own))
        }
        (&Method::POST, "/Actions/VirtualMedia.EjectMedia") if offered => Some(eject(server, nth)),
        (&Method::PATCH, "") if !offered => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            Some(match body.get("Inserted") {
                Some(Value::Bool(false)) => eject(server, nth),
                _ => insert(server, asked, nth, own),
            })
        }
        _ => None,
    }
}

/// Whether a share can be reached, asked of the iDRAC itself.
fn test_share(server: &Server, asked: &Asked) -> Option<Reply> {
    let (service, _) = asked.path.split_once("/Actions/")?;
    if !server.tree.has(service) {
        return None;
    }
    let parameters: serde_json::Map<String, Value> = serde_json::from_slice(&asked.body).ok()?;
    Some(match reach::trial_of(&parameters, "") {
        Ok(()) => Reply::empty(200),
        Err(id) => error(server, 400, &[id]),
    })
}

fn insert(server: &Server, asked: &Asked, nth: usize, own: &str) -> Reply {
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return error(server, 400, &["SYS405"]);
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(image) = text("Image") else { return error(server, 400, &["SYS428", "ActionParameterMissing"]) };
    if image.contains('@') {
        // A password in an address is no part of it.
        return error(server, 400, &["SYS425"]);
    }
    let disk = image.ends_with(".img");
    if (own.ends_with("/CD") && disk) || (own.ends_with("/RemovableDisk") && !disk) {
        return error(server, 400, &["SYS453"]);
    }
    let now = server.clock.now();
    let mut state = server.state();
    if is_busy(&state.media, now) {
        drop(state);
        return error(server, 400, &["VRM0021"]).because("media_at_work");
    }
    if let Some(inside) = &state.media.drives[nth].inside {
        let stale = inside.stale;
        drop(state);
        let reply = error(server, 400, &["VRM0012"]);
        return if stale { reply.because("stale_media") } else { reply };
    }
    if let Err(id) = reach::trial(image, text("UserName"), text("Password")) {
        drop(state);
        return error(server, 500, &[id]);
    }
    state.media.drives[nth].inside = Some(Inside {
        image: image.to_owned(),
        user: text("UserName").map(str::to_owned),
        write_protected: body.get("WriteProtected").and_then(Value::as_bool).unwrap_or(true),
        connected_at: now + CONNECTING,
        stale: false,
    });
    state.version += 1;
    Reply::empty(204)
}

fn eject(server: &Server, nth: usize) -> Reply {
    let now = server.clock.now();
    let mut state = server.state();
    let media = &mut state.media;
    let id = if is_busy(media, now) {
        Some(("VRM0021", 400))
    } else if media.drives[nth].inside.take().is_none() {
        Some(("VRM0009", 400))
    } else if media.failing_ejects > 0 {
        media.failing_ejects -= 1;
        Some(("SYS446", 500))
    } else {
        None
    };
    state.version += 1;
    drop(state);
    match id {
        Some((id, status)) => error(server, status, &[id]),
        None => Reply::empty(204),
    }
}

fn is_busy(media: &State, now: Duration) -> bool {
    media.drives.iter().any(|drive| drive.inside.as_ref().is_some_and(|inside| now < inside.connected_at))
}

impl ServerHandle {
    /// The image in the first or second virtual drive, if any, whatever its flags say.
    #[must_use]
    pub fn media(&self, drive: usize) -> Option<String> {
        let state = self.0.state();
        state.media.drives.get(drive)?.inside.as_ref().map(|inside| inside.image.clone())
    }

    /// Leaves an image's flag standing in a drive that is not connected to it any more.
    pub fn make_media_stale(&self, drive: usize, image: &str) {
        let mut state = self.0.state();
        if let Some(drive) = state.media.drives.get_mut(drive) {
            drive.inside = Some(Inside {
                image: image.to_owned(),
                user: None,
                write_protected: true,
                connected_at: Duration::ZERO,
                stale: true,
            });
        }
        state.version += 1;
    }

    /// Has the next ejects carried out but answered with an internal error.
    pub fn fail_ejects(&self, times: u32) {
        self.0.state().media.failing_ejects = times;
    }
}

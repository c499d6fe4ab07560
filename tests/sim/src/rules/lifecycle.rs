//! The Lifecycle Controller: whether it is ready, by what the host and the iDRAC do.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::Area;
use crate::handle::Asked;
use crate::message;
use crate::reply::Reply;
use crate::server::Server;
use crate::state::Phase;
use crate::tree::MANAGER;

pub(crate) const AREA: Area = Area { change, ..Area::NOTHING };

/// After a restart was asked for, it still says `Ready` for so long.
const STILL_READY: Duration = Duration::from_secs(15);
/// After a restart of the iDRAC it takes so long to come up.
const COMES_UP: Duration = Duration::from_secs(60);

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let action = asked.path.strip_prefix(MANAGER)?.strip_prefix("/Oem/Dell/DellLCService/Actions/")?;
    let ours = action == "DellLCService.GetRemoteServicesAPIStatus" && server.profile.oem_jobs;
    (ours && asked.method == Method::POST).then(|| Reply::value(200, &status(server)))
}

fn status(server: &Server) -> Value {
    let now = server.clock.now();
    let down_until = server.control.borrow().down_until;
    let comes_up = down_until > Duration::ZERO && now < down_until + COMES_UP;
    let state = server.state();
    let host = match state.phase {
        Phase::Off => "PoweredOff",
        Phase::Post { .. } => "InPOST",
        Phase::Running | Phase::ShuttingDown { .. } => "OutOfPOST",
    };
    let lc = match state.phase {
        _ if comes_up => "NotInitialized",
        _ if state.queue.is_emptied(now) => "ReloadingData",
        Phase::Post { .. } if now >= state.last_reset + STILL_READY => "InUse",
        _ => "Ready",
    };
    let ready = |yes: bool| if yes { "Ready" } else { "NotReady" };
    json!({"@Message.ExtendedInfo": [message::entry(&server.profile, if lc == "Ready" { "LC061" } else { "LC060" })],
        "LCStatus": lc, "RTStatus": ready(host == "OutOfPOST"), "ServerStatus": host,
        "Status": ready(lc == "Ready" && host == "OutOfPOST")})
}

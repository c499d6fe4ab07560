//! What Dell's Lifecycle Controller and card services export and run: logs, pictures of the screen, diagnostics, support
//! reports, credentials for the console.

use std::time::Duration;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Value, json};

use super::Area;
use super::job::{self, NewJob, Trigger};
use crate::handle::Asked;
use crate::read::{error, not_allowed};
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::{MANAGER, Tree};

/// One white pixel, as a PNG in base64.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    eula: bool,
    consoles: u64,
}

pub(crate) const AREA: Area = Area { raw: file, change, ..Area::NOTHING };

/// A file that a local export left.
fn file(server: &Server, path: &str) -> Option<Reply> {
    let text = match path {
        _ if !has(server) => return None,
        "/redfish/v1/Dell/lclog.xml" => "<LCLogEvents><Event Sequence=\"1\"/></LCLogEvents>",
        "/redfish/v1/Dell/diags.txt" => "All tests passed.",
        "/redfish/v1/Dell/bootvideo.zip" => "PK\u{3}\u{4}video",
        _ => return None,
    };
    let mut reply = Reply::empty(200);
    reply.body = text.as_bytes().into();
    Some(reply)
}

fn has(server: &Server) -> bool {
    server.profile.is_idrac9_or_later() && !matches!(server.tree, Tree::Mockup(_))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if !has(server) {
        return None;
    }
    let below = asked.path.strip_prefix(MANAGER)?.strip_prefix("/Oem/Dell/")?;
    let (service, action) = below.split_once("/Actions/")?;
    let action = action.strip_prefix(service)?.strip_prefix('.')?;
    let known = [
        "ExportLCLog",
        "ExportCompleteLCLog",
        "ExportePSADiagnosticsResult",
        "ExportServerScreenShot",
        "ExportVideoLog",
        "RunePSADiagnostics",
        "SupportAssistGetEULAStatus",
        "SupportAssistAcceptEULA",
        "SupportAssistCollection",
        "GetKVMSession",
    ];
    if !known.contains(&action) {
        return None;
    }
    if asked.method != Method::POST {
        return Some(not_allowed(server, "POST"));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Some(error(server, 400, &["SYS405"]));
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(match action {
        "ExportLCLog" | "ExportCompleteLCLog" => {
            export(server, text("ShareType"), "LCExport", "LC022", "/redfish/v1/Dell/lclog.xml")
        }
        "ExportePSADiagnosticsResult" => {
            export(server, text("ShareType"), "EPSADiagsExport", "SYS085", "/redfish/v1/Dell/diags.txt")
        }
        "ExportVideoLog" => {
            export(server, text("ShareType"), "Video", "LC022", "/redfish/v1/Dell/bootvideo.zip")
        }
        "ExportServerScreenShot" => picture(server, text("FileType")),
        "RunePSADiagnostics" => diagnose(server, text("RunMode")),
        "SupportAssistGetEULAStatus" => {
            let accepted = server.state().lc_service.eula;
            said(server, if accepted { "SRV095" } else { "SRV104" })
        }
        "SupportAssistAcceptEULA" => {
            server.state().lc_service.eula = true;
            said(server, "SRV074")
        }
        "SupportAssistCollection" if !server.state().lc_service.eula => error(server, 400, &["SRV085"]),
        "SupportAssistCollection" => export(
            server,
            text("ShareType"),
            "SACollectExportHealthData",
            "SRV007",
            "/redfish/v1/Dell/sacollect.zip",
        ),
        _ => console(server),
    })
}

fn said(server: &Server, id: &str) -> Reply {
    Reply::value(200, &json!({"@Message.ExtendedInfo": [crate::message::entry(&server.profile, id)]}))
}

/// A local export is there at once; one to a share is a job.
fn export(server: &Server, share: &str, kind: &str, done: &'static str, file: &str) -> Reply {
    match share {
        "" => error(server, 400, &["SYS428"]),
        "Local" => Reply::empty(202).with(LOCATION, file),
        _ => {
            let job = NewJob { end_message: Some(done), ..NewJob::new(kind, kind, Duration::from_secs(20)) };
            started(server, job)
        }
    }
}

fn started(server: &Server, new: NewJob) -> Reply {
    let now = server.clock.now();
    let id = job::add(&mut server.state(), server.world(), now, new);
    Reply::empty(202).with(LOCATION, &format!("/redfish/v1/TaskService/Tasks/{id}"))
}

/// A server that is off shows nothing.
fn picture(server: &Server, kind: &str) -> Reply {
    if !["ServerScreenShot", "Preview", "LastCrashScreenShot"].contains(&kind) {
        return error(server, 400, &["SYS425"]);
    }
    if kind != "LastCrashScreenShot" && !super::power::is_on(server.state().phase) {
        return error(server, 400, &["LC099"]);
    }
    Reply::value(200, &json!({"ServerScreenShotFile": PICTURE}))
}

/// One at a time, after a restart.
fn diagnose(server: &Server, mode: &str) -> Reply {
    if !["Express", "Extended", "ExpressAndExtended"].contains(&mode) {
        return error(server, 400, &["SYS425"]);
    }
    let now = server.clock.now();
    let waiting = server.state().jobs.iter().any(|job| job.kind == "RemoteDiagnostics" && !job.is_done(now));
    if waiting {
        return error(server, 400, &["SYS098"]);
    }
    let new = NewJob::new("RemoteDiagnostics", "Remote Diagnostics", Duration::from_secs(1800));
    started(server, NewJob { trigger: Trigger::Restart, ..new })
}

/// Other credentials each time.
fn console(server: &Server) -> Reply {
    let mut state = server.state();
    state.lc_service.consoles += 1;
    let n = state.lc_service.consoles;
    drop(state);
    let secret = crate::identity::mix64(server.identity.seed() ^ n);
    Reply::value(
        200,
        &json!({"TempUsername": format!("kvm+{n}/{:04x}", secret & 0xffff), "TempPassword": format!("p&{secret:016x}=")}),
    )
}

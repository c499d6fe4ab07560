//! Licences: what is installed, by Dell's service and by DMTF's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Map, Value, json};

use super::{Area, answer, job, reach};
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::MANAGER;

/// Name of the licence every server is delivered with.
pub(crate) const FIRST: &str = "FD00000000000001";
const DMTF: &str = "/redfish/v1/LicenseService/Licenses";

/// What of it changes while a server runs.
#[derive(Debug)]
pub(crate) struct State {
    /// Name and file.
    installed: Vec<(String, Vec<u8>)>,
}

impl Default for State {
    fn default() -> Self {
        Self { installed: vec![(FIRST.into(), b"<lns:License/>".to_vec())] }
    }
}

pub(crate) const AREA: Area = Area { list, raw: download, change, ..Area::NOTHING };

fn dell(server: &Server) -> Option<String> {
    let home = format!("{MANAGER}/Oem/Dell/DellLicenses");
    server.tree.has(&home).then_some(home)
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    let is_dmtf = path == DMTF && server.profile.license_service;
    if !is_dmtf && Some(path) != dell(server).as_deref()
        || matches!(server.tree, crate::tree::Tree::Mockup(_))
    {
        return None;
    }
    let state = server.state();
    let members = state.license.installed.iter();
    let members = members.map(|(id, _)| if is_dmtf { license(id) } else { dell_license(path, id) }).collect();
    Some(Listing {
        path: path.into(),
        kind: if is_dmtf { "License" } else { "DellLicense" }.into(),
        name: "License Collection".into(),
        members,
        embedded: false,
        page: None,
        past_end: None,
    })
}

fn license(id: &str) -> Value {
    json!({"@odata.id": format!("{DMTF}/{id}"), "@odata.type": "#License.v1_0_0.License", "Id": id,
        "AuthorizationScope": "Service", "Description": "iDRAC Datacenter License", "EntitlementId": id,
        "ExpirationDate": null, "InstallDate": null, "LicenseOrigin": "Installed",
        "LicenseType": "Production", "Name": id, "Removable": true,
        "DownloadURI": format!("{DMTF}/{id}/DownloadURI"), "Status": {"Health": "OK", "State": "Enabled"}})
}

fn dell_license(home: &str, id: &str) -> Value {
    json!({"@odata.id": format!("{home}/{id}"), "@odata.type": "#DellLicense.v1_2_0.DellLicense", "Id": id,
        "AssignedDevices": ["iDRAC.Embedded.1"], "EntitlementID": id, "LicenseEndDate": null,
        "LicenseDescription": ["iDRAC Datacenter License"], "LicenseInstallDate": null,
        "LicensePrimaryStatus": "OK", "LicenseType": "Perpetual", "Name": "DellLicense"})
}

/// The file behind a `DownloadURI`.
fn download(server: &Server, path: &str) -> Option<Reply> {
    let id = path.strip_prefix(DMTF)?.strip_prefix('/')?.strip_suffix("/DownloadURI")?;
    let state = server.state();
    let (_, file) = state.license.installed.iter().find(|(known, _)| known == id)?;
    Some(Reply { body: file.clone().into(), ..Reply::empty(200) })
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let path = asked.path.as_str();
    if server.profile.license_service && path == DMTF && asked.method == Method::POST {
        let body = answer::object(server, asked);
        let reply = body.and_then(|body| install(server, &answer::text(server, &body, "LicenseString")?));
        return Some(match reply {
            Ok(id) => Reply::value(201, &license(&id)).with(LOCATION, &format!("{DMTF}/{id}")),
            Err(refused) => refused,
        });
    }
    if let Some(id) = path.strip_prefix(DMTF).and_then(|rest| rest.strip_prefix('/'))
        && server.profile.license_service
        && asked.method == Method::DELETE
    {
        return Some(remove(server, id).map_or_else(|refused| refused, |()| Reply::empty(204)));
    }
    let service = format!("{MANAGER}/Oem/Dell/DellLicenseManagementService");
    let action = path.strip_prefix(&service)?.strip_prefix("/Actions/DellLicenseManagementService.")?;
    if asked.method != Method::POST || !server.tree.has(&service) {
        return None;
    }
    Some(act(server, asked, action)?.unwrap_or_else(|refused| refused))
}

fn act(server: &Server, asked: &Asked, action: &str) -> Option<Result<Reply, Reply>> {
    let body = match answer::object(server, asked) {
        Ok(body) => body,
        Err(refused) => return Some(Err(refused)),
    };
    let text = |key: &str| answer::text(server, &body, key);
    Some(match action {
        "ImportLicense" => {
            text("LicenseFile").and_then(|file| install(server, &file)).map(|_| said(server, "LIC000"))
        }
        "ExportLicense" => text("EntitlementID").and_then(|id| export(server, &id)),
        "DeleteLicense" => {
            text("EntitlementID").and_then(|id| remove(server, &id)).map(|()| said(server, "LIC000"))
        }
        "ImportLicenseFromNetworkShare" => {
            text("LicenseName").and_then(|file| over_share(server, &body, &file))
        }
        "ExportLicenseToNetworkShare" => text("FileName").and_then(|file| over_share(server, &body, &file)),
        _ => return None,
    })
}

fn said(server: &Server, id: &str) -> Reply {
    answer::said(server, &["Success", id], Map::new())
}

/// A licence names itself in its first line here: what a real one says is signed and Dell's.
fn install(server: &Server, coded: &str) -> Result<String, Reply> {
    let file = STANDARD.decode(coded).map_err(|_| error(server, 400, &["LIC017"]))?;
    let text = String::from_utf8_lossy(&file).into_owned();
    let id = text.lines().next().unwrap_or_default().trim().to_owned();
    if !id.starts_with("FD") {
        return Err(error(server, 400, &["LIC017"]));
    }
    let mut state = server.state();
    if state.license.installed.iter().any(|(known, _)| *known == id) {
        drop(state);
        return Err(error(server, 400, &["LIC018"]));
    }
    state.license.installed.push((id.clone(), file));
    state.version += 1;
    Ok(id)
}

fn export(server: &Server, id: &str) -> Result<Reply, Reply> {
    let state = server.state();
    let file =
        state.license.installed.iter().find(|(known, _)| known == id).map(|(_, file)| STANDARD.encode(file));
    drop(state);
    let file = file.ok_or_else(|| error(server, 400, &["RAC0523"]))?;
    let mut reply = Map::new();
    reply.insert("LicenseFile".into(), file.into());
    Ok(answer::said(server, &["Success", "LIC000"], reply))
}

fn remove(server: &Server, id: &str) -> Result<(), Reply> {
    let mut state = server.state();
    let before = state.license.installed.len();
    state.license.installed.retain(|(known, _)| known != id);
    let gone = state.license.installed.len() < before;
    state.version += 1;
    drop(state);
    if gone { Ok(()) } else { Err(error(server, 404, &["SYS403"])) }
}

fn over_share(server: &Server, body: &Map<String, Value>, file: &str) -> Result<Reply, Reply> {
    if reach::trial_of(body, file).is_err() {
        return Err(error(server, 400, &["LIC904"]));
    }
    let new = job::NewJob::new("LicenseExport", "Export: License", std::time::Duration::from_secs(5));
    let id = job::add(&mut server.state(), server.world(), server.clock.now(), new);
    Ok(answer::accepted(server, &id))
}

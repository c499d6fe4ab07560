//! A repository of packages: what it has that is newer, and its installation.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::job::{self, NewJob};
use super::super::power;
use super::{AT_ONCE, Change, accepted, add_job, component, entries, parts, schedule};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::{SYSTEM, Tree};

/// How long a comparison with a repository takes.
const COMPARISON: Duration = Duration::from_secs(60);

pub(super) fn installation_service() -> String {
    format!("{SYSTEM}/Oem/Dell/DellSoftwareInstallationService")
}

pub(super) fn has_repositories(server: &Server) -> bool {
    server.profile.update_service && server.profile.announces_features && matches!(server.tree, Tree::Made(_))
}

pub(super) fn service(path: &str) -> Value {
    let name = "DellSoftwareInstallationService";
    let action = |action: &str| json!({"target": format!("{path}/Actions/{name}.{action}")});
    let mut install = action("InstallFromRepository");
    install["ApplyUpdate@Redfish.AllowableValues"] = json!(["False", "True"]);
    install["ShareType@Redfish.AllowableValues"] = json!(["CIFS", "FTP", "HTTP", "HTTPS", "NFS", "TFTP"]);
    let mut service = json!({
        "@odata.context": format!("/redfish/v1/$metadata#{name}.{name}"), "@odata.id": path,
        "@odata.type": format!("#{name}.v1_2_0.{name}"), "Id": name, "Name": name,
        "Actions": {
            format!("#{name}.InstallFromRepository"): install,
            format!("#{name}.GetRepoBasedUpdateList"): action("GetRepoBasedUpdateList"),
        },
    });
    for (one, offer) in schedule::actions(action) {
        service["Actions"][format!("#{name}.{one}")] = offer;
    }
    service
}

/// Compares with the repository, and makes a job for each package when asked to.
pub(super) fn repository(server: &Server, asked: &Asked) -> Reply {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    // A text: the schema has no boolean here.
    let Some(applies) = body["ApplyUpdate"].as_str() else { return error(server, 400, &["SYS428"]) };
    if body["IPAddress"].as_str().is_none_or(str::is_empty) {
        return error(server, 400, &["SYS428"]);
    }
    let all = entries(server);
    let newer = |(number, version): &&(u32, String)| {
        let mut installed = all
            .iter()
            .filter(|entry| parts(entry).0 == "Installed" && component(entry) == *number)
            .peekable();
        installed.peek().is_some() && installed.any(|entry| entry["Version"] != version.as_str())
    };
    let found: Vec<_> = server.spec.firmware.repository.iter().filter(newer).cloned().collect();
    if found.is_empty() {
        return error(server, 400, &["SUP029"]).because("same_version");
    }
    server.state().firmware.found.clone_from(&found);
    let job = NewJob {
        end_message: Some("RED001"),
        ..NewJob::new("RepositoryUpdate", "Repository Update", COMPARISON)
    };
    let id = job::add(&mut server.state(), server.world(), server.clock.now(), job);
    if applies == "True" {
        for (number, version) in found {
            let name =
                all.iter().find(|entry| component(entry) == number).and_then(|entry| entry["Name"].as_str());
            let name = name.unwrap_or_default().to_owned();
            let change = Change { component: number, version, device: None };
            let _ = add_job(server, all.clone(), name, change, None, None);
        }
        if body["RebootNeeded"] == true {
            let spec = &server.spec;
            let now = server.clock.now();
            let _ = power::reset(&mut server.state(), spec, now, "GracefulRestart");
        }
    }
    accepted(server, &id)
}

pub(super) fn update_list(server: &Server) -> Reply {
    let all = entries(server);
    let state = server.state();
    let property = |name: &str, value: &str| {
        let value = value.replace('&', "&amp;").replace('<', "&lt;");
        format!("<PROPERTY NAME=\"{name}\" TYPE=\"string\"><VALUE>{value}</VALUE></PROPERTY>")
    };
    let mut list = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CIM CIMVERSION=\"2.0\"><MESSAGE><SIMPLEREQ>",
    );
    for (number, version) in &state.firmware.found {
        let Some(entry) = all.iter().find(|entry| component(entry) == *number) else { continue };
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let reboot = if AT_ONCE.contains(number) { "NONE" } else { "HOST" };
        list += "<VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME=\"DCIM_RepoUpdateSWID\">";
        list += &property("ComponentID", &number.to_string());
        list += &property("DisplayName", text("Name"));
        list += &property("PackageName", &format!("Package_{number}_{version}.EXE"));
        list += &property("PackageVersion", version);
        list += &property("ComponentInstalledVersion", text("Version"));
        list += &property("Criticality", "1");
        list += &property("RebootType", reboot);
        list += "</INSTANCENAME></VALUE.NAMEDINSTANCE>";
    }
    list += "</SIMPLEREQ></MESSAGE></CIM>";
    Reply::value(200, &json!({"PackageList": list}))
}

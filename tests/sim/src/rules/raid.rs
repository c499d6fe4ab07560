//! Dell's RAID actions.

use serde_json::{Value, json};

use super::storage::{self, Delta, apply_now, drives, enqueue, refuse, set_drive, status, volumes};
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::storage::controller_of;

/// The actions of every iDRAC9 and 10 here.
pub(crate) const ACTIONS: &[&str] = &[
    "AssignSpare",
    "BlinkTarget",
    "CancelCheckConsistency",
    "ClearForeignConfig",
    "ConvertToNonRAID",
    "ConvertToRAID",
    "DisableSecurity",
    "EnableControllerEncryption",
    "EnableSecurity",
    "ImportForeignConfig",
    "OnlineCapacityExpansion",
    "RAIDLevelMigration",
    "ReKey",
    "RemoveControllerKey",
    "RenameVD",
    "ResetConfig",
    "SetControllerKey",
    "StartPatrolRead",
    "StopPatrolRead",
    "UnBlinkTarget",
    "UnassignSpare",
];

/// Carries one out.
pub(crate) fn act(server: &Server, action: &str, body: &Value) -> Reply {
    let secure = crate::tree::storage::secure_action(&server.profile);
    if !ACTIONS.contains(&action) && action != secure {
        return error(server, 404, &["SYS403"]);
    }
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let list = |key: &str| -> Vec<&str> {
        body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let target = text("TargetFQDD").or_else(|| list("PDArray").first().copied());
    let Some(target) = target else { return refuse(server, "STOR003") };
    let controller = controller_of(target);
    let all_drives = drives(server, controller);
    let drive = |id: &str| all_drives.iter().find(|(path, _)| path.ends_with(&format!("/{id}")));
    let all_volumes = volumes(server, controller);
    let volume = |id: &str| all_volumes.iter().find(|(path, _)| path.ends_with(&format!("/{id}")));
    let run = |deltas: Vec<Delta>| enqueue(server, controller, body, deltas);
    match action {
        "AssignSpare" | "UnassignSpare" => {
            let Some((path, found)) = drive(target) else { return refuse(server, "STOR029") };
            if status(found) != "Ready" && status(found) != "Spare" {
                return refuse(server, "STOR012");
            }
            let dedicated = !list("VirtualDiskArray").is_empty();
            let (kind, state) = match (action, dedicated) {
                ("UnassignSpare", _) => ("None", "Ready"),
                (_, true) => ("Dedicated", "Spare"),
                (_, false) => ("Global", "Spare"),
            };
            run(vec![
                set_drive(path, found, state, &[]),
                Delta::Patch(path.clone(), json!({"HotspareType": kind})),
            ])
        }
        "ConvertToRAID" | "ConvertToNonRAID" => {
            let (from, to) =
                if action == "ConvertToRAID" { ("NonRAID", "Ready") } else { ("Ready", "NonRAID") };
            let chosen: Option<Vec<_>> = list("PDArray").iter().map(|id| drive(id)).collect();
            match chosen {
                Some(chosen) if chosen.iter().all(|(_, drive)| status(drive) == from) => {
                    run(chosen.iter().map(|(path, drive)| set_drive(path, drive, to, &[])).collect())
                }
                Some(_) => refuse(server, "STOR012"),
                None => refuse(server, "STOR029"),
            }
        }
        "BlinkTarget" | "UnBlinkTarget" => match drive(target) {
            Some((path, _)) => {
                let on = action == "BlinkTarget";
                apply_now(server, vec![Delta::Patch(path.clone(), json!({"LocationIndicatorActive": on}))])
            }
            None => refuse(server, "STOR029"),
        },
        "ClearForeignConfig" | "ImportForeignConfig" => {
            let foreign: Vec<_> = all_drives.iter().filter(|(_, drive)| status(drive) == "Foreign").collect();
            if foreign.is_empty() {
                return refuse(server, "STOR018");
            }
            run(foreign.iter().map(|(path, drive)| set_drive(path, drive, "Ready", &[])).collect())
        }
        "ResetConfig" => {
            let paths: Vec<&str> = all_volumes.iter().map(|(path, _)| path.as_str()).collect();
            let mut deltas = storage::without(server, controller, &paths);
            let spares = all_drives.iter().filter(|(_, drive)| status(drive) == "Spare");
            deltas.extend(spares.map(|(path, drive)| set_drive(path, drive, "Ready", &[])));
            run(deltas)
        }
        "SetControllerKey" | "EnableControllerEncryption" | "RemoveControllerKey" | "ReKey" => {
            key(server, action, target, body)
        }
        "EnableSecurity" | "DisableSecurity" => {
            let on = action == "EnableSecurity";
            let status = if on { "SecurityKeyAssigned" } else { "SecurityKeyNotAssigned" };
            let mode = if on { "iDRACLocalKeyManagement" } else { "None" };
            run(vec![of_controller(target, json!({"EncryptionMode": mode, "SecurityStatus": status}))])
        }
        "StartPatrolRead" | "StopPatrolRead" => {
            let state = if action == "StartPatrolRead" { "Running" } else { "Stopped" };
            run(vec![of_controller(target, json!({"PatrolReadState": state}))])
        }
        _ => {
            let Some((path, _)) = volume(target) else { return refuse(server, "STOR028") };
            let patch = match action {
                "OnlineCapacityExpansion" => {
                    let size = body.get("Size").and_then(Value::as_u64);
                    size.map_or_else(|| json!({}), |mb| json!({"CapacityBytes": mb << 20}))
                }
                "RAIDLevelMigration" => json!({"RAIDType": text("NewRaidLevel")}),
                "RenameVD" => json!({"Name": text("Name"), "DisplayName": text("Name")}),
                _ if action == secure && !server.state().storage.keys.contains_key(controller) => {
                    return refuse(server, "STOR021");
                }
                _ if action == secure => json!({"Encrypted": true}),
                _ => json!({}),
            };
            run(vec![Delta::Patch(path.clone(), patch)])
        }
    }
}

/// A key comes, goes, or becomes another. The old one must be said to have another.
fn key(server: &Server, action: &str, controller: &str, body: &Value) -> Reply {
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let now = server.state().storage.keys.get(controller).cloned();
    let known = |mode: &str, id: Option<String>, status: &str| {
        of_controller(controller, json!({"EncryptionMode": mode, "KeyID": id, "SecurityStatus": status}))
    };
    let (new, shown) = match (action, now) {
        ("SetControllerKey" | "EnableControllerEncryption", Some(_)) => return refuse(server, "STOR020"),
        ("SetControllerKey" | "EnableControllerEncryption", None) => {
            let enterprise = text("Mode").as_deref() == Some("SEKM");
            let mode = if enterprise { "SecureEnterpriseKeyManager" } else { "LocalKeyManagement" };
            let Some(new) = text("Key").or_else(|| enterprise.then(String::new)) else {
                return refuse(server, "STOR003");
            };
            (Some(new), known(mode, text("Keyid"), "SecurityKeyAssigned"))
        }
        (_, None) => return refuse(server, "STOR021"),
        ("ReKey", Some(now)) => match (text("OldKey"), text("NewKey")) {
            (Some(old), Some(new)) if old == now => {
                (Some(new), known("LocalKeyManagement", text("Keyid"), "SecurityKeyAssigned"))
            }
            _ => return refuse(server, "STOR019"),
        },
        (_, Some(_)) => (None, known("None", None, "SecurityKeyNotAssigned")),
    };
    enqueue(server, controller, body, vec![Delta::Key(controller.to_owned(), new), shown])
}

fn of_controller(controller: &str, patch: Value) -> Delta {
    Delta::Patch(storage::home(controller), json!({"Oem": {"Dell": {"DellController": patch}}}))
}

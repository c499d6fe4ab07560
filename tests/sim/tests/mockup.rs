//! A captured tree is served as it was captured: every resource comes back equal.
//!
//! The capture is not part of this repository; `DSM_MOCKUP_ARCHIVE` names it, or it lies in
//! `../shared/data` beside the workspace. Without it this test says loudly that it is left out.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use idrac_sim::{Fleet, Generation};
use serde_json::Value;
use support::Client;

const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";

fn archive() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/idrac9-r750-7.10.30.00.tar.xz");
    let named = std::env::var_os("DSM_MOCKUP_ARCHIVE").map_or_else(|| beside.into(), PathBuf::from);
    named.is_file().then_some(named)
}

fn unpacked() -> Option<tempfile::TempDir> {
    let Some(archive) = archive() else {
        eprintln!("LEFT OUT: no captured tree in ../shared/data or DSM_MOCKUP_ARCHIVE");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(folder.path()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("LEFT OUT: tar could not unpack the captured tree");
        return None;
    }
    Some(folder)
}

fn resources(folder: &Path, path: &str, found: &mut BTreeMap<String, PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            resources(&entry.path(), &format!("{path}/{name}"), found);
        } else if name == "index.json" {
            found.insert(path.to_owned(), entry.path());
        }
    }
}

fn captured(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let redfish = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|e| e.path().join("redfish"))
        .find(|p| p.is_dir())
        .unwrap();
    resources(&redfish, "/redfish", &mut found);
    found
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_captured_r750_comes_back_whole() {
    let Some(folder) = unpacked() else { return };
    let root = folder.path().to_owned();
    let fleet = Fleet::builder()
        .network("127.21.20.0", 2)
        .credentials("root", "secret")
        .server(0, {
            let root = root.clone();
            |s| s.mockup(root)
        })
        .server(1, |mut s| {
            s.mockup_own_identity = true;
            s.mockup(root)
        })
        .start()
        .await
        .unwrap();
    let server = fleet.server(0).unwrap();
    assert_eq!(server.generation(), Generation::Idrac9V7);
    let files = captured(folder.path());
    assert_eq!(files.len(), 2728);
    let mut client = Client::basic(server.address(), "root", "secret").await.unwrap();
    for (path, file) in &files {
        // A few ids carry characters that a request line cannot.
        let encoded = path.replace(' ', "%20").replace('#', "%23");
        let answer = client.get(&encoded).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json(), read(file), "{path}");
    }

    let memory = client.get(&format!("{SYSTEM}/Memory?$expand=*($levels=1)")).await.json();
    let dimm = read(&files[&format!("{SYSTEM}/Memory/DIMM.Socket.A1")]);
    assert!(memory["Members"].as_array().unwrap().contains(&dimm));

    client.headers.clear();
    assert_eq!(client.log_in("root", "secret").await.status, 201);
    let sessions = client.get("/redfish/v1/SessionService/Sessions").await.json();
    assert_eq!(sessions["Members"].as_array().unwrap().len(), 3, "two captured and ours");
    let reset = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    assert_eq!(client.post(&reset, r#"{"ResetType":"ForceOff"}"#).await.status, 204);
    assert_eq!(client.get(SYSTEM).await.json()["PowerState"], "Off");
    let manager = client.get("/redfish/v1/Managers/iDRAC.Embedded.1").await.json();
    assert_eq!(manager["PowerState"], "On");

    let (captured_tag, other) = (server.service_tag(), fleet.server(1).unwrap());
    assert_ne!(other.service_tag(), captured_tag);
    let mut client = Client::basic(other.address(), "root", "secret").await.unwrap();
    let system = client.get(SYSTEM).await;
    assert_eq!(system.json()["SKU"], other.service_tag().as_str());
    assert!(!String::from_utf8_lossy(&system.body).contains(&captured_tag));
}

#[tokio::test]
async fn a_folder_without_a_service_root_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let error =
        Fleet::builder().network("127.21.21.0", 1).server(0, |s| s.mockup(path)).start().await.unwrap_err();
    assert!(error.to_string().contains("no redfish/v1/index.json"), "{error}");
}

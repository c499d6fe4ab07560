//! A DMTF mockup folder served as it is: one folder a resource, its `index.json` inside.
//!
//! Only the list of files is kept in memory; a resource is read when it is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::expand::{self, Expand};
use crate::spec::Generation;
use crate::template::View;

/// A loaded folder.
#[derive(Debug)]
pub(crate) struct Mockup {
    files: BTreeMap<String, PathBuf>,
    captured_tag: Option<String>,
    own_identity: bool,
    generation: Generation,
}

impl Mockup {
    /// Finds `redfish/v1` in the folder or up to three levels below, and lists what is there.
    pub(crate) fn load(folder: &Path, own_identity: bool) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Mockup { path: folder.to_owned(), reason: reason.into() };
        let Some(root) = find_root(folder, 3) else {
            return Err(refuse("no redfish/v1/index.json in it or up to three folders below"));
        };
        let mut files = BTreeMap::new();
        let above = root.parent().map(|redfish| redfish.join("index.json"));
        if let Some(version) = above.filter(|f| f.is_file() && root.ends_with("v1")) {
            files.insert("/redfish".to_owned(), version);
        }
        walk(&root, "/redfish/v1", &mut files)
            .map_err(|source| Error::Read { path: folder.to_owned(), source })?;
        let mut mockup = Self { files, captured_tag: None, own_identity, generation: Generation::Idrac9V7 };
        mockup.captured_tag = mockup.captured_service_tag();
        mockup.generation = mockup.captured_generation();
        if own_identity && mockup.captured_tag.is_none() {
            return Err(refuse("no service tag in it that could be replaced"));
        }
        Ok(mockup)
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) fn service_tag(&self) -> Option<&str> {
        self.captured_tag.as_deref()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    pub(crate) fn read(&self, path: &str, view: &View<'_>) -> Option<Vec<u8>> {
        let bytes = self.bytes(path, view)?;
        if !view.power_touched {
            return Some(bytes);
        }
        // Only systems and chassis follow the host's power; the manager has a PowerState too.
        let mut value: Value = serde_json::from_slice(&bytes).ok()?;
        let kind = value.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        let follows = kind.starts_with("#ComputerSystem.") || kind.starts_with("#Chassis.");
        match value.get_mut("PowerState") {
            Some(power) if follows => {
                *power = if view.power_on { "On".into() } else { "Off".into() };
                serde_json::to_vec(&value).ok()
            }
            _ => Some(bytes),
        }
    }

    pub(crate) fn read_expanded(
        &self,
        path: &str,
        mode: Expand,
        view: &View<'_>,
    ) -> Option<(Vec<u8>, usize)> {
        let fetch = |link: &str| serde_json::from_slice(&self.read(link, view)?).ok();
        let (value, members) = expand::apply(fetch(path)?, mode, &fetch);
        Some((serde_json::to_vec(&value).ok()?, members))
    }

    fn bytes(&self, path: &str, view: &View<'_>) -> Option<Vec<u8>> {
        let bytes = fs::read(self.files.get(path)?).ok()?;
        match &self.captured_tag {
            Some(tag) if self.own_identity => {
                let text = String::from_utf8(bytes).ok()?;
                Some(text.replace(tag.as_str(), view.identity.tag()).into_bytes())
            }
            _ => Some(bytes),
        }
    }

    fn value(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.files.get(path)?).ok()?).ok()
    }

    fn first_member(&self, collection: &str) -> Option<Value> {
        self.value(self.value(collection)?.pointer("/Members/0/@odata.id")?.as_str()?)
    }

    fn captured_service_tag(&self) -> Option<String> {
        let from_root = self
            .value("/redfish/v1")
            .and_then(|root| root.pointer("/Oem/Dell/ServiceTag").and_then(Value::as_str).map(str::to_owned));
        from_root.or_else(|| {
            let system = self.first_member("/redfish/v1/Systems")?;
            system.get("SKU").and_then(Value::as_str).map(str::to_owned)
        })
    }

    fn captured_generation(&self) -> Generation {
        let Some(manager) = self.first_member("/redfish/v1/Managers") else { return Generation::Idrac9V7 };
        let text = |key: &str| manager.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number: u32 = text("Model").split('G').next().and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        let major: u32 = text("FirmwareVersion").split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        match (number, major) {
            (12, _) => Generation::Idrac7,
            (13, _) => Generation::Idrac8,
            (17.., _) => Generation::Idrac10,
            (_, 0..=5) => Generation::Idrac9V5,
            (_, 6) => Generation::Idrac9V6,
            _ => Generation::Idrac9V7,
        }
    }
}

fn find_root(folder: &Path, depth: usize) -> Option<PathBuf> {
    for tail in ["redfish/v1", "v1"] {
        let root = folder.join(tail);
        if root.join("index.json").is_file() {
            return Some(root);
        }
    }
    if is_service_root(&folder.join("index.json")) {
        return Some(folder.to_owned());
    }
    if depth == 0 {
        return None;
    }
    let mut below: Vec<PathBuf> =
        fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    below.sort();
    below.iter().find_map(|next| find_root(next, depth - 1))
}

/// The short form of a mockup begins with the service root itself.
fn is_service_root(file: &Path) -> bool {
    let value: Option<Value> = fs::read(file).ok().and_then(|b| serde_json::from_slice(&b).ok());
    let id = value.as_ref().and_then(|v| v.get("@odata.id")).and_then(Value::as_str);
    id.is_some_and(|id| id.trim_end_matches('/') == "/redfish/v1")
}

fn walk(folder: &Path, path: &str, files: &mut BTreeMap<String, PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/{name}"), files)?;
        } else if name == "index.json" {
            files.insert(path.to_owned(), entry.path());
        }
    }
    Ok(())
}

//! The captured R750: not part of this repository. `DSM_MOCKUP_ARCHIVE` names it, or it lies in `../shared/data`
//! beside the workspace. Without it a test says loudly that it is left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The tree, unpacked for as long as this lives.
#[derive(Debug)]
pub struct Capture {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Capture {
    /// Unpacks it; nothing, and a loud line, where it is absent.
    #[must_use]
    pub fn unpack() -> Option<Self> {
        let beside =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/idrac9-r750-7.10.30.00.tar.xz");
        let archive = std::env::var_os("DSM_MOCKUP_ARCHIVE").map_or_else(|| beside.into(), PathBuf::from);
        let found = archive.is_file().then(|| Self::unpack_from(&archive)).flatten();
        if found.is_none() {
            left_out("the captured R750 tree is not in ../shared/data, nor where DSM_MOCKUP_ARCHIVE says");
        }
        found
    }

    fn unpack_from(archive: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let done = Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(folder.path()).status();
        if !done.is_ok_and(|status| status.success()) {
            return None;
        }
        let root = find(folder.path())?;
        Some(Self { folder, root })
    }

    /// What the simulator loads.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The resource at a Redfish path, as it was captured.
    #[must_use]
    pub fn resource(&self, path: &str) -> Option<Value> {
        let file = self.root.join(path.trim_matches('/')).join("index.json");
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    /// The members of a captured collection.
    #[must_use]
    pub fn members(&self, path: &str) -> Vec<String> {
        let Some(collection) = self.resource(path) else { return Vec::new() };
        let members = collection.get("Members").and_then(Value::as_array).cloned().unwrap_or_default();
        members.iter().filter_map(|member| Some(member.get("@odata.id")?.as_str()?.to_owned())).collect()
    }
}

/// Says that something was not tested.
#[allow(clippy::print_stderr, reason = "a test that is left out must say so where nobody can miss it")]
pub fn left_out(why: &str) {
    eprintln!("LEFT OUT: {why}");
}

fn find(folder: &Path) -> Option<PathBuf> {
    if folder.join("redfish/v1/index.json").exists() {
        return Some(folder.to_owned());
    }
    let folders = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    folders.filter(|path| path.is_dir()).find_map(|path| find(&path))
}

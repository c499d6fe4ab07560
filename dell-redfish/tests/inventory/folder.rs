//! An iDRAC that is a folder in the DMTF mockup layout, or a handful of snippets: `$expand` one level deep as iDRAC9 does it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use dell_redfish::clock::{Clock, SystemClock};
use dell_redfish::request::{HeaderMap, Request, Response};
use dell_redfish::{Error, ErrorKind, HostFacts, Redfish, Result};
use serde_json::Value;

/// What answers: a folder on disk, or resources in memory.
pub(crate) enum Tree {
    Folder(PathBuf),
    Memory(HashMap<String, Value>),
}

impl Tree {
    /// `[{"@odata.id": …}, …]`, and for each collection named by a link its members.
    pub(crate) fn of(resources: impl IntoIterator<Item = Value>) -> Self {
        Self::Memory(
            resources
                .into_iter()
                .map(|value| (value["@odata.id"].as_str().unwrap().to_owned(), value))
                .collect(),
        )
    }

    pub(crate) fn read(&self, path: &str) -> Option<Value> {
        match self {
            Self::Folder(root) => {
                let text = std::fs::read(root.join(path.trim_matches('/')).join("index.json")).ok()?;
                serde_json::from_slice(&text).ok()
            }
            Self::Memory(all) => all.get(path).cloned(),
        }
    }

    fn expand(&self, value: &mut Value, mode: char, in_links: bool) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.expand(item, mode, in_links)),
            Value::Object(map) => {
                let link = match (map.len(), map.get("@odata.id").and_then(Value::as_str)) {
                    (1, Some(link)) => Some(link.to_owned()),
                    _ => None,
                };
                if let Some(link) = link {
                    let wanted = match mode {
                        '*' => true,
                        '.' => !in_links,
                        _ => in_links,
                    };
                    if let Some(found) = wanted.then(|| self.read(&link)).flatten() {
                        *value = found;
                    }
                    return;
                }
                for (key, child) in map.iter_mut().filter(|(key, _)| *key != "Actions") {
                    self.expand(child, mode, in_links || key == "Links");
                }
            }
            _ => {}
        }
    }
}

type Rule = Box<dyn Fn(&str, &str) -> Option<Result<Bytes>> + Send + Sync>;

pub(crate) struct Fake {
    pub(crate) tree: Tree,
    /// Path and query in, another answer out; asked first.
    rules: Vec<Rule>,
    facts: Mutex<HostFacts>,
    journal: Mutex<Vec<String>>,
    bodies: Mutex<HashMap<String, Bytes>>,
    concurrency: usize,
}

impl Fake {
    pub(crate) fn new(tree: Tree) -> Self {
        Self {
            tree,
            rules: Vec::new(),
            facts: Mutex::default(),
            journal: Mutex::default(),
            bodies: Mutex::default(),
            concurrency: 2,
        }
    }

    pub(crate) fn with_facts(mut self, facts: HostFacts) -> Self {
        self.facts = Mutex::new(facts);
        self
    }

    pub(crate) fn with_rule(
        mut self,
        rule: impl Fn(&str, &str) -> Option<Result<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        self.rules.push(Box::new(rule));
        self
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.journal.lock().unwrap().clone()
    }

    /// Every answer given, by path and query.
    pub(crate) fn answers(&self) -> HashMap<String, Bytes> {
        self.bodies.lock().unwrap().clone()
    }

    fn answer(&self, path_and_query: &str) -> Result<Bytes> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        for rule in &self.rules {
            if let Some(answer) = rule(path, query) {
                return answer;
            }
        }
        let mut value = self.tree.read(path).ok_or_else(|| refusal(ErrorKind::NotFound, 404))?;
        if let Some(mode) = query.strip_prefix("$expand=").and_then(|mode| mode.chars().next())
            && let Value::Object(map) = &mut value
        {
            for (key, child) in map.iter_mut().filter(|(key, _)| *key != "Actions") {
                self.tree.expand(child, mode, key == "Links");
            }
        }
        Ok(Bytes::from(value.to_string()))
    }
}

pub(crate) fn refusal(kind: ErrorKind, status: u16) -> Error {
    Error::new(kind, "refused").with_http_status(status)
}

#[async_trait]
impl Redfish for Fake {
    fn host(&self) -> &str {
        "192.0.2.1"
    }

    async fn send(&self, _operation: &'static str, request: Request) -> Result<Response> {
        dell_redfish::endpoint::check(&request.method, &request.path)?;
        self.journal.lock().unwrap().push(request.path.clone());
        // Others run meanwhile, as over a wire.
        tokio::task::yield_now().await;
        let body = self.answer(&request.path)?;
        self.bodies.lock().unwrap().insert(request.path, body.clone());
        Ok(Response { status: 200, headers: HeaderMap::new(), body })
    }

    fn facts(&self) -> HostFacts {
        self.facts.lock().unwrap().clone()
    }

    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send)) {
        change(&mut self.facts.lock().unwrap());
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn clock(&self) -> &dyn Clock {
        &SystemClock
    }
}

/// The captured R750, unpacked once a run; nothing where the archive is absent.
pub(crate) fn captured() -> Option<PathBuf> {
    use std::sync::OnceLock;
    static TREE: OnceLock<Option<PathBuf>> = OnceLock::new();
    TREE.get_or_init(|| {
        let archive =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/idrac9-r750-7.10.30.00.tar.xz");
        if !archive.exists() {
            skipped(&format!("{} is absent", archive.display()));
            return None;
        }
        let root = std::env::temp_dir().join(format!("dell-redfish-r750-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let unpacked =
            std::process::Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(&root).status();
        if !unpacked.is_ok_and(|status| status.success()) {
            skipped("tar could not unpack the captured tree");
            return None;
        }
        find(&root)
    })
    .clone()
}

#[allow(clippy::print_stderr)]
fn skipped(why: &str) {
    eprintln!("SKIPPED, the captured R750 was not tested: {why}");
}

fn find(folder: &Path) -> Option<PathBuf> {
    if folder.join("redfish/v1/index.json").exists() {
        return Some(folder.to_owned());
    }
    let folders = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    folders.filter(|path| path.is_dir()).find_map(|path| find(&path))
}

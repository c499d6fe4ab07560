//! The laws of the house that a compiler does not keep: who depends on whom, and which file may name what.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file of a crate's `src`, by its path from there.
fn sources(krate: &str) -> BTreeMap<String, String> {
    fn walk(folder: &Path, base: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(base).unwrap().display().to_string();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let src = root().join(krate).join("src");
    let mut found = BTreeMap::new();
    walk(&src, &src, &mut found);
    assert!(!found.is_empty(), "{krate} has no sources");
    found
}

/// The code of a file without its comments and its own tests.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Files of a crate whose code has one of these words. Files of tests are no code.
fn files_with(krate: &str, words: &[&str]) -> BTreeSet<String> {
    sources(krate)
        .into_iter()
        .filter(|(name, _)| !name.ends_with("tests.rs") && !name.contains("tests/"))
        .filter(|(_, text)| {
            let code = code(text);
            words.iter().any(|word| code.contains(word))
        })
        .map(|(name, _)| name)
        .collect()
}

/// All that a crate is built of, features on, as `cargo metadata` resolves it; tests' own needs left out.
fn needs(krate: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> =
        metadata["packages"].as_array().unwrap().iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let below = |id: &str| -> Vec<String> {
        let node = nodes.iter().find(|node| text(&node["id"]) == id).unwrap();
        let deps = node["deps"].as_array().unwrap().iter();
        // A kind of null is an ordinary dependency.
        deps.filter(|dep| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()))
            .map(|dep| text(&dep["pkg"]))
            .collect()
    };
    let mut open: Vec<String> =
        names.iter().filter(|(_, name)| *name == krate).map(|(id, _)| id.clone()).collect();
    assert_eq!(open.len(), 1, "{krate}");
    let mut met = BTreeSet::new();
    while let Some(id) = open.pop() {
        for next in below(&id) {
            if met.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    met.into_iter().map(|id| names[&id].clone()).collect()
}

fn assert_without(krate: &str, forbidden: &[&str]) {
    let needs = needs(krate);
    for name in forbidden {
        assert!(!needs.contains(*name), "{krate} must not need {name}");
    }
}

#[test]
fn dependencies_point_one_way() {
    assert_without("dell-redfish", &["dsm-core", "dsm", "dsm-py", "pyo3", "rusqlite", "idrac-sim"]);
    assert_without("dsm-core", &["dsm", "dsm-py", "pyo3", "idrac-sim"]);
    assert_without("idrac-sim", &["dell-redfish", "dsm-core", "dsm", "dsm-py", "pyo3", "rusqlite"]);
    let core = needs("dsm-core");
    assert!(core.contains("dell-redfish") && core.contains("rusqlite"), "the list is read right");
}

#[test]
fn a_handler_names_no_store_of_a_kind_no_transport_and_no_engine_of_its_own() {
    for (name, text) in sources("dsm-core") {
        let code = code(&text);
        if name.starts_with("handlers/") {
            for word in [
                "SqliteStore",
                "MemoryStore",
                "rusqlite",
                "hyper",
                "dell_redfish::transport",
                "EngineBuilder",
            ] {
                assert!(!code.contains(word), "{name} names {word}");
            }
        }
        if name.starts_with("engine/") {
            assert!(
                !code.contains("discovery_scan") && !code.contains("DiscoveryScan"),
                "{name} names a handler"
            );
        }
    }
    for (name, text) in sources("dell-redfish") {
        for word in ["JobRow", "job_id", "dsm_core"] {
            assert!(!code(&text).contains(word), "{name} of dell-redfish names {word}");
        }
    }
}

#[test]
fn one_file_of_a_crate_names_the_http_library() {
    let only = |name: &str| BTreeSet::from([name.to_owned()]);
    assert_eq!(files_with("dell-redfish", &["hyper::", "use hyper", "reqwest"]), only("http.rs"));
    assert_eq!(files_with("dsm-core", &["hyper::", "use hyper", "reqwest"]), only("store/postgrest/http.rs"));
    let pyo3: BTreeSet<_> =
        ["dell-redfish", "dsm-core"].into_iter().flat_map(|krate| files_with(krate, &["pyo3"])).collect();
    assert_eq!(pyo3, BTreeSet::new());
    let tables = files_with("dsm-core", &["rusqlite::", "use rusqlite"]);
    assert!(tables.iter().all(|name| name.starts_with("store/sqlite/")), "{tables:?}");
    let tables = files_with("dsm-core", &["tokio_postgres"]);
    assert!(tables.iter().all(|name| name.starts_with("store/postgres/")), "{tables:?}");
}

#[test]
fn one_file_of_a_crate_tells_the_time() {
    let words = ["Instant::now()", "SystemTime::now()", "Timestamp::now()"];
    assert_eq!(files_with("dell-redfish", &words), BTreeSet::from(["clock.rs".to_owned()]));
    assert_eq!(files_with("dsm-core", &words), BTreeSet::from(["clock.rs".to_owned()]));
}

#[test]
fn one_file_ends_a_job() {
    // A terminal state is written by settling: the executor decides, the settler writes what came together.
    let settling: BTreeSet<String> = files_with("dsm-core", &["Settlement {", ".settle("])
        .into_iter()
        .filter(|n| !n.starts_with("store/"))
        .collect();
    let credentials: BTreeSet<String> =
        settling.iter().filter(|name| name.starts_with("credential/")).cloned().collect();
    let others: Vec<&String> = settling.difference(&credentials).collect();
    assert_eq!(others, ["engine/executor.rs", "engine/settler.rs"]);
    let ending = files_with("dsm-core", &["Outcome::End("]);
    let decides = |name: &String| name == "engine/executor.rs" || name.starts_with("store/");
    assert!(
        // The settler's and the scheduler's own tests end jobs by hand.
        ending
            .iter()
            .all(|name| decides(name) || name.ends_with("settler.rs") || name.ends_with("_tests.rs")),
        "{ending:?}"
    );
}

#[test]
fn a_store_around_another_passes_every_call_on() {
    // A method with a body of its own in the trait is not missed by the compiler: the call would end in the wrapper.
    let trait_ = sources("dsm-core").remove("store/mod.rs").unwrap();
    let start = trait_.find("pub trait Store:").unwrap();
    let methods: Vec<&str> = trait_[start..]
        .lines()
        .take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    async fn ").or_else(|| line.strip_prefix("    fn ")))
        .filter_map(|line| line.split('(').next())
        .collect();
    assert!(methods.len() > 50 && methods.contains(&"put_heartbeat"), "the trait is read right: {methods:?}");
    for (krate, wrapper) in [("benches", "work/quiet.rs"), ("tests/suite", "faulty.rs")] {
        let text = sources(krate).remove(wrapper).unwrap();
        let named: BTreeSet<&str> = text
            .lines()
            .map(str::trim_start)
            .map(|line| line.trim_start_matches("async ").trim_start_matches("fn "))
            .filter_map(|line| line.split_once('(').map(|(name, _)| name))
            .collect();
        let forgotten: Vec<_> = methods.iter().filter(|name| !named.contains(*name)).collect();
        assert!(forgotten.is_empty(), "{krate}/src/{wrapper} does not pass on {forgotten:?}");
    }
}

#[test]
fn no_file_is_longer_than_can_be_read_in_one_sitting() {
    for krate in ["dell-redfish", "dsm-core", "dsm-py", "tests/sim", "tests/idrac", "tests/suite"] {
        // Tests may be long lists of cases.
        for (name, text) in sources(krate).into_iter().filter(|(name, _)| !name.ends_with("tests.rs")) {
            assert!(text.lines().count() <= 500, "{krate}/src/{name} has {} lines", text.lines().count());
        }
    }
}

#[test]
fn public_names_follow_the_house() {
    for krate in ["dell-redfish", "dsm-core"] {
        for (name, text) in sources(krate) {
            for line in code(&text).lines().map(str::trim_start) {
                let Some(item) = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "))
                else {
                    continue;
                };
                assert!(!item.starts_with("get_"), "{krate}/src/{name}: {item}");
                let returns_bool = item.contains("-> bool");
                let asks = [
                    "is_",
                    "has_",
                    "can_",
                    "contains",
                    "covers",
                    "allows",
                    "announces_",
                    "takes_",
                    "moves_",
                    "ignores_",
                ];
                if returns_bool && item.contains("(&self)") {
                    assert!(asks.iter().any(|word| item.starts_with(word)), "{krate}/src/{name}: {item}");
                }
            }
        }
    }
}

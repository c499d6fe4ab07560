//! The catalogue of known faults is complete: each is proved, by one test that bears its number.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dell_redfish::Safeguard;

/// The Rust files of a folder and of those in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The number of a line that begins the test of a fault.
fn number(line: &str) -> Option<u8> {
    let (_, rest) = line.split_once("fn fault_")?;
    rest.split_once('_').and_then(|(digits, _)| digits.parse().ok().filter(|_| digits.len() == 2))
}

#[test]
fn each_fault_is_proved_by_one_test() {
    let mut proofs: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) {
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(number) = number(line) {
                proofs.entry(number).or_default().push(format!("{}: {line}", path.display()));
            }
        }
    }
    for safeguard in Safeguard::ALL {
        let (number, name) = (safeguard.fault(), safeguard.name());
        let found = proofs.remove(&number).unwrap_or_default();
        assert_eq!(found.len(), 1, "fault {number:02} ({name}): {found:#?}");
    }
    assert!(proofs.is_empty(), "faults that are not in the catalogue: {proofs:#?}");
}

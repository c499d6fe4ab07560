//! The table of capabilities names operations and tests that exist.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;

/// All text of the sources below a folder.
fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// What stands between backticks, as far as it is a name.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'))
}

#[test]
fn every_operation_and_every_test_of_the_table_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut code, mut tests) = (String::new(), String::new());
    for folder in ["dell-redfish", "dsm-core"] {
        sources(&root.join(folder).join("src"), &mut code);
    }
    for folder in ["dell-redfish", "dsm-core", "tests"] {
        sources(&root.join(folder), &mut tests);
    }
    let table = std::fs::read_to_string(root.join("docs/capabilities.md")).unwrap();
    let (mut rows, mut missing) = (0, Vec::new());
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, capability, here, operation, test, _] = cells[..] else { panic!("odd row: {line}") };
        if capability == "capability" {
            continue;
        }
        rows += 1;
        let exists = |name: &str| {
            ["fn ", "struct ", "enum ", "trait ", "type "].iter().any(|kind| {
                let found = format!("{kind}{name}");
                code.match_indices(&found).any(|(at, _)| {
                    !code[at + found.len()..]
                        .starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
                })
            }) || code.contains(&format!("    {name} {{"))
        };
        missing.extend(
            names(operation).filter(|name| !exists(name)).map(|name| format!("{capability}: {name}")),
        );
        missing.extend(names(test).filter(|name| !tests.contains(&format!("fn {name}("))).map(str::to_owned));
        if here == "yes" && names(test).count() == 0 {
            missing.push(format!("{capability}: no test is named"));
        }
    }
    assert!(rows > 90, "{rows} rows");
    assert!(missing.is_empty(), "{missing:#?}");
}

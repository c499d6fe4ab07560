//! The tables of message ids against the registries of a captured iDRAC, and the document against the tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dell_redfish::MessageId;
use dell_redfish::meaning::{self, Basis, Meaning, MessageClass, Resend};
use serde_json::Value;

#[allow(clippy::print_stderr, reason = "a test that is left out must say so where nobody can miss it")]
/// The messages of a captured registry; nothing, and a loud line, where the capture is absent.
fn registry(file: &str) -> Option<BTreeMap<String, Value>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/idrac9-r750-7.10.30.00.tar.xz");
    let archive = std::env::var_os("DSM_MOCKUP_ARCHIVE").map_or_else(|| beside.into(), PathBuf::from);
    let wanted = format!("*/Registries/{file}/index.json");
    let found = archive.is_file().then(|| {
        Command::new("tar").arg("-xJOf").arg(&archive).arg("--wildcards").arg(wanted).output().unwrap().stdout
    });
    let Some(text) = found.filter(|text| !text.is_empty()) else {
        eprintln!(
            "LEFT OUT: the captured R750 tree is not in ../shared/data, nor where DSM_MOCKUP_ARCHIVE says"
        );
        return None;
    };
    let document: Value = serde_json::from_slice(&text).unwrap();
    Some(document["Messages"].as_object().unwrap().clone().into_iter().collect())
}

fn of(id: &str) -> Meaning {
    Meaning::of(&MessageId::parse(id))
}

#[test]
fn every_id_of_the_registry_has_a_row_or_a_family() {
    let Some(registry) = registry("Messages/EEMIRegistry") else { return };
    let (mut by_id, mut by_family) = (0, BTreeMap::<&str, u16>::new());
    for id in registry.keys() {
        match of(id).basis {
            Basis::Id => by_id += 1,
            Basis::Family(name) => *by_family.entry(name).or_default() += 1,
            Basis::Unknown => panic!("{id} is unknown"),
        }
    }
    println!("{} ids: {by_id} by row, {} by family", registry.len(), by_family.values().sum::<u16>());
    assert_eq!(registry.len(), 5712);
    let rows: Vec<_> = meaning::idrac_ids().collect();
    assert_eq!(by_id, rows.len(), "every row is in the registry");
    let known: BTreeMap<&str, u16> =
        meaning::families().iter().map(|family| (family.name, family.known)).collect();
    assert_eq!(known.len(), meaning::families().len(), "names are unique");
    assert_eq!(by_family, known);
}

#[test]
fn rows_of_the_base_registry_are_real() {
    let Some(registry) = registry("BaseMessages/BaseRegistry.json") else { return };
    let unknown: Vec<_> = meaning::base_ids().filter(|id| !registry.contains_key(*id)).collect();
    // Came after the version of the capture.
    assert_eq!(unknown, ["OperationNotAllowed"]);
}

/// Every id that the field's lore names, by what it means there.
const NAMED: &str = "
RED001 PR19 JCP007 LC001 SYS413 SYS053 SYS043 SYS081 SYS414 SYS015 JCP001 JCP027 RED054 RED055 RED058 RED002 RED003
RED100 RED110 PR20 PR22 PR23 SYS030 SYS056 SYS058 RED052 SUP0516 SYS054 SYS066 SYS069 RED037 RED064 SYS023 LC013
STOR018 SUP029 RED023 RED024 JCP024 LC012 RED014 SUP031 JCP029 RAC011 RAC052 SYS011 RAC0659 SYS074 LC068 RAC0679
SYS028 SYS431 LC062 JCP018 JCP019 JCP020 JCP030 JCP043 JCP044 JCP048 LC051 LC052 LC063 SUP0108 RED034 JCP002 JCP014
JCP017 SUP022 RAC034 RAC0524 JCP015 JCP031 RED006 RED016 RED132 RED137 RAC0904 LC023 RAC0720 RED050 RED062 RED007
RED013 RED017 RED097 RED098 SYS434 RED018 RED019 SUP032 SUP033 RED027 LC025 RED108 RED114 RED115 RED113 SUP0555
RED029 SYS526 SUP0200 RED030 RED033 SUP0544 SUP0545 RED093 SUP019 JCP025 LC036 RED148 JCP041 SYS406 LC087 RAC095
RAC1201 RED149 RED036 PR21 JCP042 PR31 JCP008 SYS033 SYS055 SYS082 PR24 PR25 PR26 PR27 PR28 PR29 PR32 PR34 PR30
JCP012 JCP021 SYS446 SYS494 JCP052 SYS071 SYS072 SYS051 JCP049 JCP050 JCP051 SYS029 SYS046 SYS047 SYS048 SYS050
SYS062 SYS425 SYS424 SYS428 SYS429 SYS405 SYS409 SUP001 SUP003 SYS068 SYS070 SYS080 SYS087 SYS088 SYS402 SYS473
SYS451 SYS403 SYS404 SYS407 SYS417 SYS410 SYS444 SYS439 SYS435 SYS415 SYS416 RAC0212 RAC0232 SYS468 RAC0218 RAC1260
SYS479 SYS461 LIC501 LIC503 SYS469 SYS518 SYS519 SYS554 RAC0508 RAC0509 SWC0700 LC053 LC060 LC061 RAC064 RAC065
RAC1144 LC037 LC038 LC039 VRM0012 VRM0021 VRM0009 VRM0011 SYS453 RAC0721 LC083 USR0030 NoOperation
ActionParameterValueConflict ResourceInUse ServiceTemporarilyUnavailable SessionLimitExceeded ResetRequired";

#[test]
fn every_named_id_has_a_row_of_its_own() {
    let named: Vec<_> = NAMED.split_whitespace().collect();
    assert_eq!(named.len(), 216);
    for id in named {
        assert_eq!(of(id).basis, Basis::Id, "{id}");
    }
}

#[test]
fn severity_is_no_sign_of_success() {
    let Some(registry) = registry("Messages/EEMIRegistry") else { return };
    let severity = |id: &str| registry[id]["MessageSeverity"].as_str().unwrap().to_owned();
    for refusal in ["RAC0218", "SYS402", "SUP031", "LC036", "SYS406", "RAC065"] {
        assert_eq!(severity(refusal), "OK", "{refusal}: the registry calls it fine");
        assert!(of(refusal).class.error_kind().is_some(), "{refusal}: we do not");
    }
    for fine in ["SYS526", "SYS023"] {
        assert_eq!(severity(fine), "Warning");
        assert_eq!(of(fine).class.resend(), Resend::Never);
        assert!(matches!(of(fine).class, MessageClass::Pending | MessageClass::NoChange), "{fine}");
    }
}

/// `UPDATE_DOCS=1 cargo test -p dell-redfish --test messages` writes it anew.
#[test]
fn the_document_is_true() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/messages.md");
    let due = meaning::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &due).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap() == due, "docs/messages.md is out of date");
}

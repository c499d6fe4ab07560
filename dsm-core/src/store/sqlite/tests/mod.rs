//! What only this store has: its file, its threads, its crashes. The trait itself is held by the conformance suite.

mod crash;
mod files;
mod load;
mod results;
mod setting;

use std::path::Path;

use serde_json::{Map, Value};

use super::{SqliteOptions, SqliteStore};
use crate::store::{AttemptWrite, ServerFields, ServerFinding, ServerPatch};

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).unwrap()
}

/// A finding that nothing else is like.
fn finding(number: u32) -> ServerFinding {
    let set = ServerFields { service_tag: Some(format!("T{number:06}")), ..ServerFields::default() };
    ServerFinding {
        ip_address: std::net::Ipv4Addr::from(0x0a00_0000 + number).into(),
        server_id: None,
        patch: ServerPatch { set, clear: vec![] },
        only_if_empty: vec![],
    }
}

fn found(numbers: std::ops::Range<u32>) -> AttemptWrite {
    AttemptWrite {
        findings: numbers.map(finding).collect(),
        details: Map::<String, Value>::new(),
        ..AttemptWrite::default()
    }
}

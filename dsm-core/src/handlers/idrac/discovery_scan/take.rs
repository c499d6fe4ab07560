//! The inventory of one iDRAC as rows, for both modes of the scan.

use dell_redfish::flow::inventory::{self, InventoryOptions, Section, SectionSet};
use dell_redfish::model::{ComputerSystem, Resource};
use dell_redfish::{Client, Redfish as _};

use super::args::Fetch;
use crate::clock;
use crate::error::Error;
use crate::handlers::idrac::rows;
use crate::id::ServerId;
use crate::store::InventoryWrite;

/// What came of reading an iDRAC.
#[derive(Debug)]
pub(super) struct Taken {
    /// The rows, unless nothing could be read.
    pub(super) rows: Option<InventoryWrite>,
    /// Parts that could not be read: section, path and why.
    pub(super) failures: Vec<String>,
    /// Why nothing could be read.
    error: Option<Error>,
}

impl Taken {
    pub(super) fn nothing(error: Error) -> Self {
        Self { rows: None, failures: Vec::new(), error: Some(error) }
    }

    /// What a person should know, in a line.
    pub(super) fn problem(&self) -> Option<String> {
        match (&self.error, self.failures.as_slice()) {
            (Some(error), _) => Some(error.chain()),
            (None, []) => None,
            (None, [one]) => Some(format!("not read: {one}")),
            (None, [first, rest @ ..]) => Some(format!("not read: {first}; and {} more", rest.len())),
        }
    }
}

/// Reads what the job asked for. `system` has been read already and is not read again.
pub(super) async fn inventory(client: &Client, system: Resource<ComputerSystem>, fetch: Fetch) -> Taken {
    let options = InventoryOptions { sections: sections(fetch), system: Some(system) };
    let read = match inventory::inventory(client, options).await {
        Ok(read) => read,
        Err(error) => return Taken::nothing(error.into()),
    };
    let failures = read
        .failures
        .iter()
        .map(|failure| format!("{} ({}): {}", failure.section, failure.path, failure.error.chain()))
        .collect();
    // The server's row is found by the recorder.
    match rows::inventory(&read, ServerId(uuid::Uuid::nil()), clock::now()) {
        Ok(mut rows) => {
            let facts = client.facts();
            rows.server.set.requires_legacy_ssl = Some(facts.requires_legacy_ssl);
            rows.server.set.supported_endpoints = serde_json::to_value(facts).ok();
            if !fetch.health {
                rows.health = None;
            }
            Taken { rows: Some(rows), failures, error: None }
        }
        Err(error) => Taken { rows: None, failures, error: Some(error) },
    }
}

fn sections(fetch: Fetch) -> SectionSet {
    let groups = [
        (fetch.firmware, &[Section::Firmware][..]),
        (fetch.health, &[Section::Power, Section::Fans, Section::Temperatures]),
        (fetch.bios, &[Section::Bios]),
        (fetch.storage, &[Section::Storage, Section::Drives, Section::Volumes]),
        (fetch.nics, &[Section::Adapters, Section::Ports, Section::Functions, Section::EthernetInterfaces]),
        (fetch.memory, &[Section::Memory]),
    ];
    let unwanted = groups.into_iter().filter(|(wanted, _)| !wanted).flat_map(|(_, sections)| sections);
    let all = match fetch.nics && fetch.switch_connections {
        true => SectionSet::FULL.with(Section::SwitchConnections),
        false => SectionSet::FULL,
    };
    unwanted.fold(all, |set, section| set.without(*section))
}

//! `dsm.Inventory`, and which sections of it to read.

use dell_redfish::flow::inventory::{Inventory, InventoryOptions, Section, SectionSet};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What is read unless said.
const FULL: &str = "full";
/// Everything.
const ALL: &str = "all";

/// Sections by their names, `full` and `all` among them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sections(SectionSet);

impl Sections {
    pub(crate) fn options(self) -> InventoryOptions {
        InventoryOptions { sections: self.0, system: None }
    }
}

impl<'de> Deserialize<'de> for Sections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut wanted = SectionSet::IDENTITY;
        for name in Vec::<String>::deserialize(deserializer)? {
            let named = |section: &Section| match name.as_str() {
                FULL => SectionSet::FULL.has(*section),
                ALL => true,
                name => section.as_str() == name,
            };
            let mut found = Section::ALL.iter().copied().filter(named).peekable();
            if found.peek().is_none() {
                let names = Section::ALL.iter().map(|section| section.as_str());
                let names = names.chain([FULL, ALL]).collect::<Vec<_>>().join(", ");
                return Err(D::Error::custom(format!("there is no section {name:?}; there are {names}")));
            }
            wanted = found.fold(wanted, SectionSet::with);
        }
        Ok(Self(wanted))
    }
}

/// `dsm.Inventory`.
pub(crate) fn record(of: &Inventory) -> Result<Value, Failure> {
    let written = |value: serde_json::Result<Value>| value.map_err(Failure::Json);
    let mut record = Map::new();
    record.insert("generation".to_owned(), written(serde_json::to_value(of.generation))?);
    record.insert("summary".to_owned(), written(serde_json::to_value(of.summary()))?);
    record.insert("requests".to_owned(), of.requests.into());
    record.insert("failures".to_owned(), written(serde_json::to_value(&of.failures))?);
    let stale = of.stale.iter().map(|stale| {
        json!({"section": stale.section, "path": stale.path, "message_id": stale.message_id.as_str()})
    });
    record.insert("stale".to_owned(), stale.collect());
    macro_rules! resources {
        ($($name:ident)*) => {
            $(record.insert(stringify!($name).to_owned(), written(serde_json::to_value(&of.$name))?);)*
        };
    }
    resources! {
        system manager chassis bios processors memory storage storage_controllers simple_storage drives volumes adapters
        ports functions ethernet_interfaces power power_subsystem power_supply_resources thermal thermal_subsystem
        fan_resources sensors firmware pcie_devices assembly pcie_slots switch_connections
    }
    Ok(record.into())
}

//! An inventory taken through the real client, held against what the simulator knows to be true.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use dell_redfish::flow::inventory::{Inventory, InventoryOptions, inventory};
use dell_redfish::model::{Resource, Schema, json};
use dell_redfish::{Client, ClientBuilder, Credentials, RetryPolicy, Target};
use idrac_sim::{Expected, ServerHandle};
use serde_json::Value;

/// The administrator of the suites' fleets.
pub const USER: &str = "root";
/// And the password.
pub const PASSWORD: &str = "secret";

/// A client of a simulated server that knows its password and wastes no time on pauses.
#[must_use]
pub fn client(server: &ServerHandle) -> ClientBuilder {
    let address = server.address();
    Client::builder(Target::new(address.ip()).with_port(address.port()))
        .credentials(Credentials::new(USER, PASSWORD))
        .retry(RetryPolicy {
            base: Duration::from_millis(10),
            cap: Duration::from_millis(100),
            ..RetryPolicy::default()
        })
}

/// The full inventory.
///
/// # Errors
/// The flow's.
pub async fn take(client: &Client) -> dell_redfish::Result<Inventory> {
    inventory(client, InventoryOptions::default()).await
}

/// What an inventory says otherwise than the truth. MAC addresses are those of the network functions, or of the
/// host's interfaces where they were read.
#[must_use]
pub fn differences(truth: &Expected, found: &Inventory) -> Vec<String> {
    let mut list = Vec::new();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let system = &found.system;
    differ(&mut list, "service tag", &truth.service_tag, &text(&system.sku));
    differ(&mut list, "model", &truth.model, &text(&system.model));
    differ(&mut list, "board serial", &truth.serial_number, &text(&system.serial_number));
    differ(&mut list, "uuid", &truth.uuid, &text(&system.uuid));
    differ(&mut list, "bios version", &truth.bios_version, &text(&system.bios_version));
    let manager = found.manager.as_ref();
    let firmware = manager.map(|manager| text(&manager.firmware_version)).unwrap_or_default();
    differ(&mut list, "idrac version", &truth.idrac_version, &firmware);
    let model = manager.map(|manager| text(&manager.model)).unwrap_or_default();
    differ(&mut list, "manager model", &truth.manager_model, &model);
    differ(&mut list, "processors", &truth.processors, &found.cpus().count());
    differ(&mut list, "gpus", &truth.gpus, &found.gpus().count());
    differ(&mut list, "dimms", &truth.dimms, &sorted(found.memory.iter().map(|m| &m.serial_number)));
    let mib: u64 = found.memory.iter().filter_map(|module| module.capacity_mib).sum();
    differ(&mut list, "memory", &truth.memory_mib, &mib);
    differ(&mut list, "controllers", &truth.controllers, &found.storage.len());
    differ(&mut list, "drives", &truth.drives, &sorted(found.drives.iter().map(|d| &d.serial_number)));
    differ(&mut list, "volumes", &truth.volumes, &found.volumes.len());
    differ(&mut list, "adapters", &truth.adapters, &found.adapters.len());
    let of_functions = found.functions.iter().filter_map(|f| Some(&f.ethernet.as_ref()?.mac_address));
    let of_interfaces = found.ethernet_interfaces.iter().map(|interface| &interface.mac_address);
    let macs: BTreeSet<String> = of_functions.chain(of_interfaces).filter_map(Clone::clone).collect();
    differ(&mut list, "macs", &truth.macs.iter().cloned().collect(), &macs);
    differ(&mut list, "power supplies", &truth.power_supplies, &found.power_supplies().count());
    differ(&mut list, "fans", &truth.fans, &found.fans().count());
    differ(&mut list, "firmware", &truth.firmware, &sorted(found.firmware.iter().map(|entry| &entry.id)));
    let attributes = found.bios.as_ref().and_then(|bios| bios.attributes.as_ref()).map_or(0, BTreeMap::len);
    differ(&mut list, "bios attributes", &truth.bios_attributes, &attributes);
    list
}

fn sorted<'a>(texts: impl Iterator<Item = &'a Option<String>>) -> Vec<String> {
    let mut all: Vec<String> = texts.map(|text| text.clone().unwrap_or_default()).collect();
    all.sort();
    all
}

fn differ<T: PartialEq + Debug>(list: &mut Vec<String>, what: &str, truth: &T, found: &T) {
    if truth != found {
        list.push(format!("{what}: {truth:?} is true, {found:?} was found"));
    }
}

/// Every value of every resource that is neither in the typed record nor in its `extra`, every resource that is not
/// the same as its original (where `original` knows one), and every resource that came twice.
#[must_use]
pub fn losses(found: &Inventory, original: impl Fn(&str) -> Option<Value>) -> Vec<String> {
    let mut all = Losses { list: Vec::new(), met: BTreeSet::new(), original: &original };
    all.check(std::slice::from_ref(&found.system));
    all.check(found.manager.as_slice());
    all.check(found.chassis.as_slice());
    all.check(found.bios.as_slice());
    all.check(&found.processors);
    all.check(&found.memory);
    all.check(&found.storage);
    all.check(&found.storage_controllers);
    all.check(&found.simple_storage);
    all.check(&found.drives);
    all.check(&found.volumes);
    all.check(&found.adapters);
    all.check(&found.ports);
    all.check(&found.functions);
    all.check(&found.ethernet_interfaces);
    all.check(found.power.as_slice());
    all.check(found.power_subsystem.as_slice());
    all.check(&found.power_supply_resources);
    all.check(found.thermal.as_slice());
    all.check(found.thermal_subsystem.as_slice());
    all.check(&found.fan_resources);
    all.check(&found.sensors);
    all.check(&found.firmware);
    all.check(&found.pcie_devices);
    all.check(found.assembly.as_slice());
    all.check(found.pcie_slots.as_slice());
    all.check(&found.switch_connections);
    let (met, documents) = (all.met.len(), found.documents().count());
    if met != documents {
        all.list.push(format!("{documents} documents, {met} resources"));
    }
    all.list
}

struct Losses<'a> {
    list: Vec<String>,
    met: BTreeSet<String>,
    original: &'a dyn Fn(&str) -> Option<Value>,
}

impl Losses<'_> {
    fn check<T: Schema>(&mut self, resources: &[Resource<T>]) {
        for resource in resources {
            let id = resource.odata_id().unwrap_or_default().to_owned();
            let raw: Value = serde_json::from_slice(resource.raw()).unwrap_or(Value::Null);
            if (self.original)(&id).is_some_and(|original| original != raw) {
                self.list.push(format!("{id}: differs from its original"));
            }
            let back = resource.to_json().ok().map(|mut typed| {
                let extra = typed.as_object_mut().and_then(|fields| fields.remove("extra"));
                extra.map_or_else(|| typed.clone(), |extra| json::merge(typed.clone(), extra))
            });
            if back.as_ref() != Some(&raw) || !resource.is_lossless().unwrap_or(false) {
                self.list.push(format!("{id}: typed fields and extra are not the whole {}", T::NAME));
            }
            if !self.met.insert(id.clone()) {
                self.list.push(format!("{id}: came twice"));
            }
        }
    }
}

/// How many resources of each schema the inventory holds, by the iDRAC's own `@odata.type`.
#[must_use]
pub fn by_schema(found: &Inventory) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for document in found.documents() {
        let value: Value = serde_json::from_slice(document.raw).unwrap_or(Value::Null);
        let kind = value.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        let schema = kind.trim_start_matches('#').split('.').next().unwrap_or_default();
        *counts.entry(schema.to_owned()).or_default() += 1;
    }
    counts
}

//! Ground truth for assertions, read from the resources a server serves, not from what made them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::server::ServerHandle;

/// What a full inventory of one server must find.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Expected {
    /// Service tag.
    pub service_tag: String,
    /// System model.
    pub model: String,
    /// Board serial number.
    pub serial_number: String,
    /// SMBIOS UUID.
    pub uuid: String,
    /// BIOS version.
    pub bios_version: String,
    /// iDRAC firmware version.
    pub idrac_version: String,
    /// The manager's model, `16G Monolithic` for example.
    pub manager_model: String,
    /// RedfishVersion of the service root.
    pub redfish_version: String,
    /// Processors of type CPU.
    pub processors: usize,
    /// Processors of type GPU.
    pub gpus: usize,
    /// Serial numbers of the memory modules, sorted.
    pub dimms: Vec<String>,
    /// Sum of the modules, MiB.
    pub memory_mib: u64,
    /// Storage resources.
    pub controllers: usize,
    /// Serial numbers of the drives, sorted.
    pub drives: Vec<String>,
    /// Virtual disks and other volumes.
    pub volumes: usize,
    /// Network adapters.
    pub adapters: usize,
    /// MAC addresses of the host's interfaces, sorted.
    pub macs: Vec<String>,
    /// Power supplies.
    pub power_supplies: usize,
    /// Fans.
    pub fans: usize,
    /// Names of the firmware inventory's entries, sorted.
    pub firmware: Vec<String>,
    /// BIOS attributes.
    pub bios_attributes: usize,
    /// How many resources of each schema there are.
    pub resources: BTreeMap<String, usize>,
}

impl Expected {
    pub(crate) fn of(handle: &ServerHandle) -> Self {
        let server = &handle.0;
        let view = server.view();
        let mut found = Self { service_tag: handle.service_tag(), ..Self::default() };
        for path in server.tree.paths() {
            let Some(bytes) = server.tree.render(&path, &view) else { continue };
            let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { continue };
            found.note(&path, &value);
        }
        let (supplies, fans) = (found.count("PowerSupply"), found.count("Fan"));
        found.power_supplies = found.power_supplies.max(supplies);
        found.fans = found.fans.max(fans);
        for list in [&mut found.dimms, &mut found.drives, &mut found.macs, &mut found.firmware] {
            list.sort();
        }
        found
    }

    fn count(&self, schema: &str) -> usize {
        self.resources.get(schema).copied().unwrap_or(0)
    }

    fn note(&mut self, path: &str, value: &Value) {
        // Settings for later are of the schema of what they are settings of, and no such thing.
        if path.ends_with("/Settings") {
            return;
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let length = |key: &str| value.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        let schema = text("@odata.type").trim_start_matches('#').split('.').next().unwrap_or("").to_owned();
        match schema.as_str() {
            "ServiceRoot" => self.redfish_version = text("RedfishVersion"),
            "ComputerSystem" => {
                self.model = text("Model");
                self.serial_number = text("SerialNumber");
                self.uuid = text("UUID");
                self.bios_version = text("BiosVersion");
            }
            "Manager" => {
                self.idrac_version = text("FirmwareVersion");
                self.manager_model = text("Model");
            }
            "Processor" if text("ProcessorType") == "GPU" => self.gpus += 1,
            "Processor" => self.processors += 1,
            "Memory" => {
                self.dimms.push(text("SerialNumber"));
                self.memory_mib += value.get("CapacityMiB").and_then(Value::as_u64).unwrap_or(0);
            }
            "Storage" => self.controllers += 1,
            "Drive" => self.drives.push(text("SerialNumber")),
            "Volume" if !path.ends_with("/Settings") => self.volumes += 1,
            "NetworkAdapter" => self.adapters += 1,
            "EthernetInterface" if path.contains("/Systems/") => self.macs.push(text("MACAddress")),
            // A server that shows both models has its supplies and fans twice.
            "Power" => self.power_supplies = self.power_supplies.max(length("PowerSupplies")),
            "Thermal" => self.fans = self.fans.max(length("Fans")),
            "SoftwareInventory" => self.firmware.push(text("Id")),
            "Bios" if path.ends_with("/Bios") => {
                let attributes = value.get("Attributes").and_then(Value::as_object);
                self.bios_attributes = attributes.map_or(0, serde_json::Map::len);
            }
            _ => {}
        }
        *self.resources.entry(schema).or_default() += 1;
    }
}

//! The row of `server_health`: the worst of each kind of part. What is not known stays unknown, never OK.

use dell_redfish::flow::health::{Component, Health};
use dell_redfish::flow::inventory::Inventory;
use dell_redfish::model::{Severity, worst};
use serde_json::{Value, json};

use super::filled;
use crate::store::HealthRow;

pub(super) fn row(inventory: &Inventory) -> HealthRow {
    let storage = inventory
        .storage
        .iter()
        .map(|storage| storage.status.as_ref())
        .chain(inventory.drives.iter().map(|drive| drive.status.as_ref()))
        .chain(inventory.volumes.iter().map(|volume| volume.status.as_ref()));
    let network = inventory
        .adapters
        .iter()
        .map(|adapter| adapter.status.as_ref())
        .chain(inventory.ports.iter().map(|port| port.status.as_ref()));
    HealthRow {
        power_state: filled(inventory.system.power_state.as_ref()),
        overall_health: overall(inventory),
        temperature_celsius: mean_celsius(inventory),
        fan_health: word(worst(inventory.fans().map(|fan| fan.status.as_ref()))),
        psu_health: word(worst(inventory.power_supplies().map(|supply| supply.status.as_ref()))),
        storage_health: word(worst(storage)),
        memory_health: word(worst(inventory.memory.iter().map(|dimm| dimm.status.as_ref()))),
        network_health: word(worst(network)),
        cpu_health: word(worst(inventory.processors.iter().map(|processor| processor.status.as_ref()))),
        sensors: Some(sensors(inventory)),
    }
}

/// The row of a look at the health alone, which knows components by their roll-ups, too.
pub(crate) fn row_of(health: &Health) -> HealthRow {
    let of = |component| word(health.component(component).and_then(|found| found.severity));
    HealthRow {
        power_state: filled(health.power_state.as_ref()),
        overall_health: word(health.overall),
        temperature_celsius: mean_celsius(&health.inventory),
        fan_health: of(Component::Fans),
        psu_health: of(Component::PowerSupplies),
        storage_health: of(Component::Storage),
        memory_health: of(Component::Memory),
        network_health: of(Component::Network),
        cpu_health: of(Component::Processors),
        sensors: Some(sensors(&health.inventory)),
    }
}

fn word(severity: Option<Severity>) -> Option<String> {
    severity.map(|severity| severity.as_str().to_owned())
}

/// The mean of what sensors tell, to a tenth; a zero is a sensor that tells nothing.
fn mean_celsius(inventory: &Inventory) -> Option<f64> {
    let readings = inventory.temperatures().filter_map(|reading| reading.celsius);
    let (sum, count) = readings
        .filter(|celsius| *celsius != 0.0)
        .fold((0.0, 0_u32), |(sum, count), celsius| (sum + celsius, count + 1));
    (count > 0).then(|| (sum / f64::from(count) * 10.0).round() / 10.0)
}

fn sensors(inventory: &Inventory) -> Value {
    let temperatures: Vec<_> = inventory
        .temperatures()
        .map(|reading| json!({"name": reading.name, "celsius": reading.celsius, "context": reading.context}))
        .collect();
    let fans: Vec<_> = inventory
        .fans()
        .map(|fan| {
            json!({
                "name": fan.name.as_ref().or(fan.fan_name.as_ref()),
                "reading": fan.reading.map(|reading| reading.0),
                "units": fan.reading_units,
            })
        })
        .collect();
    json!({"temperatures": temperatures, "fans": fans})
}

/// The server's own rollup, else Dell's; nothing where neither says.
pub(super) fn overall(inventory: &Inventory) -> Option<String> {
    let status = inventory.system.status.as_ref().and_then(|status| status.rollup());
    let dell = || {
        let system = inventory.system.oem.as_ref()?.dell.as_ref()?.system.as_ref()?;
        Severity::parse(system.system_rollup.as_deref()?)
    };
    status.or_else(dell).map(|severity| severity.as_str().to_owned())
}

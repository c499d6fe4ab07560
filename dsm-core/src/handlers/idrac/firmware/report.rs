//! What is told of a server, and of the whole job.

use std::collections::BTreeSet;

use dell_redfish::flow::firmware::FirmwareInventory;
use dell_redfish::model::{Resource, SoftwareInventory};
use serde_json::{Map, Value, json};

use super::end::{Became, End};
use super::plan::Planned;
use super::run::Rounds;
use crate::clock;
use crate::handler::Verdict;
use crate::handlers::idrac::rows;
use crate::handlers::idrac::walk::Visited;
use crate::store::{InventoryWrite, ServerFields, ServerPatch};

impl Rounds {
    fn end(&self, planned: &Planned) -> Option<&End> {
        self.ends.iter().find(|end| end.key == planned.key)
    }

    /// What is not installed of what was to be.
    pub(super) fn undone(&self) -> Vec<&Planned> {
        let is_good = |one: &&Planned| self.end(one).is_some_and(End::is_good);
        self.planned.iter().filter(|one| !is_good(one)).collect()
    }

    pub(super) fn needs_person(&self) -> bool {
        self.ends.iter().any(|end| end.became == Became::NeedsPerson)
    }

    /// In a line: what was done, or what not and why.
    pub(super) fn line(&self) -> String {
        let undone = self.undone();
        if undone.is_empty() {
            let done: Vec<String> = self.planned.iter().map(|one| {
                let wanted = one.version_wanted.as_deref().unwrap_or("installed");
                format!("{}: {} → {wanted}", called(one), one.version_before)
            }).collect();
            return done.join(", ");
        }
        let whys: Vec<String> = undone
            .iter()
            .map(|one| {
                let why = self.end(one).and_then(|end| end.error.clone());
                format!("{}: {}", called(one), why.unwrap_or_else(|| "it was not come to".to_owned()))
            })
            .collect();
        whys.join("; ")
    }

    /// Each package with its end.
    pub(super) fn updates(&self) -> Vec<Value> {
        let one = |planned: &Planned| {
            let end = self.end(planned);
            let after = match end.map(|end| end.became) {
                Some(Became::Installed) => planned.version_wanted.clone(),
                _ => self.installed_now(planned),
            };
            json!({
                "component": planned.component, "name": planned.name, "package": planned.package,
                "version_before": planned.version_before, "version_wanted": planned.version_wanted,
                "version_after": after,
                "status": end.map_or_else(|| json!("untouched"), |end| json!(end.became)),
                "error": end.and_then(|end| end.error.clone()),
                "job": end.and_then(|end| end.job.clone()),
            })
        };
        self.planned.iter().map(one).collect()
    }

    fn installed_now(&self, planned: &Planned) -> Option<String> {
        let inventory = self.inventory.as_ref()?;
        let mut versions: Vec<&str> = inventory
            .installed
            .iter()
            .filter(|item| item.name.as_deref() == Some(planned.name.as_str()))
            .map(|item| item.version.as_str())
            .collect();
        versions.sort_unstable();
        versions.dedup();
        (!versions.is_empty()).then(|| versions.join(", "))
    }

    /// The keys that the existing front end reads, and ours, put beside an ending.
    pub(super) fn told(&self, visited: Visited) -> Visited {
        let updates = self.updates();
        let joined = |key: &str| -> String {
            let texts: Vec<&str> =
                updates.iter().filter_map(|one| one.get(key)?.as_str()).filter(|text| !text.is_empty()).collect();
            texts.join(", ")
        };
        let queue: Vec<Value> = updates
            .iter()
            .filter_map(|one| one.get("job").filter(|job| !job.is_null()).cloned())
            .flat_map(|job| match job {
                Value::Array(jobs) => jobs,
                one => vec![one],
            })
            .collect();
        visited
            .with("component", joined("component"))
            .with("version_before", joined("version_before"))
            .with("version_after", joined("version_after"))
            .with("left_alone", json!(self.left))
            .with("passes", json!(self.passes))
            .with("preflight", json!(self.checks))
            .with("idrac_job_queue", queue)
            .with("updates", updates)
    }

    /// What was read, for the tables.
    pub(super) fn inventory(&self) -> InventoryWrite {
        let Some(inventory) = &self.inventory else { return InventoryWrite::default() };
        let set = ServerFields {
            bios_version: version(inventory, "BIOS."),
            idrac_firmware: version(inventory, "iDRAC."),
            ..ServerFields::default()
        };
        InventoryWrite {
            collected_at: clock::now(),
            server: ServerPatch { set, clear: Vec::new() },
            firmware: rows::firmware_rows(&inventory.entries as &[Resource<SoftwareInventory>]),
            ..InventoryWrite::default()
        }
    }
}

fn called(planned: &Planned) -> &str {
    if planned.name.is_empty() { &planned.component } else { &planned.name }
}

fn version(inventory: &FirmwareInventory, device: &str) -> Option<String> {
    let of = |item: &&dell_redfish::catalog::InstalledFirmware| {
        item.fqdd.as_deref().is_some_and(|fqdd| fqdd.starts_with(device))
    };
    inventory.installed.iter().find(of).map(|item| item.version.clone())
}

/// The keys of the whole job that the existing front end reads, made of its servers'.
pub(super) fn lift(verdict: Verdict) -> Verdict {
    with_details(verdict, |details| {
        let results = details.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
        let failed = results.iter().filter(|one| one.get("success") == Some(&json!(false))).count();
        details.insert("total_tasks".to_owned(), json!(results.len()));
        details.insert("failed_tasks".to_owned(), json!(failed));
        if let [one] = results.as_slice() {
            for key in ["component", "version_before", "version_after", "idrac_job_queue"] {
                if let Some(value) = one.get(key) {
                    details.insert(key.to_owned(), value.clone());
                }
            }
            if let Some(ip) = one.get("ip_address") {
                details.insert("current_host_ip".to_owned(), ip.clone());
            }
            details.insert("idrac_queue_updated_at".to_owned(), json!(clock::now()));
        }
    })
}

pub(super) fn with_details(mut verdict: Verdict, change: impl FnOnce(&mut Map<String, Value>)) -> Verdict {
    match &mut verdict {
        Verdict::Done(details)
        | Verdict::Partly(details, _)
        | Verdict::Failed(details, _)
        | Verdict::NeedsPerson(details, _) => change(details),
        Verdict::Snooze(_) => {}
    }
    verdict
}

/// On which servers a component, or anything, is not as it should be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    servers: usize,
    first: Option<String>,
}

impl Failures {
    /// As the details of a whole job say; `None` for every component. A server that nobody came to, or that failed before
    /// anything was looked at, counts.
    pub(super) fn of(details: &Map<String, Value>, component: Option<&str>) -> Self {
        let mut failures = Self::default();
        for result in list(details, "results").filter(|one| one.get("success") != Some(&json!(true))) {
            let of_server = || result.get("error").and_then(Value::as_str).unwrap_or("it failed").to_owned();
            let why = match result.get("updates").and_then(Value::as_array) {
                None => Some(of_server()),
                Some(_) if component.is_none() => Some(of_server()),
                Some(updates) => updates
                    .iter()
                    .filter(|one| one.get("component").and_then(Value::as_str) == component)
                    .find(|one| !matches!(one.get("status").and_then(Value::as_str), Some("installed" | "ended")))
                    .map(|one| one.get("error").and_then(Value::as_str).unwrap_or("it was not come to").to_owned()),
            };
            if let Some(why) = why {
                failures.servers += 1;
                failures.first.get_or_insert(why);
            }
        }
        let untouched = list(details, "untouched").count();
        if untouched > 0 {
            failures.servers += untouched;
            failures.first.get_or_insert_with(|| "servers were left untouched".to_owned());
        }
        failures
    }

    pub(super) fn is_none(&self) -> bool {
        self.servers == 0
    }

    /// For the details of a part of the job.
    pub(super) fn told(&self, whole: &Map<String, Value>) -> Map<String, Value> {
        let mut told = Map::from_iter([
            ("total_tasks".to_owned(), whole.get("total").cloned().unwrap_or(Value::Null)),
            ("failed_tasks".to_owned(), json!(self.servers)),
        ]);
        if let Some(why) = &self.first {
            told.insert("error".to_owned(), json!(why));
        }
        told
    }
}

/// The words of all components that anything was to be done to.
pub(super) fn components_of(details: &Map<String, Value>) -> BTreeSet<&str> {
    let updates = list(details, "results").filter_map(|one| one.get("updates")?.as_array()).flatten();
    updates.filter_map(|one| one.get("component")?.as_str()).collect()
}

fn list<'a>(details: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    details.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_fails_where_it_is_not_installed_and_where_nobody_came_to_it() {
        let update = |component: &str, status: &str| json!({"component": component, "status": status, "error": "RED007"});
        let whole = |results: Value, untouched: Value| {
            let Value::Object(details) = json!({"results": results, "untouched": untouched, "total": 2}) else { panic!() };
            details
        };
        let done = json!({"success": true, "updates": [update("BIOS", "installed")]});
        let half = json!({"success": false, "error": "no", "updates": [update("BIOS", "failed"), update("NIC", "ended")]});
        let dead = json!({"success": false, "error": "unreachable"});
        let servers = |details: &Map<String, Value>, word| Failures::of(details, word).servers;

        let details = whole(json!([done, half]), json!([]));
        assert_eq!((servers(&details, Some("BIOS")), servers(&details, Some("NIC")), servers(&details, None)), (1, 0, 1));
        assert_eq!(Failures::of(&details, Some("BIOS")).first.as_deref(), Some("RED007"));
        assert_eq!(components_of(&details), BTreeSet::from(["BIOS", "NIC"]));
        let details = whole(json!([done, dead]), json!(["somebody"]));
        assert_eq!((servers(&details, Some("NIC")), servers(&details, None)), (2, 2));
        assert!(Failures::of(&whole(json!([done]), json!([])), None).is_none());
    }
}

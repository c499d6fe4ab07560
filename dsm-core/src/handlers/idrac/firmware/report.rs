//! What is told of a server, and of the whole job.

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
use crate::id::ServerId;
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
    let with = |mut details: Map<String, Value>| {
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
        details
    };
    match verdict {
        Verdict::Done(details) => Verdict::Done(with(details)),
        Verdict::Partly(details, error) => Verdict::Partly(with(details), error),
        Verdict::Failed(details, error) => Verdict::Failed(with(details), error),
        Verdict::NeedsPerson(details, error) => Verdict::NeedsPerson(with(details), error),
        Verdict::Snooze(at) => Verdict::Snooze(at),
    }
}

/// Packages of a component over all servers of the job, and those that are not installed: what a part of it is told by.
pub(super) fn of_component(details: &Map<String, Value>, component: &str) -> (usize, usize) {
    let results = details.get("results").and_then(Value::as_array);
    let updates = results.into_iter().flatten().filter_map(|one| one.get("updates")?.as_array()).flatten();
    let meant = updates.filter(|one| one.get("component").and_then(Value::as_str) == Some(component));
    meant.fold((0, 0), |(all, undone), one| {
        let is_good = matches!(one.get("status").and_then(Value::as_str), Some("installed" | "ended"));
        (all + 1, undone + usize::from(!is_good))
    })
}

/// Which servers could not be looked at at all: no component of theirs is known to be right.
pub(super) fn unseen(details: &Map<String, Value>) -> Vec<ServerId> {
    let results = details.get("results").and_then(Value::as_array);
    let is_unseen =
        |one: &&Value| one.get("success") == Some(&json!(false)) && one.get("updates").is_none();
    let ids = results.into_iter().flatten().filter(is_unseen);
    ids.filter_map(|one| one.get("server_id")?.as_str()?.parse().ok()).collect()
}

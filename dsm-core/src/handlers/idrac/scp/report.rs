//! What an import came to, as its entry in `results`.

use dell_redfish::flow::scp::{ImportOutcome, PasswordInForce};
use serde_json::{Map, Value, json};

use super::classes;
use super::started::DellJob;
use super::take::Taken;
use super::verify::Verification;
use super::work::{Import, Previewed, RolledBack};
use crate::clock;
use crate::handlers::idrac::walk::{Visit, Visited, object};
use crate::store::{RowChange, RowWrite, Table};

/// Settings named that could not be set.
const NAMED: usize = 50;

/// The keys that every end of an import has, gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Report {
    keys: Map<String, Value>,
    rows: Vec<RowWrite>,
}

impl Report {
    pub(super) fn new(import: &Import) -> Self {
        let keys = object([
            ("components", json!(classes::text(&import.classes))),
            ("backup_id", json!(import.material.backup.as_ref().map(|backup| backup.0))),
            ("changed", json!(false)),
            ("job_id", Value::Null),
            ("preview", Value::Null),
            ("backup_before", Value::Null),
            ("reboot_required", json!(false)),
            ("verification", Value::Null),
            ("rollback", Value::Null),
        ]);
        Self { keys, rows: Vec::new() }
    }

    fn set(&mut self, key: &str, value: Value) {
        self.keys.insert(key.to_owned(), value);
    }

    pub(super) fn previewed(&mut self, preview: &Previewed) {
        self.set("preview", json!(preview));
    }

    pub(super) fn kept(&mut self, before: &Taken) {
        self.set("backup_before", json!(before.id));
    }

    /// The iDRAC took it on.
    pub(super) fn started(&mut self, visit: &Visit, import: &Import, job: &DellJob) {
        self.set("job_id", json!(job.job));
        self.set("resumed", json!(job.is_resumed));
        if let Some((id, _)) = import.material.backup {
            let columns = object([
                ("import_job_id", json!(visit.ctx().job().id)),
                ("last_imported_at", json!(clock::now())),
            ]);
            self.rows.push(RowWrite { table: Table::ScpBackups, id, change: RowChange::Patch(columns) });
        }
    }

    /// Its job has ended.
    pub(super) fn ended(&mut self, outcome: &ImportOutcome) {
        let failed = || outcome.components.iter().flat_map(|component| &component.failed);
        let components: Vec<Value> = outcome
            .components
            .iter()
            .map(|one| json!({"fqdd": one.fqdd, "applied": one.applied, "failed": one.failed.len()}))
            .collect();
        self.set("changed", json!(outcome.changed));
        self.set("job_state", json!(outcome.job.state.as_str()));
        self.set("component_results", json!(components));
        self.set("failed_settings", json!(failed().take(NAMED).collect::<Vec<_>>()));
        self.set("failed_setting_count", json!(failed().count()));
        self.set("job_messages", json!(outcome.job.messages));
        self.set("host_as_wanted", json!(outcome.host_as_wanted));
        self.set("own_login", json!(outcome.password));
        if outcome.password != PasswordInForce::Same {
            let warning = "the profile sets the password this program logs in with: store the new one";
            self.set("warning", json!(warning));
        }
    }

    pub(super) fn verified(&mut self, verification: Option<&Verification>) {
        self.set("verification", json!(verification));
    }

    fn end(self, visited: Visited) -> Visited {
        visited.with_all(self.keys).with_rows(self.rows)
    }

    /// The server is set like this already.
    pub(super) fn unchanged(self) -> Visited {
        self.end(Visited::done("Every setting is as wanted; nothing was imported"))
    }

    /// Some of it waits for somebody's restart.
    pub(super) fn staged(mut self) -> Visited {
        self.set("reboot_required", json!(true));
        self.end(Visited::done("Imported; what needs a restart of the host waits for it"))
    }

    pub(super) fn done(self) -> Visited {
        let settings: u64 = self
            .keys
            .get("component_results")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("applied")?.as_u64())
            .sum();
        let line = match settings {
            0 => "Imported".to_owned(),
            settings => format!("Imported: {settings} settings changed"),
        };
        self.end(Visited::done(line))
    }

    pub(super) fn failed(self, why: String) -> Visited {
        self.end(Visited::failed(why))
    }

    /// It went wrong, and what was kept before was imported.
    pub(super) fn rolled_back(mut self, why: &str, back: &RolledBack) -> Visited {
        self.set("rollback", json!(back));
        match &back.problem {
            None => {
                self.end(Visited::failed(format!("{why}; the configuration kept before is in force again")))
            }
            Some(problem) => self.end(Visited::needs_person(format!(
                "{why}; the configuration kept before could not be brought back: {problem}"
            ))),
        }
    }
}

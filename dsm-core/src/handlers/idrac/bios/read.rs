//! `bios_config_read`: keeps the BIOS settings of servers as they are now.
//!
//! Acts on: the servers it names. It only reads. A second run keeps another row, and says what has changed since the last one.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::settings::RegistryCache;
use serde_json::{Map, json};

use super::snapshot::{Label, Snapshot, last, since};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::summary::lift;
use crate::handlers::idrac::walk::{Caution, Hold, PerServer, Rollout, Rule, Visit, Visited, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;

const LIMIT: Duration = Duration::from_secs(600);

/// Differences shown of one server.
const CHANGES_SHOWN: usize = 100;

/// What a row may be kept as.
const KINDS: [(&str, &str); 3] = [("current", "current"), ("pending", "pending"), ("baseline", "baseline")];

/// Keys that front ends read at the top.
const AT_THE_TOP: &[&str] =
    &["attribute_count", "pending_count", "bios_version", "snapshot_type", "snapshot_id", "registry_version"];

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct BiosConfigRead;

/// The decoded input of a `bios_config_read`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    kind: &'static str,
    notes: String,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "bios_config_read",
    about: "Keeps the BIOS settings of servers as they are now, without secrets.",
    changes: false,
    input: &[
        Key {
            name: "details.snapshot_type",
            kind: "current | pending | baseline = current",
            about: "what the row is kept as",
        },
        Key { name: "details.notes", kind: "text", about: "kept with it" },
    ],
    output: &[
        Key { name: "results[].attribute_count", kind: "number", about: "settings in force" },
        Key { name: "results[].pending_count", kind: "number", about: "settings staged" },
        Key { name: "results[].bios_version", kind: "text", about: "of the system" },
        Key {
            name: "results[].registry_version",
            kind: "text",
            about: "the registry that explains the settings",
        },
        Key { name: "results[].snapshot_id", kind: "id", about: "the row" },
        Key {
            name: "results[].changes",
            kind: "list of attribute, before, after",
            about: "what differs from the last row of the server; change_count counts them all",
        },
        Key {
            name: "attribute_count, …",
            kind: "as above",
            about: "the same at the top for a job of one server",
        },
    ],
    rows: &["bios_configurations", "servers.bios_version"],
    completed: "no server failed",
    again: "keeps another row and says what has changed",
};

#[async_trait]
impl Handler for BiosConfigRead {
    const JOB_TYPE: &'static str = "bios_config_read";
    const READS: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        Ok(Args {
            kind: details.choice("snapshot_type", &KINDS)?.unwrap_or("current"),
            notes: details.text("notes")?.unwrap_or_default().to_owned(),
            rollout: Rollout::decode(details, Caution::Reads, servers.len())?,
            servers,
        })
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let walk = Walk {
            servers: args.servers,
            rollout: args.rollout,
            hold: Hold::Nothing,
            rule: Rule::All,
            limit: LIMIT,
            head: Map::new(),
            work: Read { kind: args.kind, notes: args.notes },
        };
        Ok(lift(walk.run(ctx).await?, AT_THE_TOP))
    }
}

/// What is done at each server.
struct Read {
    kind: &'static str,
    notes: String,
}

#[async_trait]
impl PerServer for Read {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        visit.progress(30, "Reading BIOS settings...");
        // A registry is large and of this one machine: it goes when the visit is over.
        let snapshot = Snapshot::take(&client, &system, &RegistryCache::default()).await?;
        let earlier = last(visit).await?;
        let row = snapshot.row(visit, &Label { kind: self.kind, notes: &self.notes });
        let changes = earlier.as_ref().and_then(|earlier| since(earlier, &snapshot.current.attributes));
        let shown = object([
            ("attribute_count", json!(snapshot.current.attributes.len())),
            ("pending_count", json!(snapshot.pending.attributes.len())),
            ("bios_version", json!(snapshot.bios_version)),
            ("registry_version", json!(snapshot.current.registry)),
            ("snapshot_type", json!(self.kind)),
            ("snapshot_id", json!(row.id)),
            ("omitted", json!(snapshot.current.omitted)),
            ("compared_with", json!(earlier.map(|earlier| earlier.id))),
            ("change_count", json!(changes.as_ref().map(Vec::len))),
            ("changes", changes.iter().flatten().take(CHANGES_SHOWN).map(|change| json!(change)).collect()),
        ]);
        let count = snapshot.current.attributes.len();
        let line = match changes.as_ref().map(Vec::len) {
            None => format!("{count} BIOS settings kept"),
            Some(0) => format!("{count} BIOS settings kept, as they were last time"),
            Some(changed) => format!("{count} BIOS settings kept, {changed} of them changed since last time"),
        };
        let version = snapshot.bios_version;
        Ok(Visited::done(line)
            .with_all(shown)
            .with_row(row)
            .with_server(|server| server.bios_version = version))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::job::NewJob;

    #[test]
    fn input_is_lenient_and_what_is_wrong_is_named() {
        let decode = |mut details: Value| {
            if let Some(details) = details.as_object_mut() {
                details.insert("server_id".to_owned(), json!(ServerId::new()));
            }
            BiosConfigRead.decode(&NewJob::new("bios_config_read").with_details(details).preview())
        };
        let args = decode(json!({"snapshot_type": null, "notes": null, "x": 1})).expect("fine");
        assert_eq!((args.kind, args.notes.as_str(), args.servers.len()), ("current", "", 1));
        assert_eq!(decode(json!({"snapshot_type": "Baseline"})).expect("a word").kind, "baseline");
        for (details, field) in [
            (json!({"snapshot_type": "old"}), "details.snapshot_type"),
            (json!({"notes": 7}), "details.notes"),
            (Value::Null, "target_scope.server_ids"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}

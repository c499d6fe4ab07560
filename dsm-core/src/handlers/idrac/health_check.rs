//! `health_check`: asks iDRACs how their servers are.
//!
//! Acts on: the servers it names, or with `details.all` on every one of the table; never on a fleet by mere silence. It only
//! reads. A second run reads again and adds a row of its own. A server that is ill has been checked: only one that could not be
//! asked fails.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::health::{Component, ComponentHealth, Health, HealthDepth, fetch_health_of};
use dell_redfish::model::Severity;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::Input;
use crate::handlers::idrac::rows;
use crate::handlers::idrac::scope::Scope;
use crate::handlers::idrac::summary::{amend, results};
use crate::handlers::idrac::walk::{Caution, Hold, PerServer, Rollout, Rule, Visit, Visited, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::job::JobRow;
use crate::store::InventoryWrite;

/// What may take long are the old ones, read link by link.
const LIMIT: Duration = Duration::from_secs(600);

/// Reasons shown of one server.
const REASONS_SHOWN: usize = 20;

/// How a server counts of which nothing is known.
const UNKNOWN: &str = "Unknown";

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct HealthCheck;

/// The decoded input of a `health_check`.
#[derive(Debug, Clone)]
pub struct Args {
    scope: Scope,
    depth: HealthDepth,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "health_check",
    about: "Asks iDRACs how their servers are: power supplies, fans, storage, memory, processors, cards.",
    changes: false,
    input: &[
        Key {
            name: "details.all",
            kind: "flag = false",
            about: "every server of the table, where none is named",
        },
        Key {
            name: "details.depth",
            kind: "full | quick = full",
            about: "quick believes the roll-ups of storage and cards",
        },
    ],
    output: &[
        Key {
            name: "health",
            kind: "counts",
            about: "servers by their overall health: OK, Warning, Critical, Unknown",
        },
        Key { name: "results[].overall_health", kind: "Severity or null", about: "the worst that is known" },
        Key { name: "results[].power_state", kind: "text", about: "On, Off" },
        Key {
            name: "results[].components",
            kind: "Severity or null by name",
            about: "each component; null where nothing is known",
        },
        Key { name: "results[].reasons", kind: "texts", about: "why one is not simply OK, the worst first" },
        Key { name: "results[].unread", kind: "number", about: "parts that could not be read" },
    ],
    rows: &["server_health", "servers.power_state", "servers.overall_health", "servers.last_health_check"],
    completed: "every server could be asked, however it is",
    again: "reads again and adds another row of health",
};

#[async_trait]
impl Handler for HealthCheck {
    const JOB_TYPE: &'static str = "health_check";
    const READS: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let scope = Scope::decode(job)?;
        let details = Input::details(job);
        let depths = [("full", HealthDepth::Full), ("quick", HealthDepth::Quick)];
        Ok(Args {
            depth: details.choice("depth", &depths)?.unwrap_or_default(),
            rollout: Rollout::decode(details, Caution::Reads, scope.named())?,
            scope,
        })
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let walk = Walk {
            servers: args.scope.servers(ctx).await?,
            rollout: args.rollout,
            hold: Hold::Nothing,
            rule: Rule::All,
            limit: LIMIT,
            head: Map::new(),
            work: Check { depth: args.depth },
        };
        Ok(amend(walk.run(ctx).await?, |details| {
            let counts = counted(details);
            details.insert("health".to_owned(), counts);
        }))
    }
}

/// How many servers are how.
fn counted(details: &Map<String, Value>) -> Value {
    let mut counts: Map<String, Value> =
        ["OK", "Warning", "Critical", UNKNOWN].map(|word| (word.to_owned(), json!(0))).into_iter().collect();
    for entry in results(details) {
        let word = entry.get("overall_health").and_then(Value::as_str).unwrap_or(UNKNOWN);
        if let Some(count) = counts.get_mut(word) {
            *count = json!(count.as_u64().unwrap_or(0) + 1);
        }
    }
    Value::Object(counts)
}

/// What is done at each server.
struct Check {
    depth: HealthDepth,
}

#[async_trait]
impl PerServer for Check {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        visit.progress(30, "Reading health...");
        let health = fetch_health_of(&client, system, self.depth).await?;
        let row = rows::health_row(&health);
        let inventory = InventoryWrite { health: Some(row), ..InventoryWrite::default() };
        let found = shown(&health);
        Ok(Visited::done(line(&health)).with_all(found).with_inventory(inventory).with_server(|server| {
            server.power_state = health.power_state;
            server.overall_health = health.overall.map(|overall| overall.as_str().to_owned());
            server.last_health_check = Some(clock::now());
        }))
    }
}

/// Its entry in `results`.
fn shown(health: &Health) -> Map<String, Value> {
    let word = |severity: Option<Severity>| severity.map(Severity::as_str);
    let components = health.components.iter().map(|found| (found.component.as_str(), word(found.severity)));
    object([
        ("overall_health", json!(word(health.overall))),
        ("power_state", json!(health.power_state)),
        ("components", components.map(|(name, word)| (name.to_owned(), json!(word))).collect()),
        ("reasons", json!(reasons(health))),
        ("is_stale", json!(health.is_stale())),
        ("unread", json!(health.failures.len())),
    ])
}

/// Why it is not simply well, the worst first.
fn reasons(health: &Health) -> Vec<String> {
    let mut ill: Vec<&ComponentHealth> =
        health.components.iter().filter(|found| !found.reasons.is_empty()).collect();
    ill.sort_by_key(|found| std::cmp::Reverse(found.severity));
    let reasons = ill
        .iter()
        .flat_map(|found| found.reasons.iter().map(|reason| format!("{}: {reason}", found.component)));
    reasons.take(REASONS_SHOWN).collect()
}

/// In a line for people.
fn line(health: &Health) -> String {
    let word = health.overall.map_or(UNKNOWN, Severity::as_str);
    let unread = match health.failures.len() {
        0 => String::new(),
        1 => "; a part could not be read".to_owned(),
        count => format!("; {count} parts could not be read"),
    };
    // What is well may be so only as far as anybody can tell.
    let unknown: Vec<&str> = health.unknown().map(Component::as_str).collect();
    let unknown = match (health.overall, unknown.is_empty()) {
        (None, _) | (_, true) => String::new(),
        _ => format!("; nothing is known of {}", unknown.join(", ")),
    };
    match (health.overall, reasons(health).into_iter().next()) {
        (Some(Severity::Warning | Severity::Critical), Some(first)) => {
            format!("Health is {word}: {first}{unknown}{unread}")
        }
        _ => format!("Health is {word}{unknown}{unread}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ServerId;
    use crate::job::NewJob;

    #[test]
    fn input_is_lenient_and_what_is_wrong_is_named() {
        let job = |details: Value| {
            let scope = json!({"server_ids": [ServerId::new().to_string()]});
            NewJob::new("health_check").with_scope(scope).with_details(details).preview()
        };
        let args = HealthCheck.decode(&job(Value::Null)).expect("null details");
        assert_eq!((args.scope.named(), args.depth), (1, HealthDepth::Full));
        let args = HealthCheck.decode(&job(json!({"depth": "QUICK", "unknown": []}))).expect("a word");
        assert_eq!(args.depth, HealthDepth::Quick);
        let error = HealthCheck.decode(&job(json!({"depth": "deep"}))).expect_err("no such word");
        assert_eq!(error.subject(), Some("details.depth"));
    }

    #[test]
    fn servers_are_counted_by_how_they_are() {
        let details = object([(
            "results",
            json!([{"overall_health": "OK"}, {"overall_health": "OK"}, {"overall_health": null}, {}]),
        )]);
        assert_eq!(counted(&details), json!({"OK": 2, "Warning": 0, "Critical": 0, "Unknown": 2}));
    }
}

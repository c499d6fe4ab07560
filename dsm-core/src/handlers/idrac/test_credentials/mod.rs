//! `test_credentials`: logs in to iDRACs and proves it by reading what only a login may read.
//!
//! Acts on: the servers it names, and addresses that need not be in the table. What it tries is what the job names: its credential
//! sets in their order, then the user name and password in its details; where it names none, what each server would be
//! visited with. A second run tries again. It hurts nobody: nothing is changed, no password goes to anything that does not
//! prove to be a Dell, at most three go to one iDRAC, and one that five iDRACs in a row refuse goes to no other.

mod columns;
mod probe;
mod rights;

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::credential::{GuardLimits, ScanCredentials};
use crate::ctx::Ctx;
use crate::engine::Fleet;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::walk::{Caution, Hold, Rollout, Rule, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::ServerQuery;
use probe::Probe;

/// How long one iDRAC may take, the wait for the verdicts of others on the same credential included.
const LIMIT: Duration = Duration::from_secs(600);

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestCredentials;

/// The decoded input of a `test_credentials`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    addresses: Vec<IpAddr>,
    /// Whose password is in the details.
    username: Option<String>,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "test_credentials",
    about: "Logs in to iDRACs and proves it by reading what only a login may read.",
    changes: false,
    input: &[
        Key {
            name: "target_scope.ip_address",
            kind: "address or list of addresses",
            about: "beside or instead of servers; need not be in the table",
        },
        Key {
            name: "credential_set_ids",
            kind: "list of ids (of the job)",
            about: "tried in this order; none: what is in the details, or what each server has",
        },
        Key { name: "details.username", kind: "text", about: "tried after the sets" },
        Key { name: "details.password", kind: "text, sealed", about: "its password; gone when the job ends" },
    ],
    output: &[
        Key { name: "success", kind: "flag", about: "every iDRAC let one of them in" },
        Key { name: "message", kind: "text", about: "what came of it, success or not" },
        Key { name: "results[].auth_ok", kind: "flag or null", about: "null: no verdict of the iDRAC's" },
        Key { name: "results[].role", kind: "text or null", about: "of a local account" },
        Key { name: "results[].privileges", kind: "list of texts or null", about: "those of the role" },
        Key { name: "results[].response_time_ms", kind: "number", about: "login and proof" },
        Key { name: "results[].tls", kind: "modern or legacy", about: "how it had to be reached" },
        Key { name: "results[].generation", kind: "text or null", about: "iDRAC7 to iDRAC10" },
        Key { name: "results[].idrac_version", kind: "text", about: "version of the Redfish specification" },
        Key { name: "results[].tried", kind: "list", about: "each credential and what became of it" },
        Key {
            name: "suspended_credentials",
            kind: "list",
            about: "no longer sent, after five refusals in a row",
        },
    ],
    rows: &["servers.credential_test_status", "servers.credential_last_tested", "servers.connection_status"],
    completed: "every iDRAC let one of them in",
    again: "tries again",
};

#[async_trait]
impl Handler for TestCredentials {
    const JOB_TYPE: &'static str = "test_credentials";
    const INTERACTIVE: bool = true;
    const READS: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::servers(job)?;
        let addresses = addresses(job)?;
        if servers.is_empty() && addresses.is_empty() {
            return Err(Error::invalid(
                "target_scope.ip_address",
                "no address and no server is named",
                r#"write {"ip_address": "…"}, or {"server_ids": ["…"]} with ids of the `servers` table"#,
            ));
        }
        let details = Input::details(job);
        Ok(Args {
            username: username(details)?,
            rollout: Rollout::decode(details, Caution::Reads, servers.len() + addresses.len())?,
            servers,
            addresses,
        })
    }

    fn admit(&self, args: &Args, fleet: &Fleet) -> Result<()> {
        args.addresses.iter().try_for_each(|address| fleet.network().check(*address))
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        self.admit(&args, ctx.fleet())?;
        let Args { mut servers, mut addresses, username, rollout } = args;
        let typed = match username {
            Some(username) => ctx.secret("/password")?.map(|password| (username, password)),
            None => None,
        };
        let sets = &ctx.job().credential_set_ids;
        let names_any = !sets.is_empty() || typed.is_some();
        let chain = ctx.fleet().chain().clone();
        let credentials = ScanCredentials::test(chain, sets, typed, GuardLimits::default()).await?;
        let is_usable = !names_any || credentials.has_own();
        for problem in credentials.take_problems() {
            ctx.log("WARN", problem.chain());
            if !is_usable {
                return Err(problem);
            }
        }
        known_at(ctx, &mut servers, &mut addresses).await?;
        let total = servers.len() + addresses.len();
        let walk = Walk {
            servers,
            rollout,
            hold: Hold::Nothing,
            rule: Rule::All,
            limit: LIMIT,
            head: Map::new(),
            work: Probe { credentials: credentials.clone(), is_own: !names_any },
        };
        let mut verdict = walk.run_also_at(ctx, &addresses).await?;
        tell(&mut verdict, total, &credentials);
        Ok(verdict)
    }
}

/// Each address once. A range is no address: that is a scan.
fn addresses(job: &JobRow) -> Result<Vec<IpAddr>> {
    const FIELD: &str = "target_scope.ip_address";
    let Some(scope) = job.target_scope.as_object() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (index, text) in input::texts(scope, "ip_address", FIELD)?.iter().enumerate() {
        let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse().map_err(|error| {
            Error::invalid(
                format!("{FIELD}[{index}]"),
                format!("`{text}` is no address"),
                "write an IP address",
            )
            .with_source(error)
        })?;
        if !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

/// The user name, which needs a password beside it, as the password needs one.
fn username(details: Input<'_>) -> Result<Option<String>> {
    let username = details.text("username")?;
    let has_password = details.text("password")?.is_some();
    let missing = |key: &str| {
        Err(Error::invalid(
            details.field(key),
            "it is missing",
            "name both username and password, or neither",
        ))
    };
    match (username, has_password) {
        (Some(username), true) => Ok(Some(username.to_owned())),
        (None, false) => Ok(None),
        (Some(_), false) => missing("password"),
        (None, true) => missing("username"),
    }
}

/// Servers of the table among the addresses become servers.
async fn known_at(ctx: &Ctx, servers: &mut Vec<ServerId>, addresses: &mut Vec<IpAddr>) -> Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let at = ServerQuery { addresses: addresses.clone(), ..ServerQuery::default() };
    for row in ctx.store().servers(at).await? {
        addresses.retain(|address| row.fields.ip_address != Some(*address));
        if !servers.contains(&row.id) {
            servers.push(row.id);
        }
    }
    Ok(())
}

/// Adds what front ends read at the top: everything of a single target, else a summary.
fn tell(verdict: &mut Verdict, total: usize, credentials: &ScanCredentials) {
    let (details, error) = match verdict {
        Verdict::Done(details) => (details, None),
        Verdict::Partly(details, error)
        | Verdict::Failed(details, error)
        | Verdict::NeedsPerson(details, error) => (details, Some(error.clone())),
        Verdict::Snooze(_) => return,
    };
    let only = details.get("results").and_then(Value::as_array).filter(|_| total == 1);
    let only = only.and_then(|results| results.first()).and_then(Value::as_object).cloned();
    let summary = error.clone().unwrap_or_else(|| format!("all {total} iDRACs let us in"));
    details.extend(object([("message", json!(summary))]));
    for (key, value) in only.unwrap_or_default() {
        details.insert(key, value);
    }
    let suspended: Vec<Value> = credentials
        .suspended()
        .into_iter()
        .map(|one| {
            json!({"name": one.name, "username": one.username, "set_id": one.set_id,
                   "refused_in_a_row": one.refused_in_a_row})
        })
        .collect();
    details.extend(object([
        ("success", json!(error.is_none())),
        ("error", json!(error)),
        ("suspended_credentials", json!(suspended)),
    ]));
    // A word of the walk's about one server, not about the job.
    details.remove("status");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decoded(scope: Value, details: Value) -> Result<Args> {
        TestCredentials
            .decode(&NewJob::new("test_credentials").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn addresses_come_alone_or_in_lists_and_beside_servers() {
        let id = ServerId::new();
        for (scope, servers, addresses) in [
            (json!({"ip_address": "10.0.0.1"}), 0, 1),
            (json!({"ip_address": ["10.0.0.1", " 10.0.0.1 ", "[fd00::1]"]}), 0, 2),
            (json!({"server_ids": [id.to_string()], "ip_address": "10.0.0.1"}), 1, 1),
            (json!([id.to_string()]), 1, 0),
        ] {
            let args = decoded(scope.clone(), Value::Null).expect("args");
            assert_eq!((args.servers.len(), args.addresses.len()), (servers, addresses), "{scope}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let at = json!({"ip_address": "10.0.0.1"});
        for (scope, details, field) in [
            (json!({}), Value::Null, "target_scope.ip_address"),
            (Value::Null, Value::Null, "target_scope.ip_address"),
            (json!({"ip_address": "10.0.0.0/24"}), Value::Null, "target_scope.ip_address[0]"),
            (json!({"ip_address": 5}), Value::Null, "target_scope.ip_address"),
            (at.clone(), json!({"username": "root"}), "details.password"),
            (at.clone(), json!({"password": "secret"}), "details.username"),
            (at.clone(), json!({"username": 7}), "details.username"),
            (at, json!({"canary": "x"}), "details.canary"),
        ] {
            let error = decoded(scope.clone(), details).expect_err("bad");
            assert_eq!(error.subject(), Some(field), "{scope}");
        }
    }
}

//! `boot_configuration`: reads what hosts start from, sets or takes back a one-time boot, sets the persistent order.
//!
//! Acts on: the servers it names. A second run finds it so and sends nothing. It restarts nobody: what waits for a restart is
//! said to wait, with the iDRAC's job that does it. It can hurt at the next restart, when a host starts from something else.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::Client;
use dell_redfish::flow::boot::{
    Applied, BootConfig, BootOverride, OrderOutcome, fetch_boot, plan_boot_order, plan_boot_override,
    set_boot_order, set_boot_override,
};
use dell_redfish::flow::jobs::list_jobs;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::overriding::{Note, is_set};
use crate::handlers::idrac::walk::{
    Caution, Hold, PerServer, Rollout, Rule, Sent, Visit, Visited, Walk, object,
};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::{RowChange, RowQuery, RowWrite, Table, server_lane};

/// How long one server may take.
const LIMIT: Duration = Duration::from_secs(900);

/// DMTF's words for what an override leads to, however they are spelt.
const TARGETS: &[&str] = &[
    "None",
    "Pxe",
    "Floppy",
    "Cd",
    "Usb",
    "Hdd",
    "BiosSetup",
    "Utilities",
    "Diags",
    "UefiShell",
    "UefiTarget",
    "SDCard",
    "UefiHttp",
    "RemoteDrive",
    "UefiBootNext",
    "Recovery",
];

/// Dell's type of the job that sets a new order.
const JOB_TYPE: &str = "BIOSConfiguration";

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct BootConfiguration;

/// The decoded input of a `boot_configuration`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    action: Action,
    is_dry: bool,
    rollout: Rollout,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
enum Action {
    Fetch,
    Override { wanted: BootOverride, target: String },
    Order(Vec<String>),
}

impl Action {
    /// As results name it.
    fn name(&self) -> &'static str {
        match self {
            Self::Fetch => "fetch_config",
            Self::Override { target, .. } if target == "None" => "disable_override",
            Self::Override { .. } => "one_time_boot",
            Self::Order(_) => "set_boot_order",
        }
    }
}

const CARD: JobCard = JobCard {
    job_type: "boot_configuration",
    about: "Reads what hosts start from, sets or takes back a one-time boot, sets the persistent order.",
    changes: true,
    input: &[
        Key {
            name: "details.action",
            kind: "fetch_config | set_one_time_boot | disable_override | set_boot_order = fetch_config",
            about: "what is wanted",
        },
        Key { name: "details.boot_target", kind: "text", about: "for a one-time boot; None takes it back" },
        Key { name: "details.boot_mode", kind: "UEFI | Legacy = as it is", about: "for a one-time boot" },
        Key { name: "details.uefi_target", kind: "text", about: "device path, for the target UefiTarget" },
        Key {
            name: "details.boot_order",
            kind: "list of references or names",
            about: "what is not named keeps its order behind it",
        },
    ],
    output: &[
        Key { name: "action", kind: "text", about: "what was asked" },
        Key {
            name: "results[].config",
            kind: "object",
            about: "everything about starting, as read at the end",
        },
        Key { name: "results[].applied", kind: "unchanged | set | pending_restart", about: "how far it is" },
        Key { name: "results[].pending_until_restart", kind: "flag", about: "it waits for a restart" },
        Key { name: "results[].dell_job_id", kind: "text or null", about: "the job that waits for it" },
        Key { name: "results[].verified_order", kind: "list of texts", about: "the order in force" },
    ],
    rows: &[
        "server_boot_config_history",
        "servers.boot_mode",
        "servers.boot_order",
        "servers.boot_source_override_enabled",
        "servers.boot_source_override_target",
        "servers.last_boot_config_check",
    ],
    completed: "no server failed",
    again: "finds it so and sends nothing; an order that still waits for its restart is refused",
};

#[async_trait]
impl Handler for BootConfiguration {
    const JOB_TYPE: &'static str = "boot_configuration";
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        let action = action(details)?;
        let caution = if action == Action::Fetch { Caution::Reads } else { Caution::Changes };
        Ok(Args {
            rollout: Rollout::decode(details, caution, servers.len())?,
            is_dry: details.flag("dry_run", false)?,
            action,
            servers,
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] if !args.is_dry && args.action != Action::Fetch => Some(server_lane(*one)),
            _ => None,
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let Args { servers, action, is_dry, rollout } = args;
        let asked = ctx.job().details.get("action").and_then(Value::as_str).unwrap_or("fetch_config");
        let head = object([("action", json!(asked)), ("dry_run", json!(is_dry))]);
        let hold = if is_dry || action == Action::Fetch { Hold::Nothing } else { Hold::InLine };
        let work = Boot { action, is_dry };
        Walk { servers, rollout, hold, rule: Rule::All, limit: LIMIT, head, work }.run(ctx).await
    }
}

fn action(details: Input<'_>) -> Result<Action> {
    let words =
        ["fetch_config", "set_one_time_boot", "disable_override", "set_boot_order"].map(|word| (word, word));
    match details.choice("action", &words)?.unwrap_or("fetch_config") {
        "set_one_time_boot" => one_time_boot(details),
        "disable_override" => {
            Ok(Action::Override { wanted: BootOverride::disabled(), target: "None".to_owned() })
        }
        "set_boot_order" => {
            let order: Vec<String> =
                details.texts("boot_order")?.iter().map(|one| one.trim().to_owned()).collect();
            if order.is_empty() || order.iter().any(String::is_empty) {
                return Err(Error::invalid(
                    details.field("boot_order"),
                    "it names nothing to start from",
                    r#"write the boot options in their order, such as ["Boot0003", "Boot0001"]"#,
                ));
            }
            Ok(Action::Order(order))
        }
        _ => Ok(Action::Fetch),
    }
}

fn one_time_boot(details: Input<'_>) -> Result<Action> {
    let target =
        details.needed("boot_target", "name what to start from, such as Pxe or Cd; None takes it back")?;
    let target = TARGETS.iter().find(|word| word.eq_ignore_ascii_case(target)).map_or(target, |word| word);
    let mode = details.choice("boot_mode", &[("UEFI", "UEFI"), ("Legacy", "Legacy"), ("Bios", "Legacy")])?;
    let wanted = match target {
        "None" => {
            return Ok(Action::Override { wanted: BootOverride::disabled(), target: target.to_owned() });
        }
        "UefiTarget" => BootOverride::once_from_uefi(
            details.needed("uefi_target", "write the UEFI device path, or choose another target")?,
        ),
        other => BootOverride::once(other),
    };
    let wanted = match mode {
        Some(mode) => wanted.with_mode(mode),
        None => wanted,
    };
    Ok(Action::Override { wanted, target: target.to_owned() })
}

/// What is done to each.
struct Boot {
    action: Action,
    is_dry: bool,
}

#[async_trait]
impl PerServer for Boot {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        if self.is_dry {
            return self.plan(&client).await;
        }
        let outcome = match &self.action {
            Action::Fetch => Map::new(),
            Action::Override { wanted, .. } => {
                visit.progress(20, "Setting what it starts from next...");
                let set = async || Ok(json!(set_boot_override(&client, wanted).await?));
                let find = async |note| found_override(visit, &client, wanted, &read(note)).await;
                entries(visit.once("boot override", Note::of(visit, &system).await?, find, set).await?)
            }
            Action::Order(order) => {
                visit.progress(20, "Setting the boot order...");
                let set = async || Ok(json!(set_boot_order(&client, order).await?));
                let find = async |note| found_order(visit, &client, order, &read(note)).await;
                entries(visit.once("boot order", Note::of(visit, &system).await?, find, set).await?)
            }
        };
        visit.progress(70, "Reading what it starts from...");
        let config = fetch_boot(&client).await?;
        self.report(visit, outcome, &config).await
    }
}

impl Boot {
    async fn plan(&self, client: &Client) -> Result<Visited> {
        let plan = match &self.action {
            Action::Fetch => None,
            Action::Override { wanted, .. } => Some(plan_boot_override(client, wanted).await?),
            Action::Order(order) => Some(plan_boot_order(client, order).await?),
        };
        let visited = Visited::done(plan.as_ref().map_or("would be read", |plan| plan.summary.as_str()));
        Ok(visited.with("action", self.action.name()).with("plan", json!(plan)))
    }

    async fn report(
        &self,
        visit: &Visit,
        outcome: Map<String, Value>,
        config: &BootConfig,
    ) -> Result<Visited> {
        let applied = outcome.get("applied").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_pending = applied == "pending_restart";
        let mut result = object([("config", shown(config)), ("action", json!(self.action.name()))]);
        let mut line = match &self.action {
            Action::Fetch => "boot configuration read".to_owned(),
            Action::Override { target, .. } => {
                result.insert("target".to_owned(), json!(target));
                match (target.as_str(), applied.as_str()) {
                    ("None", "unchanged") => "there was no boot override".to_owned(),
                    ("None", _) => "the boot override is taken back".to_owned(),
                    (_, "unchanged") => format!("it starts from {target} next already"),
                    _ => format!("it starts from {target} next"),
                }
            }
            Action::Order(order) => {
                result.insert("boot_order".to_owned(), json!(order));
                result.insert("verified_order".to_owned(), json!(config.order));
                match applied.as_str() {
                    "unchanged" => "the boot order is so already".to_owned(),
                    _ => "the boot order is set".to_owned(),
                }
            }
        };
        if is_pending {
            line.push_str("; it takes effect when the host restarts");
        }
        if self.action != Action::Fetch {
            result.insert("pending_until_restart".to_owned(), json!(is_pending));
            result.insert("dell_job_id".to_owned(), outcome.get("job").cloned().unwrap_or_default());
            for key in ["applied", "before", "set_despite_refusal", "resumed"] {
                result.extend(outcome.get(key).map(|value| (key.to_owned(), value.clone())));
            }
        }
        let mut visited = Visited::done(line).with_all(result).with_server(|server| {
            server.boot_mode = Some(mode_of(config));
            server.boot_order = Some(json!(config.order));
            server.boot_source_override_enabled = Some(enabled_of(config));
            server.boot_source_override_target = Some(target_of(config));
            server.last_boot_config_check = Some(clock::now());
        });
        let has_changed = !matches!(applied.as_str(), "" | "unchanged");
        if has_changed || is_news(visit, config).await? {
            visited = visited.with_row(history(visit, config, has_changed));
        }
        Ok(visited)
    }
}

fn read(note: Value) -> Note {
    serde_json::from_value(note).unwrap_or_default()
}

fn entries(outcome: Value) -> Map<String, Value> {
    match outcome {
        Value::Object(entries) => entries,
        _ => Map::new(),
    }
}

/// What an earlier attempt set; taking an override back is safe to do again.
async fn found_override(
    visit: &Visit,
    client: &Client,
    wanted: &BootOverride,
    note: &Note,
) -> Result<Option<Value>> {
    let is_set = *wanted != BootOverride::disabled() && is_set(visit, client, wanted, note).await?;
    Ok(is_set.then(|| json!({"applied": Applied::Set, "job": Value::Null, "resumed": true})))
}

/// The order that an earlier attempt set, or its job that waits for the restart.
async fn found_order(visit: &Visit, client: &Client, order: &[String], note: &Note) -> Result<Option<Value>> {
    let is_it = |method: &str, path: &str| match method {
        "PATCH" => path.contains("/Systems/") && !path.contains("/BootSources"),
        // Where Dell's list is staged, it is the job that counts.
        "POST" => path.ends_with("/Jobs"),
        _ => false,
    };
    if visit.asked_since(is_it, &note.before).await? == Sent::No {
        return Ok(None);
    }
    let before = fetch_boot(client).await?.order;
    let found = |applied, job| OrderOutcome { applied, job, before: before.clone(), wanted: order.to_vec() };
    let mut outcome = if plan_boot_order(client, order).await?.is_empty() {
        json!(found(Applied::Set, None))
    } else {
        let mut waiting = list_jobs(client)
            .await?
            .into_iter()
            .filter(|job| !job.state.is_end() && job.job_type.as_deref().is_none_or(|kind| kind == JOB_TYPE));
        match waiting.next_back().and_then(|job| job.id) {
            Some(id) => json!(found(Applied::PendingRestart, Some(id))),
            None => return Ok(None),
        }
    };
    if let Some(outcome) = outcome.as_object_mut() {
        outcome.insert("resumed".to_owned(), json!(true));
    }
    Ok(Some(outcome))
}

/// iDRAC10 does not name the mode: it knows one.
fn mode_of(config: &BootConfig) -> String {
    config.overriding.mode.clone().unwrap_or_else(|| "UEFI".to_owned())
}

fn enabled_of(config: &BootConfig) -> String {
    config.overriding.enabled.clone().unwrap_or_else(|| "Disabled".to_owned())
}

fn target_of(config: &BootConfig) -> String {
    config.overriding.target.clone().unwrap_or_else(|| "None".to_owned())
}

/// In the words of the columns.
fn shown(config: &BootConfig) -> Value {
    json!({
        "boot_mode": mode_of(config), "boot_source_override_enabled": enabled_of(config),
        "boot_source_override_target": target_of(config), "uefi_target": config.overriding.uefi_target,
        "boot_order": config.order, "boot_options": config.choices, "allowable_targets": config.targets,
    })
}

fn history(visit: &Visit, config: &BootConfig, has_changed: bool) -> RowWrite {
    let job = visit.ctx().job();
    let columns = object([
        ("server_id", json!(visit.server_id())),
        ("timestamp", json!(clock::now())),
        ("boot_mode", json!(mode_of(config))),
        ("boot_source_override_enabled", json!(enabled_of(config))),
        ("boot_source_override_target", json!(target_of(config))),
        ("boot_order", json!(config.order)),
        ("changed_by", json!(job.created_by.filter(|_| has_changed))),
        ("job_id", json!(job.id)),
    ]);
    RowWrite { table: Table::ServerBootConfigHistory, id: Uuid::now_v7(), change: RowChange::Insert(columns) }
}

/// Whether it differs from what the history ends with.
async fn is_news(visit: &Visit, config: &BootConfig) -> Result<bool> {
    let latest = RowQuery {
        server_id: Some(visit.server_id()),
        limit: Some(1),
        ..RowQuery::of(Table::ServerBootConfigHistory)
    };
    let rows = visit.ctx().store().rows(latest).await?;
    let Some(last) = rows.first() else { return Ok(true) };
    let now = history(visit, config, false);
    let RowChange::Insert(now) = now.change else { return Ok(true) };
    let told = ["boot_mode", "boot_source_override_enabled", "boot_source_override_target", "boot_order"];
    Ok(told.iter().any(|column| last.columns.get(*column) != now.get(*column)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decoded(details: Value) -> Result<Args> {
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        BootConfiguration
            .decode(&NewJob::new("boot_configuration").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn words_of_front_ends_become_actions() {
        let overriding =
            |wanted: BootOverride, target: &str| Action::Override { wanted, target: target.to_owned() };
        let once = |details: Value| {
            let mut details = details;
            details["action"] = json!("set_one_time_boot");
            decoded(details).map(|args| args.action)
        };
        assert_eq!(decoded(Value::Null).unwrap().action, Action::Fetch);
        assert_eq!(
            once(json!({"boot_target": "pxe"})).unwrap(),
            overriding(BootOverride::once("Pxe"), "Pxe")
        );
        assert_eq!(
            once(json!({"boot_target": "None", "boot_mode": "UEFI"})).unwrap(),
            overriding(BootOverride::disabled(), "None")
        );
        assert_eq!(
            once(json!({"boot_target": "Cd", "boot_mode": "bios"})).unwrap(),
            overriding(BootOverride::once("Cd").with_mode("Legacy"), "Cd")
        );
        assert_eq!(
            once(json!({"boot_target": "UefiTarget", "uefi_target": "PciRoot(0x0)"})).unwrap(),
            overriding(BootOverride::once_from_uefi("PciRoot(0x0)"), "UefiTarget")
        );
        assert_eq!(
            decoded(json!({"action": "set_boot_order", "boot_order": [" Boot0001 "]})).unwrap().action,
            Action::Order(vec!["Boot0001".to_owned()])
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (details, field) in [
            (json!({"action": "reboot"}), "details.action"),
            (json!({"action": "set_one_time_boot"}), "details.boot_target"),
            (json!({"action": "set_one_time_boot", "boot_target": 1}), "details.boot_target"),
            (json!({"action": "set_one_time_boot", "boot_target": "UefiTarget"}), "details.uefi_target"),
            (
                json!({"action": "set_one_time_boot", "boot_target": "Cd", "boot_mode": "CSM"}),
                "details.boot_mode",
            ),
            (json!({"action": "set_boot_order"}), "details.boot_order"),
            (json!({"action": "set_boot_order", "boot_order": [1]}), "details.boot_order[0]"),
            (json!({"action": "set_boot_order", "boot_order": [""]}), "details.boot_order"),
        ] {
            assert_eq!(decoded(details).expect_err(field).subject(), Some(field));
        }
    }
}

//! `power_action`: powers hosts on, off, or restarts them, and sees that it happened.
//!
//! Acts on: the servers it names. A second run leaves a host alone that is there already; a restart is done again. It can hurt:
//! whatever runs on the host ends. On a server that another job is changing it fails at once, naming who, unless
//! `details.wait` is true.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::power::{Escalation, PowerState, Reset, ResetOutcome, plan_reset, reset_and_wait};
use dell_redfish::ops::{GetComputerSystem, ResetType};
use dell_redfish::{Client, Redfish};
use serde_json::{Value, json};

use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::walk::{
    Caution, Hold, PerServer, Rollout, Rule, Sent, Visit, Visited, Walk, object,
};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::server_lane;

/// Longest patience with one host.
const LONGEST_S: u64 = 3600;

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct PowerAction;

/// The decoded input of a `power_action`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    reset: Reset,
    waits: bool,
    is_dry: bool,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "power_action",
    about: "Powers hosts on, off, or restarts them, and sees that it happened.",
    changes: true,
    input: &[
        Key { name: "details.action", kind: "ResetType = On", about: "what is asked of the host" },
        Key {
            name: "details.escalate",
            kind: "Never | Force | PowerCycle = Never",
            about: "how far to go where it is ignored",
        },
        Key { name: "details.timeout_seconds", kind: "1 to 3600 = 300", about: "patience with each attempt" },
        Key {
            name: "details.wait",
            kind: "flag = false",
            about: "stand in line for a server that another job changes",
        },
    ],
    output: &[
        Key { name: "action", kind: "text", about: "what was asked" },
        Key { name: "results[].power_state", kind: "text", about: "as observed at the end" },
        Key { name: "results[].changed", kind: "flag", about: "false where the host was there already" },
    ],
    rows: &["servers.power_state"],
    completed: "no server failed",
    again: "a host that is there already is left alone; a restart is done again",
};

#[async_trait]
impl Handler for PowerAction {
    const JOB_TYPE: &'static str = "power_action";
    const INTERACTIVE: bool = true;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        let words: Vec<_> = ResetType::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
        let kind = details.choice("action", &words)?.unwrap_or(ResetType::On);
        let force = details.choice(
            "escalate",
            &[
                ("Never", Escalation::Never),
                ("Force", Escalation::Force),
                ("PowerCycle", Escalation::PowerCycle),
            ],
        )?;
        let mut reset = Reset::new(kind).with_escalation(force.unwrap_or_default());
        if let Some(seconds) = details.number("timeout_seconds", 1..=LONGEST_S)? {
            reset = reset.with_patience(Duration::from_secs(seconds));
        }
        Ok(Args {
            rollout: Rollout::decode(details, Caution::Changes, servers.len())?,
            waits: details.flag("wait", false)?,
            is_dry: details.flag("dry_run", false)?,
            reset,
            servers,
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] if !args.is_dry => Some(server_lane(*one)),
            _ => None,
        }
    }

    fn waits(&self, args: &Args) -> bool {
        args.waits
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let hold = match (args.is_dry, args.waits) {
            (true, _) => Hold::Nothing,
            (false, true) => Hold::InLine,
            (false, false) => Hold::AtOnce,
        };
        let parts = 1 + args.reset.escalation as u32;
        Walk {
            rollout: args.rollout,
            hold,
            rule: Rule::All,
            // Each attempt has its patience, and its shutdown and power-on if there are two parts.
            limit: args.reset.patience * parts * 2 + Duration::from_secs(300),
            head: object([("action", json!(args.reset.kind.as_str())), ("dry_run", json!(args.is_dry))]),
            work: Power { reset: args.reset, is_dry: args.is_dry },
            servers: args.servers,
        }
        .run(ctx)
        .await
    }
}

/// What is done to each host.
struct Power {
    reset: Reset,
    is_dry: bool,
}

#[async_trait]
impl PerServer for Power {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        if self.is_dry {
            let plan = plan_reset(&client, &self.reset).await?;
            return Ok(Visited::done(plan.summary.clone()).with("plan", json!(plan)));
        }
        visit.progress(10, format!("{} sent...", self.reset.kind));
        let note = json!({"reset": self.reset.kind.as_str(), "last_reset_time": system.last_reset_time});
        let find = |note| self.find(visit, &client, note);
        let outcome: Value = visit.once("reset", note, find, || self.reset(&client)).await?;
        let state = outcome.get("after").and_then(Value::as_str).unwrap_or("Unknown").to_owned();
        let changed = outcome.get("changed").cloned().unwrap_or(Value::Null);
        let line = match changed == json!(false) {
            true => format!("{}: nothing to do, the host is {state}", self.reset.kind),
            false => format!("{}: the host is {state}", self.reset.kind),
        };
        Ok(Visited::done(line)
            .with("action", self.reset.kind.as_str())
            .with("power_state", state.clone())
            .with("changed", changed)
            .with("reset", outcome)
            .with_server(|server| server.power_state = Some(state)))
    }
}

impl Power {
    async fn reset(&self, idrac: &dyn Redfish) -> Result<Value> {
        let outcome: ResetOutcome = reset_and_wait(idrac, &self.reset).await?;
        Ok(json!(outcome))
    }

    /// What an earlier attempt began. A restart that left, or may have left, is not sent again: the host shows it, or a person
    /// has to look.
    async fn find(&self, visit: &Visit, client: &Client, note: Value) -> Result<Option<Value>> {
        let is_repeatable =
            matches!(self.reset.kind, ResetType::On | ResetType::ForceOff | ResetType::GracefulShutdown);
        if is_repeatable {
            return Ok(None);
        }
        let sent = visit.sent("ComputerSystem.Reset").await?;
        if sent == Sent::No {
            return Ok(None);
        }
        visit.log("WARN", format!("an earlier attempt sent {}; it is not sent again", self.reset.kind));
        let clock = visit.ctx().fleet().idrac_options().clock.clone();
        let until = clock.now() + self.reset.patience;
        let before = note.get("last_reset_time").and_then(Value::as_str);
        loop {
            let system = client.run(&GetComputerSystem).await?;
            let is_shown =
                before.is_some() && system.last_reset_time.as_deref().is_some_and(|now| Some(now) != before);
            let state = PowerState::of(&system);
            // Where the firmware shows no restart, the word of the iDRAC that took it on has to do, as in a first attempt.
            if state == PowerState::On && (is_shown || (before.is_none() && sent == Sent::Yes)) {
                return Ok(Some(
                    json!({"before": Value::Null, "after": state, "changed": true, "resumed": true}),
                ));
            }
            if clock.now() >= until {
                return Err(Error::new(
                    ErrorKind::Redfish,
                    format!(
                        "an earlier attempt may have sent {}, and the host shows no restart",
                        self.reset.kind
                    ),
                )
                .hint("look at the host, and run the job again if it was not restarted"));
            }
            clock.sleep(self.reset.poll).await;
        }
    }
}

//! `bios_config_write`: brings BIOS settings into force, and sees that they are.
//!
//! Acts on: the servers it names. Everything is judged against the server's own registry before anything is sent; only
//! differences are. A second run finds the settings as wanted and sends nothing. It can hurt: `reboot_type` ends what runs on
//! the host, and wrong settings can keep it from booting. Each of its steps (judge, snapshot, stage, restart) is done once over all
//! attempts: what an attempt before began is looked for by the Dell job and by the record of commands.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::attribute::AttributeValues;
use dell_redfish::model::Scalar;
use serde_json::{Map, Value, json};

use super::work::Write;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::summary::lift;
use crate::handlers::idrac::walk::{Caution, Hold, Rollout, Rule, TIDY_WITHIN, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::server_lane;

/// A restart with its patience, a job, and a host that takes its time in the power-on test.
const LIMIT: Duration = Duration::from_secs(4 * 3600);

/// Longest patience with a host that is asked to shut down.
const LONGEST_S: u64 = 3600;

/// Settings a server has at most, and more.
const MOST: usize = 2000;

/// Keys that front ends read at the top.
const AT_THE_TOP: &[&str] = &[
    "settings_applied",
    "reboot_required",
    "reboot_action",
    "snapshot_created",
    "snapshot_id",
    "verification",
    "job_id",
    "plan",
];

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct BiosConfigWrite;

/// How the host is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reboot {
    /// Not by this job.
    None,
    /// The operating system is asked; it may refuse.
    Graceful,
    /// At once: what is not written to disk is lost.
    Forced,
}

/// How a job goes about it, for every server.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    pub(super) reboot: Reboot,
    /// How long a host has to do as it is asked.
    pub(super) patience: Duration,
    /// Whether the settings are kept as they were before; unless it is said, where any of them is to change.
    pub(super) snapshot: Option<bool>,
    pub(super) notes: String,
    /// What cannot be written is left out instead of refused.
    pub(super) skips: bool,
    pub(super) is_dry: bool,
}

/// The decoded input of a `bios_config_write`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    /// A secret among them is still sealed.
    attributes: AttributeValues,
    manner: Manner,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "bios_config_write",
    about: "Brings BIOS settings into force: judged, staged, applied by a Dell job through a restart, compared.",
    changes: true,
    input: &[
        Key { name: "details.attributes", kind: "values by name", about: "the settings wanted" },
        Key {
            name: "details.reboot_type",
            kind: "none | graceful | forced = none",
            about: "none leaves them staged for the next restart; a host that is off is powered on",
        },
        Key {
            name: "details.create_snapshot",
            kind: "flag = where any setting changes",
            about: "keep the settings as they are before",
        },
        Key { name: "details.snapshot_notes", kind: "text", about: "kept with the snapshot" },
        Key {
            name: "details.skip_unwritable",
            kind: "flag = false",
            about: "leave out what is unknown, read-only or set by the system, as in a snapshot that is restored",
        },
        Key {
            name: "details.timeout_seconds",
            kind: "1 to 3600 = 600",
            about: "patience with a host that is asked to restart",
        },
    ],
    output: &[
        Key {
            name: "results[].settings_applied",
            kind: "number",
            about: "settings that differed and were staged",
        },
        Key { name: "results[].reboot_required", kind: "flag", about: "whether they take a restart" },
        Key {
            name: "results[].reboot_action",
            kind: "ResetType or null",
            about: "what was sent: GracefulRestart, ForceRestart, On",
        },
        Key {
            name: "results[].snapshot_created",
            kind: "flag",
            about: "whether there is a row; snapshot_id names it",
        },
        Key {
            name: "results[].job_id",
            kind: "text",
            about: "the Dell job; job_adopted where it was there before",
        },
        Key {
            name: "results[].verification",
            kind: "verified, total_attributes, matches, mismatches, wait_time_seconds",
            about: "wanted against in force after the job has completed; a mismatch fails the server",
        },
        Key { name: "results[].skipped", kind: "texts by name", about: "what was left out, and why" },
        Key { name: "results[].plan", kind: "Plan", about: "of a dry run" },
        Key {
            name: "settings_applied, …",
            kind: "as above",
            about: "the same at the top for a job of one server",
        },
    ],
    rows: &["bios_configurations"],
    completed: "no server failed; what only waits for a restart has not",
    again: "finds the settings as wanted and sends nothing",
};

#[async_trait]
impl Handler for BiosConfigWrite {
    const JOB_TYPE: &'static str = "bios_config_write";
    const TIDY: Duration = TIDY_WITHIN;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        let reboots = [
            ("none", Reboot::None),
            ("graceful", Reboot::Graceful),
            ("GracefulRestart", Reboot::Graceful),
            ("forced", Reboot::Forced),
            ("force", Reboot::Forced),
            ("ForceRestart", Reboot::Forced),
        ];
        let patience = details.number("timeout_seconds", 1..=LONGEST_S)?.unwrap_or(600);
        Ok(Args {
            attributes: attributes(details)?,
            manner: Manner {
                reboot: details.choice("reboot_type", &reboots)?.unwrap_or(Reboot::None),
                patience: Duration::from_secs(patience),
                snapshot: match details.value("create_snapshot") {
                    None => None,
                    Some(_) => Some(details.flag("create_snapshot", true)?),
                },
                notes: details.text("snapshot_notes")?.unwrap_or_default().to_owned(),
                skips: details.flag("skip_unwritable", false)?,
                is_dry: details.flag("dry_run", false)?,
            },
            rollout: Rollout::decode(details, Caution::Changes, servers.len())?,
            servers,
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] if !args.manner.is_dry => Some(server_lane(*one)),
            _ => None,
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let walk = Walk {
            servers: args.servers,
            rollout: args.rollout,
            hold: if args.manner.is_dry { Hold::Nothing } else { Hold::InLine },
            rule: Rule::All,
            limit: LIMIT,
            head: object([("dry_run", json!(args.manner.is_dry))]),
            work: Write { wanted: opened(ctx, args.attributes)?, manner: args.manner },
        };
        Ok(lift(walk.run(ctx).await?, AT_THE_TOP))
    }
}

fn attributes(details: Input<'_>) -> Result<AttributeValues> {
    let empty = Map::new();
    let given = details.object("attributes")?.unwrap_or(&empty);
    let field = details.field("attributes");
    if given.is_empty() {
        return Err(Error::invalid(
            field,
            "there are no settings",
            r#"write {"ProcVirtualization": "Enabled"}"#,
        ));
    }
    if given.len() > MOST {
        return Err(Error::invalid(field, "there are too many settings", format!("write {MOST} at most")));
    }
    let one = |(name, value): (&String, &Value)| match serde_json::from_value::<Scalar>(value.clone()) {
        Ok(scalar) if scalar != Scalar::Null => Ok((name.clone(), scalar)),
        _ => Err(input::wrong_type(&format!("{field}.{name}"), "a text, a number, or true or false", value)),
    };
    given.iter().map(one).collect()
}

/// With the secrets among them opened.
fn opened(ctx: &Ctx, sealed: AttributeValues) -> Result<AttributeValues> {
    let mut values = AttributeValues::default();
    for (name, value) in sealed {
        let pointer = format!("/attributes/{}", name.replace('~', "~0").replace('/', "~1"));
        let value = match &value {
            // An ordinary text is given back as it is.
            Scalar::Text(_) => match ctx.secret(&pointer)? {
                Some(secret) => Scalar::from(secret.expose()),
                None => value,
            },
            _ => value,
        };
        values.insert(name, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decode(details: Value) -> Result<Args> {
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        BiosConfigWrite
            .decode(&NewJob::new("bios_config_write").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn input_is_read_in_its_own_types() {
        let attributes = json!({"BootMode": "Uefi", "Delay": 60, "On": true});
        let args = decode(json!({"attributes": attributes, "reboot_type": null, "other": []})).expect("fine");
        assert_eq!(args.attributes.get("Delay"), Some(&Scalar::from(60)));
        assert_eq!((args.manner.reboot, args.manner.snapshot), (Reboot::None, None));
        let args = decode(json!({"attributes": {"A": "b"}, "reboot_type": "FORCED"})).expect("fine");
        assert_eq!(args.manner.reboot, Reboot::Forced);
        assert!(BiosConfigWrite.lane(&args).is_some());
        let args = decode(json!({"attributes": {"A": "b"}, "dry_run": true})).expect("fine");
        assert_eq!(BiosConfigWrite.lane(&args), None, "a plan needs no lock");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (details, field) in [
            (Value::Null, "details.attributes"),
            (json!({"attributes": {}}), "details.attributes"),
            (json!({"attributes": ["x"]}), "details.attributes"),
            (json!({"attributes": {"A": null}}), "details.attributes.A"),
            (json!({"attributes": {"A": {}}}), "details.attributes.A"),
            (json!({"attributes": {"A": "b"}, "reboot_type": "now"}), "details.reboot_type"),
            (json!({"attributes": {"A": "b"}, "create_snapshot": "yes"}), "details.create_snapshot"),
            (json!({"attributes": {"A": "b"}, "timeout_seconds": 0}), "details.timeout_seconds"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}

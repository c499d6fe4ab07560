//! `scp_import`: brings a kept configuration profile into force, and sees that it is.
//!
//! Acts on: the servers it names. The iDRAC previews it first; what is as wanted already is left alone, so a second run imports
//! nothing. It can hurt: the host restarts where settings need it (`shutdown_type`), a profile of another server brings that
//! one's names and addresses, and settings of storage can destroy data, which is refused unless allowed. Before, the
//! configuration is kept as another row; with `rollback` that is imported where the import goes wrong. Each import is sent once
//! over all attempts.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::scp::ImportOptions;
use dell_redfish::ops::share::Share;
use serde_json::json;
use uuid::Uuid;

use super::backup::{Backup, Content, load};
use super::classes::Chosen;
use super::manner::Manner;
use super::place::{Login, Place};
use super::work::{Import, Material};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::summary::lift;
use crate::handlers::idrac::walk::{Caution, Hold, Rollout, Rule, TIDY_WITHIN, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::{ServerQuery, server_lane};

/// Preview, export, import with a restart, comparison and the way back.
const LIMIT: Duration = Duration::from_secs(8 * 3600);

/// Keys that front ends read at the top.
const AT_THE_TOP: &[&str] =
    &["components", "job_id", "changed", "preview", "backup_before", "verification", "rollback", "plan"];

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScpImport;

/// The decoded input of a `scp_import`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    source: Source,
    chosen: Chosen,
    manner: Manner,
    rollout: Rollout,
}

/// Where the profile is.
#[derive(Debug, Clone)]
enum Source {
    /// In a row; who logs in where that only names a file.
    Backup(Uuid, Login),
    File(Place),
}

const CARD: JobCard = JobCard {
    job_type: "scp_import",
    about: "Brings a kept configuration profile into force: previewed, imported by a Dell job, followed setting by setting, compared.",
    changes: true,
    input: &[
        Key {
            name: "details.backup_id",
            kind: "id",
            about: "the row of scp_backups; its profile goes byte for byte, but iDRAC7 and iDRAC8 get XML in one line",
        },
        Key {
            name: "details.share_type, share_address, share_name, share_port, share_file_name, share_username, share_password, share_workgroup, share_ignore_certificate",
            kind: "as for scp_export",
            about: "a file on a share in place of a row; for a row that names a file, who logs in there",
        },
        Key {
            name: "details.restore_bios, restore_idrac, restore_nic, restore_raid",
            kind: "flag = include_* of the job, else of the row",
            about: "classes of components; all four: everything in the profile",
        },
        Key { name: "details.targets", kind: "list of classes", about: "in place of the flags" },
        Key {
            name: "details.shutdown_type",
            kind: "Graceful | Forced | NoReboot = Graceful",
            about: "how a running host goes down where settings need it",
        },
        Key { name: "details.host_power_state", kind: "On | Off = On", about: "the host's power after" },
        Key {
            name: "details.time_to_wait_seconds",
            kind: "300 to 3600 = the iDRAC's own",
            about: "how long a graceful shutdown may take",
        },
        Key { name: "details.force", kind: "flag = false", about: "import a profile of another model, too" },
        Key {
            name: "details.allow_data_loss",
            kind: "flag = false",
            about: "import settings that destroy data (volumes made anew, drives erased), too",
        },
        Key { name: "details.backup_before", kind: "flag = true", about: "keep the configuration before" },
        Key {
            name: "details.rollback",
            kind: "flag = false",
            about: "where the import goes wrong, import what was kept before; secrets and volumes do not come back by it",
        },
        Key { name: "details.verify", kind: "flag = true", about: "compare what is in force after" },
    ],
    output: &[
        Key {
            name: "results[].preview",
            kind: "changes, restarts, estimated_s, settings, problems",
            about: "what the iDRAC said before; nulls where the firmware has no preview",
        },
        Key { name: "results[].changed", kind: "flag", about: "whether anything was imported" },
        Key { name: "results[].components", kind: "text", about: "classes: BIOS,IDRAC, or ALL" },
        Key {
            name: "results[].job_id, job_state, job_messages",
            kind: "text, text, list",
            about: "the Dell job",
        },
        Key {
            name: "results[].component_results",
            kind: "list of fqdd, applied, failed",
            about: "settings by component",
        },
        Key {
            name: "results[].failed_settings",
            kind: "list",
            about: "those that were not set, with the iDRAC's reasons; failed_setting_count counts them all",
        },
        Key { name: "results[].backup_before", kind: "id", about: "the row of what was before" },
        Key {
            name: "results[].verification",
            kind: "verified, by, total_attributes, not_readable, mismatch_count, mismatches",
            about: "wanted against in force; a mismatch fails the server",
        },
        Key {
            name: "results[].host_as_wanted, reboot_required",
            kind: "flag or null, flag",
            about: "the host's power after; whether some of it waits for a restart",
        },
        Key {
            name: "results[].own_login",
            kind: "same | new | hashed",
            about: "the password in force of the user this program logs in as; with a warning where it is another",
        },
        Key {
            name: "results[].rollback",
            kind: "backup_id, job_id, problem",
            about: "the way back; a person is needed where it has a problem",
        },
        Key { name: "results[].plan, hazards, fit", kind: "Plan, list, object", about: "of a dry run" },
        Key {
            name: "components, …", kind: "as above", about: "the same at the top for a job of one server"
        },
    ],
    rows: &["scp_backups"],
    completed: "at least one server did well; the others are in `error`, with `partial: true`",
    again: "finds the settings as wanted and imports nothing",
};

#[async_trait]
impl Handler for ScpImport {
    const JOB_TYPE: &'static str = "scp_import";
    const TIDY: Duration = TIDY_WITHIN;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        Ok(Args {
            source: source(details)?,
            chosen: Chosen::decode(details)?,
            manner: Manner::decode(details)?,
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
        let Args { servers, source, chosen, manner, rollout } = args;
        let (options, backup) = match source {
            Source::File(place) => (ImportOptions::of_file(place.share(ctx)?, place.file()?), None),
            Source::Backup(id, login) => {
                let backup = load(ctx, id).await?;
                let options = match &backup.content {
                    Content::Profile(profile) => ImportOptions::new((**profile).clone()),
                    Content::File(address) => {
                        let (share, file) = Share::from_address(address)?;
                        ImportOptions::of_file(login.on(ctx, share)?, file)
                    }
                };
                (options, Some(backup))
            }
        };
        let classes = chosen.resolve(backup.as_ref().map_or([None; 4], |backup| backup.flags))?;
        let material = Material {
            options: manner.on(options, &classes),
            model: model(ctx, backup.as_ref()).await?,
            backup: backup.map(|backup| (backup.id, backup.name)),
        };
        let head = [
            ("dry_run", json!(manner.is_dry)),
            ("backup_id", json!(material.backup.as_ref().map(|backup| backup.0))),
            ("backup_name", json!(material.backup.as_ref().map(|backup| &backup.1))),
        ];
        let walk = Walk {
            servers,
            rollout,
            hold: if manner.is_dry { Hold::Nothing } else { Hold::InLine },
            rule: Rule::Any,
            limit: LIMIT,
            head: object(head),
            work: Import { material, classes, manner },
        };
        Ok(lift(walk.run(ctx).await?, AT_THE_TOP))
    }
}

fn source(details: Input<'_>) -> Result<Source> {
    if let Some(text) = details.text("backup_id")? {
        let id = Uuid::try_parse(text).map_err(|error| {
            let field = details.field("backup_id");
            Error::invalid(field, format!("`{text}` is no id"), "use the id of a row of scp_backups")
                .with_source(error)
        })?;
        return Ok(Source::Backup(id, Login::decode(details)?));
    }
    match Place::decode(details)? {
        Some(place) => {
            place.file()?;
            Ok(Source::File(place))
        }
        None => Err(Error::invalid(
            details.field("backup_id"),
            "it is missing",
            "name a row of scp_backups, or a file on a share with share_type and share_file_name",
        )),
    }
}

/// The model a profile on a share was made on, as the table of servers knows it.
async fn model(ctx: &Ctx, backup: Option<&Backup>) -> Result<Option<String>> {
    let Some(Backup { server: Some(id), content: Content::File(_), .. }) = backup else { return Ok(None) };
    let query = ServerQuery { ids: vec![*id], ..ServerQuery::default() };
    Ok(ctx.store().servers(query).await?.into_iter().next().and_then(|row| row.fields.model))
}

#[cfg(test)]
mod tests {
    use dell_redfish::ops::{HostPowerState, ShutdownType};
    use serde_json::Value;

    use super::*;
    use crate::job::NewJob;

    fn decode(details: Value) -> Result<Args> {
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        ScpImport.decode(&NewJob::new("scp_import").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn defaults_are_careful() {
        let args = decode(json!({"backup_id": Uuid::nil().to_string(), "rollback": null})).expect("fine");
        let manner = args.manner;
        assert_eq!((manner.shutdown, manner.host), (ShutdownType::Graceful, HostPowerState::On));
        assert!(manner.keeps_before && manner.verifies);
        assert!(!manner.any_model && !manner.may_destroy && !manner.rolls_back);
        assert!(ScpImport.lane(&args).is_some());
        let id = Uuid::nil().to_string();
        let args =
            decode(json!({"backup_id": id, "rollback": true, "backup_before": false, "dry_run": true}));
        let args = args.expect("fine");
        assert!(args.manner.keeps_before, "there is no way back without");
        assert_eq!(ScpImport.lane(&args), None, "a plan needs no lock");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let id = Uuid::nil().to_string();
        for (details, field) in [
            (Value::Null, "details.backup_id"),
            (json!({"backup_id": "newest"}), "details.backup_id"),
            (json!({"backup_id": 5}), "details.backup_id"),
            (
                json!({"share_type": "NFS", "share_address": "a", "share_name": "b"}),
                "details.share_file_name",
            ),
            (json!({"backup_id": id, "shutdown_type": "Hard"}), "details.shutdown_type"),
            (json!({"backup_id": id, "host_power_state": "Sleep"}), "details.host_power_state"),
            (json!({"backup_id": id, "time_to_wait_seconds": 10}), "details.time_to_wait_seconds"),
            (json!({"backup_id": id, "restore_bios": "no"}), "details.restore_bios"),
            (json!({"backup_id": id, "force": 1}), "details.force"),
            (json!({"backup_id": id, "canary": -1}), "details.canary"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}

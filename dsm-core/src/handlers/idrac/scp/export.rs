//! `scp_export`: keeps the configuration profile of servers, as the iDRAC wrote it.
//!
//! Acts on: the servers it names. It changes nothing on them, but an iDRAC does one such thing at a time: it stands in line
//! behind jobs that change the server. The raw profile is sealed at rest; beside it is a copy to look at, secrets masked. A second
//! run keeps another row. After a crash the iDRAC's own job is taken over.

use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::ops::{ExportUse, IncludeInExport};
use dell_redfish::scp::ProfileFormat;
use serde_json::{Value, json};

use super::classes;
use super::place::Place;
use super::take::{Taken, Wish, take};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handler::{Handler, Verdict};
use crate::handlers::idrac::input::{self, Input};
use crate::handlers::idrac::summary::{amend, lift};
use crate::handlers::idrac::walk::{Caution, Hold, PerServer, Rollout, Rule, Visit, Visited, Walk, object};
use crate::handlers::{JobCard, Key};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::store::server_lane;

/// Other work on the iDRAC, the export, and a profile that is late.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

/// Keys that front ends read at the top.
const AT_THE_TOP: &[&str] =
    &["backup_id", "file_size_bytes", "components", "checksum", "server_info", "job_id", "scp_file_path"];

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScpExport;

/// The decoded input of a `scp_export`.
#[derive(Debug, Clone)]
pub struct Args {
    servers: Vec<ServerId>,
    wish: Wish,
    rollout: Rollout,
}

const CARD: JobCard = JobCard {
    job_type: "scp_export",
    about: "Keeps the configuration profile of servers, byte for byte, sealed; or has them write it to a share.",
    changes: false,
    input: &[
        Key {
            name: "details.backup_name",
            kind: "text = backup-<time of the job>",
            about: "the row's name; the server's follows it",
        },
        Key { name: "details.description", kind: "text", about: "kept with it" },
        Key {
            name: "details.include_bios, include_idrac, include_nic, include_raid",
            kind: "flag = true",
            about: "classes of components",
        },
        Key {
            name: "details.targets",
            kind: "list of classes",
            about: "ALL, System, FC, … as the iDRAC names them, in place of the flags",
        },
        Key {
            name: "details.format",
            kind: "XML | JSON = JSON where the iDRAC writes it",
            about: "form of the profile",
        },
        Key {
            name: "details.export_use",
            kind: "Default | Clone | Replace = Clone",
            about: "what the profile is for: a Clone or Replace may remake volumes when it is imported",
        },
        Key {
            name: "details.include_in_export",
            kind: "Default | IncludeReadOnly | IncludePasswordHashValues | IncludeCustomTelemetry, or several",
            about: "what it holds besides",
        },
        Key {
            name: "details.share_type",
            kind: "Local | NFS | CIFS | HTTP | HTTPS = Local",
            about: "Local: to us; otherwise to a file on a share",
        },
        Key {
            name: "details.share_address, share_name, share_port, share_file_name",
            kind: "text, text, number, text = scp-<service tag>",
            about: "where; of several servers each writes a file with its service tag",
        },
        Key {
            name: "details.share_username, share_password, share_workgroup, share_ignore_certificate",
            kind: "text, secret, text, flag = false",
            about: "as whom",
        },
    ],
    output: &[
        Key { name: "backup_name", kind: "text", about: "without the server's" },
        Key { name: "results[].backup_id", kind: "id", about: "the row; backup_name is its name" },
        Key { name: "results[].job_id", kind: "text", about: "the Dell job" },
        Key {
            name: "results[].file_size_bytes, size_kb, checksum",
            kind: "number, number, text",
            about: "of the raw profile; the checksum is its SHA-256",
        },
        Key { name: "results[].format", kind: "XML | JSON", about: "what the profile is" },
        Key {
            name: "results[].components, targets",
            kind: "text, list",
            about: "classes of components: BIOS,IDRAC",
        },
        Key { name: "results[].scp_file_path", kind: "text", about: "where on the share it is" },
        Key {
            name: "results[].is_valid",
            kind: "flag or null",
            about: "whether it could be read again; of a file on a share the iDRAC tells, if it can",
        },
        Key {
            name: "results[].secrets",
            kind: "number",
            about: "secrets in it that are not masked by the iDRAC",
        },
        Key {
            name: "results[].server_info",
            kind: "object",
            about: "hostname, ip_address, model, service_tag",
        },
        Key {
            name: "backup_id, …", kind: "as above", about: "the same at the top for a job of one server"
        },
    ],
    rows: &["scp_backups"],
    completed: "at least one server's profile was kept; the others are in `error`, with `partial: true`",
    again: "keeps another row",
};

#[async_trait]
impl Handler for ScpExport {
    const JOB_TYPE: &'static str = "scp_export";
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        let servers = input::some_servers(job)?;
        let details = Input::details(job);
        let place = Place::decode(details)?.map(|place| (place, servers.len() == 1));
        let name = match details.text("backup_name")? {
            Some(name) => name.to_owned(),
            None => job.created_at.strftime("backup-%Y%m%d-%H%M%S").to_string(),
        };
        Ok(Args {
            rollout: Rollout::decode(details, Caution::Reads, servers.len())?,
            servers,
            wish: Wish {
                step: "export",
                name,
                description: details.text("description")?.map(str::to_owned),
                classes: classes::exported(details)?,
                export_use: export_use(details)?,
                include: include(details)?,
                format: details
                    .choice("format", &[("XML", ProfileFormat::Xml), ("JSON", ProfileFormat::Json)])?,
                place,
                span: (5, 90),
            },
        })
    }

    fn lane(&self, args: &Args) -> Option<String> {
        match args.servers.as_slice() {
            [one] => Some(server_lane(*one)),
            _ => None,
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        let head =
            [("current_stage", json!("scp")), ("backup_name", json!(args.wish.name)), ("note", Value::Null)];
        let walk = Walk {
            servers: args.servers,
            rollout: args.rollout,
            hold: Hold::InLine,
            rule: Rule::Any,
            limit: LIMIT,
            head: object(head),
            work: Export { wish: args.wish },
        };
        let verdict = amend(walk.run(ctx).await?, |details| {
            details.insert("scp_progress".to_owned(), json!(100));
        });
        Ok(lift(verdict, AT_THE_TOP))
    }
}

fn export_use(details: Input<'_>) -> Result<ExportUse> {
    let uses =
        [("Default", ExportUse::Default), ("Clone", ExportUse::Clone), ("Replace", ExportUse::Replace)];
    Ok(details.choice("export_use", &uses)?.unwrap_or(ExportUse::Clone))
}

/// `include_in_export`, a word, several with commas, or a list.
fn include(details: Input<'_>) -> Result<Vec<IncludeInExport>> {
    const KNOWN: [(&str, Option<IncludeInExport>); 4] = [
        ("Default", None),
        ("IncludeReadOnly", Some(IncludeInExport::ReadOnly)),
        ("IncludePasswordHashValues", Some(IncludeInExport::PasswordHashValues)),
        ("IncludeCustomTelemetry", Some(IncludeInExport::CustomTelemetry)),
    ];
    let mut found = Vec::new();
    let texts = details.texts("include_in_export")?;
    for word in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty()) {
        let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).ok_or_else(|| {
            let names = KNOWN.map(|(name, _)| name).join(", ");
            let field = details.field("include_in_export");
            Error::invalid(field, "this word is not known", format!("use one of {names}"))
        })?;
        found.extend(known.1.filter(|one| !found.contains(one)));
    }
    Ok(found)
}

/// What is done at each server.
struct Export {
    wish: Wish,
}

#[async_trait]
impl PerServer for Export {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        let taken = take(visit, &client, &system, &self.wish).await?;
        let info = json!({
            "hostname": visit.name(),
            "ip_address": visit.ip().to_string(),
            "model": system.model,
            "service_tag": system.sku,
        });
        Ok(told(&taken, &self.wish).with("server_info", info))
    }
}

fn told(taken: &Taken, wish: &Wish) -> Visited {
    let kept = match (taken.bytes, &taken.path) {
        (Some(bytes), _) => format!("{bytes} bytes of {} kept", taken.format.as_str()),
        (None, path) => format!("written to {}", path.as_deref().unwrap_or("the share")),
    };
    let visited = match &taken.problem {
        None => Visited::done(kept),
        Some(problem) => Visited::failed(format!("{kept}, and it is not usable: {problem}")),
    };
    let targets: Vec<&str> = wish.classes.iter().map(|class| class.as_str()).collect();
    visited.with_all(object([
        ("backup_id", json!(taken.id)),
        ("backup_name", json!(taken.name)),
        ("job_id", json!(taken.job)),
        ("file_size_bytes", json!(taken.bytes)),
        ("size_kb", json!(taken.bytes.map(|bytes| (bytes as f64 / 102.4).round() / 10.0))),
        ("checksum", json!(taken.checksum)),
        ("format", json!(taken.format.as_str())),
        ("targets", json!(targets)),
        ("components", json!(classes::text(&wish.classes))),
        ("scp_file_path", json!(taken.path)),
        ("secrets", json!(taken.secrets)),
        ("is_valid", json!(taken.is_valid)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;

    fn decode(details: Value) -> Result<Args> {
        let scope = json!({"server_ids": [ServerId::new().to_string()]});
        ScpExport.decode(&NewJob::new("scp_export").with_scope(scope).with_details(details).preview())
    }

    #[test]
    fn without_a_word_the_four_classes_come_to_us() {
        let args = decode(Value::Null).expect("defaults");
        assert!(args.wish.name.starts_with("backup-20") && args.wish.place.is_none());
        assert_eq!((args.wish.export_use, args.wish.classes.len()), (ExportUse::Clone, 4));
        assert!(ScpExport.lane(&args).is_some());
        let args = decode(json!({"include_in_export": "Default"})).expect("fine");
        assert!(args.wish.include.is_empty());
        let args = decode(json!({"include_in_export": "includereadonly, IncludeReadOnly"})).expect("fine");
        assert_eq!(args.wish.include, [IncludeInExport::ReadOnly]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (details, field) in [
            (json!({"backup_name": 5}), "details.backup_name"),
            (json!({"include_bios": "yes"}), "details.include_bios"),
            (json!({"format": "YAML"}), "details.format"),
            (json!({"export_use": "Copy"}), "details.export_use"),
            (json!({"include_in_export": "Everything"}), "details.include_in_export"),
            (json!({"share_type": "NFS", "share_name": "/scp"}), "details.share_address"),
            (json!({"batch_size": 0}), "details.batch_size"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}

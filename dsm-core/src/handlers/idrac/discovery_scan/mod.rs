//! `discovery_scan`: finds iDRACs in address ranges, or looks at known servers again, and takes their inventory.
//!
//! Acts on: addresses (`target_scope.ip_range`, `ip_list`) or servers (`server_ids`). Reads only; it writes the tables
//! `servers`, `server_*` and the job. A second run updates what it finds: a server is its service tag, so one that
//! moved is an update, and what was not read this time stays as it is. It cannot hurt a server; it could lock an
//! account, which is why it stops offering a credential that five iDRACs in a row refused.

mod args;
mod backup;
mod done;
mod own;
mod range;
mod recorder;
mod refresh;
mod report;
mod take;
mod visit;
mod width;

use async_trait::async_trait;

use crate::ctx::Ctx;
use crate::engine::Fleet;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::{JobCard, Key};
use crate::job::JobRow;

use args::{Args, Mode};

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscoveryScan;

const CARD: JobCard = JobCard {
    job_type: "discovery_scan",
    about: "Finds iDRACs in address ranges, or looks at known servers again, and takes their inventory.",
    changes: false,
    input: &[
        Key {
            name: "target_scope.ip_range",
            kind: "text",
            about: "addresses, blocks, ranges; `!` leaves one out",
        },
        Key { name: "target_scope.ip_list", kind: "list of texts", about: "likewise" },
        Key { name: "target_scope.exclude", kind: "list of texts", about: "what is left out" },
        Key {
            name: "target_scope.server_ids",
            kind: "list of ids",
            about: "known servers instead: a refresh",
        },
        Key {
            name: "credential_set_ids",
            kind: "list of ids",
            about: "sets to try before the ranges' and the defaults",
        },
        Key {
            name: "details.allow_large_range",
            kind: "flag = false",
            about: "more addresses than the engine's limit",
        },
        Key {
            name: "details.fetch_options",
            kind: "flags = true",
            about: "inventory, firmware, health, bios, storage, nics, memory; switch_connections = false",
        },
        Key {
            name: "details.fetch_options.scp_backup, scp_backup_only_if_stale, scp_backup_max_age_days",
            kind: "flag = false, flag = true, number = 30",
            about: "of a refresh: enqueue a scp_export of the servers that were read",
        },
    ],
    output: &[
        Key { name: "discovered_count", kind: "number", about: "iDRACs found" },
        Key { name: "auth_failures", kind: "number", about: "iDRACs that refused every credential" },
        Key { name: "scanned_ips", kind: "number", about: "addresses looked at" },
        Key { name: "stage1_passed", kind: "number", about: "and its siblings: how far the addresses came" },
        Key {
            name: "server_results",
            kind: "list",
            about: "what became of each address, dead ones up to a limit",
        },
        Key {
            name: "servers_refreshed",
            kind: "number",
            about: "of a refresh; with servers_failed, servers_partial, synced, failed",
        },
        Key {
            name: "backups_queued",
            kind: "number",
            about: "servers in the scp_export that was enqueued; scp_backup_job_id names it",
        },
    ],
    rows: &[
        "servers",
        "server_drives",
        "server_nics",
        "server_memory",
        "server_firmware_inventory",
        "server_health",
    ],
    completed: "something was found, or nothing was there to be found",
    again: "updates what it finds; what was not read stays as it was",
};

#[async_trait]
impl Handler for DiscoveryScan {
    const JOB_TYPE: &'static str = "discovery_scan";
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        Args::decode(job)
    }

    fn admit(&self, args: &Args, fleet: &Fleet) -> Result<()> {
        match &args.mode {
            Mode::Range(input) => {
                input.targets(fleet.network(), fleet.scan_options().max_addresses).map(drop)
            }
            Mode::Refresh(_) => Ok(()),
        }
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        match args.mode {
            Mode::Range(input) => range::run(ctx, input, args.fetch).await,
            Mode::Refresh(servers) => refresh::run(ctx, servers, args.fetch, args.backup).await,
        }
    }
}

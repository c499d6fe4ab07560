//! `discovery_scan`: finds iDRACs in address ranges, or looks at known servers again, and takes their inventory.
//!
//! Acts on: addresses (`target_scope.ip_range`, `ip_list`) or servers (`server_ids`). Reads only; it writes the tables
//! `servers`, `server_*` and the job. A second run updates what it finds: a server is its service tag, so one that
//! moved is an update, and what was not read this time stays as it is. It cannot hurt a server; it could lock an
//! account, which is why it stops offering a credential that five iDRACs in a row refused.

mod args;
mod done;
mod own;
mod port;
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
use crate::job::JobRow;

use args::{Args, Mode};

/// The handler; see the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscoveryScan;

#[async_trait]
impl Handler for DiscoveryScan {
    const JOB_TYPE: &'static str = "discovery_scan";
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
            Mode::Refresh(servers) => refresh::run(ctx, servers, args.fetch).await,
        }
    }
}

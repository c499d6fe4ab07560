//! `full_server_update`: brings all firmware of servers up to date by one plan a server, in as few restarts as it takes.
//!
//! Acts on: the servers it names. A second run finds the versions installed and sends nothing. It can hurt: hosts and iDRACs
//! restart. The jobs that the existing front end adds as its parts, one a component, are run by no one else: they say which
//! components are meant, stay in their order, run when this job does, and end as their component did.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::args::Args;
use super::maintenance::Maintenance;
use super::parts::Parts;
use super::update::{AGAIN, FULL_OUTPUT, INPUT};
use super::work::Work;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::JobCard;
use crate::job::JobRow;

/// The handler; see the module's documentation.
#[derive(Clone, Default)]
pub struct FullServerUpdate {
    maintenance: Option<Arc<dyn Maintenance>>,
}

impl FullServerUpdate {
    /// Takes hosts that a vCenter has out of service by this; without one such a server is refused.
    #[must_use]
    pub fn with_maintenance(self, maintenance: Arc<dyn Maintenance>) -> Self {
        Self { maintenance: Some(maintenance) }
    }
}

impl fmt::Debug for FullServerUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FullServerUpdate").field("maintenance", &self.maintenance).finish()
    }
}

const CARD: JobCard = JobCard {
    job_type: "full_server_update",
    about: "Brings all firmware of servers up to date by one plan a server; the jobs that are its parts end as their component did.",
    changes: true,
    input: INPUT,
    output: FULL_OUTPUT,
    rows: &["server_firmware_inventory", "servers.bios_version", "servers.idrac_firmware", "jobs of its parts"],
    completed: "every version is installed on every server",
    again: AGAIN,
};

#[async_trait]
impl Handler for FullServerUpdate {
    const JOB_TYPE: &'static str = "full_server_update";
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        Args::decode(job, true)
    }

    fn lane(&self, args: &Args) -> Option<String> {
        args.lane()
    }

    async fn run(&self, ctx: &Ctx, mut args: Args) -> Result<Verdict> {
        let parts = Parts::of(ctx).await?;
        parts.narrow(&mut args);
        parts.begin(ctx).await?;
        let verdict = Work::run(ctx, args, self.maintenance.clone()).await?;
        parts.end(ctx, verdict).await
    }
}

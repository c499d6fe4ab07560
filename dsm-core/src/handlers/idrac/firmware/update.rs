//! `firmware_update`: brings the firmware of servers to the versions of a catalogue, a list of packages, or a repository.
//!
//! Acts on: the servers it names. A second run finds the versions installed and sends nothing. It can hurt: the host restarts
//! where a package needs that, and the iDRAC over its own update. On a server that another job is changing it waits its turn.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::args::Args;
use super::maintenance::Maintenance;
use super::work::Work;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::{Handler, Verdict};
use crate::handlers::{JobCard, Key};
use crate::job::JobRow;
use crate::store::server_lane;

/// The handler; see the module's documentation.
#[derive(Clone, Default)]
pub struct FirmwareUpdate {
    maintenance: Option<Arc<dyn Maintenance>>,
}

impl FirmwareUpdate {
    /// Takes hosts that a vCenter has out of service by this; without one such a server is refused.
    #[must_use]
    pub fn with_maintenance(self, maintenance: Arc<dyn Maintenance>) -> Self {
        Self { maintenance: Some(maintenance) }
    }
}

impl fmt::Debug for FirmwareUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirmwareUpdate").field("maintenance", &self.maintenance).finish()
    }
}

/// What both types take.
pub(super) const INPUT: &[Key] = &[
    Key {
        name: "details.firmware_source",
        kind: "manual_repository | local_repository | dell_online_catalog = manual_repository",
        about: "only the last goes to the Internet, and only by dell_catalog_url",
    },
    Key {
        name: "details.firmware_uri",
        kind: "address",
        about: "one package, with component = BIOS and version",
    },
    Key {
        name: "details.packages",
        kind: "list of {uri or path, version, component, sha256}",
        about: "packages by name; component is a word, Dell's component id, or a device",
    },
    Key {
        name: "details.catalog",
        kind: "path",
        about: "a Catalog.xml or Catalog.xml.gz, packages beside it",
    },
    Key { name: "details.repository", kind: "path", about: "the folder of a mirror" },
    Key {
        name: "details.base_uri",
        kind: "address",
        about: "where iDRACs fetch the packages of a catalogue",
    },
    Key {
        name: "details.share",
        kind: "{type, address, name, username, password, port, catalog_file, ignore_certificate}",
        about: "a repository that the iDRAC reads itself",
    },
    Key {
        name: "details.dell_catalog_url",
        kind: "address",
        about: "a catalogue that the iDRAC reads itself",
    },
    Key { name: "details.components", kind: "list of words = all", about: "only these; component is one" },
    Key { name: "details.max_passes", kind: "1 to 10 = 3", about: "rounds until nothing is left" },
    Key {
        name: "details.reset_type",
        kind: "GracefulRestart | ForceRestart | PowerCycle = GracefulRestart",
        about: "how the host is restarted",
    },
    Key {
        name: "details.escalate",
        kind: "Never | Force | PowerCycle = Never",
        about: "where it ignores that",
    },
    Key { name: "details.skip_maintenance", kind: "flag = false", about: "leave the host's vCenter alone" },
    Key {
        name: "details.maintenance_timeout",
        kind: "seconds = 1800",
        about: "patience with maintenance mode",
    },
    Key { name: "details.restart_timeout", kind: "seconds = 1200", about: "patience with a restart" },
    Key { name: "details.job_timeout", kind: "seconds = 7200", about: "patience with one Dell job" },
    Key {
        name: "details.queue_timeout",
        kind: "seconds = 1800",
        about: "patience with an iDRAC that is busy",
    },
];

/// What both types give; the last two only a full update.
pub(super) const FULL_OUTPUT: &[Key] = &[
    Key { name: "total_tasks", kind: "number", about: "servers" },
    Key { name: "failed_tasks", kind: "number", about: "servers that are not as they should be" },
    Key { name: "component", kind: "text", about: "of the only server: what was updated" },
    Key { name: "version_before", kind: "text", about: "likewise" },
    Key { name: "version_after", kind: "text", about: "likewise" },
    Key { name: "idrac_job_queue", kind: "list", about: "likewise: this job's Dell jobs" },
    Key {
        name: "results[].updates",
        kind: "list",
        about: "each package with its versions, its end and its Dell job",
    },
    Key { name: "results[].left_alone", kind: "list of texts", about: "what was not updated, and why" },
    Key { name: "results[].preflight", kind: "list", about: "what was looked at before, and what was found" },
    Key { name: "results[].passes", kind: "number", about: "rounds it took" },
    Key { name: "total_components", kind: "number", about: "kinds of components that were looked at" },
    Key { name: "failed_components", kind: "list of words", about: "those not right on every server" },
];

const OUTPUT: &[Key] = FULL_OUTPUT.split_at(FULL_OUTPUT.len() - 2).0;

/// What a second run does.
pub(super) const AGAIN: &str =
    "what is installed is left alone and nothing is sent; what failed is tried anew";

const CARD: JobCard = JobCard {
    job_type: "firmware_update",
    about: "Brings the firmware of servers to the versions of a catalogue, a list of packages, or a repository.",
    changes: true,
    input: INPUT,
    output: OUTPUT,
    rows: &["server_firmware_inventory", "servers.bios_version", "servers.idrac_firmware"],
    completed: "every version is installed on every server",
    again: AGAIN,
};

#[async_trait]
impl Handler for FirmwareUpdate {
    const JOB_TYPE: &'static str = "firmware_update";
    const TIDY: std::time::Duration = crate::handlers::idrac::walk::TIDY_WITHIN;
    const CARD: Option<&'static JobCard> = Some(&CARD);
    type Args = Args;

    fn decode(&self, job: &JobRow) -> Result<Args> {
        Args::decode(job, false)
    }

    fn lane(&self, args: &Args) -> Option<String> {
        args.lane()
    }

    async fn run(&self, ctx: &Ctx, args: Args) -> Result<Verdict> {
        Work::run(ctx, args, self.maintenance.clone()).await
    }
}

impl Args {
    /// The lock of its only server; those of several are taken one after the other.
    pub(super) fn lane(&self) -> Option<String> {
        match self.servers.as_slice() {
            [one] if !self.is_dry => Some(server_lane(*one)),
            _ => None,
        }
    }
}

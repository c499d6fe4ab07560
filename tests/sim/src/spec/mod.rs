//! A fleet described as data: what the builder collects, what a JSON file holds, what Python hands over.

mod firmware;
mod host;
mod jobs;
mod server;
mod settings;

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use firmware::FirmwareRules;
pub use host::{BootWrite, HostRules};
pub use jobs::{JobNaming, JobRules};
pub use server::ServerSpec;
pub(crate) use server::millis;
pub use settings::SettingsRules;

/// Which family of iDRAC a server shows. Every made-up tree is synthetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// 12G server, firmware 2.65.65.65, Redfish 1.4.0.
    Idrac7,
    /// 13G server, firmware 2.86.86.86, Redfish 1.4.0.
    Idrac8,
    /// 14G server, firmware 5.10.50.00, Redfish 1.11.0.
    Idrac9V5,
    /// 15G server, firmware 6.10.30.00, Redfish 1.14.0.
    Idrac9V6,
    /// 16G server, firmware 7.10.30.00, Redfish 1.18.0.
    Idrac9V7,
    /// 17G server, firmware 1.30.10.50, Redfish 1.22.1.
    Idrac10,
}

impl Generation {
    /// All of them, oldest first.
    pub const ALL: [Self; 6] =
        [Self::Idrac7, Self::Idrac8, Self::Idrac9V5, Self::Idrac9V6, Self::Idrac9V7, Self::Idrac10];

    /// A machine room as one meets it: mostly iDRAC9, a few old ones, the first new ones.
    pub const MIX: [Self; 10] = [
        Self::Idrac9V7,
        Self::Idrac9V6,
        Self::Idrac9V7,
        Self::Idrac8,
        Self::Idrac9V5,
        Self::Idrac9V7,
        Self::Idrac10,
        Self::Idrac9V6,
        Self::Idrac7,
        Self::Idrac9V7,
    ];

    /// The name used in fleet files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idrac7 => "idrac7",
            Self::Idrac8 => "idrac8",
            Self::Idrac9V5 => "idrac9_v5",
            Self::Idrac9V6 => "idrac9_v6",
            Self::Idrac9V7 => "idrac9_v7",
            Self::Idrac10 => "idrac10",
        }
    }

    /// The generation with that [`Generation::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }
}

/// What stands at an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An iDRAC that answers.
    #[default]
    Alive,
    /// Nothing listens: a connection is refused at once.
    Dead,
    /// The accept queue is full: connection attempts get no answer until they time out.
    Silent,
    /// Another vendor's Redfish service.
    NotDell,
    /// A web server with Basic authentication that knows no Redfish.
    NotRedfish,
    /// Accepts the connection and never says a word.
    Hangs,
    /// An iDRAC that speaks TLS 1.0 and 1.1 only; needs the feature `legacy-tls`.
    LegacyTls,
}

/// How many parts of each sort a server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InventorySize {
    /// Processor sockets, all filled.
    pub processors: usize,
    /// Storage controllers.
    pub controllers: usize,
    /// Drives, dealt to the controllers in turn.
    pub drives: usize,
    /// Virtual disks, dealt to the controllers in turn.
    pub volumes: usize,
    /// Memory modules.
    pub dimms: usize,
    /// Network adapters.
    pub adapters: usize,
    /// Ports of each adapter.
    pub ports_per_adapter: usize,
    /// Graphics processors (shown as processors from iDRAC9 6.x on).
    pub gpus: usize,
    /// Power supplies.
    pub power_supplies: usize,
    /// Fans.
    pub fans: usize,
    /// Entries of the firmware inventory, exactly.
    pub firmware: usize,
    /// Entries of the Lifecycle log.
    pub lclog: usize,
    /// Entries of the system event log.
    pub sel: usize,
}

impl Default for InventorySize {
    fn default() -> Self {
        Self {
            processors: 2,
            controllers: 3,
            drives: 10,
            volumes: 3,
            dimms: 16,
            adapters: 2,
            ports_per_adapter: 2,
            gpus: 1,
            power_supplies: 2,
            fans: 6,
            firmware: 32,
            lclog: 120,
            sel: 12,
        }
    }
}

impl InventorySize {
    /// The tree the benchmark is defined on.
    #[must_use]
    pub fn benchmark() -> Self {
        Self {
            controllers: 2,
            drives: 12,
            volumes: 2,
            dimms: 16,
            adapters: 4,
            ports_per_adapter: 2,
            gpus: 2,
            firmware: 40,
            ..Self::default()
        }
    }
}

/// When a client address is shut out after failed logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockoutPolicy {
    /// Failures that trigger it; 0 means never.
    pub fail_count: u32,
    /// Failures count only within this many seconds of each other.
    pub fail_window_s: u64,
    /// For how many seconds the address stays shut out.
    pub penalty_s: u64,
    /// Close the connections of a shut-out address instead of answering 401.
    pub drop_connections: bool,
}

impl Default for LockoutPolicy {
    /// iDRAC9's own defaults, with an answer instead of a dropped packet.
    fn default() -> Self {
        Self { fail_count: 3, fail_window_s: 60, penalty_s: 600, drop_connections: false }
    }
}

/// A user of the iDRAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Login name.
    pub user: String,
    /// Password, in clear: this is a simulator.
    pub password: String,
    /// `Administrator`, `Operator` or `ReadOnly`; the last may not change anything.
    #[serde(default = "administrator")]
    pub role: String,
}

fn administrator() -> String {
    "Administrator".into()
}

/// What an `$expand` query meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpandSupport {
    /// Announced, one level deep.
    Works,
    /// The query is ignored and the plain resource comes back.
    Ignored,
    /// 400, SYS451: not a query this firmware knows.
    Unsupported,
    /// 403, LIC501: announced, but a licence is missing.
    Unlicensed,
    /// 200 with two JSON documents in one body.
    TwoDocuments,
}

/// How a journal remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalMode {
    /// Nothing but the per-server counters.
    Off,
    /// The counters and their totals.
    #[default]
    Counts,
    /// Every exchange is kept.
    Full,
}

/// Which server a [`ServerOverride`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Selector {
    /// Its place in the fleet, from 0.
    Index(usize),
    /// Its address.
    Address(IpAddr),
}

impl From<usize> for Selector {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<IpAddr> for Selector {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl From<&std::net::SocketAddr> for Selector {
    fn from(address: &std::net::SocketAddr) -> Self {
        Self::Address(address.ip())
    }
}

impl From<std::net::SocketAddr> for Selector {
    fn from(address: std::net::SocketAddr) -> Self {
        Self::Address(address.ip())
    }
}

/// What one server has that the others have not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerOverride {
    /// Which server.
    pub at: Selector,
    /// Fields of [`ServerSpec`], laid over the fleet's defaults (RFC 7396 merge).
    pub set: serde_json::Value,
}

/// A whole fleet, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetSpec {
    /// First address minus one, with `count`: `127.20.0.0` and 2 give `127.20.0.1` and `127.20.0.2`.
    pub network: Option<IpAddr>,
    /// How many consecutive addresses of `network`.
    pub count: usize,
    /// Further addresses, after those of `network`.
    pub addresses: Vec<IpAddr>,
    /// One port for all; 0 picks a free one.
    pub port: u16,
    /// Bind addresses that others can reach.
    pub allow_non_loopback: bool,
    /// Dealt to the servers in turn.
    pub generations: Vec<Generation>,
    /// What servers have unless said otherwise.
    pub defaults: ServerSpec,
    /// What some servers have instead.
    pub servers: Vec<ServerOverride>,
    /// How the journal remembers.
    pub journal: JournalMode,
    /// Folder in which key and certificates outlive the process; made when it is not there.
    pub certificates: Option<PathBuf>,
    /// Speed of the simulated clock.
    pub clock_scale: f64,
}

impl Default for FleetSpec {
    fn default() -> Self {
        Self {
            network: None,
            count: 0,
            addresses: Vec::new(),
            port: 0,
            allow_non_loopback: false,
            generations: vec![Generation::Idrac9V7],
            defaults: ServerSpec::default(),
            servers: Vec::new(),
            journal: JournalMode::default(),
            certificates: None,
            clock_scale: 1.0,
        }
    }
}

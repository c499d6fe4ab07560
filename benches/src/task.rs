//! What a measured process is told on its command line, and what it says when it is done.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::measure::Cost;

/// The administrator of every simulated server.
pub(crate) const USER: &str = "root";
/// Protects nothing but the simulation.
pub(crate) const PASSWORD: &str = "bench-7Kq";

/// One piece of work. Python's peers read the same JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Task {
    /// Addresses follow this one.
    pub(crate) network: Option<Ipv4Addr>,
    /// How many.
    pub(crate) count: usize,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// iDRACs that answer, for the checks.
    pub(crate) alive: usize,
    /// Connections tried at a time; 0 is the library's default.
    pub(crate) width: usize,
    /// iDRACs at work at a time; 0 is the library's default.
    pub(crate) idracs: usize,
    /// Requests at a time to one iDRAC.
    pub(crate) per_idrac: usize,
    /// Paths of a full inventory of one server, as ours asks for them.
    pub(crate) paths: Vec<String>,
    /// With the inventory, for scans.
    pub(crate) inventory: bool,
    /// Whether the activity log is dropped instead of stored.
    pub(crate) no_activity: bool,
    /// New connections a second and at once; 0 is the library's default.
    pub(crate) rate: u32,
    pub(crate) burst: u32,
    /// The file that is sent or read; in the plan its name alone.
    pub(crate) file: PathBuf,
}

impl Task {
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let first = u32::from(self.network.unwrap_or(Ipv4Addr::LOCALHOST)) + 1;
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        (first..first.saturating_add(count)).map(|bits| IpAddr::V4(bits.into())).collect()
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Done {
    #[serde(flatten)]
    pub(crate) cost: Cost,
    /// Servers that were really found or read.
    pub(crate) servers: usize,
    /// What else was counted, for the checks.
    #[serde(default)]
    pub(crate) facts: Map<String, Value>,
    /// Why the result is no good; nothing when it is.
    #[serde(default)]
    pub(crate) problems: Vec<String>,
}

impl Done {
    pub(crate) fn new(cost: Cost, servers: usize) -> Self {
        Self { cost, servers, facts: Map::new(), problems: Vec::new() }
    }

    pub(crate) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    pub(crate) fn expect(&mut self, what: &str, found: usize, wanted: usize) {
        if found != wanted {
            self.problems.push(format!("{what}: {found} instead of {wanted}"));
        }
    }
}

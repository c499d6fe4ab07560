//! What changes while a server runs. All of it is small; the trees are shared.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::rules::job::Job;

/// An open session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) user: String,
    pub(crate) client: IpAddr,
    pub(crate) created: Duration,
    pub(crate) last_used: Duration,
}

/// Where the host stands between off and a running system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Off,
    Post { until: Duration },
    Running,
    ShuttingDown { until: Duration, restart: bool },
}

/// Failed logins of one client address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failures {
    pub(crate) at: Vec<Duration>,
    pub(crate) shut_until: Option<Duration>,
}

/// One server's changing state.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) sessions: Vec<Session>,
    pub(crate) next_session: u32,
    pub(crate) failures: HashMap<IpAddr, Failures>,
    pub(crate) phase: Phase,
    /// Whether power was ever touched: a mockup shows its captured state until then.
    pub(crate) power_touched: bool,
    pub(crate) last_reset: Duration,
    pub(crate) jobs: Vec<Job>,
    pub(crate) next_job: u64,
    /// A reset of the iDRAC that waits for its answer to be out.
    pub(crate) restart_when_closed: Option<Duration>,
    /// Grows with every change, so that entity tags differ.
    pub(crate) version: u64,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Vec::new(),
            next_session: 1,
            failures: HashMap::new(),
            phase: Phase::Running,
            power_touched: false,
            last_reset: Duration::ZERO,
            jobs: Vec::new(),
            next_job: 0,
            restart_when_closed: None,
            version: 0,
        }
    }
}

//! What changes while a server runs. All of it is small; the trees are shared.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::rules::job::Job;
use crate::rules::{
    account, attribute, bios, boot, certificate, erase, event, firmware, lc_service, license, log, media,
    plain, queue, scp, security, storage, telemetry,
};

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
    /// The locator light blinks.
    pub(crate) locating: bool,
    pub(crate) jobs: Vec<Job>,
    pub(crate) next_job: u64,
    pub(crate) queue: queue::State,
    pub(crate) account: account::State,
    pub(crate) attribute: attribute::State,
    pub(crate) bios: bios::State,
    pub(crate) boot: boot::State,
    pub(crate) certificate: certificate::State,
    pub(crate) erase: erase::State,
    pub(crate) event: event::State,
    pub(crate) firmware: firmware::State,
    pub(crate) lc_service: lc_service::State,
    pub(crate) license: license::State,
    pub(crate) log: log::State,
    pub(crate) media: media::State,
    pub(crate) plain: plain::State,
    pub(crate) scp: scp::State,
    pub(crate) security: security::State,
    pub(crate) storage: storage::State,
    pub(crate) telemetry: telemetry::State,
    /// When something was changed last, where the server wants its quiet after that.
    pub(crate) last_change: Option<Duration>,
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
            locating: false,
            jobs: Vec::new(),
            next_job: 0,
            queue: queue::State::default(),
            account: account::State::default(),
            attribute: attribute::State::default(),
            bios: bios::State::default(),
            boot: boot::State::default(),
            certificate: certificate::State::default(),
            erase: erase::State::default(),
            event: event::State::default(),
            firmware: firmware::State::default(),
            lc_service: lc_service::State::default(),
            license: license::State::default(),
            log: log::State::default(),
            media: media::State::default(),
            plain: plain::State::default(),
            scp: scp::State::default(),
            security: security::State::default(),
            storage: storage::State::default(),
            telemetry: telemetry::State::default(),
            last_change: None,
            restart_when_closed: None,
            version: 0,
        }
    }
}

//! From a few lines of Rust to a [`FleetSpec`].

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::Error;
use crate::fault::FaultRule;
use crate::fleet::Fleet;
use crate::spec::{FleetSpec, Generation, InventorySize, JournalMode, LockoutPolicy, Selector, ServerSpec};

type Change = Box<dyn FnOnce(ServerSpec) -> ServerSpec + Send>;

/// Collects what a fleet shall be; [`FleetBuilder::start`] makes it so.
#[derive(Default)]
pub struct FleetBuilder {
    pub(crate) spec: FleetSpec,
    pub(crate) changes: Vec<(Selector, Change)>,
    pub(crate) clock: Option<Clock>,
    pub(crate) bad_address: Option<String>,
}

impl FleetBuilder {
    /// Starts from a description, for example one read from a file.
    #[must_use]
    pub fn from_spec(spec: FleetSpec) -> Self {
        Self { spec, ..Self::default() }
    }

    /// `count` consecutive addresses after `network`: `127.20.0.0` gives `127.20.0.1` and so on.
    #[must_use]
    pub fn network(mut self, network: &str, count: usize) -> Self {
        match network.parse() {
            Ok(address) => self.spec.network = Some(address),
            Err(_) => self.bad_address = Some(network.to_owned()),
        }
        self.spec.count = count;
        self
    }

    /// These addresses, after those of [`FleetBuilder::network`].
    #[must_use]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.spec.addresses = addresses.into_iter().collect();
        self
    }

    /// One port for all addresses; 0 picks one that is free on every address.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.spec.port = port;
        self
    }

    /// Binds addresses that others can reach; the simulator then serves whoever comes.
    #[must_use]
    pub fn allow_non_loopback(mut self) -> Self {
        self.spec.allow_non_loopback = true;
        self
    }

    /// One generation for all.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.spec.generations = vec![generation];
        self
    }

    /// Generations dealt to the servers in turn, [`Generation::MIX`] for example.
    #[must_use]
    pub fn generation_mix(mut self, generations: impl IntoIterator<Item = Generation>) -> Self {
        self.spec.generations = generations.into_iter().collect();
        self
    }

    /// Changes what every server has.
    #[must_use]
    pub fn defaults(mut self, change: impl FnOnce(ServerSpec) -> ServerSpec) -> Self {
        self.spec.defaults = change(self.spec.defaults);
        self
    }

    /// Changes what one server has, on top of the defaults; later calls see earlier changes.
    #[must_use]
    pub fn server(
        mut self,
        at: impl Into<Selector>,
        change: impl FnOnce(ServerSpec) -> ServerSpec + Send + 'static,
    ) -> Self {
        self.changes.push((at.into(), Box::new(change)));
        self
    }

    /// The administrator of every server.
    #[must_use]
    pub fn credentials(self, user: &str, password: &str) -> Self {
        self.defaults(|s| s.credentials(user, password))
    }

    /// Delay of every answer.
    #[must_use]
    pub fn latency(self, delay: Duration) -> Self {
        self.defaults(|s| s.latency(delay))
    }

    /// Delay of every TLS handshake.
    #[must_use]
    pub fn handshake_delay(self, delay: Duration) -> Self {
        self.defaults(|s| s.handshake_delay(delay))
    }

    /// Delay of an expanded answer for each member.
    #[must_use]
    pub fn expand_member_delay(self, delay: Duration) -> Self {
        self.defaults(|s| s.expand_member_delay(delay))
    }

    /// Sessions each server allows.
    #[must_use]
    pub fn session_limit(self, sessions: usize) -> Self {
        self.defaults(|s| s.session_limit(sessions))
    }

    /// Requests each server works on at once; others wait.
    #[must_use]
    pub fn requests_at_once(self, requests: usize) -> Self {
        self.defaults(|s| s.requests_at_once(requests))
    }

    /// Locks client addresses out after failed logins.
    #[must_use]
    pub fn lockout(self, policy: LockoutPolicy) -> Self {
        self.defaults(|s| s.lockout(policy))
    }

    /// Faults of every server.
    #[must_use]
    pub fn faults(self, rules: impl IntoIterator<Item = FaultRule>) -> Self {
        self.defaults(|s| s.faults(rules))
    }

    /// How much hardware each server holds.
    #[must_use]
    pub fn size(self, size: InventorySize) -> Self {
        self.defaults(|s| s.size(size))
    }

    /// How the journal remembers.
    #[must_use]
    pub fn journal(mut self, mode: JournalMode) -> Self {
        self.spec.journal = mode;
        self
    }

    /// Keeps key and certificates in a folder, so that the fleet shows the same ones next time.
    #[must_use]
    pub fn certificates(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spec.certificates = Some(folder.into());
        self
    }

    /// A clock the test owns, instead of the machine's time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Starts the fleet on the runtime this is called from.
    ///
    /// # Errors
    /// When the description cannot be used, an address cannot be bound, or too few descriptors are
    /// allowed; nothing is left running then.
    pub async fn start(self) -> Result<Fleet, Error> {
        Fleet::start(self).await
    }
}

//! The running fleet.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use socket2::Socket;
use tokio::task::JoinHandle;

use crate::builder::FleetBuilder;
use crate::certificate::Mint;
use crate::clock::Clock;
use crate::error::Error;
use crate::expected::Expected;
use crate::identity::Identity;
use crate::journal::{Exchange, Journal, Totals};
use crate::limit;
use crate::mockup::Mockup;
use crate::serve;
use crate::server::{Server, ServerHandle, Shared};
use crate::spec::{FleetSpec, Kind, Selector, ServerSpec};
use crate::tree::profile::profile;
use crate::tree::{Tree, Trees};

/// Connections that may wait to be accepted on a server that answers.
const BACKLOG: i32 = 1024;

/// Free ports tried when the port may be picked.
const PORT_TRIES: usize = 32;

/// Simulated servers, listening until [`Fleet::stop`] or until this is dropped.
pub struct Fleet {
    addresses: Vec<SocketAddr>,
    servers: HashMap<IpAddr, ServerHandle>,
    order: Vec<IpAddr>,
    journal: Arc<Journal>,
    clock: Clock,
    tasks: Vec<JoinHandle<()>>,
    /// Sockets of silent servers: the listeners and what fills their queues.
    _silent: Vec<Socket>,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("addresses", &self.addresses.len()).finish_non_exhaustive()
    }
}

impl Fleet {
    /// Begins the description of a fleet.
    #[must_use]
    pub fn builder() -> FleetBuilder {
        FleetBuilder::default()
    }

    /// Starts a fleet from its description.
    ///
    /// # Errors
    /// As [`FleetBuilder::start`].
    pub async fn from_spec(spec: FleetSpec) -> Result<Self, Error> {
        FleetBuilder::from_spec(spec).start().await
    }

    pub(crate) async fn start(builder: FleetBuilder) -> Result<Self, Error> {
        if let Some(text) = &builder.bad_address {
            return Err(Error::spec("network", format!("{text:?} is not an IP address")));
        }
        let spec = &builder.spec;
        let addresses = addresses(spec)?;
        let port = spec.port;
        let journal = Arc::new(Journal::new(spec.journal));
        let clock = builder.clock.clone().unwrap_or_else(|| Clock::scaled(spec.clock_scale));
        let generations = spec.generations.clone();
        let certificates = spec.certificates.clone();
        let specs = specs(builder, &addresses)?;
        let sockets: u64 = specs
            .iter()
            .map(|s| match s.kind {
                Kind::Dead => 0,
                Kind::Silent => 2,
                _ => 1,
            })
            .sum();
        limit::ensure(sockets)?;
        let (port, mut listeners) = listen_all(&addresses, &specs, port)?;
        let shared = Shared {
            clock: clock.clone(),
            journal: Arc::clone(&journal),
            mint: Arc::new(Mint::new(certificates)?),
        };
        let mut fleet = Self {
            addresses: addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
            servers: HashMap::with_capacity(addresses.len()),
            order: addresses,
            journal,
            clock,
            tasks: Vec::new(),
            _silent: Vec::new(),
        };
        let mut forest = Forest::default();
        for (index, spec) in specs.into_iter().enumerate() {
            let address = fleet.addresses[index];
            let server = forest.server(address, index, spec, &generations, &shared)?;
            let server = Arc::new(server);
            fleet.servers.insert(address.ip(), ServerHandle(Arc::clone(&server)));
            let Some(socket) = listeners.remove(&address.ip()) else { continue };
            if server.spec.kind == Kind::Silent {
                let filler = serve::fill(address).map_err(|source| Error::Bind { address, source })?;
                fleet._silent.extend([socket, filler]);
                continue;
            }
            let listener = serve::adopt(socket).map_err(|source| Error::Bind { address, source })?;
            fleet.tasks.push(tokio::spawn(serve::listen(server, listener)));
        }
        Ok(fleet)
    }

    /// All addresses in order, those of dead servers too.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port they share.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// How many servers there are, dead ones too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Never: a fleet without addresses does not start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// The server at an address or a place in the order.
    #[must_use]
    pub fn server(&self, at: impl Into<Selector>) -> Option<ServerHandle> {
        let ip = match at.into() {
            Selector::Index(index) => *self.order.get(index)?,
            Selector::Address(ip) => ip,
        };
        self.servers.get(&ip).cloned()
    }

    /// All servers in order.
    pub fn servers(&self) -> impl Iterator<Item = ServerHandle> + '_ {
        self.order.iter().filter_map(|ip| self.servers.get(ip).cloned())
    }

    /// What is true of the server there.
    #[must_use]
    pub fn expected(&self, at: impl Into<Selector>) -> Option<Expected> {
        self.server(at).map(|s| s.expected())
    }

    /// The clock of the simulated world.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Every exchange so far; empty unless the journal is full.
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.journal.read()
    }

    /// Forgets the exchanges so far; counters stay.
    pub fn clear_journal(&self) {
        self.journal.clear();
    }

    /// The counters of all servers together.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for server in self.servers.values() {
            totals.add(server.totals());
        }
        totals
    }

    /// Sessions open on all servers.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.servers.values().map(ServerHandle::open_sessions).sum()
    }

    /// Stops listening and breaks all connections; returns when that is done.
    pub async fn stop(mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for task in std::mem::take(&mut self.tasks) {
            // An aborted task ends with an error by design.
            let _ = task.await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The fleet's addresses in order, checked.
fn addresses(spec: &FleetSpec) -> Result<Vec<IpAddr>, Error> {
    let mut all = Vec::with_capacity(spec.count + spec.addresses.len());
    if let Some(network) = spec.network {
        for n in 1..=spec.count {
            let next = match network {
                IpAddr::V4(v4) => u32::try_from(n)
                    .ok()
                    .and_then(|n| u32::from(v4).checked_add(n))
                    .map(|v| IpAddr::V4(v.into())),
                IpAddr::V6(v6) => u128::from(v6).checked_add(n as u128).map(|v| IpAddr::V6(v.into())),
            };
            all.push(next.ok_or_else(|| Error::spec("count", "the addresses run past the last one"))?);
        }
    }
    all.extend(&spec.addresses);
    if all.is_empty() {
        return Err(Error::NoAddresses);
    }
    let mut seen = std::collections::HashSet::with_capacity(all.len());
    for address in &all {
        if !spec.allow_non_loopback && !address.is_loopback() {
            return Err(Error::NotLoopback { address: *address });
        }
        if !seen.insert(*address) {
            return Err(Error::Duplicate { address: *address });
        }
    }
    Ok(all)
}

/// What each server has: the defaults, overridden by data, changed by code. Equal ones are shared.
fn specs(builder: FleetBuilder, addresses: &[IpAddr]) -> Result<Vec<Arc<ServerSpec>>, Error> {
    let defaults = Arc::new(builder.spec.defaults);
    let mut specs = vec![Arc::clone(&defaults); addresses.len()];
    let place = |at: Selector| {
        let found = match at {
            Selector::Index(index) => (index < addresses.len()).then_some(index),
            Selector::Address(ip) => addresses.iter().position(|a| *a == ip),
        };
        found.ok_or_else(|| Error::spec("servers", format!("{at:?} is not in the fleet")))
    };
    for (n, change) in builder.spec.servers.into_iter().enumerate() {
        let field = |e: serde_json::Error| Error::spec(format!("servers[{n}].set"), e.to_string());
        let index = place(change.at)?;
        let mut value = serde_json::to_value(&*specs[index]).map_err(field)?;
        merge(&mut value, change.set);
        specs[index] = Arc::new(serde_json::from_value(value).map_err(field)?);
    }
    for (at, change) in builder.changes {
        let index = place(at)?;
        specs[index] = Arc::new(change((*specs[index]).clone()));
    }
    #[cfg(not(feature = "legacy-tls"))]
    if specs.iter().any(|s| s.kind == Kind::LegacyTls) {
        return Err(Error::spec("kind", "legacy_tls needs the simulator built with the feature legacy-tls"));
    }
    Ok(specs)
}

/// RFC 7396, except that null is a value here: options can be unset.
fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
    match (base, patch) {
        (serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (base, patch) => *base = patch,
    }
}

/// Binds every address that is not dead, on one port.
fn listen_all(
    addresses: &[IpAddr],
    specs: &[Arc<ServerSpec>],
    port: u16,
) -> Result<(u16, HashMap<IpAddr, Socket>), Error> {
    let mut tries = if port == 0 { PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match listen_on(addresses, specs, port) {
            Err(Error::Bind { source, .. })
                if tries > 0 && source.kind() == std::io::ErrorKind::AddrInUse => {}
            done => return done,
        }
    }
}

fn listen_on(
    addresses: &[IpAddr],
    specs: &[Arc<ServerSpec>],
    mut port: u16,
) -> Result<(u16, HashMap<IpAddr, Socket>), Error> {
    let mut listeners = HashMap::with_capacity(addresses.len());
    for (ip, spec) in addresses.iter().zip(specs) {
        let address = SocketAddr::new(*ip, port);
        let bound = match spec.kind {
            // Binding and letting go shows whether the port is free there, or picks it.
            Kind::Dead if port != 0 => continue,
            Kind::Silent => serve::bind(address, 0),
            _ => serve::bind(address, BACKLOG),
        };
        let socket = bound.map_err(|source| Error::Bind { address, source })?;
        if port == 0 {
            let local = socket.local_addr().map_err(|source| Error::Bind { address, source })?;
            port = local.as_socket().map_or(0, |a| a.port());
        }
        if spec.kind != Kind::Dead {
            listeners.insert(*ip, socket);
        }
    }
    Ok((port, listeners))
}

/// Made trees and loaded mockups, each once.
#[derive(Default)]
struct Forest {
    made: Trees,
    mockups: HashMap<(PathBuf, bool), Arc<Mockup>>,
}

impl Forest {
    fn server(
        &mut self,
        address: SocketAddr,
        index: usize,
        spec: Arc<ServerSpec>,
        generations: &[crate::spec::Generation],
        shared: &Shared,
    ) -> Result<Server, Error> {
        let identity = match &spec.identity {
            Some(tag) if tag.len() == 7 && tag.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Identity::from_tag(tag)
            }
            Some(tag) => {
                return Err(Error::spec("identity", format!("{tag:?} is not seven letters and digits")));
            }
            None => Identity::from_address(address.ip()),
        };
        let dealt = if generations.is_empty() { None } else { Some(generations[index % generations.len()]) };
        let generation = spec.generation.or(dealt).unwrap_or(crate::spec::Generation::Idrac9V7);
        let (tree, generation) = match &spec.mockup {
            Some(folder) => {
                let key = (folder.clone(), spec.mockup_own_identity);
                let mockup = match self.mockups.get(&key) {
                    Some(mockup) => Arc::clone(mockup),
                    None => {
                        let mockup = Arc::new(Mockup::load(folder, spec.mockup_own_identity)?);
                        self.mockups.insert(key, Arc::clone(&mockup));
                        mockup
                    }
                };
                let generation = mockup.generation();
                (Tree::Mockup(mockup), generation)
            }
            None => (self.made.made(generation, spec.old_firmware, spec.size), generation),
        };
        let profile = profile(generation, spec.old_firmware);
        Ok(Server::new(address, spec, profile, identity, tree, shared))
    }
}

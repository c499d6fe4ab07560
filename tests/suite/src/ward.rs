//! A simulated fleet whose world runs fast, its servers in the table of a store, and an engine that waits by the same clock:
//! what the tests of job types stand on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use dell_redfish::clock::{Clock, Instant};
use dsm_core::store::{ServerFields, ServerPatch, ServerQuery, ServerRow};
use dsm_core::{NewJob, ServerId};
use idrac_sim::{Exchange, Fleet, FleetBuilder, Generation, JournalMode};
use serde_json::{Value, json};

use crate::Failure;
use crate::inventory::{PASSWORD, USER};
use crate::stand::{Ran, Stand};

/// How much faster than the machine's the simulated world runs.
pub const SPEED: f64 = 200.0;

/// Actions that only read.
const READ_BY_POST: [&str; 2] = ["GetRemoteServicesAPIStatus", "GetRepoBasedUpdateList"];

/// A client's clock that runs with a scaled world.
#[derive(Debug)]
pub struct FastClock {
    world: idrac_sim::Clock,
    began: Instant,
    wall: SystemTime,
    speed: f64,
}

impl FastClock {
    /// A clock for clients, and the one of their world.
    #[must_use]
    pub fn pair(speed: f64) -> (Arc<Self>, idrac_sim::Clock) {
        let world = idrac_sim::Clock::scaled(speed);
        (
            Arc::new(Self { world: world.clone(), began: Instant::now(), wall: SystemTime::now(), speed }),
            world,
        )
    }
}

#[async_trait]
impl Clock for FastClock {
    fn now(&self) -> Instant {
        self.began + self.world.now()
    }

    fn wall(&self) -> SystemTime {
        self.wall + self.world.now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.div_f64(self.speed)).await;
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Ward {
    /// The iDRACs.
    pub fleet: Fleet,
    /// The store, and the options of engines on it.
    pub stand: Stand,
    /// The servers in the table, in the order of the fleet.
    pub servers: Vec<ServerId>,
}

impl Ward {
    /// One server of each of these generations, in the network `127.x.y.0`.
    ///
    /// # Errors
    /// The simulator's or the store's.
    pub async fn of(network: &str, generations: &[Generation]) -> Result<Self, Failure> {
        Self::start(network, generations.len(), |fleet| fleet.generation_mix(generations.iter().copied()))
            .await
    }

    /// So many servers, as `change` makes them.
    ///
    /// # Errors
    /// As [`Ward::of`].
    pub async fn start(
        network: &str,
        count: usize,
        change: impl FnOnce(FleetBuilder) -> FleetBuilder,
    ) -> Result<Self, Failure> {
        Self::paced(network, count, SPEED, change).await
    }

    /// Likewise, in a world that runs so fast: many servers need a slower one, or the machine is late.
    ///
    /// # Errors
    /// As [`Ward::of`].
    pub async fn paced(
        network: &str,
        count: usize,
        speed: f64,
        change: impl FnOnce(FleetBuilder) -> FleetBuilder,
    ) -> Result<Self, Failure> {
        let (clock, world) = FastClock::pair(speed);
        let fleet = Fleet::builder()
            .network(network, count)
            .credentials(USER, PASSWORD)
            .journal(JournalMode::Full)
            .clock(world);
        let fleet = change(fleet).start().await?;
        let mut stand = Stand::memory(fleet.port());
        stand.idrac.clock = clock;
        stand.add_set("right", USER, PASSWORD, 10).await?;
        let ward = Self { servers: Vec::new(), fleet, stand };
        ward.with_servers().await
    }

    /// Puts every iDRAC of the fleet into the table.
    async fn with_servers(mut self) -> Result<Self, Failure> {
        for address in self.fleet.addresses() {
            let id = ServerId::new();
            let set = ServerFields { ip_address: Some(address.ip()), ..ServerFields::default() };
            self.stand.store.put_servers(vec![(id, ServerPatch { set, clear: Vec::new() })]).await?;
            self.servers.push(id);
        }
        Ok(self)
    }

    /// The same fleet and servers on another stand (a file, say): the servers and the credentials are put there.
    ///
    /// # Errors
    /// The store's.
    pub async fn on(mut self, mut stand: Stand) -> Result<Self, Failure> {
        stand.idrac.clock = self.stand.idrac.clock.clone();
        stand.add_set("right", USER, PASSWORD, 10).await?;
        self.stand = stand;
        self.servers.clear();
        self.with_servers().await
    }

    /// A job of this type over all servers.
    #[must_use]
    pub fn job(&self, job_type: &str, details: Value) -> NewJob {
        self.job_on(job_type, &self.servers, details)
    }

    /// A job of this type over these servers.
    #[must_use]
    pub fn job_on(&self, job_type: &str, servers: &[ServerId], details: Value) -> NewJob {
        let ids: Vec<String> = servers.iter().map(ServerId::to_string).collect();
        NewJob::new(job_type).with_scope(json!({"type": "specific", "server_ids": ids})).with_details(details)
    }

    /// Runs a job of this type over all servers to its end.
    ///
    /// # Errors
    /// The engine's.
    pub async fn run(&self, job_type: &str, details: Value) -> Result<Ran, Failure> {
        self.stand.run(self.job(job_type, details)).await
    }

    /// A server's row.
    ///
    /// # Errors
    /// The store's; there is no such server.
    pub async fn row(&self, server: ServerId) -> Result<ServerRow, Failure> {
        let query = ServerQuery { ids: vec![server], ..ServerQuery::default() };
        let row = self.stand.store.servers(query).await?.into_iter().next();
        row.ok_or_else(|| format!("there is no server {server}").into())
    }

    /// The address of the iDRAC at a place of the fleet.
    #[must_use]
    pub fn ip(&self, place: usize) -> IpAddr {
        self.fleet.addresses()[place].ip()
    }

    /// What the iDRAC at a place was asked that was no read and no login, as `METHOD path`.
    #[must_use]
    pub fn commands(&self, place: usize) -> Vec<String> {
        self.asked(place, |_| true)
    }

    /// Those of them that it took on.
    #[must_use]
    pub fn taken(&self, place: usize) -> Vec<String> {
        self.asked(place, |status| status < 400)
    }

    fn asked(&self, place: usize, is_wanted: impl Fn(u16) -> bool) -> Vec<String> {
        let address = self.ip(place);
        let is_no_command = |one: &Exchange| {
            one.path.contains("/Sessions") || READ_BY_POST.iter().any(|action| one.path.ends_with(action))
        };
        let journal = self.fleet.journal();
        let commands = journal
            .iter()
            .filter(|one| one.address.ip() == address && one.method != "GET" && !is_no_command(one))
            .filter(|one| is_wanted(one.status));
        commands.map(|one| format!("{} {}", one.method, one.path)).collect()
    }
}

impl Ran {
    /// The entry of a server in `results`.
    #[must_use]
    pub fn of(&self, server: ServerId) -> &Value {
        let id = server.to_string();
        let results = self.row.details.get("results").and_then(Value::as_array);
        let found = results.and_then(|all| all.iter().find(|one| one.get("server_id") == Some(&json!(id))));
        found.unwrap_or(&Value::Null)
    }
}

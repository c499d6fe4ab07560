//! One iDRAC and a client of it: a simulated one with its world's clock, or the real one that the environment names.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dell_redfish::{
    Client, ClientBuilder, Credentials, Redfish, RetryPolicy, Safeguard, SessionReaper, Target,
};
use idrac_sim::{Clock, Fleet, FleetBuilder, Generation, JournalMode, ServerHandle, ServerSpec};

use crate::Failure;
use crate::real::{RealWorld, needs_simulator};
use crate::requests;
use crate::time::OwnedClock;

/// The administrator of the simulated iDRACs.
pub const USER: &str = "root";
/// And the password.
pub const PASSWORD: &str = "secret";

fn builder(address: SocketAddr, clock: &Arc<OwnedClock>, reaper: &SessionReaper) -> ClientBuilder {
    Client::builder(Target::new(address.ip()).with_port(address.port()))
        .clock(clock.clone())
        .reaper(reaper.clone())
        .retry(RetryPolicy { base: Duration::from_millis(10), ..RetryPolicy::default() })
}

/// One iDRAC and a client of it. What only a simulated one has (its state, journal and clock) ends a case on a real one, and
/// the run there says so.
#[derive(Debug)]
pub struct Rig {
    world: World,
    client: Client,
    reaper: SessionReaper,
}

/// What stands on the other end.
#[derive(Debug)]
enum World {
    Simulated(Box<Simulated>),
    Real(RealWorld),
}

/// A simulated iDRAC, and the clock that it shares with the client.
#[derive(Debug)]
struct Simulated {
    fleet: Fleet,
    server: ServerHandle,
    clock: Arc<OwnedClock>,
    sessions_before: usize,
}

impl Rig {
    /// Starts one of this generation.
    ///
    /// # Errors
    /// The simulator's or the client's.
    pub async fn start(generation: Generation) -> Result<Self, Failure> {
        Self::start_with(generation, |spec| spec, |client| client).await
    }

    /// The same without one counter-measure against a known fault.
    ///
    /// # Errors
    /// The simulator's or the client's.
    pub async fn start_without(generation: Generation, safeguard: Safeguard) -> Result<Self, Failure> {
        Self::start_with(generation, |spec| spec, |client| client.without(safeguard)).await
    }

    /// The same with changes to the server and to the client.
    ///
    /// # Errors
    /// The simulator's or the client's.
    pub async fn start_with(
        generation: Generation,
        server: impl FnOnce(ServerSpec) -> ServerSpec,
        client: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, Failure> {
        let builder = Fleet::builder().generation(generation).credentials(USER, PASSWORD).defaults(server);
        Self::over(builder, client).await
    }

    /// The same on any fleet of which the first server matters: a captured tree, say.
    ///
    /// # Errors
    /// The simulator's or the client's.
    pub async fn over(
        fleet: FleetBuilder,
        client: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, Failure> {
        // Every rig of every test process has an address of its own.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let network = format!("127.{}.{}.{}", 64 + std::process::id() % 128, nth / 200, 1 + nth % 200);
        let world = Clock::manual();
        let fleet =
            fleet.network(&network, 1).clock(world.clone()).journal(JournalMode::Full).start().await?;
        let server = fleet.server(0).ok_or("the fleet is empty")?;
        let clock = Arc::new(OwnedClock::over(world));
        let reaper = SessionReaper::new();
        let address = server.address();
        let builder = builder(address, &clock, &reaper).credentials(Credentials::new(USER, PASSWORD));
        let client = client(builder).build()?;
        let sessions_before = server.open_sessions();
        let world = World::Simulated(Box::new(Simulated { fleet, server, clock, sessions_before }));
        Ok(Self { world, client, reaper })
    }

    /// A rig whose other end is a real iDRAC.
    pub(crate) fn of_real(world: RealWorld, client: Client, reaper: SessionReaper) -> Self {
        Self { world: World::Real(world), client, reaper }
    }

    fn simulated(&self, what: &'static str) -> &Simulated {
        match &self.world {
            World::Simulated(simulated) => simulated,
            World::Real(_) => needs_simulator(what),
        }
    }

    /// The real iDRAC behind it.
    pub(crate) fn real(&self) -> Option<&RealWorld> {
        match &self.world {
            World::Simulated(_) => None,
            World::Real(world) => Some(world),
        }
    }

    /// Whether the iDRAC is a simulated one, of which a case knows what is in it.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self.world, World::Simulated(_))
    }

    /// The client. A case that may run on a real iDRAC uses [`Rig::idrac`].
    #[must_use]
    pub fn client(&self) -> &Client {
        match &self.world {
            World::Simulated(_) => &self.client,
            World::Real(_) => needs_simulator("a client without the guard"),
        }
    }

    /// The iDRAC, for operations and flows; a real one behind the guard that lets nothing change it unless that is allowed.
    #[must_use]
    pub fn idrac(&self) -> &dyn Redfish {
        match &self.world {
            World::Simulated(_) => &self.client,
            World::Real(world) => world.guarded(),
        }
    }

    /// Sets another client of the same iDRAC up, without credentials. It must be dropped or closed before the rig is finished.
    #[must_use]
    pub fn stranger(&self) -> ClientBuilder {
        let simulated = self.simulated("another client of the same iDRAC");
        builder(simulated.server.address(), &simulated.clock, &self.reaper)
    }

    /// Waits until no login and no logout runs in the background.
    pub async fn settled(&self) {
        self.reaper.drained().await;
    }

    /// The server, as the simulator knows it.
    #[must_use]
    pub fn server(&self) -> &ServerHandle {
        &self.simulated("the simulator's state").server
    }

    /// The generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        match &self.world {
            World::Simulated(simulated) => simulated.server.generation(),
            World::Real(world) => world.generation(),
        }
    }

    /// The clock that client and simulator share.
    #[must_use]
    pub fn clock(&self) -> &Arc<OwnedClock> {
        &self.simulated("the simulator's clock").clock
    }

    /// Lets simulated time pass.
    pub async fn pass(&self, time: Duration) {
        dell_redfish::clock::Clock::sleep(&**self.clock(), time).await;
    }

    /// `METHOD path?query status` of every exchange so far.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        match &self.world {
            World::Simulated(simulated) => requests::lines(&simulated.fleet.journal()),
            World::Real(world) => world.asked(),
        }
    }

    /// Every exchange so far.
    #[must_use]
    pub fn journal(&self) -> Vec<idrac_sim::Exchange> {
        self.simulated("the simulator's journal").fleet.journal()
    }

    /// Forgets the exchanges so far.
    pub fn forget(&self) {
        match &self.world {
            World::Simulated(simulated) => simulated.fleet.clear_journal(),
            World::Real(world) => world.forget(),
        }
    }

    /// Runs something and says what was asked meanwhile, a login not counted.
    pub async fn counting<F: Future>(&self, work: F) -> (F::Output, Vec<String>) {
        self.forget();
        let output = work.await;
        let asked = self.asked().into_iter().filter(|line| !requests::is_login(line)).collect();
        (output, asked)
    }

    /// Runs something that must take exactly so many requests, a login not counted, and notes the number for the
    /// published table. On a real iDRAC the number is only reported.
    ///
    /// # Panics
    /// When the number is another; the message lists what was asked.
    pub async fn expecting<F: Future>(&self, name: &str, requests: usize, work: F) -> F::Output {
        let (output, asked) = self.counting(work).await;
        self.judge(name, requests, &asked);
        output
    }

    /// The same of work that this iDRAC may not offer: the number counts where it succeeds.
    ///
    /// # Errors
    /// Those of the work.
    ///
    /// # Panics
    /// As [`Rig::expecting`].
    pub async fn taking<T, E>(
        &self,
        name: &str,
        requests: usize,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let (output, asked) = self.counting(work).await;
        if output.is_ok() {
            self.judge(name, requests, &asked);
        }
        output
    }

    fn judge(&self, name: &str, requests: usize, asked: &[String]) {
        match &self.world {
            World::Simulated(_) => {
                assert_eq!(asked.len(), requests, "{name} on {:?}: {asked:#?}", self.generation());
                crate::requests::note(name, self.generation(), requests);
            }
            World::Real(world) => world.report(name, asked.len(), requests),
        }
    }

    /// Ends it: logs out, waits for what runs in the background, and requires that no session is left. Of a real iDRAC the
    /// run as a whole looks after that.
    ///
    /// # Panics
    /// When one is.
    pub async fn finish(self) {
        let Self { world, client, reaper } = self;
        client.close().await;
        drop(client);
        match world {
            World::Simulated(simulated) => {
                reaper.drained().await;
                let Simulated { fleet, server, sessions_before, .. } = *simulated;
                let generation = server.generation();
                assert_eq!(server.open_sessions(), sessions_before, "sessions are left on {generation:?}");
                fleet.stop().await;
            }
            World::Real(world) => {
                drop(world);
                reaper.drained().await;
            }
        }
    }
}

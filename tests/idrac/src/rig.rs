//! One simulated iDRAC and a client of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dell_redfish::{Client, ClientBuilder, Credentials, RetryPolicy, Safeguard, SessionReaper, Target};
use idrac_sim::{Clock, Fleet, FleetBuilder, Generation, JournalMode, ServerHandle, ServerSpec};

use crate::Failure;
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

/// One simulated iDRAC, its world's clock, and how its clients are made.
#[derive(Debug)]
pub struct Rig {
    fleet: Fleet,
    server: ServerHandle,
    clock: Arc<OwnedClock>,
    client: Client,
    reaper: SessionReaper,
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
        Ok(Self { fleet, server, clock, client, reaper, sessions_before })
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sets another client of the same iDRAC up, without credentials. It must be dropped or closed before the rig is finished.
    #[must_use]
    pub fn stranger(&self) -> ClientBuilder {
        builder(self.server.address(), &self.clock, &self.reaper)
    }

    /// Waits until no login and no logout runs in the background.
    pub async fn settled(&self) {
        self.reaper.drained().await;
    }

    /// The server, as the simulator knows it.
    #[must_use]
    pub fn server(&self) -> &ServerHandle {
        &self.server
    }

    /// The generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.server.generation()
    }

    /// The clock that client and simulator share.
    #[must_use]
    pub fn clock(&self) -> &Arc<OwnedClock> {
        &self.clock
    }

    /// Lets simulated time pass.
    pub async fn pass(&self, time: Duration) {
        dell_redfish::clock::Clock::sleep(&*self.clock, time).await;
    }

    /// `METHOD path?query status` of every exchange so far.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        requests::lines(&self.fleet.journal())
    }

    /// Every exchange so far.
    #[must_use]
    pub fn journal(&self) -> Vec<idrac_sim::Exchange> {
        self.fleet.journal()
    }

    /// Forgets the exchanges so far.
    pub fn forget(&self) {
        self.fleet.clear_journal();
    }

    /// Runs something and says what was asked meanwhile, a login not counted.
    pub async fn counting<F: Future>(&self, work: F) -> (F::Output, Vec<String>) {
        self.forget();
        let output = work.await;
        let asked = self.asked().into_iter().filter(|line| !requests::is_login(line)).collect();
        (output, asked)
    }

    /// Runs something that must take exactly so many requests, a login not counted, and notes the number for the
    /// published table.
    ///
    /// # Panics
    /// When the number is another; the message lists what was asked.
    pub async fn expecting<F: Future>(&self, name: &str, requests: usize, work: F) -> F::Output {
        let (output, asked) = self.counting(work).await;
        assert_eq!(asked.len(), requests, "{name} on {:?}: {asked:#?}", self.generation());
        requests::note(name, self.generation(), requests);
        output
    }

    /// Ends it: logs out, waits for what runs in the background, and requires that no session is left.
    ///
    /// # Panics
    /// When one is.
    pub async fn finish(self) {
        let Self { fleet, server, client, reaper, sessions_before, .. } = self;
        client.close().await;
        drop(client);
        reaper.drained().await;
        assert_eq!(server.open_sessions(), sessions_before, "sessions are left on {:?}", server.generation());
        fleet.stop().await;
    }
}

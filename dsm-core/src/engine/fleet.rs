//! The fleet as handlers see it: clients for iDRACs with everything around them in place — the network policy,
//! remembered certificates, noted sessions, the activity log.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use dell_redfish::{AuthMode, Client, Credentials, HostFacts, SessionReaper, Target, Timeouts};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::activity::{ActivityContext, ActivityLog, ActivityOptions, ActivityStats, Leave};
use crate::credential::{
    Ahead, Chain, Cipher, CredentialResolver, EnvCredentials, Outcome, Purpose, Resolved,
};
use crate::engine::HeldLocks;
use crate::engine::events::{EventBus, Told};
use crate::engine::fence::Fence;
use crate::engine::options::{IdracOptions, ScanOptions};
use crate::engine::orphans::{self, facts_of};
use crate::engine::pins::PinBook;
use crate::engine::sessions::StoredSessions;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{JobId, ProfileId, ServerId, TaskId};
use crate::network::NetworkPolicy;
use crate::store::{ServerQuery, Store};

/// Longest wait for logouts when the engine stops; what is not gone by then is deleted at the next start.
const LOGOUT_WAIT: Duration = Duration::from_secs(20);

/// How often newly seen certificates are written.
const PINS_EVERY: Duration = Duration::from_millis(500);

/// What a client's exchanges are about, for the activity log.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The job.
    pub job_id: Option<JobId>,
    /// Its task.
    pub task_id: Option<TaskId>,
    /// The server; may become known after the first exchanges.
    pub server: Arc<OnceLock<ServerId>>,
    /// On whose behalf.
    pub initiated_by: Option<ProfileId>,
}

/// A client that logs in with what the resolver found, and what is needed to [tell](Fleet::report) it how that went.
#[derive(Debug)]
pub struct Login {
    /// The client.
    pub client: Client,
    target: crate::credential::Target,
    resolved: Resolved,
}

fn unknown(server: ServerId, why: &str) -> Error {
    Error::new(ErrorKind::NotFound, why).about(format!("server {server}"))
}

/// What a fleet is made of.
pub(crate) struct FleetParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) cipher: Arc<Cipher>,
    pub(crate) network: NetworkPolicy,
    pub(crate) env: EnvCredentials,
    pub(crate) resolver: Option<Arc<dyn CredentialResolver>>,
    pub(crate) idrac: IdracOptions,
    pub(crate) scan: ScanOptions,
    pub(crate) activity: ActivityOptions,
    pub(crate) incarnation: Uuid,
    pub(crate) alive: Vec<Uuid>,
    pub(crate) events: EventBus,
}

/// See the module's documentation. Handles are many: each attempt has one of its own, whose clients go by its lease.
#[derive(Debug)]
pub struct Fleet {
    shared: Arc<Shared>,
    fence: Option<Arc<Fence>>,
}

/// What all handles share.
#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    chain: Arc<Chain>,
    /// The program's own.
    program: Option<Arc<dyn CredentialResolver>>,
    resolver: Arc<dyn CredentialResolver>,
    network: NetworkPolicy,
    activity: ActivityLog,
    pins: Arc<PinBook>,
    sessions: Arc<StoredSessions>,
    reaper: SessionReaper,
    idrac: IdracOptions,
    scan: ScanOptions,
    background: Mutex<Vec<JoinHandle<()>>>,
    /// The look for sessions of dead processes; awaited before the engine ends.
    orphans: Mutex<Option<JoinHandle<()>>>,
}

impl Fleet {
    pub(crate) async fn start(parts: FleetParts) -> Result<Arc<Self>> {
        let pins = Arc::new(PinBook::load(parts.store.clone()).await?);
        let sessions = Arc::new(StoredSessions::new(parts.store.clone(), parts.incarnation, parts.alive));
        let writer = {
            let pins = pins.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(PINS_EVERY).await;
                    pins.flush().await;
                }
            })
        };
        let chain = Arc::new(Chain::new(parts.store.clone(), parts.cipher, parts.env));
        let resolver: Arc<dyn CredentialResolver> = match parts.resolver.clone() {
            Some(own) => Arc::new(Ahead::new(own, chain.clone())),
            None => chain.clone(),
        };
        let told = Arc::new(Told(parts.events));
        let shared = Arc::new(Shared {
            chain,
            program: parts.resolver,
            resolver,
            activity: ActivityLog::start(parts.store.clone(), parts.activity).with_listener(told),
            store: parts.store,
            network: parts.network,
            pins,
            sessions,
            reaper: SessionReaper::new(),
            idrac: parts.idrac,
            scan: parts.scan,
            background: Mutex::new(vec![writer]),
            orphans: Mutex::default(),
        });
        let fleet = Arc::new(Self { shared, fence: None });
        let cleaning = tokio::spawn(orphans::reap(fleet.clone()));
        *fleet.shared.orphans.lock().unwrap_or_else(PoisonError::into_inner) = Some(cleaning);
        Ok(fleet)
    }

    /// The same fleet for what is done under locks taken with [`Engine::lock`](crate::Engine::lock): its clients change nothing
    /// once the locks are given back, or may have been lost because the engine could not beat.
    #[must_use]
    pub fn under(&self, locks: &HeldLocks) -> Arc<Self> {
        let fence = locks.fence().or(self.fence.as_ref()).cloned();
        Arc::new(Self { shared: self.shared.clone(), fence })
    }

    /// The same fleet for one attempt.
    pub(crate) fn fenced(&self, fence: Arc<Fence>) -> Arc<Self> {
        Arc::new(Self { shared: self.shared.clone(), fence: Some(fence) })
    }

    fn leave(&self) -> Option<Arc<dyn Leave>> {
        self.fence.clone().map(|fence| fence as Arc<dyn Leave>)
    }

    /// A client for the iDRAC at an address, without credentials yet
    /// ([`Client::with_credentials`] adds them over the same connection).
    ///
    /// Each of its requests that changes something is on record before it is sent, or not sent.
    ///
    /// # Errors
    /// [`ErrorKind::AddressRefused`]: the network policy does not allow it.
    pub fn client(&self, address: IpAddr, facts: HostFacts, about: &About) -> Result<Client> {
        self.shared.network.check(address)?;
        let context = ActivityContext {
            server: about.server.clone(),
            job_id: about.job_id,
            task_id: about.task_id,
            initiated_by: about.initiated_by,
            ..ActivityContext::default()
        };
        let client = Client::builder(Target::new(address).with_port(self.shared.idrac.port))
            .tls(self.shared.idrac.tls.clone())
            .certificates(self.shared.pins.clone())
            .sessions(self.shared.sessions.clone())
            .reaper(self.shared.reaper.clone())
            .observer(self.shared.activity.observer_under(context, self.leave()))
            .facts(facts)
            .clock(self.shared.idrac.clock.clone())
            .concurrency(self.shared.idrac.concurrency)
            .timeouts(Timeouts {
                connect: self.shared.idrac.connect_timeout,
                attempt: self.shared.idrac.request_timeout,
                ..Timeouts::default()
            })
            .build()?;
        Ok(client)
    }

    /// A client for the iDRAC of a known server, with the credentials that are its own. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: there is no such server, or nothing is known of its address. The resolver's. As
    /// [`Fleet::client`].
    pub async fn idrac(&self, server: ServerId, about: About) -> Result<Login> {
        let query = ServerQuery { ids: vec![server], ..ServerQuery::default() };
        let row = self.shared.store.servers(query).await?.into_iter().next();
        let row = row.ok_or_else(|| unknown(server, "there is no such server"))?;
        let address = row.fields.ip_address.ok_or_else(|| unknown(server, "its address is not known"))?;
        let target = crate::credential::Target::from(&row);
        let resolved = self.resolver().resolve(&target, Purpose::Idrac).await?;
        // A cell that has an id already has this one: the caller knew it before.
        let _ = about.server.set(server);
        let credentials = Credentials::new(&resolved.username, resolved.secret.expose());
        let client = self.client(address, facts_of(&row), &about)?;
        Ok(Login { client: client.with_credentials(credentials, AuthMode::Auto)?, target, resolved })
    }

    /// Tells the resolver what an iDRAC made of the credentials it was sent.
    pub async fn report(&self, login: &Login, outcome: Outcome) {
        self.resolver().report(&login.target, &login.resolved, outcome).await;
    }

    /// Which addresses may be talked to.
    #[must_use]
    pub fn network(&self) -> &NetworkPolicy {
        &self.shared.network
    }

    /// Who may log in where: the program's own resolver, if it brought one, and the chain.
    #[must_use]
    pub fn resolver(&self) -> &dyn CredentialResolver {
        self.shared.resolver.as_ref()
    }

    /// The program's own resolver alone.
    pub(crate) fn program_resolver(&self) -> Option<&dyn CredentialResolver> {
        self.shared.program.as_deref()
    }

    /// The five-level chain itself.
    #[must_use]
    pub fn chain(&self) -> &Arc<Chain> {
        &self.shared.chain
    }

    /// How iDRACs are talked to.
    #[must_use]
    pub fn idrac_options(&self) -> &IdracOptions {
        &self.shared.idrac
    }

    /// How wide and how fast a scan goes.
    #[must_use]
    pub fn scan_options(&self) -> &ScanOptions {
        &self.shared.scan
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.shared.store.as_ref()
    }

    /// What the activity log did so far.
    #[must_use]
    pub fn activity_stats(&self) -> ActivityStats {
        self.shared.activity.stats()
    }

    pub(crate) fn sessions(&self) -> &StoredSessions {
        &self.shared.sessions
    }

    /// See [`Engine::trust_anew`](crate::engine::Engine::trust_anew).
    pub(crate) async fn trust_anew(&self, address: IpAddr) -> Result<bool> {
        let host = std::net::SocketAddr::new(address, self.shared.idrac.port).to_string();
        self.shared.pins.forget(&host).await
    }

    /// Writes what is still in memory: activity and certificates.
    pub(crate) async fn flush(&self) {
        if let Err(error) = self.shared.activity.flush().await {
            tracing::error!("the activity log could not be written: {}", error.chain());
        }
        self.shared.pins.flush().await;
    }

    /// Waits for logouts, then writes the last rows. Clients must be gone.
    pub(crate) async fn close(&self) {
        let cleaning = self.shared.orphans.lock().unwrap_or_else(PoisonError::into_inner).take();
        let finish = async {
            if let Some(cleaning) = cleaning {
                let _ = cleaning.await;
            }
            self.shared.reaper.drained().await;
        };
        if tokio::time::timeout(LOGOUT_WAIT, finish).await.is_err() {
            tracing::warn!("some sessions could not be closed in time; the next start deletes them");
        }
        for task in self.shared.background.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
        self.flush().await;
    }
}

//! The fleet as handlers see it: clients for iDRACs with everything around them in place — the network policy,
//! remembered certificates, noted sessions, the activity log.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use dell_redfish::{Client, HostFacts, SessionReaper, Target, Timeouts};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::activity::{ActivityContext, ActivityLog, ActivityOptions, ActivityStats};
use crate::credential::{Chain, Cipher, CredentialResolver, EnvCredentials};
use crate::engine::options::{IdracOptions, ScanOptions};
use crate::engine::orphans;
use crate::engine::pins::PinBook;
use crate::engine::sessions::StoredSessions;
use crate::error::Result;
use crate::id::{JobId, ProfileId, ServerId, TaskId};
use crate::network::NetworkPolicy;
use crate::store::Store;

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

/// What a fleet is made of.
pub(crate) struct FleetParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) cipher: Arc<Cipher>,
    pub(crate) network: NetworkPolicy,
    pub(crate) env: EnvCredentials,
    pub(crate) idrac: IdracOptions,
    pub(crate) scan: ScanOptions,
    pub(crate) activity: ActivityOptions,
    pub(crate) incarnation: Uuid,
    pub(crate) alive: Vec<Uuid>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Fleet {
    store: Arc<dyn Store>,
    chain: Arc<Chain>,
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
        let fleet = Arc::new(Self {
            chain: Arc::new(Chain::new(parts.store.clone(), parts.cipher, parts.env)),
            activity: ActivityLog::start(parts.store.clone(), parts.activity),
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
        let cleaning = tokio::spawn(orphans::reap(fleet.clone()));
        *fleet.orphans.lock().unwrap_or_else(PoisonError::into_inner) = Some(cleaning);
        Ok(fleet)
    }

    /// A client for the iDRAC at an address, without credentials yet
    /// ([`Client::with_credentials`] adds them over the same connection).
    ///
    /// # Errors
    /// [`ErrorKind::AddressRefused`](crate::ErrorKind::AddressRefused): the network policy does not allow it.
    pub fn client(&self, address: IpAddr, facts: HostFacts, about: &About) -> Result<Client> {
        self.network.check(address)?;
        let context = ActivityContext {
            server: about.server.clone(),
            job_id: about.job_id,
            task_id: about.task_id,
            initiated_by: about.initiated_by,
            ..ActivityContext::default()
        };
        let client = Client::builder(Target::new(address).with_port(self.idrac.port))
            .tls(self.idrac.tls.clone())
            .certificates(self.pins.clone())
            .sessions(self.sessions.clone())
            .reaper(self.reaper.clone())
            .observer(self.activity.observer(context))
            .facts(facts)
            .concurrency(self.idrac.concurrency)
            .timeouts(Timeouts {
                connect: self.idrac.connect_timeout,
                attempt: self.idrac.request_timeout,
                ..Timeouts::default()
            })
            .build()?;
        Ok(client)
    }

    /// Which addresses may be talked to.
    #[must_use]
    pub fn network(&self) -> &NetworkPolicy {
        &self.network
    }

    /// Who may log in where.
    #[must_use]
    pub fn resolver(&self) -> &dyn CredentialResolver {
        self.chain.as_ref()
    }

    /// The five-level chain itself.
    #[must_use]
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// How iDRACs are talked to.
    #[must_use]
    pub fn idrac_options(&self) -> &IdracOptions {
        &self.idrac
    }

    /// How wide and how fast a scan goes.
    #[must_use]
    pub fn scan_options(&self) -> &ScanOptions {
        &self.scan
    }

    /// The store, for reading.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// What the activity log did so far.
    #[must_use]
    pub fn activity_stats(&self) -> ActivityStats {
        self.activity.stats()
    }

    pub(crate) fn sessions(&self) -> &StoredSessions {
        &self.sessions
    }

    /// See [`Engine::trust_anew`](crate::engine::Engine::trust_anew).
    pub(crate) async fn trust_anew(&self, address: IpAddr) -> Result<bool> {
        let host = std::net::SocketAddr::new(address, self.idrac.port).to_string();
        self.pins.forget(&host).await
    }

    /// Writes what is still in memory: activity and certificates.
    pub(crate) async fn flush(&self) {
        if let Err(error) = self.activity.flush().await {
            tracing::error!("the activity log could not be written: {}", error.chain());
        }
        self.pins.flush().await;
    }

    /// Waits for logouts, then writes the last rows. Clients must be gone.
    pub(crate) async fn close(&self) {
        let cleaning = self.orphans.lock().unwrap_or_else(PoisonError::into_inner).take();
        let finish = async {
            if let Some(cleaning) = cleaning {
                let _ = cleaning.await;
            }
            self.reaper.drained().await;
        };
        if tokio::time::timeout(LOGOUT_WAIT, finish).await.is_err() {
            tracing::warn!("some sessions could not be closed in time; the next start deletes them");
        }
        for task in self.background.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
        self.flush().await;
    }
}

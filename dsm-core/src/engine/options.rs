//! What can be set about an engine, with the defaults that suit a fleet.

use std::sync::Arc;
use std::time::Duration;

use dell_redfish::TlsPolicy;
use dell_redfish::clock::{Clock, SystemClock};

use crate::store::Limits;

/// How jobs are claimed and held.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Jobs run at a time.
    pub slots: usize,
    /// Jobs run at a time beside those, of types that never wait ([`Handler::INTERACTIVE`](crate::Handler::INTERACTIVE)).
    pub interactive_slots: usize,
    /// How many jobs may be at work at a time, over all engines on the store: written there at the start, and from then on
    /// in force for all of them. `None`: what is in force there stays. The last one that was written counts
    /// ([`Engine::set_limits`](crate::Engine::set_limits)).
    pub limits: Option<Limits>,
    /// The job types this engine claims, of those it has handlers for; aliases follow. `None`: all of them. Jobs of other
    /// types can be enqueued here and are run by whoever claims them: so a fleet moves over from another executor one type
    /// at a time.
    pub job_types: Option<Vec<String>>,
    /// How long a shutdown lets running jobs go on before it tells them to stop.
    pub drain_time: Duration,
    /// How long a lease lasts without a heartbeat.
    pub lease_ttl: Duration,
    /// How often leases are extended.
    pub heartbeat: Duration,
    /// How often a store without a signal is asked for work.
    pub poll_interval: Duration,
    /// A job orphaned this often in a row is failed with the evidence instead of tried again.
    pub max_orphanings: u32,
    /// Runs jobs that change servers although the store has no fences and no locks ([`Lack::Fences`]): after a lost
    /// connection such a job may run twice, or beside another one on the same server. Of no account on a store that has
    /// them.
    ///
    /// [`Lack::Fences`]: crate::store::Lack::Fences
    pub accept_unfenced_changes: bool,
    /// How often what is over and old is removed, as the settings say; by one engine of all on the store.
    pub cleanup_interval: Duration,
    /// How long the row of an ended job may show a secret that nobody has read ([`Ctx::expires`](crate::Ctx::expires)).
    pub secret_lifetime: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            slots: 4,
            interactive_slots: 64,
            limits: None,
            job_types: None,
            drain_time: Duration::ZERO,
            lease_ttl: Duration::from_secs(20),
            heartbeat: Duration::from_secs(5),
            poll_interval: Duration::from_secs(1),
            max_orphanings: 3,
            accept_unfenced_changes: false,
            cleanup_interval: Duration::from_secs(86_400),
            secret_lifetime: Duration::from_secs(120),
        }
    }
}

/// How iDRACs are talked to.
#[derive(Debug, Clone)]
pub struct IdracOptions {
    /// TCP port of the Redfish service. Never taken from a job row.
    pub port: u16,
    /// How certificates are judged.
    pub tls: TlsPolicy,
    /// Requests sent to one iDRAC at a time, 1 to 4.
    pub concurrency: usize,
    /// Time for a TCP and TLS connection.
    pub connect_timeout: Duration,
    /// Time for one request.
    pub request_timeout: Duration,
    /// What clients wait by: the machine's clock, or a simulated world's.
    pub clock: Arc<dyn Clock>,
}

impl Default for IdracOptions {
    fn default() -> Self {
        Self {
            port: 443,
            tls: TlsPolicy::TrustOnFirstUse,
            concurrency: 2,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            clock: Arc::new(SystemClock),
        }
    }
}

/// How wide and how fast a scan goes.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// TCP connections tried at a time; lowered to what the descriptor limit leaves.
    pub connect_width: usize,
    /// New connections a second, so that switches and firewalls on the way are not flooded.
    pub connect_rate: u32,
    /// Connections that may start at once before the rate applies.
    pub connect_burst: u32,
    /// How long an address may stay silent.
    pub connect_timeout: Duration,
    /// iDRACs identified and inventoried at a time.
    pub idrac_width: usize,
    /// Time for the unauthenticated look at the service root.
    pub identify_timeout: Duration,
    /// Most addresses in one job, unless `details.allow_large_range` is true.
    pub max_addresses: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            connect_width: 2048,
            connect_rate: 2500,
            connect_burst: 1024,
            connect_timeout: Duration::from_secs(1),
            idrac_width: 256,
            identify_timeout: Duration::from_secs(10),
            max_addresses: 262_144,
        }
    }
}

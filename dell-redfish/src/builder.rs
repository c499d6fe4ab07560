//! How a [`Client`] is set up.

use std::sync::Arc;
use std::time::Duration;

use crate::address::Target;
use crate::auth::Auth;
use crate::breaker::{Breaker, BreakerPolicy};
use crate::certificate::{CertificateMemory, InMemoryCertificates};
use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{AuthMode, Credentials};
use crate::dial::Dialer;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::{HostFacts, SharedFacts};
use crate::http::HttpTransport;
use crate::limit::{Limiter, MAX_CONCURRENCY};
use crate::observer::{NoObserver, Observer};
use crate::patience::Patience;
use crate::policy::{Random, RetryPolicy, Timeouts};
use crate::reaper::SessionReaper;
use crate::registry::{InMemorySessions, SessionRegistry};
use crate::safeguard::{Safeguard, Safeguards};
use crate::session::Desk;
use crate::tls::{Admission, TlsPolicy};
use crate::transport::Transport;
use crate::wire::Wire;

/// Sets up a [`Client`]. All but the target has a default.
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    target: Target,
    credentials: Option<Credentials>,
    auth: AuthMode,
    tls: TlsPolicy,
    certificates: Option<Arc<dyn CertificateMemory>>,
    sessions: Option<Arc<dyn SessionRegistry>>,
    reaper: SessionReaper,
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    facts: HostFacts,
    concurrency: usize,
    pacing: Duration,
    timeouts: Timeouts,
    retry: RetryPolicy,
    breaker: BreakerPolicy,
    max_body: usize,
    safeguards: Safeguards,
}

impl ClientBuilder {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            credentials: None,
            auth: AuthMode::default(),
            tls: TlsPolicy::default(),
            certificates: None,
            sessions: None,
            reaper: SessionReaper::new(),
            observer: Arc::new(NoObserver),
            clock: Arc::new(SystemClock),
            transport: None,
            facts: HostFacts::default(),
            concurrency: 2,
            pacing: Duration::ZERO,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
            max_body: 64 * 1024 * 1024,
            safeguards: Safeguards::default(),
        }
    }

    /// Who asks. Without credentials only anonymous requests (the service root) can be sent.
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    /// Session, Basic, or the one with the other to fall back on (the default).
    #[must_use]
    pub fn auth(self, auth: AuthMode) -> Self {
        Self { auth, ..self }
    }

    /// Which certificate is accepted; trust on first use by default.
    #[must_use]
    pub fn tls(self, tls: TlsPolicy) -> Self {
        Self { tls, ..self }
    }

    /// Remembers certificates for trust on first use; by default a memory that ends with this client.
    #[must_use]
    pub fn certificates(self, certificates: Arc<dyn CertificateMemory>) -> Self {
        Self { certificates: Some(certificates), ..self }
    }

    /// Notes the sessions that are opened; by default a registry that ends with this client.
    #[must_use]
    pub fn sessions(self, sessions: Arc<dyn SessionRegistry>) -> Self {
        Self { sessions: Some(sessions), ..self }
    }

    /// Counts logins and logouts in the background; give all clients of a program the same one.
    #[must_use]
    pub fn reaper(self, reaper: SessionReaper) -> Self {
        Self { reaper, ..self }
    }

    /// Sees every exchange.
    #[must_use]
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Tells the time.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Carries the requests in place of HTTPS; TLS policy and certificates then mean nothing.
    #[must_use]
    pub fn transport(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: Some(transport), ..self }
    }

    /// What is known about this iDRAC from earlier.
    #[must_use]
    pub fn facts(self, facts: HostFacts) -> Self {
        Self { facts, ..self }
    }

    /// Requests, and so connections, at a time: 1 to 4, 2 by default.
    #[must_use]
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// The least time between the starts of two requests; none by default. Some iDRAC9 5.x want a quiet 20 s
    /// between operations.
    #[must_use]
    pub fn pacing(self, pacing: Duration) -> Self {
        Self { pacing, ..self }
    }

    /// Connect, attempt and deadline.
    #[must_use]
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// How often a request is tried, and the pauses.
    #[must_use]
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// When to stop sending to an iDRAC that cannot be reached.
    #[must_use]
    pub fn breaker(self, breaker: BreakerPolicy) -> Self {
        Self { breaker, ..self }
    }

    /// The largest reply that is read, in bytes; 64 MiB by default.
    #[must_use]
    pub fn max_body(self, max_body: usize) -> Self {
        Self { max_body, ..self }
    }

    /// Switches one counter-measure off, so that a test sees the fault it is against.
    #[cfg(any(test, feature = "fault-switches"))]
    #[must_use]
    pub fn without(self, safeguard: crate::safeguard::Safeguard) -> Self {
        Self { safeguards: self.safeguards.without(safeguard), ..self }
    }

    /// Makes the client. Reads CA files, sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a concurrency outside 1 to 4, no attempts, credentials that do not fit into
    /// a header, or roots that cannot be read.
    pub fn build(self) -> Result<Client> {
        let named = {
            let label = self.target.label().to_owned();
            move |error: Error| error.with_host(label.clone())
        };
        if !(1..=MAX_CONCURRENCY).contains(&self.concurrency) {
            let message = format!("concurrency is {}, but may be 1 to {MAX_CONCURRENCY}", self.concurrency);
            return Err(named(Error::new(ErrorKind::InvalidInput, message)));
        }
        if self.retry.max_attempts == 0 {
            return Err(named(Error::new(
                ErrorKind::InvalidInput,
                "max_attempts is 0, but must be at least 1",
            )));
        }
        let facts = Arc::new(SharedFacts::new(self.facts));
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let memory = self.certificates.unwrap_or_else(|| Arc::new(InMemoryCertificates::default()));
                let admission = Admission::new(self.tls, memory);
                let dialer =
                    Dialer::new(self.target.clone(), self.timeouts.connect, admission, Arc::clone(&facts))
                        .map_err(&named)?;
                Arc::new(
                    HttpTransport::new(dialer, Arc::clone(&self.clock), self.safeguards).map_err(&named)?,
                )
            }
        };
        let paced = self.safeguards.has(Safeguard::Pacing);
        let pacing = if paced { self.pacing } else { Duration::ZERO };
        let wire = Wire {
            target: self.target,
            transport,
            observer: self.observer,
            breaker: Breaker::new(self.breaker),
            limiter: Limiter::new(self.concurrency, pacing, Arc::clone(&self.clock)),
            clock: self.clock,
            timeouts: self.timeouts,
            max_body: self.max_body,
            safeguards: self.safeguards,
            patience: Patience::default(),
        };
        let desk = Arc::new(Desk {
            wire,
            registry: self.sessions.unwrap_or_else(|| Arc::new(InMemorySessions::default())),
            reaper: self.reaper,
            retry: self.retry,
            random: Random::new(),
        });
        let auth = match self.credentials {
            None => None,
            Some(credentials) => {
                let auth = Auth::new(Arc::clone(&desk), Arc::clone(&facts), credentials, self.auth);
                Some(Arc::new(auth.map_err(&named)?))
            }
        };
        Ok(Client::from_parts(desk, facts, auth, self.concurrency))
    }
}

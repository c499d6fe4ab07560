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
use crate::handover::SessionHandle;
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
    session: Option<Arc<SessionHandle>>,
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
            session: None,
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

    /// Goes on with a session that another client handed over, here or in another process, without a login. Its address must be
    /// this client's, its user that of the credentials, if there are any, and every connection must show the certificate it is bound to.
    ///
    /// When the session turns out to be over (401), the client logs in once with its credentials and goes on with a session of its own;
    /// without credentials that is an error of kind [`ErrorKind::Authentication`] that names the way out. A
    /// [borrowed](crate::SessionRole::Borrower) session is never deleted by this client, an owned one is, as if it had been opened here.
    /// A client that is to end a session must be built inside a Tokio runtime. Of several clients built of one owning handle
    /// each would end it: build once.
    #[must_use]
    pub fn session(self, session: SessionHandle) -> Self {
        Self { session: Some(Arc::new(session)), ..self }
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
    /// a header, roots that cannot be read, or a session that was handed over and is not for this client.
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
        if let Some(session) = &self.session {
            self.admit(session).map_err(&named)?;
        }
        let facts = Arc::new(SharedFacts::new(self.facts));
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let memory = self.certificates.unwrap_or_else(|| Arc::new(InMemoryCertificates::default()));
                let bound = self.session.as_ref().and_then(|session| session.certificate().copied());
                let admission = Admission::new(self.tls, memory, bound);
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
        let (shared, known) = (Arc::clone(&desk), Arc::clone(&facts));
        let auth = match (self.session, self.credentials) {
            (None, None) => None,
            (None, Some(credentials)) => Some(Auth::new(shared, known, credentials, self.auth)),
            (Some(session), credentials) => {
                Some(Auth::resume(shared, known, &session, credentials, self.auth))
            }
        };
        let auth = auth.transpose().map_err(&named)?.map(Arc::new);
        Ok(Client::from_parts(desk, facts, auth, self.concurrency))
    }

    /// Whether a session that was handed over is for this client: its token goes nowhere else.
    fn admit(&self, session: &SessionHandle) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::InvalidInput, message).unsent());
        if session.target().socket() != self.target.socket() {
            return refuse(format!(
                "not sent: the session that was handed over belongs to {}",
                session.target().label()
            ));
        }
        if let Some(other) = self.credentials.as_ref().filter(|given| given.username() != session.user()) {
            return refuse(format!(
                "the session that was handed over is one of {}, the credentials are those of {}",
                session.user(),
                other.username()
            ));
        }
        if self.auth == AuthMode::Basic {
            return refuse("a session was handed over to a client that is to use Basic".to_owned());
        }
        if self.transport.is_some() && session.certificate().is_some() {
            return refuse(
                "the session that was handed over is bound to a certificate, which this transport does not check"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

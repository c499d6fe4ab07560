//! One iDRAC, ready to be asked: the pipeline from an operation to a judged reply.
//!
//! Deadline → retry → session → breaker → per-iDRAC limit → pacing → attempt time-out. The session comes before
//! the limit because a login is a request of its own: were it made inside another's slot, one slot would not do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use tracing::Instrument as _;

use crate::address::Target;
use crate::auth::Auth;
use crate::body::{Body, ReplyStream};
use crate::clock::{Clock, within};
use crate::conditional::{Conditional, EntityTag, run_if_changed};
use crate::credentials::{AuthMode, Credentials};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::facts::{HostFacts, SharedFacts};
use crate::grant::Grant;
use crate::handover::SessionHandle;
use crate::meaning::Resend;
use crate::observer::ExchangeKind;
use crate::operation::{Operation, Redfish};
use crate::request::{Method, Request, Response};
use crate::safeguard::{Safeguard, Safeguards};
use crate::secret::Secret;
use crate::session::Desk;
use crate::verdict;
use crate::wire::{Call, common_headers};

pub use crate::builder::ClientBuilder;

/// A client of one iDRAC with at most one session. Clones share everything. Other clients, of other processes too, can go on with
/// its session: [`Client::share_session`], [`Client::detach_session`].
///
/// Dropping the last clone logs out in the background, also after a cancellation or a panic; see
/// [`SessionReaper`](crate::SessionReaper) for how a program waits for that. [`Client::close`] logs out at once.
///
/// What is retried: transport failures, garbled replies and passing errors of a request that is idempotent; any
/// request whose reply proves that it was not carried out (a 401, once, after a new login; a message id such as
/// RAC0218 or SWC0700) or that never left. A request that is not idempotent is otherwise sent once.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) desk: Arc<Desk>,
    pub(crate) facts: Arc<SharedFacts>,
    pub(crate) auth: Option<Arc<Auth>>,
    pub(crate) anonymous: HeaderMap,
    pub(crate) concurrency: usize,
}

/// A year: longer than anything that is waited for.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// How a request proves who sends it.
#[derive(Clone, Copy)]
enum Proof {
    AsConfigured,
    Basic,
}

/// One attempt that failed, and what the retry needs to know of it.
struct Failure {
    error: Error,
    grant: Option<Grant>,
    /// It failed before the request itself was sent: at the login.
    at_login: bool,
}

impl Client {
    /// Starts a client of this iDRAC. Nothing is sent before the first request.
    #[must_use]
    pub fn builder(target: Target) -> ClientBuilder {
        ClientBuilder::new(target)
    }

    pub(crate) fn from_parts(
        desk: Arc<Desk>,
        facts: Arc<SharedFacts>,
        auth: Option<Arc<Auth>>,
        concurrency: usize,
    ) -> Self {
        let anonymous = common_headers();
        Self { inner: Arc::new(Inner { desk, facts, auth, anonymous, concurrency }) }
    }

    /// The iDRAC's place.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.inner.desk.wire.target
    }

    /// Runs one operation.
    ///
    /// # Errors
    /// Whatever the pipeline or the parsing says, with operation, host and path named.
    pub async fn run<O: Operation>(&self, operation: &O) -> Result<O::Output> {
        crate::operation::run(self, operation).await
    }

    /// Runs one reading, unless the resource is still the one that was read with this tag; see [`run_if_changed`].
    ///
    /// # Errors
    /// As [`run_if_changed`].
    pub async fn run_if_changed<O: Operation>(
        &self,
        operation: &O,
        known: Option<&EntityTag>,
    ) -> Result<Conditional<O::Output>> {
        run_if_changed(self, operation, known).await
    }

    /// The same iDRAC with these credentials in place of any other, over the same connections and limits: a client
    /// that has looked at the service root goes on without a new handshake.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for credentials that do not fit into a header.
    pub fn with_credentials(&self, credentials: Credentials, mode: AuthMode) -> Result<Self> {
        let Inner { desk, facts, concurrency, .. } = &*self.inner;
        let auth = Auth::new(Arc::clone(desk), Arc::clone(facts), credentials, mode)
            .map_err(|error| error.with_host(desk.wire.target.label()))?;
        Ok(Self::from_parts(Arc::clone(desk), Arc::clone(facts), Some(Arc::new(auth)), *concurrency))
    }

    /// Sends one request with Basic, whatever the client's mode: for a single read that is not worth a session,
    /// such as trying a credential. An iDRAC10 may have Basic switched off and answers 401 then, as to a wrong
    /// password; either way this client sends nothing with these credentials any more.
    ///
    /// # Errors
    /// As [`Redfish::send`].
    pub async fn send_basic(&self, operation: &'static str, request: Request) -> Result<Response> {
        self.within_deadline(operation, &request, Proof::Basic).await
    }

    /// Logs out and waits for it. A later request logs in anew. Requests still under way lose their session.
    ///
    /// Never fails: a session that cannot be deleted stays in the registry for a later [`Client::reap_orphans`].
    pub async fn close(&self) {
        if let Some(auth) = &self.inner.auth {
            auth.close().await;
        }
    }

    /// Lends this client's session to another client, which goes on with it without a login
    /// ([`ClientBuilder::session`]); see [`SessionHandle`] for how it travels to another process, and how safely. Logs in if there
    /// is no session yet.
    ///
    /// This client stays the owner: when it ends the session (on close, drop, or after a 401), borrowers have none any more.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where requests go out with Basic; otherwise as a login.
    pub async fn share_session(&self) -> Result<SessionHandle> {
        let shared = match &self.inner.auth {
            Some(auth) => auth.share().await,
            None => Err(no_credentials()),
        };
        shared.map_err(|error| error.with_host(self.target().label()).with_operation("ShareSession"))
    }

    /// Gives this client's session away: the handle owns it from now on, and a later request of this client logs in anew. Requests
    /// under way still end on it. Logs in if there is no session yet.
    ///
    /// A detached session is the one thing that outlives its client on purpose, once the handle was
    /// [exposed](SessionHandle::expose) or taken over by another client; a handle that is dropped before that ends its session.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when this client only borrows its session, [`ErrorKind::Unsupported`] where requests go out
    /// with Basic; otherwise as a login, or the registry's. The session stays this client's then.
    pub async fn detach_session(&self) -> Result<SessionHandle> {
        let detached = match &self.inner.auth {
            Some(auth) => auth.detach().await,
            None => Err(no_credentials()),
        };
        detached.map_err(|error| error.with_host(self.target().label()).with_operation("DetachSession"))
    }

    /// Deletes the sessions on this iDRAC that, by the [registry](crate::SessionRegistry), an earlier process of
    /// ours (or a broken login) left. One whose location was never learned is looked for among all sessions: same
    /// user, our own address where the iDRAC tells it, created when the ticket was. Other people's are never touched.
    ///
    /// Returns how many are gone.
    ///
    /// # Errors
    /// The registry's or the iDRAC's; what was not reached stays in the registry.
    pub async fn reap_orphans(&self) -> Result<usize> {
        match &self.inner.auth {
            Some(auth) => auth.reap_orphans().await,
            None => Ok(0),
        }
    }

    async fn within_deadline(
        &self,
        operation: &'static str,
        request: &Request,
        proof: Proof,
    ) -> Result<Response> {
        let named = |error: Error| {
            let error = if error.host().is_none() { error.with_host(self.target().label()) } else { error };
            let error = if error.path().is_none() { error.with_path(request.path.clone()) } else { error };
            error.with_operation(operation)
        };
        endpoint::check(&request.method, &request.path).map_err(|error| named(error.unsent()))?;
        // A large body takes as long as it takes; what ends it is a standstill.
        let streams = self.is_bounded_by_stalls(request);
        let deadline = if streams { FOREVER } else { self.inner.desk.wire.timeouts.deadline };
        let mut last = None;
        let span = tracing::debug_span!("redfish", host = self.target().label(), operation);
        match within(deadline, self.attempts(operation, request, proof, &mut last).instrument(span)).await {
            Some(outcome) => outcome.map_err(named),
            // The last real failure says more than the clock.
            None => Err(named(last.unwrap_or_else(|| {
                let message = format!("not done within its deadline of {} ms", deadline.as_millis());
                Error::new(ErrorKind::Timeout, message).with_permanence(Permanence::Exhausted)
            }))),
        }
    }

    fn is_bounded_by_stalls(&self, request: &Request) -> bool {
        let streams = request.body.as_ref().is_some_and(Body::is_stream);
        streams && self.safeguards().has(Safeguard::StallNotTotal)
    }

    /// Tries until it works, cannot work, or is tried often enough. `last` holds the failure that is waited out.
    async fn attempts(
        &self,
        operation: &'static str,
        request: &Request,
        proof: Proof,
        last: &mut Option<Error>,
    ) -> Result<Response> {
        let desk = &self.inner.desk;
        let streams = self.is_bounded_by_stalls(request);
        let end = desk.wire.clock.now() + if streams { FOREVER } else { desk.wire.timeouts.deadline };
        let (mut attempt, mut sends, mut relogin) = (1, 1, None);
        loop {
            let failure = match self.once(operation, request, proof, sends, relogin).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            if failure.error.kind() == ErrorKind::CircuitOpen
                && let Some(last) = last.take()
            {
                // The breaker opened on our own attempts: what they met is the better answer.
                return Err(last);
            }
            if self.try_new_login(&failure, relogin.is_some()).await {
                // A 401 proves that nothing was carried out, so this is not one of the tries.
                if let Some(Grant::Session(session)) = failure.grant {
                    relogin = Some(session.number);
                }
                sends += 1;
                continue;
            }
            let Some(pause) = self.pause(request, &failure, attempt) else { return Err(failure.error) };
            let spent = failure.error.with_permanence(Permanence::Exhausted);
            if attempt >= desk.retry.max_attempts || desk.wire.clock.now() + pause >= end {
                return Err(spent);
            }
            tracing::debug!(
                host = self.target().label(),
                operation,
                attempt,
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                error = %spent,
                "trying again after a pause"
            );
            *last = Some(spent);
            desk.wire.clock.sleep(pause).await;
            attempt += 1;
            sends += 1;
        }
    }

    /// How long to wait before the next try; `None` when there must be none.
    fn pause(&self, request: &Request, failure: &Failure, attempt: u32) -> Option<Duration> {
        let (error, safeguards) = (&failure.error, self.safeguards());
        if error.kind() == ErrorKind::NotReady && !safeguards.has(Safeguard::WaitUntilReady) {
            return None;
        }
        let resend = match error.http_status() {
            None if !error.is_unsent() && !safeguards.has(Safeguard::FreshConnection) => Resend::Never,
            _ if error.permanence() != Permanence::Temporary || error.kind() == ErrorKind::CircuitOpen => {
                Resend::Never
            }
            _ if failure.at_login || error.is_unsent() => Resend::NotCarriedOut,
            Some(status) if !(200..300).contains(&status) => verdict::resend(error),
            // A reply that makes no sense: asking again is harmless only when asking was.
            Some(_) if request.method != Method::GET => Resend::Never,
            Some(_) | None => Resend::IfIdempotent,
        };
        let allowed = match resend {
            Resend::Never => false,
            Resend::IfIdempotent => request.idempotent,
            Resend::NotCarriedOut => true,
        };
        let desk = &self.inner.desk;
        allowed.then(|| desk.retry.pause(attempt, error.retry_after(), &desk.random))
    }

    /// Opens a reply that is read as it comes; a session that is gone is replaced once.
    async fn open(&self, operation: &'static str, request: &Request) -> Result<ReplyStream> {
        endpoint::check(&request.method, &request.path).map_err(Error::unsent)?;
        let Some(auth) = &self.inner.auth else {
            return Err(no_credentials());
        };
        let (mut attempt, mut stale) = (1, None);
        loop {
            let grant = auth.grant(true, stale).await?;
            let fallback = matches!(grant, Grant::Basic { fallback: true, .. });
            let kind = if fallback { ExchangeKind::Fallback } else { ExchangeKind::Api };
            let call =
                Call { operation, kind, attempt, headers: grant.headers(), request, path: &request.path };
            let error = match self.inner.desk.wire.open(call).await {
                Ok(stream) => {
                    grant.prove();
                    return Ok(stream);
                }
                Err(error) => error,
            };
            let number = match &grant {
                Grant::Session(session) => Some(session.number),
                Grant::Basic { .. } => None,
            };
            let failure = Failure { error, grant: Some(grant), at_login: false };
            if !self.try_new_login(&failure, stale.is_some()).await {
                return Err(failure.error);
            }
            (attempt, stale) = (attempt + 1, number);
        }
    }

    async fn try_new_login(&self, failure: &Failure, retried: bool) -> bool {
        let refused =
            failure.error.kind() == ErrorKind::Authentication && failure.error.http_status() == Some(401);
        match (&self.inner.auth, &failure.grant) {
            (Some(_), Some(_)) if !self.safeguards().has(Safeguard::LogInAgain) => false,
            (Some(auth), Some(grant)) if refused => {
                auth.unauthorised(grant, retried, failure.error.kind()).await
            }
            _ => false,
        }
    }

    async fn once(
        &self,
        operation: &'static str,
        request: &Request,
        proof: Proof,
        attempt: u32,
        stale: Option<u64>,
    ) -> Result<Response, Failure> {
        let grant = match (&self.inner.auth, proof) {
            _ if request.anonymous => None,
            (None, _) => {
                return Err(Failure { error: no_credentials(), grant: None, at_login: true });
            }
            (Some(auth), Proof::AsConfigured) => {
                let read = matches!(request.method, Method::GET | Method::HEAD);
                Some(auth.grant(read, stale).await)
            }
            (Some(auth), Proof::Basic) => Some(auth.single_basic().await),
        };
        let grant = grant.transpose().map_err(|error| Failure { error, grant: None, at_login: true })?;
        let unasked = self.safeguards().has(Safeguard::SendUnasked);
        let headers = grant.as_ref().filter(|_| unasked).map_or(&self.inner.anonymous, Grant::headers);
        let fallback = matches!(grant, Some(Grant::Basic { fallback: true, .. }));
        let kind = if fallback { ExchangeKind::Fallback } else { ExchangeKind::Api };
        let call = |path| Call { operation, kind, attempt, headers, request, path };
        let wire = &self.inner.desk.wire;
        let mut outcome = wire.exchange(call(&request.path)).await;
        if let Err(error) = &outcome
            && let Some(moved) = self.moved(request, error)
        {
            outcome = wire.exchange(call(&moved)).await;
        }
        match outcome {
            Ok(response) => {
                if let Some(grant) = &grant {
                    grant.prove();
                }
                Ok(response)
            }
            Err(error) => Err(Failure { error, grant, at_login: false }),
        }
    }

    /// Where a GET was redirected to, if that is the same resource of the same iDRAC with or without a final
    /// slash. No other redirect is followed: it could carry the token elsewhere.
    fn moved(&self, request: &Request, error: &Error) -> Option<String> {
        if request.method != Method::GET || !matches!(error.http_status(), Some(301 | 302 | 307 | 308)) {
            return None;
        }
        let location = error.location()?;
        if !self.safeguards().has(Safeguard::RefuseRedirect) {
            return url::Url::parse(location).ok().map(|url| url.path().to_owned());
        }
        let path = self.target().own_path(location)?;
        (path != request.path && path.trim_end_matches('/') == request.path.trim_end_matches('/'))
            .then_some(path)
    }
}

fn no_credentials() -> Error {
    let message = "not sent: this client has no credentials, and the request needs some";
    Error::new(ErrorKind::InvalidInput, message).unsent()
}

#[async_trait]
impl Redfish for Client {
    fn host(&self) -> &str {
        self.target().label()
    }

    async fn send(&self, operation: &'static str, request: Request) -> Result<Response> {
        self.within_deadline(operation, &request, Proof::AsConfigured).await
    }

    async fn username(&self) -> Option<String> {
        match &self.inner.auth {
            Some(auth) => Some(auth.username().await),
            None => None,
        }
    }

    async fn expect_password(&self, user: &str, password: &Secret) -> Result<()> {
        match &self.inner.auth {
            Some(auth) => auth.expect(user, password).await,
            None => Ok(()),
        }
    }

    async fn has_new_password(&self) -> bool {
        match &self.inner.auth {
            Some(auth) => auth.has_replaced().await,
            None => false,
        }
    }

    async fn log_out(&self) {
        self.close().await;
    }

    fn facts(&self) -> HostFacts {
        self.inner.facts.read(HostFacts::clone)
    }

    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send)) {
        self.inner.facts.write(change);
    }

    fn concurrency(&self) -> usize {
        self.inner.concurrency
    }

    fn clock(&self) -> &dyn Clock {
        &*self.inner.desk.wire.clock
    }

    fn safeguards(&self) -> Safeguards {
        self.inner.desk.wire.safeguards
    }

    async fn open_stream(&self, operation: &'static str, request: Request) -> Result<ReplyStream> {
        self.open(operation, &request).await.map_err(|error| {
            let error = if error.host().is_none() { error.with_host(self.target().label()) } else { error };
            let error = if error.path().is_none() { error.with_path(request.path.clone()) } else { error };
            error.with_operation(operation)
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("target", self.target()).finish_non_exhaustive()
    }
}

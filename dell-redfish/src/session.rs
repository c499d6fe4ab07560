//! One Redfish session: opened by a login, ended by a DELETE, whatever happens in between.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::body::Body;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::handover::{SessionHandle, SessionRole};
use crate::observer::ExchangeKind;
use crate::policy::{Random, RetryPolicy};
use crate::reaper::SessionReaper;
use crate::registry::{OrphanedSession, SessionRegistry, SessionTicket};
use crate::request::{Method, Request, Response};
use crate::safeguard::Safeguard;
use crate::secret::Secret;
use crate::wire::{Call, Wire, common_headers};

/// What sessions are made with and end with; outlives the client for as long as a logout takes.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) wire: Wire,
    pub(crate) registry: Arc<dyn SessionRegistry>,
    pub(crate) reaper: SessionReaper,
    pub(crate) retry: RetryPolicy,
    pub(crate) random: Random,
}

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A live session. Dropped without [`Session::close`], it hands its own end to the reaper.
pub(crate) struct Session {
    desk: Arc<Desk>,
    /// Only a borrowed session may be without one: it has nothing to delete.
    runtime: Option<Handle>,
    lease: Lease,
    /// Tells this session from the client's earlier ones.
    pub(crate) number: u64,
    proven: AtomicBool,
    /// Nothing is left to do here: it is deleted, or somebody else ends it.
    gone: AtomicBool,
}

/// What it takes to use a session and to end it.
#[derive(Default)]
struct Lease {
    location: String,
    user: String,
    /// Everything a request on this session carries; the token among it is marked sensitive.
    headers: HeaderMap,
    /// Whether it is ours to delete.
    owned: bool,
    /// The registry's, once it was told; a registry may leave borrowed sessions out.
    ticket: OnceCell<Option<SessionTicket>>,
}

/// What became of a login that did not succeed.
pub(crate) struct LoginFailure {
    pub(crate) error: Error,
    /// The session may exist although we know nothing of it.
    pub(crate) lost: bool,
}

#[derive(Serialize)]
struct Login<'a> {
    #[serde(rename = "UserName")]
    username: &'a str,
    #[serde(rename = "Password")]
    password: &'a str,
}

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "@odata.id")]
    odata_id: Option<String>,
}

impl Desk {
    /// One login at `path`, noted in the registry before it is sent and as soon as it is answered.
    pub(crate) async fn login(
        self: &Arc<Self>,
        credentials: &Credentials,
        path: &str,
        number: u64,
    ) -> Result<Session, LoginFailure> {
        let unsent = |error: Error| LoginFailure { error, lost: false };
        let host = self.wire.target.label();
        let request = login_request(credentials, path).map_err(unsent)?;
        let ticket = self.registry.opening(host, credentials.username()).await.map_err(unsent)?;
        // No Authorization header: an iDRAC refuses a login that carries one (SYS468).
        let call = Call {
            operation: "CreateSession",
            kind: ExchangeKind::SessionCreate,
            attempt: 1,
            headers: &self.login_headers(credentials).map_err(unsent)?,
            request: &request,
            path,
        };
        let made = self.wire.exchange(call).await.and_then(|response| self.read_login(&response, path));
        match made {
            Ok((location, headers)) => {
                let noted = OnceCell::new_with(Some(Some(ticket.clone())));
                let user = credentials.username().to_owned();
                let lease = Lease { location, user, headers, owned: true, ticket: noted };
                let session = Session::new(Arc::clone(self), Some(Handle::current()), lease, number);
                match self.registry.opened(&ticket, session.location()).await {
                    Ok(()) => Ok(session),
                    Err(error) => {
                        session.close().await;
                        Err(unsent(error))
                    }
                }
            }
            Err(error) => {
                // An error reply means that no session was made; silence, or a 2xx we cannot read, means nothing.
                let refused = error.http_status().is_some_and(|status| !(200..300).contains(&status));
                let lost = !error.is_unsent() && !refused;
                let noted =
                    if lost { self.registry.abandoned(&ticket) } else { self.registry.closed(&ticket) };
                note(noted.await);
                Err(LoginFailure { error, lost })
            }
        }
    }

    fn login_headers(&self, credentials: &Credentials) -> Result<HeaderMap> {
        let mut headers = common_headers();
        if !self.wire.safeguards.has(Safeguard::BareLogin) {
            headers.insert(http::header::AUTHORIZATION, credentials.basic()?);
        }
        Ok(headers)
    }

    fn read_login(&self, response: &Response, path: &str) -> Result<(String, HeaderMap)> {
        let broken = |what: &str| {
            Error::new(ErrorKind::Protocol, what)
                .with_host(self.wire.target.label())
                .with_path(path)
                .temporary()
        };
        let mut token = response
            .headers
            .get(TOKEN)
            .cloned()
            .ok_or_else(|| broken("the login's reply has no X-Auth-Token"))?;
        token.set_sensitive(true);
        let in_body = || serde_json::from_slice::<Created>(&response.body).ok()?.odata_id;
        let location = response
            .header("location")
            .and_then(|location| self.wire.target.own_path(location))
            .or_else(|| in_body().and_then(|location| self.wire.target.own_path(&location)))
            .filter(|location| location.starts_with("/redfish/"))
            .ok_or_else(|| broken("the login's reply names no session on this iDRAC"))?;
        Ok((location, with_token(token)))
    }

    /// Deletes a session that is ours. A session that is not there (any more) is a success. An iDRAC that could not be
    /// reached lately is tried once: nobody waits for it to come back.
    pub(crate) async fn delete(&self, location: &str, headers: &HeaderMap) -> Result<()> {
        let request = Request::delete(location);
        let mut attempt = 1;
        loop {
            let call = Call {
                operation: "DeleteSession",
                kind: ExchangeKind::SessionDelete,
                attempt,
                headers,
                request: &request,
                path: location,
            };
            let outcome = self.wire.exchange(call).await;
            let gone = self.wire.breaker.is_open(self.wire.clock.now());
            match outcome {
                Ok(_) => return Ok(()),
                Err(error) if matches!(error.http_status(), Some(404 | 410)) => return Ok(()),
                Err(error) if gone => return Err(error),
                Err(error) if error.permanence() == crate::Permanence::Permanent => return Err(error),
                Err(error) if attempt >= self.retry.max_attempts => return Err(error),
                Err(error) => {
                    let pause = self.retry.pause(attempt, error.retry_after(), &self.random);
                    self.wire.clock.sleep(pause.min(self.wire.timeouts.attempt)).await;
                    attempt += 1;
                }
            }
        }
    }

    /// Deletes those orphans of this iDRAC that are certainly ours; says how many are gone. `keep` names sessions
    /// that are in use, `places` where sessions may be listed, the likeliest first.
    pub(crate) async fn reap(
        &self,
        orphans: Vec<OrphanedSession>,
        places: &[&str],
        keep: &[String],
        headers: &HeaderMap,
    ) -> Result<usize> {
        let mut gone = 0;
        let (located, unlocated): (Vec<_>, Vec<_>) =
            orphans.into_iter().partition(|orphan| orphan.location.is_some());
        for orphan in &located {
            let Some(location) = orphan.location.as_deref() else { continue };
            if keep.iter().any(|used| used == location) {
                continue;
            }
            let Some(path) = self.wire.target.own_path(location).filter(|path| path.starts_with("/redfish/"))
            else {
                tracing::debug!(host = self.wire.target.label(), location, "not the location of a session");
                continue;
            };
            self.delete(&path, headers).await?;
            note(self.registry.closed(&orphan.ticket).await);
            gone += 1;
        }
        if !unlocated.is_empty() {
            gone += crate::orphan::reap_unlocated(self, &unlocated, places, keep, headers).await?;
        }
        Ok(gone)
    }

    pub(crate) fn local_address(&self) -> Option<IpAddr> {
        self.wire.transport.local_address()
    }
}

impl Session {
    fn new(desk: Arc<Desk>, runtime: Option<Handle>, lease: Lease, number: u64) -> Self {
        let (proven, gone) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { desk, runtime, lease, number, proven, gone }
    }

    /// Goes on with a session that was handed over. Nothing is sent, and nothing noted before [`Session::note`].
    pub(crate) fn resume(desk: Arc<Desk>, handle: &SessionHandle, number: u64) -> Result<Self> {
        let owned = handle.role() == SessionRole::Owner;
        let runtime = Handle::try_current().ok();
        if owned && runtime.is_none() {
            let message = "a client that is to end a session must be built inside a Tokio runtime";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let token = handle
            .header()
            .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "the session handle has no usable token"))?;
        let lease = Lease {
            location: handle.location().to_owned(),
            user: handle.user().to_owned(),
            headers: with_token(token),
            owned,
            ticket: OnceCell::new(),
        };
        handle.release();
        Ok(Self::new(desk, runtime, lease, number))
    }

    /// Tells the registry of a session that was handed over, once, before it is first used.
    pub(crate) async fn note(&self) -> Result<()> {
        self.lease.note(&self.desk).await.map(drop)
    }

    /// A request on it succeeded.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Logs out, unless somebody else ends it. If it cannot, the registry is told, and the session is an orphan for a later
    /// start.
    pub(crate) async fn close(&self) {
        if self.gone.load(Ordering::Acquire) {
            return;
        }
        self.lease.end(&self.desk).await;
        self.gone.store(true, Ordering::Release);
    }

    /// Notes that it goes on without this client, so that no search for orphans takes it for one.
    ///
    /// Fails for a borrowed session: it is not ours to give away.
    pub(crate) async fn detach(&self) -> Result<()> {
        if !self.lease.owned {
            let message = "this client only borrows its session: its owner alone can give it away";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        match self.lease.note(&self.desk).await? {
            Some(ticket) => self.desk.registry.detached(ticket).await,
            None => Ok(()),
        }
    }

    /// From now on somebody else ends it.
    pub(crate) fn release(&self) {
        self.gone.store(true, Ordering::Release);
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.lease.headers
    }

    pub(crate) fn location(&self) -> &str {
        &self.lease.location
    }

    pub(crate) fn user(&self) -> &str {
        &self.lease.user
    }

    /// The token, where it is a text.
    pub(crate) fn token(&self) -> Option<Secret> {
        self.lease.headers.get(TOKEN)?.to_str().ok().map(Secret::from)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if *self.gone.get_mut() {
            return;
        }
        let Some(runtime) = self.runtime.take().or_else(|| Handle::try_current().ok()) else { return };
        let (desk, lease) = (Arc::clone(&self.desk), std::mem::take(&mut self.lease));
        // On a runtime that has ended this does nothing; the registry still knows the session then.
        let work = async move { lease.end(&desk).await };
        drop(self.desk.reaper.spawn(&runtime, work));
    }
}

impl Lease {
    async fn note(&self, desk: &Desk) -> Result<Option<&SessionTicket>> {
        let host = desk.wire.target.label();
        let tell = || desk.registry.adopted(host, &self.user, &self.location, self.owned);
        self.ticket.get_or_try_init(tell).await.map(Option::as_ref)
    }

    async fn end(&self, desk: &Desk) {
        if !self.owned {
            return self.note_closed(desk).await;
        }
        if !desk.wire.safeguards.has(Safeguard::DeleteSession) {
            return;
        }
        match desk.delete(&self.location, &self.headers).await {
            Ok(()) => self.note_closed(desk).await,
            // The token is no longer good, so neither is the session.
            Err(error) if error.http_status() == Some(401) => self.note_closed(desk).await,
            Err(error) => {
                let (host, location) = (desk.wire.target.label(), self.location.as_str());
                tracing::debug!(host, location, error = %error.chain(), "session left behind");
                match self.note(desk).await {
                    Ok(Some(ticket)) => note(desk.registry.abandoned(ticket).await),
                    Ok(None) => {}
                    Err(error) => note(Err(error)),
                }
            }
        }
    }

    async fn note_closed(&self, desk: &Desk) {
        if let Some(Some(ticket)) = self.ticket.get() {
            note(desk.registry.closed(ticket).await);
        }
    }
}

/// What a request on a session carries.
fn with_token(token: HeaderValue) -> HeaderMap {
    let mut headers = common_headers();
    headers.insert(TOKEN, token);
    headers
}

fn login_request(credentials: &Credentials, path: &str) -> Result<Request> {
    let login = Login { username: credentials.username(), password: credentials.password() };
    // Large enough not to grow, so that no copy stays behind; escaping makes six bytes of one at most.
    let room = 64 + 6 * (login.username.len() + login.password.len());
    let mut body = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *body, &login).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "the credentials do not fit into JSON").with_source(error)
    })?;
    let mut request = Request::get(path);
    request.method = Method::POST;
    request.idempotent = false;
    request.body = Some(Body::Json(Bytes::from_owner(body)));
    Ok(request)
}

/// A registry that cannot be told something does not stop the work; the session shows up as an orphan later.
pub(crate) fn note(result: Result<()>) {
    if let Err(error) = result {
        tracing::warn!(error = %error.chain(), "the session registry failed");
    }
}

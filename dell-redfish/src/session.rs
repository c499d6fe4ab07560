//! One Redfish session: opened by a login, ended by a DELETE, whatever happens in between.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use crate::body::Body;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::observer::ExchangeKind;
use crate::policy::{Random, RetryPolicy};
use crate::reaper::SessionReaper;
use crate::registry::{OrphanedSession, SessionRegistry, SessionTicket};
use crate::request::{Method, Request, Response};
use crate::safeguard::Safeguard;
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

/// A live session. Dropped without [`Session::close`], it hands its own deletion to the reaper.
pub(crate) struct Session {
    desk: Arc<Desk>,
    runtime: Handle,
    ticket: SessionTicket,
    location: String,
    /// Everything a request on this session carries; the token among it is marked sensitive.
    pub(crate) headers: HeaderMap,
    /// Tells this session from the client's earlier ones.
    pub(crate) number: u64,
    proven: AtomicBool,
    gone: AtomicBool,
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
                let session = Session {
                    desk: Arc::clone(self),
                    runtime: Handle::current(),
                    ticket,
                    location,
                    headers,
                    number,
                    proven: AtomicBool::new(false),
                    gone: AtomicBool::new(false),
                };
                match self.registry.opened(&session.ticket, &session.location).await {
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
        const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
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
        let mut headers = common_headers();
        headers.insert(TOKEN, token);
        Ok((location, headers))
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
    /// A request on it succeeded.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// Logs out. If it cannot, the registry is told, and the session is an orphan for a later start.
    pub(crate) async fn close(&self) {
        if self.gone.load(Ordering::Acquire) {
            return;
        }
        log_out(&self.desk, &self.location, &self.headers, &self.ticket).await;
        self.gone.store(true, Ordering::Release);
    }

    pub(crate) fn location(&self) -> &str {
        &self.location
    }
}

async fn log_out(desk: &Desk, location: &str, headers: &HeaderMap, ticket: &SessionTicket) {
    if !desk.wire.safeguards.has(Safeguard::DeleteSession) {
        return;
    }
    let noted = match desk.delete(location, headers).await {
        Ok(()) => desk.registry.closed(ticket).await,
        // The token is no longer good, so neither is the session.
        Err(error) if error.http_status() == Some(401) => desk.registry.closed(ticket).await,
        Err(error) => {
            tracing::debug!(host = desk.wire.target.label(), location, error = %error.chain(), "session left behind");
            desk.registry.abandoned(ticket).await
        }
    };
    note(noted);
}

impl Drop for Session {
    fn drop(&mut self) {
        if *self.gone.get_mut() {
            return;
        }
        let desk = Arc::clone(&self.desk);
        let (location, headers) = (std::mem::take(&mut self.location), std::mem::take(&mut self.headers));
        let ticket = self.ticket.clone();
        // On a runtime that has ended this does nothing; the registry still knows the session then.
        let work = async move { log_out(&desk, &location, &headers, &ticket).await };
        drop(self.desk.reaper.spawn(&self.runtime, work));
    }
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

//! A session on its way from one client to another, in this process or in another one.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::address::Target;
use crate::certificate::Fingerprint;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Method;
use crate::secret::Secret;
use crate::session::Session;

/// The version of the text that [`SessionHandle::expose`] writes.
const VERSION: u32 = 1;

/// Longest text that is read, in bytes: a handle has a few hundred.
const MAX_TEXT: usize = 8 * 1024;

/// Who ends a session that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionRole {
    /// Somebody else. A borrower uses the session and never deletes it.
    Borrower,
    /// Whoever holds this handle: the client built with it deletes the session on close, drop, cancellation and panic.
    Owner,
}

/// An open session of one iDRAC, to be handed to another client ([`ClientBuilder::session`](crate::ClientBuilder::session)),
/// which goes on with it without a login.
///
/// [`Client::share_session`](crate::Client::share_session) lends it: the giver stays the owner and ends it.
/// [`Client::detach_session`](crate::Client::detach_session) gives it away: from then on it belongs to the handle. A handle that
/// owns its session and is dropped before it was taken over or [exposed](Self::expose) deletes it, as any client does; once exposed
/// it is for the receiver to end, and if nobody takes it the iDRAC ends it when it has been idle for its own time-out.
///
/// # Security
/// A token is worth a password for as long as its session lives.
/// - Neither `Debug`, `Display` nor `Serialize` shows it. Only [`expose`](Self::expose) does, in a [`Secret`] that is wiped on drop.
///   Pass that text over a pipe or a file that only its reader may read; never in an argument or an environment variable.
/// - A handle is bound to one address and port. A client of any other is refused before anything is sent.
/// - Where the giver's connection proved a certificate, the handle is bound to that too: every connection of the new client must
///   show it, whatever its policy (trust on first use in a fresh process would trust whoever answers), or nothing is sent
///   ([`ErrorKind::CertificateChanged`]). A giver that verified nothing
///   ([`TlsPolicy::InsecureNoVerification`](crate::TlsPolicy::InsecureNoVerification)) knows none to bind it to.
/// - A handle from elsewhere is read as hostile: its location must be that of a session, so that ending it can delete nothing else.
///   It still decides in whose name requests go out: take it only from where you would take a password.
pub struct SessionHandle {
    target: Target,
    user: String,
    location: String,
    token: Secret,
    certificate: Option<Fingerprint>,
    role: SessionRole,
    /// Deletes the session unless somebody takes it over.
    kept: Option<Arc<Session>>,
}

/// The handle without its token: what a record of it may say.
#[derive(Serialize)]
struct Shown<'a> {
    address: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    user: &'a str,
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    role: SessionRole,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    #[serde(flatten)]
    shown: Shown<'a>,
    token: &'a str,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    address: SocketAddr,
    name: Option<String>,
    user: String,
    location: String,
    certificate: Option<String>,
    role: SessionRole,
    token: String,
}

impl SessionHandle {
    /// A live session, lent or given away.
    pub(crate) fn of(session: &Arc<Session>, role: SessionRole) -> Result<Self> {
        let desk = session.desk();
        let token = session.token().ok_or_else(|| {
            let message = "the session cannot be handed over: its token is no text";
            Error::new(ErrorKind::Protocol, message)
        })?;
        let handle = Self {
            target: desk.wire.target.clone(),
            user: session.user().to_owned(),
            location: session.location().to_owned(),
            token,
            certificate: desk.wire.transport.certificate(),
            role,
            kept: (role == SessionRole::Owner).then(|| Arc::clone(session)),
        };
        handle.checked()
    }

    /// Another handle on the same session that does not end it.
    #[must_use]
    pub fn lend(&self) -> Self {
        Self {
            target: self.target.clone(),
            user: self.user.clone(),
            location: self.location.clone(),
            token: self.token.clone(),
            certificate: self.certificate,
            role: SessionRole::Borrower,
            kept: None,
        }
    }

    /// The whole handle, its token among it, as one secret text (JSON) for [`SessionHandle::read`]. Of a handle that owns its
    /// session the responsibility goes along with the text: dropping the handle no longer ends the session.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if it cannot be written, which no handle of this library is a case of.
    pub fn expose(&self) -> Result<Secret> {
        let written = Written { version: VERSION, shown: self.shown(), token: self.token.expose() };
        // Large enough not to grow, so that no copy of the token stays behind; escaping makes six bytes of one at most.
        let room = 1024 + 6 * (self.token.expose().len() + self.user.len() + self.location.len());
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *text, &written).map_err(|error| unreadable().with_source(error))?;
        let text = String::from_utf8(std::mem::take(&mut *text)).map_err(|_| unreadable())?;
        self.release();
        Ok(Secret::new(text))
    }

    /// Reads what [`SessionHandle::expose`] wrote. Nothing is sent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for any other text; the error shows nothing of it.
    pub fn read(text: &Secret) -> Result<Self> {
        if text.expose().len() > MAX_TEXT {
            return Err(unreadable());
        }
        // The parser's own error may quote what it read.
        let read: Read = serde_json::from_str(text.expose()).map_err(|_| unreadable())?;
        // Wiped from here on, whatever becomes of the rest.
        let token = Secret::new(read.token);
        if read.version != VERSION {
            let message = format!("the session handle has version {}, not {VERSION}", read.version);
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let mut target = Target::new(read.address.ip()).with_port(read.address.port());
        if let Some(name) = &read.name {
            target = target.with_name(name)?;
        }
        let handle = Self {
            target,
            user: read.user,
            location: read.location,
            token,
            certificate: read.certificate.as_deref().map(str::parse).transpose()?,
            role: read.role,
            kept: None,
        };
        handle.checked()
    }

    fn checked(self) -> Result<Self> {
        let row = endpoint::find(&Method::DELETE, &self.location).map(|row| row.template);
        let is_session =
            [endpoint::SESSION.template, endpoint::SESSION_OLD.template].map(Some).contains(&row);
        if !is_session || self.location.contains('?') {
            return Err(Error::new(ErrorKind::InvalidInput, "the session handle does not name a session"));
        }
        if self.header().is_none() {
            return Err(Error::new(ErrorKind::InvalidInput, "the session handle has no usable token"));
        }
        Ok(self)
    }

    /// The token as the header it travels in.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let token = self.token.expose();
        let is_plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value = is_plain.then(|| HeaderValue::from_str(token).ok()).flatten()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Where the session is: check it like any other address before a client is built for it.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// In whose name the session was opened.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The session's resource path.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The only certificate that the token may be shown to, where one is known.
    #[must_use]
    pub fn certificate(&self) -> Option<&Fingerprint> {
        self.certificate.as_ref()
    }

    /// Whether the holder ends the session.
    #[must_use]
    pub fn role(&self) -> SessionRole {
        self.role
    }

    /// From now on somebody else ends it.
    pub(crate) fn release(&self) {
        if let Some(session) = &self.kept {
            session.release();
        }
    }

    fn shown(&self) -> Shown<'_> {
        Shown {
            address: self.target.socket(),
            name: self.target.name(),
            user: &self.user,
            location: &self.location,
            certificate: self.certificate.map(|certificate| certificate.to_string()),
            role: self.role,
        }
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::InvalidInput, "this is not the text of a session handle")
}

/// Everything but the token.
impl Serialize for SessionHandle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.shown().serialize(serializer)
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle")
            .field("target", &self.target)
            .field("user", &self.user)
            .field("location", &self.location)
            .field("token", &self.token)
            .field("certificate", &self.certificate)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.location, self.target)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(change: impl FnOnce(&mut Value)) -> Secret {
        let mut value = json!({
            "version": 1, "address": "10.0.0.1:443", "name": "idrac-1.lab", "user": "root",
            "location": "/redfish/v1/SessionService/Sessions/7", "role": "owner", "token": "t0ken",
            "certificate": Fingerprint::of(b"x").to_string(),
        });
        change(&mut value);
        Secret::new(value.to_string())
    }

    #[test]
    fn a_handle_reads_what_it_writes_and_shows_no_token() {
        let handle = SessionHandle::read(&text(|_| {})).unwrap();
        let shown = serde_json::to_string(&handle).unwrap();
        for text in [format!("{handle:?}"), handle.to_string(), shown] {
            assert!(text.contains("Sessions/7") && !text.contains("t0ken"), "{text}");
        }
        let exposed = handle.expose().unwrap();
        assert!(exposed.expose().contains("t0ken"));
        assert!(
            !crate::redact::redact_text(exposed.expose()).contains("t0ken"),
            "a log line of it is harmless"
        );
        let again = SessionHandle::read(&exposed).unwrap();
        assert_eq!((again.target(), again.user()), (handle.target(), "root"));
        assert_eq!((again.certificate(), again.role()), (handle.certificate(), SessionRole::Owner));
        assert_eq!(
            (again.lend().role(), again.lend().location()),
            (SessionRole::Borrower, handle.location())
        );
    }

    #[test]
    fn a_handle_that_is_not_one_is_refused_without_its_text() {
        let path = |path: &'static str| text(move |value| value["location"] = path.into());
        for bad in [
            Secret::new("{t0ken"),
            Secret::new(format!("{{\"t0ken\":\"{}\"}}", "x".repeat(MAX_TEXT))),
            text(|value| value["version"] = 2.into()),
            text(|value| value["token"] = "".into()),
            text(|value| value["token"] = "t0ken\r\nX-Evil: 1".into()),
            text(|value| value["token"] = 7.into()),
            text(|value| value["certificate"] = "AB".into()),
            text(|value| value["name"] = "a b".into()),
            text(|value| value["address"] = "elsewhere".into()),
            // Ending it must not delete anything else.
            path("/redfish/v1/AccountService/Accounts/2"),
            path("/redfish/v1/SessionService/Sessions"),
            path("/redfish/v1/SessionService/Sessions/../../x"),
            path("/redfish/v1/SessionService/Sessions/7?$top=1"),
            path("https://evil.example/redfish/v1/Sessions/7"),
        ] {
            let error = SessionHandle::read(&bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.chain().contains("t0ken"), "{}", error.chain());
        }
    }
}

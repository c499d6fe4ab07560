//! The one error of this crate: what went wrong, whether trying again can help, and the chain below it.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::message::{ExtendedInfo, MessageId};

/// Result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What kind of thing went wrong. A caller decides on this and on [`Permanence`], never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's input cannot be used (a host name that is none, a malformed path, a CA file that does not read).
    InvalidInput,
    /// The path or method is not in the canonical endpoint table; nothing was sent.
    NotCanonical,
    /// The address may not be talked to under the network policy; nothing was sent.
    AddressRefused,
    /// No TCP connection: refused, unreachable, reset, or closed in the middle of an exchange.
    Connect,
    /// The TLS handshake failed for another reason than the certificate's identity.
    Tls,
    /// The iDRAC's certificate is not the one remembered or pinned.
    CertificateChanged,
    /// The iDRAC's certificate does not verify against the roots the caller chose.
    CertificateInvalid,
    /// The peer did not answer in time.
    Timeout,
    /// User name or password refused (or the session is gone and a new login was refused).
    Authentication,
    /// The account works but must change its password first (RAC1260).
    PasswordChangeRequired,
    /// The account lacks a privilege.
    Privilege,
    /// All of the iDRAC's sessions are in use (RAC0218).
    SessionLimit,
    /// The iDRAC or its data sources are not ready yet.
    NotReady,
    /// Other work on the iDRAC is in the way for now.
    Busy,
    /// The request contradicts the present state (already there, a job exists, media connected).
    Conflict,
    /// The resource does not exist.
    NotFound,
    /// This iDRAC does not offer the method, query or action.
    Unsupported,
    /// A licence is missing.
    License,
    /// Lockdown mode forbids the change.
    Lockdown,
    /// The iDRAC rejected the request's content.
    BadRequest,
    /// ETag or If-Match trouble.
    Precondition,
    /// The reply cannot be understood (HTML, truncated JSON, wrong shape).
    Protocol,
    /// There is no service root: Redfish is switched off, or it is no Redfish service.
    RedfishDisabled,
    /// The peer is not a Dell iDRAC.
    NotDell,
    /// The iDRAC failed internally.
    Server,
    /// A job of the iDRAC ended badly.
    JobFailed,
    /// A job of the iDRAC stands still.
    Stalled,
    /// The circuit breaker of this iDRAC is open; nothing was sent.
    CircuitOpen,
    /// Whoever embeds this client did not let a request go that changes something: the right to had run out, or it could not be
    /// put on record first. Nothing was sent.
    Fenced,
    /// The caller cancelled.
    Cancelled,
    /// A callback of the embedding program (a session store, say) failed.
    Callback,
}

impl ErrorKind {
    /// Every kind, for tests that must know them all (the Python names among them).
    pub const ALL: &'static [ErrorKind] = &[
        Self::InvalidInput,
        Self::NotCanonical,
        Self::AddressRefused,
        Self::Connect,
        Self::Tls,
        Self::CertificateChanged,
        Self::CertificateInvalid,
        Self::Timeout,
        Self::Authentication,
        Self::PasswordChangeRequired,
        Self::Privilege,
        Self::SessionLimit,
        Self::NotReady,
        Self::Busy,
        Self::Conflict,
        Self::NotFound,
        Self::Unsupported,
        Self::License,
        Self::Lockdown,
        Self::BadRequest,
        Self::Precondition,
        Self::Protocol,
        Self::RedfishDisabled,
        Self::NotDell,
        Self::Server,
        Self::JobFailed,
        Self::Stalled,
        Self::CircuitOpen,
        Self::Fenced,
        Self::Cancelled,
        Self::Callback,
    ];

    /// Stable snake_case name: what rows, logs and Python see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotCanonical => "not_canonical",
            Self::AddressRefused => "address_refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::CertificateChanged => "certificate_changed",
            Self::CertificateInvalid => "certificate_invalid",
            Self::Timeout => "timeout",
            Self::Authentication => "authentication",
            Self::PasswordChangeRequired => "password_change_required",
            Self::Privilege => "privilege",
            Self::SessionLimit => "session_limit",
            Self::NotReady => "not_ready",
            Self::Busy => "busy",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::License => "license",
            Self::Lockdown => "lockdown",
            Self::BadRequest => "bad_request",
            Self::Precondition => "precondition",
            Self::Protocol => "protocol",
            Self::RedfishDisabled => "redfish_disabled",
            Self::NotDell => "not_dell",
            Self::Server => "server",
            Self::JobFailed => "job_failed",
            Self::Stalled => "stalled",
            Self::CircuitOpen => "circuit_open",
            Self::Fenced => "fenced",
            Self::Cancelled => "cancelled",
            Self::Callback => "callback",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Whether the same request may succeed when sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permanence {
    /// It will fail again until something else changes.
    Permanent,
    /// It may succeed later.
    Temporary,
    /// It was temporary, and the retries are spent: outer layers do not retry again.
    Exhausted,
}

impl Permanence {
    /// Stable lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Exhausted => "exhausted",
        }
    }
}

/// An error with its kind, its permanence, what the iDRAC said, and the chain below it.
///
/// `Display` says this level only; walk [`std::error::Error::source`] (or use [`Error::chain`]) for the rest.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    permanence: Permanence,
    message: String,
    host: Option<String>,
    operation: Option<&'static str>,
    path: Option<String>,
    http_status: Option<u16>,
    extended: Vec<ExtendedInfo>,
    retry_after: Option<Duration>,
    unsent: bool,
    location: Option<String>,
    source: Option<Source>,
}

impl Error {
    /// A permanent error; use [`Error::temporary`] where trying again can help.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            permanence: Permanence::Permanent,
            message: message.into(),
            host: None,
            operation: None,
            path: None,
            http_status: None,
            extended: Vec::new(),
            retry_after: None,
            unsent: false,
            location: None,
            source: None,
        }))
    }

    /// The same error, marked as one that may pass.
    #[must_use]
    pub fn temporary(self) -> Self {
        self.with_permanence(Permanence::Temporary)
    }

    /// Sets the permanence.
    #[must_use]
    pub fn with_permanence(mut self, permanence: Permanence) -> Self {
        self.0.permanence = permanence;
        self
    }

    /// Names the iDRAC.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.0.host = Some(host.into());
        self
    }

    /// Names the operation.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Names the resource.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Keeps the HTTP status of the reply.
    #[must_use]
    pub fn with_http_status(mut self, status: u16) -> Self {
        self.0.http_status = Some(status);
        self
    }

    /// Keeps what the iDRAC said.
    #[must_use]
    pub fn with_extended(mut self, extended: Vec<ExtendedInfo>) -> Self {
        self.0.extended = extended;
        self
    }

    /// Keeps the pause the iDRAC asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.0.retry_after = pause;
        self
    }

    /// Marks that nothing of the request left for the iDRAC, so that sending it is not sending it again.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    /// Keeps where a redirect points to.
    pub(crate) fn with_location(mut self, location: Option<&str>) -> Self {
        self.0.location = location.map(str::to_owned);
        self
    }

    /// Where a redirect points to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn permanence(&self) -> Permanence {
        self.0.permanence
    }

    /// The sentence of this level, without host, path or cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The iDRAC, where known.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// The operation's name, where known.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The resource path, where known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// HTTP status of the reply, if there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Everything the iDRAC said about it.
    #[must_use]
    pub fn extended(&self) -> &[ExtendedInfo] {
        &self.0.extended
    }

    /// The message ids the iDRAC gave, registry prefix stripped.
    pub fn message_ids(&self) -> impl Iterator<Item = &MessageId> {
        self.0.extended.iter().filter_map(|info| info.message_id.as_ref())
    }

    /// The pause the iDRAC asked for before another try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether it is certain that nothing of the request left for the iDRAC.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.0.unsent
    }

    /// This level and every cause below it, joined with `: `, each said once.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

/// In a record: its kind, and the whole chain in words.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Error", 2)?;
        record.serialize_field("kind", &self.kind())?;
        record.serialize_field("error", &self.chain())?;
        record.end()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.0.host {
            write!(f, "{host}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(path) = &self.0.path {
            write!(f, " ({path})")?;
        }
        if let Some(status) = self.0.http_status {
            write!(f, " [HTTP {status}]")?;
        }
        let mut said = self.0.extended.iter();
        if let Some(info) = said.next() {
            write!(f, " {info}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("permanence", &self.0.permanence)
            .field("message", &self.0.message)
            .field("host", &self.0.host)
            .field("operation", &self.0.operation)
            .field("path", &self.0.path)
            .field("http_status", &self.0.http_status)
            .field("extended", &self.0.extended)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

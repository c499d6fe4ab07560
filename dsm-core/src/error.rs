//! The error of this crate: its kind, the field or thing it is about, the way out, and the chain below.

use std::fmt;

/// Result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Input cannot be used; the error names the field.
    InvalidInput,
    /// No such row.
    NotFound,
    /// The address may not be talked to under the network policy.
    AddressRefused,
    /// The store could not be reached, read or written.
    Store,
    /// The file or database is not one of ours, or of a version this build does not know.
    StoreNotOurs,
    /// Another executor holds the job now: this attempt may write nothing more.
    LeaseLost,
    /// Somebody else holds what is needed; the error names who.
    Busy,
    /// Somebody else changed it first.
    Conflict,
    /// The store, or the database below it, has no place for this.
    Unsupported,
    /// No usable credentials.
    Credential,
    /// A stored secret cannot be opened with the key at hand.
    Cipher,
    /// The job was cancelled.
    Cancelled,
    /// A deadline passed.
    Timeout,
    /// An exchange with an iDRAC failed; the chain has the details.
    Redfish,
    /// Nobody registered a handler for the job type.
    NoHandler,
    /// A handler panicked or broke a rule of the engine.
    Handler,
    /// The machine refused something the engine needs (descriptors, a file, a lock).
    System,
}

impl ErrorKind {
    /// Every kind, for tests that must know them all (the Python names among them).
    pub const ALL: &'static [ErrorKind] = &[
        Self::InvalidInput,
        Self::NotFound,
        Self::AddressRefused,
        Self::Store,
        Self::StoreNotOurs,
        Self::LeaseLost,
        Self::Busy,
        Self::Conflict,
        Self::Unsupported,
        Self::Credential,
        Self::Cipher,
        Self::Cancelled,
        Self::Timeout,
        Self::Redfish,
        Self::NoHandler,
        Self::Handler,
        Self::System,
    ];

    /// Stable snake_case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotFound => "not_found",
            Self::AddressRefused => "address_refused",
            Self::Store => "store",
            Self::StoreNotOurs => "store_not_ours",
            Self::LeaseLost => "lease_lost",
            Self::Busy => "busy",
            Self::Conflict => "conflict",
            Self::Unsupported => "unsupported",
            Self::Credential => "credential",
            Self::Cipher => "cipher",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Redfish => "redfish",
            Self::NoHandler => "no_handler",
            Self::Handler => "handler",
            Self::System => "system",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that names what it is about and the way out.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// The input field, address, file or row it is about.
    subject: Option<String>,
    message: String,
    /// What to do about it.
    hint: Option<String>,
    source: Option<Source>,
}

impl Error {
    /// An error of a kind, in one sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, subject: None, message: message.into(), hint: None, source: None }))
    }

    /// Bad input: names the field, says what is wrong with it and what would do.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message).about(field).hint(hint)
    }

    /// Names the field, address, file or row.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The field, address, file or row it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// The sentence of this level.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.0.hint.as_deref()
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.0.subject {
            write!(f, "{subject}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("subject", &self.0.subject)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error {
    /// Whether the same may well succeed a little later: a store or an iDRAC that was away or busy, a deadline, something
    /// that somebody else had. Refusals, bad input and defects do not pass by waiting.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Store | ErrorKind::Busy | ErrorKind::Timeout | ErrorKind::System => true,
            ErrorKind::Redfish => self.redfish().is_some_and(|error| {
                use dell_redfish::ErrorKind as Kind;
                matches!(
                    error.kind(),
                    Kind::Connect
                        | Kind::Timeout
                        | Kind::SessionLimit
                        | Kind::NotReady
                        | Kind::Busy
                        | Kind::Server
                        | Kind::CircuitOpen
                )
            }),
            _ => false,
        }
    }

    fn redfish(&self) -> Option<&dell_redfish::Error> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<dell_redfish::Error> for Error {
    fn from(error: dell_redfish::Error) -> Self {
        let kind = match error.kind() {
            // Refused by ourselves: the cause says why.
            dell_redfish::ErrorKind::Fenced => {
                let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<Self>());
                cause.map_or(ErrorKind::LeaseLost, Self::kind)
            }
            dell_redfish::ErrorKind::AddressRefused => ErrorKind::AddressRefused,
            dell_redfish::ErrorKind::Cancelled => ErrorKind::Cancelled,
            dell_redfish::ErrorKind::Timeout => ErrorKind::Timeout,
            dell_redfish::ErrorKind::Authentication | dell_redfish::ErrorKind::PasswordChangeRequired => {
                ErrorKind::Credential
            }
            _ => ErrorKind::Redfish,
        };
        Self::new(kind, "the exchange with the iDRAC failed").with_source(error)
    }
}

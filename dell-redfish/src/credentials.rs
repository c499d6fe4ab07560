//! A user name and its password, kept out of every log.

use std::fmt;

use base64::Engine as _;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// How requests prove who sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthMode {
    /// A session; Basic where the iDRAC has no session service (for good) or no free session (for a while, reads only).
    #[default]
    Auto,
    /// A session or nothing.
    Session,
    /// Basic on every request, for one-shot reads. An iDRAC writes an audit line (USR0030) for each.
    Basic,
}

/// User name and password. Neither `Debug` nor anything else prints the password; its memory is wiped on drop.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: Zeroizing<String>,
}

impl Credentials {
    /// Takes both over.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: Zeroizing::new(password.into()) }
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// The `Authorization` value, marked sensitive.
    pub(crate) fn basic(&self) -> Result<HeaderValue> {
        let pair = Zeroizing::new(format!("{}:{}", self.username, &*self.password));
        let coded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()));
        let text = Zeroizing::new(format!("Basic {}", &*coded));
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Error::new(ErrorKind::InvalidInput, "the credentials do not fit into a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

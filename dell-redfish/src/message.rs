//! What an iDRAC says beside its data: `@Message.ExtendedInfo`, and what its message ids mean.

use std::fmt;

/// A message id without its registry prefix: `RAC0218`, not `IDRAC.2.9.RAC0218`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(String);

impl MessageId {
    /// Keeps the last dotted part: the registry's version says nothing about the meaning.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.rsplit('.').next().unwrap_or(text).to_owned())
    }

    /// The bare id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of `@Message.ExtendedInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtendedInfo {
    /// The id, if there was one.
    pub message_id: Option<MessageId>,
    /// The text, as the iDRAC wrote it.
    pub message: Option<String>,
    /// What the iDRAC suggests.
    pub resolution: Option<String>,
    /// The registry's severity. Not a success signal: RAC0218 is Informational.
    pub severity: Option<String>,
    /// The properties it is about.
    pub related_properties: Vec<String>,
}

impl fmt::Display for ExtendedInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.message_id, &self.message) {
            (Some(id), Some(text)) => write!(f, "{id}: {text}"),
            (Some(id), None) => write!(f, "{id}"),
            (None, Some(text)) => f.write_str(text),
            (None, None) => f.write_str("no message"),
        }
    }
}

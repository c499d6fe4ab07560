//! What a request carries: a text at hand, or a stream that is read while it is sent.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use crate::error::Result;

/// Pieces of a body, one after the other.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A body too large to hold, such as a firmware package on disk. It can be opened more than once, because a request that
/// provably was not carried out is sent again from its beginning.
#[async_trait]
pub trait BodySource: Send + Sync + fmt::Debug {
    /// Exactly how many bytes it gives.
    fn length(&self) -> u64;

    /// Its `Content-Type`.
    fn content_type(&self) -> &str;

    /// Opens it at its beginning.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when what it is read from cannot be opened.
    async fn open(&self) -> Result<Pieces>;
}

/// The body of a request.
#[derive(Clone)]
pub enum Body {
    /// JSON, whole.
    Json(Bytes),
    /// Read while it is sent, in constant memory. Never shown to an observer.
    Stream(Arc<dyn BodySource>),
}

impl Body {
    /// The bytes, where they are at hand.
    #[must_use]
    pub fn whole(&self) -> Option<&Bytes> {
        match self {
            Self::Json(bytes) => Some(bytes),
            Self::Stream(_) => None,
        }
    }

    /// Its `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> &str {
        match self {
            Self::Json(_) => "application/json",
            Self::Stream(source) => source.content_type(),
        }
    }

    /// Whether it is read while it is sent.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }
}

impl fmt::Debug for Body {
    /// Names it by its length: what it says may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(bytes) => write!(f, "{} bytes of JSON", bytes.len()),
            Self::Stream(source) => write!(f, "{} bytes of {}", source.length(), source.content_type()),
        }
    }
}

/// The body of a reply that is read as it comes: server-sent events, a long export. Dropping it ends the exchange.
pub struct ReplyStream {
    /// HTTP status, always a success.
    pub status: u16,
    /// Headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Pieces,
}

impl fmt::Debug for ReplyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream").field("status", &self.status).finish_non_exhaustive()
    }
}

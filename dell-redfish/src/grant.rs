//! What one request proves itself with: a session, or Basic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;

use crate::session::Session;

/// What a request may go out with.
#[derive(Clone)]
pub(crate) enum Grant {
    Session(Arc<Session>),
    Basic {
        headers: Arc<HeaderMap>,
        /// It stands in for a session.
        fallback: bool,
        /// Held by the one request that tries a password nobody knows to be right.
        trial: Option<Arc<Trial>>,
    },
}

/// The one try of a password by Basic: others wait for its verdict.
pub(crate) struct Trial {
    proven: Arc<AtomicBool>,
    _turn: OwnedSemaphorePermit,
}

impl Trial {
    pub(crate) fn new(proven: Arc<AtomicBool>, turn: OwnedSemaphorePermit) -> Self {
        Self { proven, _turn: turn }
    }
}

impl Grant {
    pub(crate) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Session(session) => session.headers(),
            Self::Basic { headers, .. } => headers,
        }
    }

    /// A request that went out with it was answered well.
    pub(crate) fn prove(&self) {
        match self {
            Self::Session(session) => session.prove(),
            Self::Basic { trial: Some(trial), .. } => trial.proven.store(true, Ordering::Release),
            Self::Basic { trial: None, .. } => {}
        }
    }
}

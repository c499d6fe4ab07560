//! What happened: cheap counters for every server, and every exchange when asked for.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::spec::JournalMode;
use crate::sync::lock;

/// One request and its answer, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// When the request had arrived whole, since the fleet's start, on the simulated clock.
    pub at: Duration,
    /// The server's address.
    pub address: SocketAddr,
    /// The client's address.
    pub client: SocketAddr,
    /// HTTP method.
    pub method: String,
    /// Path, percent-decoded, without the query.
    pub path: String,
    /// Query string as it came, empty without one.
    pub query: String,
    /// HTTP status; 0 when the connection was closed without an answer.
    pub status: u16,
    /// The user, when the request proved to be one's.
    pub user: Option<String>,
    /// The session id, when the request came with a session's token.
    pub session: Option<String>,
    /// Real time from the request's arrival to its answer.
    pub duration: Duration,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// SHA-256 of the request's body, hexadecimal; none without a body.
    pub request_sha256: Option<String>,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
    /// The fault that struck it: the name of an [`Effect`](crate::Effect), or of a server's own bad habit.
    pub fault: Option<&'static str>,
}

/// What a server, or the whole fleet, has counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// TCP connections accepted.
    pub connections: u64,
    /// TLS handshakes completed.
    pub handshakes: u64,
    /// Requests answered or dropped.
    pub requests: u64,
    /// Answers with a status of 400 or above.
    pub errors: u64,
    /// Conditional readings answered without a body (304).
    pub not_modified: u64,
    /// Bytes of answers' bodies.
    pub response_bytes: u64,
    /// Sessions made.
    pub sessions_opened: u64,
    /// Sessions deleted by clients.
    pub sessions_closed: u64,
    /// Requests with credentials that were refused.
    pub failed_logins: u64,
    /// Most requests a single server had at once.
    pub most_at_once: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) handshakes: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) not_modified: AtomicU64,
    pub(crate) response_bytes: AtomicU64,
    pub(crate) sessions_opened: AtomicU64,
    pub(crate) sessions_closed: AtomicU64,
    pub(crate) failed_logins: AtomicU64,
    at_once: AtomicU64,
    most_at_once: AtomicU64,
}

/// Adds one.
pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn totals(&self) -> Totals {
        let read = |c: &AtomicU64| c.load(Ordering::Relaxed);
        Totals {
            connections: read(&self.connections),
            handshakes: read(&self.handshakes),
            requests: read(&self.requests),
            errors: read(&self.errors),
            not_modified: read(&self.not_modified),
            response_bytes: read(&self.response_bytes),
            sessions_opened: read(&self.sessions_opened),
            sessions_closed: read(&self.sessions_closed),
            failed_logins: read(&self.failed_logins),
            most_at_once: read(&self.most_at_once),
        }
    }

    /// Counts a request as under way until the guard goes.
    pub(crate) fn enter(&self) -> InFlight<'_> {
        let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(now, Ordering::Relaxed);
        InFlight(self)
    }
}

pub(crate) struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        self.connections += other.connections;
        self.handshakes += other.handshakes;
        self.requests += other.requests;
        self.errors += other.errors;
        self.not_modified += other.not_modified;
        self.response_bytes += other.response_bytes;
        self.sessions_opened += other.sessions_opened;
        self.sessions_closed += other.sessions_closed;
        self.failed_logins += other.failed_logins;
        self.most_at_once = self.most_at_once.max(other.most_at_once);
    }
}

/// The fleet's book of exchanges.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    mode: JournalMode,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Journal {
    pub(crate) fn new(mode: JournalMode) -> Self {
        Self { mode, exchanges: Mutex::default() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.mode == JournalMode::Full
    }

    pub(crate) fn write(&self, exchange: Exchange) {
        lock(&self.exchanges).push(exchange);
    }

    pub(crate) fn read(&self) -> Vec<Exchange> {
        lock(&self.exchanges).clone()
    }

    pub(crate) fn clear(&self) {
        lock(&self.exchanges).clear();
    }
}

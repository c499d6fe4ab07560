//! Where a program notes which sessions it has opened, so that after a kill its next start deletes them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;

use crate::clock::{Clock as _, SystemClock};
use crate::error::Result;

/// One attempt to open a session, as the registry calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionTicket(String);

impl SessionTicket {
    /// A registry's own name for it: a row's id, say.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session that is ours, or may be, and that nobody uses any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanedSession {
    /// Its ticket.
    pub ticket: SessionTicket,
    /// The user it was opened for.
    pub user: String,
    /// Its resource path; `None` when the program ended (or the connection broke) before the reply came.
    pub location: Option<String>,
    /// When [`SessionRegistry::opening`] was called.
    pub opening_at: SystemTime,
}

/// Stores the locations of sessions, never their tokens.
///
/// Every error is passed on as it is ([`ErrorKind::Callback`](crate::ErrorKind::Callback) suits): a session
/// that cannot be noted is not opened.
#[async_trait]
pub trait SessionRegistry: Send + Sync + Debug {
    /// A login is about to be sent to `host` (`address:port`).
    async fn opening(&self, host: &str, user: &str) -> Result<SessionTicket>;

    /// The login succeeded; the session is at this path.
    async fn opened(&self, ticket: &SessionTicket, location: &str) -> Result<()>;

    /// The session is gone, or was never made.
    async fn closed(&self, ticket: &SessionTicket) -> Result<()>;

    /// Nobody uses it any more, but it may still exist: its deletion failed, or the login's reply was lost.
    /// From now on it is an orphan. A registry that tells its own process's sessions from earlier ones
    /// otherwise may leave this out.
    async fn abandoned(&self, _ticket: &SessionTicket) -> Result<()> {
        Ok(())
    }

    /// A session that was opened elsewhere is used here from now on, before anything is sent on it. An `owned` one ends here, and
    /// is noted as any of ours. One that is borrowed is never an orphan, whatever becomes of this process; until it is `closed`
    /// here [`live`](Self::live) should name it. A registry need not note those, and answers with no ticket then.
    async fn adopted(
        &self,
        host: &str,
        user: &str,
        location: &str,
        owned: bool,
    ) -> Result<Option<SessionTicket>> {
        if !owned {
            return Ok(None);
        }
        let ticket = self.opening(host, user).await?;
        self.opened(&ticket, location).await?;
        Ok(Some(ticket))
    }

    /// The session goes on without us, on purpose: it was given to somebody who ends it. From now on it is no orphan, not even after
    /// this process has ended. A registry that several processes share should go on naming it in [`live`](Self::live) until it is
    /// adopted again, so that a search for a lost session does not take it for one; by default it is forgotten. `closed` may
    /// still follow, when nobody took it.
    async fn detached(&self, ticket: &SessionTicket) -> Result<()> {
        self.closed(ticket).await
    }

    /// The sessions on `host` that nobody uses any more: those of an earlier process of ours, and abandoned ones.
    /// Never one that a living client uses.
    async fn orphans(&self, host: &str) -> Result<Vec<OrphanedSession>>;

    /// The locations of sessions on `host` that living clients use: a search for lost ones leaves them alone.
    async fn live(&self, _host: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// A registry that ends with the process: it knows what was abandoned, but nothing of earlier processes.
#[derive(Debug, Default)]
pub struct InMemorySessions(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    last: u64,
    open: HashMap<SessionTicket, Entry>,
}

#[derive(Debug)]
struct Entry {
    host: String,
    abandoned: bool,
    /// Given away: somebody else ends it.
    detached: bool,
    session: OrphanedSession,
}

impl InMemorySessions {
    /// How many sessions are open or may be, those given away not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.book().open.values().filter(|entry| !entry.detached).count()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionRegistry for InMemorySessions {
    async fn opening(&self, host: &str, user: &str) -> Result<SessionTicket> {
        let opening_at = SystemClock.wall();
        let mut book = self.book();
        book.last += 1;
        let ticket = SessionTicket::new(book.last.to_string());
        let session =
            OrphanedSession { ticket: ticket.clone(), user: user.to_owned(), location: None, opening_at };
        let entry = Entry { host: host.to_owned(), abandoned: false, detached: false, session };
        book.open.insert(ticket.clone(), entry);
        Ok(ticket)
    }

    async fn opened(&self, ticket: &SessionTicket, location: &str) -> Result<()> {
        if let Some(entry) = self.book().open.get_mut(ticket) {
            entry.session.location = Some(location.to_owned());
        }
        Ok(())
    }

    async fn closed(&self, ticket: &SessionTicket) -> Result<()> {
        self.book().open.remove(ticket);
        Ok(())
    }

    async fn adopted(
        &self,
        host: &str,
        user: &str,
        location: &str,
        _owned: bool,
    ) -> Result<Option<SessionTicket>> {
        let ticket = self.opening(host, user).await?;
        self.opened(&ticket, location).await?;
        // Whoever gave it away need not be remembered any more.
        let is_same =
            |entry: &Entry| entry.host == host && entry.session.location.as_deref() == Some(location);
        self.book().open.retain(|_, entry| !(entry.detached && is_same(entry)));
        Ok(Some(ticket))
    }

    async fn detached(&self, ticket: &SessionTicket) -> Result<()> {
        if let Some(entry) = self.book().open.get_mut(ticket) {
            entry.detached = true;
        }
        Ok(())
    }

    async fn abandoned(&self, ticket: &SessionTicket) -> Result<()> {
        if let Some(entry) = self.book().open.get_mut(ticket) {
            entry.abandoned = true;
            entry.detached = false;
        }
        Ok(())
    }

    async fn orphans(&self, host: &str) -> Result<Vec<OrphanedSession>> {
        let book = self.book();
        let mine = book.open.values().filter(|entry| entry.abandoned && entry.host == host);
        Ok(mine.map(|entry| entry.session.clone()).collect())
    }

    async fn live(&self, host: &str) -> Result<Vec<String>> {
        let book = self.book();
        let used = book.open.values().filter(|entry| !entry.abandoned && entry.host == host);
        Ok(used.filter_map(|entry| entry.session.location.clone()).collect())
    }
}

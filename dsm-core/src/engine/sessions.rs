//! Which sessions of ours may be open on which iDRAC, kept in the store: after a kill the next start deletes them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use dell_redfish::{
    Error as RedfishError, ErrorKind as RedfishKind, OrphanedSession, SessionRegistry, SessionTicket,
};
use uuid::Uuid;

use crate::clock;
use crate::error::Result;
use crate::store::{SessionRow, Store};

/// The registry of one engine.
#[derive(Debug)]
pub(crate) struct StoredSessions {
    store: Arc<dyn Store>,
    incarnation: Uuid,
    /// Other engines that may be alive: their sessions are theirs.
    alive: HashSet<Uuid>,
    /// Sessions of this process that nobody uses any more, but that may still exist.
    abandoned: Mutex<HashSet<Uuid>>,
    /// Sessions of others that this process uses: host and location. Nothing of them is stored, for nobody here ends them.
    borrowed: Mutex<HashMap<Uuid, (String, String)>>,
}

/// Whose a session is that was given away on purpose: no engine's, so that no start takes it for a dead one's.
const GIVEN_AWAY: Uuid = Uuid::nil();

impl StoredSessions {
    pub(crate) fn new(store: Arc<dyn Store>, incarnation: Uuid, alive: Vec<Uuid>) -> Self {
        Self {
            store,
            incarnation,
            alive: alive.into_iter().collect(),
            abandoned: Mutex::default(),
            borrowed: Mutex::default(),
        }
    }

    fn borrowed(&self) -> MutexGuard<'_, HashMap<Uuid, (String, String)>> {
        self.borrowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abandoned(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.abandoned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All sessions that nobody uses any more, of any iDRAC.
    pub(crate) async fn all_orphans(&self) -> Result<Vec<SessionRow>> {
        let rows = self.store.sessions().await?;
        let abandoned = self.abandoned();
        Ok(rows
            .into_iter()
            .filter(|row| {
                if row.incarnation == self.incarnation || row.incarnation == GIVEN_AWAY {
                    abandoned.contains(&row.id)
                } else {
                    // Who began after us was not there to be counted as alive: whoever starts next knows more.
                    !self.alive.contains(&row.incarnation) && row.incarnation < self.incarnation
                }
            })
            .collect())
    }

    fn ticket_id(ticket: &SessionTicket) -> Result<Uuid, RedfishError> {
        Uuid::parse_str(ticket.as_str()).map_err(|error| {
            RedfishError::new(RedfishKind::Callback, "a session ticket is not one of this engine's")
                .with_source(error)
        })
    }
}

fn failed(error: crate::Error) -> RedfishError {
    RedfishError::new(RedfishKind::Callback, "the store could not note a session").with_source(error)
}

#[async_trait]
impl SessionRegistry for StoredSessions {
    async fn opening(&self, host: &str, user: &str) -> Result<SessionTicket, RedfishError> {
        let row = SessionRow {
            id: Uuid::now_v7(),
            host: host.to_owned(),
            username: user.to_owned(),
            location: None,
            opened_at: clock::now(),
            incarnation: self.incarnation,
        };
        let ticket = SessionTicket::new(row.id.to_string());
        self.store.put_session(row).await.map_err(failed)?;
        Ok(ticket)
    }

    async fn opened(&self, ticket: &SessionTicket, location: &str) -> Result<(), RedfishError> {
        let id = Self::ticket_id(ticket)?;
        self.store.locate_session(id, location).await.map_err(failed)
    }

    async fn closed(&self, ticket: &SessionTicket) -> Result<(), RedfishError> {
        let id = Self::ticket_id(ticket)?;
        if self.borrowed().remove(&id).is_some() {
            return Ok(());
        }
        self.abandoned().remove(&id);
        self.store.remove_session(id).await.map_err(failed)
    }

    async fn abandoned(&self, ticket: &SessionTicket) -> Result<(), RedfishError> {
        let id = Self::ticket_id(ticket)?;
        self.abandoned().insert(id);
        Ok(())
    }

    async fn adopted(
        &self,
        host: &str,
        user: &str,
        location: &str,
        owned: bool,
    ) -> Result<Option<SessionTicket>, RedfishError> {
        if !owned {
            let id = Uuid::now_v7();
            self.borrowed().insert(id, (host.to_owned(), location.to_owned()));
            return Ok(Some(SessionTicket::new(id.to_string())));
        }
        let rows = self.store.sessions().await.map_err(failed)?;
        let is_same = |row: &SessionRow| {
            row.incarnation == GIVEN_AWAY && row.host == host && row.location.as_deref() == Some(location)
        };
        let given = rows.into_iter().find(is_same);
        let row = SessionRow {
            id: given.map_or_else(Uuid::now_v7, |row| row.id),
            host: host.to_owned(),
            username: user.to_owned(),
            location: Some(location.to_owned()),
            opened_at: clock::now(),
            incarnation: self.incarnation,
        };
        let ticket = SessionTicket::new(row.id.to_string());
        self.store.put_session(row).await.map_err(failed)?;
        Ok(Some(ticket))
    }

    async fn detached(&self, ticket: &SessionTicket) -> Result<(), RedfishError> {
        let id = Self::ticket_id(ticket)?;
        let rows = self.store.sessions().await.map_err(failed)?;
        let Some(row) = rows.into_iter().find(|row| row.id == id) else { return Ok(()) };
        self.store.put_session(SessionRow { incarnation: GIVEN_AWAY, ..row }).await.map_err(failed)
    }

    async fn orphans(&self, host: &str) -> Result<Vec<OrphanedSession>, RedfishError> {
        let orphans = self.all_orphans().await.map_err(failed)?;
        Ok(orphans
            .into_iter()
            .filter(|row| row.host == host)
            .map(|row| OrphanedSession {
                ticket: SessionTicket::new(row.id.to_string()),
                user: row.username,
                location: row.location,
                opening_at: SystemTime::from(row.opened_at),
            })
            .collect())
    }

    async fn live(&self, host: &str) -> Result<Vec<String>, RedfishError> {
        let rows = self.store.sessions().await.map_err(failed)?;
        let abandoned = self.abandoned();
        let used = rows.into_iter().filter(|row| {
            let ours = row.incarnation == self.incarnation || row.incarnation == GIVEN_AWAY;
            let used =
                if ours { !abandoned.contains(&row.id) } else { self.alive.contains(&row.incarnation) };
            row.host == host && used
        });
        let borrowed = self.borrowed();
        let borrowed = borrowed.values().filter(|(at, _)| at == host).map(|(_, location)| location.clone());
        Ok(used.filter_map(|row| row.location).chain(borrowed).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    const HOST: &str = "10.0.0.1:443";
    const LOCATION: &str = "/redfish/v1/SessionService/Sessions/7";

    fn engine(store: &Arc<MemoryStore>) -> StoredSessions {
        StoredSessions::new(store.clone(), Uuid::now_v7(), Vec::new())
    }

    #[tokio::test]
    async fn a_session_given_away_is_no_orphan_of_a_later_engine() {
        let store = Arc::new(MemoryStore::new());
        let first = engine(&store);
        let ticket = first.opening(HOST, "root").await.unwrap();
        first.opened(&ticket, LOCATION).await.unwrap();
        first.detached(&ticket).await.unwrap();
        let second = engine(&store);
        assert_eq!(second.orphans(HOST).await.unwrap(), []);
        assert_eq!(second.live(HOST).await.unwrap(), [LOCATION]);
        // Whoever takes it over has it from then on, and leaves it behind when it dies.
        let taken = second.adopted(HOST, "root", LOCATION, true).await.unwrap().unwrap();
        assert_eq!((taken, second.live(HOST).await.unwrap().len()), (ticket, 1));
        let third = engine(&store);
        assert_eq!(third.orphans(HOST).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_borrowed_session_is_live_here_and_an_orphan_nowhere() {
        let store = Arc::new(MemoryStore::new());
        let first = engine(&store);
        let ticket = first.adopted(HOST, "root", LOCATION, false).await.unwrap().unwrap();
        assert_eq!(first.live(HOST).await.unwrap(), [LOCATION]);
        assert_eq!(engine(&store).orphans(HOST).await.unwrap(), []);
        first.closed(&ticket).await.unwrap();
        assert_eq!(first.live(HOST).await.unwrap(), [""; 0]);
    }
}

//! Which sessions of ours may be open on which iDRAC, kept in the store: after a kill the next start deletes them.

use std::collections::HashSet;
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
}

impl StoredSessions {
    pub(crate) fn new(store: Arc<dyn Store>, incarnation: Uuid, alive: Vec<Uuid>) -> Self {
        Self { store, incarnation, alive: alive.into_iter().collect(), abandoned: Mutex::default() }
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
                if row.incarnation == self.incarnation {
                    abandoned.contains(&row.id)
                } else {
                    !self.alive.contains(&row.incarnation)
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
        self.abandoned().remove(&id);
        self.store.remove_session(id).await.map_err(failed)
    }

    async fn abandoned(&self, ticket: &SessionTicket) -> Result<(), RedfishError> {
        let id = Self::ticket_id(ticket)?;
        self.abandoned().insert(id);
        Ok(())
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
            let ours = row.incarnation == self.incarnation && !abandoned.contains(&row.id);
            row.host == host && (ours || self.alive.contains(&row.incarnation))
        });
        Ok(used.filter_map(|row| row.location).collect())
    }
}

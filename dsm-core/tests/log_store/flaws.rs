//! Backends that break one promise each.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::Result;
use dsm_core::store::{Doc, DocFacts, DocStore, Expected, Put};
use jiff::{SignedDuration, Timestamp};

use crate::docs::Docs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    PutsUnconditionally,
    LosesUpdates,
    KeepsRevisions,
    DeletesUnconditionally,
    ScansOutOfOrder,
    ScansFromInclusive,
    TimeRunsBack,
}

#[derive(Debug)]
pub(crate) struct Flawed {
    docs: Arc<Docs>,
    flaw: Flaw,
    asked: AtomicI64,
}

impl Flawed {
    pub(crate) fn with(flaw: Flaw) -> Arc<Self> {
        Arc::new(Self { docs: Docs::new(), flaw, asked: AtomicI64::new(0) })
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }
}

#[async_trait]
impl DocStore for Flawed {
    fn facts(&self) -> DocFacts {
        self.docs.facts()
    }

    async fn now(&self) -> Result<Timestamp> {
        let now = self.docs.now().await?;
        if self.has(Flaw::TimeRunsBack) {
            return Ok(now - SignedDuration::from_secs(self.asked.fetch_add(1, Ordering::SeqCst)));
        }
        Ok(now)
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        self.docs.get(key).await
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        let there = self.docs.read(key);
        match (self.flaw, there, expected) {
            (Flaw::PutsUnconditionally, Some(doc), Expected::Rev(_)) => {
                self.docs.put_if(key, value, Expected::Rev(doc.rev)).await
            }
            // Looks first and writes then, as if both were one.
            (Flaw::LosesUpdates, Some(doc), Expected::Rev(rev)) if doc.rev == rev => {
                tokio::task::yield_now().await;
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                self.docs.overwrite(key, value, rev + 1);
                Ok(Put::Stored(rev + 1))
            }
            (Flaw::KeepsRevisions, Some(doc), Expected::Rev(rev)) if doc.rev == rev => {
                self.docs.overwrite(key, value, rev);
                Ok(Put::Stored(rev))
            }
            _ => self.docs.put_if(key, value, expected).await,
        }
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        let rev = match self.docs.read(key) {
            Some(doc) if self.has(Flaw::DeletesUnconditionally) => doc.rev,
            _ => rev,
        };
        self.docs.delete_if(key, rev).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        let mut rows = self.docs.scan(prefix, after, limit).await?;
        if self.has(Flaw::ScansOutOfOrder) {
            rows.reverse();
        }
        if let Some(after) = after.filter(|_| self.has(Flaw::ScansFromInclusive))
            && let Some(doc) = self.docs.read(after)
        {
            rows.insert(0, (after.to_owned(), doc));
            rows.truncate(limit);
        }
        Ok(rows)
    }
}

//! Documents of one case, beside all others of the same backend.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::error::Result;
use crate::store::{Doc, DocFacts, DocStore, Expected, ManualClock, Put};

/// Documents whose keys begin alike, on a clock of their own where one is given.
#[derive(Debug)]
pub(super) struct Corner {
    docs: Arc<dyn DocStore>,
    prefix: String,
    clock: Option<ManualClock>,
}

impl Corner {
    pub(super) fn new(docs: Arc<dyn DocStore>, prefix: String, clock: Option<ManualClock>) -> Self {
        Self { docs, prefix, clock }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// Removes all documents whose keys begin so.
pub(super) async fn clear(docs: &dyn DocStore, prefix: &str) -> Result<()> {
    let mut after: Option<String> = None;
    loop {
        let page = docs.scan(prefix, after.as_deref(), 16).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (key, doc) in page {
            docs.delete_if(&key, doc.rev).await?;
        }
    }
}

#[async_trait]
impl DocStore for Corner {
    fn facts(&self) -> DocFacts {
        self.docs.facts()
    }

    async fn now(&self) -> Result<Timestamp> {
        match &self.clock {
            Some(clock) => Ok(clock.now()),
            None => self.docs.now().await,
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        self.docs.get(&self.key(key)).await
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        self.docs.put_if(&self.key(key), value, expected).await
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        self.docs.delete_if(&self.key(key), rev).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        let after = after.map(|after| self.key(after));
        let mut rows = self.docs.scan(&self.key(prefix), after.as_deref(), limit).await?;
        for (key, _) in &mut rows {
            *key = key.strip_prefix(&self.prefix).unwrap_or(key).to_owned();
        }
        Ok(rows)
    }

    async fn wait(&self, timeout: Duration) {
        self.docs.wait(timeout).await;
    }
}

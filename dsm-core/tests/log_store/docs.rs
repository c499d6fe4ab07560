//! A backend in memory, on a clock that stands still until it is moved.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::Result;
use dsm_core::store::{Doc, DocFacts, DocStore, Expected, ManualClock, Put};
use jiff::Timestamp;

#[derive(Debug)]
pub(crate) struct Docs {
    rows: Mutex<BTreeMap<String, Doc>>,
    pub(crate) clock: ManualClock,
    /// Calls so far.
    pub(crate) calls: AtomicU64,
}

impl Docs {
    pub(crate) fn new() -> Arc<Self> {
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        Arc::new(Self { rows: Mutex::default(), clock, calls: AtomicU64::new(0) })
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Doc>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.rows.lock().unwrap()
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        self.rows.lock().unwrap().keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// What a damaged backend would do.
    pub(crate) fn overwrite(&self, key: &str, value: impl Into<Bytes>, rev: i64) {
        self.rows.lock().unwrap().insert(key.to_owned(), Doc { rev, value: value.into() });
    }

    pub(crate) fn read(&self, key: &str) -> Option<Doc> {
        self.rows.lock().unwrap().get(key).cloned()
    }
}

#[async_trait]
impl DocStore for Docs {
    fn facts(&self) -> DocFacts {
        DocFacts { backend: "documents in memory", durable: true, shared: true }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.clock.now())
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        Ok(self.rows().get(key).cloned())
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        let mut rows = self.rows();
        let rev = match (rows.get(key), expected) {
            (None, Expected::Absent) => 1,
            (Some(doc), Expected::Rev(rev)) if doc.rev == rev => rev + 1,
            _ => return Ok(Put::Conflict),
        };
        rows.insert(key.to_owned(), Doc { rev, value });
        Ok(Put::Stored(rev))
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        let mut rows = self.rows();
        let is_there = rows.get(key).is_some_and(|doc| doc.rev == rev);
        if is_there {
            rows.remove(key);
        }
        Ok(is_there)
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        let rows = self.rows();
        let wanted = rows
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(wanted.take(limit).map(|(key, doc)| (key.clone(), doc.clone())).collect())
    }
}

//! What happens to calls on their way to a backend and back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::store::{Doc, DocFacts, DocStore, Expected, Put};
use dsm_core::{Error, ErrorKind, Result};
use jiff::Timestamp;

use crate::docs::Docs;

/// How often, and by which dice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// One call in so many.
    pub(crate) lost: u64,
}

/// Loses calls before they are carried out, and replies afterwards; delays some, and carries some out again much later.
#[derive(Debug)]
pub(crate) struct Faulty {
    docs: Arc<Docs>,
    plan: Plan,
    dice: AtomicU64,
    /// Writes that were given up by their caller and arrive later.
    late: Mutex<Vec<(String, Bytes, Expected)>>,
    pub(crate) happened: AtomicU64,
    /// Writes that go well before the next may fail: a caller that tries again gets through, others writing between.
    quiet: AtomicU64,
}

enum Fate {
    Well,
    NeverArrives,
    ReplyLost,
    ArrivesLater,
}

impl Faulty {
    pub(crate) fn over(docs: Arc<Docs>, plan: Plan) -> Arc<Self> {
        let dice = AtomicU64::new(plan.seed);
        let (happened, quiet) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { docs, plan, dice, late: Mutex::default(), happened, quiet })
    }

    /// SplitMix64.
    fn roll(&self) -> u64 {
        let mut z = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn fate(&self, is_write: bool) -> Fate {
        if !is_write {
            return Fate::Well;
        }
        let roll = self.roll();
        let is_quiet =
            self.quiet.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_quiet || !roll.is_multiple_of(self.plan.lost) {
            return Fate::Well;
        }
        self.quiet.store(8, Ordering::SeqCst);
        self.happened.fetch_add(1, Ordering::SeqCst);
        match (roll >> 32) % 3 {
            0 => Fate::NeverArrives,
            1 => Fate::ReplyLost,
            _ => Fate::ArrivesLater,
        }
    }

    /// Before anything else happens, or not, what is late may arrive.
    async fn arrive(&self) {
        if self.roll().is_multiple_of(2) {
            let late = std::mem::take(&mut *self.late.lock().unwrap());
            for (key, value, expected) in late {
                let _ = self.docs.put_if(&key, value, expected).await;
            }
        }
        if self.roll().is_multiple_of(50) {
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Store, "no reply came")
}

#[async_trait]
impl DocStore for Faulty {
    fn facts(&self) -> DocFacts {
        self.docs.facts()
    }

    async fn now(&self) -> Result<Timestamp> {
        self.docs.now().await
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        self.arrive().await;
        self.docs.get(key).await
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        self.arrive().await;
        match self.fate(true) {
            Fate::Well => self.docs.put_if(key, value, expected).await,
            Fate::NeverArrives => Err(gone()),
            Fate::ReplyLost => {
                self.docs.put_if(key, value, expected).await?;
                Err(gone())
            }
            Fate::ArrivesLater => {
                self.late.lock().unwrap().push((key.to_owned(), value, expected));
                Err(gone())
            }
        }
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        self.arrive().await;
        self.docs.delete_if(key, rev).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        self.arrive().await;
        // Never more than a few at a time, whatever was asked for.
        self.docs.scan(prefix, after, limit.min(3)).await
    }
}

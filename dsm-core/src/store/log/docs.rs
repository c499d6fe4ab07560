//! The few primitives a backend has to bring.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::error::Result;

/// How often a backend that cannot signal is asked for news.
const POLL: Duration = Duration::from_millis(250);

/// A document and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Another number after every write of the document.
    pub rev: i64,
    /// What it holds.
    pub value: Bytes,
}

/// On what condition a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is none under the key.
    Absent,
    /// It stands at this revision.
    Rev(i64),
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Written: this is its revision now.
    Stored(i64),
    /// The condition does not hold: nothing was written.
    Conflict,
}

/// What a backend says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocFacts {
    /// Name of the backend, for reports.
    pub backend: &'static str,
    /// Documents survive the process.
    pub durable: bool,
    /// Several processes may use them at the same time.
    pub shared: bool,
}

/// Documents under keys, written one at a time and on condition: all that [`LogStore`](crate::store::LogStore) needs to be
/// a whole [`Store`](crate::store::Store).
///
/// The condition of a write and the write itself are one step, whoever else writes; what was written is seen by every
/// read that begins later. An error of kind [`Store`](crate::ErrorKind::Store) may come although the write was or will be
/// made: then it is looked, and tried again; any other kind goes to whoever asked. Calls come one after the other for the log, and
/// beside them for activity and documents: one that hangs holds the store up, so give each a time limit.
///
/// Keys are lower-case letters, digits, `/` and `-`, up to 200 bytes. Values are bytes, seldom more than 1 MiB.
#[async_trait]
pub trait DocStore: Send + Sync + Debug + 'static {
    /// What this backend is.
    fn facts(&self) -> DocFacts;

    /// The clock of the storage, the same for all who use it: leases run by it. Milliseconds are the finest that count.
    async fn now(&self) -> Result<Timestamp>;

    /// Reads a document.
    async fn get(&self, key: &str) -> Result<Option<Doc>>;

    /// Writes a document on condition.
    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put>;

    /// Removes a document that stands at this revision, and says whether it did.
    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool>;

    /// Documents whose keys begin with `prefix` and come after `after`, in the order of the keys' bytes, `limit` of them at
    /// most. None at all means that there are no more.
    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>>;

    /// Waits until another process may have written something, `timeout` at most. Waking too often is harmless.
    async fn wait(&self, timeout: Duration) {
        tokio::time::sleep(timeout.min(POLL)).await;
    }
}

//! Rows of requests that are about to change something: durable before the request is sent.
//!
//! A task of its own, so that what reads leave behind does not stand before it. Whatever is announced while a write is
//! under way goes into the next one together: two hundred servers that are reset at a time share a few transactions.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dell_redfish::clock::Clock;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::ActivitySink;
use super::queue::Shared;
use super::row::bare;
use super::spill::{SharedSpill, on_disk};
use crate::error::{Error, ErrorKind, Result};
use crate::store::ActivityRow;

/// Most rows of one write.
const LARGEST_WRITE: usize = 1_000;

/// How long the store may take where there is a file as well, and where there is none.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_WITHOUT_FILE: Duration = Duration::from_secs(10);

/// The id of a row that is durable now; or of one that is not, as far as is known: a store that did not answer in time may
/// take it yet.
pub(super) type Kept = Result<Uuid, (Uuid, Error)>;

/// A row, and who waits for it. Its id is made anew when it is written.
pub(super) struct Announcement {
    pub(super) row: ActivityRow,
    pub(super) done: oneshot::Sender<Kept>,
}

/// See the module's documentation.
pub(super) struct Announcer {
    shared: Arc<Shared>,
    sink: Arc<dyn ActivitySink>,
    spill: Option<SharedSpill>,
    clock: Arc<dyn Clock>,
}

impl Announcer {
    pub(super) fn new(
        shared: Arc<Shared>,
        sink: Arc<dyn ActivitySink>,
        spill: Option<SharedSpill>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { shared, sink, spill, clock }
    }

    /// Ends when nobody is left who could announce.
    pub(super) async fn run(self, mut announced: mpsc::UnboundedReceiver<Announcement>) {
        let mut came = Vec::new();
        while announced.recv_many(&mut came, LARGEST_WRITE).await > 0 {
            // Who gave up meanwhile sends nothing, so there is nothing to put on record.
            came.retain(|announcement| !announcement.done.is_closed());
            let (mut rows, waiting): (Vec<_>, Vec<_>) =
                came.drain(..).map(|announcement| (announcement.row, announcement.done)).unzip();
            let ends = self.keep(&mut rows).await;
            for ((row, done), end) in rows.iter().zip(waiting).zip(ends) {
                // Nobody waits any more: the row stays, and says that its outcome is not known.
                let _ = done.send(end.map(|()| row.id).map_err(|error| (row.id, error)));
            }
        }
    }

    /// One answer a row.
    async fn keep(&self, rows: &mut [ActivityRow]) -> Vec<Result<()>> {
        if rows.is_empty() {
            return Vec::new();
        }
        let limit = if self.spill.is_some() { PATIENCE } else { PATIENCE_WITHOUT_FILE };
        let stored = tokio::select! {
            ends = self.store(rows) => ends,
            () = self.clock.sleep(limit) => Err(Error::new(ErrorKind::Timeout, "the store did not answer in time")),
        };
        match stored {
            Ok(ends) => ends,
            Err(error) => self.put_in_file(rows, &error).await,
        }
    }

    /// # Errors
    /// The store is down.
    async fn store(&self, rows: &mut [ActivityRow]) -> Result<Vec<Result<()>>> {
        let _order = self.shared.order.lock().await;
        rows.iter_mut().for_each(|row| row.id = Uuid::now_v7());
        let Err(error) = self.sink.write(rows.to_vec().into()).await else {
            self.count(rows.len());
            return Ok(rows.iter().map(|_| Ok(())).collect());
        };
        if !self.sink.is_reachable().await {
            return Err(error);
        }
        // It is one of the rows: its job or its server has gone.
        let mut ends = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let mut end = self.sink.write([row.clone()].into()).await;
            if end.is_err() {
                end = self.sink.write([bare(row)].into()).await;
            }
            self.count(usize::from(end.is_ok()));
            ends.push(end.map_err(|error| unrecorded(error.chain())));
        }
        Ok(ends)
    }

    /// Under the same ids: a write that was given up may come through after all.
    async fn put_in_file(&self, rows: &[ActivityRow], why: &Error) -> Vec<Result<()>> {
        let (count, rows) = (rows.len(), rows.to_vec());
        match on_disk(self.spill.as_ref(), move |spill| spill.append_durably(&rows)).await {
            Ok(dropped) => {
                self.count(count);
                self.shared.counters.spilled.fetch_add(count as u64, Ordering::Relaxed);
                self.shared.counters.bodies_dropped.fetch_add(dropped, Ordering::Relaxed);
                self.shared.has_file.store(true, Ordering::Release);
                self.shared.wake.notify_one();
                (0..count).map(|_| Ok(())).collect()
            }
            Err(error) => {
                tracing::error!(rows = count, %error, "requests are held back: neither store nor file takes their rows");
                (0..count).map(|_| Err(unrecorded(format!("{}; {error}", why.chain())))).collect()
            }
        }
    }

    fn count(&self, rows: usize) {
        self.shared.counters.announced.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

fn unrecorded(why: String) -> Error {
    Error::new(
        ErrorKind::Store,
        format!("it can be put on record neither in the store nor in a file ({why})"),
    )
    .hint("bring the store back, or set a file for the activity log")
}

//! The task that writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dell_redfish::clock::{Clock, Instant};

use super::held::Held;
use super::queue::{Pending, Shared};
use super::row::bare;
use super::spill::{SharedSpill, Spill, on_disk};
use super::{ActivityOptions, ActivitySink};
use crate::error::{Error, ErrorKind, Result};
use crate::meter;
use crate::store::ActivityRow;

/// Rows on their way to the store: whoever tries again does not copy them.
type Batch = Arc<[ActivityRow]>;

/// Tries of one batch before the store counts as down, with pauses that double.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause between tries while it is down.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Most rows a write carries when more than a batch has come together.
const LARGEST_WRITE: usize = 1_000;
/// A write that takes longer has failed as far as the log is concerned; if it comes through after all, ids tell.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Flusher {
    shared: Arc<Shared>,
    held: Held,
    sink: Arc<dyn ActivitySink>,
    options: ActivityOptions,
    clock: Arc<dyn Clock>,
    spill: Option<SharedSpill>,
    /// There may be files to write back.
    to_replay: bool,
    /// The store is down; tried again at this time, and then after this pause.
    down: Option<(Instant, Duration)>,
}

enum Next {
    Batch,
    Idle,
    End,
}

impl Flusher {
    pub(super) fn new(
        shared: Arc<Shared>,
        sink: Arc<dyn ActivitySink>,
        options: ActivityOptions,
        clock: Arc<dyn Clock>,
        spill: Option<SharedSpill>,
    ) -> Self {
        let held = Held::new(&options);
        Self { shared, held, sink, options, clock, to_replay: spill.is_some(), spill, down: None }
    }

    pub(super) async fn run(mut self) {
        loop {
            let next = self.next().await;
            self.to_replay |= self.shared.has_file.swap(false, Ordering::AcqRel);
            match next {
                Next::Batch => self.write_batch().await,
                Next::Idle => self.replay().await,
                Next::End => return,
            }
        }
    }

    fn may_try(&self) -> bool {
        self.down.is_none_or(|(at, _)| self.clock.now() >= at)
    }

    fn has_file(&self) -> bool {
        self.to_replay || self.shared.has_file.load(Ordering::Acquire)
    }

    /// Waits for a batch to be due.
    async fn next(&self) -> Next {
        let (mut since, mut command_since): (Option<Instant>, Option<Instant>) = (None, None);
        loop {
            let mut due = None;
            {
                let queue = self.shared.queue();
                match queue.len() + self.held.len() {
                    0 if queue.closed => return Next::End,
                    0 if self.has_file() && self.may_try() => return Next::Idle,
                    0 => {}
                    _ if queue.len() >= self.options.batch || self.shared.wants_all(&queue) => {
                        return Next::Batch;
                    }
                    // Nobody tells when a server is found: what waits for that is looked at as often.
                    _ => {
                        let now = self.clock.now();
                        let mut at = *since.get_or_insert(now) + self.options.read_interval;
                        if queue.has_command() {
                            at = at.min(*command_since.get_or_insert(now) + self.options.interval);
                        }
                        if now >= at {
                            return Next::Batch;
                        }
                        due = Some(at);
                    }
                }
            }
            let until = due.or(self.down.filter(|_| self.has_file()).map(|(at, _)| at));
            let Some(until) = until else {
                self.shared.wake.notified().await;
                continue;
            };
            let pause = until.saturating_duration_since(self.clock.now());
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = self.clock.sleep(pause) => {}
            }
        }
    }

    async fn write_batch(&mut self) {
        let (came, crowded, all) = {
            let mut queue = self.shared.queue();
            let (crowded, all) = (queue.len() >= self.options.capacity, self.shared.wants_all(&queue));
            meter::activity_waiting(queue.len());
            (queue.take(LARGEST_WRITE.max(self.options.batch)), crowded, all)
        };
        let now = self.clock.now();
        let mut ready = self.held.sift(came, &self.shared.unattributed(), now, all).into_iter();
        while ready.len() > 0 {
            let part: Vec<Pending> = ready.by_ref().take(LARGEST_WRITE.max(self.options.batch)).collect();
            self.write_part(part, crowded).await;
        }
        self.shared.attribute(self.sink.as_ref()).await;
    }

    async fn write_part(&mut self, part: Vec<Pending>, crowded: bool) {
        let shared = self.shared.clone();
        let _order = shared.order.lock().await;
        let rows: Batch = part.into_iter().map(|pending| self.shared.row_of(pending)).collect();
        let count = rows.len() as u64;
        self.deliver(rows, crowded).await;
        self.shared.settled.send_modify(|settled| {
            settled.rows += count;
            settled.stuck = false;
        });
    }

    /// Brings rows to the store or, failing that, to the file; does not give up while anybody could still care.
    async fn deliver(&mut self, mut rows: Batch, crowded: bool) {
        // A queue that full is not emptied through a store this slow: the file is faster, and gives it time.
        if crowded && self.append(&rows).await.is_ok() {
            return;
        }
        loop {
            rows = self.store(rows).await;
            if rows.is_empty() {
                return;
            }
            let Err(error) = self.append(&rows).await else { return };
            if self.shared.queue().closed {
                tracing::error!(rows = rows.len(), %error, "activity rows are lost: neither store nor file takes them");
                return;
            }
            tracing::error!(rows = rows.len(), %error, "activity rows wait in memory: neither store nor file takes them");
            self.shared.settled.send_modify(|settled| settled.stuck = true);
            let pause =
                self.down.map_or(FIRST_PAUSE, |(at, _)| at.saturating_duration_since(self.clock.now()));
            self.clock.sleep(pause).await;
        }
    }

    /// Writes to the store; hands back what it did not take because it is down.
    async fn store(&mut self, rows: Batch) -> Batch {
        if !self.may_try() {
            return rows;
        }
        let tries = if self.down.is_some() { 1 } else { TRIES };
        let mut pause = FIRST_PAUSE;
        for left in (0..tries).rev() {
            match self.write(rows.clone()).await {
                Ok(()) => {
                    self.stored(rows.len());
                    return Batch::default();
                }
                Err(error) if left == 0 => {
                    tracing::warn!(rows = rows.len(), error = %error.chain(), "activity rows were not stored")
                }
                Err(_) => {
                    self.clock.sleep(pause).await;
                    pause *= 2;
                }
            }
        }
        if self.sink.is_reachable().await {
            return self.one_by_one(&rows).await;
        }
        let pause = self.down.map_or(FIRST_PAUSE, |(_, pause)| (pause * 2).min(LONGEST_PAUSE));
        self.down = Some((self.clock.now() + pause, pause));
        rows
    }

    async fn write(&self, rows: Batch) -> Result<()> {
        tokio::select! {
            written = self.sink.write(rows) => written,
            () = self.clock.sleep(WRITE_TIMEOUT) => Err(Error::new(ErrorKind::Timeout, "the store did not answer in time")),
        }
    }

    fn stored(&mut self, rows: usize) {
        self.shared.counters.stored.fetch_add(rows as u64, Ordering::Relaxed);
        if self.down.take().is_some() {
            tracing::info!("the store takes activity rows again");
        }
    }

    /// The store is there, so it is a row: one whose job or server has gone is written without naming them, one that is
    /// refused even so is put aside.
    async fn one_by_one(&mut self, rows: &[ActivityRow]) -> Batch {
        let (mut left, mut refused) = (Vec::new(), Vec::new());
        for row in rows {
            if self.write([row.clone()].into()).await.is_ok() || self.write([bare(row)].into()).await.is_ok()
            {
                self.stored(1);
            } else if self.sink.is_reachable().await {
                refused.push(row.clone());
            } else {
                left.push(row.clone());
            }
        }
        if !refused.is_empty() {
            self.shared.counters.refused.fetch_add(refused.len() as u64, Ordering::Relaxed);
            let ids: Vec<String> = refused.iter().map(|row| row.id.to_string()).collect();
            let kept = self.on_disk(move |spill| spill.keep_refused(&refused)).await;
            tracing::error!(?ids, kept = kept.is_ok(), "the store refuses activity rows");
        }
        left.into()
    }

    async fn append(&mut self, rows: &Batch) -> io::Result<()> {
        let (count, rows) = (rows.len() as u64, rows.clone());
        let dropped = self.on_disk(move |spill| spill.append(&rows)).await?;
        self.to_replay = true;
        self.shared.counters.spilled.fetch_add(count, Ordering::Relaxed);
        meter::activity_spilled(count);
        self.shared.counters.bodies_dropped.fetch_add(dropped, Ordering::Relaxed);
        Ok(())
    }

    /// Writes one file back, giving way to rows that came meanwhile.
    async fn replay(&mut self) {
        let Ok(Some(mut file)) = self.on_disk(|spill| Ok(spill.take())).await else {
            self.to_replay = false;
            return;
        };
        loop {
            let read = tokio::task::spawn_blocking(move || (file.next(LARGEST_WRITE), file)).await;
            let Ok((Ok(rows), same)) = read else {
                // Unreadable now; whatever is wrong with it, it stays where it is.
                self.to_replay = false;
                return;
            };
            file = same;
            if rows.is_empty() {
                break;
            }
            let count = rows.len() as u64;
            let left = {
                let shared = self.shared.clone();
                let _order = shared.order.lock().await;
                self.store(rows.into()).await
            };
            if !left.is_empty() {
                return;
            }
            self.shared.counters.replayed.fetch_add(count, Ordering::Relaxed);
            if self.shared.queue().len() > 0 {
                self.write_batch().await;
            }
        }
        if let Err(error) = file.finish() {
            tracing::warn!(%error, "the file of stored activity rows cannot be removed");
            self.to_replay = false;
        }
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spill) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        on_disk(self.spill.as_ref(), work).await
    }
}

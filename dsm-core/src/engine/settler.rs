//! Ends of attempts on their way to the store: those that come while a write is under way are written together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::store::{Settled, Settlement, Store};

/// Writes settlements in batches, one batch at a time, without ever waiting for a batch to fill.
#[derive(Debug)]
pub(crate) struct Settler {
    store: Arc<dyn Store>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Somebody writes: who comes now is written next.
    is_busy: bool,
}

#[derive(Debug)]
struct Waiting {
    item: Settlement,
    answer: oneshot::Sender<Result<Settled>>,
}

impl Settler {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, queue: Mutex::default() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends an attempt.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn settle(self: &Arc<Self>, item: Settlement) -> Result<Settled> {
        let (answer, settled) = oneshot::channel();
        let leads = {
            let mut queue = self.queue();
            queue.waiting.push(Waiting { item, answer });
            !std::mem::replace(&mut queue.is_busy, true)
        };
        if leads {
            // In a task of its own: whoever asked first may be dropped, and others wait for the same write.
            tokio::spawn(self.clone().write_all());
        }
        settled.await.unwrap_or_else(|_| Err(unanswered()))
    }

    async fn write_all(self: Arc<Self>) {
        let _busy = Busy(&self);
        let most = self.store.caps().max_batch.max(1);
        loop {
            let batch: Vec<Waiting> = {
                let mut queue = self.queue();
                let count = queue.waiting.len().min(most);
                if count == 0 {
                    queue.is_busy = false;
                    return;
                }
                queue.waiting.drain(..count).collect()
            };
            self.write(batch).await;
        }
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let (items, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|one| (one.item, one.answer)).unzip();
        match self.store.settle(items.clone()).await {
            Ok(settled) => {
                let mut settled = settled.into_iter();
                for answer in answers {
                    // Who asked may have gone; what it asked for is done all the same.
                    let _ = answer.send(settled.next().ok_or_else(unanswered));
                }
            }
            // One of them may be what the store refuses: the others are not to go down with it.
            Err(error) if items.len() > 1 && !error.is_transient() => {
                for (item, answer) in items.into_iter().zip(answers) {
                    let alone = self.store.settle(vec![item]).await;
                    let _ = answer
                        .send(alone.and_then(|settled| settled.into_iter().next().ok_or_else(unanswered)));
                }
            }
            Err(error) => {
                let (kind, text) = (error.kind(), error.chain());
                let mut first = Some(error);
                for answer in answers {
                    // The cause cannot be copied; the others get its words.
                    let error = first.take().unwrap_or_else(|| Error::new(kind, text.clone()));
                    let _ = answer.send(Err(error));
                }
            }
        }
    }
}

/// Whoever comes after a store that panicked writes on.
struct Busy<'s>(&'s Settler);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.queue().is_busy = false;
        }
    }
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Store, "the store did not say what became of the end of an attempt")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::{JobStatus, NewJob};
    use crate::store::{Claim, Executor, MemoryStore, Outcome};

    #[tokio::test]
    async fn every_end_gets_its_own_answer_however_many_come_at_once() -> Result<()> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let executor = Executor { id: "e".to_owned(), incarnation: uuid::Uuid::now_v7() };
        store.register(&executor).await?;
        let job = NewJob { job_type: "t".to_owned(), ..NewJob::default() };
        store.enqueue(vec![job; 40]).await?;
        let claim = Claim {
            executor,
            job_types: vec!["t".to_owned()],
            gated: Vec::new(),
            slots: 40,
            ttl: Duration::from_secs(20),
            limits: crate::store::Limits::default(),
            others: Vec::new(),
        };
        let settler = Arc::new(Settler::new(store.clone()));
        let mut ends = tokio::task::JoinSet::new();
        for (place, job) in store.claim(claim).await?.jobs.into_iter().enumerate() {
            let mut lease = job.lease.key;
            if place % 4 == 3 {
                lease.fence += 1_000;
            }
            let item = Settlement {
                lease,
                outcome: Outcome::End(JobStatus::Completed, None),
                details: serde_json::Map::new(),
                tasks: Vec::new(),
            };
            let settler = settler.clone();
            ends.spawn(async move { (place, settler.settle(item).await) });
        }
        let mut count = 0;
        while let Some(Ok((place, settled))) = ends.join_next().await {
            let wanted = if place % 4 == 3 { Settled::LeaseLost } else { Settled::Applied };
            assert_eq!(settled?, wanted, "{place}");
            count += 1;
        }
        assert_eq!(count, 40);
        Ok(())
    }
}

//! A few threads with a read-only connection each: reads never wait for the writer.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Db, gone};
use crate::error::{Error, ErrorKind, Result};

type Read = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Default)]
struct Queue {
    reads: VecDeque<Read>,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn next(&self) -> Option<Read> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(read) = queue.reads.pop_front() {
                return Some(read);
            }
            if queue.closed {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Handle of the reading threads.
pub(super) struct Readers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    path: PathBuf,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>, path: PathBuf) -> Result<Self> {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new() });
        let mut readers = Self { shared, threads: Vec::new(), path };
        for conn in connections {
            let shared = Arc::clone(&readers.shared);
            let thread = std::thread::Builder::new()
                .name("dsm-store-read".into())
                .spawn(move || {
                    while let Some(read) = shared.next() {
                        read(&conn);
                    }
                })
                .map_err(|cause| {
                    Error::new(ErrorKind::System, "no thread for the store").with_source(cause)
                })?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Runs a read in one snapshot of the database.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Db<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        {
            let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.reads.push_back(Box::new(move |conn| {
                let _ = reply.send(snapshot(conn, read));
            }));
        }
        self.shared.changed.notify_one();
        let outcome = answer.await.map_err(|_| gone(&self.path))?;
        outcome.map_err(|fault| fault.into_error(&self.path))
    }
}

fn snapshot<T>(conn: &Connection, read: impl FnOnce(&Connection) -> Db<T>) -> Db<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let outcome = read(conn);
    conn.prepare_cached("COMMIT")?.execute([])?;
    outcome
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

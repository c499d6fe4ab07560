//! The one thread that writes. Commands that wait together are committed together, each in its own savepoint, so
//! that one sync of the disk serves them all and one that fails hurts no other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

use super::fault::{Db, Fault, gone, sql_error};
use crate::error::{Error, ErrorKind, Result};
use crate::store::clock::SteadyClock;

/// Commands of one transaction at most: bounds how long the first of them waits for its answer.
const GROUP: usize = 128;
/// How often an idle writer looks whether another process has written.
const WATCH: Duration = Duration::from_millis(250);

/// What a commit must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// The death of the process: notes and logs, which a lost second of does no harm.
    Process,
    /// Loss of power as well: everything that decides about jobs.
    Power,
}

/// The transaction a command runs in.
pub(super) struct Tx<'c> {
    pub(super) conn: &'c Connection,
    /// One time for the whole group.
    pub(super) now: Timestamp,
    wake: std::cell::Cell<bool>,
}

impl Tx<'_> {
    /// Something may have become claimable: those who wait are told after the commit.
    pub(super) fn wake(&self) {
        self.wake.set(true);
    }
}

trait Command: Send {
    fn durability(&self) -> Durability;
    /// Runs inside the transaction; whether its effect is to stay.
    fn run(&mut self, tx: &Tx<'_>, path: &Path) -> bool;
    /// Answers, once it is known whether the transaction stands.
    fn answer(self: Box<Self>, failed: Option<Error>);
}

struct Pending<T, F> {
    durability: Durability,
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnOnce(&Tx<'_>) -> Db<T> + Send> Command for Pending<T, F> {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, tx: &Tx<'_>, path: &Path) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = work(tx).map_err(|fault| fault.into_error(path));
        let stays = outcome.is_ok();
        self.outcome = Some(outcome);
        stays
    }

    fn answer(self: Box<Self>, failed: Option<Error>) {
        let outcome = match (self.outcome, failed) {
            (Some(Err(error)), _) | (_, Some(error)) => Err(error),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(Error::new(ErrorKind::Store, "the command was not run")),
        };
        // A caller that went away does not want the answer.
        let _ = self.reply.send(outcome);
    }
}

/// Handle of the writing thread.
pub(super) struct Writer {
    queue: Option<Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl Writer {
    pub(super) fn start(
        conn: Connection,
        path: PathBuf,
        clock: Arc<SteadyClock>,
        work: Arc<Notify>,
    ) -> Result<Self> {
        let (queue, commands) = channel();
        let state = Thread { conn, path: path.clone(), clock, work, seen: 0, synchronous: None };
        let thread = std::thread::Builder::new()
            .name("dsm-store-write".into())
            .spawn(move || state.run(&commands))
            .map_err(|cause| Error::new(ErrorKind::System, "no thread for the store").with_source(cause))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), path })
    }

    /// Queues a command and waits for its commit.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Db<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let command = Box::new(Pending { durability, work: Some(work), outcome: None, reply });
        let queue = self.queue.as_ref().ok_or_else(|| gone(&self.path))?;
        queue.send(command).map_err(|_| gone(&self.path))?;
        answer.await.map_err(|_| gone(&self.path))?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue lets the thread finish what waits in it.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Thread {
    conn: Connection,
    path: PathBuf,
    clock: Arc<SteadyClock>,
    work: Arc<Notify>,
    /// `data_version`: changes when another connection has committed.
    seen: i64,
    synchronous: Option<Durability>,
}

impl Thread {
    fn run(mut self, commands: &Receiver<Box<dyn Command>>) {
        self.seen = self.data_version();
        loop {
            match commands.recv_timeout(WATCH) {
                Ok(first) => {
                    let mut group = vec![first];
                    group.extend(commands.try_iter().take(GROUP - 1));
                    self.commit(group);
                }
                Err(RecvTimeoutError::Timeout) => self.watch(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // Leaves one whole file behind. Where another process still reads, the log stays for the last one to fold in.
        let _ = self.conn.pragma_update(None, "wal_checkpoint", "TRUNCATE");
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Command>>) {
        match self.transact(&mut group) {
            Ok(wake) => {
                for command in group {
                    command.answer(None);
                }
                if wake {
                    self.announce();
                }
            }
            Err(fault) => {
                let _ = self.conn.execute_batch("ROLLBACK");
                let cause = fault.into_error(&self.path);
                let chain = cause.chain();
                let mut first = Some(cause);
                for command in group {
                    // The cause cannot be copied; the others get its words.
                    let error = first.take().unwrap_or_else(|| Error::new(ErrorKind::Store, chain.clone()));
                    command.answer(Some(error));
                }
            }
        }
    }

    fn transact(&mut self, group: &mut [Box<dyn Command>]) -> Db<bool> {
        let durability = group.iter().map(|command| command.durability()).max().unwrap_or(Durability::Power);
        self.set_durability(durability)?;
        let conn = &self.conn;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        self.clock.catch_up(seen(conn)?);
        let tx = Tx { conn, now: self.clock.now(), wake: false.into() };
        if let [alone] = group {
            // Nobody to protect from it: the transaction is its savepoint, and SQLite keeps no second set of pages.
            if alone.run(&tx, &self.path) {
                conn.prepare_cached("COMMIT")?.execute([])?;
            } else if !conn.is_autocommit() {
                conn.prepare_cached("ROLLBACK")?.execute([])?;
            }
            return Ok(tx.wake.get());
        }
        for command in group.iter_mut() {
            conn.prepare_cached("SAVEPOINT command")?.execute([])?;
            if !command.run(&tx, &self.path) {
                if conn.is_autocommit() {
                    // Some errors (a full disk among them) end the whole transaction: what ran before is undone too.
                    return Err(Fault::Ours(lost(&self.path)));
                }
                conn.prepare_cached("ROLLBACK TO command")?.execute([])?;
            }
            conn.prepare_cached("RELEASE command")?.execute([])?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(tx.wake.get())
    }

    /// Set only on a change: the pragma is a statement of its own.
    fn set_durability(&mut self, durability: Durability) -> Db<()> {
        if self.synchronous != Some(durability) {
            let level = if durability == Durability::Power { "FULL" } else { "NORMAL" };
            self.conn.pragma_update(None, "synchronous", level)?;
            self.synchronous = Some(durability);
        }
        Ok(())
    }

    fn watch(&mut self) {
        let version = self.data_version();
        if version != self.seen {
            self.seen = version;
            self.announce();
        }
    }

    fn data_version(&self) -> i64 {
        let version = self.conn.prepare_cached("PRAGMA data_version");
        version.and_then(|mut statement| statement.query_row([], |row| row.get(0))).unwrap_or(self.seen)
    }

    fn announce(&self) {
        self.work.notify_waiters();
        // For one who is about to wait: a permit that the next wait takes at once.
        self.work.notify_one();
    }
}

/// How far the clocks of others have come that wrote to this file: this machine's may have been set back since, or been
/// ahead for a while when they looked.
pub(super) fn seen(conn: &Connection) -> Db<Timestamp> {
    let mut select = conn.prepare_cached(
        "SELECT max(coalesce((SELECT max(beat_at) FROM dsm_executor), ''),
                    coalesce((SELECT started_at FROM dsm_attempt ORDER BY fence DESC LIMIT 1), ''))",
    )?;
    let text: String = select.query_row([], |row| row.get(0))?;
    Ok(text.parse().unwrap_or(Timestamp::MIN))
}

fn lost(path: &Path) -> Error {
    sql_error(
        path,
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None),
    )
}

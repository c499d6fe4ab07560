//! The one connection that is never shared: it holds the locks that prove our executors alive, which the server lets
//! go of when the process dies, however it dies; and it tells and hears of new work.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::Notification;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::codec::{cell, column};
use super::fault::{Db, Fault};
use super::link::{Connector, Link};
use super::options::quoted;
use crate::clock::instant;
use crate::error::{Error, Result};

/// At most this often others are told of new work: telling takes a lock of the whole database at its commit.
const QUIET: Duration = Duration::from_millis(100);
/// How often a lock that our own lost session still has is tried again.
const RETAKE: Duration = Duration::from_millis(250);
/// A notification is nothing that takes long.
const DEAD: Duration = Duration::from_secs(5);
/// The longest pause between two tries to connect.
const PAUSE: Duration = Duration::from_secs(2);

/// The key of an incarnation's lock.
pub(super) fn lock_key(incarnation: Uuid) -> i64 {
    let digest = Sha256::digest([b"dsm.executor.".as_slice(), incarnation.as_bytes()].concat());
    let (head, _) = digest.split_at(8);
    head.iter().fold(0_i64, |key, byte| (key << 8) | i64::from(*byte))
}

enum Command {
    Hold(Uuid, oneshot::Sender<Result<Option<Timestamp>>>),
    Release(Uuid),
    Announce,
}

/// Handle of the task that owns the connection. Dropped, the connection closes.
pub(super) struct Keeper {
    commands: UnboundedSender<Command>,
    task: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(connector: Arc<Connector>, schema: &str, work: Arc<Notify>) -> Self {
        let (commands, queue) = unbounded_channel();
        let state = Task {
            connector,
            // Names are cut off at 63 bytes.
            channel: format!("dsm_work_{schema}").chars().take(50).collect(),
            us: Uuid::now_v7().to_string(),
            work,
            held: HashSet::new(),
            untaken: HashSet::new(),
            telling: None,
            quiet_until: instant(),
        };
        Self { commands, task: tokio::spawn(state.run(queue)) }
    }

    /// Takes the lock of an incarnation. When the server that keeps it was started: only a lock that is free on that
    /// very server proves a death. `None`: there is no lock to be had, and leases run out by themselves.
    pub(super) async fn hold(&self, incarnation: Uuid, patience: Duration) -> Result<Option<Timestamp>> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Hold(incarnation, reply)).is_err() {
            return Ok(None);
        }
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(held)) => held,
            _ => Ok(None),
        }
    }

    pub(super) fn release(&self, incarnation: Uuid) {
        let _ = self.commands.send(Command::Release(incarnation));
    }

    /// Tells the other processes that something may have become claimable.
    pub(super) fn announce(&self) {
        let _ = self.commands.send(Command::Announce);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Task {
    connector: Arc<Connector>,
    channel: String,
    /// Marks what we tell ourselves.
    us: String,
    work: Arc<Notify>,
    held: HashSet<Uuid>,
    /// Held before the connection was lost, and not taken anew yet.
    untaken: HashSet<Uuid>,
    telling: Option<Instant>,
    quiet_until: Instant,
}

impl Task {
    async fn run(mut self, mut queue: UnboundedReceiver<Command>) {
        let mut pause = QUIET;
        loop {
            let (heard, notifications) = unbounded_channel();
            if let Ok(link) = self.connector.connect(Some(heard)).await {
                pause = QUIET;
                self.untaken.clone_from(&self.held);
                // A pooler in between may refuse to listen: polling is as good.
                let _ = link.batch(&format!("LISTEN {}", quoted(&self.channel))).await;
                // Whatever was told while nobody listened is found by looking.
                self.wake();
                if self.serve(&link, notifications, &mut queue).await.is_none() {
                    return;
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Until the connection is lost (`Some`) or nobody is left to serve (`None`).
    async fn serve(
        &mut self,
        link: &Link,
        mut notifications: UnboundedReceiver<Notification>,
        queue: &mut UnboundedReceiver<Command>,
    ) -> Option<()> {
        loop {
            if !self.untaken.is_empty() && self.retake(link).await.is_err() {
                return Some(());
            }
            let telling = self.telling;
            tokio::select! {
                notification = notifications.recv() => match notification {
                    Some(notification) if notification.payload() == self.us => {}
                    Some(_) => self.wake(),
                    None => return Some(()),
                },
                command = queue.recv() => self.obey(link, command?).await,
                () = sleep_until(telling.unwrap_or_else(instant)), if telling.is_some() => {
                    if !self.tell(link).await {
                        return Some(());
                    }
                }
                () = sleep(RETAKE), if !self.untaken.is_empty() => {}
            }
        }
    }

    fn wake(&self) {
        self.work.notify_waiters();
        // For one who is about to wait: a permit that the next wait takes at once.
        self.work.notify_one();
    }

    async fn obey(&mut self, link: &Link, command: Command) {
        match command {
            Command::Hold(incarnation, reply) => {
                let held = self
                    .hold(link, incarnation)
                    .await
                    .map_err(|fault| fault.into_error(&self.connector.label));
                let _ = reply.send(held);
            }
            Command::Release(incarnation) => {
                self.held.remove(&incarnation);
                self.untaken.remove(&incarnation);
                let key = lock_key(incarnation);
                let _ = link.query("SELECT pg_advisory_unlock($1)", &[&key]).await;
            }
            Command::Announce => {
                self.telling.get_or_insert(self.quiet_until);
            }
        }
    }

    /// Whether the server took it. A line that went dead without a word is found out so.
    async fn tell(&mut self, link: &Link) -> bool {
        self.telling = None;
        self.quiet_until = instant() + QUIET;
        let told: [&(dyn ToSql + Sync); 2] = [&self.channel, &self.us];
        timeout(DEAD, link.query("SELECT pg_notify($1, $2)", &told)).await.is_ok()
    }

    async fn hold(&mut self, link: &Link, incarnation: Uuid) -> Db<Option<Timestamp>> {
        let taken = self.held.contains(&incarnation) || try_lock(link, incarnation).await?;
        if !taken {
            return Err(Fault::Ours(Error::invalid(
                "incarnation",
                "another process lives under this incarnation",
                "make a new one at each start",
            )));
        }
        self.held.insert(incarnation);
        Ok(Some(server_epoch(link).await?))
    }

    /// Takes anew what the lost connection held, and notes which server keeps it now.
    async fn retake(&mut self, link: &Link) -> Db<()> {
        let mut taken = Vec::new();
        for incarnation in self.untaken.clone() {
            if try_lock(link, incarnation).await? {
                self.untaken.remove(&incarnation);
                taken.push(incarnation);
            }
        }
        if !taken.is_empty() {
            let sql = "UPDATE dsm_executor SET server_epoch = pg_postmaster_start_time() WHERE incarnation = ANY($1)";
            link.execute(sql, &[&taken]).await?;
        }
        Ok(())
    }
}

async fn try_lock(link: &Link, incarnation: Uuid) -> Db<bool> {
    let rows = link.query("SELECT pg_try_advisory_lock($1)", &[&lock_key(incarnation)]).await?;
    Ok(column::<bool>(&rows)?.first().copied().unwrap_or_default())
}

async fn server_epoch(link: &Link) -> Db<Timestamp> {
    match link.query_opt("SELECT pg_postmaster_start_time()", &[]).await? {
        Some(row) => cell(&row, 0),
        None => Ok(Timestamp::UNIX_EPOCH),
    }
}

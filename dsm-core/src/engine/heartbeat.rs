//! What the existing front end reads of an executor: its row of `executor_heartbeats`.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock;
use crate::engine::inner::Inner;
use crate::engine::neighbours::GUARDED_CLAIM;
use crate::store::HeartbeatRow;

/// The front end looks for rows younger than a minute or two.
const EVERY: Duration = Duration::from_secs(15);

/// A store that does not answer holds nothing else up.
const LONGEST: Duration = Duration::from_secs(5);

/// What an engine has done since its start.
#[derive(Debug)]
pub(crate) struct Tally {
    started_at: Timestamp,
    polls: AtomicI64,
    attempts: AtomicI64,
    last_error: Mutex<Option<String>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            started_at: clock::now(),
            polls: AtomicI64::default(),
            attempts: AtomicI64::default(),
            last_error: Mutex::default(),
        }
    }
}

impl Tally {
    pub(crate) fn polled(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn attempt_ended(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, error: &str) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_owned());
    }
}

impl Inner {
    /// In a loop of its own: no beat waits for it, and none fails with it.
    pub(crate) async fn heartbeat_loop(self: Arc<Self>) {
        let mut is_written = true;
        loop {
            let write = tokio::time::timeout(LONGEST, self.store.put_heartbeat(self.heartbeat()));
            let error = match write.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.chain()),
                Err(_) => Some("the store did not answer in time".to_owned()),
            };
            if let Some(error) = &error
                && is_written
            {
                tracing::warn!("the executor's heartbeat row is not written: {error}");
            }
            is_written = error.is_none();
            tokio::time::sleep(EVERY).await;
        }
    }

    fn heartbeat(&self) -> HeartbeatRow {
        let mut capabilities = vec![GUARDED_CLAIM.to_owned()];
        capabilities.extend(self.job_types());
        HeartbeatRow {
            executor_id: self.executor.id.clone(),
            hostname: hostname(),
            ip_address: own_address(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            last_seen_at: clock::now(),
            poll_count: self.tally.polls.load(Ordering::Relaxed),
            jobs_processed: self.tally.attempts.load(Ordering::Relaxed),
            startup_time: self.tally.started_at,
            last_error: self.tally.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            capabilities,
        }
    }
}

fn hostname() -> Option<String> {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())?;
    let name = told.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The address that private networks are reached from. Nothing is sent: a datagram socket only looks for a route.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(10, 255, 255, 255), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

//! How a running job is told to stop.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;

/// Why a job has to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody cancelled it; the reason they gave.
    Cancelled(String),
    /// Its lease is lost: another attempt may hold it, nothing more may be written.
    LeaseLost,
    /// It took longer than its type may.
    TimedOut(Duration),
    /// The executor shuts down; the job goes back to pending with its checkpoint.
    Shutdown,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(reason) => write!(f, "cancelled: {reason}"),
            Self::LeaseLost => f.write_str("the lease on the job was lost"),
            Self::TimedOut(limit) => write!(f, "it took longer than {limit:?}"),
            Self::Shutdown => f.write_str("the executor is shutting down"),
        }
    }
}

/// The engine's end: stops the job. The first reason stands.
#[derive(Debug, Clone)]
pub struct StopSwitch(watch::Sender<Option<StopReason>>);

impl StopSwitch {
    /// A switch that has not been thrown.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Throws it.
    pub fn stop(&self, reason: StopReason) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }

    /// The reason, once there is one.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        self.0.borrow().clone()
    }

    /// The handler's end.
    #[must_use]
    pub fn signal(&self) -> StopSignal {
        StopSignal(self.0.subscribe())
    }
}

impl Default for StopSwitch {
    fn default() -> Self {
        Self::new()
    }
}

/// The handler's end: awaited at every wait.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Receiver<Option<StopReason>>);

impl StopSignal {
    /// The reason, once there is one.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        self.0.borrow().clone()
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the order to stop; never returns without one.
    pub async fn stopped(&self) -> StopReason {
        let mut receiver = self.0.clone();
        let reason = match receiver.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone(),
            // The switch is gone without having been thrown: nobody will ever stop this job.
            Err(_) => None,
        };
        match reason {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}

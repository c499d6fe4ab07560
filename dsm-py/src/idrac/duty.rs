//! On whose behalf a line was opened that is not the caller's own: an engine's, perhaps for an attempt at a job.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dell_redfish::ErrorKind as RedfishKind;
use dsm_core::credential::Outcome as Accepted;
use dsm_core::engine::{Fleet, Login, StopSignal};
use dsm_core::{Error, ErrorKind};

use super::Line;
use crate::failure::Failure;
use crate::runtime::Outcome;

/// Whose credentials a line uses, and what ends its calls.
pub(crate) struct Duty {
    fleet: Arc<Fleet>,
    pub(super) login: Login,
    stop: Option<StopSignal>,
    /// The resolver knows that they were let in.
    told: AtomicBool,
}

impl Duty {
    pub(crate) fn new(fleet: Arc<Fleet>, login: Login, stop: Option<StopSignal>) -> Self {
        Self { fleet, login, stop, told: AtomicBool::new(false) }
    }

    /// A call, until the attempt has to stop; the resolver hears what the iDRAC made of the login.
    pub(super) async fn call(&self, work: impl Future<Output = Outcome>) -> Outcome {
        let outcome = match &self.stop {
            None => work.await,
            Some(stop) => tokio::select! {
                biased;
                reason = stop.stopped() => {
                    Err(Error::new(ErrorKind::Cancelled, reason.to_string()).into())
                }
                outcome = work => outcome,
            },
        };
        match &outcome {
            Ok(_) if !self.told.swap(true, Ordering::Relaxed) => {
                self.fleet.report(&self.login, Accepted::Accepted).await;
            }
            Err(Failure::Redfish(error)) if error.kind() == RedfishKind::Authentication => {
                self.fleet.report(&self.login, Accepted::Rejected).await;
            }
            _ => {}
        }
        outcome
    }
}

/// Lines that end with an attempt or an engine.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<Weak<Line>>>);

impl Lines {
    pub(super) fn keep(&self, line: &Arc<Line>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|line| line.strong_count() > 0);
        all.push(Arc::downgrade(line));
    }

    fn take(&self) -> impl Iterator<Item = Arc<Line>> + use<> {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter().filter_map(|line| line.upgrade())
    }

    /// No call begins any more; sessions are ended in the background.
    pub(crate) fn shut(&self) {
        for line in self.take() {
            drop(line.shut());
        }
    }

    /// The same, and waits for the logouts.
    pub(crate) async fn close(&self) {
        for line in self.take() {
            if let Some(client) = line.shut() {
                client.close().await;
            }
        }
    }
}

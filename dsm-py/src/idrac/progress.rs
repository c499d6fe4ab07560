//! Progress of a job or an upload, from the runtime's threads to a callable of Python on the thread that waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use dell_redfish::flow::wait::OnProgress;
use dell_redfish::upload::OnUpload;
use pyo3::intern;
use pyo3::prelude::*;
use serde::Serialize;

use crate::reply::from_json;
use crate::runtime::with_interpreter;

/// Records that are kept for a callable that does not keep up; the oldest go.
const KEPT: usize = 1024;

/// A callable, and what it has not been told yet.
pub(super) struct Progress {
    seen: Mutex<VecDeque<Vec<u8>>>,
    /// One thread at a time hands over, so that the order stays.
    turn: Mutex<()>,
    callable: Py<PyAny>,
    /// The loop to tell it on; without one the caller's own thread does it.
    event_loop: Option<Py<PyAny>>,
}

impl Progress {
    pub(super) fn new(callable: Py<PyAny>, event_loop: Option<Py<PyAny>>) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), turn: Mutex::default(), callable, event_loop })
    }

    /// What a flow is given to tell of its job.
    pub(super) fn of_job(self: &Arc<Self>) -> OnProgress {
        let this = self.clone();
        Arc::new(move |progress| this.note(progress))
    }

    /// What a file that is sent is given: `dsm.results.UploadProgress`.
    pub(super) fn of_upload(self: &Arc<Self>) -> OnUpload {
        let this = self.clone();
        Arc::new(move |progress| this.note(&progress))
    }

    fn note(self: &Arc<Self>, progress: &impl Serialize) {
        let Ok(record) = serde_json::to_vec(progress) else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == KEPT {
            seen.pop_front();
        }
        seen.push_back(record);
        drop(seen);
        if self.event_loop.is_some() {
            let this = self.clone();
            // Never on a worker: waiting for the interpreter there would stall everything else.
            tokio::task::spawn_blocking(move || this.hand_over());
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Calls it with all there is, on this thread. What it raises ends the call.
    pub(super) fn tell(&self, py: Python<'_>) -> PyResult<()> {
        while let Some(record) = self.next() {
            self.callable.bind(py).call1((from_json(py, &record)?,))?;
        }
        Ok(())
    }

    /// Has the loop call it with all there is. A loop that is closed has nobody left who looks.
    fn hand_over(&self) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(event_loop) = &self.event_loop else { return };
        with_interpreter(|py| {
            while let Some(record) = self.next() {
                let told = from_json(py, &record).and_then(|record| {
                    let call = (self.callable.bind(py), record);
                    event_loop.bind(py).call_method1(intern!(py, "call_soon_threadsafe"), call)
                });
                if told.is_err() {
                    break;
                }
            }
        });
    }

    /// Hands over what is left, so that nothing comes after the result.
    pub(super) async fn flushed(self: Arc<Self>) {
        let _ = tokio::task::spawn_blocking(move || self.hand_over()).await;
    }
}

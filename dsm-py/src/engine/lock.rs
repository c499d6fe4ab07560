//! Locks held by a script, so that no job changes the same server meanwhile.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use dsm_core::Error;
use dsm_core::engine::{Fleet, HeldLocks as Taken};
use dsm_core::id::ServerId;
use dsm_core::store::{Holder, Share, Turn, Wish, server_lane};
use pyo3::prelude::*;
use serde_json::{Value, json};

use super::Engine;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::{Held, Outcome, block_on, let_go, not_picklable, ready, spawn};

/// Taken when they are given back.
type Slot = Mutex<Option<Taken>>;

/// The locks of an engine that were not given back yet.
#[derive(Default)]
pub(super) struct Locks(Mutex<Vec<Weak<Slot>>>);

impl Locks {
    fn keep(&self, slot: &Arc<Slot>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|slot| slot.strong_count() > 0);
        all.push(Arc::downgrade(slot));
    }

    /// Gives them all back: they keep the store open. What cannot be given back ends with the engine's time.
    pub(super) async fn release(&self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for slot in all.iter().filter_map(Weak::upgrade) {
            let _ = given_back(&slot).await;
        }
    }
}

async fn given_back(slot: &Slot) -> Outcome {
    let held = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(held) = held {
        held.release().await?;
    }
    Ok(Reply::Nothing)
}

/// Locks held for something done outside any job. Made by `Engine.lock()`; give them back, or use it in a `with` or
/// `async with` block. They end with their engine, too.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct HeldLocks {
    slot: Held<Slot>,
    keys: Vec<String>,
}

#[pymethods]
impl HeldLocks {
    /// Gives them back and waits until that is stored. Doing it twice is fine.
    fn release<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, self.releasing())
    }

    /// `release()` for asyncio: gives a future.
    fn release_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, self.releasing())
    }

    /// The names of the locks.
    #[getter]
    fn keys(&self) -> Vec<String> {
        self.keys.clone()
    }

    /// Whether they were given back.
    #[getter]
    fn is_released(&self) -> bool {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.release(py)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        ready(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.release_async(py)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a lock"))
    }

    fn __repr__(&self) -> String {
        let released = if self.is_released() { ", released" } else { "" };
        format!("<dsm.HeldLocks {}{released}>", self.keys.join(", "))
    }
}

impl HeldLocks {
    /// Locks that end with `locks` at the latest.
    pub(super) fn of(taken: Option<Taken>, keys: Vec<String>, locks: &Locks) -> Self {
        let slot = Held::new(Mutex::new(taken));
        locks.keep(&slot);
        Self { slot, keys }
    }

    /// The fleet, whose clients change nothing once these locks are given back or may be lost.
    pub(super) fn fleet(&self, fleet: &Fleet) -> Result<Arc<Fleet>, Failure> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let held = slot.as_ref().ok_or_else(|| {
            Error::invalid("locks", "they were given back", "take them anew, and hold them while it works")
        })?;
        Ok(fleet.under(held))
    }

    fn releasing(&self) -> impl Future<Output = Outcome> + Send + use<> {
        let slot = self.slot.clone();
        async move { given_back(&slot).await }
    }
}

impl Drop for HeldLocks {
    fn drop(&mut self) {
        let_go(|| self.slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

both! {
    /// Takes the locks of servers, by their ids, and others by name, so that no job changes them meanwhile. All or none.
    ///
    /// `label` says what for to those who find them taken. Without `wait` they are had now or not at all. `among` shares
    /// them with others who do so, too: so many hold them at a time.
    ///
    /// Raises `dsm.exceptions.BusyError`, naming who has them.
    Engine.lock / lock_async (*, label, servers=None, keys=None, wait=false, among=None)
    |this, py, label: String, servers: Option<Vec<String>>, keys: Option<Vec<String>>, wait: bool,
     among: Option<u32>| {
        let open = this.open_in(py)?;
        let servers: Vec<ServerId> = argument::parse_all(py, "servers", servers)?;
        let keys: Vec<String> = servers.into_iter().map(server_lane).chain(keys.into_iter().flatten()).collect();
        let turn = if wait { Turn::InLine } else { Turn::Now };
        async move {
            let wish = |key: &String| match among {
                Some(most) => Wish::among(key, most),
                None => Wish::alone(key),
            };
            let held = open.engine.lock(keys.iter().map(wish).collect(), label, turn).await?;
            let locks = HeldLocks::of(Some(held), keys, &open.locks);
            Ok(Reply::made(move |py| Ok(locks.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

both! {
    /// Who holds locks and who waits for them: of one server, of one lock by its name, or of all.
    Engine.lock_holders / lock_holders_async (*, server=None, key=None)
    |this, py, server: Option<&str>, key: Option<String>| {
        let open = this.open_in(py)?;
        let server: Option<ServerId> = server.map(|text| argument::parse(py, "server", text)).transpose()?;
        let key = server.map(server_lane).or(key);
        async move {
            let holders = open.engine.lock_holders(key.as_deref()).await?;
            Reply::json(&holders.iter().map(holder).collect::<Vec<_>>())
        }
    }
}

pub(super) fn holder(of: &Holder) -> Value {
    let among = match of.share {
        Share::Alone => None,
        Share::Among(most) => Some(most),
    };
    json!({
        "key": of.key,
        "among": among,
        "job_id": of.job_id,
        "label": of.label,
        "executor": of.executor,
        "since": of.since,
        "is_waiting": of.is_waiting,
    })
}

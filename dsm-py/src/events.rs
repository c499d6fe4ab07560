//! Events as one object that is an iterator and an async iterator.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use dsm_core::engine::{Engine, Event, Follow};
use dsm_core::id::JobId;
use pyo3::exceptions::{PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::Failure;
use crate::reply::{Reply, from_json};
use crate::runtime::{Held, Outcome, block_on, not_picklable, ready, spawn};

/// Events handed to Python in one piece at most.
const CHUNK: usize = 256;

/// Let go of at its end: it keeps the engine's store open.
type Stream = tokio::sync::Mutex<Option<Follow>>;

/// Events that have been made into Python objects and not been taken yet.
type Buffer = Arc<Mutex<VecDeque<Py<PyAny>>>>;

/// What happens in an engine, as dicts whose `event` says what. For `for` and for `async for`.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct Events {
    stream: Held<Stream>,
    buffer: Buffer,
    of: Option<JobId>,
}

impl Events {
    /// From this moment on.
    pub(crate) fn new(engine: &Engine, job: Option<JobId>) -> Self {
        let stream = Held::new(Stream::new(Some(engine.follow(job))));
        Self { stream, buffer: Buffer::default(), of: job }
    }

    fn buffered(&self) -> Option<Py<PyAny>> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Waits for an event, takes along what else is there, and gives the first. `end` is what says that there is none.
    fn fetch(&self, end: fn() -> PyErr) -> impl Future<Output = Outcome> + Send + use<> {
        let (stream, buffer) = (self.stream.clone(), self.buffer.clone());
        async move {
            let mut slot = stream.lock().await;
            let Some(stream) = slot.as_mut() else { return Err(Failure::Python(end())) };
            let Some(first) = stream.next().await? else {
                *slot = None;
                return Err(Failure::Python(end()));
            };
            let mut chunk: Vec<Event> = vec![first];
            while chunk.len() < CHUNK {
                match stream.try_next() {
                    Some(event) => chunk.push(event),
                    None => break,
                }
            }
            let text = serde_json::to_vec(&chunk).map_err(Failure::Json)?;
            Ok(Reply::made(move |py| {
                let made = from_json(py, &text)?.cast_into::<PyList>()?;
                let mut made = made.iter().map(Bound::unbind);
                let first = made.next().ok_or_else(end)?;
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend(made);
                Ok(first)
            }))
        }
    }
}

#[pymethods]
impl Events {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.buffered() {
            Some(event) => Ok(event.into_bound(py)),
            None => block_on(py, self.fetch(|| PyStopIteration::new_err(()))),
        }
    }

    fn __aiter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.buffered() {
            Some(event) => ready(py, event.into_bound(py)),
            None => spawn(py, self.fetch(|| PyStopAsyncIteration::new_err(()))),
        }
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a stream of events"))
    }

    fn __repr__(&self) -> String {
        self.of.map_or_else(|| "Events()".to_owned(), |job| format!("Events(job=\"{job}\")"))
    }
}

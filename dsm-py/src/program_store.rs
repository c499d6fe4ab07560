//! A store that the program brought: six calls of a Python object, made into a whole store.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dsm_core::store::conformance::check_docs;
use dsm_core::store::{Doc, DocFacts, DocStore, Expected, Put};
use dsm_core::{Error, ErrorKind, Result};
use jiff::Timestamp;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use serde_json::json;

use crate::calling::Home;
use crate::reply::Reply;
use crate::runtime::{Outcome, block_on, in_background, spawn, with_interpreter};

/// How often a store that cannot wait is asked for news.
const POLL: Duration = Duration::from_millis(250);

/// Longest wait for news at a time: who gives up waiting does not end it.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What `dsm.stores` made of the object.
pub(crate) struct ProgramStore {
    facts: DocFacts,
    object: Arc<Object>,
}

/// Its methods, and where its coroutines run.
struct Object {
    parts: Option<Py<PyDict>>,
    home: Arc<Home>,
    can_wait: bool,
}

impl ProgramStore {
    /// Takes an object apart; the exception names all that is wrong with it. Coroutines of its run on the running loop, if
    /// `inside` one.
    pub(crate) fn new(given: &Bound<'_, PyAny>, inside: bool) -> PyResult<Arc<Self>> {
        let py = given.py();
        let module = py.import(intern!(py, "dsm.stores"))?;
        let parts = module.call_method1(intern!(py, "_checked"), (given,))?.cast_into::<PyDict>()?;
        let part = |name: &str| parts.as_any().get_item(name);
        let facts = DocFacts {
            backend: kept(part("name")?.extract()?),
            durable: part("durable")?.extract()?,
            shared: part("shared")?.extract()?,
        };
        let can_wait = !part("wait")?.is_none();
        let object = Object { parts: Some(parts.unbind()), home: Home::new(py, inside)?, can_wait };
        Ok(Arc::new(Self { facts, object: Arc::new(object) }))
    }

    /// Calls a method to its end, on a thread that may block, and reads what it gives.
    ///
    /// To its end: an exception raised into the middle of somebody's transaction would do more harm than a call too many.
    async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        arguments: impl for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>> + Send + 'static,
        read: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> Result<T> {
        let object = self.object.clone();
        let called = tokio::task::spawn_blocking(move || {
            with_interpreter(|py| {
                let given = arguments(py).and_then(|arguments| object.call(py, name, &arguments));
                let given = given.map_err(|error| raised(py, name, &error))?;
                read(&given).map_err(|_| misshapen(name, &given))
            })
        });
        called.await.ok().flatten().unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Store, "the interpreter goes down").about(subject(name)))
        })
    }
}

impl fmt::Debug for ProgramStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramStore").field("name", &self.facts.backend).finish_non_exhaustive()
    }
}

impl Object {
    fn call<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        arguments: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let gone = || PyTypeError::new_err("the store was let go of");
        let parts = self.parts.as_ref().ok_or_else(gone)?.bind(py);
        let given = parts.as_any().get_item(name)?.call1(arguments)?;
        if given.hasattr(intern!(py, "__await__"))? { self.home.finish(given) } else { Ok(given) }
    }
}

impl Drop for Object {
    /// Tasks of the library never wait for the interpreter.
    fn drop(&mut self) {
        let parts = self.parts.take();
        in_background(move || {
            with_interpreter(|_| drop(parts));
        });
    }
}

/// Names live as long as the process; there are few.
fn kept(name: String) -> &'static str {
    static NAMES: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.get(name.as_str()) {
        Some(name) => name,
        None => {
            let name: &'static str = name.leak();
            names.insert(name);
            name
        }
    }
}

fn subject(method: &str) -> String {
    format!("`{method}` of the store")
}

/// An exception of ours keeps its kind; any other may pass by itself, and the call is looked into and repeated.
fn raised(py: Python<'_>, method: &str, error: &PyErr) -> Error {
    let value = error.value(py);
    let kind = value.getattr(intern!(py, "kind")).and_then(|kind| kind.extract::<String>());
    let kind = kind.ok().and_then(|kind| ErrorKind::ALL.iter().find(|known| known.as_str() == kind).copied());
    let text = match kind {
        Some(_) => value.to_string(),
        None => error.to_string(),
    };
    Error::new(kind.unwrap_or(ErrorKind::Store), text).about(subject(method))
}

/// The method gave what it may not give: trying again does not help.
fn misshapen(method: &str, given: &Bound<'_, PyAny>) -> Error {
    let wanted = match method {
        "now" => "a datetime with its zone",
        "get" => "a revision and bytes, or None",
        "put_if" => "a revision, or None",
        "delete_if" => "True or False",
        _ => "keys, revisions and bytes",
    };
    let kind = given.get_type();
    let kind = kind.name().map_or_else(|_| "something".to_owned(), |name| name.to_string());
    Error::new(ErrorKind::Handler, format!("it gave {kind} of another shape than {wanted}"))
        .about(subject(method))
        .hint("see dsm.stores.DocumentStore")
}

/// `bytes`, or what can become them without a copy too many.
fn bytes(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(value) = value.cast::<PyBytes>() {
        return Ok(Bytes::copy_from_slice(value.as_bytes()));
    }
    if value.extract::<String>().is_ok() || value.extract::<i64>().is_ok() {
        return Err(PyTypeError::new_err("no bytes"));
    }
    let py = value.py();
    let made = py.get_type::<PyBytes>().call1((value,))?.cast_into::<PyBytes>()?;
    Ok(Bytes::copy_from_slice(made.as_bytes()))
}

/// A number that is no truth value.
fn revision(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.is_instance_of::<pyo3::types::PyBool>() {
        return Err(PyTypeError::new_err("no revision"));
    }
    value.extract()
}

fn moment(value: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    let py = value.py();
    if value.call_method0(intern!(py, "utcoffset"))?.is_none() {
        return Err(PyTypeError::new_err("no zone"));
    }
    let seconds: f64 = value.call_method0(intern!(py, "timestamp"))?.extract()?;
    Timestamp::from_millisecond((seconds * 1000.0).floor() as i64)
        .map_err(|error| PyTypeError::new_err(error.to_string()))
}

fn scanned(rows: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Doc)>> {
    rows.try_iter()?
        .map(|row| {
            let row: Vec<Bound<'_, PyAny>> = row?.extract()?;
            match &row[..] {
                [key, rev, value] => Ok((key.extract()?, Doc { rev: revision(rev)?, value: bytes(value)? })),
                _ => Err(PyTypeError::new_err("no row")),
            }
        })
        .collect()
}

#[async_trait]
impl DocStore for ProgramStore {
    fn facts(&self) -> DocFacts {
        self.facts
    }

    async fn now(&self) -> Result<Timestamp> {
        self.call("now", |py| Ok(PyTuple::empty(py)), moment).await
    }

    async fn get(&self, key: &str) -> Result<Option<Doc>> {
        let key = key.to_owned();
        let read = |given: &Bound<'_, PyAny>| {
            let Some((rev, value)) = given.extract::<Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)>>()? else {
                return Ok(None);
            };
            Ok(Some(Doc { rev: revision(&rev)?, value: bytes(&value)? }))
        };
        self.call("get", move |py| (key,).into_pyobject(py), read).await
    }

    async fn put_if(&self, key: &str, value: Bytes, expected: Expected) -> Result<Put> {
        let key = key.to_owned();
        let expected = match expected {
            Expected::Absent => None,
            Expected::Rev(rev) => Some(rev),
        };
        let read = |given: &Bound<'_, PyAny>| {
            if given.is_none() { Ok(Put::Conflict) } else { revision(given).map(Put::Stored) }
        };
        self.call("put_if", move |py| (key, PyBytes::new(py, &value), expected).into_pyobject(py), read).await
    }

    async fn delete_if(&self, key: &str, rev: i64) -> Result<bool> {
        let key = key.to_owned();
        self.call("delete_if", move |py| (key, rev).into_pyobject(py), |given| given.extract()).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Doc)>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.call("scan", move |py| (prefix, after, limit).into_pyobject(py), scanned).await
    }

    async fn wait(&self, timeout: Duration) {
        if !self.object.can_wait {
            return tokio::time::sleep(timeout.min(POLL)).await;
        }
        let seconds = timeout.min(LONGEST_WAIT).as_secs_f64();
        if let Err(error) = self.call("wait", move |py| (seconds,).into_pyobject(py), |_| Ok(())).await {
            tracing::warn!("{}; its news is asked for instead", error.chain());
            tokio::time::sleep(timeout.min(LONGEST_WAIT)).await;
        }
    }
}

/// Runs the suite on a store of the program, for `dsm.testing`.
#[pyfunction]
pub(crate) fn _check_store<'py>(
    py: Python<'py>,
    store: &Bound<'py, PyAny>,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    block_on(py, examine(ProgramStore::new(store, false)?, seed))
}

/// `_check_store()` for asyncio: gives a future.
#[pyfunction]
pub(crate) fn _check_store_async<'py>(
    py: Python<'py>,
    store: &Bound<'py, PyAny>,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    spawn(py, examine(ProgramStore::new(store, true)?, seed))
}

async fn examine(store: Arc<ProgramStore>, seed: u64) -> Outcome {
    let facts = store.facts();
    let report = check_docs(store, seed).await;
    Reply::json(&json!({
        "backend": facts.backend,
        "caps": { "durable": facts.durable, "shared": facts.shared },
        "passed": report.passed,
        "failed": report.failed,
        "skipped": report.skipped,
    }))
}

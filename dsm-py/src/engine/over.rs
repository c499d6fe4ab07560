//! An engine over a store that the program brought.

use std::path::PathBuf;
use std::sync::Arc;

use dsm_core::Error;
use dsm_core::store::{DocStore, LogStore};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::keys::KeyChoice;
use super::objects::Objects;
use super::options::Settings;
use super::{Engine, start};
use crate::failure::Failure;
use crate::program_store::ProgramStore;
use crate::runtime::{Outcome, block_on, spawn};

#[pymethods]
impl Engine {
    /// Opens an engine over a store written in Python, a `dsm.stores.DocumentStore`, and starts to run its jobs. Other
    /// processes may do so at the same time.
    ///
    /// `key_file` holds the keys of the stored passwords, made at first use; or they come by `key` or `key_variable`, as in
    /// `open()`. Every process needs the same. `options` are those of `dsm.EngineOptions`, `clock` left out: the store's
    /// `now()` is the clock of all. Raises `TypeError` for what is no store.
    #[staticmethod]
    #[pyo3(signature = (store, *, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(store, *, key_file=None, key=None, key_variable=None, **options)")]
    fn over<'py>(
        py: Python<'py>,
        store: &Bound<'py, PyAny>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let docs = ProgramStore::new(store, false)?;
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        block_on(py, opening(docs, keys, read(py, options, false)?))
    }

    /// `over()` for asyncio: gives a future. Coroutines of the store run on this loop.
    #[staticmethod]
    #[pyo3(signature = (store, *, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(store, *, key_file=None, key=None, key_variable=None, **options)")]
    fn over_async<'py>(
        py: Python<'py>,
        store: &Bound<'py, PyAny>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let docs = ProgramStore::new(store, true)?;
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        spawn(py, opening(docs, keys, read(py, options, true)?))
    }
}

/// The options. Those who share a store go by one clock, and it is not in this process.
pub(super) fn read(
    py: Python<'_>,
    options: Option<&Bound<'_, PyDict>>,
    inside: bool,
) -> PyResult<(Settings, Objects)> {
    let how = Settings::read(py, options, inside)?;
    if how.1.has_clock() {
        let what = "the clock of this store is its own";
        let error = Error::invalid("clock", what, "let the store's now() say what time it is");
        return Err(Failure::Core(error).into_python(py));
    }
    Ok(how)
}

/// The store first, as for one in a file.
async fn opening(docs: Arc<ProgramStore>, keys: KeyChoice, how: (Settings, Objects)) -> Outcome {
    let name = docs.facts().backend.to_owned();
    let store = LogStore::open(docs).await?;
    let opened =
        tokio::task::spawn_blocking(move || keys.cipher().map(|cipher| (cipher, keys.into_file()))).await;
    let (cipher, key_file) = opened.map_err(|error| Failure::Panic(error.to_string()))??;
    start(Arc::new(store), cipher, key_file, name, how).await
}

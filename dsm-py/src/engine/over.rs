//! An engine over a store that the program brought.

use std::path::PathBuf;
use std::sync::Arc;

use dsm_core::credential::Cipher;
use dsm_core::store::{DocStore, LogStore};
use pyo3::prelude::*;
use pyo3::types::PyDict;

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
    /// `key_file` holds the key of the stored passwords, made at first use; every process needs the same one. `options` are
    /// those of `dsm.EngineOptions`. Raises `TypeError` for what is no store.
    #[staticmethod]
    #[pyo3(signature = (store, *, key_file, **options), text_signature = "(store, *, key_file, **options)")]
    fn over<'py>(
        py: Python<'py>,
        store: &Bound<'py, PyAny>,
        key_file: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let docs = ProgramStore::new(store, false)?;
        block_on(py, opening(docs, key_file, Settings::read(py, options, false)?))
    }

    /// `over()` for asyncio: gives a future. Coroutines of the store run on this loop.
    #[staticmethod]
    #[pyo3(signature = (store, *, key_file, **options), text_signature = "(store, *, key_file, **options)")]
    fn over_async<'py>(
        py: Python<'py>,
        store: &Bound<'py, PyAny>,
        key_file: PathBuf,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let docs = ProgramStore::new(store, true)?;
        spawn(py, opening(docs, key_file, Settings::read(py, options, true)?))
    }
}

/// The store first, as for one in a file.
async fn opening(docs: Arc<ProgramStore>, key_file: PathBuf, how: (Settings, Objects)) -> Outcome {
    let name = docs.facts().backend.to_owned();
    let store = LogStore::open(docs).await?;
    let cipher = tokio::task::spawn_blocking(move || Cipher::load_or_create(&key_file)).await;
    let cipher = cipher.map_err(|error| Failure::Panic(error.to_string()))??;
    start(Arc::new(store), cipher, None, name, how).await
}

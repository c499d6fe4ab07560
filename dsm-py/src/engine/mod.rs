//! The engine: opening, closing, and what it is to Python.

mod clock;
mod context;
mod control;
mod credentials;
mod fleet;
mod handler;
mod jobs;
mod keys;
mod limits;
mod lock;
mod new_job;
mod objects;
pub(crate) mod options;
mod over;
mod peers;
mod raised;
mod resolver;
mod schedules;
mod server;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dsm_core::ErrorKind;
use dsm_core::credential::{Cipher, KEY_LENGTH, KeyFile};
use dsm_core::store::{MemoryStore, SqliteOptions, SqliteStore, StorageClock, Store};
use pyo3::exceptions::PyResourceWarning;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::idrac::Lines;
use crate::reply::Reply;
use crate::runtime::{Held, Outcome, block_on, not_picklable, ready, spawn};
pub(crate) use clock::ManualClock;
pub(crate) use context::ContextHandle;
pub(crate) use handler::_job_types;
use keys::KeyChoice;
pub(crate) use lock::HeldLocks;
use lock::Locks;
use objects::Objects;
use options::Settings;
pub(crate) use resolver::{_check_resolver, _check_resolver_async};

/// An engine that runs, and what seals its passwords.
pub(crate) struct Open {
    pub(crate) engine: dsm_core::Engine,
    pub(crate) cipher: Arc<Cipher>,
    /// Where its keys are, if in a file.
    pub(crate) key_file: Option<KeyFile>,
    /// Locks that end with the engine.
    locks: Locks,
    /// Lines to iDRACs that do.
    lines: Lines,
}

/// How long a closed engine's tasks may take to let go of the store.
const LET_GO: Duration = Duration::from_secs(5);

/// Runs jobs from a store: one file, memory, a database server, or one of the program's own.
///
/// Made by `Engine.open()`, `in_memory()`, `over_postgres()`, `over_postgrest()` or `over()`. Close it, or use it in a `with` or `async with` block: jobs that
/// still run are given back and go on with the next engine.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct Engine {
    slot: Held<Mutex<Option<Arc<Open>>>>,
    store: String,
}

#[pymethods]
impl Engine {
    /// Opens a store, made at first use, and starts to run its jobs.
    ///
    /// `key_file` holds the key of the stored passwords; it is made beside the store unless given. Instead of a file there may be
    /// a `key` (32 bytes; base64 or hexadecimal text; or a function that gives one of them, for keyrings and vaults) or the name
    /// of an environment variable with it (`key_variable`, by custom `DSM_KEY`). Text may hold several keys, separated by
    /// commas: the first seals, all of them open. `options` are those of `dsm.EngineOptions`.
    #[staticmethod]
    #[pyo3(signature = (path=PathBuf::from("dsm.db"), *, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(path='dsm.db', *, key_file=None, key=None, key_variable=None, **options)")]
    fn open<'py>(
        py: Python<'py>,
        path: PathBuf,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keys = KeyChoice::read(Some(&path), key_file, key, key_variable)?;
        block_on(py, opening(path, keys, Settings::read(py, options, false)?))
    }

    /// `open()` for asyncio: gives a future.
    #[staticmethod]
    #[pyo3(signature = (path=PathBuf::from("dsm.db"), *, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(path='dsm.db', *, key_file=None, key=None, key_variable=None, **options)")]
    fn open_async<'py>(
        py: Python<'py>,
        path: PathBuf,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keys = KeyChoice::read(Some(&path), key_file, key, key_variable)?;
        spawn(py, opening(path, keys, Settings::read(py, options, true)?))
    }

    /// An engine whose store ends with it: for tests, and for looking once.
    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn in_memory<'py>(py: Python<'py>, options: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, remembering(random_key(py)?, Settings::read(py, options, false)?))
    }

    /// `in_memory()` for asyncio: gives a future.
    #[staticmethod]
    #[pyo3(signature = (**options))]
    fn in_memory_async<'py>(
        py: Python<'py>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, remembering(random_key(py)?, Settings::read(py, options, true)?))
    }

    /// Stops: claims nothing more, gives running jobs back, ends every session on every iDRAC, closes the store.
    /// Closing twice is fine.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, self.closing())
    }

    /// `close()` for asyncio: gives a future.
    fn close_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, self.closing())
    }

    /// Where the store is; `:memory:` for one in memory. Without passwords and keys.
    #[getter]
    fn store(&self) -> &str {
        &self.store
    }

    /// What the store cannot give, whatever is asked of it; nothing but on a database that others made and nobody extended.
    #[getter]
    fn lacks(&self, py: Python<'_>) -> PyResult<Vec<&'static str>> {
        Ok(self.open_in(py)?.engine.store().caps().lacks.iter().map(|lack| lack.as_str()).collect())
    }

    /// Whether it was closed.
    #[getter]
    fn is_closed(&self) -> bool {
        self.peek().is_none()
    }

    /// How many jobs run in this engine now.
    #[getter]
    fn running(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.open_in(py)?.engine.running())
    }

    /// Why this engine claims nothing: a `dsm.exceptions.BusyError` that names the executors beside it that take jobs
    /// without a condition; none as long as it claims. What runs goes on.
    #[getter]
    fn standing_back<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let refusal = self.open_in(py)?.engine.standing_back();
        Ok(refusal.map(|error| Failure::Core(error).into_python(py).into_value(py).into_bound(py).into_any()))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.close(py)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        ready(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.close_async(py)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("an engine"))
    }

    fn __repr__(&self) -> String {
        let state = if self.is_closed() { ", closed" } else { "" };
        format!("Engine({:?}{state})", self.store)
    }
}

impl Engine {
    fn peek(&self) -> Option<Arc<Open>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The engine, unless it was closed.
    pub(crate) fn open_in(&self, py: Python<'_>) -> PyResult<Arc<Open>> {
        self.peek().ok_or_else(|| {
            let error = dsm_core::Error::new(ErrorKind::InvalidInput, "the engine is closed");
            Failure::Core(error.about(&self.store).hint("open it again")).into_python(py)
        })
    }

    fn closing(&self) -> impl Future<Output = Outcome> + Send + 'static {
        let slot = self.slot.clone();
        async move {
            let open = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(open) = open {
                let store = open.engine.store().clone();
                open.locks.release().await;
                open.lines.close().await;
                let ended = open.engine.shutdown().await;
                drop(open);
                let _ = tokio::time::timeout(LET_GO, last_owner(&store)).await;
                // The last owner closes the file, and waits for what is still being written.
                let _ = tokio::task::spawn_blocking(move || drop(store)).await;
                ended?;
            }
            Ok(Reply::Nothing)
        }
    }
}

/// Waits until nobody else owns the store: tasks that were told to end do so a moment later.
async fn last_owner(store: &Arc<dyn Store>) {
    while Arc::strong_count(store) > 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.peek().is_none() {
            return;
        }
        Python::try_attach(|py| {
            let text = std::ffi::CString::new(format!("unclosed {}", self.__repr__())).unwrap_or_default();
            if let Err(error) = PyErr::warn(py, &py.get_type::<PyResourceWarning>(), &text, 1) {
                error.write_unraisable(py, None);
            }
        });
    }
}

async fn opening(path: PathBuf, keys: KeyChoice, how: (Settings, Objects)) -> Outcome {
    let name = path.display().to_string();
    let clock = how.1.clock();
    let opened = tokio::task::spawn_blocking(move || open_store(&path, keys, clock)).await;
    let (store, cipher, key_file) = opened.map_err(|error| Failure::Panic(error.to_string()))??;
    start(Arc::new(store), cipher, key_file, name, how).await
}

/// The store first: a file that is not ours gets no key beside it.
fn open_store(
    path: &Path,
    keys: KeyChoice,
    clock: StorageClock,
) -> dsm_core::Result<(SqliteStore, Cipher, Option<KeyFile>)> {
    let mut options = SqliteOptions::default();
    options.clock = clock;
    let store = SqliteStore::open(path, options)?;
    Ok((store, keys.cipher()?, keys.into_file()))
}

async fn remembering(key: Zeroizing<[u8; KEY_LENGTH]>, how: (Settings, Objects)) -> Outcome {
    let store = MemoryStore::with_clock(how.1.clock());
    start(Arc::new(store), Cipher::from_key(key), None, ":memory:".to_owned(), how).await
}

/// A key nobody keeps, from the system's random source.
fn random_key(py: Python<'_>) -> PyResult<Zeroizing<[u8; KEY_LENGTH]>> {
    let bytes = py.import(intern!(py, "secrets"))?.call_method1(intern!(py, "token_bytes"), (KEY_LENGTH,))?;
    Ok(Zeroizing::new(bytes.extract()?))
}

async fn start(
    store: Arc<dyn Store>,
    cipher: Cipher,
    key_file: Option<KeyFile>,
    name: String,
    how: (Settings, Objects),
) -> Outcome {
    let cipher = Arc::new(cipher);
    let (settings, objects) = how;
    let builder = settings.apply(dsm_core::Engine::builder(store, cipher.clone()))?;
    let engine = objects.apply(builder).start().await?;
    let (locks, lines) = (Locks::default(), Lines::default());
    let open = Arc::new(Open { engine, cipher, key_file, locks, lines });
    Ok(Reply::made(move |py| {
        let handle = Engine { slot: Held::new(Mutex::new(Some(open))), store: name };
        Ok(handle.into_pyobject(py)?.into_any().unbind())
    }))
}

//! The one file that starts the runtime, blocks on it, and lets go of or takes hold of the interpreter.

use std::any::Any;
use std::future::Future;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures_util::FutureExt;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use crate::failure::Failure;
use crate::logging;
use crate::reply::Reply;
use crate::{calling, client};

/// How often a blocked call looks for Ctrl-C.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Sets how many threads the runtime gets; as many as there are processors without it.
const THREADS_VARIABLE: &str = "DSM_WORKER_THREADS";

/// What every call into the library ends in.
pub(crate) type Outcome = Result<Reply, Failure>;

struct Started {
    process: u32,
    runtime: Runtime,
}

static STARTED: OnceLock<Started> = OnceLock::new();

/// False once the interpreter goes down: no thread of ours takes hold of it any more.
static INTERPRETER_LIVES: RwLock<bool> = RwLock::new(true);

/// The runtime, made at its first use and never at import, for this process and no fork of it.
pub(crate) fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    let started = match STARTED.get() {
        Some(started) => started,
        None => {
            let fresh = Started { process: std::process::id(), runtime: build()? };
            logging::install(py)?;
            STARTED.get_or_init(|| fresh)
        }
    };
    if started.process != std::process::id() {
        return Err(PyRuntimeError::new_err(
            "dsm was in use when this process was forked, and its threads stayed behind: use spawn, \
             as in multiprocessing.get_context(\"spawn\"), or begin to use dsm after the fork",
        ));
    }
    logging::refresh(py)?;
    Ok(&started.runtime)
}

fn build() -> PyResult<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Ok(text) = std::env::var(THREADS_VARIABLE) {
        match text.trim().parse::<usize>() {
            Ok(threads @ 1..=1024) => builder.worker_threads(threads),
            _ => {
                return Err(PyValueError::new_err(format!(
                    "{THREADS_VARIABLE}: {text:?} is no number of threads; use 1 to 1024 or unset it"
                )));
            }
        };
    }
    Ok(builder.thread_name("dsm-worker").enable_all().build()?)
}

fn is_forked() -> bool {
    STARTED.get().is_some_and(|started| started.process != std::process::id())
}

/// Runs a call to its end and makes its value. Ctrl-C drops the future, which cancels it, and is raised.
pub(crate) fn block_on<'py>(
    py: Python<'py>,
    future: impl Future<Output = Outcome> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    finish(py, detached(py, contained(future))?)
}

/// The value of a call, or what it raises.
pub(crate) fn finish(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Ok(reply) => reply.into_python(py),
        Err(failure) => Err(failure.into_python(py)),
    }
}

/// `block_on()` for a call that has something to say meanwhile: `look` runs with the interpreter whenever the call is
/// looked at, once more at its end. What it raises drops the future, as Ctrl-C does.
pub(crate) fn attended<'py>(
    py: Python<'py>,
    future: impl Future<Output = Outcome> + Send,
    look: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<Bound<'py, PyAny>> {
    finish(py, watched(py, contained(future), look)?)
}

/// Runs a future to its end with the interpreter free, looking for Ctrl-C meanwhile.
pub(crate) fn detached<T: Send>(py: Python<'_>, future: impl Future<Output = T> + Send) -> PyResult<T> {
    watched(py, future, |_| Ok(()))
}

fn watched<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send,
    mut look: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let runtime = runtime(py)?;
    // What an interrupted call lets go of may have to be given back in the background.
    let _inside = runtime.enter();
    let mut future = pin!(future);
    loop {
        let step = py.detach(|| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    value = &mut future => Some(value),
                    () = tokio::time::sleep(SIGNAL_INTERVAL) => None,
                }
            })
        });
        logging::pump(py);
        look(py)?;
        match step {
            Some(value) => return Ok(value),
            None => {
                py.check_signals()?;
                logging::refresh(py)?;
            }
        }
    }
}

/// Runs a future beside the running asyncio loop; gives the `asyncio.Future` of its outcome, whose cancellation
/// cancels the work.
pub(crate) fn spawn<'py>(
    py: Python<'py>,
    future: impl Future<Output = Outcome> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let runtime = runtime(py)?;
    let asyncio = py.import(intern!(py, "asyncio"))?;
    let event_loop = asyncio.call_method0(intern!(py, "get_running_loop"))?;
    let theirs = event_loop.call_method0(intern!(py, "create_future"))?;
    let (event_loop, waiting) = (event_loop.unbind(), theirs.clone().unbind());
    let work = runtime.spawn(async move {
        let outcome = contained(future).await;
        // Never on a worker: waiting for the interpreter there would stall everything else.
        tokio::task::spawn_blocking(move || {
            with_interpreter(|py| deliver(py, &event_loop, waiting, outcome));
        });
    });
    theirs.call_method1(intern!(py, "add_done_callback"), (AbortWhenCancelled(work.abort_handle()),))?;
    Ok(theirs)
}

/// An `asyncio.Future` that has its result already.
pub(crate) fn ready<'py>(py: Python<'py>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let event_loop = py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "get_running_loop"))?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    future.call_method1(intern!(py, "set_result"), (value,))?;
    Ok(future)
}

/// Why a live handle cannot be pickled.
pub(crate) fn not_picklable(what: &str) -> PyErr {
    PyTypeError::new_err(format!("{what} belongs to this process and cannot be pickled or copied"))
}

/// Takes hold of the interpreter from a thread of our own that may block; does nothing once it goes down.
pub(crate) fn with_interpreter<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let lives = INTERPRETER_LIVES.read().unwrap_or_else(PoisonError::into_inner);
    lives.then(|| Python::try_attach(work)).flatten()
}

/// The same for code of the program's, which may take as long as it likes: the interpreter does not wait for it when it
/// goes down. It ends such a thread where it stands.
pub(crate) fn with_program<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let lives = *INTERPRETER_LIVES.read().unwrap_or_else(PoisonError::into_inner);
    lives
        .then(|| {
            Python::try_attach(|py| {
                let unwound = Unwound;
                let value = work(py);
                std::mem::forget(unwound);
                value
            })
        })
        .flatten()
}

/// Older interpreters end a thread by unwinding it from outside, which must not go on through our frames: the thread
/// stays where it is until the process ends.
struct Unwound;

impl Drop for Unwound {
    fn drop(&mut self) {
        while !std::thread::panicking() {
            std::thread::park();
        }
    }
}

/// The last thing before the interpreter goes down: sessions are ended, what was logged is handed over, and nothing
/// comes after it.
#[pyfunction]
pub(crate) fn _at_exit(py: Python<'_>) {
    if is_forked() {
        return;
    }
    calling::stop_all(py);
    client::drain(py);
    // A thread that holds the lock for reading may wait for the interpreter.
    py.detach(|| *INTERPRETER_LIVES.write().unwrap_or_else(PoisonError::into_inner) = false);
    logging::pump(py);
}

/// Lets go of something whose end is told in the background. A fork of the process lets nothing go.
pub(crate) fn let_go<T>(held: impl FnOnce() -> T) {
    if let Some(started) = STARTED.get().filter(|_| !is_forked()) {
        let _inside = started.runtime.enter();
        drop(held());
    }
}

/// Runs work that may block on a thread made for that.
pub(crate) fn in_background(work: impl FnOnce() + Send + 'static) {
    if let Some(started) = STARTED.get() {
        drop(started.runtime.spawn_blocking(work));
    }
}

fn deliver(py: Python<'_>, event_loop: &Py<PyAny>, waiting: Py<PyAny>, outcome: Outcome) {
    let converted = finish(py, outcome).map(Bound::unbind);
    let settle = Settle(Mutex::new(Some((waiting, converted))));
    // A loop that is closed has nobody left who waits.
    let _ = event_loop.bind(py).call_method1(intern!(py, "call_soon_threadsafe"), (settle,));
}

/// Turns a panic into an error: none may cross into Python, and nobody may wait for ever.
async fn contained(future: impl Future<Output = Outcome>) -> Outcome {
    AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(Failure::Panic(panic_text(panic.as_ref()).to_owned())))
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// The done-callback of a future we handed out.
#[pyclass(frozen, module = "dsm._dsm")]
struct AbortWhenCancelled(AbortHandle);

#[pymethods]
impl AbortWhenCancelled {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0(intern!(future.py(), "cancelled"))?.is_truthy()? {
            self.0.abort();
        }
        Ok(())
    }
}

/// A future of the loop, and what is to become of it.
type Unsettled = (Py<PyAny>, PyResult<Py<PyAny>>);

/// Puts an outcome into its future, on the loop's own thread.
#[pyclass(frozen, module = "dsm._dsm")]
struct Settle(Mutex<Option<Unsettled>>);

#[pymethods]
impl Settle {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let Some((future, outcome)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let future = future.bind(py);
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        match outcome {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
        };
        Ok(())
    }
}

/// Something that lives on the runtime. A fork of the process never drops it: its files and locks are the parent's.
#[derive(Debug)]
pub(crate) struct Held<T>(Arc<T>);

impl<T> Held<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Deref for Held<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.0
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if is_forked() {
            // One owner too many, so that the last one never comes.
            std::mem::forget(self.0.clone());
        }
    }
}

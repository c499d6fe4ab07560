//! Calls of objects that the program handed over: plain methods on a thread that may block, coroutines on the loop that is
//! theirs. The interpreter is held only while Python runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tokio::sync::oneshot;

use crate::runtime::{self, in_background, with_program};

/// How often a plain method that goes on although nobody waits for it is told to stop.
const NUDGE: Duration = Duration::from_secs(1);

/// How often threads are told to stop before the interpreter goes down, and how long each time one of them is waited for.
const EXIT_LOOKS: u32 = 40;
const EXIT_LOOK: Duration = Duration::from_millis(50);

/// The interpreter goes down.
static EXITING: AtomicBool = AtomicBool::new(false);

/// Plain methods at work.
static RUNNING: Mutex<Vec<Weak<Running>>> = Mutex::new(Vec::new());

/// Where coroutines run; ends with its engine or store.
pub(crate) struct Home(Option<Py<PyAny>>);

impl Home {
    /// The running loop, if `inside` one; else a loop of the engine's own, begun when it is needed.
    pub(crate) fn new(py: Python<'_>, inside: bool) -> PyResult<Arc<Self>> {
        let event_loop = match inside {
            true => Some(py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "get_running_loop"))?),
            false => None,
        };
        let home =
            py.import(intern!(py, "dsm._calling"))?.call_method1(intern!(py, "Home"), (event_loop,))?;
        Ok(Arc::new(Self(Some(home.unbind()))))
    }

    /// Begins a coroutine; its end is told to whoever listens.
    fn begin<'py>(&self, work: Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Told)> {
        let py = work.py();
        let (teller, told) = oneshot::channel();
        let settle = Teller(Mutex::new(Some(teller)));
        let home = self.0.as_ref().ok_or_else(gone)?.bind(py);
        Ok((home.call_method1(intern!(py, "begin"), (work, settle))?, told))
    }

    /// Runs a coroutine to its end, on a thread that may block.
    pub(crate) fn finish<'py>(&self, work: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = work.py();
        self.0.as_ref().ok_or_else(gone)?.bind(py).call_method1(intern!(py, "finish"), (work,))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        later(self.0.take(), "close");
    }
}

/// How a coroutine ended.
type Told = oneshot::Receiver<PyResult<Py<PyAny>>>;

/// Calls a method in the background: the library's own tasks never wait for the interpreter.
fn later(object: Option<Py<PyAny>>, method: &'static str) {
    let Some(object) = object else { return };
    in_background(move || {
        runtime::with_interpreter(|py| {
            if let Err(error) = object.call_method0(py, method) {
                error.write_unraisable(py, None);
            }
        });
    });
}

/// A method of an object of the program.
pub(crate) struct Callee {
    method: Arc<Py<PyAny>>,
    home: Arc<Home>,
    /// What it is called in lines for people.
    name: String,
}

/// What a call ended in.
enum Ended<T> {
    Value(T),
    /// A coroutine: it is under way, and tells when it has ended.
    Later(Coroutine, Told),
}

/// Nobody waits for the call any more, or the interpreter goes down.
fn gone() -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err("the call was given up")
}

impl Callee {
    pub(crate) fn new(method: Bound<'_, PyAny>, home: &Arc<Home>, name: String) -> Self {
        Self { method: Arc::new(method.unbind()), home: home.clone(), name }
    }

    /// Calls it to its end and reads what it gives. Whoever drops this cancels a coroutine, and tells a plain method to
    /// stop until it does.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        arguments: impl for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>> + Send + 'static,
        read: impl Fn(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> PyResult<T> {
        let under_way = UnderWay::new(&self.name);
        let (running, method, home) = (under_way.running.clone(), self.method.clone(), self.home.clone());
        let read = Arc::new(Mutex::new(read));
        let reader = read.clone();
        let first = tokio::task::spawn_blocking(move || {
            with_program(|py| {
                running.enter(py)?;
                let given = arguments(py).and_then(|arguments| method.bind(py).call1(arguments));
                running.leave(py);
                let given = given?;
                if given.hasattr(intern!(py, "__await__"))? {
                    let (call, told) = home.begin(given)?;
                    return Ok(Ended::Later(Coroutine(Some(call.unbind())), told));
                }
                let read = reader.lock().unwrap_or_else(PoisonError::into_inner);
                read(&given).map(Ended::Value)
            })
        });
        let ended = unless_exiting(first.await.ok().flatten()).await?;
        let (coroutine, told) = match ended {
            Ended::Value(value) => return Ok(value),
            Ended::Later(coroutine, told) => (coroutine, told),
        };
        let outcome = unless_exiting(told.await.ok()).await;
        coroutine.over();
        let value = outcome?;
        let read = tokio::task::spawn_blocking(move || {
            with_program(|py| {
                let read = read.lock().unwrap_or_else(PoisonError::into_inner);
                read(value.bind(py))
            })
        });
        unless_exiting(read.await.ok().flatten()).await
    }
}

/// What came of a call. While the interpreter goes down nothing comes of any: what was at work goes on elsewhere, or with
/// the next start, as after a kill.
async fn unless_exiting<T>(came: Option<PyResult<T>>) -> PyResult<T> {
    if EXITING.load(Ordering::SeqCst) {
        return std::future::pending().await;
    }
    came.unwrap_or_else(|| Err(gone()))
}

/// Stops what the program runs on threads of ours before the interpreter goes down: it must not come back into one that is
/// gone. What does not heed it for two seconds is left where it is.
pub(crate) fn stop_all(py: Python<'_>) {
    EXITING.store(true, Ordering::SeqCst);
    let all = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    let mut in_vain = 0;
    while in_vain < EXIT_LOOKS {
        let still: Vec<_> = all.iter().filter_map(Weak::upgrade).filter(|one| one.interrupt(py)).collect();
        let Some(first) = still.first() else { return };
        if !py.detach(|| first.is_over_within(EXIT_LOOK)) {
            in_vain += 1;
        }
    }
}

/// The thread a plain method runs on, for as long as it does.
#[derive(Default)]
struct Running {
    thread: Mutex<Option<u64>>,
    /// The thread has come out of it.
    over: Condvar,
    /// Nobody waits for it any more.
    left: AtomicBool,
}

impl Running {
    fn enter(&self, py: Python<'_>) -> PyResult<()> {
        let thread: u64 =
            py.import(intern!(py, "threading"))?.call_method0(intern!(py, "get_ident"))?.extract()?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        // Said before this thread was known: nobody would ever tell it to stop.
        if self.left.load(Ordering::SeqCst) {
            self.leave(py);
            return Err(gone());
        }
        Ok(())
    }

    /// From here on nothing is raised in this thread.
    fn leave(&self, py: Python<'_>) {
        // Whoever interrupts holds this lock and may need the interpreter.
        py.detach(|| {
            *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.over.notify_all();
        });
    }

    /// Waits until the thread has come out of it, not longer than this and without the interpreter. Whether it has.
    fn is_over_within(&self, limit: Duration) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.over.wait_timeout_while(thread, limit, |thread| thread.is_some());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_none()
    }

    /// Tells it to stop. Whether it still runs.
    fn interrupt(&self, py: Python<'_>) -> bool {
        // Whoever cannot have the lock at once is just coming or going; it is looked at again.
        let Ok(thread) = self.thread.try_lock() else { return true };
        let Some(id) = *thread else { return false };
        // Held meanwhile: what is raised must not reach what the thread does next.
        let told = py
            .import(intern!(py, "dsm._calling"))
            .and_then(|module| module.call_method1(intern!(py, "interrupt"), (id,)));
        if let Err(error) = told {
            error.write_unraisable(py, None);
        }
        true
    }
}

/// A plain method under way. Dropped before its end, it is told to stop until it does.
struct UnderWay {
    running: Arc<Running>,
    name: String,
}

impl UnderWay {
    fn new(name: &str) -> Self {
        let running = Arc::default();
        let mut all = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&running));
        Self { running, name: name.to_owned() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.running.left.store(true, Ordering::SeqCst);
        if self.running.thread.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return;
        }
        let (running, name) = (self.running.clone(), std::mem::take(&mut self.name));
        in_background(move || {
            let mut told = 0_u32;
            while runtime::with_interpreter(|py| running.interrupt(py)) == Some(true) {
                if told == 1 {
                    tracing::warn!(
                        "{name} goes on although its attempt is over; nothing it does counts any more"
                    );
                }
                told = told.saturating_add(1);
                if running.is_over_within(NUDGE) {
                    return;
                }
            }
        });
    }
}

/// A coroutine under way. Dropped before its end, it is cancelled.
struct Coroutine(Option<Py<PyAny>>);

impl Coroutine {
    fn over(mut self) {
        self.0 = None;
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        later(self.0.take(), "cancel");
    }
}

/// What a coroutine tells its end to.
#[pyclass(frozen, module = "dsm._dsm")]
struct Teller(Mutex<Option<oneshot::Sender<PyResult<Py<PyAny>>>>>);

#[pymethods]
impl Teller {
    fn __call__(&self, value: Py<PyAny>, error: Option<Bound<'_, PyAny>>) {
        if let Some(teller) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody may be left who waits.
            let _ = teller.send(match error {
                Some(error) => Err(PyErr::from_value(error)),
                None => Ok(value),
            });
        }
    }
}

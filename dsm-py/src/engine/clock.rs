//! Clocks of the program, by which a store says what is due and which lease has run out.

use std::fmt;
use std::sync::Arc;

use dsm_core::Error;
use dsm_core::store::{StorageClock, TimeSource};
use jiff::Timestamp;
use pyo3::intern;
use pyo3::prelude::*;

use super::options::seconds;
use crate::argument;
use crate::failure::Failure;
use crate::runtime::with_interpreter;

/// A clock that stands still until it is moved: for tests of what is due later. Give it to an engine as `clock`.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct ManualClock(dsm_core::store::ManualClock);

#[pymethods]
impl ManualClock {
    /// Stands at this time, a `datetime` with its zone or its ISO 8601 text.
    #[new]
    fn new(start: &Bound<'_, PyAny>) -> PyResult<Self> {
        let start: Timestamp = argument::read("start", start)?;
        Ok(Self(dsm_core::store::ManualClock::at(start)))
    }

    /// Moves it forward, by so many seconds.
    fn advance(&self, py: Python<'_>, by: f64) -> PyResult<()> {
        let by = seconds("by", by).map_err(|error| Failure::Core(error).into_python(py))?;
        self.0.advance(by);
        Ok(())
    }

    /// Where it stands: a `datetime` in UTC.
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        moment(py, self.0.now())
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({})", self.0.now())
    }
}

fn moment(py: Python<'_>, at: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let datetime = py.import(intern!(py, "datetime"))?;
    let utc = datetime.getattr(intern!(py, "timezone"))?.getattr(intern!(py, "utc"))?;
    // Exact to the microsecond for the next two centuries.
    let at = at.as_microsecond() as f64 / 1e6;
    datetime.getattr(intern!(py, "datetime"))?.call_method1(intern!(py, "fromtimestamp"), (at, utc))
}

/// An object whose `now()` is asked.
struct ProgramClock {
    now: Py<PyAny>,
}

/// The clock an object stands for; what it says first shows whether it is one.
pub(super) fn read(given: &Bound<'_, PyAny>) -> PyResult<StorageClock> {
    if let Ok(manual) = given.cast::<ManualClock>() {
        return Ok(StorageClock::Manual(manual.get().0.clone()));
    }
    let py = given.py();
    let wrong = |what: &str| {
        let hint = "hand over a dsm.ManualClock, or an object whose now() gives a datetime with its zone";
        Failure::Core(Error::invalid("clock", what, hint)).into_python(py)
    };
    let now = given.getattr(intern!(py, "now")).map_err(|_| wrong("it has no method `now`"))?;
    if !now.is_callable() {
        return Err(wrong("its `now` is no method"));
    }
    let said = now.call0()?;
    if said.hasattr(intern!(py, "__await__"))? {
        // The coroutine that nobody awaits.
        let _ = said.call_method0(intern!(py, "close"));
        return Err(wrong("its `now` is a coroutine; the time is asked for in between two rows"));
    }
    told(&said).map_err(|_| wrong("its `now` gives no time"))?;
    Ok(StorageClock::Program(Arc::new(ProgramClock { now: now.unbind() })))
}

fn told(said: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    argument::read("clock", said)
}

impl TimeSource for ProgramClock {
    fn now(&self) -> Option<Timestamp> {
        let said = with_interpreter(|py| {
            let said = self.now.call0(py).and_then(|said| told(said.bind(py)));
            said.map_err(|error| error.write_unraisable(py, None)).ok()
        });
        said.flatten()
    }
}

impl fmt::Debug for ProgramClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramClock").finish_non_exhaustive()
    }
}

//! How many jobs may be at work at a time, over all engines on the store.

use dsm_core::store::Limits;
use pyo3::prelude::*;

use super::Engine;
use crate::argument::{self, Known};
use crate::both::both;
use crate::reply::{Reply, record};

both! {
    /// Changes how many jobs may be at work at a time, for all engines on the store: here at once, elsewhere within a
    /// heartbeat. Jobs that are at work stay so. What `limits` does not name is not limited.
    Engine.set_limits / set_limits_async (limits)
    |this, py, limits: Bound<'py, PyAny>| {
        let open = this.open_in(py)?;
        let Known(limits) = argument::read::<Known<Limits>>("limits", &limits)?;
        async move {
            open.engine.set_limits(limits).await?;
            Ok(Reply::Nothing)
        }
    }
}

#[pymethods]
impl Engine {
    /// How many jobs may be at work at a time, as far as this engine knows.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, &self.open_in(py)?.engine.limits())
    }
}

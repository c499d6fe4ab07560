//! What a call gives back: made while the interpreter is free, turned into Python objects at the end.

use bytes::Bytes;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;

use crate::failure::Failure;

type Make = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// The value of a call.
pub(crate) enum Reply {
    /// `None`.
    Nothing,
    /// `bool`.
    Flag(bool),
    /// `str`.
    Text(String),
    /// Dicts, lists and scalars, as JSON text: writing it needs no interpreter, and Python's reader is quick and exact.
    Json(Vec<u8>),
    /// `bytes`.
    Bytes(Bytes),
    /// Whatever needs the interpreter to be made.
    Made(Make),
}

impl Reply {
    /// Writes a record.
    pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, Failure> {
        serde_json::to_vec(value).map(Self::Json).map_err(Failure::Json)
    }

    /// Leaves the making to the end.
    pub(crate) fn made(make: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static) -> Self {
        Self::Made(Box::new(make))
    }

    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Nothing => Ok(py.None().into_bound(py)),
            Self::Flag(flag) => Ok(flag.into_pyobject(py)?.to_owned().into_any()),
            Self::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
            Self::Bytes(bytes) => Ok(PyBytes::new(py, &bytes).into_any()),
            Self::Json(text) => from_json(py, &text),
            Self::Made(make) => make(py).map(|value| value.into_bound(py)),
        }
    }
}

/// A record at once: for what is at hand.
pub(crate) fn record<'py>(py: Python<'py>, value: &(impl Serialize + ?Sized)) -> PyResult<Bound<'py, PyAny>> {
    match Reply::json(value) {
        Ok(reply) => reply.into_python(py),
        Err(failure) => Err(failure.into_python(py)),
    }
}

/// Reads JSON text into Python objects.
pub(crate) fn from_json<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (PyBytes::new(py, text),))
}

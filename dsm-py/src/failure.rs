//! Errors of the library as Python exceptions: the class by kind, the facts as fields, the chain as `__cause__`.

use std::error::Error as StdError;
use std::io;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The kind of the simulator's errors, which have none of their own.
const SIMULATOR: &str = "simulator";

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine's error.
    Core(dsm_core::Error),
    /// The error of an exchange with one iDRAC.
    Redfish(dell_redfish::Error),
    /// The simulator's error.
    Simulator(idrac_sim::Error),
    /// A record that does not go through JSON.
    Json(serde_json::Error),
    /// A defect of the library.
    Panic(String),
    /// An exception that is one already.
    Python(PyErr),
}

impl From<dsm_core::Error> for Failure {
    fn from(error: dsm_core::Error) -> Self {
        Self::Core(error)
    }
}

impl From<dell_redfish::Error> for Failure {
    fn from(error: dell_redfish::Error) -> Self {
        Self::Redfish(error)
    }
}

impl From<idrac_sim::Error> for Failure {
    fn from(error: idrac_sim::Error) -> Self {
        Self::Simulator(error)
    }
}

impl Failure {
    /// The exception to raise.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Core(error) => exception(py, &error),
            Self::Redfish(error) => exception(py, &error),
            Self::Simulator(error) => exception(py, &error),
            Self::Json(error) => exception(py, &error),
            Self::Panic(text) => {
                PyRuntimeError::new_err(format!("a defect of dsm, please report it: {text}"))
            }
            Self::Python(error) => error,
        }
    }
}

/// Every kind an exception of ours can have.
#[pyfunction]
pub(crate) fn _error_kinds() -> Vec<&'static str> {
    let core = dsm_core::ErrorKind::ALL.iter().map(|kind| kind.as_str());
    let redfish = dell_redfish::ErrorKind::ALL.iter().map(|kind| kind.as_str());
    core.chain(redfish).chain([SIMULATOR]).collect()
}

fn exception(py: Python<'_>, error: &(dyn StdError + 'static)) -> PyErr {
    let made = ours(py, error).unwrap_or_else(|error| error);
    made.set_cause(py, error.source().map(|cause| exception(py, cause)));
    made
}

/// The exception of one level of the chain.
fn ours(py: Python<'_>, error: &(dyn StdError + 'static)) -> PyResult<PyErr> {
    let facts = PyDict::new(py);
    let kind = if let Some(error) = error.downcast_ref::<dsm_core::Error>() {
        facts.set_item("subject", error.subject())?;
        facts.set_item("hint", error.way_out())?;
        error.kind().as_str()
    } else if let Some(error) = error.downcast_ref::<dell_redfish::Error>() {
        facts.set_item("permanence", error.permanence().as_str())?;
        facts.set_item("host", error.host())?;
        facts.set_item("operation", error.operation())?;
        facts.set_item("path", error.path())?;
        facts.set_item("http_status", error.http_status())?;
        let ids: Vec<String> = error.message_ids().map(ToString::to_string).collect();
        facts.set_item("message_ids", ids)?;
        facts.set_item("retry_after", error.retry_after().map(|pause| pause.as_secs_f64()))?;
        error.kind().as_str()
    } else if error.is::<idrac_sim::Error>() {
        SIMULATOR
    } else if let Some(error) = error.downcast_ref::<io::Error>() {
        return Ok(match error.raw_os_error() {
            Some(number) => PyOSError::new_err((number, error.to_string())),
            None => PyOSError::new_err(error.to_string()),
        });
    } else {
        return Ok(PyRuntimeError::new_err(error.to_string()));
    };
    let made = py.import(intern!(py, "dsm.exceptions"))?.call_method(
        intern!(py, "_make"),
        (kind, error.to_string()),
        Some(&facts),
    )?;
    Ok(PyErr::from_value(made))
}

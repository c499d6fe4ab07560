//! A job to enqueue, as Python says it.

use dsm_core::job::NewJob;
use dsm_core::{Error, ErrorKind};
use pyo3::prelude::*;
use serde_json::{Map, Value};

use crate::argument::{self, Known};
use crate::failure::Failure;

/// The job of what was said of it; `None` says nothing. An error names the key: after `at`, as in `children[0].priority`.
pub(super) fn new_job(py: Python<'_>, at: &str, mut given: Map<String, Value>) -> PyResult<NewJob> {
    given.retain(|_, value| !value.is_null());
    if !given.contains_key("job_type") {
        let error = Error::new(ErrorKind::InvalidInput, "it is missing").about(format!("{at}job_type"));
        return Err(Failure::Core(error.hint("say what to do")).into_python(py));
    }
    let children = given.remove("children");
    for (key, value) in &given {
        // Alone first, so that what is wrong with it is said of it.
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        argument::value::<Known<NewJob>>(py, &format!("{at}{key}"), alone.into())?;
    }
    let mut job = argument::value::<Known<NewJob>>(py, at, given.into())?.0;
    if let Some(children) = children {
        job.children = new_jobs(py, &format!("{at}children"), children)?;
    }
    Ok(job)
}

/// A list of such; `at` is its name.
pub(super) fn new_jobs(py: Python<'_>, at: &str, given: Value) -> PyResult<Vec<NewJob>> {
    let refuse =
        |at: &str, what: &str, hint: &str| Failure::Core(Error::invalid(at, what, hint)).into_python(py);
    let Value::Array(given) = given else {
        return Err(refuse(at, "it is no list", "give a list of jobs"));
    };
    let jobs = given.into_iter().enumerate().map(|(nth, job)| match job {
        Value::Object(job) => new_job(py, &format!("{at}[{nth}]."), job),
        _ => Err(refuse(
            &format!("{at}[{nth}]"),
            "it is no job",
            "give a dict with the arguments of enqueue()",
        )),
    });
    jobs.collect()
}

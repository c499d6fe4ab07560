//! A handler that the program brought.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::engine::Fleet;
use dsm_core::{Backoff, Ctx, DynHandler, Error, ErrorKind, JobRow, Lane, Registry, Result, Verdict};
use jiff::Timestamp;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde_json::{Map, Value};

use super::context::{Attempt, ContextHandle};
use super::raised::error_of;
use crate::argument;
use crate::calling::{Callee, Home};
use crate::reply::record;
use crate::runtime::with_interpreter;

/// What `dsm.handlers` made of the object.
pub(super) struct ProgramHandler {
    job_types: Vec<String>,
    waits_for_idracs: bool,
    is_interactive: bool,
    is_reader: bool,
    timeout: Option<Duration>,
    backoff: Backoff,
    decode: Option<Callee>,
    admit: Option<Callee>,
    lane: Option<Callee>,
    /// Whether its jobs stand in line for their lane.
    waits: Told,
    changes_servers: Option<Told>,
    run: Callee,
}

/// What it says of its jobs: always the same, or of each.
enum Told {
    Always(bool),
    Asked(Callee),
}

impl ProgramHandler {
    /// Takes an object apart; an error names what is wrong with it.
    pub(super) fn new(given: &Bound<'_, PyAny>, nth: usize, home: &Arc<Home>) -> PyResult<Self> {
        let py = given.py();
        let parts = py
            .import(intern!(py, "dsm.handlers._program"))?
            .call_method1(intern!(py, "checked"), (given, nth))?
            .cast_into::<PyDict>()?;
        let part = |name: &str| parts.as_any().get_item(name);
        let job_types: Vec<String> = part("job_types")?.extract()?;
        let first = job_types.first().cloned().unwrap_or_default();
        let callee = |name: &str| -> PyResult<Option<Callee>> {
            let method = part(name)?;
            Ok((!method.is_none()).then(|| Callee::new(method, home, format!("`{name}` of `{first}`"))))
        };
        let told = |name: &str| -> PyResult<Option<Told>> {
            match part(name)?.extract::<bool>() {
                Ok(always) => Ok(Some(Told::Always(always))),
                Err(_) => Ok(callee(name)?.map(Told::Asked)),
            }
        };
        let backoff: Option<(u32, f64, f64)> = part("backoff")?.extract()?;
        let timeout: Option<f64> = part("timeout_s")?.extract()?;
        let run = callee("run")?.ok_or_else(|| pyo3::exceptions::PyTypeError::new_err("a handler runs"))?;
        Ok(Self {
            waits_for_idracs: part("waits_for_idracs")?.extract()?,
            is_interactive: part("interactive")?.extract()?,
            is_reader: part("reads")?.extract()?,
            timeout: timeout.and_then(|limit| Duration::try_from_secs_f64(limit).ok()),
            backoff: backoff.map_or(Backoff::NONE, |(attempts, first, longest)| Backoff {
                attempts,
                first: Duration::try_from_secs_f64(first).unwrap_or(Duration::MAX),
                longest: Duration::try_from_secs_f64(longest).unwrap_or(Duration::MAX),
            }),
            decode: callee("decode")?,
            admit: callee("admit")?,
            lane: callee("lane")?,
            waits: told("waits")?.unwrap_or(Told::Always(true)),
            changes_servers: told("changes_servers")?,
            run,
            job_types,
        })
    }

    async fn told(told: &Told, job: &JobRow) -> Result<bool> {
        match told {
            Told::Always(always) => Ok(*always),
            Told::Asked(callee) => Self::ask(callee, job, |answer| answer.extract()).await,
        }
    }

    /// Asks something of the job alone.
    async fn ask<T: Send + 'static>(
        callee: &Callee,
        job: &JobRow,
        read: impl Fn(&Bound<'_, PyAny>) -> PyResult<T> + Send + 'static,
    ) -> Result<T> {
        let job = job.clone();
        let asked = callee.call(move |py| PyTuple::new(py, [record(py, &job)?]), read).await;
        match asked {
            Ok(answer) => Ok(answer),
            Err(error) => Err(off_worker(move || error_of(&refusal(error), &[])).await),
        }
    }
}

#[async_trait]
impl DynHandler for ProgramHandler {
    fn job_types(&self) -> Vec<String> {
        self.job_types.clone()
    }

    fn waits_for_idracs(&self) -> bool {
        self.waits_for_idracs
    }

    fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn backoff(&self) -> Backoff {
        self.backoff
    }

    async fn check(&self, job: &JobRow, _fleet: &Fleet) -> Result<()> {
        for callee in [&self.decode, &self.admit].into_iter().flatten() {
            Self::ask(callee, job, |_| Ok(())).await?;
        }
        Ok(())
    }

    async fn lane(&self, job: &JobRow) -> Result<Option<Lane>> {
        let Some(callee) = &self.lane else { return Ok(None) };
        let key: Option<String> = Self::ask(callee, job, |answer| answer.extract()).await?;
        let Some(key) = key else { return Ok(None) };
        let waits = Self::told(&self.waits, job).await?;
        Ok(Some(Lane { key, is_shared: self.is_reader, waits }))
    }

    async fn changes_servers(&self, job: &JobRow) -> Result<bool> {
        match &self.changes_servers {
            Some(told) => Self::told(told, job).await,
            None => Ok(self.lane(job).await?.is_some_and(|lane| !lane.is_shared)),
        }
    }

    async fn run(&self, ctx: &Arc<Ctx>) -> Result<Verdict> {
        let attempt = Attempt::new(ctx.clone());
        // Ends it whatever becomes of this future.
        let guard = attempt.guard();
        let args = match &self.decode {
            Some(decode) => Some(Self::ask(decode, ctx.job(), |args| Ok(args.clone().unbind())).await?),
            None => None,
        };
        // A row that another program inserted meets the same rules.
        if let Some(admit) = &self.admit {
            Self::ask(admit, ctx.job(), |_| Ok(())).await?;
        }
        let handle = ContextHandle::new(attempt.clone());
        let job = ctx.job().clone();
        let ended = self
            .run
            .call(
                move |py| {
                    let context = py
                        .import(intern!(py, "dsm.handlers._context"))?
                        .call_method1(intern!(py, "Context"), (handle,))?;
                    let args = match args {
                        Some(args) => args.into_bound(py),
                        None => record(py, &job)?,
                    };
                    PyTuple::new(py, [context, args])
                },
                verdict,
            )
            .await;
        attempt.close().await;
        drop(guard);
        match ended {
            Ok(verdict) => Ok(verdict),
            Err(error) => {
                let secrets = attempt.secrets();
                Err(off_worker(move || error_of(&error, &secrets)).await)
            }
        }
    }
}

/// Work that takes hold of the interpreter, off the workers of the runtime.
pub(super) async fn off_worker(work: impl FnOnce() -> Error + Send + 'static) -> Error {
    let made = tokio::task::spawn_blocking(work).await;
    made.unwrap_or_else(|_| Error::new(ErrorKind::Handler, "the library is going down"))
}

/// An exception about the input, where it was raised by what looks at the input.
fn refusal(error: PyErr) -> PyErr {
    let converted = with_interpreter(|py| -> PyResult<PyErr> {
        let module = py.import(intern!(py, "dsm.handlers._program"))?;
        module
            .call_method1(intern!(py, "refused"), (error.clone_ref(py).into_value(py),))
            .map(PyErr::from_value)
    });
    match converted {
        Some(Ok(converted)) => converted,
        _ => error,
    }
}

/// What a handler returned.
fn verdict(value: &Bound<'_, PyAny>) -> PyResult<Verdict> {
    let py = value.py();
    let module = py.import(intern!(py, "dsm.handlers._verdicts"))?;
    let (kind, details, error, until): (String, Bound<'_, PyAny>, Option<String>, Option<String>) =
        module.call_method1(intern!(py, "verdict"), (value,))?.extract()?;
    let details: Map<String, Value> = argument::read("details", &details)?;
    let error = error.unwrap_or_default();
    Ok(match kind.as_str() {
        "partly" => Verdict::Partly(details, error),
        "failed" => Verdict::Failed(details, error),
        "needs_person" => Verdict::NeedsPerson(details, error),
        "snooze" => {
            let until: Timestamp = argument::parse(py, "until", until.as_deref().unwrap_or_default())?;
            Verdict::Snooze(until)
        }
        _ => Verdict::Done(details),
    })
}

/// The names of all job types that the engine brings, aliases among them.
#[pyfunction]
pub(crate) fn _job_types() -> Vec<String> {
    Registry::builtin().job_types()
}

//! One attempt as a handler of the program sees it: the compiled half of `dsm.handlers.Context`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dsm_core::credential::{Resolved, Secret, Target};
use dsm_core::engine::{EventKind, StopSignal};
use dsm_core::id::{ServerId, TaskId};
use dsm_core::job::{JobStatus, TaskUpdate};
use dsm_core::store::{AttemptWrite, Wish, server_lane};
use dsm_core::{Ctx, Error, ErrorKind, OpenStep, Step};
use pyo3::prelude::*;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::lock::{HeldLocks, Locks};
use super::options::seconds;
use super::raised::scrubbed;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::idrac::Lines;
use crate::reply::{Reply, record};
use crate::runtime::not_picklable;

/// What whoever comes too late is told.
const OVER: &str = "the attempt is over";

/// The attempt, until it is over.
pub(super) struct Attempt {
    ctx: Mutex<Option<Arc<Ctx>>>,
    pub(super) stop: StopSignal,
    /// What was handed out: it goes into no line and no error.
    pub(super) secrets: Mutex<Vec<Secret>>,
    /// Whose credentials were handed out, to be told what became of them.
    pub(super) resolved: Mutex<HashMap<ServerId, (Target, Resolved)>>,
    checkpoint: Mutex<Option<Bytes>>,
    /// For whoever still waits when the attempt has come to its end.
    over: watch::Sender<bool>,
    pub(super) lines: Lines,
    pub(super) locks: Locks,
}

pub(super) fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends an attempt when it goes.
pub(super) struct Guard(Arc<Attempt>);

impl Drop for Guard {
    fn drop(&mut self) {
        *held(&self.0.ctx) = None;
        self.0.over.send_replace(true);
        self.0.lines.shut();
    }
}

impl Attempt {
    pub(super) fn new(ctx: Arc<Ctx>) -> Arc<Self> {
        Arc::new(Self {
            stop: ctx.stop(),
            checkpoint: Mutex::new(ctx.checkpoint().cloned()),
            ctx: Mutex::new(Some(ctx)),
            over: watch::Sender::new(false),
            secrets: Mutex::default(),
            resolved: Mutex::default(),
            lines: Lines::default(),
            locks: Locks::default(),
        })
    }

    pub(super) fn guard(self: &Arc<Self>) -> Guard {
        Guard(self.clone())
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        held(&self.secrets).clone()
    }

    /// Ends its sessions and gives its locks back.
    pub(super) async fn close(&self) {
        self.lines.close().await;
        self.locks.release().await;
    }

    /// Why the job has to stop, once it has to; or that there is no attempt any more.
    async fn stopped(&self) -> String {
        let mut over = self.over.subscribe();
        tokio::select! {
            biased;
            reason = self.stop.stopped() => reason.to_string(),
            _ = over.wait_for(|over| *over) => OVER.to_owned(),
        }
    }

    /// The attempt, as long as it lasts.
    fn ctx(&self) -> Result<Arc<Ctx>, Failure> {
        held(&self.ctx).clone().ok_or_else(|| Error::new(ErrorKind::Cancelled, OVER).into())
    }

    /// The same, unless the job has to stop.
    fn going(&self) -> Result<Arc<Ctx>, Failure> {
        let ctx = self.ctx()?;
        match self.stop.reason() {
            None => Ok(ctx),
            Some(reason) => Err(Error::new(ErrorKind::Cancelled, reason.to_string()).into()),
        }
    }
}

/// See `dsm.handlers.Context`.
#[pyclass(frozen, module = "dsm._dsm")]
pub(crate) struct ContextHandle {
    pub(super) attempt: Arc<Attempt>,
}

impl ContextHandle {
    pub(super) fn new(attempt: Arc<Attempt>) -> Self {
        Self { attempt }
    }

    pub(super) fn going(&self, py: Python<'_>) -> PyResult<Arc<Ctx>> {
        self.attempt.going().map_err(|failure| failure.into_python(py))
    }

    pub(super) fn ctx(&self, py: Python<'_>) -> PyResult<Arc<Ctx>> {
        self.attempt.ctx().map_err(|failure| failure.into_python(py))
    }
}

#[pymethods]
impl ContextHandle {
    /// The job's row as it was claimed.
    #[getter]
    fn job<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, self.ctx(py)?.job())
    }

    /// Its tasks as they were claimed.
    #[getter]
    fn tasks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        record(py, self.ctx(py)?.tasks())
    }

    /// 1 for the first attempt of its run.
    #[getter]
    fn attempt(&self, py: Python<'_>) -> PyResult<u32> {
        Ok(self.ctx(py)?.attempt())
    }

    /// 1, and one more for each explicit retry.
    #[getter]
    fn run(&self, py: Python<'_>) -> PyResult<u32> {
        Ok(self.ctx(py)?.run())
    }

    /// What was stored last.
    #[getter]
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stored = held(&self.attempt.checkpoint).clone();
        let Some(stored) = stored else { return Ok(py.None().into_bound(py)) };
        match serde_json::from_slice::<Value>(&stored) {
            Ok(value) => record(py, &value),
            // A handler of another language wrote it.
            Err(_) => Reply::Bytes(stored).into_python(py),
        }
    }

    /// Why the job has to stop.
    #[getter]
    fn stop_reason(&self) -> Option<String> {
        let over = held(&self.attempt.ctx).is_none().then(|| OVER.to_owned());
        self.attempt.stop.reason().map(|reason| reason.to_string()).or(over)
    }

    /// Whether anybody listens to the engine's events.
    #[getter]
    fn is_watched(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.ctx(py)?.is_watched())
    }

    /// The password at a place in the job's details.
    fn secret(&self, py: Python<'_>, pointer: &str) -> PyResult<Option<String>> {
        let found = self.going(py)?.secret(pointer);
        let found = found.map_err(|error| Failure::Core(error).into_python(py))?;
        held(&self.attempt.secrets).extend(found.clone());
        Ok(found.map(|secret| secret.expose().to_owned()))
    }

    /// Says which keys of the result are secrets that the ended job may show for a while.
    fn expires(&self, py: Python<'_>, keys: Vec<String>) -> PyResult<()> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.ctx(py)?.expires(&keys);
        Ok(())
    }

    /// Raises once the job has to stop.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        self.going(py).map(drop)
    }

    /// Adds a line to the job's `console_log` and to the events.
    fn log(&self, py: Python<'_>, text: &str, level: &str) -> PyResult<()> {
        let level = match level {
            "INFO" => "INFO",
            "WARN" => "WARN",
            "ERROR" => "ERROR",
            _ => {
                let error = Error::invalid("level", format!("`{level}` is none"), "use INFO, WARN or ERROR");
                return Err(Failure::Core(error).into_python(py));
            }
        };
        self.ctx(py)?.log(level, scrubbed(text, &self.attempt.secrets()));
        Ok(())
    }

    /// Where a step stands: `new`, `begun` with its note, or `done` with its result.
    fn step_state<'py>(&self, py: Python<'py>, name: &str) -> PyResult<(&'static str, Bound<'py, PyAny>)> {
        let ctx = self.going(py)?;
        let (state, value) = match ctx.step::<Value>(name) {
            Ok(Step::New(_)) => ("new", Value::Null),
            Ok(Step::Begun(_, note)) => ("begun", note),
            Ok(Step::Done(result)) => ("done", result),
            Err(error) => return Err(Failure::Core(error).into_python(py)),
        };
        Ok((state, record(py, &value)?))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("an attempt at a job"))
    }
}

both! {
    /// Merges keys into the job's details and tells whoever listens.
    ContextHandle.progress / progress_async (details)
    |this, py, details: Bound<'py, PyAny>| {
        let ctx = this.going(py)?;
        let details: Map<String, Value> = argument::read("details", &details)?;
        async move {
            let told = details.clone();
            ctx.write(AttemptWrite { details, ..AttemptWrite::default() }).await?;
            ctx.emit(|| EventKind::Progress { details: Arc::new(told) });
            Ok(Reply::Nothing)
        }
    }
}

both! {
    /// Merges keys into the job's details and replaces the checkpoint: both or nothing.
    ContextHandle.write / write_async (details, checkpoint)
    |this, py, details: Option<Bound<'py, PyAny>>, checkpoint: Option<Bound<'py, PyAny>>| {
        let ctx = this.ctx(py)?;
        let details: Option<Map<String, Value>> =
            details.map(|details| argument::read("details", &details)).transpose()?;
        let checkpoint = checkpoint.map(|value| argument::json(&value)).transpose()?;
        let checkpoint = checkpoint.map(|value| Bytes::from(value.to_string()));
        let attempt = this.attempt.clone();
        async move {
            let details = details.unwrap_or_default();
            let write = AttemptWrite { details, checkpoint: checkpoint.clone(), ..AttemptWrite::default() };
            ctx.write_patiently(write).await?;
            if checkpoint.is_some() {
                *held(&attempt.checkpoint) = checkpoint;
            }
            Ok(Reply::Nothing)
        }
    }
}

both! {
    /// Moves a task of the job, or adds one, and gives its id.
    ContextHandle.task / task_async (task, *, server=None, status=None, log=None, progress=None)
    |this, py, task: Option<&str>, server: Option<&str>, status: Option<&str>, log: Option<String>,
     progress: Option<u8>| {
        let ctx = this.going(py)?;
        let id: Option<TaskId> = task.map(|text| argument::parse(py, "task", text)).transpose()?;
        let id = id.unwrap_or_default();
        let status: Option<JobStatus> = status.map(|text| argument::parse(py, "status", text)).transpose()?;
        let server_id: Option<ServerId> = server.map(|text| argument::parse(py, "server", text)).transpose()?;
        if progress.is_some_and(|percent| percent > 100) {
            let error = Error::invalid("progress", "it is more than the whole", "give 0 to 100");
            return Err(Failure::Core(error).into_python(py));
        }
        async move {
            let update = TaskUpdate { id, server_id, status, log, progress };
            ctx.write(AttemptWrite { tasks: vec![update], ..AttemptWrite::default() }).await?;
            Ok(Reply::Text(id.to_string()))
        }
    }
}

both! {
    /// Puts on record that a step begins. Nothing may be changed before.
    ContextHandle.step_begin / step_begin_async (name, note)
    |this, py, name: String, note: Bound<'py, PyAny>| {
        let ctx = this.going(py)?;
        let note = argument::json(&note)?;
        async move {
            open(&ctx, &name)?.begin(&note).await?;
            Ok(Reply::Nothing)
        }
    }
}

both! {
    /// Puts the result of a step on record and gives it back as it will be found.
    ContextHandle.step_done / step_done_async (name, result)
    |this, py, name: String, result: Bound<'py, PyAny>| {
        let ctx = this.ctx(py)?;
        let result = argument::json(&result)?;
        async move { Reply::json(&open(&ctx, &name)?.done(result).await?) }
    }
}

both! {
    /// Waits until the job has to stop and gives the reason; none if so many seconds pass before.
    ContextHandle.stopped / stopped_async (timeout)
    |this, py, timeout: Option<f64>| {
        let limit = timeout.map(|limit| seconds("timeout", limit)).transpose();
        let limit = limit.map_err(|error| Failure::Core(error).into_python(py))?;
        let attempt = this.attempt.clone();
        async move {
            let told = match limit {
                None => Some(attempt.stopped().await),
                Some(limit) => tokio::time::timeout(limit, attempt.stopped()).await.ok(),
            };
            Reply::json(&told)
        }
    }
}

both! {
    /// Takes locks, in line or at once; they end with the attempt.
    ContextHandle.lock / lock_async (servers, keys, among, wait)
    |this, py, servers: Vec<String>, keys: Vec<String>, among: Option<u32>, wait: bool| {
        let ctx = this.going(py)?;
        let servers: Vec<ServerId> = argument::parse_all(py, "servers", Some(servers))?;
        let mut keys = keys;
        keys.extend(servers.into_iter().map(server_lane));
        let attempt = this.attempt.clone();
        async move {
            let wish = |key: &String| among.map_or_else(|| Wish::alone(key), |most| Wish::among(key, most));
            let wishes = keys.iter().map(wish).collect();
            let taken = if wait { ctx.lock(wishes).await? } else { ctx.try_lock(wishes).await? };
            let locks = HeldLocks::of(taken, keys, &attempt.locks);
            Ok(Reply::made(move |py| Ok(locks.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

/// The step, which is not done yet.
fn open<'c>(ctx: &'c Ctx, name: &str) -> Result<OpenStep<'c>, Failure> {
    match ctx.step::<Value>(name)? {
        Step::New(step) | Step::Begun(step, _) => Ok(step),
        Step::Done(_) => Err(Error::new(ErrorKind::Handler, "the step is done already").about(name).into()),
    }
}

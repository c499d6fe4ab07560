//! One attempt as a handler of the program sees it: the compiled half of `dsm.handlers.Context`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dsm_core::credential::{Outcome as Login, Purpose, Resolved, Secret, Target};
use dsm_core::engine::{EventKind, StopSignal};
use dsm_core::id::{ServerId, TaskId};
use dsm_core::job::{JobStatus, TaskUpdate};
use dsm_core::store::{AttemptWrite, ServerQuery, Wish, server_lane};
use dsm_core::{Ctx, Error, ErrorKind, OpenStep, Step};
use pyo3::intern;
use pyo3::prelude::*;
use serde_json::{Map, Value};

use super::fleet::view;
use super::lock::{HeldLocks, Locks};
use super::raised::scrubbed;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::idrac::{Duty, IdracHandle, Lines};
use crate::reply::{Reply, record};
use crate::runtime::not_picklable;

/// The attempt, until it is over.
pub(super) struct Attempt {
    ctx: Mutex<Option<Arc<Ctx>>>,
    stop: StopSignal,
    /// What was handed out: it goes into no line and no error.
    secrets: Mutex<Vec<Secret>>,
    /// Whose credentials were handed out, to be told what became of them.
    resolved: Mutex<HashMap<ServerId, (Target, Resolved)>>,
    checkpoint: Mutex<Option<Bytes>>,
    lines: Lines,
    locks: Locks,
}

fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends an attempt when it goes.
pub(super) struct Guard(Arc<Attempt>);

impl Drop for Guard {
    fn drop(&mut self) {
        *held(&self.0.ctx) = None;
        self.0.lines.shut();
    }
}

impl Attempt {
    pub(super) fn new(ctx: Arc<Ctx>) -> Arc<Self> {
        Arc::new(Self {
            stop: ctx.stop(),
            checkpoint: Mutex::new(ctx.checkpoint().cloned()),
            ctx: Mutex::new(Some(ctx)),
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

    /// The attempt, as long as it lasts.
    fn ctx(&self) -> Result<Arc<Ctx>, Failure> {
        held(&self.ctx).clone().ok_or_else(|| Error::new(ErrorKind::Cancelled, "the attempt is over").into())
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
    attempt: Arc<Attempt>,
}

impl ContextHandle {
    pub(super) fn new(attempt: Arc<Attempt>) -> Self {
        Self { attempt }
    }

    fn going(&self, py: Python<'_>) -> PyResult<Arc<Ctx>> {
        self.attempt.going().map_err(|failure| failure.into_python(py))
    }

    fn ctx(&self, py: Python<'_>) -> PyResult<Arc<Ctx>> {
        self.attempt.ctx().map_err(|failure| failure.into_python(py))
    }
}

/// Work that ends when the job has to stop.
async fn while_going<T>(
    stop: StopSignal,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        done = work => done,
        reason = stop.stopped() => Err(Error::new(ErrorKind::Cancelled, reason.to_string()).into()),
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
        let over = held(&self.attempt.ctx).is_none().then(|| "the attempt is over".to_owned());
        self.attempt.stop.reason().map(|reason| reason.to_string()).or(over)
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
            ctx.write(write).await?;
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
    /// Takes locks in line; they end with the attempt.
    ContextHandle.lock / lock_async (servers, keys, among)
    |this, py, servers: Vec<String>, keys: Vec<String>, among: Option<u32>| {
        let ctx = this.going(py)?;
        let servers: Vec<ServerId> = argument::parse_all(py, "servers", Some(servers))?;
        let mut keys = keys;
        keys.extend(servers.into_iter().map(server_lane));
        let attempt = this.attempt.clone();
        async move {
            let wish = |key: &String| among.map_or_else(|| Wish::alone(key), |most| Wish::among(key, most));
            let taken = ctx.lock(keys.iter().map(wish).collect()).await?;
            let locks = HeldLocks::of(taken, keys, &attempt.locks);
            Ok(Reply::made(move |py| Ok(locks.into_pyobject(py)?.into_any().unbind())))
        }
    }
}

both! {
    /// Servers, ordered by address.
    ContextHandle.servers / servers_async (ids, addresses)
    |this, py, ids: Option<Vec<String>>, addresses: Option<Vec<String>>| {
        let ctx = this.going(py)?;
        let query = ServerQuery {
            ids: argument::parse_all(py, "ids", ids)?,
            addresses: argument::parse_all(py, "addresses", addresses)?,
            limit: None,
        };
        async move {
            let rows = ctx.store().servers(query).await?;
            Reply::json(&rows.iter().map(view).collect::<Result<Vec<_>, _>>()?)
        }
    }
}

both! {
    /// The credentials of a server, by the engine's resolver.
    ContextHandle.credentials / credentials_async (server)
    |this, py, server: &str| {
        let ctx = this.going(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let attempt = this.attempt.clone();
        async move {
            let found = while_going(attempt.stop.clone(), async {
                let query = ServerQuery { ids: vec![server], ..ServerQuery::default() };
                let row = ctx.store().servers(query).await?.into_iter().next().ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, "there is no such server").about(format!("server {server}"))
                })?;
                let target = Target::from(&row);
                let found = ctx.fleet().resolver().resolve(&target, Purpose::Idrac).await?;
                held(&attempt.resolved).insert(server, (target, found.clone()));
                Ok(found)
            })
            .await?;
            held(&attempt.secrets).push(found.secret.clone());
            Ok(Reply::made(move |py| {
                let class = py.import(intern!(py, "dsm.resolvers"))?.getattr(intern!(py, "Credential"))?;
                Ok(class.call1((found.username.as_str(), found.secret.expose()))?.unbind())
            }))
        }
    }
}

both! {
    /// What a device made of the credentials handed out for it.
    ContextHandle.report / report_async (server, accepted)
    |this, py, server: &str, accepted: bool| {
        let ctx = this.ctx(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let known = held(&this.attempt.resolved).get(&server).cloned();
        async move {
            let (target, found) = known.ok_or_else(|| {
                Error::invalid("server", "no credentials were handed out for it", "call `credentials` first")
            })?;
            let outcome = if accepted { Login::Accepted } else { Login::Rejected };
            ctx.fleet().resolver().report(&target, &found, outcome).await;
            Ok(Reply::Nothing)
        }
    }
}

both! {
    /// The iDRAC of a known server, through the engine.
    ContextHandle.idrac / idrac_async (server, task)
    |this, py, server: &str, task: Option<&str>| {
        let ctx = this.going(py)?;
        let server: ServerId = argument::parse(py, "server", server)?;
        let task: Option<TaskId> = task.map(|text| argument::parse(py, "task", text)).transpose()?;
        let attempt = this.attempt.clone();
        async move {
            let stop = attempt.stop.clone();
            let login = while_going(stop.clone(), async { Ok(ctx.idrac(server, task).await?) }).await?;
            let duty = Duty::new(ctx.fleet().clone(), login, Some(stop));
            let handle = IdracHandle::under(duty, &attempt.lines);
            Ok(Reply::made(move |py| Ok(handle.into_pyobject(py)?.into_any().unbind())))
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

//! Jobs: in, followed, out.

use std::time::Duration;

use dsm_core::id::JobId;
use dsm_core::store::{Attempt, Cancelled, JobQuery};
use dsm_core::{Error, ErrorKind, JobRow};
use pyo3::prelude::*;
use serde_json::{Value, json};

use super::new_job::{new_job, new_jobs};
use super::{Engine, Open};
use crate::argument;
use crate::both::both;
use crate::engine::options::seconds;
use crate::events::Events;
use crate::failure::Failure;
use crate::reply::Reply;

both! {
    /// Adds a job and gives its id. Input that could not run is refused at once and nothing is stored.
    ///
    /// The same `idempotency_key` adds the same job once. `schedule_at` is a `datetime` or its ISO 8601 text; one that has
    /// passed is refused, or with `catch_up` means now. `tasks` are its targets, one task each. `lane` is a lock it needs
    /// before it may run, alone or with `lane_among` others; its handler says so unless it is given. `address` is where it
    /// works, for the limit of a subnet; that of the server of its lane unless it is given.
    ///
    /// With `children`, jobs as dicts, it runs by them and not by a handler: in their order, those of one `component_order`
    /// side by side. `on_failure` says what becomes of those to come once one has failed: `stop` or `continue`.
    Engine.enqueue / enqueue_async (
        job_type, *, target_scope=None, details=None, priority=None, created_by=None, credential_set_ids=None,
        schedule_at=None, catch_up=None, idempotency_key=None, notes=None, parent_job_id=None, component_order=None,
        lane=None, lane_among=None, address=None, tasks=None, children=None, on_failure=None, id=None
    )
    |this, py, job_type: Bound<'py, PyAny>, target_scope: Option<Bound<'py, PyAny>>,
     details: Option<Bound<'py, PyAny>>, priority: Option<Bound<'py, PyAny>>,
     created_by: Option<Bound<'py, PyAny>>, credential_set_ids: Option<Bound<'py, PyAny>>,
     schedule_at: Option<Bound<'py, PyAny>>, catch_up: Option<Bound<'py, PyAny>>,
     idempotency_key: Option<Bound<'py, PyAny>>, notes: Option<Bound<'py, PyAny>>,
     parent_job_id: Option<Bound<'py, PyAny>>, component_order: Option<Bound<'py, PyAny>>,
     lane: Option<Bound<'py, PyAny>>, lane_among: Option<Bound<'py, PyAny>>, address: Option<Bound<'py, PyAny>>,
     tasks: Option<Bound<'py, PyAny>>, children: Option<Bound<'py, PyAny>>, on_failure: Option<Bound<'py, PyAny>>,
     id: Option<Bound<'py, PyAny>>| {
        let open = this.open_in(py)?;
        let job = new_job(py, "", argument::object([
            ("job_type", Some(job_type)), ("target_scope", target_scope), ("details", details),
            ("priority", priority), ("created_by", created_by), ("credential_set_ids", credential_set_ids),
            ("schedule_at", schedule_at), ("catch_up", catch_up), ("idempotency_key", idempotency_key),
            ("notes", notes), ("parent_job_id", parent_job_id), ("component_order", component_order),
            ("lane", lane), ("lane_among", lane_among), ("address", address), ("tasks", tasks),
            ("children", children), ("on_failure", on_failure), ("id", id),
        ])?)?;
        async move { Ok(Reply::Text(open.engine.enqueue(job).await?.to_string())) }
    }
}

both! {
    /// Adds several jobs, dicts with the arguments of `enqueue()`, and gives their ids: all of them or none. Parents come
    /// before their parts.
    Engine.enqueue_all / enqueue_all_async (jobs)
    |this, py, jobs: Bound<'py, PyAny>| {
        let open = this.open_in(py)?;
        let jobs = new_jobs(py, "jobs", argument::json(&jobs)?)?;
        async move { Reply::json(&open.engine.enqueue_all(jobs).await?) }
    }
}

both! {
    /// Adds a job, waits for its end and gives its row. An interrupted call leaves the job to the engine.
    ///
    /// Raises `dsm.exceptions.DeadlineError` after `timeout` seconds; the job goes on.
    Engine.run / run_async (
        job_type, *, target_scope=None, details=None, priority=None, created_by=None, credential_set_ids=None,
        idempotency_key=None, notes=None, lane=None, tasks=None, children=None, on_failure=None, timeout=None
    )
    |this, py, job_type: Bound<'py, PyAny>, target_scope: Option<Bound<'py, PyAny>>,
     details: Option<Bound<'py, PyAny>>, priority: Option<Bound<'py, PyAny>>,
     created_by: Option<Bound<'py, PyAny>>, credential_set_ids: Option<Bound<'py, PyAny>>,
     idempotency_key: Option<Bound<'py, PyAny>>, notes: Option<Bound<'py, PyAny>>, lane: Option<Bound<'py, PyAny>>,
     tasks: Option<Bound<'py, PyAny>>, children: Option<Bound<'py, PyAny>>, on_failure: Option<Bound<'py, PyAny>>,
     timeout: Option<f64>| {
        let open = this.open_in(py)?;
        let job = new_job(py, "", argument::object([
            ("job_type", Some(job_type)), ("target_scope", target_scope), ("details", details),
            ("priority", priority), ("created_by", created_by), ("credential_set_ids", credential_set_ids),
            ("idempotency_key", idempotency_key), ("notes", notes), ("lane", lane), ("tasks", tasks),
            ("children", children), ("on_failure", on_failure),
        ])?)?;
        async move {
            let job = open.engine.enqueue(job).await?;
            Reply::json(&ended(&open, job, timeout).await?)
        }
    }
}

both! {
    /// Waits for the end of a job, whoever runs it, and gives its row.
    ///
    /// Raises `dsm.exceptions.DeadlineError` after `timeout` seconds; the job goes on.
    Engine.wait / wait_async (job, timeout=None)
    |this, py, job: &str, timeout: Option<f64>| {
        let open = this.open_in(py)?;
        let job = argument::parse(py, "job", job)?;
        async move { Reply::json(&ended(&open, job, timeout).await?) }
    }
}

both! {
    /// The row of a job.
    Engine.job / job_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job = argument::parse(py, "job", job)?;
        async move { Reply::json(&open.engine.job(job).await?) }
    }
}

both! {
    /// Jobs, newest last: of these ids, in this status, of this type, parts of this job, the newest `limit`.
    Engine.jobs / jobs_async (*, ids=None, status=None, job_type=None, parent_job_id=None, limit=None)
    |this, py, ids: Option<Vec<String>>, status: Option<&str>, job_type: Option<String>,
     parent_job_id: Option<&str>, limit: Option<usize>| {
        let open = this.open_in(py)?;
        let query = JobQuery {
            ids: argument::parse_all(py, "ids", ids)?,
            status: status.map(|text| argument::parse(py, "status", text)).transpose()?,
            job_type,
            parent_job_id: parent_job_id.map(|text| argument::parse(py, "parent_job_id", text)).transpose()?,
            limit,
            ..JobQuery::default()
        };
        async move {
            let parent = query.parent_job_id;
            let mut jobs = open.engine.jobs(query).await?;
            // A store may give others along with them.
            jobs.retain(|job| parent.is_none() || job.parent_job_id == parent);
            Reply::json(&jobs)
        }
    }
}

both! {
    /// The tasks of a job, one a target.
    Engine.tasks / tasks_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job = argument::parse(py, "job", job)?;
        async move { Reply::json(&open.engine.store().tasks(job).await?) }
    }
}

both! {
    /// The attempts at a job, first to last.
    Engine.attempts / attempts_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job = argument::parse(py, "job", job)?;
        async move {
            let attempts = open.engine.store().attempts(job).await?;
            Reply::json(&attempts.iter().map(attempt).collect::<Vec<_>>())
        }
    }
}

both! {
    /// Cancels a job: at once while it waits, within a second while it runs. Says what became of the request.
    Engine.cancel / cancel_async (job, reason="cancelled by request")
    |this, py, job: &str, reason: &str| {
        let open = this.open_in(py)?;
        let job = argument::parse(py, "job", job)?;
        let reason = reason.to_owned();
        async move { Ok(Reply::Text(cancelled(open.engine.cancel(job, &reason).await?).to_owned())) }
    }
}

#[pymethods]
impl Engine {
    /// What happens from now on: of one job up to its end, or of all. An iterator and an async iterator in one.
    #[pyo3(signature = (job=None))]
    fn events(&self, py: Python<'_>, job: Option<&str>) -> PyResult<Events> {
        let open = self.open_in(py)?;
        let job = job.map(|text| argument::parse(py, "job", text)).transpose()?;
        Ok(Events::new(&open.engine, job))
    }
}

async fn ended(open: &Open, job: JobId, timeout: Option<f64>) -> Result<JobRow, Failure> {
    let longest = timeout.map_or(Ok(Duration::MAX), |given| seconds("timeout", given))?;
    match tokio::time::timeout(longest, open.engine.wait(job)).await {
        Ok(row) => Ok(row?),
        Err(_) => {
            let text = format!("the job has not ended within {} s", longest.as_secs_f64());
            Err(Error::new(ErrorKind::Timeout, text).about(format!("job {job}")).into())
        }
    }
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "run": attempt.run,
        "number": attempt.number,
        "executor": attempt.executor,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "outcome": attempt.outcome,
        "error": attempt.error,
    })
}

const fn cancelled(answer: Cancelled) -> &'static str {
    match answer {
        Cancelled::AtOnce => "at_once",
        Cancelled::Requested => "requested",
        Cancelled::AlreadyEnded => "already_ended",
        Cancelled::NotFound => "not_found",
    }
}

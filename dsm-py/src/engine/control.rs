//! What a person may ask of the jobs: to wait, to run once more, at another time, to say why they do not run, to go.

use std::time::Duration;

use dsm_core::engine::Retention;
use dsm_core::job::JobStatus;
use dsm_core::store::{
    Pause, PauseScope, Pruned, Reason, Reschedule, Rescheduled, Retried, WhyNot, server_lane,
};
use dsm_core::{Error, JobId, ServerId};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Value, json};

use super::Engine;
use super::lock::holder;
use super::options::seconds;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::{Reply, record};

const DAY_S: f64 = 86_400.0;

both! {
    /// Holds pending jobs back, in every engine on this store, until `resume()`: all of them (`everything`), those that
    /// work on iDRACs (`idracs`), those of a type, of a server, or of a lane. Exactly one of these is named.
    ///
    /// What runs goes on and nothing is cancelled; a job held back gives up its place in line. `reason` and `by` are
    /// shown to whoever asks. Repeated, it changes them.
    Engine.pause / pause_async (
        *, everything=false, idracs=false, job_type=None, server=None, lane=None, reason="", by=""
    )
    |this, py, everything: bool, idracs: bool, job_type: Option<String>, server: Option<&str>, lane: Option<String>,
     reason: &str, by: &str| {
        let open = this.open_in(py)?;
        let scope = scope(py, everything, idracs, job_type, server, lane)?;
        let (reason, by) = (reason.to_owned(), by.to_owned());
        async move { Reply::json(&pause(&open.engine.pause(&scope, &reason, &by).await?)) }
    }
}

both! {
    /// Holds back no longer what `pause()` was told of in the same words. Says whether there was such a pause.
    Engine.resume / resume_async (*, everything=false, idracs=false, job_type=None, server=None, lane=None)
    |this, py, everything: bool, idracs: bool, job_type: Option<String>, server: Option<&str>, lane: Option<String>| {
        let open = this.open_in(py)?;
        let scope = scope(py, everything, idracs, job_type, server, lane)?;
        async move { Ok(Reply::Flag(open.engine.resume(&scope).await?)) }
    }
}

both! {
    /// What is held back, by whom and why.
    Engine.pauses / pauses_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move { Reply::json(&open.engine.pauses().await?.iter().map(pause).collect::<Vec<_>>()) }
    }
}

both! {
    /// Runs a job once more that failed, was cancelled or ended in part: from its beginning, without the checkpoint and
    /// the steps of its last run, which are kept as evidence. Says what became of the request.
    Engine.retry / retry_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job: JobId = argument::parse(py, "job", job)?;
        async move { Reply::json(&retried(open.engine.retry(job).await?)) }
    }
}

both! {
    /// Gives a pending job another time, another priority, or both. A time that has passed means now; a job put off gives
    /// up its place in line.
    Engine.reschedule / reschedule_async (job, *, schedule_at=None, priority=None)
    |this, py, job: &str, schedule_at: Option<Bound<'py, PyAny>>, priority: Option<Bound<'py, PyAny>>| {
        let open = this.open_in(py)?;
        let job: JobId = argument::parse(py, "job", job)?;
        if schedule_at.is_none() && priority.is_none() {
            let error = Error::invalid("schedule_at", "nothing is to change", "give a time, a priority, or both");
            return Err(Failure::Core(error).into_python(py));
        }
        let change: Reschedule = argument::given(py, [("schedule_at", schedule_at), ("priority", priority)])?;
        async move { Reply::json(&rescheduled(open.engine.reschedule(job, change).await?)) }
    }
}

both! {
    /// Why a job is not running now: one sentence as `str()`, all reasons as records.
    Engine.why_not / why_not_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job: JobId = argument::parse(py, "job", job)?;
        async move {
            let why = open.engine.why_not(job).await?;
            Ok(Reply::made(move |py| explained(py, &why)))
        }
    }
}

both! {
    /// The steps of a job over all its runs, in the order in which they were begun.
    Engine.steps / steps_async (job)
    |this, py, job: &str| {
        let open = this.open_in(py)?;
        let job: JobId = argument::parse(py, "job", job)?;
        async move { Reply::json(&open.engine.store().steps(job).await?) }
    }
}

both! {
    /// Removes what is over and older than so many days, batch by batch, and counts what went: jobs after 90, activity after
    /// 30, health after 90 days, unless it is said otherwise; `None` keeps a kind for good. Never a job that lives, one that
    /// another is part of, or the newest health of a server.
    Engine.prune / prune_async (*, jobs_days=Some(90.0), activity_days=Some(30.0), health_days=Some(90.0))
    |this, py, jobs_days: Option<f64>, activity_days: Option<f64>, health_days: Option<f64>| {
        let open = this.open_in(py)?;
        let days = |name: &str, given: Option<f64>| -> PyResult<Option<Duration>> {
            let age = given.map(|days| seconds(name, days * DAY_S)).transpose();
            age.map_err(|error| Failure::Core(error.hint("give days, for example 90")).into_python(py))
        };
        let retention = Retention {
            jobs: days("jobs_days", jobs_days)?,
            activity: days("activity_days", activity_days)?,
            health: days("health_days", health_days)?,
        };
        async move { Reply::json(&pruned(open.engine.prune(retention).await?)) }
    }
}

/// The one thing that is named.
fn scope(
    py: Python<'_>,
    everything: bool,
    idracs: bool,
    job_type: Option<String>,
    server: Option<&str>,
    lane: Option<String>,
) -> PyResult<PauseScope> {
    let server: Option<ServerId> = server.map(|text| argument::parse(py, "server", text)).transpose()?;
    let mut named = [
        everything.then_some(PauseScope::All),
        idracs.then_some(PauseScope::Idracs),
        job_type.map(PauseScope::JobType),
        server.map(|server| PauseScope::Lane(server_lane(server))),
        lane.map(PauseScope::Lane),
    ]
    .into_iter()
    .flatten();
    match (named.next(), named.next()) {
        (Some(scope), None) => Ok(scope),
        (first, _) => {
            let what = if first.is_none() { "it is not said what" } else { "more than one thing is named" };
            let hint = "name one: everything=True, idracs=True, job_type=, server= or lane=";
            Err(Failure::Core(Error::invalid("everything", what, hint)).into_python(py))
        }
    }
}

fn pause(of: &Pause) -> Value {
    let (scope, name) = of.scope.parts();
    json!({
        "scope": scope,
        "name": Some(name).filter(|name| !name.is_empty()),
        "reason": of.reason,
        "by": of.by,
        "since": of.since,
    })
}

fn retried(answer: Retried) -> Value {
    let say = |answer: &str, run: Option<u32>, parent: Option<(JobId, JobStatus)>| {
        let (parent_job_id, parent_status) = parent.unzip();
        json!({"answer": answer, "run": run, "parent_job_id": parent_job_id, "parent_status": parent_status})
    };
    match answer {
        Retried::Queued(run) => say("queued", Some(run), None),
        Retried::AlreadyPending => say("already_pending", None, None),
        Retried::StillRunning => say("still_running", None, None),
        Retried::Complete => say("complete", None, None),
        Retried::ParentEnded(parent, status) => say("parent_ended", None, Some((parent, status))),
        Retried::NotFound => say("not_found", None, None),
    }
}

fn rescheduled(answer: Rescheduled) -> Value {
    match answer {
        Rescheduled::Applied => json!({"answer": "applied", "status": JobStatus::Pending}),
        Rescheduled::NotPending(status) => json!({"answer": "not_pending", "status": status}),
        Rescheduled::NotFound => json!({"answer": "not_found", "status": null}),
    }
}

fn pruned(of: Pruned) -> Value {
    json!({
        "jobs": of.jobs,
        "tasks": of.tasks,
        "attempts": of.attempts,
        "steps": of.steps,
        "keys": of.keys,
        "activity": of.activity,
        "health": of.health,
    })
}

/// A `dsm.WhyNot`.
fn explained(py: Python<'_>, why: &WhyNot) -> PyResult<Py<PyAny>> {
    let facts = PyDict::new(py);
    facts.set_item("job_id", why.job_id.to_string())?;
    facts.set_item("reasons", record(py, &why.reasons.iter().map(reason).collect::<Vec<_>>())?)?;
    facts.set_item("text", why.to_string())?;
    let class = py.import(intern!(py, "dsm.control"))?.getattr(intern!(py, "WhyNot"))?;
    Ok(class.call((), Some(&facts))?.unbind())
}

fn reason(of: &Reason) -> Value {
    let mut facts = match of {
        Reason::Ended { status, at } => json!({"status": status, "at": at}),
        Reason::Running { executor, since, attempt } => {
            json!({"executor": executor, "since": since, "attempt": attempt})
        }
        Reason::Part { parent, status } => json!({"parent_job_id": parent, "status": status}),
        Reason::Unguarded { executors } => json!({"executors": executors}),
        Reason::Parts { open } => json!({"open": open}),
        Reason::Due { at } => json!({"at": at}),
        Reason::Window { name, opens_at } => json!({"name": name, "opens_at": opens_at}),
        Reason::Schedule { name, due } => json!({"name": name, "due": due}),
        Reason::Paused(of) => json!({"pause": pause(of)}),
        Reason::Lane { key, first, before } => json!({"key": key, "first": holder(first), "before": before}),
        Reason::Limit { key, used, most } => json!({"key": key, "used": used, "most": most}),
        Reason::NoExecutor { job_type } => json!({"job_type": job_type}),
        Reason::Slot { before } => json!({"before": before}),
        // One that is newer than this file still has its kind and its sentence.
        _ => json!({}),
    };
    facts["reason"] = json!(of.kind());
    facts["text"] = json!(of.to_string());
    facts
}

//! Jobs that come again, the hours in which jobs may begin, and how long things are kept.

use dsm_core::schedule::{Schedule, Window};
use dsm_core::store::SettingsPatch;
use pyo3::prelude::*;
use serde_json::Value;

use super::Engine;
use super::new_job::new_job;
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::Reply;

both! {
    /// Adds a schedule, or with `revision` edits the one of its name that has this revision, and gives its row. Some engine
    /// on the store makes its jobs, each once.
    ///
    /// `cron` has five fields (minute, hour, day of the month, month, day of the week), or six with the second before
    /// them, or is `@hourly` and the like; it goes by the clocks of `time_zone`. A run is put off by a part of `jitter`
    /// seconds, always the same for the same time. `catch_up` says what becomes of times that went by unseen: `none`, `one`
    /// run for all of them, or `all`; `overlap` what becomes of a time at which the last job has not ended: `allow`,
    /// `skip` or `queue`. Its jobs wait for the maintenance window `window`. The rest is as in `enqueue()`.
    ///
    /// Raises `dsm.exceptions.ConflictError` where somebody else was first.
    Engine.put_schedule / put_schedule_async (
        name, cron, job_type, *, target_scope=None, details=None, priority=None, created_by=None,
        credential_set_ids=None, notes=None, lane=None, lane_among=None, address=None, tasks=None, children=None,
        on_failure=None, time_zone=None, jitter=None, catch_up=None, overlap=None, window=None, enabled=None,
        revision=None
    )
    |this, py, name: Bound<'py, PyAny>, cron: Bound<'py, PyAny>, job_type: Bound<'py, PyAny>,
     target_scope: Option<Bound<'py, PyAny>>, details: Option<Bound<'py, PyAny>>,
     priority: Option<Bound<'py, PyAny>>, created_by: Option<Bound<'py, PyAny>>,
     credential_set_ids: Option<Bound<'py, PyAny>>, notes: Option<Bound<'py, PyAny>>,
     lane: Option<Bound<'py, PyAny>>, lane_among: Option<Bound<'py, PyAny>>, address: Option<Bound<'py, PyAny>>,
     tasks: Option<Bound<'py, PyAny>>, children: Option<Bound<'py, PyAny>>, on_failure: Option<Bound<'py, PyAny>>,
     time_zone: Option<Bound<'py, PyAny>>, jitter: Option<Bound<'py, PyAny>>, catch_up: Option<Bound<'py, PyAny>>,
     overlap: Option<Bound<'py, PyAny>>, window: Option<Bound<'py, PyAny>>, enabled: Option<bool>,
     revision: Option<i64>| {
        let open = this.open_in(py)?;
        let job = argument::object([
            ("job_type", Some(job_type)), ("target_scope", target_scope), ("details", details),
            ("priority", priority), ("created_by", created_by), ("credential_set_ids", credential_set_ids),
            ("notes", notes), ("lane", lane), ("lane_among", lane_among), ("address", address), ("tasks", tasks),
            ("children", children), ("on_failure", on_failure),
        ])?;
        let job = new_job(py, "", job)?;
        let mut plan = argument::object([
            ("name", Some(name)), ("cron", Some(cron)), ("time_zone", time_zone), ("jitter", jitter),
            ("catch_up", catch_up), ("overlap", overlap), ("window", window),
        ])?;
        plan.insert("job".to_owned(), serde_json::to_value(job).map_err(|error| Failure::Json(error).into_python(py))?);
        plan.extend(enabled.map(|enabled| ("enabled".to_owned(), Value::Bool(enabled))));
        let schedule: Schedule = argument::value(py, "schedule", Value::Object(plan))?;
        async move { Reply::json(&open.engine.put_schedule(schedule, revision).await?) }
    }
}

both! {
    /// All schedules, by name, each with where it stands.
    Engine.schedules / schedules_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move { Reply::json(&open.engine.schedules().await?) }
    }
}

both! {
    /// Removes a schedule and says whether there was one. The jobs it made stay.
    Engine.remove_schedule / remove_schedule_async (name)
    |this, py, name: String| {
        let open = this.open_in(py)?;
        async move { Ok(Reply::Flag(open.engine.remove_schedule(&name).await?)) }
    }
}

both! {
    /// Adds a maintenance window, or with `revision` edits the one of its name that has this revision, and gives its row. A
    /// job that names it in `details["maintenance_window"]` begins only while it is open.
    ///
    /// It opens by `cron` and the clocks of `time_zone` for `duration` seconds, or at `times`, each a dict of `opens` and `closes`. Only jobs
    /// of `job_types` may name it, and only for `servers`; without any, all may.
    ///
    /// Raises `dsm.exceptions.ConflictError` where somebody else was first.
    Engine.put_window / put_window_async (
        name, *, cron=None, duration=None, time_zone=None, times=None, job_types=None, servers=None, revision=None
    )
    |this, py, name: Bound<'py, PyAny>, cron: Option<Bound<'py, PyAny>>, duration: Option<Bound<'py, PyAny>>,
     time_zone: Option<Bound<'py, PyAny>>, times: Option<Bound<'py, PyAny>>, job_types: Option<Bound<'py, PyAny>>,
     servers: Option<Bound<'py, PyAny>>, revision: Option<i64>| {
        let open = this.open_in(py)?;
        if cron.is_some() == times.is_some() {
            let what = if cron.is_some() { "both are given" } else { "it is not said when it is open" };
            let hint = "give cron= and duration=, or times=";
            return Err(Failure::Core(dsm_core::Error::invalid("cron or times", what, hint)).into_python(py));
        }
        let opening = argument::object([("cron", cron), ("duration", duration), ("time_zone", time_zone), ("times", times)])?;
        let scope = argument::object([("job_types", job_types), ("servers", servers)])?;
        let mut plan = argument::object([("name", Some(name))])?;
        plan.insert("opening".to_owned(), Value::Object(opening));
        plan.insert("scope".to_owned(), Value::Object(scope));
        let window: Window = argument::value(py, "window", Value::Object(plan))?;
        async move { Reply::json(&open.engine.put_window(window, revision).await?) }
    }
}

both! {
    /// All maintenance windows, by name, each with whether it is open and when it opens.
    Engine.windows / windows_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move { Reply::json(&open.engine.windows().await?) }
    }
}

both! {
    /// Removes a maintenance window and says whether there was one. A job that still waits for it fails when its time
    /// comes; while a schedule names it, it stays.
    Engine.remove_window / remove_window_async (name)
    |this, py, name: String| {
        let open = this.open_in(py)?;
        async move { Ok(Reply::Flag(open.engine.remove_window(&name).await?)) }
    }
}

both! {
    /// How long things are kept, and when what is older was last removed: `activity_settings` of the database.
    Engine.settings / settings_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move { Reply::json(&open.engine.settings().await?) }
    }
}

both! {
    /// Changes how long things are kept, and gives all of it. What is not named stays as it is.
    Engine.put_settings / put_settings_async (
        *, log_retention_days=None, auto_cleanup_enabled=None, job_retention_days=None, job_auto_cleanup_enabled=None
    )
    |this, py, log_retention_days: Option<i64>, auto_cleanup_enabled: Option<bool>, job_retention_days: Option<i64>,
     job_auto_cleanup_enabled: Option<bool>| {
        let open = this.open_in(py)?;
        let patch = SettingsPatch {
            log_retention_days,
            auto_cleanup_enabled,
            job_retention_days,
            job_auto_cleanup_enabled,
            ..SettingsPatch::default()
        };
        async move { Reply::json(&open.engine.put_settings(patch).await?) }
    }
}
